package helm

import (
	"slices"

	"github.com/keyfit/keyfit/internal/origin"
)

// tableIn gives the map that a value is.
func tableIn(v *val) (map[string]any, bool) {
	switch m := v.v.(type) {
	case map[string]any:
		return m, m != nil
	case Values:
		return m, m != nil
	}
	return nil, false
}

// keyIn gives the text of a key; false when it is none, or not known.
func (e *eval) keyIn(v *val) (string, bool) {
	s, ok := v.v.(string)
	return s, ok && len(e.unknowns(v.all())) == 0
}

// vague is what comes of a container when it is not known which part of it.
func (e *eval) vague(args []*val) *val {
	out := &val{}
	e.nodes, e.bytes = 0, 0
	var g gathered
	for _, a := range args {
		e.strip(a, &g)
	}
	src, by := g.done()
	if u := e.unknowns(src); len(u) > 0 {
		out = e.guess(u[0])
	}
	return out.plus(src, by)
}

func ofMaps() map[string]func(f *frame, args []*val) *val {
	merging := func(over bool) func(f *frame, args []*val) *val {
		return func(f *frame, args []*val) *val { return f.e.merge(args, over) }
	}
	return map[string]func(f *frame, args []*val) *val{
		"dict": markDict, "get": markGet, "set": markSet, "unset": markUnset, "hasKey": markHasKey, "dig": markDig, "pluck": markPluck,
		"keys":               func(f *frame, args []*val) *val { return listed(f, args, true) },
		"values":             func(f *frame, args []*val) *val { return listed(f, args, false) },
		"pick":               func(f *frame, args []*val) *val { return picked(f, args, true) },
		"omit":               func(f *frame, args []*val) *val { return picked(f, args, false) },
		"merge":              merging(false),
		"mustMerge":          merging(false),
		"mergeOverwrite":     merging(true),
		"mustMergeOverwrite": merging(true),
		"deepCopy":           deepCopied,
		"mustDeepCopy":       deepCopied,
	}
}

func markDict(f *frame, args []*val) *val {
	m := f.e.made(map[string]any{})
	out := &val{v: m}
	for i := 0; i < len(args); i += 2 {
		key := f.e.asText(args[i])
		if u := f.e.unknowns(key.all()); len(u) > 0 {
			out = out.plus(u, nil)
		}
		var item *val = &val{v: ""}
		if i+1 < len(args) {
			item = args[i+1].settled()
		}
		m[key.v.(string)] = item
	}
	return out
}

func markGet(f *frame, args []*val) *val {
	if len(args) != 2 {
		return nil
	}
	m, ok := tableIn(args[0])
	key, known := f.e.keyIn(args[1])
	if !ok || !known {
		if f.e.anyUnknown(args...) {
			return f.e.vague(args)
		}
		return nil
	}
	item, ok := m[key]
	if !ok {
		v := f.e.lacking(args[0], m)
		if len(v.src) > 0 {
			return v.settled()
		}
		return args[0].child("").settled()
	}
	return args[0].child(item).settled()
}

func (e *eval) anyUnknown(args ...*val) bool {
	for _, a := range args {
		if len(e.unknowns(a.all())) > 0 {
			return true
		}
	}
	return false
}

func markSet(f *frame, args []*val) *val {
	if len(args) != 3 {
		return nil
	}
	m, ok := tableIn(args[0])
	key, known := f.e.keyIn(args[1])
	if !ok || !known {
		if f.e.anyUnknown(args[:2]...) {
			f.e.forked = true
			f.e.doubtAll("a template that sets a value whose name is not known")
			return args[0]
		}
		return nil
	}
	f.e.changing(m)
	item := args[2].settled()
	if f.cond != nil {
		item = item.plus(nil, f.cond.ids)
	}
	m[key] = item
	return args[0].settled()
}

func markUnset(f *frame, args []*val) *val {
	if len(args) != 2 {
		return nil
	}
	m, ok := tableIn(args[0])
	key, known := f.e.keyIn(args[1])
	if !ok || !known {
		if f.e.anyUnknown(args...) {
			f.e.forked = true
			f.e.doubtAll("a template that removes a value whose name is not known")
			return args[0]
		}
		return nil
	}
	f.e.changing(m)
	delete(m, key)
	return args[0].settled()
}

func markHasKey(f *frame, args []*val) *val {
	if len(args) != 2 {
		return nil
	}
	m, ok := tableIn(args[0])
	key, known := f.e.keyIn(args[1])
	if !ok || !known {
		if f.e.anyUnknown(args...) {
			f.e.forked = true
			return of(false, args[0].all().with(args[1].all()), nil)
		}
		return nil
	}
	_, has := m[key]
	if !has {
		v := f.e.lacking(args[0], m)
		return of(false, v.src, v.by)
	}
	return of(true, args[0].src, args[0].by)
}

