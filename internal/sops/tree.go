package sops

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

type kind uint8

const (
	leaf kind = iota
	mapping
	list
)

// node is a value of a document. The MAC depends on the order of the entries.
type node struct {
	kind     kind
	names    []string // of a mapping
	children []*node
	value    any // of a leaf: string, int, float64, bool or nil
}

var errNode = errors.New("not a value that SOPS can hold")

// without takes an entry of a mapping out.
func (n *node) without(name string) {
	for i := len(n.names) - 1; i >= 0; i-- {
		if n.names[i] == name {
			n.names = append(n.names[:i:i], n.names[i+1:]...)
			n.children = append(n.children[:i:i], n.children[i+1:]...)
		}
	}
}

// comments takes the comments out of a list. Elsewhere none is a value.
func (n *node) comments() *Error {
	var left []*node
	for _, child := range n.children {
		if _, is := child.value.(comment); !is {
			left = append(left, child)
		}
	}
	if n.kind == mapping && len(left) < len(n.children) {
		return wrong(Unsupported, "holds a comment as a value")
	}
	n.children = left
	return nil
}

// add adds an entry. A name that is there already means different things to different readers.
func (n *node) add(seen map[string]bool, name string, child *node) error {
	if seen[name] {
		return errNode
	}
	seen[name] = true
	n.names, n.children = append(n.names, name), append(n.children, child)
	return nil
}

func readYAML(data []byte) (*document, *Error) {
	d := &document{emit: emitYAML}
	in := yaml.NewDecoder(bytes.NewReader(data))
	left := maxNodes
	for {
		var n yaml.Node
		err := in.Decode(&n)
		if err == io.EOF {
			break
		}
		if err != nil || n.Kind != yaml.DocumentNode || len(n.Content) != 1 || n.Content[0].Kind != yaml.MappingNode {
			return nil, wrong(Unsupported, "is not a mapping in YAML")
		}
		tree, err := fromYAML(n.Content[0], &left, 0)
		if err != nil {
			return nil, wrong(Unsupported, "holds YAML that SOPS does not write")
		}
		if len(d.trees) == 0 {
			if failed := metadataYAML(n.Content[0], &d.meta); failed != nil {
				return nil, failed
			}
		}
		tree.without("sops")
		d.trees = append(d.trees, tree)
	}
	if len(d.trees) == 0 {
		return nil, wrong(Plain, "is empty")
	}
	return d, nil
}

func metadataYAML(root *yaml.Node, out *metadata) *Error {
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value != "sops" {
			continue
		}
		if root.Content[i+1].Kind != yaml.MappingNode || root.Content[i+1].Decode(out) != nil {
			return wrong(Damaged, "has SOPS metadata of another form")
		}
		return nil
	}
	return wrong(Plain, "has no SOPS metadata")
}

func fromYAML(n *yaml.Node, left *int, depth int) (*node, error) {
	if *left--; *left < 0 || depth > maxDepth || n.Anchor != "" {
		return nil, errNode
	}
	switch n.Kind {
	case yaml.MappingNode:
		out, seen := &node{kind: mapping}, map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			child, err := fromYAML(n.Content[i+1], left, depth+1)
			if err != nil || key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str" || key.Anchor != "" || out.add(seen, key.Value, child) != nil {
				return nil, errNode
			}
		}
		return out, nil
	case yaml.SequenceNode:
		out := &node{kind: list}
		for _, item := range n.Content {
			child, err := fromYAML(item, left, depth+1)
			if err != nil {
				return nil, err
			}
			out.children = append(out.children, child)
		}
		return out, nil
	case yaml.ScalarNode:
		return scalar(n)
	}
	return nil, errNode // an alias, which sops replaces when it encrypts
}

func scalar(n *yaml.Node) (*node, error) {
	var value any
	if err := n.Decode(&value); err != nil {
		return nil, errNode
	}
	switch n.ShortTag() {
	case "!!str", "!!int", "!!float", "!!bool", "!!null":
	default:
		return nil, errNode
	}
	switch value.(type) {
	case nil, string, int, float64, bool:
		return &node{value: value}, nil
	}
	return nil, errNode
}

