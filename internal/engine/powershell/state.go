package powershell

import (
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/session"
)

// state is where the script stands. Maps in it are never changed in place.
type state struct {
	*session.State
	vars     map[string]value // by name in lower case
	wild     *model.Value     // why any other variable may be anything
	funcs    map[string]*scriptBlock
	strange  *model.Value // why commands may have other parameters by default
	encoding string       // of files, where the script set one for all commands
	stack    []place      // of Push-Location
	given    []value      // what the statements of a function gave so far
	dead     bool         // nothing is done here any more
	failed   bool         // it died of an error
	exited   bool         // it died of exit, which ends the script's file
}

// place is a directory.
type place struct {
	dir  string
	lost *model.Value
}

func (st *state) clone() *state {
	out := *st
	out.State = st.State.Clone()
	return &out
}

func (st *state) setVar(name string, v value) {
	st.vars = maps.Clone(st.vars)
	if st.vars == nil {
		st.vars = map[string]value{}
	}
	st.vars[name] = v
}

// lookVar is the value of a variable of PowerShell.
func (st *state) lookVar(name string) value {
	if v, ok := st.vars[name]; ok {
		return v
	}
	switch name {
	case "true", "false":
		return truth(name == "true")
	case "null":
		return null()
	}
	if st.wild != nil {
		return opaque(session.Of(*st.wild))
	}
	switch name {
	case "lastexitcode", "?":
		return opaque(session.Unknown(model.WhyExitStatus, "whether a command succeeds", model.Trail{}))
	}
	return unsupported("a variable that the script itself sets")
}

// goWild says that something which is not followed may have done anything.
func (st *state) goWild(v model.Value) {
	st.Wild(v)
	st.vars, st.wild = nil, &v
	st.stack = nil
}

// join makes st the state behind a choice that is not decided.
func (st *state) join(other *state, needs string) {
	st.State.Join(other.State, needs)
	vars := map[string]value{}
	for name, v := range st.vars {
		vars[name] = joinValues(v, other.lookVar(name), needs)
	}
	for name, v := range other.vars {
		if _, ok := st.vars[name]; !ok {
			vars[name] = joinValues(st.lookVar(name), v, needs)
		}
	}
	st.vars = vars
	if st.wild == nil {
		st.wild = other.wild
	}
	if st.strange == nil {
		st.strange = other.strange
	}
	doubt := model.UnknownBecause(model.WhyUnsupported, needs, model.Trail{})
	if st.encoding != other.encoding {
		st.strange = &doubt
	}
	st.joinFunctions(other)
	if !slices.EqualFunc(st.given, other.given, sameValue) {
		st.given = []value{unsupported(needs)}
	}
	if !slices.Equal(st.stack, other.stack) {
		st.stack = nil
	}
}

// joinFunctions keeps what both sides define alike; any other function may be one of two.
func (st *state) joinFunctions(other *state) {
	if maps.Equal(st.funcs, other.funcs) {
		return
	}
	out := maps.Clone(other.funcs)
	if out == nil {
		out = map[string]*scriptBlock{}
	}
	for name, body := range st.funcs {
		if out[name] != body {
			out[name] = &scriptBlock{strange: true}
		}
	}
	for name, body := range other.funcs {
		if st.funcs[name] != body {
			out[name] = &scriptBlock{strange: true}
		}
	}
	st.funcs = out
}

func joinValues(a, b value, needs string) value {
	switch {
	case sameValue(a, b):
		return a
	case a.isString() && b.isString():
		return value{kind: unknownKind, text: session.Either(needs, a.text, b.text), str: true}
	}
	return opaque(session.Unknown(model.WhyUnsupported, needs, model.Trail{}))
}

// isString reports whether a value is a string, or null where it is not known.
func (v value) isString() bool { return v.kind == textKind || v.kind == unknownKind && v.str }

func sameValue(a, b value) bool {
	return a.kind == b.kind && a.yes == b.yes && a.text.Same(b.text) && slices.EqualFunc(a.items, b.items, sameValue)
}

// automatic lists variables that PowerShell itself sets, or that change how it behaves; see
// about_Automatic_Variables. What the script assigns to one is not taken for its value.
const automatic = " _ args input this matches error home host pid pwd shellid stacktrace pscommandpath psscriptroot psversiontable " +
	"pshome profile iswindows islinux ismacos iscoreclr myinvocation executioncontext psboundparameters pscmdlet psitem ? $ ^ " +
	"true false null lastexitcode "

func isAutomatic(name string) bool { return strings.Contains(automatic, " "+name+" ") }
