package kustomize

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
)

// How much is marked. A build that marks change is built again with fewer.
const (
	markAll    = iota
	markSimple // of manifests, only texts that nothing looks into
	markInputs // only what generators read
	markNone
)

// marker marks the texts that go into a build. It gives a text the same number in every
// run, so that runs can be compared.
type marker struct {
	level   int
	sources *origin.Marks
	ids     map[string]origin.ID
	keys    map[origin.ID]string
	bare    map[string]bool // texts that are left unmarked, since marks changed the build
	// gone are definitions that are taken out, to see what they won over.
	gone map[string]bool
	// cuts are the texts at which replacements cut others: each part is marked by itself.
	cuts []string
	// winners tells of each number whether it may have won over another.
	winners map[origin.ID]bool
}

func newMarker() *marker {
	return &marker{
		sources: &origin.Marks{}, ids: map[string]origin.ID{}, keys: map[origin.ID]string{}, bare: map[string]bool{},
		gone: map[string]bool{}, winners: map[origin.ID]bool{},
	}
}

// wrap marks a text, which key names among all others. What it comes from is only asked
// for the first time.
func (m *marker) wrap(key, text string, winner bool, from func() model.Value) string {
	if text == "" || m.bare[key] || !origin.CanMark(text) {
		return text
	}
	id, ok := m.ids[key]
	if !ok {
		id = m.sources.Add(from())
		m.ids[key], m.keys[id], m.winners[id] = id, key, winner
	}
	return wrapParts(id, text, m.cuts)
}

// wrapParts marks the parts of a text between the cuts.
func wrapParts(id origin.ID, text string, cuts []string) string {
	if len(cuts) == 0 {
		return origin.Wrap(id, text)
	}
	parts := strings.Split(text, cuts[0])
	for i, part := range parts {
		parts[i] = wrapParts(id, part, cuts[1:])
	}
	return strings.Join(parts, cuts[0])
}

// texts is a YAML text whose leaves are marked: a file, or a patch within a kustomization.
type texts struct {
	key     string                      // names it among all others
	place   func(n *yaml.Node) pos.Span // of one of its nodes
	kind    string                      // of the hops
	changes bool                        // is a patch, which changes what others define
}

// document marks all documents of a text, and gives them back as YAML; false when there
// is nothing to mark.
func (m *marker) document(t texts, docs []*yaml.Node) ([]byte, bool) {
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	touched := false
	for i, d := range docs {
		c := copyNode(d, map[*yaml.Node]*yaml.Node{})
		w := &walk{marker: m, texts: t, doc: i}
		if len(c.Content) > 0 {
			w.root(c.Content[0])
		}
		touched = touched || w.touched
		if err := enc.Encode(c); err != nil {
			return nil, false
		}
	}
	return out.Bytes(), touched && enc.Close() == nil
}

func copyNode(n *yaml.Node, done map[*yaml.Node]*yaml.Node) *yaml.Node {
	if n == nil {
		return nil
	}
	if c, ok := done[n]; ok {
		return c
	}
	c := *n
	done[n] = &c
	c.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		c.Content[i] = copyNode(child, done)
	}
	c.Alias = copyNode(n.Alias, done)
	return &c
}

// walk marks one document.
type walk struct {
	*marker
	texts
	doc     int
	object  string // "Deployment/api", for people
	touched bool
}

// root is an object, a list of them, or a list of operations.
func (w *walk) root(n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		w.objects(n, 0)
	case yaml.SequenceNode:
		n.Style &^= yaml.FlowStyle // as JSON it would be read by another reader
		w.operations(n)
	}
}

func (w *walk) objects(n *yaml.Node, depth int) {
	if items := entry(n, "items"); items != nil && items.Kind == yaml.SequenceNode && strings.HasSuffix(scalar(entry(n, "kind")), "List") && depth < 3 {
		for _, item := range items.Content {
			w.objects(item, depth+1)
		}
		return
	}
	w.object = strings.TrimSuffix(scalar(entry(n, "kind"))+"/"+scalar(entry(entry(n, "metadata"), "name")), "/")
	kind := scalar(entry(n, "kind"))
	for _, field := range []string{"data", "stringData"} {
		if kind == "ConfigMap" || kind == "Secret" || w.changes {
			w.entries(exact(n, field), "key")
		}
	}
	w.env(n)
}

