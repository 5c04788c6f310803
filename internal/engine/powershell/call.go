package powershell

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/session"
	"github.com/keyfit/keyfit/internal/strict"
)

// maxCalls bounds how deep functions and scripts call each other.
const maxCalls = 12

// function calls a function of the script.
func (f *follower) function(st *state, e element, name string) value {
	body := st.funcs[name]
	if body.strange || f.scripts >= maxCalls {
		f.words(st, e)
		f.giveUp(st, e.extent, "the function "+strict.Name(name))
		return unsupported("what a function gives")
	}
	args, ok := f.bindWords(st, e.words[1:])
	inner := st.clone()
	if !ok || !f.bind(inner, body.params, args) {
		f.giveUp(st, e.extent, "how the function "+strict.Name(name)+" is called")
		return unsupported("what a function gives")
	}
	before := st.vars
	*st = *inner
	return f.callWith(st, body, before)
}

// call runs a block once, in a scope of its own unless it is dot-sourced.
func (f *follower) call(st *state, body *scriptBlock, dot bool) value {
	if f.scripts >= maxCalls {
		f.giveUp(st, extent{}, "calls within calls that go so deep")
		return unsupported("what a block gives")
	}
	if dot {
		return f.run(st, func() { f.statements(st, body.stmts) })
	}
	return f.callWith(st, body, st.vars)
}

// callWith runs a body whose parameters are variables already; before are those of the
// caller. What it assigns is its own, unless it says that it belongs to the script.
func (f *follower) callWith(st *state, body *scriptBlock, before map[string]value) value {
	e := f.effectsOf(st, body.stmts)
	wild := st.wild
	v := f.run(st, func() { f.statements(st, body.stmts) })
	if st.wild != wild { // everything may have changed
		return v
	}
	after := st.vars
	st.vars = before
	for _, name := range sortedNames(e.outer) {
		if value, ok := after[name]; ok {
			st.setVar(name, blurred("a variable that no function sets", value))
		}
	}
	return v
}

// run follows a body as a function: what its statements give is the result.
func (f *follower) run(st *state, body func()) value {
	outer, given := f.frame, st.given
	f.frame = &frame{perhaps: -1, inner: true}
	st.given = nil
	f.scripts++
	body()
	f.scripts--
	f.close(st)
	f.frame = outer
	result := st.given
	st.given = given
	return resultOf(result)
}

func resultOf(all []value) value {
	for _, v := range all {
		if v.kind == unknownKind && len(all) > 1 {
			return blurred("how many items a command gives", all...)
		}
	}
	switch len(all) {
	case 0:
		return null()
	case 1:
		return all[0]
	}
	return listOf(all)
}

// argument is one word that a function or script is called with.
type argument struct {
	name  string // of a parameter, in lower case, without its dash
	value *value // nil for a parameter without a value of its own
}

// bindWords reads the words of a call.
func (f *follower) bindWords(st *state, words []word) ([]argument, bool) {
	var out []argument
	sure := true
	for _, w := range words {
		var a argument
		if w.glued || w.verbatim {
			sure = false
		}
		if w.param != "" {
			a.name = strings.ToLower(strings.TrimSuffix(w.param[1:], ":"))
		}
		if _, isSplat := w.x.(splat); isSplat {
			sure = false
		}
		if w.x != nil {
			v := f.argumentOf(st, w.x)
			a.value = &v
		}
		out = append(out, a)
	}
	return out, sure
}

// argumentOf is the value of a word for a command of PowerShell: what looks like a number is
// one.
func (f *follower) argumentOf(st *state, x expr) value {
	s, ok := x.(stringExpr)
	if !ok || !s.bare {
		return f.eval(st, x)
	}
	v := f.eval(st, x)
	text, known := v.text.Known()
	match := numberForm().FindStringSubmatch(text)
	switch {
	case !known || match == nil:
		return v
	case match[1] != "":
		return value{kind: numberKind, text: v.text}
	}
	return blurred("the text of a number", v)
}

