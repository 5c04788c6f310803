package shell

import (
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"mvdan.cc/sh/v3/syntax"
)

// state is all that a shell process remembers, on one path through the script. A fork
// works on a clone; what both sides hold is immutable.
type state struct {
	vars    map[string]*cell
	funcs   map[string]*function
	files   map[string]*file // what the script wrote, by cleaned path
	traps   map[string]trap
	locals  []map[string]hidden // what each running function hid
	opts    options
	args    arguments
	argsSet tri             // whether set has replaced args since the shell or a sourced file began
	dir     string          // relative to the repository's root
	lost    *unknown        // when set, the directory is not known
	made    map[string]bool // directories that the script made
	aliases map[string]bool // names that an alias stands behind
	stack   []sym           // of pushd
	wild    *unknown        // when set, any variable that has no cell may exist
	io      channels
	status  status
	subst   *status // of the last command substitution in the current statement
	optAt   int     // getopts: how far within the current word
	dead    bool    // the path has jumped elsewhere
	ran     bool    // some external command ran
	redirs  int     // how many redirected commands are being followed
}

// options are what set and shopt switch.
type options struct {
	errexit, nounset, allexport, pipefail, noglob             bool
	nullglob, dotglob, globstar, extglob, nocase, nocaseMatch bool
	inheritErrexit, lastpipe, failglob, aliases, errtrace     bool
	mayExport                                                 bool // whether allexport is on is not known
}

// arguments are the positional parameters. From the unsure-th on, there may be any
// number of them; -1 is none unsure.
type arguments struct {
	list   []sym
	unsure int
	tail   *unknown // why they are unsure
}

// hidden is a variable of which a function has made one of its own.
type hidden struct {
	cell  *cell
	maybe bool // or perhaps not: only some ways through the script have
}

type function struct {
	body *syntax.Stmt
	src  *source
	alts []*function // undecided; nil among them: no function of the name

	exported bool // child shells get it
}

type file struct {
	text sym
	gone bool
	exec bool
}

type trap struct {
	text     sym
	at       *source
	function int // in which call of a function it was set
}

func (st *state) clone() *state {
	next := *st
	next.vars = maps.Clone(st.vars)
	next.funcs = maps.Clone(st.funcs)
	next.files = maps.Clone(st.files)
	next.traps = maps.Clone(st.traps)
	next.locals = slices.Clone(st.locals)
	for i := range next.locals {
		next.locals[i] = maps.Clone(st.locals[i])
	}
	next.io = st.io.clone()
	next.made = maps.Clone(st.made)
	return &next
}

// get gives the variable's cell; in a wild state an unset name may be anything.
func (st *state) get(name string) *cell {
	c, ok := st.vars[name]
	if !ok && st.wild != nil {
		return strangeCell(nil, st.wild)
	}
	return c
}

// put sets the variable's cell; nil unsets it, for certain even in a wild state.
func (st *state) put(name string, c *cell) {
	if c == nil && st.wild == nil {
		delete(st.vars, name)
		return
	}
	st.vars[name] = c
}

// goWild forgets what all variables hold: something unknown may have set any of them.
func (st *state) goWild(u *unknown) {
	for name, c := range st.vars {
		if !isInner(name) && !c.isOutlet() {
			st.vars[name] = blurCell(c, u)
		}
	}
	st.wild = &unknown{why: u.why, needs: u.needs, multi: true}
}

func isInner(name string) bool {
	return name == "PWD" || name == "OLDPWD" || name == "IFS" || name == "OPTIND" || name == "BASH_REMATCH"
}

// blurCell is c after something unknown may have set it. It may have been exported, too.
func blurCell(c *cell, u *unknown) *cell {
	var joined *cell
	for i, p := range c.plain() {
		next := p
		if p == nil || !p.attrs.readonly {
			next = strangeCell(p, u)
		}
		if i == 0 {
			joined = next
		} else {
			joined = joinCells(joined, next)
		}
	}
	return joined
}

// strangeCell is a variable that may hold anything, or not be set at all.
func strangeCell(before *cell, u *unknown) *cell {
	inside := &cell{shaky: true, val: sym{{unk: &unknown{why: u.why, needs: u.needs, multi: true}}}}
	if before != nil {
		inside.trail, inside.losers = before.trail, before.losers
		inside.val[0].trail = before.trail
		inside.attrs.exported = before.attrs.exported
	}
	if inside.attrs.exported {
		return inside
	}
	outside := *inside
	outside.attrs.exported = true
	return &cell{alts: []*cell{inside, &outside}}
}

// environment is what a child process finds.
func (m *machine) environment(st *state) model.Env {
	vars := make(map[string]model.Value, len(st.vars))
	for name, c := range st.vars {
		if strings.Contains(name, holeMark) {
			continue
		}
		v, present := m.envValue(c)
		if present || st.wild != nil && !isInner(name) {
			vars[name] = v
		}
	}
	env := model.NewEnv(vars)
	if st.wild != nil {
		env = env.WithRest(model.UnknownBecause(st.wild.why, st.wild.needs, model.Trail{}))
	} else if rest := m.step.Env.Rest(); rest.State == model.Absent && !rest.Trail.IsEmpty() {
		env = env.WithRest(rest)
	}
	return env
}

// envValue is [cell.envValue], computed once for each cell.
func (m *machine) envValue(c *cell) (model.Value, bool) {
	if c == nil {
		return model.Value{State: model.Absent}, false
	}
	if v, ok := m.values[c]; ok {
		return v, v.State != model.Absent
	}
	v, present := c.envValue()
	if !present {
		v = model.Value{State: model.Absent}
	}
	m.values[c] = v
	return v, present
}
