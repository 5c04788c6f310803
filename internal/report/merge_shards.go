package report

import (
	"cmp"
	"fmt"
	"slices"
)

// division is what the reports hold of one division into parts.
type division struct {
	ShardSet
	slots map[int]int // of each part that is a report of its own: how many slots it has
	whole bool        // every part is a report of its own, so that its slots can be counted
}

// shards joins the parts of divided runs and keeps what is said of those that miss some.
func (m *merger) shards(out *Document) {
	var sets []*division
	for _, d := range m.docs {
		if s := d.Shard; s != nil {
			set := ShardSet{Parts: []int{s.Index}, Of: s.Of, Plan: s.Plan, Slots: s.Elsewhere + len(d.Slots), Pending: s.Pending, Environments: s.Environments}
			sets = joinSet(sets, &division{ShardSet: set, slots: map[int]int{s.Index: len(d.Slots)}, whole: true})
		}
		for _, set := range d.Incomplete {
			sets = joinSet(sets, &division{ShardSet: set})
		}
	}
	for _, set := range sets {
		if len(set.missing()) == 0 && set.addsUp() {
			out.Findings = once(append(out.Findings, set.Pending...), Finding.same)
			continue
		}
		set.Environments = someOf(distinct(set.Environments))
		out.Incomplete = append(out.Incomplete, set.ShardSet)
	}
	slices.SortFunc(out.Incomplete, func(a, b ShardSet) int { return cmp.Or(cmp.Compare(a.Of, b.Of), cmp.Compare(a.Plan, b.Plan)) })
	for i := 1; i < len(out.Incomplete); i++ {
		if of := out.Incomplete[i].Of; of == out.Incomplete[i-1].Of {
			m.notes = append(m.notes, fmt.Sprintf("shards of %d were cut from different states: run all of them on one commit, with the same variables", of))
		}
	}
}

// joinSet adds the parts of one division to those of the same division.
func joinSet(sets []*division, more *division) []*division {
	for _, set := range sets {
		if set.Of != more.Of || set.Plan != more.Plan {
			continue
		}
		set.Parts = distinctInts(append(slices.Clone(set.Parts), more.Parts...))
		set.Pending = slices.DeleteFunc(slices.Clone(set.Pending), func(f Finding) bool {
			return !slices.ContainsFunc(more.Pending, func(g Finding) bool { return f.same() == g.same() })
		})
		set.Environments = append(slices.Clone(set.Environments), more.Environments...)
		set.whole = set.whole && more.whole && set.Slots == more.Slots
		for part, n := range more.slots {
			set.slots[part] = max(set.slots[part], n)
		}
		return sets
	}
	if more.slots == nil {
		more.slots = map[int]int{}
	}
	return append(sets, more)
}

// addsUp reports whether the parts together have the slots that each of them spoke of.
func (d *division) addsUp() bool {
	if !d.whole {
		return len(d.slots) < len(d.Parts) // some were merged before: nothing can be counted
	}
	sum := 0
	for _, n := range d.slots {
		sum += n
	}
	return sum == d.Slots
}

func distinctInts(list []int) []int {
	slices.Sort(list)
	return slices.Compact(list)
}