func readJSON(data []byte) (*document, *Error) {
	var holder struct {
		Meta *metadata `json:"sops"`
	}
	if err := json.Unmarshal(data, &holder); err != nil {
		return nil, wrong(Unsupported, "is not an object in JSON")
	}
	left := maxNodes
	in := json.NewDecoder(bytes.NewReader(data))
	tree, err := fromJSON(in, &left, 0)
	if err != nil || tree == nil || tree.kind != mapping {
		return nil, wrong(Unsupported, "holds JSON that SOPS does not write")
	}
	if holder.Meta == nil {
		return nil, wrong(Plain, "has no SOPS metadata")
	}
	tree.without("sops")
	return &document{meta: *holder.Meta, trees: []*node{tree}, emit: emitYAML}, nil
}

// fromJSON reads one value; it is nil where a list or an object ends.
func fromJSON(in *json.Decoder, left *int, depth int) (*node, error) {
	if *left--; *left < 0 || depth > maxDepth {
		return nil, errNode
	}
	token, err := in.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		out, seen := &node{kind: mapping}, map[string]bool{}
		for in.More() {
			name, err := in.Token()
			if err != nil {
				return nil, err
			}
			child, err := fromJSON(in, left, depth+1)
			if err != nil || out.add(seen, name.(string), child) != nil {
				return nil, errNode
			}
		}
		_, err := in.Token()
		return out, err
	case json.Delim('['):
		out := &node{kind: list}
		for in.More() {
			child, err := fromJSON(in, left, depth+1)
			if err != nil {
				return nil, err
			}
			out.children = append(out.children, child)
		}
		_, err := in.Token()
		return out, err
	}
	return &node{value: token}, nil
}

// emitYAML writes documents as sops does, so that their readers take every value for what it
// was.
func emitYAML(trees []*node) (string, error) {
	var b strings.Builder
	out := yaml.NewEncoder(&b)
	out.SetIndent(4)
	for _, tree := range trees {
		n, err := tree.toYAML()
		if err != nil {
			return "", err
		}
		if err := out.Encode(n); err != nil {
			return "", err
		}
	}
	if err := out.Close(); err != nil {
		return "", err
	}
	return b.String(), readBack(b.String(), trees)
}

// readBack makes sure that what is written says what was meant.
func readBack(text string, trees []*node) error {
	in := yaml.NewDecoder(strings.NewReader(text))
	for _, tree := range trees {
		var n yaml.Node
		if err := in.Decode(&n); err != nil || len(n.Content) != 1 {
			return errNode
		}
		left := maxNodes + 1
		again, err := fromYAML(n.Content[0], &left, 0)
		if err != nil || !again.equal(tree) {
			return errNode
		}
	}
	return nil
}

func (n *node) equal(m *node) bool {
	if n.kind != m.kind || !reflect.DeepEqual(append([]string{}, n.names...), append([]string{}, m.names...)) || len(n.children) != len(m.children) {
		return false
	}
	for i := range n.children {
		if !n.children[i].equal(m.children[i]) {
			return false
		}
	}
	return n.kind != leaf || (n.value == nil) == (m.value == nil) && isText(n.value) == isText(m.value) && summed(n.value) == summed(m.value)
}

func isText(value any) bool { _, ok := value.(string); return ok }

func (n *node) toYAML() (*yaml.Node, error) {
	out := &yaml.Node{}
	switch n.kind {
	case mapping:
		out.Kind = yaml.MappingNode
	case list:
		out.Kind = yaml.SequenceNode
	default:
		return out, out.Encode(n.value)
	}
	for i, child := range n.children {
		if n.kind == mapping {
			key := &yaml.Node{}
			if err := key.Encode(n.names[i]); err != nil {
				return nil, err
			}
			out.Content = append(out.Content, key)
		}
		value, err := child.toYAML()
		if err != nil {
			return nil, err
		}
		out.Content = append(out.Content, value)
	}
	return out, nil
}
