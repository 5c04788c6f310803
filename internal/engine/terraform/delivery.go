package terraform

import (
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// Chart is a helm_release: a Helm chart with everything that decides its values, in the
// order in which the provider merges them.
type Chart struct {
	At          pos.Span
	Address     string      // "helm_release.shop"
	Chart       model.Value // path or reference; a path is relative to the repository's root
	Version     string
	Release     model.Value
	Namespace   model.Value
	Repo        model.Value // absent when not given
	Values      []ChartValue
	ReuseValues bool
	Doubt       *model.Value
}

// ChartValue is one document of `values` or one `set`, `set_list` or `set_sensitive`.
type ChartValue struct {
	Flag string // "inline" (YAML text), "set", "set-string", "set-list"
	Name string // of a set: the path in the values
	Text model.Value
}

// Stored is a text that a resource puts into a store, from which something else reads it.
type Stored struct {
	At      pos.Span
	Address string
	Ref     model.Ref
	Value   model.Value
}
