package report

import "slices"

// index finds the findings of a slot and the slot of a finding without going through
// all of them.
type index struct {
	doc     *Document
	finding entryNumbers
	ignored entryNumbers
	slot    entryNumbers // by everything that a finding may call it
}

// entryNumbers tells where in a list something stands: by the ids of its slots, and where a report
// of an older version has none, by the names.
type entryNumbers struct {
	byID   map[string][]int
	byName map[spot][]int
}

func newNumbers() entryNumbers {
	return entryNumbers{byID: map[string][]int{}, byName: map[spot][]int{}}
}

// place is what a slot and its findings surely have in common.
type place struct{ environment, variable string }

// spot is what a finding names: a variable in an environment, or that of one consumer, or of one
// container of it.
type spot struct {
	place
	consumer, container string
}

func newIndex(d *Document) index {
	x := index{doc: d, finding: newNumbers(), ignored: newNumbers(), slot: newNumbers()}
	for i := range d.Findings {
		x.finding.add(&d.Findings[i], i)
	}
	for i := range d.Ignored {
		x.ignored.add(&d.Ignored[i].Finding, i)
	}
	for i := range d.Slots {
		s := &d.Slots[i]
		if s.ID != "" {
			x.slot.byID[s.ID] = append(x.slot.byID[s.ID], i)
		}
		for _, at := range s.spots() {
			x.slot.byName[at] = append(x.slot.byName[at], i)
		}
	}
	return x
}

// add notes a finding under what it names. One without a variable is about no slot.
func (n entryNumbers) add(f *Finding, i int) {
	for _, id := range f.Slots {
		n.byID[id] = append(n.byID[id], i)
	}
	if f.Variable != "" && len(f.Slots) == 0 {
		n.byName[f.spot()] = append(n.byName[f.spot()], i)
	}
}

func (f *Finding) spot() spot {
	if f.Consumer == "" {
		return spot{place: f.place()}
	}
	return spot{f.place(), f.Consumer, f.Container}
}

// spots lists all that a finding about this slot may name, each once.
func (s *Slot) spots() []spot {
	at := s.place()
	out := make([]spot, 0, 3+2*len(s.Also))
	name := func(consumer, container string) {
		if consumer == "" {
			return
		}
		if out = append(out, spot{at, consumer, ""}); container != "" {
			out = append(out, spot{at, consumer, container})
		}
	}
	out = append(out, spot{place: at})
	name(s.Consumer, s.Container)
	for _, c := range s.Also {
		name(c.Workload, c.Container)
	}
	if len(s.Also) > 0 {
		out = once(out, func(at spot) spot { return at })
	}
	return out
}

func (f Finding) place() place { return place{f.Environment, f.Variable} }

func (s Slot) place() place { return place{s.Environment, s.Variable} }

// about lists the numbers under which findings about a slot stand, in the order of the report.
func about(s *Slot, in entryNumbers) []int {
	var lists [][]int
	if list := in.byID[s.ID]; s.ID != "" && len(list) > 0 {
		lists = append(lists, list)
	}
	for _, at := range s.spots() {
		if list := in.byName[at]; len(list) > 0 {
			lists = append(lists, list)
		}
	}
	switch len(lists) {
	case 0:
		return nil
	case 1:
		return lists[0] // a finding names one thing, so that no number stands in two lists
	}
	all := slices.Concat(lists...)
	slices.Sort(all)
	return all
}

// findingsOf lists the findings about a slot, in the order of the report.
func (x index) findingsOf(s Slot) []Finding {
	var out []Finding
	for _, i := range about(&s, x.finding) {
		out = append(out, x.doc.Findings[i])
	}
	return out
}

// ignoredOf lists the silenced findings about a slot.
func (x index) ignoredOf(s Slot) []Finding {
	var out []Finding
	for _, i := range about(&s, x.ignored) {
		out = append(out, x.doc.Ignored[i].Finding)
	}
	return out
}

// slotsOf lists the numbers of the slots that a finding is about.
func (x index) slotsOf(f *Finding) []int {
	var out []int
	for _, id := range f.Slots {
		out = append(out, x.slot.byID[id]...)
	}
	if len(f.Slots) > 0 || f.Variable == "" {
		return out
	}
	return x.slot.byName[f.spot()]
}

// slotOf finds the slot that a finding is about.
func (x index) slotOf(f Finding) (Slot, bool) {
	if list := x.slotsOf(&f); len(list) > 0 {
		return x.doc.Slots[list[0]], true
	}
	return Slot{}, false
}
