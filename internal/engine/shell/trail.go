package shell

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
)

const (
	maxPieces = 4096 // of one text; more are merged
	maxHops   = 64   // of one trail; later ones are not recorded
)

// mergeTrails gives one trail for a text that is put together from several. A hop
// stands behind every hop that it follows in any of them.
func mergeTrails(trails []model.Trail) model.Trail {
	var distinct []model.Trail
	for _, t := range trails {
		if !t.IsEmpty() && !slices.Contains(distinct, t) {
			distinct = append(distinct, t)
		}
		if len(distinct) > maxHops {
			break
		}
	}
	switch len(distinct) {
	case 0:
		return model.Trail{}
	case 1:
		return distinct[0]
	}
	return interleave(distinct)
}

// interleave orders the hops of several trails: a hop comes when all that stand before
// it in any trail have come. Among those that could come, the first seen comes first.
func interleave(trails []model.Trail) model.Trail {
	var all []model.Hop
	index := map[model.Hop]int{}
	var after [][]int
	var waits []int
	for _, t := range trails {
		before := -1
		for _, h := range t.Hops() {
			i, known := index[h]
			if !known {
				i = len(all)
				index[h] = i
				all, after, waits = append(all, h), append(after, nil), append(waits, 0)
			}
			if before >= 0 {
				after[before] = append(after[before], i)
				waits[i]++
			}
			before = i
		}
	}
	var out model.Trail
	for range min(len(all), maxHops) {
		i := nextHop(waits)
		out = out.Append(all[i])
		waits[i] = taken
		for _, j := range after[i] {
			if waits[j] != taken {
				waits[j]--
			}
		}
	}
	return out
}

// taken marks a hop that has come.
const taken = -1

// nextHop is the first hop that waits for no other; in a circle, the first one left.
func nextHop(waits []int) int {
	left := -1
	for i, n := range waits {
		if n == 0 {
			return i
		}
		if n != taken && left < 0 {
			left = i
		}
	}
	return left
}

// appendHop adds a hop that the trail does not have yet: a loop passes the same place
// many times, and the trail names it once.
func appendHop(t model.Trail, hop model.Hop) model.Trail {
	if t.Last() == hop {
		return t
	}
	hops := t.Hops()
	if len(hops) >= maxHops || slices.Contains(hops, hop) {
		return t
	}
	return t.Append(hop)
}

// via sends a text through hop. Text without any source so far stands literally at
// the hop's place; the rest only passes it.
func (s sym) via(hop model.Hop) sym {
	if len(s) == 0 {
		return sym{{trail: model.Trail{}.Append(hop)}}
	}
	cache := map[model.Trail]model.Trail{}
	return s.viaCached(hop, cache)
}

func (s sym) viaCached(hop model.Hop, cache map[model.Trail]model.Trail) sym {
	out := slices.Clone(s)
	for i, p := range out {
		t, ok := cache[p.trail]
		if !ok {
			t = appendHop(p.trail, hop)
			cache[p.trail] = t
		}
		out[i].trail = t
		if p.unk != nil && len(p.unk.alts) > 0 {
			u := *p.unk
			u.alts = slices.Clone(u.alts)
			for j, alt := range u.alts {
				if len(alt) == 0 {
					alt = sym{{}}
				}
				u.alts[j] = alt.viaCached(hop, cache)
			}
			out[i].unk = &u
		}
	}
	return out
}

// isLiteral reports whether the whole text stands in the script itself.
func (s sym) isLiteral() bool {
	return !slices.ContainsFunc(s, func(p piece) bool { return p.unk != nil || !p.trail.IsEmpty() })
}
