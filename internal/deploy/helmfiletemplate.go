package deploy

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
	"go.yaml.in/yaml/v3"
)

// template is the text of a helmfile. What its templates give stands in it as a token,
// which goes through the YAML parser like any other text.
type template struct {
	h      *helmfileRun
	file   string
	text   string
	index  *pos.Index
	origin []byte
	tokens []token
}

// token is what one action gives. A late one is worked out for each release.
type token struct {
	value model.Value
	late  string
}

const (
	tokenStart = "\uE0F2"
	tokenEnd   = "\uE0F3"
	// maxInline bounds the nodes of values written in place.
	maxInline = 20_000
)

var (
	action     = regexp.MustCompile("\\{\\{(?:`[^`]*`|[^`}]|\\}[^}])*\\}\\}")
	tokenText  = regexp.MustCompile(tokenStart + `[0-9]+` + tokenEnd)
	plainText  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./-]*$`)
	fromEnv    = regexp.MustCompile(`^(requiredEnv|env) "([A-Za-z_][A-Za-z0-9_]*)"$`)
	stateValue = regexp.MustCompile(`^\.(Values|StateValues|Environment\.Values)\.[A-Za-z0-9_.]+$`)
	control    = regexp.MustCompile(`^(if|else|end|range|with|define|template|block|include|tpl|break|continue|\$)`)
)

func newTemplate(h *helmfileRun, file string, data []byte) *template {
	return &template{h: h, file: file, origin: data, index: pos.NewIndex(data)}
}

// structure replaces every action by its text or by a token.
func (t *template) structure() {
	source := string(t.origin)
	if strings.ContainsAny(source, tokenStart+tokenEnd) {
		t.h.doubt(model.Value{Why: model.WhyUnsupported, Needs: "a helmfile without private characters"}, "the helmfile holds private characters", "remove them")
		return
	}
	t.text = action.ReplaceAllStringFunc(source, func(a string) string {
		body := strings.TrimSuffix(strings.TrimPrefix(a, "{{"), "}}")
		if strings.HasPrefix(body, "-") || strings.HasSuffix(body, "-") {
			return t.strange("templates without {{- and -}}")
		}
		body = strings.TrimSpace(body)
		if strings.HasPrefix(body, "/*") {
			return ""
		}
		return t.action(body)
	})
}

// strange is an action that may give anything, further lines of YAML among it.
func (t *template) strange(needs string) string {
	v := model.UnknownBecause(model.WhyUnsupported, needs, model.Trail{})
	if t.h.open == nil {
		t.h.doubt(v, "the helmfile "+quotedPath(t.file)+" has templates that keyfit does not run, so its releases are not known", "keep templates to {{ .Environment.Name }} and {{ requiredEnv \"NAME\" }}")
	}
	return t.token(token{value: v})
}

func (t *template) token(k token) string {
	t.tokens = append(t.tokens, k)
	return tokenStart + strconv.Itoa(len(t.tokens)-1) + tokenEnd
}

func (t *template) action(body string) string {
	quote := ""
	if before, ok := strings.CutSuffix(body, "| quote"); ok {
		body, quote = strings.TrimSpace(before), `"`
	}
	switch {
	case body == ".Environment.Name":
		return quote + t.insert(t.h.environment, quote) + quote
	case strings.HasPrefix(body, "`") && strings.HasSuffix(body, "`") && len(body) > 1:
		return quote + t.token(token{late: strings.Trim(body, "`")}) + quote
	case strings.HasPrefix(body, ".Release."):
		return quote + t.token(token{late: "{{ " + body + " }}"}) + quote
	case fromEnv.MatchString(body):
		m := fromEnv.FindStringSubmatch(body)
		return quote + t.insert(t.variable(m[1], m[2]), quote) + quote
	case stateValue.MatchString(body):
		return quote + t.token(token{value: model.UnknownBecause(model.WhyUnsupported, "what "+body+" is", model.Trail{})}) + quote
	case control.MatchString(body):
		return t.strange("a helmfile without {{ " + strings.Fields(control.FindString(body))[0] + " }}")
	}
	return t.strange("a helmfile with plain templates")
}

