package resolve

import (
	"maps"
	"slices"
	"strings"
)

// KeyNames lists the variables of keyfit's own process that are keys, or that belong to one.
func (h *host) KeyNames() []string {
	if h.walk.keyNames == nil {
		return nil
	}
	return h.walk.keyNames()
}

// Names lists the plain names that keyfit.yaml binds: where any name may be a variable of
// the project, these are known to be.
func (h *host) Names() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(h.walk.inputs)) {
		if !strings.Contains(name, ".") {
			out = append(out, name)
		}
	}
	return out
}
