package helm

import (
	"reflect"

	"github.com/keyfit/keyfit/internal/model"
)

// tagMap gives the leaves of a map their origins.
func (e *eval) tagMap(m map[string]any, t *Tree) map[string]any {
	out := make(map[string]any, len(m))
	for _, key := range keysOf(m) {
		out[key] = e.tag(m[key], t.At(key))
	}
	if e.openTo != 0 {
		e.openMap[reflect.ValueOf(out).Pointer()] = out
	}
	return out
}

// tag gives the leaves of a tree their origins.
func (e *eval) tag(x any, t *Tree) any {
	if t == nil {
		return x
	}
	switch x := x.(type) {
	case map[string]any:
		if len(x) > 0 {
			out := e.tagMap(x, t)
			if t.Value.State == model.Unknown && t.Value.Why != model.WhyNone {
				return &val{v: out, src: ids{e.add(t.Value, false)}}
			}
			return out
		}
		x = e.tagMap(x, t)
		return &val{v: x, src: ids{e.add(t.Value, false)}}
	case []any:
		if len(x) == 0 || len(x) != len(t.List) {
			return &val{v: x, src: ids{e.add(t.Value, false)}}
		}
		out := make([]any, len(x))
		for i, item := range x {
			out[i] = e.tag(item, t.List[i])
		}
		return out
	case string:
		id := e.add(t.Value, false)
		if x != "" && t.Value.State == model.Known {
			return &val{v: x, p: []piece{{start: 0, end: len(x), id: id}}}
		}
		return &val{v: x, src: ids{id}}
	}
	return &val{v: x, src: ids{e.add(t.Value, false)}}
}
