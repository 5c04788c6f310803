package model

import (
	"iter"
	"maps"
	"slices"
)

// Env is a map from variable names to values. It is persistent: With and Without return
// a new Env and leave the old one as it was, so that a step never spoils another's view.
//
// The zero value is the empty environment. A name that is not in it is unset, unless
// something unknown may have set it: see [Env.WithRest].
type Env struct {
	vars map[string]Value
	rest *Value
}

// NewEnv takes over vars; the caller must not change the map afterwards.
func NewEnv(vars map[string]Value) Env { return Env{vars: vars} }

// WithRest returns the environment in which every name that it does not list has the
// value v: what a step leaves behind that set variables which keyfit cannot name.
func (e Env) WithRest(v Value) Env { return Env{vars: e.vars, rest: &v} }

// Rest is the value of every name that is not listed: absent, unless WithRest said
// otherwise.
func (e Env) Rest() Value {
	if e.rest != nil {
		return *e.rest
	}
	return Value{State: Absent}
}

// Get gives the value of name; when it is not listed, the value of the rest, which is
// absent if nothing else was said.
func (e Env) Get(name string) Value {
	if v, ok := e.vars[name]; ok {
		return v
	}
	if e.rest != nil {
		return *e.rest
	}
	return Value{State: Absent}
}

// Has reports whether name is in the environment, be it as an unknown or as an absent value.
func (e Env) Has(name string) bool { _, ok := e.vars[name]; return ok }

// Len is the number of names.
func (e Env) Len() int { return len(e.vars) }

// With returns the environment with name set to v.
func (e Env) With(name string, v Value) Env {
	vars := maps.Clone(e.vars)
	if vars == nil {
		vars = map[string]Value{}
	}
	vars[name] = v
	return Env{vars: vars, rest: e.rest}
}

// WithAll returns the environment with every variable of more set; more wins.
func (e Env) WithAll(more map[string]Value) Env {
	if len(more) == 0 {
		return e
	}
	vars := make(map[string]Value, len(e.vars)+len(more))
	maps.Copy(vars, e.vars)
	maps.Copy(vars, more)
	return Env{vars: vars, rest: e.rest}
}

// Without returns the environment with name unset.
func (e Env) Without(name string) Env {
	if e.rest != nil {
		return e.With(name, Value{State: Absent})
	}
	if !e.Has(name) {
		return e
	}
	vars := maps.Clone(e.vars)
	delete(vars, name)
	return Env{vars: vars}
}

// Names lists the names in order.
func (e Env) Names() []string { return slices.Sorted(maps.Keys(e.vars)) }

// All goes through the variables in the order of their names.
func (e Env) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for _, name := range e.Names() {
			if !yield(name, e.vars[name]) {
				return
			}
		}
	}
}
