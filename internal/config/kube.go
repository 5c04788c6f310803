package config

import (
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/strict"
)

type helmFields Helm // as it is written, without its methods

// DecodeStrict reads the flags of one release.
func (h *Helm) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	r.Decode(n, (*helmFields)(h))
	if at, ok := strict.Find(n, "chart"); ok && strings.TrimSpace(h.Chart.Value) == "" && !r.FailedIn(at.Value) {
		r.Fail(at.Value, "name the directory of the chart, such as charts/shop", "is empty, expected a chart")
	}
	if at, ok := strict.Find(n, "values"); ok {
		notEmpty(r, strict.Items(at.Value), "name a file, such as charts/shop/values-staging.yaml", "is empty, expected the name of a file")
	}
}

// JSONSchema describes the flags.
func (h Helm) JSONSchema() map[string]any {
	schema := strict.Object(reflect.TypeFor[helmFields]())
	schema["properties"].(map[string]any)["chart"].(map[string]any)["minLength"] = 1
	return schema
}

// DecodeStrict reads a mapping of paths to plain values.
func (a *Assignments) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	pairs, ok := r.Pairs(n)
	if !ok {
		return
	}
	for _, p := range pairs {
		one := Assignment{Path: strict.At[string]{Value: p.Key.Value, Span: r.Span(p.Key)}}
		switch name := p.Key.Value; {
		case strings.TrimSpace(name) == "" || strings.ContainsAny(name, "=,{}"):
			r.Fail(p.Key, "write a path such as image.tag", "is not the path of a value")
		case isNull(p.Value):
			one.Text = strict.At[string]{Value: "null", Span: r.Span(p.Value)}
		default:
			r.Decode(p.Value, &one.Text)
		}
		*a = append(*a, one)
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// JSONSchema describes the mapping.
func (a Assignments) JSONSchema() map[string]any {
	return map[string]any{
		"type":                 "object",
		"propertyNames":        map[string]any{"pattern": `^[^=,{}]*[^=,{}\s][^=,{}]*$`},
		"additionalProperties": map[string]any{"type": []any{"string", "number", "boolean", "null"}},
	}
}

// DecodeStrict reads one pattern, or a list of them.
func (m *Manifests) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	m.At = r.Span(n)
	if n.Kind == yaml.ScalarNode {
		var pattern strict.At[string]
		r.Decode(n, &pattern)
		m.Patterns = []strict.At[string]{pattern}
		notEmpty(r, []*yaml.Node{n}, patternFix, patternEmpty)
		return
	}
	r.Decode(n, &m.Patterns)
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		r.Fail(n, patternFix, "is an empty list")
	}
	notEmpty(r, strict.Items(n), patternFix, patternEmpty)
}

const (
	patternFix   = "name files, such as k8s/staging/*.yaml"
	patternEmpty = "is empty, expected the names of files"
)

func notEmpty(r *strict.Reader, items []*yaml.Node, fix, message string) {
	for _, item := range items {
		if item.Kind == yaml.ScalarNode && strings.TrimSpace(item.Value) == "" && !r.FailedIn(item) {
			r.Fail(item, fix, "%s", message)
		}
	}
}

// JSONSchema describes both ways to write it.
func (m Manifests) JSONSchema() map[string]any {
	pattern := map[string]any{"type": []any{"string", "number", "boolean"}, "minLength": 1}
	return map[string]any{"anyOf": []any{pattern, map[string]any{"type": "array", "items": pattern, "minItems": 1}}}
}
