package docs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/config"
)

// ReferenceStart is the line of docs/configuration.md below which all is generated. What stands
// above it is written by hand.
const ReferenceStart = "<!-- Generated below this line: run `go generate ./internal/docs`. -->\n"

// schema is as much of a JSON Schema as the reference shows.
type schema struct {
	Ref         string             `json:"$ref"`
	Definitions map[string]*schema `json:"definitions"`
	Properties  map[string]*schema `json:"properties"`
	Required    []string           `json:"required"`
	Description string             `json:"description"`
	Type        any                `json:"type"`
	Enum        []any              `json:"enum"`
	Const       any                `json:"const"`
	Items       *schema            `json:"items"`
	Each        json.RawMessage    `json:"additionalProperties"`
	AllOf       []*schema          `json:"allOf"`
	AnyOf       []*schema          `json:"anyOf"`
	OneOf       []*schema          `json:"oneOf"`
}

// Configuration gives docs/configuration.md anew: its hand-written part, and the reference of
// every field, out of the schema.
func Configuration(committed []byte) map[string][]byte {
	written, _, _ := strings.Cut(string(committed), ReferenceStart)
	root := &schema{}
	if err := json.Unmarshal(config.JSONSchema(), root); err != nil {
		return nil // a test holds the schema to be one
	}
	r := &reference{definitions: root.Definitions}
	r.out.WriteString(strings.TrimRight(written, "\n") + "\n\n" + ReferenceStart + "\n## All fields\n\n" +
		"Every field of `keyfit.yaml`. A text can be written without quotes where YAML allows it. Fields that are not listed are mistakes.\n")
	r.table("the file", root)
	for len(r.waiting) > 0 {
		name := r.waiting[0]
		r.waiting = r.waiting[1:]
		r.table(name, r.named[name])
	}
	return map[string][]byte{"configuration.md": []byte(r.out.String())}
}

// reference writes one table for each kind of object, in the order in which they are met.
type reference struct {
	definitions map[string]*schema
	out         strings.Builder
	waiting     []string
	named       map[string]*schema
}

func (r *reference) table(title string, s *schema) {
	fmt.Fprintf(&r.out, "\n### %s\n\n", title)
	if s.Description != "" && title != "the file" {
		fmt.Fprintf(&r.out, "%s.\n\n", capital(s.Description))
	}
	r.out.WriteString("| field | takes | meaning |\n|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		about := cell(p.Description)
		if slices.Contains(s.Required, name) {
			about = strings.TrimPrefix(about+"; required", "; ")
		}
		fmt.Fprintf(&r.out, "| `%s` | %s | %s |\n", name, r.takes(p, title, name), about)
	}
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// takes says in a few words what a field holds.
func (r *reference) takes(s *schema, owner, field string) string {
	switch {
	case s.Ref != "":
		return r.definition(s.Ref)
	case len(s.AllOf) > 0:
		return r.takes(s.AllOf[0], owner, field)
	case s.Const != nil:
		return code(fmt.Sprint(s.Const))
	case len(s.Enum) > 0:
		return r.enum(s.Enum)
	case len(s.AnyOf)+len(s.OneOf) > 0:
		return r.either(append(s.AnyOf, s.OneOf...), owner, field)
	case s.Items != nil:
		return "list: " + r.takes(s.Items, owner, field)
	case len(s.Properties) > 0:
		return r.link(owner+" "+field, s)
	case len(s.Each) > 0 && s.Each[0] == '{':
		each := &schema{}
		if json.Unmarshal(s.Each, each) == nil {
			return "by name: " + r.takes(each, owner, field)
		}
	}
	return typeWord(s.Type)
}

func (r *reference) enum(values []any) string {
	if len(values) > 12 {
		return "one of the [reasons](reasons.md)"
	}
	var out []string
	for _, v := range values {
		out = append(out, code(fmt.Sprint(v)))
	}
	return strings.Join(out, ", ")
}

func (r *reference) either(choices []*schema, owner, field string) string {
	var out []string
	for _, c := range choices {
		if text := r.takes(c, owner, field); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return strings.Join(out, ", or ")
}

// definition shows a definition where it is small, and links to a table of its own.
func (r *reference) definition(ref string) string {
	name := ref[strings.LastIndexByte(ref, '/')+1:]
	s := r.definitions[name]
	if s == nil {
		return "anything"
	}
	_, short, _ := strings.Cut(name, ".")
	if len(s.Properties) == 0 {
		if text := r.takes(s, short, short); text != "anything" || s.Description == "" {
			return text
		}
		return s.Description
	}
	return r.link(short, s)
}

// link refers to the table of an object, which is written later, once.
func (r *reference) link(title string, s *schema) string {
	if r.named == nil {
		r.named = map[string]*schema{}
	}
	if _, known := r.named[title]; !known {
		r.named[title] = s
		r.waiting = append(r.waiting, title)
	}
	return fmt.Sprintf("[%s](#%s)", title, strings.ReplaceAll(strings.ToLower(title), " ", "-"))
}

// typeWord says a type of JSON in words. All scalars of YAML are texts where a text is wanted.
func typeWord(t any) string {
	switch t := t.(type) {
	case string:
		return map[string]string{"string": "text", "boolean": "true or false", "integer": "number", "number": "number", "array": "list", "object": "fields"}[t]
	case []any:
		if slices.Contains(t, any("string")) {
			return "text"
		}
		return typeWord(t[0])
	}
	return "anything"
}
