package batch

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/session"
	"github.com/keyfit/keyfit/internal/strict"
)

// maxCalls bounds how deep scripts call each other.
const maxCalls = 12

// call is call: a script of the repository is followed, and what it sets comes back. The line
// is expanded once more, so that what is left to expand is not followed.
func (f *follower) call(st *state, s simple, tail []char) session.Text {
	for len(tail) > 0 && isDelimiter(tail[0].Rune) {
		tail = tail[1:]
	}
	at := bare(s.chars)
	for _, c := range tail {
		if c.Rune == '%' || c.Rune == '^' {
			f.giveUp(st, at, "call with % or ^ left in its line")
			return session.Text{}
		}
	}
	name, rest := f.nameOf(simple{chars: tail})
	text, known := plainText(name)
	lower := strings.ToLower(text)
	switch {
	case len(name) == 0:
		return session.Text{}
	case strings.HasPrefix(lower, ":"):
		if lower == ":eof" {
			return session.Text{}
		}
		f.giveUp(st, at, "call of a label")
		return session.Text{}
	case known && (lower == "if" || lower == "for" || lower == "rem" || strings.HasPrefix(lower, "(")):
		f.giveUp(st, at, "call of "+leadingLetters(lower))
		return session.Text{}
	case known && isBuiltin(lower):
		return f.builtin(st, simple{chars: tail, redirs: s.redirs}, lower, rest)
	}
	command := unquoted(f.text(name))
	how, file := f.mannerOf(st, command)
	switch {
	case how == followed:
		f.callScript(st, file, rest, at)
		return session.Text{}
	case how == ends && !f.isTool(command), how == mayEnd:
		out := f.record(st, simple{chars: tail}, command, rest, nil)
		f.rec.Problem(f.span(at), "keyfit does not know what a script sets that is called here and is not in the repository", advice)
		f.rec.Doubt(strangeScript())
		st.WildEnv(strangeScript())
		return out
	}
	return f.record(st, simple{chars: tail}, command, rest, nil)
}

// isTool reports whether a command is one of the tools that are scripts and set nothing.
func (f *follower) isTool(command session.Text) bool {
	text, ok := command.Known()
	text = strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(text), ".cmd"), ".bat")
	return ok && scripts[text] && !strings.HasPrefix(text, "vcvars") && text != "emsdk_env" && text != "conda"
}

// callScript follows a script of the repository with its arguments.
func (f *follower) callScript(st *state, at string, tail []char, where []session.Char) {
	if f.calls >= maxCalls {
		f.giveUp(st, where, "scripts that call each other so deep")
		return
	}
	text, ok := f.content(st, at).Known()
	if !ok {
		f.giveUp(st, where, "the script "+strict.Path(at))
		return
	}
	args, all, open, shifted := st.args, st.tail, st.open, st.shifted
	f.bind(st, tail)
	dir := session.Cat(session.Root(), session.Literal(`\`+dirText(at)))
	f.calls++
	f.script(st, fileSource(at, text), &dir)
	f.calls--
	st.args, st.tail, st.open, st.shifted = args, all, open, shifted
	if st.dead && st.failed && !st.exited { // the script ended with a status of its own
		st.dead, st.failed = false, false
	}
}

func dirText(at string) string {
	if dir := path.Dir(at); dir != "." {
		return strings.ReplaceAll(dir, "/", `\`) + `\`
	}
	return ""
}

// bind splits the arguments of a script: at blanks, commas, semicolons and equals signs that
// are not quoted. The quotes stay.
func (f *follower) bind(st *state, tail []char) {
	st.args, st.open, st.shifted = nil, false, false
	st.tail = f.text(tail)
	for i := 0; i < len(tail); {
		if !tail[i].plain && isDelimiter(tail[i].Rune) {
			i++
			continue
		}
		start := i
		for i < len(tail) && (tail[i].plain || !isDelimiter(tail[i].Rune)) {
			if c := tail[i].Char; c.Rune == session.Mark && !tail[i].plain && !f.src.Pasted(c) {
				st.open = true // a text that is not known may be several
				st.tail = session.Text{}
				return
			}
			i++
		}
		st.args = append(st.args, f.text(tail[start:i]))
	}
	if text, ok := st.tail.Known(); ok {
		st.tail = session.Derived(strings.TrimLeft(text, " \t"), st.tail)
	}
}
