package powershell

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/session"
	"github.com/keyfit/keyfit/internal/strict"
)

// stream is what goes from one command of a pipeline to the next.
type stream struct {
	value   value
	printer int  // the program that prints just this, by its number; -1 for none
	piped   bool // there is a command before this one
}

// pipeline follows a pipeline, and says what it gives.
func (f *follower) pipeline(st *state, p pipeline) value {
	if p.background {
		f.giveUp(st, p.extent, "a job in the background")
		return unsupported("what a job in the background gives")
	}
	in := stream{printer: -1}
	for _, e := range p.elems {
		if st.dead {
			return null()
		}
		out := stream{printer: -1, piped: true}
		if e.x != nil {
			out.value = f.eval(st, e.x)
		} else {
			out.value, out.printer = f.command(st, e, in)
		}
		f.redirect(st, e, &out)
		in = out
	}
	return in.value
}

// command follows one command.
func (f *follower) command(st *state, e element, in stream) (value, int) {
	name, ok := f.commandText(st, e)
	if !ok || name == "" {
		return f.unnamed(st, e), -1
	}
	if e.op == "." && !strings.HasSuffix(strings.ToLower(name), ".ps1") {
		f.words(st, e)
		f.giveUp(st, e.extent, "a command that runs in the session itself")
		return unsupported("what a command gives"), -1
	}
	c := f.resolve(st, name)
	switch c.kind {
	case native:
		return f.native(st, e, in)
	case scriptFile:
		return f.scriptFile(st, e), -1
	case scriptFunction:
		return f.function(st, e, c.name), -1
	case anything:
		return f.unknownCommand(st, e, c.name), -1
	}
	return f.cmdlet(st, e, c, in), -1
}

// commandText is the name of a command as far as it is known.
func (f *follower) commandText(st *state, e element) (string, bool) {
	if e.op == "" {
		return literal(e.words[0].x)
	}
	switch e.words[0].x.(type) {
	case closure, list, hash, splat, nil:
		return "", false
	}
	v := f.eval(st, e.words[0].x)
	if v.kind != textKind {
		return "", false
	}
	p, _, ok := v.text.Path()
	return p, ok
}

// unnamed is a command whose name is not known, or that is a block.
func (f *follower) unnamed(st *state, e element) value {
	if c, ok := e.words[0].x.(closure); ok && len(e.words) == 1 && len(c.body.params) == 0 && !c.body.strange {
		return f.call(st, c.body, e.op == ".")
	}
	if e.op == "" { // a name with a pasted text in it: taken to be a program's
		v, _ := f.native(st, e, stream{printer: -1})
		return v
	}
	f.words(st, e)
	f.giveUp(st, e.extent, "a command whose name is not known")
	return unsupported("what a command gives")
}

// unknownCommand is a cmdlet or function that may set anything.
func (f *follower) unknownCommand(st *state, e element, name string) value {
	f.words(st, e)
	span := f.span(e.extent)
	v := model.UnknownBecause(model.WhyUnsupported, "what the command "+strict.Name(name)+" sets", model.Trail{})
	f.rec.Problem(span, "keyfit does not know what the command "+strict.Name(name)+" of PowerShell sets; values after this are unknown", advice)
	f.rec.Doubt(v)
	st.goWild(v)
	return opaque(session.Of(v))
}

// words does what is done in the words of a command that is not followed.
func (f *follower) words(st *state, e element) {
	for _, w := range e.words[min(1, len(e.words)):] {
		if w.x == nil {
			continue
		}
		if c, ok := w.x.(closure); ok {
			f.block(st, c, w.extent)
			continue
		}
		f.eval(st, w.x)
	}
}

// block is a block that a command is handed: it may be run any number of times.
func (f *follower) block(st *state, c closure, at extent) {
	e := f.effectsOf(st, c.body.stmts)
	for _, name := range []string{"_", "psitem"} {
		e.vars[name] = true
	}
	f.blur(st, e, at)
	mark := f.rec.Count()
	f.inside(st, c.body.stmts)
	f.repeated(at, mark, "a block that a command runs")
}

