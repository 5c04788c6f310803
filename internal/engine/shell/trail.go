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

func interleave(trails []model.Trail) model.Trail {
	queues := make([][]model.Hop, len(trails))
	for i, t := range trails {
		queues[i] = t.Hops()
	}
	var out model.Trail
	for n := 0; n < maxHops; n++ {
		hop, ok := nextHop(queues)
		if !ok {
			break
		}
		out = out.Append(hop)
		for i, q := range queues {
			queues[i] = slices.DeleteFunc(q, func(h model.Hop) bool { return h == hop })
		}
	}
	return out
}

// nextHop is the first hop that no queue still holds behind another one.
func nextHop(queues [][]model.Hop) (model.Hop, bool) {
	var fallback model.Hop
	found := false
	for _, q := range queues {
		if len(q) == 0 {
			continue
		}
		if !found {
			fallback, found = q[0], true
		}
		if !slices.ContainsFunc(queues, func(other []model.Hop) bool {
			return len(other) > 1 && slices.Contains(other[1:], q[0])
		}) {
			return q[0], true
		}
	}
	return fallback, found
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
