package helm

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/lazy"
)

// sameForm compares two texts of YAML that stand for each other. When they differ in nothing
// but values, it gives the places of those in a, and reports true. With all, it gives those
// of all values: some of b are not known.
func sameForm(a, b string, all bool) ([][2]int, bool) {
	if edges(a) != edges(b) || len(a)+len(b) > maxText {
		return nil, false
	}
	var from, to yaml.Node
	if yaml.Unmarshal([]byte(a), &from) != nil || yaml.Unmarshal([]byte(b), &to) != nil || strings.Contains(a+b, "\n---") {
		return nil, false
	}
	f := form{places: newPlaces([]byte(a)), all: all}
	if !f.alike(&from, &to, 0) {
		return nil, false
	}
	return f.differing, true
}

// isFormed reports whether what is not known of a text lies in its values alone.
func (e *eval) isFormed(v *val) bool {
	text := v.v.(string)
	for _, p := range v.p {
		if !e.isUnknown(p.id) {
			continue
		}
		if p.extra != nil || e.notes[p.id].maybe || strings.Contains(text[p.start:p.end], "\n") {
			return false
		}
		before, behind := text[:p.start], text[p.end:]
		before = before[strings.LastIndexByte(before, '\n')+1:]
		behind, _, _ = strings.Cut(behind, "\n")
		if namesThing().MatchString(before) || strings.Contains(text[p.start:p.end]+behind+" ", ": ") {
			return false
		}
	}
	return len(e.unknowns(v.src)) == 0
}

var namesThing = lazy.Regexp(`\b(?:name|kind|apiVersion|namespace)["']?:[^,}]*$`)

// edges are the blanks at both ends of a text: they say how it hangs together with the rest.
func edges(text string) [2]string {
	kept := strings.TrimLeft(text, " \t\n")
	head := text[:len(text)-len(kept)]
	return [2]string{head, kept[len(strings.TrimRight(kept, " \t\n")):]}
}

// form compares nodes of two texts.
type form struct {
	places    *places
	all       bool
	differing [][2]int
}

func (f *form) alike(a, b *yaml.Node, depth int) bool {
	if a.Kind != b.Kind || a.Column != b.Column || len(a.Content) != len(b.Content) || depth > deepest {
		return false
	}
	if a.Kind == yaml.AliasNode || a.Anchor != "" || b.Anchor != "" {
		return false
	}
	for i := range a.Content {
		x, y := a.Content[i], b.Content[i]
		if a.Kind == yaml.MappingNode && i%2 == 0 {
			if x.Kind != yaml.ScalarNode || y.Kind != yaml.ScalarNode || x.Value != y.Value || x.Value == "name" && a.Content[i+1].Value != b.Content[i+1].Value {
				return false
			}
			continue
		}
		if a.Kind == yaml.MappingNode && a.Content[i-1].Value == "name" && x.Kind == yaml.ScalarNode && y.Kind == yaml.ScalarNode {
			continue // they are equal
		}
		inner := a.Kind == yaml.MappingNode && x.Kind == yaml.ScalarNode && y.Kind == yaml.ScalarNode
		if inner && !f.value(x, y) || !inner && !f.alike(x, y, depth+1) {
			return false
		}
	}
	return a.Kind != yaml.ScalarNode || f.value(a, b)
}

// value compares two scalars. One that has no bytes cannot be marked.
func (f *form) value(a, b *yaml.Node) bool {
	if !f.all && a.Value == b.Value && a.ShortTag() == b.ShortTag() {
		return true
	}
	start, end := f.places.span(a)
	f.differing = append(f.differing, [2]int{start, end})
	return start < end && a.Value != "" && b.Value != ""
}
