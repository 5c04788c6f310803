package strict

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
)

// Describer is a type that describes itself in a JSON Schema. Whoever decodes itself
// should; a [Decoder] that does not is described as anything.
type Describer interface {
	JSONSchema() map[string]any
}

// inner is how an [At] is described: as the value that it holds.
type inner interface{ innerType() reflect.Type }

func (At[T]) innerType() reflect.Type { return reflect.TypeFor[T]() }

// Schema gives the JSON Schema (draft-07) of the files that [Decode] reads into a t.
// Every named struct stands once, under "definitions". Encoded by encoding/json the
// outcome is always the same, since that sorts the names.
func Schema(t reflect.Type) map[string]any {
	g := &generator{definitions: map[string]any{}}
	root := g.object(t)
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	if len(g.definitions) > 0 {
		root["definitions"] = g.definitions
	}
	return root
}

// Object describes the fields of a struct without definitions, for the JSONSchema of
// types that are written in several ways.
func Object(t reflect.Type) map[string]any { return (&generator{}).object(t) }

type generator struct {
	definitions map[string]any // nil: everything in place
	within      []reflect.Type
}

func (g *generator) object(t reflect.Type) map[string]any {
	g.within = append(g.within, t)
	defer func() { g.within = g.within[:len(g.within)-1] }()
	properties := map[string]any{}
	var required []any
	for _, f := range fieldsOf(t) {
		schema := g.of(t.Field(f.index).Type, f.enum)
		if f.names != "" {
			schema["propertyNames"] = map[string]any{"pattern": f.names}
		}
		properties[f.name] = described(schema, f.doc)
		if f.required {
			required = append(required, f.name)
		}
	}
	out := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

// described adds a description. Nothing may stand beside a reference.
func described(schema map[string]any, doc string) map[string]any {
	if doc == "" {
		return schema
	}
	if _, isRef := schema["$ref"]; isRef {
		schema = map[string]any{"allOf": []any{schema}}
	}
	schema["description"] = doc
	return schema
}

func (g *generator) of(t reflect.Type, enum string) map[string]any {
	zero := reflect.New(t).Interface()
	if at, ok := zero.(inner); ok {
		return g.of(at.innerType(), enum)
	}
	if d, ok := zero.(Describer); ok {
		return g.define(t, func() map[string]any { return d.JSONSchema() })
	}
	if _, ok := zero.(Decoder); ok {
		return map[string]any{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return g.of(t.Elem(), enum)
	case reflect.Struct:
		return g.define(t, func() map[string]any { return g.object(t) })
	case reflect.Map:
		out := map[string]any{"type": "object", "additionalProperties": g.of(t.Elem(), "")}
		if d, ok := reflect.New(t.Key()).Interface().(Describer); ok {
			out["propertyNames"] = d.JSONSchema()
		}
		return out
	case reflect.Slice:
		return map[string]any{"type": "array", "items": g.of(t.Elem(), enum)}
	}
	return scalarSchema(t, enum)
}

// define puts the description of a named struct among the definitions and refers to it.
// A struct within itself is always a reference, or anything where nothing can be referred to.
func (g *generator) define(t reflect.Type, describe func() map[string]any) map[string]any {
	for _, outer := range g.within {
		if outer == t && g.definitions == nil {
			return map[string]any{}
		}
	}
	if g.definitions == nil || t.Kind() != reflect.Struct || t.Name() == "" {
		return maps.Clone(describe())
	}
	name := t.String()
	if _, done := g.definitions[name]; !done {
		g.definitions[name] = true // holds the place while it is described
		g.definitions[name] = describe()
	}
	return map[string]any{"$ref": "#/definitions/" + name}
}

func scalarSchema(t reflect.Type, enum string) map[string]any {
	switch t.Kind() {
	case reflect.Interface:
		return map[string]any{}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.String:
		if enum != "" {
			return map[string]any{"enum": words(enum)}
		}
		return Text()
	}
	panic(fmt.Sprintf("strict: a %s cannot be decoded", t)) // a mistake of ours, found by any test
}

// Text describes a text: a number, true or false is taken as it is written.
func Text() map[string]any {
	return map[string]any{"type": []any{"string", "number", "boolean"}}
}

func words(enum string) []any {
	var out []any
	for _, word := range strings.Split(enum, "|") {
		out = append(out, word)
	}
	return out
}
