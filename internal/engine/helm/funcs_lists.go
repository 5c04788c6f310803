package helm

import "slices"

// listIn gives the list that a value is, if it is one of any values.
func listIn(v *val) ([]any, bool) {
	list, ok := v.v.([]any)
	return list, ok
}

func ofLists() map[string]func(f *frame, args []*val) *val {
	part := func(take func(v *val, list []any) *val) func(f *frame, args []*val) *val {
		return func(f *frame, args []*val) *val {
			if len(args) != 1 || f.e.anyUnknown(args...) {
				return nil
			}
			list, ok := listIn(args[0])
			if !ok {
				return nil
			}
			return take(args[0], list)
		}
	}
	first := part(func(v *val, list []any) *val {
		if len(list) == 0 {
			return of(nil, v.src, v.by)
		}
		return v.child(list[0]).settled()
	})
	last := part(func(v *val, list []any) *val {
		if len(list) == 0 {
			return of(nil, v.src, v.by)
		}
		return v.child(list[len(list)-1]).settled()
	})
	rest := part(func(v *val, list []any) *val { return of(slices.Clone(list[min(1, len(list)):]), v.src, v.by) })
	initial := part(func(v *val, list []any) *val { return of(slices.Clone(list[:max(0, len(list)-1)]), v.src, v.by) })
	reverse := part(func(v *val, list []any) *val {
		out := slices.Clone(list)
		slices.Reverse(out)
		return of(out, v.src, v.by)
	})
	push := func(front bool) func(f *frame, args []*val) *val {
		return func(f *frame, args []*val) *val { return pushed(args, front) }
	}
	return map[string]func(f *frame, args []*val) *val{
		"list": markList, "tuple": markList, "concat": markConcat, "compact": markCompact, "mustCompact": markCompact,
		"first": first, "mustFirst": first, "last": last, "mustLast": last, "rest": rest, "mustRest": rest,
		"initial": initial, "mustInitial": initial, "reverse": reverse, "mustReverse": reverse,
		"append": push(false), "mustAppend": push(false), "push": push(false), "mustPush": push(false),
		"prepend": push(true), "mustPrepend": push(true), "slice": markSlice, "mustSlice": markSlice,
	}
}

func markList(_ *frame, args []*val) *val {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = a.settled()
	}
	return &val{v: out}
}

func pushed(args []*val, front bool) *val {
	if len(args) != 2 {
		return nil
	}
	list, ok := listIn(args[0])
	if !ok {
		return nil
	}
	out := make([]any, 0, len(list)+1)
	if front {
		out = append(out, args[1].settled())
	}
	out = append(out, list...)
	if !front {
		out = append(out, args[1].settled())
	}
	return of(out, args[0].src, args[0].by)
}

func markConcat(f *frame, args []*val) *val {
	out := &val{}
	var items []any
	for _, a := range args {
		list, ok := listIn(a)
		if !ok {
			return nil
		}
		out = out.plus(a.src, a.by)
		for _, item := range list {
			f.e.node()
			items = append(items, a.child(item))
		}
	}
	res := *out
	res.v = items
	return &res
}

func markCompact(f *frame, args []*val) *val {
	if len(args) != 1 {
		return nil
	}
	list, ok := listIn(args[0])
	if !ok {
		return nil
	}
	out := []any{}
	for _, item := range list {
		if len(f.e.undecided(raw(item))) > 0 {
			return nil
		}
		if f.e.truth(raw(item)) {
			out = append(out, item)
		}
	}
	return of(out, args[0].src, args[0].by)
}

func markSlice(f *frame, args []*val) *val {
	if len(args) < 2 || len(args) > 3 || f.e.anyUnknown(args...) {
		return nil
	}
	list, ok := listIn(args[0])
	bounds := []int{0, len(list)}
	for i, a := range args[1:] {
		n, isInt := a.v.(int)
		if !isInt || n < 0 || n > len(list) {
			return nil
		}
		bounds[i] = n
	}
	if !ok || len(list) == 0 || bounds[0] > bounds[1] {
		return nil
	}
	return of(slices.Clone(list[bounds[0]:bounds[1]]), args[0].src, args[0].by)
}
