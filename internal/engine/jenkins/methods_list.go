package jenkins

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
)

// listMethod calls a method of a list.
func (m *machine) listMethod(recv value, c *invocation) value {
	h := m.content(recv)
	if h.open != nil {
		if (c.name == "add" || c.name == "addAll" || c.name == "leftShift") && len(h.either) > 0 {
			return m.addTo(recv, h, c)
		}
		if c.name == "each" || c.name == "collect" || c.body() != nil {
			return m.unknownCall(c, *h.open)
		}
		if isMutation(c.name) {
			return nullValue()
		}
		return unknownValue(*h.open)
	}
	if f := c.body(); f != nil && len(c.args) == 1 {
		if v, ok := m.eachItem(recv, h.items, f, c); ok {
			return v
		}
	}
	if v, ok := m.listPart(recv, h, c); ok {
		return v
	}
	if isMutation(c.name) {
		why := model.UnknownBecause(model.WhyUnsupported, "a simpler expression", m.trail(c.node))
		m.st.heap[recv.ref] = &heaped{open: &why}
	}
	return m.unknownCall(c, model.UnknownBecause(model.WhyUnsupported, "a simpler expression", m.trail(c.node)))
}

// listPart are the methods of a list that is known; ok is false for another one.
func (m *machine) listPart(recv value, h *heaped, c *invocation) (v value, ok bool) {
	n := int64(len(h.items))
	first := c.arg(0)
	switch c.name {
	case "size":
		return numberValue(n, c.node), true
	case "isEmpty":
		return boolValue(n == 0, c.node), true
	case "join":
		return m.joinList(recv, first, c.node), true
	case "first", "head", "last":
		if n == 0 {
			return m.ofNothing(c.node), true
		}
		if c.name == "last" {
			return h.items[n-1], true
		}
		return h.items[0], true
	case "contains":
		return m.fromDecided(m.contains(recv, first), c.node, first), true
	case "get", "getAt":
		return m.index(recv, first, c.node), true
	case "add", "push", "leftShift", "addAll":
		return m.addTo(recv, h, c), true
	case "plus":
		return m.plus(recv, first, &node{kind: nodeBinary, name: "+", kids: []*node{c.node, c.node}, start: c.node.start, end: c.node.end, src: c.node.src}), true
	case "toString":
		return textValue(m.listText(recv, c.node, 0)), true
	case "reverse":
		out := slices.Clone(h.items)
		slices.Reverse(out)
		return m.list(out), true
	case "toList", "asList", "iterator", "toArray":
		return m.list(h.items), true
	case "flatten":
		return m.flatten(h, c), true
	case "unique", "toSet", "sort", "toSorted", "toUnique":
		return m.arranged(recv, h, c), true
	case "take", "drop":
		if i, ok := first.number(); ok && i >= 0 {
			i = min(i, n)
			if c.name == "take" {
				return m.list(h.items[:i]), true
			}
			return m.list(h.items[i:]), true
		}
	}
	return value{}, false
}

func isMutation(name string) bool {
	return slices.Contains([]string{"add", "addAll", "remove", "removeAll", "removeAt", "pop", "push", "clear", "put", "putAll", "set", "putAt", "sort", "unique", "leftShift", "retainAll", "swap", "shuffle"}, name)
}

func (m *machine) addTo(recv value, h *heaped, c *invocation) value {
	items := []value{c.arg(0)}
	if c.name == "addAll" {
		more, open := m.elements(c.arg(0), c.node)
		if open != nil {
			m.st.heap[recv.ref] = &heaped{open: open}
			return nullValue()
		}
		items = more
	}
	if len(c.args) != 1 || len(h.items)+len(items) > maxItems {
		why := model.UnknownBecause(model.WhyUnsupported, "a simpler expression", m.trail(c.node))
		m.st.heap[recv.ref] = &heaped{open: &why}
		return nullValue()
	}
	m.st.heap[recv.ref] = h.added(items, nil)
	if c.name == "leftShift" {
		return recv
	}
	return boolValue(true, c.node)
}

func (m *machine) flatten(h *heaped, c *invocation) value {
	var out []value
	for _, item := range h.items {
		if item.kind != kindList {
			out = append(out, item)
			continue
		}
		inner := m.content(item)
		if inner.open != nil || slices.ContainsFunc(inner.items, func(v value) bool { return v.kind == kindList }) {
			return m.unsupported(c.node, "a simpler expression")
		}
		out = append(out, inner.items...)
	}
	return m.list(out)
}

