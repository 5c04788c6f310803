package config

import (
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/strict"
)

type terraformFields Terraform // as it is written, without its methods

// DecodeStrict reads what decides about one root module.
func (t *Terraform) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	r.Decode(n, (*terraformFields)(t))
	t.At = r.Span(n)
	if at, ok := strict.Find(n, "dir"); ok && strings.TrimSpace(t.Dir.Value) == "" && !r.FailedIn(at.Value) {
		r.Fail(at.Value, "name the directory of the root module, such as infra", "is empty, expected a directory")
	}
	if at, ok := strict.Find(n, "workspace"); ok && strings.TrimSpace(t.Workspace.Value) == "" && !r.FailedIn(at.Value) {
		r.Fail(at.Value, "name a workspace, or leave it out", "is empty, expected the name of a workspace")
	}
	if at, ok := strict.Find(n, "var-files"); ok {
		notEmpty(r, strict.Items(at.Value), "name a file, such as staging.tfvars", "is empty, expected the name of a file")
	}
}

// JSONSchema describes the fields.
func (t Terraform) JSONSchema() map[string]any {
	schema := strict.Object(reflect.TypeFor[terraformFields]())
	for _, name := range []string{"dir", "workspace"} {
		schema["properties"].(map[string]any)[name].(map[string]any)["minLength"] = 1
	}
	return schema
}

// rootVariable is what the name of a variable of a root module looks like here.
const rootVariable = `^[A-Za-z_][A-Za-z0-9_-]*$`

// DecodeStrict reads a mapping of names to plain values.
func (v *Variables) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	pairs, ok := r.Pairs(n)
	if !ok {
		return
	}
	for _, p := range pairs {
		one := Assignment{Path: strict.At[string]{Value: p.Key.Value, Span: r.Span(p.Key)}}
		switch {
		case !isRootVariable(p.Key.Value):
			r.Fail(p.Key, "use letters, digits, _ and -, and no digit first", "is not the name of a variable")
		case p.Value.Kind == yaml.MappingNode || p.Value.Kind == yaml.SequenceNode:
			r.Fail(p.Value, "write the expression as a text, such as '[\"eu\", \"us\"]'", "expected a text, a number or a boolean")
		default:
			r.Decode(p.Value, &one.Text)
		}
		*v = append(*v, one)
	}
}

func isRootVariable(name string) bool {
	return variableForm().MatchString(strings.ReplaceAll(name, "-", "_")) && !strings.HasPrefix(name, "-")
}

// JSONSchema describes the mapping.
func (v Variables) JSONSchema() map[string]any {
	return map[string]any{
		"type":                 "object",
		"propertyNames":        map[string]any{"pattern": rootVariable},
		"additionalProperties": map[string]any{"type": []any{"string", "number", "boolean"}},
	}
}
