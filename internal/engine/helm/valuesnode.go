package helm

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// kind says what a node is.
type kind uint8

const (
	scalar kind = iota
	table       // a map, in Helm's word
	list
)

// node is a value with its origin. The tree that is coalesced consists of nodes, so that
// values and origins cannot drift apart. Nodes do not change, except that the map of a
// table is filled; tables share maps exactly where Helm's own maps would be shared.
type node struct {
	kind  kind
	value any // of a scalar: string, bool, float64, int64 or nil
	table map[string]*node
	list  []*node
	from  *model.Value // the origin; never nil
}

func newTable(from *model.Value) *node {
	return &node{kind: table, table: map[string]*node{}, from: from}
}

// nothing is the origin of what stands nowhere, such as the table of a dependency that no
// values mention.
func nothing() *model.Value { return &model.Value{State: model.Known} }

func (n *node) isNull() bool    { return n.kind == scalar && n.value == nil && !n.isUnknown() }
func (n *node) isUnknown() bool { return n.from.State == model.Unknown }

// at is n with another origin. A table shares its map.
func (n *node) at(from *model.Value) *node {
	copied := *n
	copied.from = from
	return &copied
}

// clone is a deep copy.
func (n *node) clone() *node {
	copied := *n
	switch n.kind {
	case table:
		copied.table = make(map[string]*node, len(n.table))
		for key, child := range n.table {
			copied.table[key] = child.clone()
		}
	case list:
		copied.list = make([]*node, len(n.list))
		for i, child := range n.list {
			copied.list[i] = child.clone()
		}
	}
	return &copied
}

// fits reports whether the tree is finite, and not too large. Tables that are shared count
// wherever they appear.
func (n *node) fits() bool {
	left := maxValuesNodes
	return n.fitsIn(&left, 0)
}

func (n *node) fitsIn(left *int, depth int) bool {
	if *left--; *left < 0 || depth > maxMergeDepth {
		return false
	}
	for _, child := range n.table {
		if !child.fitsIn(left, depth+1) {
			return false
		}
	}
	return !slices.ContainsFunc(n.list, func(child *node) bool { return !child.fitsIn(left, depth+1) })
}

// over is n after it won over loser, which is shadowed now, with all within it that stands
// at the same path as something within n.
func (n *node) over(loser *node) *node {
	if loser == nil || n == loser {
		return n
	}
	if n.isUnknown() && n.kind == scalar && loser.kind == table {
		return loser.because(n.from) // it may be a table itself, or null
	}
	out := n.at(over(n.from, loser.from))
	if n.kind == list && loser.kind == list {
		out.list = slices.Clone(n.list)
		for i := range min(len(n.list), len(loser.list)) {
			out.list[i] = n.list[i].over(loser.list[i])
		}
	}
	return out
}

// overAll is over, for tables too of which one replaces the other instead of being merged.
func (n *node) overAll(loser *node) *node {
	if loser == nil {
		return n
	}
	out := n.over(loser)
	if n.kind == table && loser.kind == table {
		out.table = maps.Clone(n.table)
		for key, child := range n.table {
			if lost, ok := loser.table[key]; ok {
				out.table[key] = child.overAll(lost)
			}
		}
	}
	return out
}

// because is a deep copy of n of which nothing is known, for the reason of why. What n had
// known is shadowed.
func (n *node) because(why *model.Value) *node {
	out := n.at(over(why, n.from))
	switch n.kind {
	case table:
		out.table = make(map[string]*node, len(n.table))
		for key, child := range n.table {
			out.table[key] = child.because(why)
		}
	case list:
		out.list = make([]*node, len(n.list))
		for i, child := range n.list {
			out.list[i] = child.because(why)
		}
	}
	return out
}

// over adds a loser to an origin, and what that one had won over. What is there already is
// not repeated: Helm coalesces the same tables several times.
func over(winner, loser *model.Value) *model.Value {
	if winner == loser || loser.Trail.IsEmpty() && len(loser.Losers) == 0 {
		return winner
	}
	out := *winner
	out.Losers = slices.Clip(slices.Clone(winner.Losers))
	bare := *loser
	bare.Losers = nil
	for _, d := range append([]model.Definition{{Value: bare}}, loser.Losers...) {
		if !d.Value.Trail.IsEmpty() && d.Value.Trail != winner.Trail && !slices.ContainsFunc(out.Losers, func(o model.Definition) bool { return o.Value.Trail == d.Value.Trail }) {
			out.Losers = append(out.Losers, d)
		}
	}
	return &out
}

// plain is what Helm hands to the templates.
func (n *node) plain() any {
	switch n.kind {
	case table:
		out := make(map[string]any, len(n.table))
		for key, child := range n.table {
			out[key] = child.plain()
		}
		return out
	case list:
		out := make([]any, len(n.list))
		for i, child := range n.list {
			out[i] = child.plain()
		}
		return out
	}
	return n.value
}

// origins is the tree that runs parallel to plain.
func (n *node) origins() *Tree {
	out := &Tree{Value: *n.from}
	switch n.kind {
	case table:
		out.Map = make(map[string]*Tree, len(n.table))
		for key, child := range n.table {
			out.Map[key] = child.origins()
		}
	case list:
		out.List = make([]*Tree, len(n.list))
		for i, child := range n.list {
			out.List[i] = child.origins()
		}
	}
	return out
}

// text is what {{ . }} prints of a scalar; of null it is nothing.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return fmt.Sprint(value)
}

// originOf is a known origin of a scalar.
func originOf(value any, trail model.Trail) *model.Value {
	return &model.Value{State: model.Known, Text: secret.New(text(value)), Trail: trail}
}

// nodeOf turns a decoded value into nodes of one origin.
func nodeOf(value any, trail model.Trail) *node {
	switch v := value.(type) {
	case map[string]any:
		out := newTable(&model.Value{State: model.Known, Trail: trail})
		for key, child := range v {
			out.table[key] = nodeOf(child, trail)
		}
		return out
	case []any:
		out := &node{kind: list, list: make([]*node, len(v)), from: &model.Value{State: model.Known, Trail: trail}}
		for i, child := range v {
			out.list[i] = nodeOf(child, trail)
		}
		return out
	}
	return &node{value: value, from: originOf(value, trail)}
}
