package jenkins

import (
	"fmt"
	"slices"

	"github.com/keyfit/keyfit/internal/model"
)

// invocation is a call with its arguments evaluated.
type invocation struct {
	node   *node
	name   string
	args   []value // positional, a closure at the end included
	named  []entry
	open   *model.Value // set when there may be other named arguments
	scope  *scope
	whole  *value       // the one argument, when it is a map: foo([a: 1]) is foo(a: 1)
	within func() value // what the block holds, when it is no closure
}

// arg gives a positional argument; null when there is none.
func (c *invocation) arg(i int) value {
	if i < len(c.args) {
		return c.args[i]
	}
	return nullValue()
}

// get gives a named argument; null when there is none.
func (c *invocation) get(name string) value {
	for _, e := range c.named {
		if e.key == name {
			return e.value
		}
	}
	if c.open != nil {
		return unknownValue(*c.open)
	}
	return nullValue()
}

// either gives the named argument, or the positional one.
func (c *invocation) either(name string, i int) value {
	if v := c.get(name); v.kind != kindNull {
		return v
	}
	if v := c.arg(i); v.kind != kindClosure && v.kind != kindMap {
		return v
	}
	return nullValue()
}

// body is the closure that the call ends with.
func (c *invocation) body() *function {
	if n := len(c.args); n > 0 && c.args[n-1].kind == kindClosure {
		return c.args[n-1].fn
	}
	return nil
}

// invocation evaluates the arguments of a call.
func (m *machine) invocation(n *node, name string, sc *scope) *invocation {
	c := &invocation{node: n, name: name, scope: sc}
	for _, a := range n.args {
		v := m.eval(a.value, sc)
		switch {
		case a.key != nil:
			key := m.eval(a.key, sc)
			words, ok := key.words()
			if !ok {
				why := m.undecidedBy(key, n)
				c.open = &why
				continue
			}
			c.named = append(c.named, entry{key: words, gstring: key.gstring, value: v})
		case a.spread:
			items, open := m.elements(v, n)
			c.args = append(c.args, items...)
			if v.kind == kindMap {
				c.args = c.args[:len(c.args)-len(items)]
				c.named, c.open = append(c.named, m.content(v).entries...), open
			}
		default:
			c.args = append(c.args, v)
		}
	}
	if len(c.args) > 0 && c.args[0].kind == kindMap && len(c.named) == 0 {
		whole := c.args[0]
		c.whole = &whole
	}
	return c
}

// unfold makes a map in front of the arguments named arguments, as steps take them.
func (m *machine) unfold(c *invocation) {
	if c.whole == nil {
		return
	}
	h := m.content(*c.whole)
	c.named, c.open, c.args, c.whole = h.entries, h.open, c.args[1:], nil
}

// call evaluates a call.
func (m *machine) call(n *node, sc *scope) value {
	callee := n.kids[0]
	switch callee.kind {
	case nodeName, nodeText:
		name := callee.name
		if callee.kind == nodeText {
			words, ok := m.eval(callee, sc).words()
			if !ok {
				return m.unknownCall(m.invocation(n, "", sc), model.UnknownBecause(model.WhyUnsupported, "the name of what is called", m.trail(n)))
			}
			name = words
		}
		return m.callName(n, name, sc)
	case nodeProperty:
		return m.callProperty(n, callee, sc)
	}
	f := m.eval(callee, sc)
	return m.callValue(f, m.invocation(n, "", sc))
}

// callValue calls a closure.
func (m *machine) callValue(f value, c *invocation) value {
	if m.thrown {
		return nullValue()
	}
	if f.kind == kindClosure {
		return m.invoke(f.fn, m.handed(c), c.node)
	}
	if f.kind == kindObject && f.object.name == objectLibrary {
		return m.foreign(c, f.object.about)
	}
	return m.unknownCall(c, m.undecidedBy(f, c.node))
}

// handed are the arguments as a function gets them: named ones are a map in front.
func (m *machine) handed(c *invocation) []value {
	if len(c.named) == 0 && c.open == nil {
		return c.args
	}
	ref := m.id()
	m.st.heap[ref] = &heaped{entries: c.named, open: c.open}
	return append([]value{{kind: kindMap, ref: ref}}, c.args...)
}

func (m *machine) callName(n *node, name string, sc *scope) value {
	if cell, ok := sc.find(name); ok {
		return m.callValue(m.st.cells[cell], m.invocation(n, name, sc))
	}
	describes := slices.Contains(describing, name)
	if describes {
		m.describing++
	}
	c := m.invocation(n, name, sc)
	if describes {
		m.describing--
	}
	if m.thrown {
		return nullValue()
	}
	if f := m.function(m.home(sc), name, m.handed(c)); f != nil {
		return m.invoke(f, m.handed(c), n)
	}
	if cell, ok := m.binding.find(name); ok {
		if v := m.st.cells[cell]; v.kind == kindClosure {
			return m.callValue(v, c)
		}
	}
	return m.run(c)
}

