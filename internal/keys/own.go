package keys

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
)

// ownLast puts keyfit's own steps behind all others, so that their slots are folded into the
// others' and not the reverse.
func ownLast(consumers []model.Consumer) []model.Consumer {
	out := slices.Clone(consumers)
	slices.SortStableFunc(out, func(a, b model.Consumer) int {
		switch {
		case a.Self == b.Self:
			return 0
		case b.Self:
			return -1
		}
		return 1
	})
	return out
}

// withoutOwn leaves out what keyfit's own step receives, where what is deployed has a variable of
// the same name: that one counts, and the step is given the keys only to look at them. Where
// nothing else has it, the deploy is one that no file here shows, and the step stands for it.
func withoutOwn(slots []Slot) []Slot {
	isSelf := func(c model.Consumer) bool { return c.Self }
	used := map[string]bool{}
	for i := range slots {
		if s := &slots[i]; !s.Consumer.Self {
			s.Also = slices.DeleteFunc(s.Also, isSelf)
			used[s.Variable] = used[s.Variable] || s.Value.State != model.Absent
		}
	}
	return slices.DeleteFunc(slots, func(s Slot) bool { return s.Consumer.Self && used[s.Variable] })
}