func markPluck(f *frame, args []*val) *val {
	if len(args) == 0 {
		return nil
	}
	key, known := f.e.keyIn(args[0])
	out := &val{}
	list := []any{}
	for _, a := range args[1:] {
		m, ok := tableIn(a)
		if !ok || !known {
			if f.e.anyUnknown(args...) {
				return f.e.vague(args)
			}
			return nil
		}
		if item, ok := m[key]; ok {
			list = append(list, a.child(item))
		} else {
			out = out.plus(f.e.lacking(a, m).src, nil)
		}
	}
	res := *out
	res.v = list
	return &res
}

// listed is "keys" and "values": their order is drawn at random.
func listed(f *frame, args []*val, keys bool) *val {
	out := &val{}
	names, items := []string{}, []any{}
	for _, a := range args {
		m, ok := tableIn(a)
		if !ok {
			if f.e.anyUnknown(args...) {
				return f.e.vague(args)
			}
			return nil
		}
		if len(m) > 1 {
			out = out.plus(ids{f.e.wellKnown(sourceOrder)}, nil)
		}
		out = out.plus(a.src, a.by)
		if f.e.openTo != 0 && f.e.isOpenMap(m) {
			out = out.plus(ids{f.e.openTo}, nil)
		}
		for _, key := range keysOf(m) {
			names = append(names, key)
			items = append(items, a.child(m[key]))
		}
	}
	res := *out
	if res.v = any(items); keys {
		res.v = names
	}
	return &res
}

// sortAlpha makes an order of its own, whatever the one before was.
func markSortAlpha(f *frame, args []*val) *val {
	if len(args) != 1 {
		return nil
	}
	order := f.e.wellKnown(sourceOrder)
	if !slices.Contains(args[0].src, order) {
		return nil
	}
	plain := *args[0]
	plain.src = slices.DeleteFunc(slices.Clone(plain.src), func(id origin.ID) bool { return id == order })
	return f.invoke("sortAlpha", f.e.funcs["sortAlpha"].plain, []*val{&plain})
}

func picked(f *frame, args []*val, these bool) *val {
	if len(args) == 0 {
		return nil
	}
	m, ok := tableIn(args[0])
	if !ok || f.e.anyUnknown(args[1:]...) {
		if f.e.anyUnknown(args...) {
			return f.e.vague(args)
		}
		return nil
	}
	named := map[string]bool{}
	for _, a := range args[1:] {
		key, ok := a.v.(string)
		if !ok {
			return nil
		}
		named[key] = true
	}
	out := f.e.made(map[string]any{})
	for key, item := range m {
		if named[key] == these {
			out[key] = item
		}
	}
	return of(out, args[0].src, args[0].by)
}

func markDig(f *frame, args []*val) *val {
	if len(args) < 3 {
		return nil
	}
	at := args[len(args)-1]
	for _, k := range args[:len(args)-2] {
		m, ok := tableIn(at)
		key, known := f.e.keyIn(k)
		if !ok || !known {
			if f.e.anyUnknown(at, k) {
				return f.e.vague([]*val{at, k, args[len(args)-2]})
			}
			return nil
		}
		item, ok := m[key]
		if !ok {
			v := f.e.lacking(at, m)
			return args[len(args)-2].settled().plus(v.src, v.by)
		}
		at = at.child(item)
	}
	return at.settled()
}

// deepCopied copies containers, but no values, which never change.
func deepCopied(f *frame, args []*val) *val {
	if len(args) != 1 {
		return nil
	}
	switch args[0].v.(type) {
	case map[string]any, []any, Values:
		return of(f.e.copied(args[0].v), args[0].src, args[0].by)
	}
	return nil
}

func (e *eval) copied(x any) any {
	e.node()
	e.deeper()
	defer func() { e.deep-- }()
	switch x := x.(type) {
	case *val:
		c := *x
		c.v = e.copied(x.v)
		return &c
	case map[string]any:
		return e.copiedMap(x)
	case Values:
		return Values(e.copiedMap(x))
	case []any:
		out := make([]any, len(x))
		for i, item := range x {
			out[i] = e.copied(item)
		}
		return out
	}
	return x
}

func (e *eval) copiedMap(m map[string]any) map[string]any {
	out := e.made(make(map[string]any, len(m)))
	for key, item := range m {
		out[key] = e.copied(item)
	}
	return e.asOpen(out, m)
}
