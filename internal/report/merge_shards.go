package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/keyfit/keyfit/internal/order"
)

// division is what the reports hold of one division into parts.
type division struct {
	ShardSet
	slots map[int]int // how many slots each part has
	// doubtful: the parts disagree on how many slots there are, or did not add up before. More
	// reports never mend that.
	doubtful bool
}

// shards joins the parts of divided runs and keeps what is said of those that miss some.
func (m *merger) shards(out *Document) {
	var sets []*division
	for _, d := range m.docs {
		if s := d.Shard; s != nil {
			set := ShardSet{Parts: []int{s.Index}, Of: s.Of, Plan: s.Plan, Slots: s.Elsewhere + len(d.Slots), Pending: s.Pending, Environments: s.Environments}
			sets = joinSet(sets, &division{ShardSet: set, slots: map[int]int{s.Index: len(d.Slots)}})
		}
		for _, set := range d.Incomplete {
			sets = joinSet(sets, &division{ShardSet: set, slots: set.held(), doubtful: len(set.missing()) == 0})
		}
	}
	for _, set := range sets {
		if len(set.missing()) == 0 && set.addsUp() {
			out.Findings = once(append(out.Findings, set.Pending...), Finding.same)
			continue
		}
		set.Environments = someOf(distinct(set.Environments))
		set.Held = convert(set.Parts, func(part int) int { return set.slots[part] })
		out.Incomplete = append(out.Incomplete, set.ShardSet)
	}
	order.By(out.Incomplete, func(a, b ShardSet) int { return cmp.Or(cmp.Compare(a.Of, b.Of), cmp.Compare(a.Plan, b.Plan)) })
	for i := 1; i < len(out.Incomplete); i++ {
		if of := out.Incomplete[i].Of; of == out.Incomplete[i-1].Of {
			m.notes = append(m.notes, fmt.Sprintf("shards of %d are parts of different runs: run all of them on one commit, with the same variables", of))
		}
	}
}

// held tells how many slots each part has. What an older version joined does not say so: such
// parts count as empty, and never add up.
func (set ShardSet) held() map[int]int {
	slots := map[int]int{}
	for i, n := range set.Held[:min(len(set.Held), len(set.Parts))] {
		slots[set.Parts[i]] = max(slots[set.Parts[i]], n)
	}
	return slots
}

// joinSet adds the parts of one division to those of the same division.
func joinSet(sets []*division, more *division) []*division {
	for _, set := range sets {
		if set.Of != more.Of || set.Plan != more.Plan {
			continue
		}
		set.Parts = distinctInts(append(slices.Clone(set.Parts), more.Parts...))
		set.Pending = inBoth(set.Pending, more.Pending)
		set.Environments = append(slices.Clone(set.Environments), more.Environments...)
		set.doubtful = set.doubtful || more.doubtful || set.Slots != more.Slots
		set.Slots = max(set.Slots, more.Slots)
		for part, n := range more.slots {
			set.slots[part] = max(set.slots[part], n)
		}
		return sets
	}
	return append(sets, more)
}

func inBoth(list, other []Finding) []Finding {
	there := map[same]bool{}
	for _, f := range other {
		there[f.same()] = true
	}
	return slices.DeleteFunc(slices.Clone(list), func(f Finding) bool { return !there[f.same()] })
}

// addsUp reports whether the parts together have the slots that each of them spoke of.
func (d *division) addsUp() bool {
	sum := 0
	for _, n := range d.slots {
		sum += n
	}
	return !d.doubtful && sum == d.Slots
}

func distinctInts(list []int) []int {
	slices.Sort(list)
	return slices.Compact(list)
}
