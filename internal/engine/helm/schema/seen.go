package schema

// seen says which parts of one value the rules have looked at, for unevaluatedProperties
// and unevaluatedItems. Holds means looked at.
type seen struct {
	rest  Answer // of what is not listed
	keys  map[string]Answer
	items map[int]Answer
}

func newSeen() *seen {
	return &seen{rest: Broken, keys: map[string]Answer{}, items: map[int]Answer{}}
}

func (s *seen) ofKey(key string) Answer { return or(listed(s.keys, key), s.rest) }

func (s *seen) ofItem(i int) Answer { return or(listed(s.items, i), s.rest) }

func listed[K comparable](of map[K]Answer, key K) Answer {
	if answer, ok := of[key]; ok {
		return answer
	}
	return Broken
}

func (s *seen) key(key string, answer Answer) {
	if s != nil && answer != Broken {
		s.keys[key] = or(listed(s.keys, key), answer)
	}
}

func (s *seen) item(i int, answer Answer) {
	if s != nil && answer != Broken {
		s.items[i] = or(listed(s.items, i), answer)
	}
}

// others is for all parts.
func (s *seen) others(answer Answer) {
	if s != nil {
		s.rest = or(s.rest, answer)
	}
}

// add takes over what other rules about the same value have looked at, which counts when
// they hold.
func (s *seen) add(other *seen, holds Answer) {
	if s == nil {
		return
	}
	for key, answer := range other.keys {
		s.key(key, and(answer, holds))
	}
	for i, answer := range other.items {
		s.item(i, and(answer, holds))
	}
	s.others(and(other.rest, holds))
}
