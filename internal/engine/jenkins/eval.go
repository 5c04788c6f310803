package jenkins

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// eval gives the value of an expression. Its size is bounded.
func (m *machine) eval(n *node, sc *scope) value {
	if n == nil {
		return nullValue()
	}
	m.tick(n)
	if m.thrown {
		return nullValue()
	}
	v := m.evaluate(n, sc)
	if len(v.text) > maxItems || len(v.text) > 1 && v.text.size() > maxWords {
		m.halt(n, "a text becomes too long here")
	}
	if (v.kind == kindList || v.kind == kindMap) && n.kind != nodeName {
		if h := m.content(v); len(h.items)+len(h.entries) > maxItems {
			m.halt(n, "a list becomes too long here")
		}
	}
	return v
}

func (m *machine) evaluate(n *node, sc *scope) value {
	switch n.kind {
	case nodeText:
		return m.written(n, sc)
	case nodeNumber:
		return number(n)
	case nodeBool:
		return value{kind: kindBool, text: word(n, n.name)}
	case nodeNull:
		return nullValue()
	case nodeName:
		return m.lookup(n, sc)
	case nodeProperty:
		return m.property(n, sc)
	case nodeIndex:
		recv := m.eval(n.kids[0], sc)
		if at := n.kids[1]; at.kind == nodeBinary && (at.name == ".." || at.name == "..<") && !m.thrown {
			return m.slice(recv, at, n, sc)
		}
		return m.index(recv, m.eval(n.kids[1], sc), n)
	case nodeCall:
		return m.call(n, sc)
	case nodeList:
		return m.listOf(n, sc)
	case nodeMap:
		return m.mapOf(n, sc)
	case nodeClosure:
		return m.closure(n, sc)
	case nodeTernary:
		return m.choose(m.eval(n.kids[0], sc), n, func() value { return m.eval(n.kids[1], sc) }, func() value { return m.eval(n.kids[2], sc) })
	case nodeElvis:
		v := m.eval(n.kids[0], sc)
		return m.choose(v, n, func() value { return v }, func() value { return m.eval(n.kids[1], sc) })
	case nodeBinary:
		return m.binary(n, sc)
	case nodeUnary:
		return m.unary(n, sc)
	case nodePostfix:
		old := m.eval(n.kids[0], sc)
		m.count(n, old, sc)
		return old
	case nodeAssign:
		return m.assign(n, sc)
	case nodeCast:
		return m.cast(m.eval(n.kids[0], sc), n)
	case nodeNew:
		return m.construct(n, sc)
	case nodeOpaque:
		m.opaque(n, sc)
		return m.unsupported(n, "a simpler expression")
	}
	m.exec(n, sc)
	return m.last
}

// word is what is written at n, in the form that Groovy gives it.
func word(n *node, form string) text {
	return text{{text: form, src: n.src, at: n.start, size: n.end - n.start, whole: n.start}}
}

func number(n *node) value {
	form := strings.ToLower(strings.ReplaceAll(n.name, "_", ""))
	if hex, ok := strings.CutPrefix(form, "0x"); ok {
		if i, err := strconv.ParseInt(strings.TrimRight(hex, "lgi"), 16, 64); err == nil {
			form = strconv.FormatInt(i, 10)
		}
	} else if strings.ContainsAny(form, "efd") || len(form) > 1 && form[0] == '0' && form[1] != '.' {
		return unknownValue(model.UnknownBecause(model.WhyUnsupported, "a number in plain digits", model.Trail{}))
	}
	return value{kind: kindNumber, text: word(n, strings.TrimRight(form, "lgi"))}
}

// written gives a text with the expressions in it.
func (m *machine) written(n *node, sc *scope) value {
	out := value{kind: kindText, gstring: n.gstring}
	for _, p := range n.parts {
		if p.expr == nil {
			out.text = append(out.text, piece{text: p.text, src: n.src, at: p.at, size: p.size, whole: n.start})
			continue
		}
		at := &node{start: p.at, end: p.at + p.size, src: n.src}
		out.text = append(out.text, m.inserted(m.eval(p.expr, sc), p.expr, at)...)
	}
	return out
}

