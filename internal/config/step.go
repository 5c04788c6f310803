package config

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/strict"
)

type stepFields Step // as it is written, without its methods

// DecodeStrict reads a step of exactly one kind.
func (s *Step) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	pairs, ok := r.Pairs(n)
	if !ok {
		return
	}
	s.At = r.Span(n)
	var kinds []string
	for _, p := range pairs {
		if slices.Contains(stepKinds(), p.Key.Value) {
			kinds = append(kinds, p.Key.Value)
		}
	}
	if len(pairs) > 0 {
		r.Decode(n, (*stepFields)(s))
	}
	s.checkKinds(r, n, kinds, len(pairs))
}

// stepKinds lists all kinds of steps.
func stepKinds() []string {
	var kinds []string
	for f := range reflect.TypeFor[Step]().Fields() {
		if name := f.Tag.Get("yaml"); name != "" && name != "-" {
			kinds = append(kinds, name)
		}
	}
	return kinds
}

func (s *Step) checkKinds(r *strict.Reader, n *yaml.Node, kinds []string, fields int) {
	switch {
	case len(kinds) > 1:
		r.Fail(n, "make each a step of its own, beginning with a dash", "expected one kind of step, found %s", strings.Join(kinds, " and "))
	case fields == 0:
		r.Fail(n, "write one of: "+strings.Join(stepKinds(), ", "), "expected one kind of step, found none")
	case s.Run != nil && strings.TrimSpace(s.Run.Value) == "" && !r.FailedIn(valueOf(n, "run")):
		r.Fail(valueOf(n, "run"), "write a command line, such as ./scripts/deploy.sh staging", "is empty, expected a command line")
	case s.Kustomize != nil && strings.TrimSpace(s.Kustomize.Value) == "" && !r.FailedIn(valueOf(n, "kustomize")):
		r.Fail(valueOf(n, "kustomize"), "write a directory, such as overlays/staging", "is empty, expected the directory of a kustomization")
	case s.Plan != nil && strings.TrimSpace(s.Plan.Value) == "" && !r.FailedIn(valueOf(n, "terraform-plan")):
		r.Fail(valueOf(n, "terraform-plan"), "write a file, such as plan.json", "is empty, expected the file of a plan")
	}
}

// valueOf is the value of a field, or n itself without one.
func valueOf(n *yaml.Node, field string) *yaml.Node {
	if p, ok := strict.Find(n, field); ok {
		return p.Value
	}
	return n
}

// JSONSchema describes a step of this version.
func (s Step) JSONSchema() map[string]any {
	schema := strict.Object(reflect.TypeFor[stepFields]())
	schema["minProperties"], schema["maxProperties"] = 1, 1
	return schema
}

type dotenvFields Dotenv // likewise

// DecodeStrict reads one name, a list of names, or a mapping.
func (d *Dotenv) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	files := n
	switch n.Kind {
	case yaml.ScalarNode:
		var file strict.At[string]
		r.Decode(n, &file)
		d.Files = []strict.At[string]{file}
	case yaml.SequenceNode:
		r.Decode(n, &d.Files)
	default:
		r.Decode(n, (*dotenvFields)(d))
		p, ok := strict.Find(n, "files")
		if !ok {
			return
		}
		files = p.Value
	}
	d.checkFiles(r, files)
}

func (d *Dotenv) checkFiles(r *strict.Reader, n *yaml.Node) {
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		r.Fail(n, "name at least one file, such as .env", "is an empty list")
	}
	for _, file := range d.Files {
		if file.Span.IsValid() && file.Value == "" && n.Tag != "!!null" {
			r.FailAt(file.Span, "name a file, such as .env", "is empty, expected the name of a file")
		}
	}
}

// JSONSchema describes the three ways to write it.
func (d Dotenv) JSONSchema() map[string]any {
	file := map[string]any{"type": []any{"string", "number", "boolean"}, "minLength": 1}
	files := map[string]any{"type": "array", "items": file, "minItems": 1}
	mapping := strict.Object(reflect.TypeFor[dotenvFields]())
	mapping["properties"].(map[string]any)["files"] = files
	return map[string]any{"anyOf": []any{file, files, mapping}}
}
