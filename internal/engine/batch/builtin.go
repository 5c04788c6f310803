package batch

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/session"
	"github.com/keyfit/keyfit/internal/strict"
)

// builtin follows a command of cmd itself.
func (f *follower) builtin(st *state, s simple, name string, tail []char) session.Text {
	at := bare(s.chars)
	switch name {
	case "echo":
		return f.echo(st, tail)
	case "set":
		return f.set(st, tail, at)
	case "setlocal":
		f.setLocal(st, tail)
	case "endlocal":
		f.endLocal(st)
	case "call":
		return f.call(st, s, tail)
	case "exit":
		f.exit(st, tail)
	case "goto":
		f.jump(st, tail, at)
	case "cd", "chdir":
		return f.changeDir(st, tail)
	case "pushd":
		st.stack = append(st.stack[:len(st.stack):len(st.stack)], place{st.Dir, st.Lost})
		return f.changeDir(st, tail)
	case "popd":
		f.popDir(st)
	case "type":
		return f.typeFile(st, tail)
	case "shift":
		st.shifted = true
	case "path", "prompt":
		old := st.Lookup(name)
		st.Set(strings.ToUpper(name), model.UnknownBecause(model.WhyUnsupported, "what the command "+name+" sets", old.Trail))
	case "copy", "del", "erase", "move", "ren", "rename", "rd", "rmdir", "mklink":
		f.filesChange(st, tail)
	case "start":
		v := model.UnknownBecause(model.WhyUnsupported, "what start starts", model.Trail{})
		f.rec.Problem(f.span(at), "keyfit does not follow what the command start of cmd starts", advice)
		f.rec.Doubt(v)
	case "md", "mkdir", "title", "color", "rem", "pause", "cls":
	default:
		return printed(name)
	}
	return session.Text{}
}

// echo prints the rest of the line, behind the one character that ends its name. Within
// quotes and without, it prints what stands there.
func (f *follower) echo(st *state, tail []char) session.Text {
	if len(tail) > 0 {
		first := tail[0]
		tail = tail[1:]
		text, known := plainText(tail)
		text = strings.ToLower(strings.TrimSpace(text))
		if first.Rune == ' ' || first.Rune == '\t' {
			switch {
			case known && text == "off":
				st.silent = true
				return session.Text{}
			case known && text == "on":
				st.silent = false
				return session.Text{}
			case known && (text == "" || strings.HasPrefix(text, "/?")), text == "" && !known && !f.text(tail).NonEmpty() && onlyMarks(tail):
				return unknownLine("whether echo is on")
			}
		}
		if strings.ContainsRune(`\/`, first.Rune) || strings.ContainsRune(`,;=`, first.Rune) && text == "" {
			return unknownLine("an echo with a blank behind it")
		}
		hop := model.Hop{At: f.span(bare(append([]char{first}, tail...))), Kind: model.KindShell, What: "echo"}
		return session.Cat(f.text(tail), session.Literal("\n")).Placed(hop)
	}
	return unknownLine("whether echo is on")
}

// onlyMarks reports whether nothing but texts that are not known is printed.
func onlyMarks(chars []char) bool {
	for _, c := range chars {
		if c.Rune != session.Mark && !isBlank(c.Rune) {
			return false
		}
	}
	return true
}

func unknownLine(needs string) session.Text {
	return session.Unknown(model.WhyUnsupported, needs, model.Trail{})
}

// set sets a variable: by `set /?`, all behind the = belongs to the value, blanks included;
// in quotes, what stands between them. Nothing at all removes the variable.
func (f *follower) set(st *state, tail []char, at []session.Char) session.Text {
	for len(tail) > 0 && isDelimiter(tail[0].Rune) {
		tail = tail[1:]
	}
	switch {
	case len(tail) == 0:
		return printed("set")
	case tail[0].Rune == '/':
		f.computed(st, tail, at)
		return printed("set")
	case tail[0].Rune == '"':
		tail = tail[1:]
		for i := len(tail) - 1; i >= 0; i-- {
			if tail[i].Rune == '"' {
				tail = tail[:i]
				break
			}
		}
	}
	for i, c := range tail {
		if c.Rune != '=' {
			continue
		}
		name, ok := plainText(tail[:i])
		if !ok || name == "" {
			f.giveUp(st, at, "a variable whose name is not known")
			return session.Text{}
		}
		f.setVariable(st, name, shownName(name, tail[:i]), f.text(tail[i+1:]), at)
		return session.Text{}
	}
	return printed("set")
}

