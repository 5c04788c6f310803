package expression

import (
	"cmp"
	"math"
	"slices"

	"github.com/keyfit/keyfit/internal/model"
)

const (
	// maxOptions is how many candidates a value has at most; beyond, it is any.
	maxOptions = 16
	// maxDecided is how many places are named that decided a value.
	maxDecided = 8
)

// candidates lists what the value may be: itself, its options, or true and false.
func (v Value) candidates() []Value {
	if len(v.options) > 0 {
		return v.options
	}
	if v.kind == KindUnknown && v.fault == nil && v.may == 1<<KindBool {
		return []Value{v.truthAs(true), v.truthAs(false)}
	}
	return []Value{v}
}

// count is how many candidates there are.
func (v Value) count() int {
	switch {
	case len(v.options) > 0:
		return len(v.options)
	case v.kind == KindUnknown && v.fault == nil && v.may == 1<<KindBool:
		return 2
	}
	return 1
}

func (v Value) truthAs(b bool) Value {
	return Value{kind: KindBool, flag: b, text: model.Value{Trail: v.text.Trail, DecidedBy: v.text.DecidedBy}}
}

// choice is one of several values; why says what it depends on. Values that are the same
// are one candidate, and a single candidate is the value itself.
func choice(why model.Value, values ...Value) Value {
	distinct := make([]Value, 0, len(values)+1)
	for _, v := range values {
		for _, c := range v.candidates() {
			c.fault = nil // a run that goes on did not come this way
			if len(distinct) <= maxOptions && !slices.ContainsFunc(distinct, c.same) {
				distinct = append(distinct, c)
			}
		}
	}
	switch {
	case len(distinct) == 1:
		return distinct[0]
	case isTruth(distinct):
		return Value{text: why, may: 1 << KindBool}
	case len(distinct) > maxOptions:
		return Value{text: why, may: allKinds(values)}
	}
	return Value{text: why, may: allKinds(distinct), options: distinct}
}

// isTruth reports whether the candidates are just true and false.
func isTruth(list []Value) bool {
	return len(list) == 2 && list[0].kind == KindBool && list[1].kind == KindBool
}

func allKinds(list []Value) kinds {
	var set kinds
	for _, v := range list {
		set |= v.possible()
	}
	return set
}

// same reports whether both are surely the same value.
func (v Value) same(w Value) bool {
	if v.kind != w.kind {
		return false
	}
	switch v.kind {
	case KindNull:
		return true
	case KindBool:
		return v.flag == w.flag
	case KindNumber:
		return math.Float64bits(v.number) == math.Float64bits(w.number)
	case KindString:
		return v.text.Text.Reveal() == w.text.Text.Reveal()
	case KindArray:
		return v.array == w.array
	case KindObject:
		return v.object == w.object
	}
	return v.possible() == w.possible() && len(v.options) == 0 && len(w.options) == 0 && v.text.Same(w.text) && len(v.text.Parts) == 0 && len(w.text.Parts) == 0
}

// narrowed lists what the value may be if it counts as true, or as false.
func (v Value) narrowed(truth bool) []Value {
	var out []Value
	for _, c := range v.candidates() {
		switch t, decided := c.Truth(); {
		case decided && t != truth:
		case decided || truth || !c.possible().within(textKinds):
			out = append(out, c)
		default: // an empty text and null are all that is false here
			trail := model.Value{State: model.Known, Trail: c.text.Trail, Losers: c.text.Losers, DecidedBy: c.text.DecidedBy}
			if c.possible()&(1<<KindNull) != 0 {
				out = append(out, Value{kind: KindNull, text: trail})
			}
			if c.possible()&(1<<KindString) != 0 {
				out = append(out, Value{kind: KindString, text: trail})
			}
		}
	}
	return out
}