// native records a program with its arguments, by about_Parsing, "Passing arguments to
// native commands".
func (f *follower) native(st *state, e element, in stream) (value, int) {
	c := session.Command{At: f.span(e.extent)}
	name := f.eval(st, e.words[0].x)
	args, sure := f.arguments(st, e, mustText(name))
	if st.dead || f.rec.Halted() != nil {
		return null(), -1
	}
	c.Args = append([]session.Text{name.text}, args...)
	if !sure {
		c.Open = len(c.Args)
	}
	if in.piped {
		t := f.stdin(st, in)
		c.Stdin = &t
		if in.printer >= 0 {
			c.Printers = []int{in.printer}
		}
	}
	n := f.rec.Start(st.State, c)
	if shells[strings.TrimSuffix(strings.ToLower(mustText(name)), ".exe")] {
		f.rec.Problem(c.At, "keyfit does not follow what another shell runs that is started in a script for PowerShell", advice)
		f.rec.Doubt(model.UnknownBecause(model.WhyUnsupported, "what another shell runs", model.Trail{}))
	}
	st.Ran(f.step.Files, c.Args)
	return opaque(session.Unknown(model.WhyCommandOutput, "what "+strict.Path(mustText(name))+" prints", model.Trail{})), n
}

// stdin is what a program reads: each item on a line of its own.
func (f *follower) stdin(st *state, in stream) session.Text {
	v := in.value
	_, changed := st.vars["outputencoding"]
	unknown := session.Blurred("what is piped into a program", v.string(" "))
	switch {
	case v.kind == nullKind:
		return session.Text{}
	case v.kind == unknownKind, v.kind == bytesKind, changed, st.wild != nil:
		return unknown
	case v.kind == listKind:
		var lines []session.Text
		for _, item := range v.items {
			if item.kind == unknownKind || item.kind == listKind || item.kind == bytesKind {
				return unknown
			}
			lines = append(lines, item.string(" "), session.Literal("\n"))
		}
		return f.encoded(session.Cat(lines...))
	}
	return f.encoded(session.Cat(v.string(" "), session.Literal("\n")))
}

