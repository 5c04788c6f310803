package schema

import (
	"slices"
	"unicode/utf8"
)

// run is one validation.
type run struct {
	steps int
	level int
}

// spend reports whether the validation may go on.
func (r *run) spend(steps int) bool {
	if r.steps -= steps; r.steps < 0 {
		r.steps = -1
		return false
	}
	return true
}

// place is where a value stands.
type place struct {
	in  *place
	key string
}

func (p *place) path() []string {
	var out []string
	for ; p.in != nil; p = p.in {
		out = append(out, p.key)
	}
	slices.Reverse(out)
	return out
}

// visit is a value that some rules are asked about.
type visit struct {
	rules   *rules
	value   any
	place   *place
	keyword string // that led to the rules
	within  *visit // the rules that led here; nil at the start
	// out takes what is broken; it is nil when that is not certain to matter.
	out *[]Violation
	// seen takes what the rules look at; it is nil when nobody asks.
	seen *seen
}

// broken notes a violation.
func (v *visit) broken(rule string) Answer {
	if v.out != nil && len(*v.out) < maxViolations {
		*v.out = append(*v.out, Violation{Path: v.place.path(), Rule: rule})
	}
	return Broken
}

// demand is Broken, and noted, when an answer is.
func (v *visit) demand(rule string, answer Answer) Answer {
	if answer == Broken {
		return v.broken(rule)
	}
	return answer
}

// part asks about a part of the value.
func (v *visit) part(s *rules, keyword, key string, value any) visit {
	return visit{rules: s, value: value, place: &place{in: v.place, key: key}, keyword: keyword, within: v, out: v.out}
}

// cycle reports whether the rules ask about the same value again within themselves, which
// the library calls invalid.
func (r *run) cycle(v *visit) bool {
	for at := v.within; at != nil && at.place == v.place && r.spend(1); at = at.within {
		if at.rules == v.rules {
			return true
		}
	}
	return false
}

// check gives the answer for one value.
func (r *run) check(v visit) Answer {
	s := v.rules
	switch {
	case !r.spend(1) || s.open || r.level > maxLevels:
		v.seen.others(NotKnown)
		return NotKnown
	case s.always == Broken && v.keyword == "":
		return v.broken("false")
	case s.always != NotKnown:
		return v.demand(v.keyword, s.always)
	case kindOf(v.value) == 0:
		v.seen.others(NotKnown)
		return NotKnown
	case r.cycle(&v):
		return v.broken(v.keyword)
	}
	if v.seen == nil && (s.array.unevaluated != nil || s.object.unevaluated != nil) {
		v.seen = newSeen()
	}
	r.level++
	out := r.obeys(&v)
	r.level--
	if r.steps < 0 {
		v.seen.others(NotKnown)
	}
	return out
}

func (r *run) obeys(v *visit) Answer {
	s := v.rules
	out := r.whole(v)
	if out == Broken {
		return out
	}
	if s.ref != nil {
		out = and(out, r.self(v, s.ref, "$ref"))
		if s.draft < 2019 {
			return out
		}
	}
	out = and(out, r.parts(v))
	for i, target := range s.later {
		out = and(out, r.self(v, target, s.laterKeyword[i]))
	}
	out = and(out, r.combined(v))
	return and(out, r.rest(v))
}

// self asks other rules about the same value.
func (r *run) self(v *visit, s *rules, keyword string) Answer {
	return r.same(v, s, keyword, v.out, Holds)
}

// quiet is self without noting what is broken.
func (r *run) quiet(v *visit, s *rules, keyword string) Answer {
	return r.same(v, s, keyword, nil, Holds)
}

// same asks other rules about the same value. They may be such that count only perhaps.
func (r *run) same(v *visit, s *rules, keyword string, out *[]Violation, counts Answer) Answer {
	next := visit{rules: s, value: v.value, place: v.place, keyword: keyword, within: v, out: out}
	if v.seen != nil {
		next.seen = newSeen()
	}
	answer := r.check(next)
	v.seen.add(next.seen, and(answer, counts))
	return answer
}

// whole checks the rules after which the library does not go on.
func (r *run) whole(v *visit) Answer {
	s := v.rules
	if s.types != 0 && s.types&kindOf(v.value) == 0 {
		return v.broken("type")
	}
	out := Holds
	if s.hasConst {
		if out = v.demand("const", r.equal(v.value, s.constant, 0)); out == Broken {
			return out
		}
	}
	if s.hasEnum {
		if out = and(out, v.demand("enum", r.among(v.value, s))); out == Broken {
			return out
		}
	}
	if text, ok := v.value.(string); ok && s.format != "" {
		out = and(out, v.demand("format", r.hasFormat(s.format, text)))
	}
	return out
}

func (r *run) among(value any, s *rules) Answer {
	if text, ok := r.print(value); ok {
		return truth(s.enumText[text])
	}
	out := Broken
	for _, item := range s.enum {
		if out = or(out, r.equal(value, item, 0)); out == Holds {
			break
		}
	}
	return out
}

func or(a, b Answer) Answer { return negate(and(negate(a), negate(b))) }

func negate(a Answer) Answer {
	switch a {
	case Holds:
		return Broken
	case Broken:
		return Holds
	}
	return NotKnown
}

func (r *run) parts(v *visit) Answer {
	switch value := v.value.(type) {
	case map[string]any:
		return r.inObject(v, value)
	case []any:
		return r.inArray(v, value)
	case string:
		return r.inText(v, value)
	}
	return v.inNumber()
}

func (r *run) inText(v *visit, text string) Answer {
	s, out := v.rules, Holds
	if s.minLength != nil || s.maxLength != nil {
		if !r.spend(len(text) / 64) {
			return NotKnown
		}
		n := utf8.RuneCountInString(text)
		out = v.between("minLength", s.minLength, "maxLength", s.maxLength, n, n)
	}
	if s.pattern != nil {
		matched, ok := r.matches(s.pattern, text)
		if !ok {
			return and(out, NotKnown)
		}
		out = and(out, v.demand("pattern", truth(matched)))
	}
	return out
}

// between compares how many there are, which may be known only in part, with two limits.
func (v *visit) between(lowRule string, low *int, highRule string, high *int, least, most int) Answer {
	out := Holds
	switch {
	case low != nil && most < *low:
		out = v.broken(lowRule)
	case low != nil && least < *low:
		out = NotKnown
	}
	switch {
	case high != nil && least > *high:
		out = and(out, v.broken(highRule))
	case high != nil && most > *high:
		out = and(out, NotKnown)
	}
	return out
}

func (v *visit) inNumber() Answer {
	s, out := v.rules, Holds
	if len(s.bounds) == 0 && s.multipleOf == nil {
		return out
	}
	n := exact(v.value)
	if n == nil {
		return out // null, true and false
	}
	for _, b := range s.bounds {
		sign := n.Cmp(b.limit)
		if sign == b.sign || b.strict && sign == 0 {
			out = v.broken(b.keyword)
		}
	}
	if s.multipleOf != nil && !n.Quo(n, s.multipleOf).IsInt() {
		out = v.broken("multipleOf")
	}
	return out
}
