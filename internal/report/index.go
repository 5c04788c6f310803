package report

import "slices"

// index finds the findings of a slot and the slot of a finding without going through
// all of them.
type index struct {
	doc     *Document
	finding map[place][]int
	ignored map[place][]int
	slot    map[place][]int
}

// place is what a slot and its findings surely have in common.
type place struct{ environment, variable string }

func newIndex(d *Document) index {
	x := index{doc: d, finding: map[place][]int{}, ignored: map[place][]int{}, slot: map[place][]int{}}
	for i, f := range d.Findings {
		x.finding[f.place()] = append(x.finding[f.place()], i)
	}
	for i, entry := range d.Ignored {
		x.ignored[entry.Finding.place()] = append(x.ignored[entry.Finding.place()], i)
	}
	for i, s := range d.Slots {
		x.slot[s.place()] = append(x.slot[s.place()], i)
	}
	return x
}

func (f Finding) place() place { return place{f.Environment, f.Variable} }

func (s Slot) place() place { return place{s.Environment, s.Variable} }

// findingsOf lists the findings about a slot, in the order of the report.
func (x index) findingsOf(s Slot) []Finding {
	var out []Finding
	for _, i := range x.finding[s.place()] {
		if f := &x.doc.Findings[i]; concerns(f, &s) {
			out = append(out, *f)
		}
	}
	return out
}

// ignoredOf lists the silenced findings about a slot.
func (x index) ignoredOf(s Slot) []Finding {
	var out []Finding
	for _, i := range x.ignored[s.place()] {
		if f := &x.doc.Ignored[i].Finding; concerns(f, &s) {
			out = append(out, *f)
		}
	}
	return out
}

// slotOf finds the slot that a finding is about.
func (x index) slotOf(f Finding) (Slot, bool) {
	for _, i := range x.slot[f.place()] {
		if s := &x.doc.Slots[i]; concerns(&f, s) {
			return *s, true
		}
	}
	return Slot{}, false
}

// isOf reports whether the finding is about this slot.
func (f Finding) isOf(s Slot) bool { return concerns(&f, &s) }

// concerns is isOf without copies: in the reports of fleets it is asked millions of times.
func concerns(f *Finding, s *Slot) bool {
	if f.Variable == "" || f.place() != s.place() {
		return false
	}
	if f.Consumer == "" || f.Consumer == s.Consumer && (f.Container == "" || f.Container == s.Container) {
		return true
	}
	return slices.ContainsFunc(s.Also, func(c Consumer) bool {
		return f.Consumer == c.Workload && (f.Container == "" || f.Container == c.Container)
	})
}