// encoded is a text as Windows PowerShell hands it on: all but ASCII is lost.
func (f *follower) encoded(t session.Text) session.Text {
	if text, ok := t.Lines(); ok && !f.core && !isASCII(text) {
		return session.Blurred("a text of plain characters", t)
	}
	return t
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// arguments are those that a program certainly finds, in order; sure says that there are no
// more.
func (f *follower) arguments(st *state, e element, program string) (args []session.Text, sure bool) {
	shim := f.system != unixSystem && !isProgram(program)
	sure = true
	last := 0 // how many there were before the word in front
	for _, w := range e.words[1:] {
		if sure && w.glued { // versions differ in where the word in front ends
			args = args[:last]
		}
		if w.verbatim || w.glued {
			sure = false
		}
		last = len(args)
		more, ok := f.argument(st, w)
		if !sure || !ok {
			sure = false
			continue // what is done in the other words is still done
		}
		for _, t := range more {
			if text, known := t.Lines(); shim && known && (strings.ContainsAny(text, "%^&|<>!\n\"") || text == "--") {
				sure = false
			}
		}
		if sure {
			args = append(args, more...)
		}
	}
	return args, sure
}

// argument is what one word of a command line becomes; ok is false when it is not certain
// how many arguments that is.
func (f *follower) argument(st *state, w word) (args []session.Text, ok bool) {
	switch {
	case w.param != "" && strings.ContainsAny(w.param, "$*?["):
		f.evalIfAny(st, w.x)
		return nil, false
	case w.param != "" && w.x == nil:
		return []session.Text{session.Literal(w.param)}, true
	case w.param != "":
		values, ok := f.argumentValue(st, w.x)
		if !ok || len(values) != 1 {
			return nil, false
		}
		if !w.tight {
			return append([]session.Text{session.Literal(w.param)}, values...), true
		}
		return []session.Text{session.Cat(session.Literal(w.param), values[0])}, true
	}
	return f.argumentValue(st, w.x)
}

func (f *follower) evalIfAny(st *state, x expr) {
	if x != nil {
		f.eval(st, x)
	}
}

func (f *follower) argumentValue(st *state, x expr) ([]session.Text, bool) {
	quoted := false
	switch x := x.(type) {
	case stringExpr:
		quoted = !x.bare
	case list:
		for _, item := range x.items {
			f.eval(st, item)
		}
		return f.commaArgument(x)
	case closure:
		f.block(st, x, x.extent)
		return nil, false
	}
	v := f.eval(st, x)
	if v.kind != listKind {
		return f.one(v, quoted)
	}
	var out []session.Text
	for _, item := range v.items {
		one, ok := f.one(item, quoted)
		if !ok {
			return out, false
		}
		out = append(out, one...)
	}
	return out, true
}

// commaArgument is a word such as a=1,b=2: bare words with nothing but commas between them
// are handed over as they stand.
func (f *follower) commaArgument(x list) ([]session.Text, bool) {
	var parts []session.Text
	for i, item := range x.items {
		text, ok := literal(item)
		s, bare := item.(stringExpr)
		if !ok || !bare || !s.bare || !x.bare || s.to-s.from != len([]rune(text)) || strings.ContainsAny(text, "*?[~") {
			return nil, false
		}
		if i > 0 {
			parts = append(parts, session.Literal(","))
		}
		parts = append(parts, f.src.Text(s.parts[0].chars))
	}
	return []session.Text{session.Cat(parts...)}, true
}

// one is the argument that a value becomes. Versions differ in what they make of quotation
// marks and of empty texts; on other systems than Windows, what is not quoted may be the
// pattern of names of files.
func (f *follower) one(v value, quoted bool) ([]session.Text, bool) {
	switch v.kind {
	case nullKind:
		return nil, true // nothing at all is handed over
	case listKind, bytesKind:
		return nil, false
	}
	t := v.string(" ")
	text, known := t.Lines()
	if !known {
		return []session.Text{t}, !mayBeEmpty(t) && (v.kind != unknownKind || v.str)
	}
	blank := strings.ContainsAny(text, " \t\n\r\v\f")
	switch {
	case text == "", strings.Contains(text, `"`):
		return nil, false
	case blank && strings.HasSuffix(text, `\`) && !f.core:
		return nil, false
	case !quoted && !blank && f.core && f.system != windowsSystem && strings.ContainsAny(text, "*?[]"):
		return nil, false
	case !quoted && f.core && (text == "~" || strings.HasPrefix(text, "~/") || strings.HasPrefix(text, `~\`)):
		return []session.Text{session.Blurred("where the home directory is", t)}, true
	}
	return []session.Text{t}, true
}

// mayBeEmpty reports whether a text has a candidate that is empty. One of which nothing is
// known is taken not to be.
func mayBeEmpty(t session.Text) bool {
	v := t.Value()
	return len(v.Alternatives) > 0 && !t.NonEmpty()
}

// shells are programs that run scripts which are not followed from here.
var shells = set("powershell pwsh cmd wsl")

// programs are tools that are programs on Windows too. There, many others are scripts for
// cmd, which read their arguments once more.
var programs = set(`git docker docker-compose kubectl helm kustomize terraform tofu terragrunt pulumi node python python3 py dotnet go cargo
	aws gh glab curl tar ssh scp msbuild nuget java argocd flux oc ko skaffold packer vault consul nomad sops age eksctl doctl flyctl
	podman buildah jq yq sqlcmd msdeploy robocopy openssl`)

func isProgram(name string) bool {
	name = strings.ToLower(name)
	if base, ok := strings.CutSuffix(name, ".exe"); ok {
		return base != ""
	}
	return programs[name]
}
