package jenkins

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// count is x++ and x--: it gives the new value.
func (m *machine) count(n *node, old value, sc *scope) value {
	one := numberValue(1, n)
	v := m.arithmetic(old, one, n)
	m.store(n.kids[0], v, sc)
	return v
}

func (m *machine) cast(v value, n *node) value {
	switch n.name {
	case "String", "GString", "CharSequence":
		if v.kind == kindNull {
			return v
		}
		return textValue(m.asText(v, n))
	case "int", "Integer", "long", "Long":
		if v.kind == kindText || v.kind == kindNumber {
			return m.toNumber(v, n)
		}
		return m.tainted(v, nullValue(), n)
	case "List", "ArrayList", "Set", "def", "Object", "Map", "Closure":
		if v.kind == kindList && n.name != "Set" || v.kind == kindMap || n.name == "def" || n.name == "Object" || v.kind == kindClosure {
			return v
		}
		return m.tainted(v, nullValue(), n)
	case "boolean", "Boolean":
		return m.fromDecided(m.truth(v), n, v)
	}
	if v.kind == kindUnknown {
		return v
	}
	return m.unsupported(n, "a simpler expression")
}

func (m *machine) toNumber(v value, n *node) value {
	s, ok := v.words()
	i, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	if !ok || err != nil {
		return m.tainted(v, nullValue(), n)
	}
	return numberValue(i, n, v.text)
}

func (m *machine) construct(n *node, sc *scope) value {
	for _, a := range n.args {
		m.eval(a.value, sc)
	}
	switch n.name {
	case "HashMap", "LinkedHashMap", "TreeMap", "ConcurrentHashMap":
		if len(n.args) == 0 && n.name != "TreeMap" && n.name != "HashMap" {
			return m.dict(nil)
		}
	case "ArrayList", "LinkedList":
		if len(n.args) == 0 {
			return m.list(nil)
		}
	case "Date", "SimpleDateFormat", "Random":
		return unknownValue(model.UnknownBecause(model.WhyTime, "the time of the run", m.trail(n)))
	}
	return m.unsupported(n, "a simpler expression")
}

// assign is target = value, or another assignment.
func (m *machine) assign(n *node, sc *scope) value {
	target := n.kids[0]
	if n.name == "=" {
		v := m.eval(n.kids[1], sc)
		if !m.thrown {
			m.store(target, v, sc)
		}
		return v
	}
	old := m.eval(target, sc)
	v := m.eval(n.kids[1], sc)
	if m.thrown {
		return nullValue()
	}
	operation := *n
	operation.name = strings.TrimSuffix(n.name, "=")
	switch n.name {
	case "+=":
		v = m.plus(old, v, &operation)
	case "-=":
		v = m.minus(old, v, &operation)
	case "<<=":
		v = m.push(old, v, &operation)
	default:
		v = m.tainted(old, v, n)
	}
	m.store(target, v, sc)
	return v
}

// store puts a value where an assignment says.
func (m *machine) store(target *node, v value, sc *scope) {
	switch target.kind {
	case nodeName:
		m.assignName(target.name, v, sc)
	case nodeProperty, nodeIndex:
		recv := m.eval(target.kids[0], sc)
		key := textValue(word(target, target.name))
		if target.kind == nodeIndex || len(target.kids) > 1 {
			key = m.eval(target.kids[1], sc)
		}
		m.put(recv, key, v, target)
	}
}

func (m *machine) assignName(name string, v value, sc *scope) {
	if cell, ok := m.cellOf(name, sc); ok {
		m.st.cells[cell] = v
		return
	}
	m.declare(m.binding, name, v)
}

// put sets an entry of a map or list, or a variable of the build.
func (m *machine) put(recv, key, v value, n *node) {
	words, ok := key.words()
	switch recv.kind {
	case kindMap:
		h := m.content(recv)
		if !ok {
			why := m.undecidedBy(key, n)
			m.st.heap[recv.ref] = &heaped{open: &why}
			return
		}
		m.st.heap[recv.ref] = h.with(entry{key: words, value: v})
	case kindList:
		h := m.content(recv)
		i, isNumber := key.number()
		if !isNumber || i < 0 || i > int64(len(h.items)) || h.open != nil {
			why := m.undecidedBy(key, n)
			m.st.heap[recv.ref] = &heaped{open: &why}
			return
		}
		items := append([]value(nil), h.items...)
		if i == int64(len(items)) {
			items = append(items, v)
		}
		items[i] = v
		m.st.heap[recv.ref] = &heaped{items: items}
	case kindObject:
		if recv.object.name == objectEnv {
			m.putEnv(words, ok, key, v, n)
		}
		if recv.object.name == objectSteps && ok {
			m.assignName(words, v, nil)
		}
	}
}
