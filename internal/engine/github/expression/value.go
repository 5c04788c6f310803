package expression

import (
	"slices"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// Kind says what sort of thing a value is.
type Kind uint8

// The kinds. The zero Kind is that of an unknown value.
const (
	KindUnknown Kind = iota
	KindNull
	KindBool
	KindNumber
	KindString
	KindArray
	KindObject
)

// Value is what an expression gives. Values are immutable. The zero Value is unknown.
type Value struct {
	kind   Kind
	flag   bool
	number float64
	// text is the text of a string, and the reason of an unknown value; of any other, only
	// its trail and its deciders count.
	text   model.Value
	array  *array
	object *object

	may     kinds   // of an unknown value: what it may be
	options []Value // of an unknown value: the candidates, of which it is one
	fault   error   // of an unknown value: why the runner gives up at it
	written bool    // it is a literal of the expression itself
}

// array and object are pointers, because the runner compares them by identity.
type array struct {
	items    []Value
	filtered bool // made by `*`: an index is applied to each of its items
	fresh    bool // made by the expression itself, so that it is identical to nothing else
}

// kinds is a set of kinds.
type kinds uint8

const (
	anyKind   kinds = 1<<(KindObject+1) - 2
	scalars   kinds = 1<<KindNull | 1<<KindBool | 1<<KindNumber | 1<<KindString
	textKinds kinds = 1<<KindNull | 1<<KindString
	truthful  kinds = 1<<KindArray | 1<<KindObject // what counts as true whatever is in it
)

func kindsOf(list []Kind) kinds {
	var set kinds
	for _, k := range list {
		set |= 1 << k
	}
	if set &= anyKind; set == 0 {
		return anyKind
	}
	return set
}

// within reports whether every kind of the set is one of those.
func (k kinds) within(those kinds) bool { return k != 0 && k&^those == 0 }

// possible is the set of kinds that the value may be.
func (v Value) possible() kinds {
	switch {
	case v.kind != KindUnknown:
		return 1 << v.kind
	case v.may == 0:
		return anyKind
	}
	return v.may
}

// Null is the null of expressions, which a name without a value gives.
func Null() Value { return Value{kind: KindNull} }

// Bool is true or false.
func Bool(b bool) Value { return Value{kind: KindBool, flag: b} }

// Number is a number.
func Number(f float64) Value { return Value{kind: KindNumber, number: f} }

// String is a text that comes from nowhere in particular.
func String(text string) Value {
	return Text(model.Value{State: model.Known, Text: secret.New(text)})
}

// Text is a text with its journey. An absent one is null; an unknown one may be a text or
// null; an ambiguous one is one of its alternatives.
func Text(v model.Value) Value {
	switch {
	case v.State == model.Known && !utf8.ValidString(v.Text.Reveal()):
		// The runner replaces what is not valid, and it depends on where it reads the text.
		return Unknown(model.UnknownBecause(model.WhyUnsupported, "a text in UTF-8", v.Trail), KindString)
	case v.State == model.Known:
		return Value{kind: KindString, text: v}
	case v.State == model.Absent:
		return Value{kind: KindNull, text: v}
	}
	out := Unknown(v, KindString, KindNull)
	if len(v.Parts) > 0 {
		out.may = 1 << KindString
	}
	if len(v.Alternatives) > 1 && len(v.Alternatives) <= maxOptions {
		for _, a := range v.Alternatives {
			out.options = append(out.options, Text(a))
		}
		out.may = allKinds(out.options)
	}
	return out
}

// Unknown is a value that may be of any of these kinds; without kinds, of every one.
func Unknown(v model.Value, list ...Kind) Value {
	v.State = model.Unknown
	return Value{text: v, may: kindsOf(list)}
}

// Array is a list.
func Array(items ...Value) Value {
	return Value{kind: KindArray, array: &array{items: slices.Clone(items)}}
}

// Kind says what the value is; KindUnknown for an unknown one.
func (v Value) Kind() Kind { return v.kind }

// Fault says why the runner gives up at this value: the step or job fails, and nothing is
// handed over. It is nil for anything else, an unknown value included.
func (v Value) Fault() error { return v.fault }

// Truth says whether the value counts as true, and whether that is decided.
func (v Value) Truth() (truth, decided bool) {
	switch v.kind {
	case KindNull:
		return false, true
	case KindBool:
		return v.flag, true
	case KindNumber:
		return v.number != 0 && v.number == v.number, true
	case KindString:
		return !v.text.Text.IsEmpty(), true
	case KindArray, KindObject:
		return true, true
	}
	if v.fault != nil {
		return false, false
	}
	return v.truthOfUnknown()
}

func (v Value) truthOfUnknown() (truth, decided bool) {
	if len(v.options) == 0 {
		_, holds := shapeOf(v)
		return true, v.possible().within(truthful) || holds && v.possible().within(1<<KindString)
	}
	for i, o := range v.options {
		t, ok := o.Truth()
		if !ok || i > 0 && t != truth {
			return false, false
		}
		truth = t
	}
	return truth, true
}

// Items lists the items of an array, and whether it is one whose items can be told.
func (v Value) Items() ([]Value, bool) {
	if v.kind != KindArray {
		return nil, false
	}
	return slices.Clone(v.array.items), true
}

// Options lists the candidates of an ambiguous value; any other value is its only one.
func (v Value) Options() []Value {
	if len(v.options) == 0 {
		return []Value{v}
	}
	return slices.Clone(v.options)
}

// Float gives a number, and whether the value is one.
func (v Value) Float() (float64, bool) { return v.number, v.kind == KindNumber }

// Via returns the value with one more hop on its trail, and on those of all values in it.
// In what holds more than a thousand values, the rest keeps its trail.
func (v Value) Via(hop model.Hop) Value {
	budget := maxVia
	return v.via(hop, &budget)
}

const maxVia = 1000

func (v Value) via(hop model.Hop, budget *int) Value {
	if *budget--; *budget < 0 {
		return v
	}
	v.written = false
	v.text = viaAll(v.text, hop, budget)
	if v.array != nil {
		a := *v.array
		a.items = make([]Value, len(v.array.items))
		for i, item := range v.array.items {
			a.items[i] = item.via(hop, budget)
		}
		v.array = &a
	}
	if v.object != nil {
		v.object = v.object.via(hop, budget)
	}
	if len(v.options) > 0 {
		options := make([]Value, len(v.options))
		for i, o := range v.options {
			options[i] = o.via(hop, budget)
		}
		v.options = options
	}
	return v
}

// viaAll adds the hop to the alternatives too: each of them has a journey of its own.
func viaAll(v model.Value, hop model.Hop, budget *int) model.Value {
	v = v.Via(hop)
	if len(v.Alternatives) > 0 {
		list := make([]model.Value, len(v.Alternatives))
		for i, a := range v.Alternatives {
			list[i] = a
			if *budget--; *budget >= 0 {
				list[i] = a.Via(hop)
			}
		}
		v.Alternatives = list
	}
	return v
}
