package provider

import (
	"maps"
	"math"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/strict"
)

// Body is a JSON document whose texts are Templates. Names of fields are no templates;
// numbers, booleans and null stay what they are.
type Body struct{ Value any }

// DecodeStrict reads the document and refuses what JSON does not have.
func (b *Body) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	r.Decode(n, &b.Value)
	b.Value = checkBody(r, n, b.Value)
}

func checkBody(r *strict.Reader, n *yaml.Node, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, item := range v {
			v[name] = checkBody(r, childNode(n, name), item)
		}
	case []any:
		for i, item := range v {
			at := n
			if n.Kind == yaml.SequenceNode && i < len(n.Content) {
				at = n.Content[i]
			}
			v[i] = checkBody(r, at, item)
		}
	case string:
		if _, err := Template(v).pieces(); err != nil {
			r.Fail(n, templateAdvice, "%v", err)
		}
	case time.Time:
		r.Fail(n, "put it in quotes", "is a date, which JSON does not have")
		return nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			r.Fail(n, "put it in quotes", "is a number that JSON does not have")
			return nil
		}
	}
	return v
}

// childNode finds the node of a field, or the mapping itself when the field came in by
// a merge or an alias.
func childNode(n *yaml.Node, name string) *yaml.Node {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == name {
				return n.Content[i+1]
			}
		}
	}
	return n
}

// JSONSchema describes a body: any JSON.
func (b Body) JSONSchema() map[string]any {
	return map[string]any{"description": "JSON whose texts may hold ${NAME}, another variable, and $name, a part of the credential"}
}

// Variables lists the variables that the body needs, in order, each once.
func (b Body) Variables() []string {
	return b.names(func(t Template) []string { return t.Variables() })
}

// Parts lists the parts of the credential that the body needs, in order, each once.
func (b Body) Parts() []string { return b.names(func(t Template) []string { return t.Parts() }) }

func (b Body) names(of func(Template) []string) []string {
	var out []string
	mapTexts(b.Value, func(t Template) string {
		out = append(out, of(t)...)
		return ""
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// Expand fills in variables and parts and returns a document of its own. What a
// function does not have is listed in missing, as [Template.Expand] does.
func (b Body) Expand(variable, part func(string) (string, bool)) (doc any, missing []string) {
	doc = mapTexts(b.Value, func(t Template) string {
		text, lacks := t.Expand(variable, part)
		missing = append(missing, lacks...)
		return text
	})
	slices.Sort(missing)
	return doc, slices.Compact(missing)
}

// mapTexts copies a document with every text replaced, in the order of the fields' names.
func mapTexts(v any, replace func(Template) string) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			out[name] = mapTexts(v[name], replace)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = mapTexts(item, replace)
		}
		return out
	case string:
		return replace(Template(v))
	}
	return v
}