// inserted is a value as a part of a text: a short word that is written elsewhere stays a
// value of its own, with its journey.
func (m *machine) inserted(v value, expr, at *node) text {
	t := m.asText(v, at)
	for _, p := range t {
		if p.value == nil && !plainWord(p.text) {
			return t.movedTo(at)
		}
	}
	if len(t) == 0 || t.isRoot() || len(t) == 1 && t[0].value != nil {
		return t.movedTo(at)
	}
	name := expr.name
	if expr.kind == nodeCall && name == "" {
		name = expr.kids[0].name
	}
	what := "text"
	if strict.IsName(name) {
		what = "text of " + name
	}
	parts := t.sources(what)
	one := parts[0]
	if len(parts) > 1 {
		one = join(parts, model.Hop{At: m.span(at), Kind: model.KindJenkins, What: what})
	}
	return valueText(one, at).marked(t.isSecret())
}

// plainWord reports whether a text means nothing but itself in any language of scripts.
func plainWord(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("_./:@%+=,-", rune(c)) {
			return false
		}
	}
	return true
}

// asText is how Groovy writes a value into a text.
func (m *machine) asText(v value, at *node) text {
	switch v.kind {
	case kindNull:
		return derived("null", at)
	case kindText, kindNumber, kindBool:
		return v.text
	case kindList:
		return m.listText(v, at, 0)
	case kindMap:
		return m.mapText(v, at, 0)
	case kindUnknown:
		return valueText(v.why, at).marked(v.secret)
	}
	return valueText(m.undecidedBy(m.plain(v, at), at), at)
}

// plain is the value of an object that is none of a text: nobody knows it.
func (m *machine) plain(v value, n *node) value {
	if v.kind == kindObject && v.object.name == objectLibrary {
		needs := "the value of " + strict.Name(v.object.about) + ", which nothing in the pipeline sets"
		return unknownValue(model.UnknownBecause(model.WhyInput, needs, m.trail(n)))
	}
	return m.unsupported(n, "a simpler expression")
}

func (m *machine) listText(v value, at *node, depth int) text {
	h := m.content(v)
	if h.open != nil || depth > 5 {
		return valueText(model.UnknownBecause(model.WhyUnsupported, "a simpler expression", m.trail(at)), at)
	}
	out := text{note("[", at)}
	for i, item := range h.items {
		if i > 0 {
			out = append(out, note(", ", at))
		}
		out = append(out, m.nestedText(item, at, depth)...)
	}
	return append(out, note("]", at))
}

func (m *machine) nestedText(v value, at *node, depth int) text {
	switch v.kind {
	case kindList:
		return m.listText(v, at, depth+1)
	case kindMap:
		return m.mapText(v, at, depth+1)
	}
	return m.asText(v, at)
}

func (m *machine) mapText(v value, at *node, depth int) text {
	h := m.content(v)
	if h.open != nil || depth > 5 {
		return valueText(model.UnknownBecause(model.WhyUnsupported, "a simpler expression", m.trail(at)), at)
	}
	if len(h.entries) == 0 {
		return text{note("[:]", at)}
	}
	out := text{note("[", at)}
	for i, e := range h.entries {
		if i > 0 {
			out = append(out, note(", ", at))
		}
		out = append(out, note(e.key+":", at))
		out = append(out, m.nestedText(e.value, at, depth)...)
	}
	return append(out, note("]", at))
}

// note is a text that Groovy adds by itself.
func note(words string, at *node) piece {
	return derived(words, at)[0]
}

