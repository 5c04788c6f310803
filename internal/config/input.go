package config

import (
	"fmt"
	"io"
	"reflect"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
)

type inputFields Input // as it is written, without its methods

// DecodeStrict reads exactly one of env and value.
func (i *Input) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		r.Fail(n, "write {env: NAME} to read a variable, or {value: text}", "expected a mapping with env or value")
		return
	}
	r.Decode(n, (*inputFields)(i))
	if n.Kind != yaml.MappingNode {
		return
	}
	env, hasEnv := strict.Find(n, "env")
	_, hasValue := strict.Find(n, "value")
	switch {
	case hasEnv && hasValue:
		r.Fail(n, "keep one of the two", `expected one of "env" and "value", found both`)
	case !hasEnv && !hasValue:
		r.Fail(n, "write {env: NAME} to read a variable, or {value: text}", `expected one of "env" and "value", found neither`)
	case hasEnv && i.Env != "":
		checkVariable(r, env.Value, i.Env)
	case hasEnv && env.Value.Kind == yaml.ScalarNode && env.Value.ShortTag() == "!!str":
		checkVariable(r, env.Value, "")
	}
}

// JSONSchema describes the two ways to write it.
func (i Input) JSONSchema() map[string]any {
	schema := strict.Object(reflect.TypeFor[inputFields]())
	schema["minProperties"], schema["maxProperties"] = 1, 1
	env := schema["properties"].(map[string]any)["env"].(map[string]any)
	env["pattern"] = variablePattern
	return schema
}

// Format prints no value: an input may be a key, written down where it should not be.
func (i Input) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, secret.Redacted) }

// MarshalJSON is as careful as Format.
func (i Input) MarshalJSON() ([]byte, error) { return []byte(`"` + secret.Redacted + `"`), nil }

// DecodeStrict reads a day.
func (d *Date) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	day, err := time.Parse(time.DateOnly, n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		r.Fail(n, "write it like 2026-12-31", "is not a day")
		return
	}
	d.Time = day
}

// JSONSchema describes a day.
func (d Date) JSONSchema() map[string]any {
	return map[string]any{"type": "string", "format": "date", "pattern": `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`}
}