func (f *follower) setVariable(st *state, name, shown string, t session.Text, at []session.Char) {
	if t.IsEmpty() {
		st.Set(name, model.Value{State: model.Absent})
		return
	}
	hop := model.Hop{At: f.span(at), Kind: model.KindShell, What: "set " + shown + "="}
	v := t.Via(hop).Value()
	if v.State == model.Unknown && len(v.Alternatives) > 0 { // an empty candidate removes it
		for i, a := range v.Alternatives {
			if a.State == model.Known && a.Text.IsEmpty() {
				v.Alternatives[i] = model.Value{State: model.Absent}
			}
		}
	}
	st.Set(name, v)
}

// shownName repeats the name of a variable, unless it was put together and may be a key.
func shownName(name string, written []char) string {
	own := !slices.ContainsFunc(written, func(c char) bool { return !c.Own() })
	if own || strict.IsName(name) {
		return name
	}
	return "…"
}

// computed is set /a and set /p: a sum, and a line that is read.
func (f *follower) computed(st *state, tail []char, at []session.Char) {
	text, known := plainText(tail)
	lower := strings.ToLower(text)
	rest := strings.Trim(strings.TrimSpace(text[min(2, len(text)):]), `"`)
	name, _, ok := strings.Cut(rest, "=")
	name = strings.TrimSpace(name)
	switch {
	case known && strings.HasPrefix(lower, "/p") && ok && name != "":
		f.setUnknown(st, name, shownName(name, tail), model.WhyInput, "what is read there", at)
	case known && strings.HasPrefix(lower, "/a") && isName(strings.TrimRight(name, "+-*/%&^|<> ")) && !strings.Contains(rest, ","):
		name = strings.TrimRight(name, "+-*/%&^|<> ")
		f.setUnknown(st, name, shownName(name, tail), model.WhyUnsupported, "the result of set /a", at)
	default:
		f.giveUp(st, at, "this form of set")
	}
}

func isName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	})
}

func (f *follower) setUnknown(st *state, name, shown string, why model.Reason, needs string, at []session.Char) {
	hop := model.Hop{At: f.span(at), Kind: model.KindShell, What: "set " + shown + "="}
	st.Set(name, model.UnknownBecause(why, needs, model.Trail{}.Append(hop)))
}

// setLocal begins a part of the script whose variables and directory end with it.
func (f *follower) setLocal(st *state, tail []char) {
	st.locals = append(st.locals[:len(st.locals):len(st.locals)], local{env: st.Env, at: place{st.Dir, st.Lost}, delayed: st.delayed})
	text, known := plainText(tail)
	text = strings.ToLower(text)
	switch {
	case strings.Contains(text, "enabledelayedexpansion") || !known:
		st.delayed = true
	case strings.Contains(text, "disabledelayedexpansion"):
		st.delayed = false
	}
	if strings.Contains(text, "disableextensions") {
		f.giveUp(st, nil, "cmd without its extensions")
	}
}

func (f *follower) endLocal(st *state) {
	if len(st.locals) == 0 {
		return
	}
	l := st.locals[len(st.locals)-1]
	st.locals = st.locals[:len(st.locals)-1]
	st.Env, st.Dir, st.Lost, st.delayed = l.env, l.at.dir, l.at.lost, l.delayed
}

// exit is exit and exit /b.
func (f *follower) exit(st *state, tail []char) {
	text, known := plainText(tail)
	words := strings.Fields(strings.ToLower(text))
	whole := true
	if len(words) > 0 && words[0] == "/b" {
		whole, words = false, words[1:]
	}
	code := ""
	if len(words) > 0 {
		code = words[0]
	}
	switch {
	case known && code != "" && code != "0", f.onStatus > 0 && (code == "" || !known):
		st.dead, st.failed, st.exited = true, true, whole
	default:
		f.finish(st, whole)
	}
}

