package gitlab

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// kind is what a node is, as Ruby has it after reading the file.
type kind uint8

const (
	null kind = iota
	scalar
	list
	mapping
	reference // !reference [a, b]
)

// node is one value of the configuration: what GitLab keeps of the YAML, with its place.
// Nodes are never changed once they are made, so that anchors, extends and references can
// share them.
type node struct {
	kind   kind
	text   string       // of a scalar: as Ruby prints it
	class  class        // of a scalar
	value  *model.Value // of a scalar that an input was put into and that is not known
	hops   []model.Hop  // of a scalar that an input was put into: where the input was given
	items  []*node      // of a list, and the path of a reference
	keys   []string     // of a mapping, in order
	fields map[string]*node
	names  map[string]*node // the keys themselves, for their places
	mixed  bool             // there is a reference in it
	src    *source
	yaml   *yaml.Node
}

// source is one file of the pipeline.
type source struct {
	name  string
	text  string
	index *pos.Index
}

// at is the place of a node.
func (n *node) at() pos.Span {
	if n == nil || n.src == nil || n.yaml == nil {
		return pos.Span{}
	}
	start := n.src.index.Offset(n.yaml.Line, n.yaml.Column)
	end := start
	if n.yaml.Kind == yaml.ScalarNode && n.yaml.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		end = strict.ScalarEnd(n.src.text, start, n.yaml)
	}
	return n.src.index.Span(n.src.name, start, end)
}

// get is the field of a mapping that path leads to; nil when there is none. A null counts
// as none.
func (n *node) get(path ...string) *node {
	for _, name := range path {
		if n == nil || n.kind != mapping {
			return nil
		}
		n = n.fields[name]
	}
	if n == nil || n.kind == null {
		return nil
	}
	return n
}

// has reports whether a mapping has the field, be it null.
func (n *node) has(name string) bool {
	if n == nil || n.kind != mapping {
		return false
	}
	_, ok := n.fields[name]
	return ok
}

// keyAt is the place of a key.
func (n *node) keyAt(name string) pos.Span {
	if k := n.names[name]; k != nil {
		return k.at()
	}
	return n.at()
}

// isText reports whether n is a scalar whose text is known.
func (n *node) isText() bool { return n != nil && n.kind == scalar && n.value == nil }

// word is the known text of a scalar; empty for anything else.
func (n *node) word() string {
	if n.isText() {
		return n.text
	}
	return ""
}

// words are the known texts of a scalar or of a list of them, lists within lists included.
func (n *node) words() []string {
	var out []string
	for _, item := range n.flat(maxNested) {
		if item.isText() {
			out = append(out, item.text)
		}
	}
	return out
}

// maxNested is how deep lists may be nested where GitLab flattens them.
const maxNested = 10

// maxFlat is how many values a list may hold, lists within it unfolded: aliases make a
// short list a long one.
const maxFlat = 10_000

// flat lists the scalars and mappings of a list, lists within it unfolded; a scalar or a
// mapping is a list of its own.
func (n *node) flat(depth int) []*node {
	u := unfolding{left: maxFlat}
	u.add(n, depth)
	return u.out
}

type unfolding struct {
	out  []*node
	left int // values that may still be looked at
}

func (u *unfolding) add(n *node, depth int) {
	if u.left--; n == nil || n.kind == null || depth < 0 || u.left < 0 {
		return
	}
	if n.kind != list {
		u.out = append(u.out, n)
		return
	}
	for _, item := range n.items {
		if u.left < 0 {
			return
		}
		u.add(item, depth-1)
	}
}

// scalarValue is the value of a scalar, which stands there as what.
func (n *node) scalarValue(what string) model.Value {
	hop := model.Hop{At: n.at(), Kind: model.KindGitLab, What: what}
	if n.value != nil {
		return n.value.Via(hop)
	}
	if len(n.hops) == 0 {
		hop.Literal = true
		return model.KnownText(n.text, hop)
	}
	v := model.KnownText(n.text, n.hops[0])
	for _, h := range n.hops[1:] {
		v = v.Via(h)
	}
	return v.Via(hop)
}

// newMapping makes a mapping without fields, which stands where like stands.
func newMapping(like *node) *node {
	return &node{kind: mapping, fields: map[string]*node{}, names: map[string]*node{}, src: like.src, yaml: like.yaml}
}

// set puts a field into a mapping that is being made.
func (n *node) set(key string, name, value *node) {
	if _, ok := n.fields[key]; !ok {
		n.keys = append(n.keys, key)
	}
	n.fields[key], n.names[key] = value, name
	n.mixed = n.mixed || value.mixed
}

// merger merges within a budget: short files can unfold to huge ones.
type merger struct{ left int }

// maxMerged is how many fields all merges of one pipeline may touch.
const maxMerged = 2_000_000

// deep lays over on base: mappings are merged, anything else is replaced.
func (m *merger) deep(base, over *node) *node {
	if base == nil || base.kind != mapping || over.kind != mapping || m.left <= 0 {
		return over
	}
	m.left -= len(base.keys) + len(over.keys) + 1
	out := &node{kind: mapping, src: over.src, yaml: over.yaml, keys: slices.Clone(base.keys)}
	out.fields = make(map[string]*node, len(base.keys)+len(over.keys))
	out.names = make(map[string]*node, len(base.keys)+len(over.keys))
	for _, key := range base.keys {
		out.fields[key], out.names[key] = base.fields[key], base.names[key]
	}
	out.mixed = base.mixed
	for _, key := range over.keys {
		value := over.fields[key]
		if under, ok := out.fields[key]; ok {
			value = m.deep(under, value)
		}
		out.set(key, over.names[key], value)
	}
	return out
}

// without gives a mapping without one of its fields.
func (n *node) without(key string) *node {
	if !n.has(key) {
		return n
	}
	out := newMapping(n)
	for _, k := range n.keys {
		if k != key {
			out.set(k, n.names[k], n.fields[k])
		}
	}
	return out
}
