package keys

import (
	"slices"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/provider"
)

// ProcessNames lists, in order, the variables of keyfit's own process that are keys, by their
// declaration, their name or their form, and those that a request with one of them takes along. An
// administrator's key is none of them: it belongs to keyfit alone.
func ProcessNames(file *config.File, catalogue *provider.Catalog, process model.Env) []string {
	if file == nil || catalogue == nil {
		return nil
	}
	s := &selector{in: Input{Config: file, Catalogue: catalogue, Process: process}, own: file.Own()}
	admins := map[string]bool{}
	for _, key := range file.Keys {
		admins[key.Admin] = true
	}
	wanted := map[string]bool{}
	for name, v := range process.All() {
		if v.State != model.Known || v.Text.IsEmpty() || admins[name] {
			continue
		}
		slot := Slot{Variable: name, Value: v, Declared: file.Keys[name], Consumer: model.Consumer{Env: process}}
		if slot.Declared != nil {
			slot.Provider = s.byID(slot.Declared.Provider.Value)
		}
		s.recognise(&slot)
		if slot.Declared == nil && slot.Provider == nil {
			continue
		}
		wanted[name] = true
		s.companions(&slot)
		for _, with := range []map[string]Companion{slot.Parts, slot.Slots} {
			for _, c := range with {
				wanted[c.Variable] = !admins[c.Variable]
			}
		}
	}
	var out []string
	for name, is := range wanted {
		if is && process.Get(name).State == model.Known {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
