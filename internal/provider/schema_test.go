package provider

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/strict"
)

// schema compiles what an editor gets to see.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := json.Marshal(strict.Schema(reflect.TypeFor[Provider]()))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("provider.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("provider.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

// TestSchemaAgrees: what the loader takes, the schema takes, and what it must refuse it
// refuses.
func TestSchemaAgrees(t *testing.T) {
	s := schema(t)
	c := Catalogue()
	for _, id := range c.IDs() {
		data, _ := c.Source(id)
		// A date is text to the loader and a time to this test's YAML reader.
		text := strings.ReplaceAll(string(data), "date: 2026-11-21", "date: '2026-11-21'")
		text = strings.ReplaceAll(text, "status: 2xx", "status: '2xx'")
		if err := valid(t, s, text); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	for _, text := range []string{gateway, enterprise} {
		if err := valid(t, s, text); err != nil {
			t.Error(err)
		}
	}
	for _, text := range []string{
		"nmes: [X]",
		"siblings: sometimes",
		"probe: {verdicts: [{when: {status: 99}, reason: ok}]}",
		"probe: {verdicts: [{when: {status: 200}, reason: okay}]}",
		"probe: {verdicts: [{when: {json: {a.b: 1}}, reason: ok}]}",
		"probe: {verdicts: [{when: {json: {$.a: {like: 1}}}, reason: ok}]}",
		"probe: {identity: {user: {json: $.a, other: 1}}}",
		"probe: {proves: [format]}",
		"probe: {request: {timeout: soon}}",
	} {
		if valid(t, s, text) == nil {
			t.Errorf("%s is valid", text)
		}
	}
}
