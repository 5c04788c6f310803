package session

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
)

// joinTrails gives one trail for a text that is put together from several. A hop stands
// behind every hop that it follows in any of them.
func joinTrails(trails []model.Trail) model.Trail {
	var distinct []model.Trail
	for _, t := range trails {
		if !slices.Contains(distinct, t) && len(distinct) < maxHops {
			distinct = append(distinct, t)
		}
	}
	if len(distinct) == 1 {
		return distinct[0]
	}
	var left [][]model.Hop
	for _, t := range distinct {
		left = append(left, t.Hops())
	}
	var out model.Trail
	for range maxHops {
		hop, ok := nextHop(left)
		if !ok {
			break
		}
		out = out.Append(hop)
		for i, hops := range left {
			if len(hops) > 0 && hops[0] == hop {
				left[i] = hops[1:]
			}
		}
	}
	return out
}

// nextHop is the first hop of a trail that stands behind no other hop; in a circle, just the
// first one.
func nextHop(left [][]model.Hop) (model.Hop, bool) {
	var first model.Hop
	found := false
	for _, hops := range left {
		if len(hops) == 0 {
			continue
		}
		if !slices.ContainsFunc(left, func(other []model.Hop) bool {
			return len(other) > 1 && slices.Contains(other[1:], hops[0])
		}) {
			return hops[0], true
		}
		if !found {
			first, found = hops[0], true
		}
	}
	return first, found
}
