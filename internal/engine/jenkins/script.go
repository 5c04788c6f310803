package jenkins

import (
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pos"
)

// stretch is where a part of a script's text stands.
type placedText struct {
	from, to int // in the text
	src      *source
	at, size int
}

// code is the text of a script as the host takes it.
type code struct {
	text   strings.Builder
	holes  []model.Value
	places []placedText
}

// codeOf puts the text of a script together. Values are holes, unless what they hold means
// more than itself to a shell.
func (m *machine) codeOf(t text, rootName string) (*code, bool) {
	c := &code{}
	for _, p := range t {
		from := c.text.Len()
		words, known := p.known()
		switch {
		case p.root && c.quoting() != '\'':
			c.text.WriteString("${" + rootName + "}")
		case p.value != nil && (!known || plainWord(words)):
			if len(c.holes) >= pipeline.MaxHoles {
				return nil, false
			}
			c.text.WriteRune(pipeline.Hole + rune(len(c.holes)))
			hop := model.Hop{At: p.src.span(p.at, p.at+p.size), Kind: model.KindJenkins, What: "put into the script"}
			c.holes = append(c.holes, p.value.Via(hop))
		case strings.ContainsFunc(words, isHole):
			return nil, false
		default:
			c.text.WriteString(words)
		}
		c.places = append(c.places, placedText{from: from, to: c.text.Len(), src: p.src, at: p.at, size: p.size})
	}
	return c, true
}

func isHole(r rune) bool { return r >= pipeline.Hole && r < pipeline.Hole+pipeline.MaxHoles }

// quoting is the quote that is open at the end of the text so far; 0 for none.
func (c *code) quoting() byte {
	quote := byte(0)
	s := c.text.String()
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quote != '\'':
			i++
		case quote == 0 && (s[i] == '\'' || s[i] == '"'):
			quote = s[i]
		case quote != 0 && s[i] == quote:
			quote = 0
		}
	}
	return quote
}

// position gives the place of a stretch of the text.
func (c *code) position(at pos.Span) func(start, end int) pos.Span {
	places := c.places
	place := func(n int, isEnd bool) (*source, int) {
		if len(places) == 0 {
			return nil, 0
		}
		i := sort.Search(len(places), func(i int) bool { return places[i].to > n || isEnd && places[i].to >= n })
		p := places[min(i, len(places)-1)]
		if p.size != p.to-p.from {
			if isEnd {
				return p.src, p.at + p.size
			}
			return p.src, p.at
		}
		return p.src, p.at + min(max(n-p.from, 0), p.size)
	}
	return func(start, end int) pos.Span {
		from, a := place(start, false)
		to, b := place(end, true)
		if from == nil {
			return at
		}
		if from != to || b < a {
			b = a
		}
		return from.span(a, b)
	}
}

// sh is the step that runs a script, in the shell of that name.
func (m *machine) sh(c *invocation, shell string) value {
	v := c.either("script", 0)
	if v.kind == kindNull {
		return nullValue()
	}
	t := m.asText(v, c.node)
	m.interpolated(t)
	if why, ok := t.cause(); ok && len(t) == 1 { // a whole script, and not a word in one
		m.notKnown(c, v)
		return m.unsupportedOutput(c, why)
	}
	label, _ := c.get("label").words()
	if label = shown(label); label == "" || label == "a stage" {
		label = c.name
	}
	s := pipeline.Script{Shell: shell, Label: m.label(label), At: m.span(c.node), Capture: m.truth(c.get("returnStdout")) != no}
	body, ok := m.codeOf(t, "WORKSPACE")
	if !ok {
		m.notKnown(c, v)
		return m.unsupportedOutput(c, m.unsupported(c.node, "the text of the script").why)
	}
	s.Text, s.Holes, s.Positions = body.text.String(), body.holes, body.position(s.At)
	if shell == "sh" {
		s.Shell, s.Flags = interpreter(s.Text)
	}
	m.saw(s.Text)
	after, ok := m.follow(s, c)
	switch {
	case !ok:
		return m.unsupportedOutput(c, m.unsupported(c.node, "the output of the script").why)
	case m.truth(c.get("returnStatus")) == yes:
		return unknownValue(model.UnknownBecause(model.WhyExitStatus, "the exit status of this script", m.trail(c.node)))
	case m.truth(c.get("returnStdout")) == yes:
		return textValue(valueText(after.Output, c.node))
	case c.get("returnStdout").kind == kindUnknown:
		return m.unsupported(c.node, "the output of the script")
	}
	return nullValue()
}

// unsupportedOutput is what a script that is not followed gives back.
func (m *machine) unsupportedOutput(c *invocation, why model.Value) value {
	if c.get("returnStdout").kind == kindNull && c.get("returnStatus").kind == kindNull {
		return nullValue()
	}
	return unknownValue(why)
}

// notKnown tells that a script is not followed, because its text is not known.
func (m *machine) notKnown(c *invocation, v value) {
	if m.at.loud {
		m.problem(m.span(c.node), "the text of this script is not known, so it is not followed", "write the script into the pipeline, or into a file of the repository")
		m.doubts(m.undecidedBy(v, c.node))
		m.consume(c.node, c.name, m.env())
	}
}