// exact gives the value of a key of a mapping.
func exact(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// entries marks the texts of a mapping.
func (w *walk) entries(n *yaml.Node, what string) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i].Value; !strings.HasPrefix(key, "$") {
			if w.leaf(n.Content[i+1], what+" "+key) {
				n.Content = append(n.Content[:i:i], n.Content[i+2:]...)
				i -= 2
			}
		}
	}
}

// env marks the values of all variables at or below a node, and the keys by which they
// refer to others.
func (w *walk) env(n *yaml.Node) {
	switch n.Kind {
	case yaml.SequenceNode:
		for _, c := range n.Content {
			w.env(c)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if v := n.Content[i+1]; n.Content[i].Value == "env" && v.Kind == yaml.SequenceNode {
				w.variables(v)
			} else {
				w.env(v)
			}
		}
	}
}

func (w *walk) variables(list *yaml.Node) {
	for _, item := range list.Content {
		w.variable(item)
	}
}

func (w *walk) variable(item *yaml.Node) {
	name := scalar(exact(item, "name"))
	if name == "" {
		return
	}
	if v := exact(item, "value"); v != nil && w.leaf(v, "env "+name) {
		drop(item, "value")
	}
	from := exact(item, "valueFrom")
	for _, kind := range []string{"secretKeyRef", "configMapKeyRef"} {
		if key := exact(exact(from, kind), "key"); key != nil && w.leaf(key, "env "+name+" "+kind) {
			drop(item, "valueFrom")
		}
	}
}

func drop(n *yaml.Node, key string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content = append(n.Content[:i:i], n.Content[i+2:]...)
			return
		}
	}
}

// leaf marks a text; true when it is to be taken out instead.
func (w *walk) leaf(n *yaml.Node, what string) (gone bool) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		return false
	}
	key := fmt.Sprintf("%s#%d:%d:%d", w.key, w.doc, n.Line, n.Column)
	if w.gone[key] {
		w.touched = true
		return true
	}
	if w.level >= markInputs || w.level == markSimple && (strings.ContainsAny(n.Value, "\n{[")) {
		return false
	}
	marked := w.wrap(key, n.Value, w.changes, func() model.Value {
		where := w.object
		if w.changes {
			where = "patch of " + where
		}
		return known(n.Value, model.Hop{At: w.place(n), Kind: w.kind, What: where + " " + what, Literal: true})
	})
	if marked != n.Value {
		n.Value, w.touched = marked, true
	}
	return false
}

// known is the source of a text that stands at a place.
func known(text string, hop model.Hop) model.Value { return model.KnownText(text, hop) }

// operations marks the values of a JSON patch.
func (w *walk) operations(list *yaml.Node) {
	w.object = "an object"
	var left []*yaml.Node
	for _, op := range list.Content {
		if scalar(exact(op, "op")) == "test" { // it held without marks
			w.touched = true
		} else if !w.operation(op) {
			left = append(left, op)
		}
	}
	list.Content = left
}

// operation marks the value of one; true when it is to be taken out.
func (w *walk) operation(op *yaml.Node) (gone bool) {
	path, value := scalar(exact(op, "path")), exact(op, "value")
	if value == nil {
		return false
	}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	last := parts[len(parts)-1]
	inEnv := strings.Contains(path+"/", "/env/")
	data := parts[0] == "data" || parts[0] == "stringData"
	switch {
	case value.Kind == yaml.ScalarNode && (inEnv && last == "value" || data && len(parts) == 2):
		return w.leaf(value, "at "+path)
	case value.Kind == yaml.MappingNode && data && len(parts) == 1:
		w.entries(value, "key")
	case value.Kind == yaml.SequenceNode && last == "env":
		w.variables(value)
	case value.Kind == yaml.MappingNode && inEnv && len(parts) > 1 && parts[len(parts)-2] == "env":
		w.variable(value)
	default:
		w.env(value)
	}
	return false
}
