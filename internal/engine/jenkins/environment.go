package jenkins

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
)

// environmentBlock evaluates an environment {} block, and gives what it sets: the
// credentials first, because what else it sets may speak of them and wins over them.
func (m *machine) environmentBlock(n *node, sc *scope) []layer {
	if n.body() == nil {
		return nil
	}
	e := &environment{m: m, sc: sc, nodes: map[string]*node{}, done: map[string]value{}}
	var creds layer
	for _, k := range n.body().kids {
		if k.kind != nodeAssign || k.kids[0].label() == "" {
			continue
		}
		name := k.kids[0].label()
		if k.kids[1].callee() == "credentials" {
			e.ids = append(e.ids, k)
			continue
		}
		if e.nodes[name] == nil {
			e.names = append(e.names, name)
		}
		e.nodes[name] = k
	}
	for _, k := range e.ids {
		id := m.eval(k.kids[1].position(0), sc)
		creds.vars = append(creds.vars, m.credential(k, k.kids[0].label(), id)...)
	}
	if len(creds.vars) == 0 {
		return []layer{e.plain()}
	}
	var plain layer
	m.within(creds, func() value { plain = e.plain(); return nullValue() })
	return []layer{creds, plain}
}

// environment is one environment {} block: its variables may speak of each other, in any
// order.
type environment struct {
	m     *machine
	sc    *scope
	ids   []*node
	names []string
	nodes map[string]*node
	done  map[string]value
	now   []string
}

func (e *environment) plain() layer {
	var l layer
	for _, name := range e.names {
		v := e.value(name)
		n := e.nodes[name]
		t := e.m.asText(v, n.kids[1])
		l.vars = append(l.vars, binding{name: name, value: t.bind(e.m.hop(n, "environment", name)), secret: v.isSecret()})
	}
	return l
}

// value evaluates one variable, and before it those that it speaks of. Its own name is
// what it was outside of the block.
func (e *environment) value(name string) value {
	if v, ok := e.done[name]; ok {
		return v
	}
	n := e.nodes[name]
	if slices.Contains(e.now, name) {
		return e.m.unsupported(n, "variables that do not speak of each other in a circle")
	}
	e.now = append(e.now, name)
	known := map[string]value{}
	n.kids[1].walk(func(k *node) bool {
		other := k.name
		if k.kind == nodeProperty && k.kids[0].kind == nodeName && k.kids[0].name == "env" || k.kind == nodeName {
			if e.nodes[other] != nil && other != name {
				known[other] = e.named(other)
			}
		}
		return true
	})
	outer := e.m.keys
	e.m.keys = known
	v := e.m.eval(n.kids[1], e.sc)
	e.m.keys = outer
	e.now = e.now[:len(e.now)-1]
	e.done[name] = v
	return v
}

// named is the value of another variable of the block, with its place.
func (e *environment) named(name string) value {
	v := e.value(name)
	if v.kind != kindText {
		return v
	}
	n := e.nodes[name]
	whole := v.text.bind(e.m.hop(n, "environment", name))
	if whole.State != model.Known {
		return value{kind: kindUnknown, why: whole, secret: v.isSecret()}
	}
	out := textValue(valueText(whole, n.kids[1]).marked(v.isSecret()))
	return out
}
