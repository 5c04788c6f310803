package powershell

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/session"
)

// kind is the type of a value, as far as it makes a difference here.
type kind uint8

const (
	unknownKind kind = iota // it may be anything; its text has a piece that is not known
	nullKind
	textKind
	boolKind
	numberKind // a plain whole number, with its digits
	listKind
	bytesKind // of a text in UTF-8
)

// value is what an expression gives.
type value struct {
	kind  kind
	text  session.Text
	yes   bool
	items []value
	str   bool // of an unknown one: it is a string, or null
}

func null() value                  { return value{kind: nullKind} }
func textOf(t session.Text) value  { return value{kind: textKind, text: t} }
func truth(yes bool) value         { return value{kind: boolKind, yes: yes} }
func listOf(items []value) value   { return value{kind: listKind, items: items} }
func numberOf(digits string) value { return value{kind: numberKind, text: session.Literal(digits)} }
func opaque(t session.Text) value  { return value{kind: unknownKind, text: t} }
func unsupported(needs string) value {
	return opaque(session.Unknown(model.WhyUnsupported, needs, model.Trail{}))
}

// blurred is what an operation gives that is not followed, or an operand of which is not known.
func blurred(needs string, from ...value) value {
	var texts []session.Text
	for _, v := range from {
		texts = append(texts, v.string(" "))
	}
	return opaque(session.Blurred(needs, texts...))
}

// fromEnv is the value of a variable of the environment.
func fromEnv(st *session.State, name string) value {
	t := st.Get(name)
	v := st.Lookup(name)
	switch v.State {
	case model.Known:
		return textOf(t)
	case model.Absent:
		return null()
	}
	return value{kind: unknownKind, text: t, str: true}
}

// string is what a value becomes within a string, by about_Quoting_Rules: the items of a
// collection with a separator between them.
func (v value) string(separator string) session.Text {
	switch v.kind {
	case nullKind:
		return session.Text{}
	case boolKind:
		if v.yes {
			return session.Literal("True")
		}
		return session.Literal("False")
	case listKind:
		var parts []session.Text
		for i, item := range v.items {
			if i > 0 {
				parts = append(parts, session.Literal(separator))
			}
			parts = append(parts, item.string(separator))
		}
		return session.Cat(parts...)
	case bytesKind:
		return session.Blurred("the bytes of a text as text", v.text)
	}
	return v.text
}

// scalar gives the text of a string or number; a collection, or what may be one, has none.
func (v value) scalar() (string, bool) {
	if v.kind != textKind && v.kind != numberKind {
		return "", false
	}
	return v.text.Known()
}

// tri is the answer to a question that may have none.
type tri uint8

const (
	maybe tri = iota
	yes
	no
)

func triOf(b bool) tri {
	if b {
		return yes
	}
	return no
}

func (t tri) not() tri {
	switch t {
	case yes:
		return no
	case no:
		return yes
	}
	return maybe
}

func (t tri) and(u tri) tri {
	switch {
	case t == no || u == no:
		return no
	case t == yes && u == yes:
		return yes
	}
	return maybe
}

func (t tri) or(u tri) tri { return t.not().and(u.not()).not() }

// value is the answer as a value; without one it is unknown for the reason of what was asked.
func (t tri) value(of ...value) value {
	if t == maybe {
		return blurred("which way a condition goes", of...)
	}
	return truth(t == yes)
}

// isTrue is the value as a condition, by about_Booleans.
func (v value) isTrue() tri {
	switch v.kind {
	case nullKind:
		return no
	case boolKind:
		return triOf(v.yes)
	case textKind:
		if v.text.NonEmpty() {
			return yes
		}
		if v.text.IsEmpty() {
			return no
		}
	case numberKind:
		return triOf(strings.Trim(mustText(v), "0") != "")
	case listKind:
		switch len(v.items) {
		case 0:
			return no
		case 1:
			return v.items[0].isTrue()
		}
		return yes
	case unknownKind:
		if v.text.NonEmpty() {
			return yes
		}
	}
	return maybe
}

func mustText(v value) string {
	text, _ := v.text.Known()
	return text
}

// equal compares as -eq does, by about_Comparison_Operators: by the type of the left side,
// and of strings without regard to case, unless it counts.
func equal(x, y value, cased bool) tri {
	if x.kind == unknownKind || y.kind == unknownKind {
		return anyEqual(x, y, cased)
	}
	if x.kind == nullKind || y.kind == nullKind {
		if x.kind == listKind {
			return maybe
		}
		return triOf(x.kind == y.kind)
	}
	switch x.kind {
	case textKind:
		if y.kind == listKind || y.kind == bytesKind {
			return maybe
		}
		return sameText(x.text, y.string(" "), cased)
	case numberKind:
		if y.kind == numberKind {
			return triOf(mustText(x) == mustText(y))
		}
	case boolKind:
		if y.kind == boolKind {
			return triOf(x.yes == y.yes)
		}
	}
	return maybe
}

// anyEqual compares where a side is not known, but may have few candidates.
func anyEqual(x, y value, cased bool) tri {
	if y.kind == unknownKind && x.kind != unknownKind {
		if x.kind == numberKind || x.kind == boolKind {
			return maybe
		}
		x, y = y, x
	}
	candidates := x.text.Value().Alternatives
	if y.kind == unknownKind || len(candidates) == 0 {
		return maybe
	}
	var all tri
	for i, c := range candidates {
		one := null()
		if c.State != model.Absent {
			one = textOf(session.Of(c))
		}
		answer := equal(one, y, cased)
		if i > 0 && answer != all || answer == maybe {
			return maybe
		}
		all = answer
	}
	return all
}

// sameText compares plain texts; how others compare is up to the culture.
func sameText(x, y session.Text, cased bool) tri {
	a, aok := x.Known()
	b, bok := y.Known()
	switch {
	case !aok || !bok:
		return maybe
	case a == b:
		return yes
	case !isPlain(a) || !isPlain(b):
		return maybe
	case cased:
		return no
	}
	return triOf(strings.EqualFold(a, b))
}

// isPlain reports whether a text is of printable ASCII.
func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}
