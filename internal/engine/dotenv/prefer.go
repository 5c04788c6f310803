package dotenv

import "github.com/keyfit/keyfit/internal/model"

// prefer gives strong, with weak among the definitions that lost to it. Where strong may
// turn out to be absent, weak takes its place.
func prefer(strong, weak model.Value) model.Value {
	if strong.State == model.Absent {
		return weak
	}
	if !mayBeAbsent(strong) {
		return strong.Over(weak)
	}
	candidates := make([]model.Value, 0, len(strong.Alternatives))
	for _, c := range strong.Alternatives {
		if c.State == model.Absent {
			c = weak
		}
		candidates = append(candidates, c)
	}
	v := model.Ambiguous(strong.Needs, candidates...)
	v.Losers = strong.Losers
	if v.State == model.Known { // both say the same
		return v
	}
	return v.Over(weak)
}

func mayBeAbsent(v model.Value) bool {
	for _, c := range v.Alternatives {
		if c.State == model.Absent {
			return true
		}
	}
	return false
}
