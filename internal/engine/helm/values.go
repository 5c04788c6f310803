package helm

import (
	"strconv"

	"github.com/keyfit/keyfit/internal/model"
)

// Placeholder stands in Loaded.Values for a value of which nothing is known. Whether a leaf
// is known tells Loaded.Origins, never the text.
const Placeholder = "unknown"

// Loaded is a chart with its values, as Helm hands them to the templates.
type Loaded struct {
	Root *Chart
	// Values is the coalesced tree of the root chart: .Values there, and .Values of a
	// dependency below its name (see Chart.ValuesPath). Numbers are float64, or int64 when
	// they come from --set, as in Helm. A leaf that is not known is Placeholder, whatever its
	// type may be in truth: it may as well be a map, or not be there. Where
	// something unknown may only replace a value that is known, the leaf is that likely value.
	Values map[string]any
	// Origins runs parallel to Values.
	Origins *Tree
	// Doubt is set when nothing here is certain, for its reason: a values file is missing, or
	// an argument may set anything. Values then holds what is likely, and every leaf of
	// Origins is unknown.
	Doubt *model.Value
	// Open is set when there may be more keys than those in Values, for its reason: those of
	// the running release. What is there and Known in Origins is certain all the same. A key
	// that a template asks for and that is not in Values is unknown.
	Open *model.Value
}

// Tree gives the origin of each place in a tree of values. Exactly one of Map and List is
// set for a map and a list; a leaf has neither.
type Tree struct {
	// Value of a leaf is Known, with the text that {{ . }} prints ("" for null), its trail
	// and the definitions that lost; or Unknown with its reason. Of a map or a list it is
	// Known without a text, and its trail leads to the place that decides about it. Empty
	// maps and lists have a place as well.
	Value model.Value
	Map   map[string]*Tree
	List  []*Tree
}

// At follows keys, and indices in decimal, down the tree. It gives nil when there is
// nothing.
func (t *Tree) At(path ...string) *Tree {
	for _, step := range path {
		if t == nil {
			return nil
		}
		if t.Map != nil {
			t = t.Map[step]
			continue
		}
		i, err := strconv.Atoi(step)
		if err != nil || i < 0 || i >= len(t.List) {
			return nil
		}
		t = t.List[i]
	}
	return t
}