// lift1 computes f for every candidate of v.
func (r *run) lift1(v Value, f func(Value) Value) Value {
	if v.count() == 1 {
		return f(v)
	}
	list := v.candidates()
	results := make([]Value, len(list))
	for i, c := range list {
		results[i] = f(c)
	}
	return choice(v.reason(), results...)
}

// lift2 computes f for every pair of candidates.
func (r *run) lift2(v, w Value, f func(v, w Value) Value) Value {
	if v.count()*w.count() > maxPairs {
		return f(v.merged(), w.merged())
	}
	return r.lift1(v, func(v Value) Value {
		return r.lift1(w, func(w Value) Value { return f(v, w) })
	})
}

// maxPairs is how many combinations of candidates are computed.
const maxPairs = 64

// merged forgets the candidates: the value is any of its kinds.
func (v Value) merged() Value {
	if v.kind == KindUnknown {
		v.options, v.may = nil, v.possible()
		if v.may == 1<<KindBool {
			v.may |= 1 << KindNull // no longer split into true and false
		}
	}
	return v
}

// reason is the reason of an unknown value, as the start of another one that depends on it.
func (v Value) reason() model.Value {
	out := model.UnknownBecause(v.text.Why, v.text.Needs, v.text.Trail)
	if v.text.Why == model.WhyNone {
		out.Why = model.WhyUnsupported
	}
	out.DecidedBy = v.causes()
	return out
}

// derived is the text of a value that is computed from others: their journeys, and their
// places as what decides it. It is unknown as the first unknown one of them.
func derived(from ...Value) model.Value {
	var out model.Value
	var trails []model.Trail
	for _, v := range from {
		if v.written {
			continue
		}
		if v.kind == KindUnknown && out.Why == model.WhyNone {
			out.Why, out.Needs = cmp.Or(v.text.Why, model.WhyUnsupported), v.text.Needs
		}
		if !v.text.Trail.IsEmpty() {
			trails = append(trails, v.text.Trail)
		}
		out.DecidedBy = decided(out.DecidedBy, v.causes())
	}
	out.Trail = joined(trails)
	return out
}

// joined is one trail of several. Of a few short ones, which most are, it is made without
// the bookkeeping that many need.
func joined(trails []model.Trail) model.Trail {
	switch {
	case len(trails) == 0:
		return model.Trail{}
	case len(trails) > fewTrails:
		return model.Join(trails...)
	}
	out := trails[0]
	var seen []model.Hop
	for i, t := range trails[1:] {
		if i == 0 {
			seen = out.Hops()
		}
		for _, h := range t.Hops() {
			if len(seen) > maxSeen {
				return model.Join(trails...)
			}
			if !slices.Contains(seen, h) {
				seen = append(seen, h)
				out = out.Append(h)
			}
		}
	}
	return out
}

const (
	fewTrails = 6
	maxSeen   = 24
)

// causes lists the places that decide something when the value is looked at.
func (v Value) causes() []model.Hop {
	if v.written {
		return nil
	}
	out := v.text.DecidedBy
	if len(v.text.Parts) == 0 {
		return decided(out, []model.Hop{v.text.Trail.Last()})
	}
	for _, p := range v.text.Parts {
		if h := p.Trail.Last(); !h.Literal {
			out = decided(out, []model.Hop{h})
		}
	}
	return out
}

// decided adds hops, each once, and never changes the list that it is given.
func decided(list, more []model.Hop) []model.Hop {
	for _, h := range more {
		if h != (model.Hop{}) && len(list) < maxDecided && !slices.Contains(list, h) {
			list = append(slices.Clip(list), h)
		}
	}
	return list
}

// decidedBy returns v as chosen by cond.
func (v Value) decidedBy(cond Value) Value {
	more := cond.causes()
	if len(more) == 0 {
		return v
	}
	v.text.DecidedBy = decided(v.text.DecidedBy, more)
	if len(v.options) > 0 {
		list := make([]Value, len(v.options))
		for i, o := range v.options {
			list[i] = o.decidedBy(cond)
		}
		v.options = list
	}
	return v
}
