package schema

// combined checks the rules that are made of other rules about the same value.
func (r *run) combined(v *visit) Answer {
	s, out := v.rules, Holds
	if s.not != nil {
		out = v.demand("not", negate(r.quiet(v, s.not, "not")))
	}
	for _, each := range s.allOf {
		out = and(out, r.self(v, each, "allOf"))
	}
	out = and(out, r.anyOf(v))
	out = and(out, r.oneOf(v))
	return and(out, r.conditional(v))
}

func (r *run) anyOf(v *visit) Answer {
	some := v.rules.anyOf
	switch len(some) {
	case 0:
		return Holds
	case 1:
		return r.self(v, some[0], "anyOf")
	}
	out := Broken
	for _, each := range some {
		if out = or(out, r.quiet(v, each, "anyOf")); out == Holds && v.seen == nil {
			return out
		}
	}
	return v.demand("anyOf", out)
}

func (r *run) oneOf(v *visit) Answer {
	some := v.rules.oneOf
	switch len(some) {
	case 0:
		return Holds
	case 1:
		return r.self(v, some[0], "oneOf")
	}
	holds, open := 0, false
	for _, each := range some {
		switch r.quiet(v, each, "oneOf") {
		case Holds:
			holds++
		case NotKnown:
			open = true
		}
	}
	switch {
	case holds > 1, holds == 0 && !open:
		return v.broken("oneOf")
	case open:
		return NotKnown
	}
	return Holds
}

func (r *run) conditional(v *visit) Answer {
	s := v.rules
	if s.cond == nil {
		return Holds
	}
	branch := func(s *rules, keyword string, out *[]Violation, counts Answer) Answer {
		if s == nil {
			return Holds
		}
		return r.same(v, s, keyword, out, counts)
	}
	switch r.quiet(v, s.cond, "if") {
	case Holds:
		return branch(s.then, "then", v.out, Holds)
	case Broken:
		return branch(s.other, "else", v.out, Holds)
	}
	then, other := branch(s.then, "then", nil, NotKnown), branch(s.other, "else", nil, NotKnown)
	if then == other {
		return v.demand("if", then)
	}
	return NotKnown
}

// rest checks what no other rule has looked at.
func (r *run) rest(v *visit) Answer {
	s := v.rules
	switch value := v.value.(type) {
	case map[string]any:
		if s.object.unevaluated != nil {
			return r.restOfObject(v, value)
		}
	case []any:
		if s.array.unevaluated != nil {
			return r.restOfArray(v, value)
		}
	}
	return Holds
}

func (r *run) restOfObject(v *visit, object map[string]any) Answer {
	out := Holds
	for _, key := range keysOf(object) {
		part := v.part(v.rules.object.unevaluated, "unevaluatedProperties", key, object[key])
		out = and(out, r.leftOver(part, v.seen.ofKey(key), has(object, key)))
	}
	v.seen.others(Holds)
	return out
}

func (r *run) restOfArray(v *visit, array []any) Answer {
	out := Holds
	for i, item := range array {
		part := v.part(v.rules.array.unevaluated, "unevaluatedItems", index(i), item)
		out = and(out, r.leftOver(part, v.seen.ofItem(i), Holds))
	}
	v.seen.others(Holds)
	return out
}

// leftOver checks a part that was looked at, or not, and that is there, or not.
func (r *run) leftOver(part visit, looked, there Answer) Answer {
	if looked == Holds {
		return Holds
	}
	if looked == Broken && there == Holds {
		return r.check(part)
	}
	part.out = nil
	return perhaps(r.check(part))
}
