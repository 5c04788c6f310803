package helm

import (
	"reflect"
	"slices"
	"sort"

	"github.com/keyfit/keyfit/internal/origin"
)

// val is a value of a template with its origins. It is never changed once it is made.
//
// A container holds plain values, further containers, or *val where an origin is known.
type val struct {
	v   any
	src ids        // what all of it comes from
	by  ids        // what chose it among others
	p   []piece    // of a text: what stretches of it come from
	num *numberLit // of a number that stands in the template: it has no type yet
	// inner says that a nil was found in a container: Helm fails for a field of it, and
	// not for a field of a nil that was never anything.
	inner bool
}

// piece is a stretch of a text. One without a length is the place of an empty text. With an
// extra, it stands for text that is not there, but may be in the deploy: what it would be.
type piece struct {
	start, end int
	id         origin.ID
	extra      *val
	whole      origin.Range // of a part of a text that is there whole or not at all
}

// ids is a sorted list of sources without repetitions. It is never changed.
type ids []origin.ID

func (a ids) with(b ids) ids {
	switch {
	case len(b) == 0:
		return a
	case len(a) == 0:
		return b
	}
	out := make(ids, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			out, a = append(out, a[0]), a[1:]
		case a[0] > b[0]:
			out, b = append(out, b[0]), b[1:]
		default:
			out, a, b = append(out, a[0]), a[1:], b[1:]
		}
	}
	out = append(out, a...)
	return append(out, b...)
}

func sorted(list ids) ids {
	if !slices.IsSorted(list) {
		slices.Sort(list)
	}
	return slices.Compact(list)
}

// raw gives what stands in a container, or is a plain value, as a val.
func raw(x any) *val {
	if v, ok := x.(*val); ok {
		return v
	}
	return &val{v: x}
}

// of gives x with the sources of other values added.
func of(x any, src, by ids) *val { return (&val{v: x}).plus(src, by) }

// plus adds sources.
func (v *val) plus(src, by ids) *val {
	if len(src) == 0 && len(by) == 0 {
		return v
	}
	out := *v
	out.src, out.by, out.num = v.src.with(src), v.by.with(by), nil
	return &out
}

// child gives what stands in the container c.
func (c *val) child(x any) *val {
	v := raw(x)
	if v.v == nil && !v.inner {
		out := *v
		out.inner = true
		v = &out
	}
	return v.plus(c.src, c.by)
}

// settled is the value at the end of a pipeline.
func (v *val) settled() *val {
	if !v.inner && v.num == nil {
		return v
	}
	out := *v
	out.inner, out.num = false, nil
	return &out
}

// all lists the sources of v itself and of its pieces, not those within a container.
func (v *val) all() ids {
	if len(v.p) == 0 {
		return v.src
	}
	list := slices.Clone(v.src)
	for _, p := range v.p {
		list = append(list, p.id)
	}
	return sorted(list)
}

// gathered collects the sources of whatever is taken out of its vals.
type gathered struct{ src, by ids }

func (g *gathered) add(v *val) {
	g.src = append(g.src, v.src...)
	g.by = append(g.by, v.by...)
	for _, p := range v.p {
		g.src = append(g.src, p.id)
	}
}

func (g *gathered) done() (src, by ids) { return sorted(g.src), sorted(g.by) }

// strip gives x without origins, containers copied, and gathers the origins.
func (e *eval) strip(x any, g *gathered) any {
	e.node()
	e.deeper()
	defer func() { e.deep-- }()
	e.size(2 * e.deep) // what is written of it is indented
	switch x := x.(type) {
	case *val:
		g.add(x)
		return e.strip(x.v, g)
	case map[string]any:
		return e.stripMap(x, g)
	case Values:
		return Values(e.stripMap(x, g))
	case []any:
		if x == nil {
			return x
		}
		out := make([]any, len(x))
		for i, item := range x {
			out[i] = e.strip(item, g)
		}
		return out
	case *taggedFiles:
		for _, name := range x.names() {
			g.src = append(g.src, x.id(name))
		}
		return x.files
	case string:
		e.size(len(x))
	}
	return x
}

func (e *eval) stripMap(m map[string]any, g *gathered) map[string]any {
	if m == nil {
		return nil
	}
	if e.openTo != 0 && e.isOpenMap(m) {
		g.src = append(g.src, e.openTo)
	}
	out := make(map[string]any, len(m))
	for key, item := range m {
		out[key] = e.strip(item, g)
	}
	return out
}

// isOpenMap reports whether a map may hold more than is known.
func (e *eval) isOpenMap(m map[string]any) bool {
	_, ok := e.openMap[reflect.ValueOf(m).Pointer()]
	return ok
}

func (e *eval) isOpen(v *val) bool {
	if e.openTo == 0 {
		return false
	}
	m, ok := tableIn(v)
	return ok && e.isOpenMap(m)
}

// asOpen says of a map that it may hold more, if that holds for the one it was made of.
func (e *eval) asOpen(m, of map[string]any) map[string]any {
	if e.openTo != 0 && e.isOpenMap(of) {
		e.openMap[reflect.ValueOf(m).Pointer()] = m
	}
	return m
}

// shallow gives v without its own origins; what it holds keeps them.
func shallow(v *val) any {
	if f, ok := v.v.(*taggedFiles); ok {
		return f.files
	}
	return v.v
}

// unknowns gives those of list that are not known.
func (e *eval) unknowns(list ids) ids {
	var out ids
	for _, id := range list {
		if e.isUnknown(id) {
			out = append(out, id)
		}
	}
	return out
}

// undecided gives the sources that keep the truth of v from being known. A text is true
// when any byte of it is certain.
func (e *eval) undecided(v *val) ids {
	if u := e.unknowns(v.src); len(u) > 0 {
		return u
	}
	if e.isOpen(v) && !e.truth(v) {
		return ids{e.openTo}
	}
	text, ok := v.v.(string)
	if !ok || len(v.p) == 0 {
		return nil
	}
	var u ids
	covered := 0 // bytes from the start that are not certain
	for _, p := range v.p {
		if !e.isUnknown(p.id) {
			continue
		}
		u = append(u, p.id)
		if p.start <= covered {
			covered = max(covered, p.end)
		}
	}
	if covered < len(text) {
		return nil
	}
	return sorted(u)
}

func keysOf(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
