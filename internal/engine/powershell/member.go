package powershell

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/session"
	"github.com/keyfit/keyfit/internal/strict"
)

// member is a property or method.
func (f *follower) member(st *state, m member) value {
	if t, ok := m.of.(typeExpr); ok {
		return f.static(st, t, m)
	}
	if name, ok := encodingOf(m.of); ok && name != "" {
		args := f.evalAll(st, m.args)
		return f.encode(name, m, args)
	}
	of := f.eval(st, m.of)
	args := f.evalAll(st, m.args)
	if v, ok := textMethod(of, m, args); ok {
		return v
	}
	if m.call {
		f.changed(st, m, of)
	}
	return blurred("what "+strict.Name(m.name)+" of a value gives", append([]value{of}, args...)...)
}

func (f *follower) evalAll(st *state, xs []expr) []value {
	var out []value
	for _, x := range xs {
		if c, ok := x.(closure); ok {
			f.block(st, c, c.extent)
			out = append(out, unsupported("a block"))
			continue
		}
		out = append(out, f.eval(st, x))
	}
	return out
}

// changed notes that a method may have changed what it was called on.
func (f *follower) changed(st *state, m member, of value) {
	if strings.HasPrefix(m.name, "invoke") {
		f.giveUp(st, m.extent, "a method that runs a script")
		return
	}
	if v, ok := m.of.(variable); ok && v.scope != "env" && of.kind != textKind && of.kind != numberKind {
		f.assignVariable(st, v, unsupported("a value that is not changed from within"), m.extent)
	}
}

// textMethod is a method of a string whose result does not depend on the culture.
func textMethod(of value, m member, args []value) (value, bool) {
	if of.kind != textKind {
		return value{}, false
	}
	text, ok := of.text.Known()
	if !ok {
		return value{}, false
	}
	given := func(s string) (value, bool) { return textOf(session.Derived(s, textsOf(of, args)...)), true }
	switch {
	case !m.call && m.name == "length" && isASCII(text):
		return numberOf(strconv.Itoa(len(text))), true
	case !m.call:
	case m.name == "trim" && len(args) == 0 && isASCII(text):
		return given(strings.TrimSpace(text))
	case m.name == "trimend" && len(args) == 0 && isASCII(text):
		return given(strings.TrimRight(text, " \t\n\v\f\r"))
	case m.name == "trimstart" && len(args) == 0 && isASCII(text):
		return given(strings.TrimLeft(text, " \t\n\v\f\r"))
	case (m.name == "tolower" || m.name == "tolowerinvariant") && len(args) == 0 && isASCII(text):
		return given(strings.ToLower(text))
	case (m.name == "toupper" || m.name == "toupperinvariant") && len(args) == 0 && isASCII(text):
		return given(strings.ToUpper(text))
	case m.name == "tostring" && len(args) == 0:
		return of, true
	case m.name == "replace" && len(args) == 2:
		old, ok1 := args[0].scalar()
		with, ok2 := args[1].scalar()
		if ok1 && ok2 && old != "" {
			return given(strings.ReplaceAll(text, old, with))
		}
	case m.name == "substring" && isASCII(text):
		if s, ok := substring(text, args); ok {
			return given(s)
		}
	}
	return value{}, false
}

func textsOf(of value, args []value) []session.Text {
	out := []session.Text{of.text}
	for _, a := range args {
		out = append(out, a.text)
	}
	return out
}

func substring(text string, args []value) (string, bool) {
	var n []int
	for _, a := range args {
		digits, ok := a.scalar()
		i, err := strconv.Atoi(digits)
		if !ok || err != nil || a.kind != numberKind || i < 0 {
			return "", false
		}
		n = append(n, i)
	}
	switch {
	case len(n) == 1 && n[0] <= len(text):
		return text[n[0]:], true
	case len(n) == 2 && n[0]+n[1] <= len(text) && n[1] <= len(text):
		return text[n[0] : n[0]+n[1]], true
	}
	return "", false
}

// static is a member of a type.
func (f *follower) static(st *state, t typeExpr, m member) value {
	if t.name == "environment" || t.name == "env" {
		return f.environment(st, m)
	}
	args := f.evalAll(st, m.args)
	switch t.name + "::" + m.name {
	case "string::isnullorempty":
		if len(args) == 1 {
			return f.isEmpty(args[0], func(s string) string { return s })
		}
	case "string::isnullorwhitespace":
		if len(args) == 1 {
			return f.isEmpty(args[0], strings.TrimSpace)
		}
	case "convert::tobase64string":
		if text, ok := bytesOf(args); ok {
			return textOf(session.Derived(base64.StdEncoding.EncodeToString([]byte(text)), args[0].text))
		}
	case "io.file::readalltext":
		if len(args) >= 1 {
			return f.readFile(st, args[0])
		}
	case "io.file::appendalltext", "io.file::writealltext":
		if len(args) == 2 && args[1].kind == textKind {
			f.writeTo(st, args[0], args[1].text, m.name == "appendalltext", m.extent)
			return null()
		}
	case "console::writeline", "console::write":
		if len(args) == 1 && args[0].kind == textKind {
			f.write(st, args[0].text, map[bool]string{true: "\n"}[m.name == "writeline"], m.extent)
			return null()
		}
		st.Print(session.Unknown(model.WhyUnsupported, "what is printed there", model.Trail{}))
		return null()
	case "string::empty":
		return textOf(session.Text{})
	}
	e := newEffects()
	f.scanMember(e, m)
	f.blur(st, e, m.extent)
	return blurred("what a method of "+strict.Name(t.name)+" gives", args...)
}

