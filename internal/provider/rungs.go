package provider

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/strict"
)

// RungList is a list of rungs above format, by their words. A list that is written and
// empty is not nil: it says "none", not "the default".
type RungList []string

var rungWords = []string{"known", "linked", "active", "authorised"}

// DecodeStrict reads the words.
func (l *RungList) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		r.Fail(n, "put it in [brackets]", "expected a list of rungs")
		return
	}
	*l = RungList{}
	for _, item := range n.Content {
		if item.Kind == yaml.ScalarNode && slices.Contains(rungWords, item.Value) {
			*l = append(*l, item.Value)
			continue
		}
		r.BadWord(item, rungWords)
	}
}

// JSONSchema describes the list.
func (l RungList) JSONSchema() map[string]any {
	return map[string]any{"type": "array", "items": map[string]any{"enum": []any{"known", "linked", "active", "authorised"}}}
}

// Rungs gives the rungs, lowest first.
func (l RungList) Rungs() []Rung {
	var out []Rung
	for r := KnownKey; r < Rungs; r++ {
		if slices.Contains(l, r.String()) {
			out = append(out, r)
		}
	}
	return out
}
