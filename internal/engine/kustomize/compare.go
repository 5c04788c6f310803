package kustomize

import (
	"encoding/base64"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/origin"
)

// hashed is the name of a generated object, with the hash of its content.
var hashed = lazy.Regexp(`^(.*)-[bcdfghkmt2456789]{10}$`)

// withoutHash gives a name without the hash of its content.
func withoutHash(name string) string {
	if m := hashed().FindStringSubmatch(name); m != nil {
		return m[1]
	}
	return name
}

// found is a scalar of the outcome whose text came from marked ones.
type found struct {
	node   *yaml.Node // in the outcome without marks
	pieces []origin.Piece
	coded  bool   // the pieces are of the text that the scalar holds in base64
	place  string // names it among the scalars of all builds
}

// comparison lays a build with marks over the same one without.
type comparison struct {
	equal bool
	blame []origin.ID // marks that stand where the builds differ
	names map[string]string

	places map[string][]found // by object
	leaves map[string][]origin.ID
	object string
}

// compare finds the places of the marked texts. The builds must agree in all but the
// marks, and the hashes in names.
func compare(plain, marked []object) *comparison {
	c := &comparison{equal: len(plain) == len(marked), names: map[string]string{}, places: map[string][]found{}, leaves: map[string][]origin.ID{}}
	seen := map[string]int{}
	for i := 0; i < len(plain) && c.equal; i++ {
		key := plain[i].key()
		seen[key]++
		c.object = fmt.Sprint(key, "#", seen[key])
		p, m := rootOf(plain[i].yaml), rootOf(marked[i].yaml)
		if p == nil || m == nil {
			c.equal = false
			break
		}
		c.walk(p, m, "")
	}
	return c
}

// key names an object among those of other builds of the same overlay.
func (o object) key() string { return o.kind + "/" + o.namespace + "/" + withoutHash(o.name) }

func rootOf(text string) *yaml.Node {
	docs, bad := decode([]byte(text))
	if bad != nil || len(docs) != 1 || len(docs[0].Content) != 1 {
		return nil
	}
	return docs[0].Content[0]
}

func (c *comparison) walk(p, m *yaml.Node, path string) {
	if p.Kind != m.Kind || len(p.Content) != len(m.Content) {
		c.differ(m)
		return
	}
	switch p.Kind {
	case yaml.ScalarNode:
		c.scalar(p, m, path)
	case yaml.MappingNode:
		for i := 0; i+1 < len(p.Content); i += 2 {
			if p.Content[i].Value != m.Content[i].Value {
				c.differ(m)
				return
			}
			c.walk(p.Content[i+1], m.Content[i+1], path+"/"+p.Content[i].Value)
		}
	default:
		for i, name := range itemNames(p) {
			c.walk(p.Content[i], m.Content[i], path+"/"+name)
		}
	}
}

// itemNames names the items of a list: those with names of their own keep them when
// others come and go.
func itemNames(list *yaml.Node) []string {
	names := make([]string, len(list.Content))
	seen := map[string]int{}
	for i, item := range list.Content {
		name := "[" + withoutHash(scalar(exact(item, "name"))) + "]"
		if name == "[]" {
			name = fmt.Sprintf("[%d]", i)
		}
		if seen[name]++; seen[name] > 1 {
			name = fmt.Sprintf("%s%d", name, seen[name])
		}
		names[i] = name
	}
	return names
}

func (c *comparison) differ(m *yaml.Node) {
	c.equal = false
	c.blame = append(c.blame, idsWithin(m)...)
}

func idsWithin(n *yaml.Node) []origin.ID {
	ids := origin.IDs(n.Value)
	if text, ok := decoded(n.Value); ok {
		ids = append(ids, origin.IDs(text)...)
	}
	for _, child := range n.Content {
		ids = append(ids, idsWithin(child)...)
	}
	return ids
}

func (c *comparison) scalar(p, m *yaml.Node, path string) {
	if p.ShortTag() != m.ShortTag() {
		c.differ(m)
		return
	}
	if origin.IsMarked(m.Value) {
		text, pieces := origin.Strip(m.Value)
		if text != p.Value {
			c.differ(m)
		} else if origin.IsWhole(m.Value) {
			c.found(found{node: p, pieces: pieces}, path)
		}
		return
	}
	if p.Value == m.Value {
		return
	}
	if text, ok := decoded(m.Value); ok && origin.IsMarked(text) {
		bare, pieces := origin.Strip(text)
		if want, ok := decoded(p.Value); !ok || want != bare {
			c.differ(m)
		} else if origin.IsWhole(text) {
			c.found(found{node: p, pieces: pieces, coded: true}, path)
		}
		return
	}
	if !c.renamed(p.Value, m.Value) {
		c.differ(m)
	}
}

// renamed reports whether two names differ in the hash alone, and always in the same way.
func (c *comparison) renamed(p, m string) bool {
	a, b := hashed().FindStringSubmatch(p), hashed().FindStringSubmatch(m)
	if a == nil || b == nil || a[1] != b[1] {
		return false
	}
	known, ok := c.names[m]
	c.names[m] = p
	return !ok || known == p
}

// decoded reads base64, which may go over several lines.
func decoded(text string) (string, bool) {
	data, err := base64.StdEncoding.DecodeString(strings.Map(func(r rune) rune {
		if r == '\n' || r == ' ' {
			return -1
		}
		return r
	}, text))
	return string(data), err == nil
}

func (c *comparison) found(f found, path string) {
	f.place = c.object + path
	c.places[c.object] = append(c.places[c.object], f)
	for _, piece := range f.pieces {
		c.leaves[f.place] = append(c.leaves[f.place], piece.ID)
	}
}
