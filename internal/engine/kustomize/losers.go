package kustomize

//lint:file-ignore SA1019 people still write the deprecated fields, and kustomize still reads them

import (
	"context"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
)

// Limits of what is done for the definitions that lost.
const (
	maxLayers  = 6 // definitions of one text
	maxRetries = 50
)

// losers tells for the places of the outcome what would stand there without the
// definition that won: the overlay is built again without those, as long as definitions
// are left that have not been seen.
func (b *builder) losers(ctx context.Context, m *marker, c *comparison, plain []object) (map[string][]model.Value, error) {
	out := map[string][]model.Value{}
	current, replaces := c.leaves, b.replaces()
	for layer := 0; layer < maxLayers && m.unseen(c.leaves, out); layer++ {
		before := len(m.gone)
		if layer == 0 && replaces {
			m.gone[replacementsKey] = true
		} else {
			m.remove(current)
		}
		if len(m.gone) == before {
			return out, nil
		}
		objects, err := b.run(ctx, b.marked(m))
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			return out, nil
		}
		next := leavesOf(objects)
		m.note(out, current, next)
		current = next
	}
	return out, nil
}

// replaces reports whether the overlay copies texts from one place to another.
func (b *builder) replaces() bool {
	return slices.ContainsFunc(b.order, func(o *overlay) bool { return len(o.k.Replacements)+len(o.k.Vars) > 0 })
}

// unseen reports whether a definition is left that neither won nor is known to have lost.
func (m *marker) unseen(leaves map[string][]origin.ID, losers map[string][]model.Value) bool {
	seen := map[origin.ID]bool{}
	for _, ids := range leaves {
		for _, id := range ids {
			seen[id] = true
		}
	}
	lost := 0
	for _, values := range losers {
		lost += len(values)
	}
	return len(seen)+lost < len(m.keys)
}

// remove takes out the definitions that won and may have won over others.
func (m *marker) remove(leaves map[string][]origin.ID) {
	for _, ids := range leaves {
		for _, id := range ids {
			if m.winners[id] {
				m.gone[m.keys[id]] = true
			}
		}
	}
}

// note adds, for every place whose text now comes from elsewhere, from where.
func (m *marker) note(out map[string][]model.Value, before, after map[string][]origin.ID) {
	for place, ids := range before {
		then := after[place]
		if len(then) == 0 || slices.Equal(ids, then) {
			continue
		}
		for _, id := range then {
			if !slices.Contains(ids, id) {
				out[place] = append(out[place], m.sources.Source(id))
			}
		}
	}
}

// leavesOf tells by place which marks a build put where.
func leavesOf(objects []object) map[string][]origin.ID {
	out := map[string][]origin.ID{}
	seen := map[string]int{}
	for _, o := range objects {
		seen[o.key()]++
		if root := rootOf(o.yaml); root != nil {
			collect(root, fmt.Sprint(o.key(), "#", seen[o.key()]), out)
		}
	}
	return out
}

func collect(n *yaml.Node, place string, out map[string][]origin.ID) {
	switch n.Kind {
	case yaml.ScalarNode:
		if ids := idsWithin(n); len(ids) > 0 {
			out[place] = ids
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			collect(n.Content[i+1], place+"/"+n.Content[i].Value, out)
		}
	default:
		for i, name := range itemNames(n) {
			collect(n.Content[i], place+"/"+name, out)
		}
	}
}
