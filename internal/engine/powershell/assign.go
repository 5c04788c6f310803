package powershell

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// assignment is $name = …, and what it gives when it stands in parentheses.
func (f *follower) assignment(st *state, a assignment) value {
	var v value
	if f.isDecided(st, a) {
		v = f.valueOf(st, a.value)
	} else {
		return f.perhapsAssign(st, a)
	}
	if st.dead {
		return v
	}
	if a.op == "+=" {
		v = f.add(f.eval(st, a.target), v)
	} else if a.op != "=" && a.op != "??=" {
		v = blurred("the result of an arithmetic", v)
	}
	f.assign(st, a.target, v, a.extent)
	return v
}

// isDecided reports whether an assignment certainly assigns: all but ??= do.
func (f *follower) isDecided(st *state, a assignment) bool {
	if a.op != "??=" {
		return true
	}
	return f.eval(st, a.target).kind == nullKind
}

// perhapsAssign is ??= to what is not certainly null.
func (f *follower) perhapsAssign(st *state, a assignment) value {
	old := f.eval(st, a.target)
	if old.kind != unknownKind {
		return old
	}
	way := st.clone()
	mark := f.rec.Count()
	f.assign(way, a.target, f.valueOf(way, a.value), a.extent)
	f.rec.Perhaps(mark)
	st.join(way, undecided)
	return f.eval(st, a.target)
}

// undecided is what it takes to know what depends on an open choice.
const undecided = "which way the script goes"

// assign gives a target a value.
func (f *follower) assign(st *state, target expr, v value, at extent) {
	switch t := target.(type) {
	case variable:
		f.assignVariable(st, t, v, at)
	case cast:
		f.assignTyped(st, t, v, at)
	case list:
		f.assignList(st, t, v, at)
	case member:
		f.assignInto(st, t.of, at)
	case index:
		f.assignDefault(st, t, v, at)
	default:
		f.giveUp(st, at, "this assignment")
	}
}

func (f *follower) assignVariable(st *state, t variable, v value, at extent) {
	switch t.scope {
	case "env":
		f.setNamed(st, t.name, t.name, v, at)
		return
	case "", "global", "local", "script", "private", "variable":
	default:
		f.giveUp(st, at, "an assignment to "+strict.Name(t.scope+":"+t.name))
		return
	}
	name := strings.ToLower(t.name)
	switch {
	case name == "null" || name == "lastexitcode":
		return
	case isAutomatic(name):
		v = blurred("a variable that is not PowerShell's own", v)
	case f.typed[name]:
		v = blurred("a variable without a type", v)
	case name == "psdefaultparametervalues":
		doubt := model.UnknownBecause(model.WhyUnsupported, "commands with the parameters that they have by default", model.Trail{})
		st.strange = &doubt
	}
	hop := model.Hop{At: f.span(at), Kind: model.KindShell, What: "$" + t.name}
	st.setVar(name, viaHop(v, hop))
}

// viaHop sends a value through a hop.
func viaHop(v value, hop model.Hop) value {
	switch v.kind {
	case textKind, unknownKind, bytesKind, numberKind:
		v.text = v.text.Via(hop)
	case listKind:
		items := make([]value, len(v.items))
		for i, item := range v.items {
			items[i] = viaHop(item, hop)
		}
		v.items = items
	}
	return v
}

// plainName repeats the name of a variable, unless it may be a key.
func plainName(name string) string {
	if strict.IsName(name) {
		return name
	}
	return "…"
}

// setEnv sets a variable of the environment, by about_Environment_Variables: an empty text
// removes it, from version 7.5 on it does not; $null removes it in every version.
func (f *follower) setEnv(st *state, name string, v value, at extent) {
	f.setNamed(st, name, plainName(name), v, at)
}

// setNamed is setEnv with the name as it may be shown: it may be as it stands where it is
// written in the script.
func (f *follower) setNamed(st *state, name, shown string, v value, at extent) {
	hop := model.Hop{At: f.span(at), Kind: model.KindShell, What: "$env:" + shown}
	absent := model.Value{State: model.Absent}
	switch v.kind {
	case nullKind:
		st.Set(name, absent)
		return
	case listKind, bytesKind:
		st.Set(name, blurred("what becomes of a collection as a variable", v).text.Via(hop).Value())
		return
	}
	t := v.string(" ")
	switch {
	case !t.IsEmpty():
		st.Set(name, t.Via(hop).Value())
	case !f.core:
		st.Set(name, absent)
	default:
		st.Set(name, model.Ambiguous("whether it is PowerShell 7.5 or later, where an empty variable is not removed", t.Via(hop).Value(), absent))
	}
}

// assignTyped is [type]$name = …: the variable keeps the type.
func (f *follower) assignTyped(st *state, t cast, v value, at extent) {
	target, ok := t.x.(variable)
	if !ok || target.scope == "env" {
		f.giveUp(st, at, "this assignment")
		return
	}
	name := strings.ToLower(target.name)
	if t.to == "string" && v.kind != unknownKind && v.kind != bytesKind {
		v = textOf(v.string(f.separator(st)))
	} else {
		v = blurred("a variable without a type", v)
	}
	f.assignVariable(st, target, v, at)
	f.typed[name] = true
}

func (f *follower) assignList(st *state, t list, v value, at extent) {
	for i, target := range t.items {
		one := blurred("an item of a value", v)
		if v.kind == listKind && len(v.items) == len(t.items) {
			one = v.items[i]
		}
		f.assign(st, target, one, at)
	}
}

// assignInto changes something within a value.
func (f *follower) assignInto(st *state, of expr, at extent) {
	switch x := of.(type) {
	case variable:
		if x.scope != "env" {
			f.assignVariable(st, x, unsupported("a value that is not changed from within"), at)
			return
		}
	case member:
		f.assignInto(st, x.of, at)
		return
	case index:
		f.assignInto(st, x.of, at)
		return
	case typeExpr:
		if !strings.HasSuffix(x.name, "environment") {
			return
		}
	}
	f.giveUp(st, at, "this assignment")
}

// assignDefault is $name[…] = …; one of them sets the encoding of files for all commands.
func (f *follower) assignDefault(st *state, x index, v value, at extent) {
	of, ok := x.of.(variable)
	if !ok || strings.ToLower(of.name) != "psdefaultparametervalues" {
		f.assignInto(st, x.of, at)
		return
	}
	key, known := f.eval(st, x.at).scalar()
	encoding, told := v.scalar()
	key = strings.ToLower(key)
	switch {
	case known && told && (key == "out-file:encoding" || key == "*:encoding"):
		st.encoding = strings.ToLower(encoding)
	case known && strings.HasPrefix(key, "invoke-webrequest:"):
	default:
		doubt := model.UnknownBecause(model.WhyUnsupported, "commands with the parameters that they have by default", model.Trail{})
		st.strange = &doubt
	}
}