// function gives the function of a file that takes these arguments.
func (m *machine) function(s *script, name string, args []value) *function {
	if s == nil {
		return nil
	}
	var fits *function
	for _, f := range s.functions[name] {
		required := 0
		for _, p := range f.params {
			if p.byDefault == nil {
				required++
			}
		}
		if len(args) >= required && len(args) <= len(f.params) {
			return f
		}
		fits = f
	}
	return fits
}

// invoke runs a function or closure.
func (m *machine) invoke(f *function, args []value, n *node) value {
	if m.calls++; m.calls > maxCalls {
		m.calls--
		m.halt(n, fmt.Sprintf("more than %d functions call each other here", maxCalls))
		return nullValue()
	}
	frames, loop, perhaps := m.frame, m.loop, m.at.perhaps
	m.frame, m.loop = &frame{}, nil
	sc := m.bound(f, args)
	way := m.block(f.body, sc)
	mine, result := m.frame, m.last
	if way == flowReturn {
		result = m.back
	}
	if way == flowThrow && len(mine.ended) > 0 && !m.halted {
		m.thrown = false
	}
	if len(mine.ended) > 0 && !m.halted {
		states, values := mine.ended, mine.values
		if way != flowGone && way != flowThrow {
			states, values = append(states, m.st), append(values, result)
		}
		why := m.joined()
		m.st = joinStates(why, states)
		result = values[0]
		for _, v := range values[1:] {
			result = mixed(why, result, v)
		}
	}
	m.frame, m.loop, m.at.perhaps = frames, loop, perhaps
	m.calls--
	if m.thrown {
		return nullValue()
	}
	return result
}

// bound makes the variables of a call.
func (m *machine) bound(f *function, args []value) *scope {
	up := f.scope
	if up == nil { // a function sees no variables of its file but those without a declaration
		up = newScope(nil)
		up.home = f.home
	}
	sc := newScope(up)
	params := f.params
	if f.implicit {
		params = []param{{name: "it"}}
	}
	if len(params) > 1 && len(args) == 1 && args[0].kind == kindList { // a list is spread over them
		if h := m.content(args[0]); h.open == nil {
			args = h.items
		}
	}
	for i, p := range params {
		switch {
		case i < len(args):
			m.declare(sc, p.name, args[i])
		case p.byDefault != nil:
			m.declare(sc, p.name, m.eval(p.byDefault, sc))
		default:
			m.declare(sc, p.name, nullValue())
		}
	}
	return sc
}

// unknownCall runs what a call that is not understood may run: its closures.
func (m *machine) unknownCall(c *invocation, why model.Value) value {
	for _, v := range append(m.handed(c), nullValue()) {
		m.maybe(v, why)
	}
	return unknownValue(why)
}

// maybe runs a closure that something may call, any number of times.
func (m *machine) maybe(v value, why model.Value) {
	switch v.kind {
	case kindClosure:
		body := &node{kind: nodeBlock, kids: v.fn.body}
		frames, loop := m.frame, m.loop
		m.frame, m.loop = &frame{}, &frame{}
		m.anyTurns(why, body, v.fn.scope, func() flow {
			m.invoke(v.fn, m.unknownArgs(v.fn, why), v.fn.node)
			if m.thrown {
				return flowThrow
			}
			return flowOn
		})
		m.frame, m.loop = frames, loop
	case kindMap:
		for _, e := range m.content(v).entries {
			if e.value.kind == kindClosure {
				m.maybe(e.value, why)
			}
		}
	}
}

func (m *machine) unknownArgs(f *function, why model.Value) []value {
	n := len(f.params)
	if f.implicit {
		n = 1
	}
	var out []value
	for range n {
		out = append(out, unknownValue(why))
	}
	return out
}

func (m *machine) callProperty(n, callee *node, sc *scope) value {
	recv := m.eval(callee.kids[0], sc)
	name := callee.name
	if len(callee.kids) > 1 {
		words, ok := m.eval(callee.kids[1], sc).words()
		if !ok {
			return m.unknownCall(m.invocation(n, "", sc), model.UnknownBecause(model.WhyUnsupported, "the name of what is called", m.trail(n)))
		}
		name = words
	}
	if recv.kind == kindNull && callee.safe {
		return nullValue()
	}
	c := m.invocation(n, name, sc)
	if m.thrown {
		return nullValue()
	}
	if callee.spread {
		return m.spreadCall(recv, c)
	}
	return m.method(recv, c)
}

// spreadCall is list*.name(…).
func (m *machine) spreadCall(recv value, c *invocation) value {
	items, open := m.elements(recv, c.node)
	if open != nil || recv.kind != kindList {
		return m.unknownCall(c, m.undecidedBy(recv, c.node))
	}
	var out []value
	for _, item := range items {
		out = append(out, m.method(item, c))
	}
	return m.list(out)
}
