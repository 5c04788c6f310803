// Package tree reads the YAML files of pipelines as trees in which every piece knows its
// place, and keeps texts that are put together from such pieces and from values.
package tree

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// Kind is what a node is.
type Kind uint8

// The kinds of nodes.
const (
	Null Kind = iota // nothing stands there
	Scalar
	List
	Map
)

// The limits of one file.
const (
	maxNodes = 100_000
	maxDepth = 150
)

// Node is one piece of a file. Aliases are followed and merges are done, so that one node
// may stand in several places: whoever walks over a tree counts its steps. All methods
// take a nil node for [Null].
type Node struct {
	Kind   Kind
	At     pos.Span
	Value  string // of a scalar
	Tag    string // of a scalar: "!!str", "!!int", "!!bool", "!!float", …
	Quoted bool   // the scalar stands in quotes or in a block
	Own    string // a tag of the file's own language, such as !reset; empty for YAML's
	Items  []*Node
	Pairs  []Pair

	place func(start, end int) pos.Span
}

// Pair is one entry of a mapping.
type Pair struct{ Key, Value *Node }

// Load reads a file with one YAML document. The node is nil when there is none.
func Load(files repo.Files, name string) (*Node, []model.Problem) {
	data, err := files.Read(name)
	if err != nil {
		kind := error(repo.ErrRead)
		var e *repo.Error
		if errors.As(err, &e) {
			kind = e.Kind
		}
		return nil, []model.Problem{{
			At: pos.Span{File: name}, Message: fmt.Sprintf("%s, expected a file of a pipeline", kind), Fix: "correct the path",
		}}
	}
	return Parse(name, data)
}

// Parse reads one YAML document.
func Parse(name string, data []byte) (*Node, []model.Problem) {
	l := loader{name: name, text: string(data), index: pos.NewIndex(data), made: map[*yaml.Node]*Node{}}
	problems := strict.Decode(name, data, &l)
	return l.root, problems
}

type loader struct {
	name  string
	text  string
	index *pos.Index
	made  map[*yaml.Node]*Node
	full  bool
	root  *Node
}

// DecodeStrict implements [strict.Decoder].
func (l *loader) DecodeStrict(r *strict.Reader, n *yaml.Node) { l.root = l.node(r, n, 0) }

func (l *loader) node(r *strict.Reader, n *yaml.Node, depth int) *Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if made, ok := l.made[n]; ok {
		return made // nil within itself
	}
	if depth > maxDepth || len(l.made) > maxNodes {
		if !l.full {
			r.Fail(n, "split it up", "is nested too deeply, or too large, to be read")
		}
		l.full = true
		return nil
	}
	l.made[n] = nil
	out := &Node{At: r.Span(n)}
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		out.Own = n.Tag
	}
	switch n.Kind {
	case yaml.MappingNode:
		out.Kind, out.Pairs = Map, l.pairs(r, n, depth)
	case yaml.SequenceNode:
		out.Kind = List
		for _, item := range n.Content {
			out.Items = append(out.Items, l.node(r, item, depth+1))
		}
	default:
		l.scalar(out, n)
	}
	l.made[n] = out
	return out
}

func (l *loader) scalar(out *Node, n *yaml.Node) {
	out.Tag, out.Quoted = n.ShortTag(), n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	if out.Tag == "!!null" && !out.Quoted {
		return
	}
	out.Kind, out.Value = Scalar, n.Value
	out.place = l.places(out, n)
}

// pairs lists the entries of a mapping; behind its own come those that are merged in. Of a
// name that stands twice the last entry counts, except for names with an expression, of which
// each may be meant.
func (l *loader) pairs(r *strict.Reader, n *yaml.Node, depth int) []Pair {
	var own, merged []Pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.ScalarNode && key.ShortTag() == "!!merge" {
			merged = append(merged, l.merged(l.node(r, value, depth+1))...)
			continue
		}
		if k := l.node(r, key, depth+1); k != nil {
			if k.Kind == Null { // such as ~: an empty name
				k.Kind = Scalar
			}
			own = append(own, Pair{k, l.node(r, value, depth+1)})
		}
	}
	has := map[string]bool{}
	for _, p := range own {
		has[p.Key.Value] = p.Value == nil || p.Value.Own != "!reset" // of compose files: as if it were not there
	}
	for _, p := range merged {
		if !has[p.Key.Value] {
			has[p.Key.Value] = true
			own = append(own, p)
		}
	}
	return own
}

func (l *loader) merged(n *Node) []Pair {
	if n.IsList() {
		var out []Pair
		for _, item := range n.Items {
			if item.IsMap() {
				out = append(out, item.Pairs...)
			}
		}
		return out
	}
	if n.IsMap() {
		return n.Pairs
	}
	return nil
}

// IsNull reports whether nothing stands there.
func (n *Node) IsNull() bool { return n == nil || n.Kind == Null }

// IsScalar reports whether n is a text, number, true or false.
func (n *Node) IsScalar() bool { return n != nil && n.Kind == Scalar }

// IsList reports whether n is a list.
func (n *Node) IsList() bool { return n != nil && n.Kind == List }

// IsMap reports whether n is a mapping.
func (n *Node) IsMap() bool { return n != nil && n.Kind == Map }

// Pair gives the entry of that name in a mapping: the last one.
func (n *Node) Pair(name string) (Pair, bool) {
	if !n.IsMap() {
		return Pair{}, false
	}
	for i := len(n.Pairs) - 1; i >= 0; i-- {
		if n.Pairs[i].Key.IsScalar() && n.Pairs[i].Key.Value == name {
			return n.Pairs[i], true
		}
	}
	return Pair{}, false
}

// Get gives what stands under the names, one within the other; nil when there is none.
func (n *Node) Get(names ...string) *Node {
	for _, name := range names {
		p, ok := n.Pair(name)
		if !ok {
			return nil
		}
		n = p.Value
	}
	return n
}

// Text is the text of a scalar, and empty for anything else.
func (n *Node) Text() string {
	if !n.IsScalar() {
		return ""
	}
	return n.Value
}

// Each gives the items of a list, or the node itself as the only one of a list that is
// written without being one; nothing for null.
func (n *Node) Each() []*Node {
	switch {
	case n.IsNull():
		return nil
	case n.IsList():
		return n.Items
	}
	return []*Node{n}
}

// Place gives the place of a stretch of a scalar's text, in bytes.
func (n *Node) Place(start, end int) pos.Span {
	if n == nil {
		return pos.Span{}
	}
	if n.place == nil {
		return n.At
	}
	return n.place(start, end)
}

// Span is the place of a node; nowhere for nil.
func (n *Node) Span() pos.Span {
	if n == nil {
		return pos.Span{}
	}
	return n.At
}
