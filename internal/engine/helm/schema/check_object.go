package schema

import "strconv"

func index(i int) string { return strconv.Itoa(i) }

func (r *run) inObject(v *visit, object map[string]any) Answer {
	s := &v.rules.object
	if !r.spend(len(object) / 8) {
		return NotKnown
	}
	known := 0
	for _, child := range object {
		if !(child == Unknown{}) {
			known++
		}
	}
	out := v.between("minProperties", s.minProperties, "maxProperties", s.maxProperties, known, len(object))
	out = and(out, v.demand("required", r.hasAll(object, s.required)))
	for i := range s.dependent {
		out = and(out, r.dependent(v, object, &s.dependent[i]))
	}
	if s.properties == nil && len(s.patterns) == 0 && s.additional == nil && s.names == nil {
		return out
	}
	surplus := Holds
	for _, key := range keysOf(object) {
		if !r.spend(1) {
			return and(out, NotKnown)
		}
		answer, covered := r.entry(v, object, key)
		v.seen.key(key, covered)
		out = and(out, answer)
		if s.additional != nil {
			surplus = and(surplus, r.additional(v, object, key, covered))
		}
		if s.names != nil {
			out = and(out, r.named(v, object, key))
		}
	}
	if s.additional != nil {
		v.seen.others(Holds)
	}
	if s.additional != nil && s.additional.always == Broken {
		surplus = v.demand("additionalProperties", surplus)
	}
	return and(out, surplus)
}

// has reports whether a key is there.
func has(object map[string]any, key string) Answer {
	child, ok := object[key]
	if child == (Unknown{}) {
		return NotKnown
	}
	return truth(ok)
}

func (r *run) hasAll(object map[string]any, keys []string) Answer {
	out := Holds
	r.spend(len(keys) / 8)
	for _, key := range keys {
		if out = and(out, has(object, key)); out == Broken {
			break
		}
	}
	return out
}

func (r *run) dependent(v *visit, object map[string]any, d *dependency) Answer {
	there := has(object, d.key)
	if there == Broken {
		return Holds
	}
	out := v.out
	if there == NotKnown {
		out = nil
	}
	answer := Holds
	if d.rules != nil {
		answer = r.same(v, d.rules, d.keyword, out, there)
	} else if answer = r.hasAll(object, d.required); answer == Broken && there == Holds {
		v.broken(d.keyword)
	}
	if there == NotKnown {
		return perhaps(answer)
	}
	return answer
}

// entry checks the rules for a key. It also reports whether there are any.
func (r *run) entry(v *visit, object map[string]any, key string) (answer, covered Answer) {
	s := &v.rules.object
	answer, covered = Holds, Broken
	value := object[key]
	ask := func(rules *rules, keyword string) {
		part := v.part(rules, keyword, key, value)
		if (value == Unknown{}) {
			part.out = nil
			answer = and(answer, perhaps(r.check(part)))
			return
		}
		answer = and(answer, r.check(part))
	}
	if rules := s.properties[key]; rules != nil {
		covered = Holds
		ask(rules, "properties")
	}
	for _, p := range s.patterns {
		matched, ok := r.matches(p.pattern, key)
		switch {
		case !ok:
			answer, covered = and(answer, NotKnown), or(covered, NotKnown)
		case matched:
			covered = Holds
			ask(p.rules, "patternProperties")
		}
	}
	return answer, covered
}

// additional checks a key for which there are no other rules.
func (r *run) additional(v *visit, object map[string]any, key string, covered Answer) Answer {
	if covered == Holds {
		return Holds
	}
	rules, value := v.rules.object.additional, object[key]
	part := v.part(rules, "additionalProperties", key, value)
	certain := covered == Broken && !(value == Unknown{})
	if !certain || rules.always == Broken {
		part.out = nil
	}
	answer := r.check(part)
	if !certain {
		return perhaps(answer)
	}
	return answer
}

// named checks the key itself.
func (r *run) named(v *visit, object map[string]any, key string) Answer {
	answer := r.check(visit{rules: v.rules.object.names, value: key, place: &place{}, keyword: "propertyNames"})
	if (object[key] == Unknown{}) {
		return perhaps(answer)
	}
	return v.demand("propertyNames", answer)
}