// arranged sorts, and drops repetitions, of plain texts.
func (m *machine) arranged(recv value, h *heaped, c *invocation) value {
	items := slices.Clone(h.items)
	seen := map[string]bool{}
	for _, item := range items {
		s, ok := item.words()
		if !ok || item.kind != kindText || item.gstring || !isASCII(s) || len(c.args) > 0 {
			return m.unknownCall(c, m.undecidedBy(item, c.node))
		}
	}
	words := func(v value) string { s, _ := v.words(); return s }
	if c.name == "sort" || c.name == "toSorted" {
		order.By(items, func(a, b value) int { return strings.Compare(words(a), words(b)) })
	} else {
		items = slices.DeleteFunc(items, func(v value) bool {
			twice := seen[words(v)]
			seen[words(v)] = true
			return twice
		})
	}
	if c.name == "sort" || c.name == "unique" {
		m.st.heap[recv.ref] = &heaped{items: items}
		return recv
	}
	return m.list(items)
}

func (m *machine) joinList(list, separator value, n *node) value {
	h := m.content(list)
	if h.open != nil {
		return unknownValue(*h.open)
	}
	var out text
	for i, item := range h.items {
		if i > 0 && separator.kind != kindNull {
			out = append(out, m.asText(separator, n)...)
		}
		out = append(out, m.asText(item, n)...)
	}
	return textValue(out)
}

// eachItem runs a closure for each item; ok is false for a method that does not.
func (m *machine) eachItem(recv value, items []value, f *function, c *invocation) (value, bool) {
	withIndex := c.name == "eachWithIndex"
	switch c.name {
	case "each", "eachWithIndex", "reverseEach", "collect", "findAll", "find", "any", "every", "collectEntries", "with", "tap", "collectMany", "count", "sum":
	default:
		return value{}, false
	}
	if c.name == "with" || c.name == "tap" || c.name == "collectMany" || c.name == "count" || c.name == "sum" {
		return value{}, false
	}
	if c.name == "reverseEach" {
		items = slices.Clone(items)
		slices.Reverse(items)
	}
	var results []value
	for i, item := range items {
		if i >= maxTurns || m.thrown {
			break
		}
		args := []value{item}
		if withIndex {
			args = append(args, numberValue(int64(i), c.node))
		}
		results = append(results, m.invoke(f, args, c.node))
	}
	if m.thrown {
		return nullValue(), true
	}
	return m.gathered(recv, items, results, c), true
}

// gathered is what a method makes of the results for each item.
func (m *machine) gathered(recv value, items, results []value, c *invocation) value {
	switch c.name {
	case "collect":
		return m.list(results)
	case "findAll", "find", "any", "every":
		return m.selected(items, results, c)
	case "collectEntries":
		return m.entriesOf(results, c)
	}
	return recv
}

func (m *machine) selected(items, results []value, c *invocation) value {
	var out []value
	all, some := yes, no
	for i, r := range results {
		d := m.truth(r)
		all, some = all.and(d), some.or(d)
		if d == undecided && c.name != "any" && c.name != "every" {
			return m.tainted(r, nullValue(), c.node)
		}
		if d == yes {
			out = append(out, items[i])
		}
	}
	switch c.name {
	case "any":
		return m.fromDecided(some, c.node, results...)
	case "every":
		return m.fromDecided(all, c.node, results...)
	case "find":
		if len(out) == 0 {
			return nullValue()
		}
		return out[0]
	}
	return m.list(out)
}

// entriesOf makes a map of pairs [key, value] and of maps.
func (m *machine) entriesOf(results []value, c *invocation) value {
	out := &heaped{}
	for _, r := range results {
		h := m.content(r)
		switch {
		case r.kind == kindMap && h.open == nil:
			for _, e := range h.entries {
				out = out.with(e)
			}
		case r.kind == kindList && len(h.items) == 2 && h.open == nil:
			key, ok := h.items[0].words()
			if !ok {
				return m.tainted(h.items[0], nullValue(), c.node)
			}
			out = out.with(entry{key: key, gstring: h.items[0].gstring, value: h.items[1]})
		default:
			return m.tainted(r, nullValue(), c.node)
		}
	}
	ref := m.id()
	m.st.heap[ref] = out
	return value{kind: kindMap, ref: ref}
}

