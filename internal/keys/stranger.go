package keys

import "github.com/keyfit/keyfit/internal/provider"

// Stranger gives the provider whose key a slot holds by its form, when that is another
// than the slot's own; else nil. Such a key must not be sent to the slot's API: it
// would land in somebody else's logs. A provider that takes another vendor's keys says
// so with `extends`, or by declaring their form.
func Stranger(slot Slot, catalogue *provider.Catalog, own []*provider.Provider) *provider.Provider {
	if slot.Provider == nil || slot.Form != nil || slot.Value.Text.IsEmpty() {
		return nil
	}
	p, _ := catalogue.ByForm(slot.Value.Text, own...)
	if p == nil || p.ID == slot.Provider.ID || p.ID == slot.Provider.Extends {
		return nil
	}
	return p
}
