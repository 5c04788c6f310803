package jenkins

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

func (m *machine) property(n *node, sc *scope) value {
	recv := m.eval(n.kids[0], sc)
	if m.thrown {
		return nullValue()
	}
	if recv.kind == kindNull {
		if !n.safe {
			return m.ofNothing(n)
		}
		return nullValue()
	}
	key := value{kind: kindText, text: word(n, n.name)}
	if len(n.kids) > 1 {
		key = m.eval(n.kids[1], sc)
	}
	if n.spread {
		return m.unsupported(n, "a loop in place of *.")
	}
	name, ok := key.words()
	if !ok {
		return unknownValue(m.undecidedBy(key, n))
	}
	return m.propertyOf(recv, name, n)
}

// ofNothing is a part of what is not there. Groovy ends the run at such a place; as the
// deploy that matters goes on, something that keyfit does not see is there.
func (m *machine) ofNothing(n *node) value {
	return unknownValue(model.UnknownBecause(model.WhyInput, "the value that nothing in the pipeline sets", m.trail(n)))
}

func (m *machine) propertyOf(recv value, name string, n *node) value {
	switch recv.kind {
	case kindMap:
		return m.entryOf(recv, name, false, n)
	case kindList:
		if name == "size" || name == "length" {
			return m.unsupported(n, "size() in place of it")
		}
		return m.collectProperty(recv, name, n)
	case kindObject:
		return m.objectProperty(recv.object, name, n)
	case kindUnknown:
		return unknownValue(recv.why)
	}
	return m.unsupported(n, "a simpler expression")
}

// collectProperty is list.name: the property of each item.
func (m *machine) collectProperty(v value, name string, n *node) value {
	h := m.content(v)
	if h.open != nil {
		return unknownValue(*h.open)
	}
	var out []value
	for _, item := range h.items {
		if item.kind != kindMap {
			return m.unsupported(n, "a simpler expression")
		}
		out = append(out, m.propertyOf(item, name, n))
	}
	return m.list(out)
}

func (m *machine) entryOf(v value, key string, gstring bool, n *node) value {
	h := m.content(v)
	if e, ok := h.find(key, gstring); ok {
		return e
	}
	if h.open != nil {
		return unknownValue(*h.open)
	}
	return nullValue()
}

func (m *machine) objectProperty(o object, name string, n *node) value {
	switch o.name {
	case objectEnv:
		if v, ok := m.keys[name]; ok {
			return v
		}
		v, isSecret := m.getVar(name)
		return m.varValue(name, v, isSecret, n)
	case objectParams:
		return m.param(name, n)
	case objectBuild:
		if name == "currentResult" { // every step succeeds
			return textValue(derived("SUCCESS", n))
		}
		return m.unsupported(n, "the run of the pipeline")
	case objectSteps:
		return m.lookup(&node{kind: nodeName, name: name, start: n.start, end: n.end, src: n.src}, nil)
	case objectLibrary:
		return value{kind: kindObject, object: object{name: objectLibrary, about: o.about + "." + name}}
	case objectClass:
		return value{kind: kindObject, object: object{name: objectClass, about: o.about + "." + name}}
	case objectImage:
		if name == "id" {
			return m.unsupported(n, "the image")
		}
	}
	return m.unsupported(n, "a simpler expression")
}

// param is params.NAME.
func (m *machine) param(name string, n *node) value {
	if v, ok := m.params[name]; ok {
		if v.kind == kindText {
			v.text = v.text.movedTo(n)
		}
		return v
	}
	for given, v := range m.in.Inputs {
		if strings.EqualFold(given, name) {
			return fromModel(v, n, false)
		}
	}
	if m.declares {
		return nullValue()
	}
	needs := "the parameter " + strict.Name(name) + " of the job: give it under `inputs`"
	return unknownValue(model.UnknownBecause(model.WhyInput, needs, m.trail(n)))
}

func (m *machine) index(recv, key value, n *node) value {
	if m.thrown {
		return nullValue()
	}
	words, known := key.words()
	switch {
	case recv.kind == kindNull:
		return m.ofNothing(n)
	case recv.kind == kindUnknown:
		return unknownValue(recv.why)
	case key.kind != kindText && key.kind != kindNumber || !known:
		return unknownValue(m.undecidedBy(key, n))
	case recv.kind == kindMap || recv.kind == kindObject:
		return m.propertyOf(recv, words, n)
	}
	i, ok := key.number()
	if !ok {
		return m.unsupported(n, "a simpler expression")
	}
	switch recv.kind {
	case kindList:
		h := m.content(recv)
		if h.open != nil {
			return unknownValue(*h.open)
		}
		if i < 0 {
			i += int64(len(h.items))
		}
		if i < 0 || i >= int64(len(h.items)) {
			return nullValue()
		}
		return h.items[i]
	case kindText:
		items := []rune{}
		s, ok := recv.words()
		if ok {
			items = []rune(s)
		}
		if i < 0 {
			i += int64(len(items))
		}
		if !ok || i < 0 || i >= int64(len(items)) {
			return unknownValue(m.undecidedBy(recv, n))
		}
		return textValue(derived(string(items[i]), n, recv.text))
	}
	return m.unsupported(n, "a simpler expression")
}

// slice is recv[from..to].
func (m *machine) slice(recv value, bounds *node, n *node, sc *scope) value {
	from, okFrom := m.eval(bounds.kids[0], sc).number()
	to, okTo := m.eval(bounds.kids[1], sc).number()
	items, open := m.elements(recv, n)
	size := int64(len(items))
	if open != nil || !okFrom || !okTo || recv.kind == kindMap {
		return m.unsupported(n, "a simpler expression")
	}
	if from < 0 {
		from += size
	}
	if to < 0 {
		to += size
	}
	if bounds.name == "..<" {
		to--
	}
	if from < 0 || to >= size || from > to {
		return m.unsupported(n, "a simpler expression")
	}
	if recv.kind != kindText {
		return m.list(items[from : to+1])
	}
	words := ""
	for _, p := range items[from : to+1] {
		s, _ := p.words()
		words += s
	}
	return textValue(derived(words, n, recv.text))
}