// variable is the value of a variable of helmfile's own environment.
func (t *template) variable(function, name string) model.Value {
	v := t.h.call.Env.Get(name)
	if v.State == model.Absent && function == "env" {
		return model.KnownText("", model.Hop{At: t.h.call.At, Kind: model.KindDefault, What: "env " + name})
	}
	if function == "requiredEnv" && (v.State == model.Absent || v.State == model.Known && v.Text.IsEmpty()) {
		t.h.problem("the helmfile requires the variable "+strict.Name(name)+", which is not set here", "set it, or bind it under inputs")
		return model.UnknownBecause(model.WhyInput, "the variable "+name, v.Trail)
	}
	return v
}

// insert gives a known text that YAML may read in its own way as it is; any other stays
// a token, so that its trail is kept.
func (t *template) insert(v model.Value, quote string) string {
	if v.State != model.Known {
		return t.token(token{value: v})
	}
	text := v.Text.Reveal()
	reserved := slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, strings.ToLower(text))
	if plainText.MatchString(text) && !reserved || quote != "" && !strings.ContainsAny(text, "\"\\\n") && !strings.ContainsAny(text, tokenStart+tokenEnd) {
		return t.token(token{value: v})
	}
	if quote != "" {
		return strings.Trim(strconv.Quote(text), `"`)
	}
	return text
}

func (t *template) span(n *yaml.Node) pos.Span {
	at := t.index.Offset(n.Line, n.Column)
	return t.index.Span(t.file, at, at)
}

// release is what late templates may ask for.
func (t *template) release(name, namespace word) map[string]word {
	return map[string]word{"{{ .Release.Name }}": name, "{{.Release.Name}}": name, "{{ .Release.Namespace }}": namespace, "{{.Release.Namespace}}": namespace}
}

func (t *template) field(n *yaml.Node, name string, late map[string]word) word {
	p, ok := strict.Find(n, name)
	if !ok {
		return word{}
	}
	for range 10 {
		if p.Value.Kind != yaml.AliasNode {
			break
		}
		p.Value = p.Value.Alias
	}
	return t.word(p.Value, late)
}

// word is a scalar with its tokens resolved.
func (t *template) word(n *yaml.Node, late map[string]word) word {
	if n.Kind != yaml.ScalarNode {
		return wordOf(model.UnknownBecause(model.WhyUnsupported, "a plain text in the helmfile", model.Trail{}))
	}
	return t.resolve(n.Value, late, model.Hop{At: t.span(n), Kind: kindHelmfile, What: "helmfile", Literal: true})
}

func (t *template) resolve(text string, late map[string]word, hop model.Hop) word {
	var w word
	add := func(piece string) {
		if piece != "" {
			w.add(model.Value{State: model.Known, Text: secret.New(piece), Trail: model.Trail{}.Append(hop)})
		}
	}
	from := 0
	for _, at := range tokenText.FindAllStringIndex(text, -1) {
		add(text[from:at[0]])
		from = at[1]
		i, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(text[at[0]:at[1]], tokenStart), tokenEnd))
		if err != nil || i >= len(t.tokens) {
			continue
		}
		for _, p := range t.tokens[i].resolve(late).parts {
			w.add(p.value)
		}
	}
	add(text[from:])
	return w
}

func (k token) resolve(late map[string]word) word {
	if k.late == "" {
		return wordOf(k.value)
	}
	if w, ok := late[k.late]; ok {
		return w
	}
	if !strings.Contains(k.late, "{{") {
		return wordOf(model.Value{State: model.Known, Text: secret.New(k.late)})
	}
	return wordOf(model.UnknownBecause(model.WhyUnsupported, "a release without templates of its own", model.Trail{}))
}

// inline is a piece of YAML as text of its own, with aliases written out.
func (t *template) inline(n *yaml.Node, late map[string]word) model.Value {
	left := maxInline
	hop := model.Hop{At: t.span(n), Kind: kindHelmfile, What: "values", Literal: true}
	copied := written(n, &left)
	data, err := yaml.Marshal(copied)
	if left < 0 || err != nil {
		return model.UnknownBecause(model.WhyLimit, "smaller values in the helmfile", model.Trail{}.Append(hop))
	}
	return t.resolve(string(data), late, hop).whole()
}

// written is a copy without anchors and aliases.
func written(n *yaml.Node, left *int) *yaml.Node {
	*left--
	if *left < 0 {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	}
	if n.Kind == yaml.AliasNode {
		return written(n.Alias, left)
	}
	out := *n
	out.Anchor, out.Content = "", nil
	out.HeadComment, out.LineComment, out.FootComment = "", "", ""
	for _, c := range n.Content {
		out.Content = append(out.Content, written(c, left))
	}
	return &out
}