// mapMethod calls a method of a map.
func (m *machine) mapMethod(recv value, c *invocation) value {
	h := m.content(recv)
	if f := c.body(); f != nil && len(c.args) == 1 && h.open == nil {
		if v, ok := m.eachEntry(recv, h, f, c); ok {
			return v
		}
	}
	switch c.name {
	case "get", "getAt", "getOrDefault":
		if key, ok := c.arg(0).words(); ok {
			return m.getEntry(recv, h, key, c)
		}
	case "containsKey":
		return m.fromDecided(m.contains(recv, c.arg(0)), c.node, c.arg(0))
	case "put", "putAt":
		m.put(recv, c.arg(0), c.arg(1), c.node)
		return nullValue()
	case "putAll", "plus", "leftShift":
		if c.arg(0).kind == kindMap {
			merged := m.merge(recv, c.arg(0))
			if c.name == "plus" {
				return merged
			}
			m.st.heap[recv.ref] = m.content(merged)
			return recv
		}
		if len(c.named) > 0 && c.name == "putAll" {
			for _, e := range c.named {
				m.st.heap[recv.ref] = m.content(recv).with(e)
			}
			return nullValue()
		}
	case "size":
		if h.open == nil {
			return numberValue(int64(len(h.entries)), c.node)
		}
	case "isEmpty":
		return m.fromDecided(m.truth(recv).not(), c.node)
	case "keySet", "values":
		return m.keysOrValues(h, c)
	case "toString":
		return textValue(m.mapText(recv, c.node, 0))
	}
	if isMutation(c.name) {
		why := model.UnknownBecause(model.WhyUnsupported, "a simpler expression", m.trail(c.node))
		m.st.heap[recv.ref] = &heaped{open: &why}
		return unknownValue(why)
	}
	if v, found := h.find(c.name, false); found && v.kind == kindClosure { // a closure in a map
		return m.callValue(v, c)
	}
	return m.unknownCall(c, model.UnknownBecause(model.WhyUnsupported, "a simpler expression", m.trail(c.node)))
}

func (m *machine) getEntry(recv value, h *heaped, key string, c *invocation) value {
	_, found := h.find(key, c.arg(0).gstring)
	if found || h.open != nil {
		return m.entryOf(recv, key, c.arg(0).gstring, c.node)
	}
	if len(c.args) < 2 {
		return nullValue()
	}
	if c.name == "get" { // Groovy's get with a default stores it
		m.st.heap[recv.ref] = h.with(entry{key: key, value: c.args[1]})
	}
	return c.args[1]
}

func (m *machine) keysOrValues(h *heaped, c *invocation) value {
	out := &heaped{open: h.open}
	for _, e := range h.entries {
		if c.name == "values" {
			out.items = append(out.items, e.value)
			continue
		}
		key := textValue(derived(e.key, c.node))
		key.gstring = e.gstring
		out.items = append(out.items, key)
	}
	ref := m.id()
	m.st.heap[ref] = out
	return value{kind: kindList, ref: ref}
}

// eachEntry runs a closure for each entry of a map.
func (m *machine) eachEntry(recv value, h *heaped, f *function, c *invocation) (value, bool) {
	switch c.name {
	case "each", "collect", "findAll", "find", "any", "every", "collectEntries":
	default:
		return value{}, false
	}
	var items, results []value
	for i, e := range h.entries {
		if i >= maxTurns || m.thrown {
			break
		}
		key := textValue(derived(e.key, c.node))
		item := m.entryValue(e, c.node)
		args := []value{item}
		if len(f.params) > 1 {
			args = []value{key, e.value}
		}
		items, results = append(items, item), append(results, m.invoke(f, args, c.node))
	}
	if m.thrown {
		return nullValue(), true
	}
	if c.name != "findAll" {
		return m.gathered(recv, items, results, c), true
	}
	out := &heaped{}
	for i, r := range results {
		switch m.truth(r) {
		case undecided:
			return m.tainted(r, nullValue(), c.node), true
		case yes:
			out.entries = append(out.entries, h.entries[i])
		}
	}
	ref := m.id()
	m.st.heap[ref] = out
	return value{kind: kindMap, ref: ref}, true
}
