package expression

import (
	"math"

	"github.com/keyfit/keyfit/internal/model"
)

// number is the value as a number; NaN for what is none.
func number(v Value) float64 {
	switch v.kind {
	case KindNull:
		return 0
	case KindBool:
		if v.flag {
			return 1
		}
		return 0
	case KindNumber:
		return v.number
	case KindString:
		return parseNumber(v.text.Text.Reveal())
	}
	return math.NaN()
}

// index gives the item or entry of v at key.
func (r *run) index(v, key Value) Value {
	return r.lift2(v, key, func(v, key Value) Value {
		switch v.kind {
		case KindObject:
			return r.entry(v, key)
		case KindArray:
			if v.array.filtered {
				return r.filtered(v, func(item Value) ([]Value, bool) { return within(item, key) })
			}
			return r.item(v, key)
		case KindUnknown:
			if !v.possible().within(scalars) {
				return Unknown(of(v, key))
			}
		}
		return Null()
	})
}

// of is the reason of a value that is within v at key.
func of(v, key Value) model.Value {
	text := derived(v, key)
	text.Ref = v.text.Ref
	return text
}

func (r *run) entry(v, key Value) Value {
	o := v.object
	switch {
	case key.kind == KindUnknown && o.more != nil:
		return Unknown(of(v, key))
	case key.kind == KindUnknown:
		list := []Value{Null()}
		for _, e := range o.entries {
			list = append(list, e.Value.decidedBy(key))
		}
		return choice(key.reason(), list...)
	case key.kind >= KindArray:
		return Null()
	}
	name := key.Model()
	if !isKnown(name) {
		return Unknown(of(v, key))
	}
	return o.get(name.Text.Reveal()).decidedBy(key)
}

func (r *run) item(v, key Value) Value {
	items := v.array.items
	if key.kind == KindUnknown {
		list := []Value{Null()}
		for _, item := range items {
			list = append(list, item.decidedBy(key))
		}
		return choice(key.reason(), list...)
	}
	if i, ok := position(key); ok && i < len(items) {
		return items[i].decidedBy(key)
	}
	return Null()
}

// position is the key as the number of an item.
func position(key Value) (int, bool) {
	f := math.Floor(number(key))
	if !(f >= 0 && f <= math.MaxInt32) {
		return 0, false
	}
	return int(f), true
}

// star gives all that is in v, as an array to each item of which a further index is applied.
func (r *run) star(v Value) Value {
	return r.lift1(v, func(v Value) Value {
		if v.kind == KindArray && v.array.filtered {
			return r.filtered(v, all)
		}
		if v.kind == KindUnknown && !v.possible().within(scalars) {
			return Unknown(v.reason(), KindArray)
		}
		items, sure := all(v)
		if !sure || !r.spend(len(items)) {
			return Unknown(v.reason(), KindArray)
		}
		return filteredArray(items)
	})
}

func filteredArray(items []Value) Value {
	return Value{kind: KindArray, array: &array{items: items, filtered: true, fresh: true}}
}

// filtered applies pick to each item of v. pick says whether it is sure of what it gives.
func (r *run) filtered(v Value, pick func(Value) ([]Value, bool)) Value {
	out := make([]Value, 0, len(v.array.items))
	for _, item := range v.array.items {
		list, sure := pick(item)
		if !sure || !r.spend(len(list)) {
			return Unknown(item.reason(), KindArray)
		}
		out = append(out, list...)
	}
	return filteredArray(out)
}

// all lists what is in an array or object.
func all(v Value) (items []Value, sure bool) {
	switch v.kind {
	case KindArray:
		return v.array.items, true
	case KindObject:
		items = make([]Value, 0, len(v.object.entries))
		for _, e := range v.object.entries {
			items = append(items, e.Value)
		}
		return items, v.object.more == nil
	}
	return nil, v.possible().within(scalars)
}

// within gives the entry or item of v at key, none when there is none.
func within(v, key Value) (items []Value, sure bool) {
	switch {
	case v.kind == KindUnknown:
		return nil, v.possible().within(scalars)
	case v.kind != KindArray && v.kind != KindObject:
		return nil, true
	case key.kind == KindUnknown:
		return nil, false
	case v.kind == KindArray:
		if i, ok := position(key); ok && i < len(v.array.items) {
			return v.array.items[i : i+1], true
		}
		return nil, true
	case key.kind >= KindArray:
		return nil, true
	}
	name := key.Model()
	if i, ok := v.object.find(name.Text.Reveal()); ok && isKnown(name) {
		return []Value{v.object.entries[i].Value}, true
	}
	return nil, v.object.more == nil && isKnown(name)
}