func bytesOf(args []value) (string, bool) {
	if len(args) != 1 || args[0].kind != bytesKind {
		return "", false
	}
	return args[0].text.Known()
}

// isEmpty asks whether a value is null, or a text of which reduce leaves nothing.
func (f *follower) isEmpty(v value, reduce func(string) string) value {
	switch v.kind {
	case nullKind:
		return truth(true)
	case boolKind, numberKind:
		return truth(false)
	case textKind:
		if text, ok := v.text.Known(); ok {
			return truth(reduce(text) == "")
		}
		if v.text.NonEmpty() && reduce("x ") == "x " {
			return truth(false)
		}
	case unknownKind:
		if answer := v.isTrue(); answer == yes && reduce("x ") == "x " {
			return truth(false)
		}
	}
	return blurred("whether a value is empty", v)
}

// environment is the class that reads and sets variables of the environment.
func (f *follower) environment(st *state, m member) value {
	args := f.evalAll(st, m.args)
	switch {
	case !m.call:
		return unsupported("what [Environment] says of the machine")
	case m.name == "setenvironmentvariable":
		f.setThrough(st, m, args)
		return null()
	case m.name == "getenvironmentvariable" && len(args) > 0:
		name, ok := args[0].scalar()
		scope, process := scopeOf(args[1:])
		if ok && scope && process {
			return fromEnv(st.State, name)
		}
	case m.name == "exit" && len(args) == 1:
		f.exit(st, args[0])
		return null()
	case strings.HasPrefix(m.name, "set"):
		f.giveUp(st, m.extent, "this method of [Environment]")
	}
	return blurred("what [Environment] says of the machine", args...)
}

// scopeOf reads the scope of a variable: that of the process, or one of the machine's, which
// no process sees that runs already.
func scopeOf(args []value) (known, process bool) {
	if len(args) == 0 {
		return true, true
	}
	scope, ok := args[0].scalar()
	switch strings.ToLower(scope) {
	case "process", "0":
		return ok, true
	case "user", "machine", "1", "2":
		return ok, false
	}
	return false, false
}

// setThrough is [Environment]::SetEnvironmentVariable(name, value, scope). With $null it does
// what it does with an empty text.
func (f *follower) setThrough(st *state, m member, args []value) {
	if len(args) < 2 {
		f.giveUp(st, m.extent, "this method of [Environment]")
		return
	}
	name, ok := args[0].scalar()
	known, process := scopeOf(args[2:])
	if len(m.args) == 3 {
		if x, isMember := m.args[2].(member); isMember && strings.HasSuffix(typeOf(x), "environmentvariabletarget") {
			known, process = true, x.name == "process"
		}
	}
	switch {
	case !ok || name == "" || strings.Contains(name, "="):
		f.giveUp(st, m.extent, "a variable whose name is not known")
		return
	case known && !process:
		return
	}
	v := args[1]
	if v.kind == nullKind {
		v = textOf(session.Text{})
	}
	if !known {
		v = blurred("which scope a variable is set in", v)
	}
	f.setEnv(st, name, v, m.extent)
}

func typeOf(m member) string {
	if t, ok := m.of.(typeExpr); ok {
		return t.name
	}
	return ""
}

// encodingOf reads [Text.Encoding]::UTF8 and the like.
func encodingOf(x expr) (string, bool) {
	m, ok := x.(member)
	if !ok || !m.static || m.call || typeOf(m) != "text.encoding" {
		return "", false
	}
	return m.name, true
}

// encode turns a text into bytes, and back.
func (f *follower) encode(name string, m member, args []value) value {
	if m.call && len(args) == 1 && m.name == "getbytes" {
		text, ok := args[0].text.Known()
		if args[0].kind == textKind && ok && (name == "utf8" || isASCII(text) && (name == "ascii" || name == "default")) {
			return value{kind: bytesKind, text: args[0].text}
		}
	}
	if m.call && len(args) == 1 && m.name == "getstring" && args[0].kind == bytesKind && name == "utf8" {
		return textOf(args[0].text)
	}
	return blurred("the bytes of a text", args...)
}

// readFile is the whole text of a file.
func (f *follower) readFile(st *state, v value) value {
	at, ok := f.pathOf(st, v.text)
	if v.kind != textKind || !ok {
		return opaque(session.Blurred("the text of a file", v.string(" ")))
	}
	t := f.content(st, at)
	text, known := t.Known()
	switch {
	case !known:
		return opaque(t)
	case strings.HasPrefix(text, "\ufeff"):
		return textOf(t.Map(func(s string) string { return strings.TrimPrefix(s, "\ufeff") }))
	case !f.core && !isASCII(text), strings.ContainsRune(text, 0) || strings.ContainsRune(text, '\ufffd') || strings.Contains(text, "\n"):
		// A checkout on Windows may turn LF into CR LF.
		if f.system == unixSystem && isASCII(text) {
			return textOf(t)
		}
		return opaque(session.Blurred("how the lines of the file end", session.Unknown(model.WhyUnsupported, "how the lines of the file end where it is checked out", t.Value().Trail)))
	}
	return textOf(t)
}
