package jenkins

import (
	"path"
	"strings"
)

// properties reads properties([parameters([…])]) of a scripted pipeline.
func (m *machine) properties(c *invocation) {
	m.describing++ // the calls are evaluated already; parameters are read from their text
	defer func() { m.describing-- }()
	c.node.walk(func(n *node) bool {
		if n.callee() != "parameters" {
			return true
		}
		list := n.position(0)
		if list == nil || list.kind != nodeList {
			return false
		}
		var calls []*node
		for _, a := range list.args {
			calls = append(calls, a.value)
		}
		m.setParameters(m.parametersOf(calls, c.scope))
		return false
	})
}

// input is what a person answers: nothing but yes, one value, or a map of several.
func (m *machine) input(c *invocation) value {
	m.describing++
	defer func() { m.describing-- }()
	var params []parameter
	if list := c.node.named("parameters"); list != nil && list.kind == nodeList {
		var calls []*node
		for _, a := range list.args {
			calls = append(calls, a.value)
		}
		params = m.parametersOf(calls, c.scope)
	}
	open := m.unsupported(c.node, "the answer to the input")
	switch {
	case c.get("submitterParameter").kind != kindNull || len(params) == 0:
		return open
	case len(params) == 1:
		return m.answer(params[0])
	}
	var entries []entry
	for _, p := range params {
		entries = append(entries, entry{key: p.name, value: m.answer(p)})
	}
	return m.dict(entries)
}

// loadStep runs another file, and gives what it returns.
func (m *machine) loadStep(c *invocation) value {
	name, ok := m.pathOf(c.either("path", 0))
	if !ok {
		why := m.unsupported(c.node, "the name of the file that is loaded").why
		m.loseVars(why)
		if m.at.loud {
			m.doubts(why)
		}
		return value{kind: kindObject, object: object{name: objectLibrary, about: "load"}}
	}
	s := m.load(name, m.span(c.node))
	if s == nil {
		return value{kind: kindObject, object: object{name: objectLibrary, about: "load"}}
	}
	sc := newScope(nil)
	sc.home = s
	return m.invoke(&function{body: s.root.kids, params: []param{}, scope: sc, home: s, node: s.root}, nil, c.node)
}

// pathOf is a path relative to the repository's root, of a value that is one.
func (m *machine) pathOf(v value) (string, bool) {
	t := v.text
	if t.isRoot() {
		rest, ok := t[1:].known()
		return path.Clean(strings.TrimPrefix(rest, "/")), ok
	}
	name, ok := t.known()
	if !ok || name == "" || m.at.lost || path.IsAbs(name) {
		return "", false
	}
	return path.Join(m.at.dir, name), true
}
