package expression

import "strings"

// compared computes an operator of two values, which are no candidates, and says whether
// the result is sure.
func compared(operator string, a, b Value) (result, sure bool) {
	switch operator {
	case "==":
		return equal(a, b)
	case "!=":
		result, sure = equal(a, b)
		return !result, sure
	case "<":
		return less(a, b)
	case ">":
		return less(b, a)
	case "<=":
		return either(a, b, less)
	}
	return either(b, a, less)
}

// either reports whether both are equal or test holds.
func either(a, b Value, test func(a, b Value) (bool, bool)) (result, sure bool) {
	same, sure := equal(a, b)
	if same && sure {
		return true, true
	}
	result, also := test(a, b)
	return result || same, sure && also || result && also
}

// equal compares as the runner does: loosely, texts without regard to case, arrays and
// objects by identity.
func equal(a, b Value) (result, sure bool) {
	if a.kind == KindUnknown || b.kind == KindUnknown {
		return equalUnknown(a, b)
	}
	a, b = coerced(a, b)
	if a.kind != b.kind {
		return false, true
	}
	switch a.kind {
	case KindNull:
		return true, true
	case KindBool:
		return a.flag == b.flag, true
	case KindNumber:
		return a.number == b.number, true
	case KindString:
		return folded(func(a, b string) bool { return a == b }, a.text.Text.Reveal(), b.text.Text.Reveal())
	case KindArray:
		return a.array == b.array, a.array == b.array || a.array.fresh || b.array.fresh
	}
	return a.object == b.object, a.object == b.object || a.object.fresh || b.object.fresh
}

// equalUnknown finds what surely differs: an array and a scalar, and texts with other
// beginnings or ends.
func equalUnknown(a, b Value) (result, sure bool) {
	p, q := a.possible(), b.possible()
	if p.within(truthful) && q.within(scalars) || q.within(truthful) && p.within(scalars) {
		return false, true
	}
	if !p.within(1<<KindString) || !q.within(1<<KindString) {
		return false, false
	}
	s, _ := shapeOf(a)
	t, _ := shapeOf(b)
	return false, apart(s.prefix(), t.prefix(), strings.HasPrefix) || apart(s.suffix(), t.suffix(), strings.HasSuffix) ||
		s.whole() && s.letters() < t.letters() || t.whole() && t.letters() < s.letters()
}

// apart reports whether two texts that begin, or end, so can surely not be equal.
func apart(a, b string, test func(text, part string) bool) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	fits, sure := folded(test, a, b)
	return sure && !fits
}

// less reports whether a is below b.
func less(a, b Value) (result, sure bool) {
	if a.kind == KindUnknown || b.kind == KindUnknown {
		p, q := a.possible(), b.possible()
		return false, p.within(truthful) || q.within(truthful)
	}
	a, b = coerced(a, b)
	if a.kind != b.kind {
		return false, true
	}
	switch a.kind {
	case KindBool:
		return !a.flag && b.flag, true
	case KindNumber:
		return a.number < b.number, true
	case KindString:
		return before(a.text.Text.Reveal(), b.text.Text.Reveal())
	}
	return false, true
}

// coerced makes numbers of values of different kinds, except of arrays and objects.
func coerced(a, b Value) (Value, Value) {
	switch {
	case a.kind == b.kind:
		return a, b
	case a.kind == KindNumber && b.kind == KindString:
		return a, Number(number(b))
	case a.kind == KindString && b.kind == KindNumber:
		return Number(number(a)), b
	case a.kind == KindBool || a.kind == KindNull:
		return coerced(Number(number(a)), b)
	case b.kind == KindBool || b.kind == KindNull:
		return coerced(a, Number(number(b)))
	}
	return a, b
}
