package model

import (
	"iter"
	"maps"
	"slices"
)

// Env is a map from variable names to values. It is persistent: With and Without return
// a new Env and leave the old one as it was, so that a step never spoils another's view.
//
// The zero value is the empty environment. A name that is not in it is unset.
type Env struct{ vars map[string]Value }

// NewEnv takes over vars; the caller must not change the map afterwards.
func NewEnv(vars map[string]Value) Env { return Env{vars: vars} }

// Get gives the value of name; an absent value when it is not set.
func (e Env) Get(name string) Value {
	if v, ok := e.vars[name]; ok {
		return v
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
	return Env{vars: vars}
}

// WithAll returns the environment with every variable of more set; more wins.
func (e Env) WithAll(more map[string]Value) Env {
	if len(more) == 0 {
		return e
	}
	vars := make(map[string]Value, len(e.vars)+len(more))
	maps.Copy(vars, e.vars)
	maps.Copy(vars, more)
	return Env{vars: vars}
}

// Without returns the environment with name unset.
func (e Env) Without(name string) Env {
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