// interpolated tells of credentials that Groovy writes into a script.
func (m *machine) interpolated(t text) {
	for _, p := range t {
		if !p.secret || p.value == nil || p.src == nil {
			continue
		}
		at := p.src.span(p.at, p.at+p.size)
		if key := "secret " + at.String(); !m.told[key] {
			m.told[key] = true
			m.problem(at, "the secret is written into the script by Groovy, so that it shows in the process list", "use single quotes, so that the shell reads it from its variable")
		}
	}
}

// interpreter tells which shell runs a script: `sh -xe`, or what its first line names.
func interpreter(text string) (shell string, flags []string) {
	line, ok := strings.CutPrefix(text, "#!")
	if !ok {
		return "sh", []string{"-e"}
	}
	line, _, _ = strings.Cut(line, "\n")
	words := strings.Fields(line)
	if len(words) > 0 && path.Base(words[0]) == "env" {
		words = words[1:]
		for len(words) > 0 && (words[0] == "-S" || strings.Contains(words[0], "=")) {
			words = words[1:]
		}
	}
	if len(words) == 0 {
		return "another shell", nil
	}
	shell = strings.TrimRight(path.Base(words[0]), "0123456789.")
	if shell == "dash" || shell == "ash" {
		shell = "sh"
	}
	for i, word := range words[1:] {
		switch {
		case !strings.HasPrefix(word, "-") || strings.HasPrefix(word, "--"):
		case strings.HasSuffix(word, "o") && i+2 < len(words):
			flags = append(flags, letters(word[:len(word)-1])...)
			flags = append(flags, "-o", words[i+2])
		default:
			flags = append(flags, letters(word)...)
		}
	}
	return shell, flags
}

// letters splits -eu into -e and -u. What only prints, -x and -v, is left out, and so is -l.
func letters(word string) []string {
	var out []string
	for _, r := range strings.TrimPrefix(word, "-") {
		if !strings.ContainsRune("xvl", r) {
			out = append(out, "-"+string(r))
		}
	}
	return out
}

// command follows a command line that a step amounts to.
func (m *machine) command(line text, c *invocation, label string) {
	m.interpolated(line)
	body, ok := m.codeOf(line, "WORKSPACE")
	if !ok {
		return
	}
	s := pipeline.Script{Shell: "sh", Label: m.label(label), At: m.span(c.node), Text: body.text.String(), Holes: body.holes}
	s.Positions = body.position(s.At)
	m.follow(s, c)
}

// arguments follows a command that is run with these words.
func (m *machine) arguments(c *invocation, label string, words ...model.Value) {
	m.follow(pipeline.Script{Shell: "sh", Label: m.label(label), At: m.span(c.node), Text: `"$@"`, Args: words}, c)
}

// fixed is a word of a command line that a step stands for.
func (m *machine) fixed(c *invocation, word string) model.Value {
	return model.KnownText(word, model.Hop{At: m.span(c.node), Kind: model.KindJenkins, What: "the step"})
}

// follow asks the host to follow a script, with the environment of this place.
func (m *machine) follow(s pipeline.Script, c *invocation) (pipeline.After, bool) {
	if m.thrown {
		return pipeline.After{}, false
	}
	if m.scripts++; m.scripts > maxScripts {
		m.halt(c.node, "the pipeline runs too many scripts to follow all of them")
		return pipeline.After{}, false
	}
	if m.at.lost {
		if m.at.loud {
			m.problem(m.span(c.node), "this script is not followed, because the directory that it runs in is not known", "write the directory into dir() as it is")
			m.doubts(m.unsupported(c.node, "the directory of the script").why)
			m.consume(c.node, c.name, m.env())
		}
		return pipeline.After{}, false
	}
	if s.Env.Len() == 0 {
		s.Env = m.env()
	}
	if v := s.Env.Get("WORKSPACE"); v.State == model.Unknown && v.Needs == needsWorkspace {
		s.Env, s.Root = s.Env.Without("WORKSPACE"), []string{"WORKSPACE"}
	}
	s.Dir, s.Job, s.Perhaps = m.at.dir, m.at.job, m.at.perhaps
	s.Quiet = s.Quiet || !m.at.loud
	after, err := m.host.Follow(m.ctx, s)
	if err != nil {
		m.fail(err)
		return pipeline.After{}, false
	}
	return after, true
}

// consume notes a step that receives the variables, and that is no script.
func (m *machine) consume(n *node, what string, env model.Env) {
	if !m.at.loud {
		return
	}
	if !looksLikeName(what) || len(what) > 60 || strings.ContainsAny(what, "0123456789") {
		what = "a step"
	}
	m.consumers = append(m.consumers, model.Consumer{Kind: model.ConsumerCIStep, Workload: m.label(what), At: m.span(n), Env: env})
}

// onlyNames are the names that a step hands over and nothing else.
func envOf(vars []binding) model.Env {
	out := map[string]model.Value{}
	for _, b := range slices.Clone(vars) {
		out[b.name] = b.value
	}
	return model.NewEnv(out)
}
