package config

import (
	"maps"
	"slices"

	"github.com/keyfit/keyfit/internal/provider"
)

// Own lists the user's providers in the order of their ids.
func (f *File) Own() []*provider.Provider {
	var out []*provider.Provider
	for _, id := range slices.Sorted(maps.Keys(f.Providers)) {
		out = append(out, f.Providers[id])
	}
	return out
}
