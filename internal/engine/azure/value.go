package azure

import (
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
)

// kind is what an expression gives.
type kind uint8

const (
	unsure kind = iota // nobody can tell
	null
	boolean
	number
	version
	text
	object // a list or a mapping
)

// value is what an expression gives. A value that nobody can tell holds the pieces that it
// depends on in its text.
type value struct {
	kind  kind
	truth bool
	num   float64
	text  tree.Text // of a text, a number and a version as it was written
	node  *node     // of an object
	// loose says that a text may be taken for true or false, because nothing says its type.
	loose bool
}

func unknownValue(v model.Value, at pos.Span) value { return value{text: tree.Of(v, at)} }

func textValue(t tree.Text) value {
	if !t.Known() {
		return value{text: t}
	}
	return value{kind: text, text: t}
}

func boolValue(b bool) value { return value{kind: boolean, truth: b} }

// because is a value that nobody can tell, for what the values it comes from lack.
func because(from ...value) value {
	var texts []tree.Text
	for _, v := range from {
		if v.kind == unsure {
			texts = append(texts, v.text)
		}
	}
	return value{text: tree.Join(texts...)}
}

// why is the reason of a value that nobody can tell.
func (v value) why() model.Value {
	if u, ok := v.text.Unknown(); ok {
		return u
	}
	return model.UnknownBecause(model.WhyUnsupported, "an expression that can be evaluated", model.Trail{})
}

// string is the value as a text. Booleans are written with a capital letter.
func (v value) string(at pos.Span) tree.Text {
	switch v.kind {
	case null:
		return tree.Text{}
	case boolean:
		if v.truth {
			return tree.Pasted("True", at)
		}
		return tree.Pasted("False", at)
	case number:
		if v.text.String() == "" {
			return tree.Pasted(strconv.FormatFloat(v.num, 'f', -1, 64), at)
		}
	case object, unsure:
		if _, ok := v.text.Unknown(); !ok || v.kind == object {
			return tree.Of(v.why(), at)
		}
		if whole, ok := v.text.Unknown(); ok && v.text.String() != string(tree.Gap) {
			return tree.Of(whole, at)
		}
	}
	return v.text
}

// truthy converts to true or false as the expressions do.
func (v value) truthy() answer {
	switch v.kind {
	case null:
		return no
	case boolean:
		return tree.AnswerOf(v.truth)
	case number:
		return tree.AnswerOf(v.num != 0)
	case version:
		return yes
	case text:
		if v.loose && strings.EqualFold(v.text.String(), "false") {
			return maybe
		}
		return tree.AnswerOf(v.text.String() != "")
	case object:
		return yes
	}
	return maybe
}

// number converts to a number; ok is false for what is none.
func (v value) number() (float64, bool) {
	switch v.kind {
	case null:
		return 0, true
	case boolean:
		if v.truth {
			return 1, true
		}
		return 0, true
	case number:
		return v.num, true
	case text:
		s := strings.TrimSpace(v.text.String())
		if s == "" {
			return 0, true
		}
		n, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", ""), 64)
		return n, err == nil
	}
	return 0, false
}

// plain is the text of a known value, for comparisons.
func (v value) plain() string { return v.string(pos.Span{}).String() }

// equal compares, the right side converted to the kind of the left one.
func (v value) equal(w value) answer {
	if v.kind == unsure || w.kind == unsure || v.kind == object || w.kind == object {
		return maybe
	}
	switch v.kind {
	case null:
		return tree.AnswerOf(w.kind == null || w.kind == text && w.plain() == "")
	case boolean:
		if w.loose {
			return tree.AnswerOf(strings.EqualFold(v.plain(), w.plain()))
		}
		return tree.AnswerOf(v.truth == (w.truthy() == yes))
	case number:
		n, ok := w.number()
		return tree.AnswerOf(ok && n == v.num)
	}
	return tree.AnswerOf(strings.EqualFold(v.plain(), w.plain()))
}

// less compares two values in their order; ok is false when they have none.
func (v value) less(w value) (less, same, ok bool) {
	if v.kind == unsure || w.kind == unsure || v.kind == object || w.kind == object {
		return false, false, false
	}
	if a, ok := v.number(); ok && v.kind != text && v.kind != version {
		b, ok := w.number()
		return a < b, a == b, ok
	}
	if v.kind == version || w.kind == version {
		a, b := segments(v.plain()), segments(w.plain())
		order := slices.Compare(a, b)
		return order < 0, order == 0, a != nil && b != nil
	}
	a, b := strings.ToUpper(v.plain()), strings.ToUpper(w.plain())
	return a < b, a == b, true
}

func segments(s string) []int {
	var out []int
	for _, part := range strings.Split(s, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil
		}
		out = append(out, n)
	}
	return out
}
