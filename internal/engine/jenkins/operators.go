package jenkins

import (
	"math"
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