// lookup gives the value of a name.
func (m *machine) lookup(n *node, sc *scope) value {
	name := n.name
	if v, ok := m.keys[name]; ok {
		return v
	}
	if cell, ok := sc.find(name); ok {
		return m.st.cells[cell]
	}
	if cell, ok := m.binding.find(name); ok {
		if v, set := m.st.cells[cell]; set {
			return v
		}
	}
	switch name {
	case "env", "params", "currentBuild", "scm", "docker", "steps":
		return value{kind: kindObject, object: object{name: name}}
	case "this":
		if home := m.home(sc); home != m.main {
			return value{kind: kindObject, object: object{name: objectScript, script: home}}
		}
		return value{kind: kindObject, object: object{name: objectSteps}}
	}
	if isOfClosure(name) {
		return m.unsupported(n, "a variable of another name, which closures of Groovy do not have")
	}
	if v, isSecret := m.getVar(name); v.State == model.Known || v.State == model.Unknown && m.isSet(name) {
		return m.varValue(name, v, isSecret, n)
	}
	if v, ok := m.params[name]; ok {
		return v
	}
	if name[0] >= 'A' && name[0] <= 'Z' && strings.ToUpper(name) != name {
		return value{kind: kindObject, object: object{name: objectClass, about: name}}
	}
	return value{kind: kindObject, object: object{name: objectLibrary, about: name}}
}

// isOfClosure reports whether closures have a constant or property of this name, which
// hides the variable.
func isOfClosure(name string) bool {
	switch name {
	case "DONE", "SKIP", "IDENTITY", "OWNER_FIRST", "DELEGATE_FIRST", "OWNER_ONLY", "DELEGATE_ONLY", "TO_SELF", "owner", "delegate", "directive", "thisObject", "metaClass":
		return true
	}
	return false
}

// varValue is the value of a variable of the build.
func (m *machine) varValue(name string, v model.Value, isSecret bool, n *node) value {
	out := fromModel(v, n, isSecret)
	if strings.EqualFold(name, "WORKSPACE") && v.State == model.Unknown && v.Needs == needsWorkspace {
		return textValue(text{{value: &v, src: n.src, at: n.start, size: n.end - n.start, root: true}})
	}
	return out
}

func (m *machine) listOf(n *node, sc *scope) value {
	out := &heaped{}
	for _, a := range n.args {
		v := m.eval(a.value, sc)
		if !a.spread {
			out.items = append(out.items, v)
			continue
		}
		items, open := m.elements(v, n)
		out.items = append(out.items, items...)
		if open != nil {
			out.open = open
		}
	}
	ref := m.id()
	m.st.heap[ref] = out
	return value{kind: kindList, ref: ref}
}

func (m *machine) mapOf(n *node, sc *scope) value {
	out := &heaped{}
	for _, a := range n.args {
		v := m.eval(a.value, sc)
		if a.key == nil { // *: another map
			if v.kind != kindMap {
				why := m.undecidedBy(v, n)
				out.open = &why
				continue
			}
			for _, e := range m.content(v).entries {
				out = out.with(e)
			}
			continue
		}
		key := m.eval(a.key, sc)
		if a.key.kind == nodeOpaque && len(a.key.kids) > 0 { // (key): in parentheses
			key = m.eval(a.key.kids[0], sc)
		}
		words, ok := key.words()
		if !ok {
			why := m.undecidedBy(key, n)
			out.open = &why
			continue
		}
		out = out.with(entry{key: words, gstring: key.gstring, value: v})
	}
	ref := m.id()
	m.st.heap[ref] = out
	return value{kind: kindMap, ref: ref}
}

func (m *machine) closure(n *node, sc *scope) value {
	return value{kind: kindClosure, fn: &function{params: n.params, implicit: n.params == nil, body: n.kids, scope: sc, home: m.home(sc), node: n}}
}

// home is the file whose functions a block can call.
func (m *machine) home(sc *scope) *script {
	for ; sc != nil; sc = sc.up {
		if sc.home != nil {
			return sc.home
		}
	}
	return m.main
}
