package checks

import (
	"slices"

	"github.com/keyfit/keyfit/internal/provider"
)

// standIns picks the defects which mean that no key arrived, only what should have been
// replaced by one.
func standIns(defects []provider.Defect) []provider.Defect {
	return slices.DeleteFunc(slices.Clone(defects), func(d provider.Defect) bool { return !d.Kind.Unresolved() })
}

func (c *Case) standIns() []provider.Defect { return standIns(c.Defects) }

// damage lists what is wrong with a text that was meant as a key. An API that accepts
// the key knows its own forms better than any catalogue.
func (c *Case) damage() []provider.Defect {
	if !c.arrives() || c.foreign() {
		return nil
	}
	accepted := c.Verdict.Reason.Class() == provider.Accepted
	return slices.DeleteFunc(slices.Clone(c.Defects), func(d provider.Defect) bool {
		return accepted && isAboutForm(d.Kind)
	})
}

func isAboutForm(k provider.DefectKind) bool {
	return k == provider.NotTheForm || k == provider.CutShort || k == provider.TooLong
}

// foreign reports whether the key is another service's.
func (c *Case) foreign() bool { return c.stranger() != nil }

// stranger gives the provider whose key this is by its form, when that is another than
// the slot's.
func (c *Case) stranger() *provider.Provider {
	if !c.arrives() {
		return nil
	}
	return c.Slot.Stranger
}
