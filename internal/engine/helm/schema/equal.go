package schema

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// kinds is a set of the kinds of values.
type kinds uint8

const (
	isNull kinds = 1 << iota
	isBoolean
	isNumber
	isInteger // of numbers without a fraction
	isString
	isArray
	isObject
)

func kindNamed(name string) kinds {
	switch name {
	case "null":
		return isNull
	case "boolean":
		return isBoolean
	case "number":
		return isNumber
	case "integer":
		return isInteger
	case "string":
		return isString
	case "array":
		return isArray
	case "object":
		return isObject
	}
	return 0
}

// kindOf is 0 when v is not known, or nothing that JSON has.
func kindOf(v any) kinds {
	switch v := v.(type) {
	case nil:
		return isNull
	case bool:
		return isBoolean
	case string:
		return isString
	case []any:
		return isArray
	case map[string]any:
		return isObject
	default:
		n := exact(v)
		switch {
		case n == nil:
			return 0
		case n.IsInt():
			return isNumber | isInteger
		}
		return isNumber
	}
}

// print writes a value so that equal ones are written alike. It gives false when a part is
// not known.
func (r *run) print(v any) (string, bool) {
	var b strings.Builder
	ok := r.printTo(&b, v, 0)
	return b.String(), ok
}

func (r *run) printTo(b *strings.Builder, v any, depth int) bool {
	if !r.spend(1) || depth > maxLevels {
		return false
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case string:
		b.WriteString(strconv.Quote(v))
		return r.spend(len(v) / 64)
	case []any:
		b.WriteByte('[')
		for _, item := range v {
			if !r.printTo(b, item, depth+1) {
				return false
			}
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for _, key := range slices.Sorted(maps.Keys(v)) {
			b.WriteString(strconv.Quote(key))
			b.WriteByte(':')
			if !r.printTo(b, v[key], depth+1) {
				return false
			}
			b.WriteByte(',')
		}
		b.WriteByte('}')
	default:
		n := exact(v)
		if n == nil {
			return false
		}
		b.WriteString(n.RatString())
	}
	return true
}

// equal compares a value with one of a schema, which is known. Holds means that they are
// equal.
func (r *run) equal(v, w any, depth int) Answer {
	if !r.spend(1) || depth > maxLevels {
		return NotKnown
	}
	switch v := v.(type) {
	case Unknown:
		return NotKnown
	case []any:
		w, ok := w.([]any)
		if !ok || len(v) != len(w) {
			return Broken
		}
		out := Holds
		for i := range v {
			if out = and(out, r.equal(v[i], w[i], depth+1)); out == Broken {
				return out
			}
		}
		return out
	case map[string]any:
		if w, ok := w.(map[string]any); ok {
			return r.equalObjects(v, w, depth)
		}
		return Broken
	}
	return equalScalars(v, w)
}

func equalScalars(v, w any) Answer {
	a, b := kindOf(v), kindOf(w)
	switch {
	case a == 0 || b == 0:
		return NotKnown
	case a&isNumber != 0 && b&isNumber != 0:
		return truth(exact(v).Cmp(exact(w)) == 0)
	case a != b || b&(isArray|isObject) != 0:
		return Broken
	}
	return truth(v == w)
}

func (r *run) equalObjects(v, w map[string]any, depth int) Answer {
	out := Holds
	for key, child := range v {
		want, ok := w[key]
		switch {
		case ok:
			out = and(out, r.equal(child, want, depth+1))
		case child == Unknown{}:
			out = and(out, NotKnown) // it may not be there
		default:
			return Broken
		}
	}
	for key := range w {
		if _, ok := v[key]; !ok {
			return Broken
		}
	}
	return out
}

func truth(b bool) Answer {
	if b {
		return Holds
	}
	return Broken
}

func and(a, b Answer) Answer {
	switch {
	case a == Broken || b == Broken:
		return Broken
	case a == NotKnown || b == NotKnown:
		return NotKnown
	}
	return Holds
}

// perhaps is an answer about what may not be there, in which case it holds.
func perhaps(a Answer) Answer {
	if a == Broken {
		return NotKnown
	}
	return a
}
