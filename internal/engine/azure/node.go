package azure

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
)

// node is a piece of a pipeline behind the expansion of its templates. A nil node stands for
// nothing.
type node struct {
	kind   tree.Kind
	at     pos.Span
	text   tree.Text // of a scalar
	tag    string    // of a scalar that stands in the file
	quoted bool
	typed  *value // of a scalar that an expression gave another type than text
	items  []item
	pairs  []pair
	from   string // the file that it stands in
}

// item is one entry of a list.
type item struct {
	*node
	perhaps *model.Value // set when nobody can tell whether it is there
}

// pair is one entry of a mapping.
type pair struct {
	key     string
	at      pos.Span
	value   *node
	perhaps *branch // set when nobody can tell whether it is there
}

// branch is one branch of a condition that nobody can decide.
type branch struct {
	why   model.Value
	chain int // which condition
	part  int // which of its branches
	parts int // how many branches there are, when one of them is taken for certain; else 0
}

func (n *node) isMap() bool  { return n != nil && n.kind == tree.Map }
func (n *node) isList() bool { return n != nil && n.kind == tree.List }
func (n *node) isNull() bool { return n == nil || n.kind == tree.Null }

func (n *node) span() pos.Span {
	if n == nil {
		return pos.Span{}
	}
	return n.at
}

// pair gives the entry of that name: the last one. Names are compared without their case.
func (n *node) pair(name string) (pair, bool) {
	if !n.isMap() {
		return pair{}, false
	}
	for i := len(n.pairs) - 1; i >= 0; i-- {
		if strings.EqualFold(n.pairs[i].key, name) {
			return n.pairs[i], true
		}
	}
	return pair{}, false
}

func (n *node) get(names ...string) *node {
	for _, name := range names {
		p, ok := n.pair(name)
		if !ok {
			return nil
		}
		n = p.value
	}
	return n
}

// scalar is the text of a scalar; empty for anything else.
func (n *node) scalar() tree.Text {
	if n == nil || n.kind != tree.Scalar {
		return tree.Text{}
	}
	return n.text
}

// plain is the text of a scalar that is known.
func (n *node) plain() string {
	t := n.scalar()
	if !t.Known() {
		return ""
	}
	return t.String()
}

// each gives the items of a list, or the node itself as the only one.
func (n *node) each() []item {
	switch {
	case n.isNull():
		return nil
	case n.isList():
		return n.items
	}
	return []item{{node: n}}
}

// members are what a list or a mapping holds.
func (n *node) members() []*node {
	var out []*node
	if n == nil {
		return nil
	}
	for _, i := range n.items {
		out = append(out, i.node)
	}
	for _, p := range n.pairs {
		out = append(out, p.value)
	}
	return out
}

// value is the node in an expression. A scalar without quotes that reads like true or false
// may be taken for that.
func (n *node) value() value {
	switch {
	case n.isNull():
		return value{kind: null}
	case n.kind != tree.Scalar:
		return value{kind: object, node: n}
	case n.typed != nil:
		return *n.typed
	}
	v := textValue(n.text)
	v.loose = !n.quoted && n.tag != "!!str"
	return v
}

// scalarOf is a node that an expression gave.
func scalarOf(v value, at pos.Span) *node {
	switch v.kind {
	case object:
		return v.node
	case null:
		return &node{kind: tree.Null, at: at}
	case text:
		return &node{kind: tree.Scalar, at: at, text: v.text, quoted: !v.loose, typed: nil}
	}
	return &node{kind: tree.Scalar, at: at, text: v.string(at), quoted: true, typed: &v}
}
