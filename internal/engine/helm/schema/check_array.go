package schema

func (r *run) inArray(v *visit, array []any) Answer {
	a := &v.rules.array
	out := v.between("minItems", a.minItems, "maxItems", a.maxItems, len(array), len(array))
	if a.unique && len(array) > 1 {
		out = and(out, v.demand("uniqueItems", r.unique(array)))
	}
	for i, item := range array[:min(len(array), len(a.prefix))] {
		out = and(out, r.check(v.part(a.prefix[i], a.prefixKeyword, index(i), item)))
		v.seen.item(i, Holds)
	}
	if a.rest != nil {
		v.seen.others(Holds)
	}
	if a.rest != nil && len(array) > len(a.prefix) {
		out = and(out, r.items(v, array))
	}
	return and(out, r.contains(v, array))
}

// items checks the items behind the prefix. When none are allowed, that is said once.
func (r *run) items(v *visit, array []any) Answer {
	a := &v.rules.array
	if a.rest.always == Broken {
		return v.broken(a.restKeyword)
	}
	out := Holds
	for i := len(a.prefix); i < len(array); i++ {
		out = and(out, r.check(v.part(a.rest, a.restKeyword, index(i), array[i])))
	}
	return out
}

// unique reports whether all items differ.
func (r *run) unique(array []any) Answer {
	found, out := map[string]bool{}, Holds
	for _, item := range array {
		text, ok := r.print(item)
		switch {
		case !ok:
			out = NotKnown
		case found[text]:
			return Broken
		default:
			found[text] = true
		}
	}
	return out
}

func (r *run) contains(v *visit, array []any) Answer {
	a := &v.rules.array
	if a.contains == nil {
		return Holds
	}
	least, most := 0, 0
	for i, item := range array {
		part := v.part(a.contains, "contains", index(i), item)
		part.out = nil
		answer := r.check(part)
		if v.rules.draft >= 2020 {
			v.seen.item(i, answer)
		}
		switch answer {
		case Holds:
			least, most = least+1, most+1
		case NotKnown:
			most++
		}
	}
	low, rule := a.minContains, "minContains"
	if low == nil {
		one := 1
		low, rule = &one, "contains"
	}
	return v.between(rule, low, "maxContains", a.maxContains, least, most)
}
