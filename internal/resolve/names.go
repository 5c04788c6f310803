package resolve

import (
	"maps"
	"slices"
	"strings"
)

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