// jump is goto. To the end of the file it ends the script; behind a question for the status
// of a command, a jump to a label that is named after errors is the way of an error.
func (f *follower) jump(st *state, tail []char, at []session.Char) {
	text, _ := plainText(tail)
	label := strings.ToLower(strings.TrimLeft(strings.TrimSpace(text), ": "))
	switch {
	case label == "eof" && f.onStatus > 0, f.onStatus > 0 && isErrorLabel(label):
		if label == "eof" {
			f.finish(st, false)
			return
		}
		st.dead, st.failed = true, true
	case label == "eof":
		f.finish(st, false)
	default:
		f.giveUp(st, at, "a jump")
		f.finish(st, false)
	}
}

func isErrorLabel(label string) bool {
	for _, begin := range []string{"err", "fail", "abort", "onerror", "on_error", "exit_error", "exiterror", "end_error", "bad"} {
		if strings.HasPrefix(label, begin) {
			return true
		}
	}
	return strings.HasSuffix(label, "error") || strings.HasSuffix(label, "failed") || strings.HasSuffix(label, "failure")
}

// changeDir is cd; without a directory it prints where it is.
func (f *follower) changeDir(st *state, tail []char) session.Text {
	for len(tail) > 0 && isBlank(tail[0].Rune) {
		tail = tail[1:]
	}
	if text, _ := plainText(tail[:min(2, len(tail))]); strings.EqualFold(text, "/d") {
		tail = tail[2:]
	}
	for len(tail) > 0 && isBlank(tail[0].Rune) {
		tail = tail[1:]
	}
	for len(tail) > 0 && isBlank(tail[len(tail)-1].Rune) {
		tail = tail[:len(tail)-1]
	}
	if len(tail) == 0 {
		return printed("cd")
	}
	var chars []char
	for _, c := range tail {
		if c.Rune != '"' {
			chars = append(chars, c)
		}
	}
	t := f.text(chars)
	dir, ok := f.pathOf(st, t)
	if !ok {
		st.Lose(session.Blurred("the directory that is changed to", t).Value())
		return session.Text{}
	}
	if info, err := f.step.Files.Stat(dir); (err != nil || !info.Dir) && f.rec.Count() == 0 && st.wild == nil {
		f.rec.Problem(f.span(bare(tail)), "the directory "+strict.Path(dir)+" does not exist in the repository", "add it, or correct the path")
	}
	st.Dir, st.Lost = dir, nil
	return session.Text{}
}

func (f *follower) popDir(st *state) {
	if n := len(st.stack); n > 0 {
		st.Dir, st.Lost = st.stack[n-1].dir, st.stack[n-1].lost
		st.stack = st.stack[:n-1]
	} else if st.wild != nil {
		st.Lose(*st.wild)
	}
}

// typeFile prints a file.
func (f *follower) typeFile(st *state, tail []char) session.Text {
	args, sure := f.arguments(tail, session.Literal("git")) // split like those of a program
	if !sure || len(args) != 1 {
		return printed("type")
	}
	at, ok := f.pathOf(st, args[0])
	if !ok {
		return printed("type")
	}
	return fileText(f.content(st, at))
}

// filesChange notes the files that a command names which changes files.
func (f *follower) filesChange(st *state, tail []char) {
	v := model.UnknownBecause(model.WhyCommandOutput, "what a command does to a file", model.Trail{})
	args, sure := f.arguments(tail, session.Literal("git"))
	for _, a := range args {
		text, ok := a.Known()
		at, found := f.pathOf(st, a)
		if ok && found && !strings.HasPrefix(text, "/") {
			st.SetFile(at, v)
			sure = sure && ok
			continue
		}
		if !ok || !strings.HasPrefix(text, "/") {
			sure = false
		}
	}
	if !sure {
		for name := range st.Files {
			st.SetFile(name, v)
		}
	}
}
