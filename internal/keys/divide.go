package keys

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/secret"
)

// Division says which part of a divided run checks each slot.
type Division struct {
	Parts []int  // from 1, in the order of the slots
	Plan  string // equal for every part of one division of the same slots
}

// Divide cuts slots into n parts, so that every key is asked about in one of them only: slots
// that hold the same text stay together, and so do those that a report cannot tell apart.
// The parts get as many keys each as can be. Which part that is depends on the names of the
// slots and on which of them hold the same text, never on a text itself.
//
// state names what is checked, such as a commit: parts of different states, or of values that
// come from different places, are parts of different plans.
func Divide(slots []Slot, n int, state string) Division {
	groups := together(slots)
	order := slices.SortedFunc(slices.Values(groups), func(a, b []int) int { return compareSlots(slots[a[0]], slots[b[0]]) })
	d := Division{Parts: make([]int, len(slots))}
	load := make([]struct{ keys, slots int }, n)
	for _, group := range order {
		least := 0
		for i := range load {
			if cmp.Or(cmp.Compare(load[i].keys, load[least].keys), cmp.Compare(load[i].slots, load[least].slots)) < 0 {
				least = i
			}
		}
		load[least].slots += len(group)
		load[least].keys += distinctKeys(slots, group)
		for _, i := range group {
			d.Parts[i] = least + 1
		}
	}
	d.Plan = plan(slots, d.Parts, n, state)
	return d
}

// together groups the indexes of the slots that must stay in one part, each group in order.
func together(slots []Slot) [][]int {
	prints := secret.NewPrinter(secret.Text{})
	s := newSets(len(slots))
	first := map[string]int{}
	for i, slot := range slots {
		for _, sign := range signs(slot, prints) {
			if j, seen := first[sign]; seen {
				s.join(i, j)
			} else {
				first[sign] = i
			}
		}
	}
	groups := map[int][]int{}
	for i := range slots {
		groups[s.root(i)] = append(groups[s.root(i)], i)
	}
	out := make([][]int, 0, len(groups))
	for _, group := range groups {
		order.By(group, func(a, b int) int { return cmp.Or(compareSlots(slots[a], slots[b]), cmp.Compare(a, b)) })
		out = append(out, group)
	}
	return out
}

// signs lists what a slot must not share with one of another part: its text, and the names
// by which findings speak of it.
func signs(slot Slot, prints *secret.Printer) []string {
	var out []string
	if slot.Value.State == model.Known && !slot.Value.Text.IsEmpty() {
		out = append(out, prints.Fingerprint(slot.Value.Text))
	}
	for _, c := range append([]model.Consumer{slot.Consumer}, slot.Also...) {
		out = append(out, fmt.Sprintf("%q %q %q %q", slot.Environment, slot.Variable, Label(c), c.Container))
	}
	return out
}

// distinctKeys counts the questions of a group: slots that are known hold one text, or were
// put together by their names.
func distinctKeys(slots []Slot, group []int) int {
	var texts []secret.Text
	for _, i := range group {
		v := slots[i].Value
		if v.State == model.Known && !slices.ContainsFunc(texts, v.Text.Equal) {
			texts = append(texts, v.Text)
		}
	}
	return len(texts)
}

func compareSlots(a, b Slot) int {
	return cmp.Or(
		cmp.Compare(a.Environment, b.Environment), cmp.Compare(Label(a.Consumer), Label(b.Consumer)),
		cmp.Compare(a.Consumer.Namespace, b.Consumer.Namespace), cmp.Compare(a.Consumer.Container, b.Consumer.Container),
		cmp.Compare(a.Variable, b.Variable), cmp.Compare(a.Consumer.Kind, b.Consumer.Kind),
	)
}

// plan is a digest of the division and of what it divides. It holds names, places and numbers
// only.
func plan(slots []Slot, parts []int, n int, state string) string {
	lines := make([]string, 0, len(slots))
	for i, s := range slots {
		lines = append(lines, fmt.Sprintf("%q %q %q %q %q %q %d %s %q %s", s.Environment, Label(s.Consumer), s.Consumer.Namespace,
			s.Consumer.Container, s.Variable, s.Consumer.Kind, parts[i], s.Value.State, s.Value.Why, journey(s.Value.Trail)))
	}
	slices.Sort(lines)
	hash := sha256.New()
	fmt.Fprintf(hash, "%d %q\n", n, state)
	for _, line := range lines {
		fmt.Fprintln(hash, line)
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}

// journey writes where a value passes. Where a place ends is left out: the end of a definition
// tells how long the text is.
func journey(t model.Trail) string {
	var b strings.Builder
	for _, h := range t.Hops() {
		fmt.Fprintf(&b, "%q %d:%d %q %q ", h.At.File, h.At.Start.Line, h.At.Start.Column, h.Kind, h.What)
	}
	return b.String()
}

// sets are disjoint sets of indexes.
type sets struct{ parent []int }

func newSets(n int) *sets {
	s := &sets{parent: make([]int, n)}
	for i := range s.parent {
		s.parent[i] = i
	}
	return s
}

func (s *sets) root(i int) int {
	for s.parent[i] != i {
		s.parent[i] = s.parent[s.parent[i]]
		i = s.parent[i]
	}
	return i
}

func (s *sets) join(i, j int) { s.parent[s.root(i)] = s.root(j) }
