package keys

import (
	"maps"

	"github.com/keyfit/keyfit/internal/model"
)

// Control is a key of the same provider that is known to be good: see [config.Control].
type Control struct {
	Variable string // of keyfit's own process
	Value    model.Value
	Parts    map[string]Companion // further pieces, the deploy's own where the control has none
}

// control looks up the control key that is declared for a slot's environment.
func (s *selector) control(slot *Slot) {
	if slot.Declared == nil || slot.Provider == nil {
		return
	}
	declared := slot.Declared.Control
	name := declared.Variable(slot.Environment)
	if name == "" {
		return
	}
	c := &Control{Variable: name, Value: s.in.Process.Get(name), Parts: map[string]Companion{}}
	maps.Copy(c.Parts, slot.Parts)
	for role, variable := range declared.Parts {
		c.Parts[role] = Companion{Variable: variable, Value: s.in.Process.Get(variable)}
	}
	slot.Control = c
}

// IsSame reports whether the control key is the very key that it is to be compared with: it
// would tell nothing then.
func (c *Control) IsSame(slot Slot) bool {
	return c.Value.State == model.Known && slot.Value.State == model.Known && c.Value.Text.Equal(slot.Value.Text)
}

// AsSlot gives the slot with the control key in place of its own key, to be judged by the same
// rules: whose key it is by its form, and what goes along with it.
func (c *Control) AsSlot(slot Slot) Slot {
	slot.Variable, slot.Value, slot.Parts, slot.Form, slot.Stranger, slot.Control = c.Variable, c.Value, c.Parts, nil, nil, nil
	if slot.Provider != nil && c.Value.State == model.Known {
		slot.Form = slot.Provider.FormOf(c.Value.Text)
	}
	return slot
}
