package jenkins

import (
	"math"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// choose is cond ? yes : no. A condition that is not decided gives both.
func (m *machine) choose(cond value, n *node, then, otherwise func() value) value {
	if m.thrown {
		return nullValue()
	}
	switch m.truth(cond) {
	case yes:
		return then()
	case no:
		return otherwise()
	}
	var out []value
	arm := func(eval func() value) func() flow {
		return func() flow {
			v := eval()
			if m.thrown {
				return flowThrow
			}
			out = append(out, v)
			return flowOn
		}
	}
	why := m.undecidedBy(cond, n)
	m.fork(why, arm(then), arm(otherwise))
	if len(out) == 0 {
		return nullValue()
	}
	v := out[0]
	for _, w := range out[1:] {
		v = mixed(why, v, w)
	}
	return v
}

// truth is what a value is as a condition.
func (m *machine) truth(v value) decided {
	switch v.kind {
	case kindNull:
		return no
	case kindText:
		return textTruth(v.text)
	case kindNumber, kindBool:
		s, ok := v.words()
		if !ok {
			return undecided
		}
		return decide(s != "false" && strings.Trim(s, "0.-") != "")
	case kindList:
		h := m.content(v)
		if len(h.items) == 0 && h.open != nil {
			return undecided
		}
		return decide(len(h.items) > 0)
	case kindMap:
		h := m.content(v)
		if len(h.entries) == 0 && h.open != nil {
			return undecided
		}
		return decide(len(h.entries) > 0)
	case kindObject:
		if v.object.name == objectLibrary {
			return undecided
		}
		return yes
	case kindClosure:
		return yes
	}
	return modelTruth(v.why)
}

func textTruth(t text) decided {
	open := undecided
	for _, p := range t {
		s, ok := p.known()
		if ok && s != "" {
			return yes
		}
		if !ok {
			if len(t) == 1 {
				open = modelTruth(*p.value)
				continue
			}
			return undecided
		}
	}
	if _, ok := t.known(); ok {
		return no
	}
	return open
}

// modelTruth decides a value that is one of several, when all agree.
func modelTruth(v model.Value) decided {
	if v.Why != model.WhyAmbiguous || len(v.Alternatives) == 0 {
		return undecided
	}
	out := undecided
	for i, a := range v.Alternatives {
		if a.State == model.Unknown {
			return undecided
		}
		s := a.Text.Reveal()
		d := decide(a.State == model.Known && s != "" && s != "false")
		if i > 0 && d != out {
			return undecided
		}
		out = d
	}
	return out
}

func (m *machine) binary(n *node, sc *scope) value {
	switch n.name {
	case "&&", "||":
		return m.logical(n, sc)
	}
	a := m.eval(n.kids[0], sc)
	b := m.eval(n.kids[1], sc)
	if m.thrown {
		return nullValue()
	}
	switch n.name {
	case "+":
		return m.plus(a, b, n)
	case "-":
		return m.minus(a, b, n)
	case "*":
		return m.times(a, b, n)
	case "/", "%", "**":
		return m.divide(a, b, n)
	case "==", "!=":
		d := m.equal(a, b)
		if n.name == "!=" {
			d = d.not()
		}
		return m.fromDecided(d, n, a, b)
	case "<", "<=", ">", ">=", "<=>":
		return m.compare(a, b, n)
	case "=~", "==~":
		return m.match(a, b, n, n.name == "==~")
	case "in":
		return m.fromDecided(m.contains(b, a), n, a, b)
	case "<<":
		return m.push(a, b, n)
	case "..", "..<":
		return m.rangeOf(a, b, n)
	}
	return m.unsupported(n, "a simpler expression")
}

// fromDecided is a condition as a value.
func (m *machine) fromDecided(d decided, n *node, from ...value) value {
	if d == undecided {
		for _, v := range from {
			if w, ok := v.model(); ok && w.State == model.Unknown {
				return unknownValue(w)
			}
		}
		return m.unsupported(n, "a simpler condition")
	}
	var texts []text
	for _, v := range from {
		texts = append(texts, v.text)
	}
	return boolValue(d == yes, n, texts...)
}

func (m *machine) logical(n *node, sc *scope) value {
	a := m.eval(n.kids[0], sc)
	if m.thrown {
		return nullValue()
	}
	d := m.truth(a)
	if n.name == "&&" && d == no || n.name == "||" && d == yes {
		return m.fromDecided(d, n, a)
	}
	if d != undecided {
		b := m.eval(n.kids[1], sc)
		return m.fromDecided(m.truth(b), n, b)
	}
	b := nullValue()
	m.fork(m.undecidedBy(a, n), func() flow {
		if b = m.eval(n.kids[1], sc); m.thrown {
			return flowThrow
		}
		return flowOn
	}, func() flow { return flowOn })
	e := m.truth(b)
	if n.name == "&&" {
		return m.fromDecided(d.and(e), n, a, b)
	}
	return m.fromDecided(d.or(e), n, a, b)
}

func isWords(v value) bool { return v.kind == kindText || v.kind == kindNumber || v.kind == kindBool }

func (m *machine) plus(a, b value, n *node) value {
	switch {
	case a.kind == kindNumber && b.kind == kindNumber:
		return m.arithmetic(a, b, n)
	case a.kind == kindText, b.kind == kindText && (a.kind == kindNull || a.kind == kindNumber):
		left, right := m.operand(a, n.kids[0], n), m.operand(b, n.kids[1], n)
		out := textValue(append(left[:len(left):len(left)], right...))
		out.gstring = a.gstring && b.kind == kindText
		return out
	case a.kind == kindList:
		h := m.content(a)
		items, open := []value{b}, (*model.Value)(nil)
		if b.kind == kindList {
			items, open = m.elements(b, n)
		} else if b.kind == kindUnknown || b.kind == kindMap {
			why := m.undecidedBy(b, n)
			open = &why
		}
		ref := m.id()
		m.st.heap[ref] = h.added(items, open)
		return value{kind: kindList, ref: ref}
	case a.kind == kindMap && b.kind == kindMap:
		return m.merge(a, b)
	case a.kind == kindUnknown:
		return m.tainted(a, b, n)
	}
	return m.tainted(b, a, n)
}

// operand is one side of a + of texts.
func (m *machine) operand(v value, n, whole *node) text {
	if n.kind == nodeText || n.kind == nodeBinary || n.kind == nodeCall {
		return m.asText(v, n)
	}
	return m.inserted(v, n, n)
}

// tainted is unknown for the reason of a value.
func (m *machine) tainted(a, b value, n *node) value {
	out := unknownValue(m.undecidedBy(a, n))
	out.secret = a.isSecret() || b.isSecret()
	return out
}

func (m *machine) merge(a, b value) value {
	x, y := m.content(a), m.content(b)
	out := &heaped{entries: x.entries, open: x.open}
	for _, e := range y.entries {
		out = out.with(e)
	}
	if y.open != nil {
		out.open = y.open
	}
	ref := m.id()
	m.st.heap[ref] = out
	return value{kind: kindMap, ref: ref}
}

func (m *machine) minus(a, b value, n *node) value {
	x, okX := a.words()
	y, okY := b.words()
	switch {
	case a.kind == kindNumber && b.kind == kindNumber:
		return m.arithmetic(a, b, n)
	case a.kind == kindText && isWords(b) && okX && okY:
		return textValue(derived(strings.Replace(x, y, "", 1), n, a.text, b.text))
	case a.kind == kindText && !okX:
		return m.tainted(a, b, n)
	}
	return m.tainted(b, a, n)
}

func (m *machine) times(a, b value, n *node) value {
	x, ok := a.words()
	count, okCount := b.number()
	switch {
	case a.kind == kindNumber && b.kind == kindNumber:
		return m.arithmetic(a, b, n)
	case a.kind == kindText && ok && okCount && count >= 0 && count*int64(len(x)) < maxWords && count < maxWords:
		return textValue(derived(strings.Repeat(x, int(count)), n, a.text, b.text))
	}
	return m.tainted(a, b, n)
}

// arithmetic adds, subtracts and multiplies small whole numbers; Groovy's larger ones wrap
// around.
func (m *machine) arithmetic(a, b value, n *node) value {
	x, okX := a.number()
	y, okY := b.number()
	if !okX || !okY {
		return m.tainted(a, b, n)
	}
	var out int64
	switch n.name {
	case "+", "+=", "++":
		out = x + y
	case "-", "-=", "--":
		out = x - y
	case "*":
		out = x * y
	}
	const small = 1 << 31
	if x >= small || x <= -small || y >= small || y <= -small || out > math.MaxInt32 || out < math.MinInt32 {
		return m.unsupported(n, "smaller numbers")
	}
	return numberValue(out, n, a.text, b.text)
}

func (m *machine) divide(a, b value, n *node) value {
	x, okX := a.number()
	y, okY := b.number()
	switch {
	case !okX || !okY || y == 0:
		return m.tainted(a, b, n)
	case n.name == "/" && x%y == 0:
		return numberValue(x/y, n, a.text, b.text)
	case n.name == "%":
		return numberValue(x%y, n, a.text, b.text)
	}
	return m.unsupported(n, "a number that is whole")
}

// equal compares as Groovy does: by content, and a text is never a number.
func (m *machine) equal(a, b value) decided {
	if a.kind == kindUnknown || b.kind == kindUnknown {
		return equalUnknown(a, b)
	}
	if a.kind == kindNull || b.kind == kindNull {
		return decide(a.kind == b.kind)
	}
	switch {
	case a.kind == kindText && b.kind == kindText, a.kind == kindBool && b.kind == kindBool:
		return equalTexts(a.text, b.text)
	case a.kind == kindNumber && b.kind == kindNumber:
		x, okX := a.number()
		y, okY := b.number()
		if okX && okY {
			return decide(x == y)
		}
	case a.kind == kindList && b.kind == kindList:
		return m.equalLists(a, b)
	case isWords(a) && isWords(b):
		return no
	case a.kind == b.kind && a.same(b):
		return yes
	}
	return undecided
}

// equalUnknown decides against what is not known, where it is one of several that are.
func equalUnknown(a, b value) decided {
	x, okX := a.model()
	y, okY := b.model()
	if !okX || !okY {
		return undecided
	}
	if x.Why != model.WhyAmbiguous {
		x, y = y, x
	}
	if x.Why != model.WhyAmbiguous || y.State == model.Unknown {
		return undecided
	}
	for _, c := range x.Alternatives {
		if c.State == model.Unknown || c.Same(y) {
			return undecided
		}
	}
	return no
}

func equalTexts(a, b text) decided {
	x, okX := a.known()
	y, okY := b.known()
	if okX && okY {
		return decide(x == y)
	}
	if len(a) == 1 && len(b) == 1 {
		return equalUnknown(textValue(a), textValue(b))
	}
	return undecided
}

func (m *machine) equalLists(a, b value) decided {
	x, y := m.content(a), m.content(b)
	if x.open != nil || y.open != nil {
		return undecided
	}
	if len(x.items) != len(y.items) {
		return no
	}
	out := yes
	for i := range x.items {
		out = out.and(m.equal(x.items[i], y.items[i]))
	}
	return out
}

// contains decides v in list. A GString is never in a list of texts.
func (m *machine) contains(list, v value) decided {
	switch list.kind {
	case kindList:
		h := m.content(list)
		out := no
		if h.open != nil {
			out = undecided
		}
		for _, item := range h.items {
			d := m.equal(item, v)
			if item.kind == kindText && v.kind == kindText && item.gstring != v.gstring {
				d = no
			}
			out = out.or(d)
		}
		return out
	case kindMap:
		key, ok := v.words()
		if !ok {
			return undecided
		}
		_, found := m.content(list).find(key, v.gstring)
		if !found && m.content(list).open != nil {
			return undecided
		}
		return decide(found)
	case kindText:
		return m.equal(list, v)
	case kindNull:
		return no
	}
	return undecided
}

func (m *machine) compare(a, b value, n *node) value {
	x, okX := a.number()
	y, okY := b.number()
	order := 0
	switch {
	case okX && okY:
		order = int(min(max(x-y, -1), 1))
	case a.kind == kindText && b.kind == kindText:
		s, okS := a.words()
		t, okT := b.words()
		if !okS || !okT || !plainWord(s) || !plainWord(t) {
			return m.tainted(a, b, n)
		}
		order = strings.Compare(s, t)
	default:
		return m.tainted(a, b, n)
	}
	if n.name == "<=>" {
		return m.unsupported(n, "a simpler expression")
	}
	ok := map[string]bool{"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[n.name]
	return boolValue(ok, n, a.text, b.text)
}

// push is list << item and map << map.
func (m *machine) push(a, b value, n *node) value {
	switch {
	case a.kind == kindList:
		h := m.content(a)
		m.st.heap[a.ref] = h.added([]value{b}, nil)
		return a
	case a.kind == kindMap && b.kind == kindMap:
		merged := m.merge(a, b)
		m.st.heap[a.ref] = m.content(merged)
		return a
	}
	return m.tainted(a, b, n)
}

func (m *machine) rangeOf(a, b value, n *node) value {
	from, okFrom := a.number()
	to, okTo := b.number()
	if n.name == "..<" {
		to--
	}
	if !okFrom || !okTo || from > to || to-from > maxTurns {
		return m.tainted(a, b, n)
	}
	var out []value
	for i := from; i <= to; i++ {
		out = append(out, numberValue(i, n, a.text, b.text))
	}
	return m.list(out)
}

func (m *machine) unary(n *node, sc *scope) value {
	v := m.eval(n.kids[0], sc)
	if m.thrown {
		return nullValue()
	}
	switch n.name {
	case "!":
		return m.fromDecided(m.truth(v).not(), n, v)
	case "-":
		if i, ok := v.number(); ok {
			return numberValue(-i, n, v.text)
		}
	case "+", "~":
		return v
	case "++", "--":
		return m.count(n, v, sc)
	}
	return m.tainted(v, nullValue(), n)
}

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
