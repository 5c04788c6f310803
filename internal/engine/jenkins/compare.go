package jenkins

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

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
