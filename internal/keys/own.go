package keys

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
)

// isProxy reports whether a consumer uses no key itself: keyfit's own step, or a tool that stands
// for what it deploys.
func isProxy(c model.Consumer) bool { return c.Self || c.StandsIn }

// proxiesLast puts such consumers behind all others, so that their slots are folded into the
// others' and not the reverse.
func proxiesLast(consumers []model.Consumer) []model.Consumer {
	out := slices.Clone(consumers)
	order.By(out, func(a, b model.Consumer) int {
		switch {
		case isProxy(a) == isProxy(b):
			return 0
		case isProxy(b):
			return -1
		}
		return 1
	})
	return out
}

// withoutProxies leaves out what such a consumer receives, where what is deployed receives the same
// under the same name, or something that is not known and is reported anyway. Where nothing else
// does, the deploy is one that no file here shows, and the proxy stands for it.
func withoutProxies(slots []Slot) []Slot {
	used := map[string][]model.Value{}
	for i := range slots {
		if s := &slots[i]; !isProxy(s.Consumer) {
			s.Also = slices.DeleteFunc(s.Also, isProxy)
			used[s.Variable] = append(used[s.Variable], s.Value)
		}
	}
	return slices.DeleteFunc(slots, func(s Slot) bool {
		return isProxy(s.Consumer) && slices.ContainsFunc(used[s.Variable], func(v model.Value) bool {
			return v.State == model.Unknown || v.State == model.Known && s.Value.State == model.Known && v.Text.Equal(s.Value.Text)
		})
	})
}