// bind gives parameters their values, by about_Parameter_Binding: those that are named, then
// the others in their order.
func (f *follower) bind(st *state, params []param, args []argument) bool {
	given := map[string]value{}
	var positional []value
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a.name == "" {
			positional = append(positional, *a.value)
			continue
		}
		p, ok := findParam(params, a.name)
		if _, twice := given[p.name]; !ok || twice {
			return false
		}
		switch {
		case a.value != nil:
			given[p.name] = *a.value
		case p.typ == "switch" || strings.HasSuffix(p.typ, ".switchparameter"):
			given[p.name] = truth(true)
		case i+1 < len(args) && args[i+1].name == "":
			i++
			given[p.name] = *args[i].value
		default:
			return false
		}
	}
	for _, p := range params {
		v, ok := given[p.name]
		if !ok && p.typ != "switch" && len(positional) > 0 {
			v, ok, positional = positional[0], true, positional[1:]
		}
		if !ok {
			v = f.defaultOf(st, p)
		}
		st.setVar(p.name, f.converted(p, v))
	}
	return len(positional) == 0
}

// findParam finds a parameter by its name, or by a beginning that no other has.
func findParam(params []param, name string) (param, bool) {
	var found []param
	for _, p := range params {
		if p.name == name {
			return p, true
		}
		if strings.HasPrefix(p.name, name) {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		return param{}, false
	}
	return found[0], true
}

func (f *follower) defaultOf(st *state, p param) value {
	switch {
	case p.def != nil:
		return f.eval(st, p.def)
	case p.typ == "switch":
		return truth(false)
	case p.typ == "string":
		return textOf(session.Text{})
	}
	return null()
}

// converted is a value as the type of its parameter has it.
func (f *follower) converted(p param, v value) value {
	switch p.typ {
	case "", "object", "switch":
		return v
	case "string":
		f.typed[p.name] = true
		if v.kind == textKind || v.kind == numberKind || v.kind == nullKind || v.kind == boolKind {
			return textOf(v.string(" "))
		}
		if v.kind == unknownKind {
			return v
		}
	case "int", "int32", "long", "int64":
		f.typed[p.name] = true
		if v.kind == numberKind {
			return v
		}
	case "bool", "boolean":
		f.typed[p.name] = true
		if v.kind == boolKind {
			return v
		}
	default:
		f.typed[p.name] = true
	}
	return blurred("a parameter without a type", v)
}

// scriptFile follows a script of the repository. What it sets in the environment stays.
func (f *follower) scriptFile(st *state, e element) value {
	args, ok := f.bindWords(st, e.words[1:])
	at, found := f.pathOf(st, f.eval(st, e.words[0].x).text)
	if !found {
		f.giveUp(st, e.extent, "a script whose place is not known")
		return unsupported("what a script gives")
	}
	text, known := f.content(st, at).Known()
	if !known || !ok || f.scripts >= maxCalls {
		f.giveUp(st, e.extent, "the script "+strict.Path(at))
		return unsupported("what the script " + strict.Path(at) + " gives")
	}
	return f.followFile(st, at, text, args, e.op == ".")
}

func (f *follower) followFile(st *state, at, text string, args []argument, dot bool) value {
	text = strings.TrimPrefix(text, "\ufeff")
	lines := pos.NewIndex([]byte(text))
	src := session.NewSource(session.Script{
		Text: text, Plain: !f.core,
		Positions: func(start, end int) pos.Span { return lines.Span(at, start, end) },
	})
	outerSrc, outerChars, outerRoot := f.src, f.chars, f.root
	dir := session.Cat(session.Root(), session.Literal("/"+path.Dir(at)))
	f.root = &dir
	before, wild := st.vars, st.wild
	exits := f.exits
	v := f.run(st, func() {
		f.exits = f.frame
		f.script(st, src, args)
	})
	f.exits = exits
	if st.dead && st.failed && st.exited { // exit with a status ends the script alone
		st.dead, st.failed, st.exited = false, false, false
	}
	f.src, f.chars, f.root = outerSrc, outerChars, outerRoot
	if !dot && st.wild == wild {
		st.vars = before
	}
	return v
}

// pathOf is the place of a file of the repository.
func (f *follower) pathOf(st *state, t session.Text) (string, bool) {
	return st.PathOf(f.step.Files, t, ":*?[~\n")
}

// content is the text of a file, with what the script wrote to it.
func (f *follower) content(st *state, at string) session.Text {
	return st.Content(f.step.Files, at, strict.Path(at))
}
