package jenkins

// writes is what a piece of code may change, told from its text.
type writes struct {
	cells   map[int]bool    // variables of Groovy
	vars    map[string]bool // by `env.X =`
	all     bool            // any variable of the build
	named   map[string]bool // variables that are spoken of
	changed map[string]bool // of these, lists and maps that may be changed
	unsaid  map[string]bool // variables that are assigned without a declaration
	seen    map[*function]bool
}

func (m *machine) writes(n *node, sc *scope) writes {
	w := writes{cells: map[int]bool{}, vars: map[string]bool{}, named: map[string]bool{}, changed: map[string]bool{}, unsaid: map[string]bool{}, seen: map[*function]bool{}}
	m.collect(n, sc, &w)
	return w
}

func (m *machine) collect(n *node, sc *scope, w *writes) {
	n.walk(func(k *node) bool {
		switch k.kind {
		case nodeAssign:
			m.target(k.kids[0], sc, w)
		case nodePostfix:
			m.target(k.kids[0], sc, w)
		case nodeUnary:
			if k.name == "++" || k.name == "--" {
				m.target(k.kids[0], sc, w)
			}
		case nodeDeclare:
			if k.name == "assign" {
				for _, p := range k.params {
					m.target(&node{kind: nodeName, name: p.name}, sc, w)
				}
			}
		case nodeBinary:
			if k.name == "<<" {
				m.changes(k.kids[0], w)
			}
		case nodeName:
			w.named[k.name] = true
		case nodeCall:
			m.collectCall(k, sc, w)
		case nodeOpaque:
			for _, name := range k.names {
				m.target(&node{kind: nodeName, name: name}, sc, w)
				w.all = w.all || name == "env"
			}
		}
		return true
	})
}

// target notes what an assignment changes.
func (m *machine) target(n *node, sc *scope, w *writes) {
	switch n.kind {
	case nodeName:
		if cell, ok := m.cellOf(n.name, sc); ok {
			w.cells[cell] = true
		}
		w.unsaid[n.name] = true
	case nodeProperty, nodeIndex:
		if n.kids[0].kind == nodeName && n.kids[0].name == "env" {
			name := n.name
			if n.kind == nodeIndex {
				name, _ = n.kids[1].text()
			}
			w.all = w.all || name == ""
			w.vars[name] = true
			return
		}
		m.changes(n.kids[0], w)
	}
}

func (m *machine) changes(n *node, w *writes) {
	for n.kind == nodeProperty || n.kind == nodeIndex {
		n = n.kids[0]
	}
	if n.kind == nodeName {
		w.changed[n.name] = true
	}
}

func (m *machine) collectCall(n *node, sc *scope, w *writes) {
	callee := n.kids[0]
	if callee.kind == nodeProperty {
		m.changes(callee.kids[0], w)
		if callee.kids[0].kind == nodeName && callee.kids[0].name == "env" {
			w.all = true // env.setProperty
		}
		return
	}
	if callee.kind != nodeName {
		return
	}
	for _, s := range m.loads {
		if s == nil {
			continue
		}
		for _, f := range s.functions[callee.name] {
			if !w.seen[f] {
				w.seen[f] = true
				for _, k := range f.body {
					m.collect(k, m.binding, w)
				}
			}
		}
	}
	if cell, ok := m.cellOf(callee.name, sc); ok {
		if fn := m.st.cells[cell].fn; fn != nil && !w.seen[fn] {
			w.seen[fn] = true
			for _, k := range fn.body {
				m.collect(k, fn.scope, w)
			}
		}
		return
	}
	if callee.name == "load" || callee.name == "evaluate" {
		w.all = true
	}
}

// cellOf finds a variable: of the blocks around, or of no declaration.
func (m *machine) cellOf(name string, sc *scope) (int, bool) {
	if cell, ok := sc.find(name); ok {
		return cell, true
	}
	return m.binding.find(name)
}
