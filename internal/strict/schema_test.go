package strict_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/strict"
)

type described struct {
	Name   string           `yaml:"name,required" doc:"what it is called"`
	Mode   string           `yaml:"mode" enum:"test|live"`
	Words  []string         `yaml:"words" enum:"a|b"`
	Place  strict.At[int]   `yaml:"place" doc:"where"`
	Other  *leaf            `yaml:"other" doc:"a leaf"`
	Leaves map[string]*leaf `yaml:"leaves" names:"^[a-z]+$"`
	Upper  upper            `yaml:"upper"`
	By     map[upper]bool   `yaml:"by"`
	Opaque opaque           `yaml:"opaque"`
	Any    any              `yaml:"any"`
	Ratio  float64          `yaml:"ratio"`
	Hidden string           `yaml:"-"`
}

type leaf struct {
	Next *leaf `yaml:"next"`
}

// opaque decodes itself and does not describe itself.
type opaque struct{}

func (*opaque) DecodeStrict(*strict.Reader, *yaml.Node) {}

func TestSchema(t *testing.T) {
	const want = `{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "additionalProperties": false,
  "definitions": {
    "strict_test.leaf": {
      "additionalProperties": false,
      "properties": {"next": {"$ref": "#/definitions/strict_test.leaf"}},
      "type": "object"
    }
  },
  "properties": {
    "any": {},
    "by": {"type": "object", "additionalProperties": {"type": "boolean"}, "propertyNames": {"type": "string", "pattern": "^[^a-z]*$"}},
    "leaves": {"type": "object", "additionalProperties": {"$ref": "#/definitions/strict_test.leaf"}, "propertyNames": {"pattern": "^[a-z]+$"}},
    "mode": {"enum": ["test", "live"]},
    "name": {"type": ["string", "number", "boolean"], "description": "what it is called"},
    "opaque": {},
    "other": {"allOf": [{"$ref": "#/definitions/strict_test.leaf"}], "description": "a leaf"},
    "place": {"type": "integer", "description": "where"},
    "ratio": {"type": "number"},
    "upper": {"type": "string", "pattern": "^[^a-z]*$"},
    "words": {"type": "array", "items": {"enum": ["a", "b"]}}
  },
  "required": ["name"],
  "type": "object"
}`
	got, err := json.Marshal(strict.Schema(reflect.TypeFor[described]()))
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := json.Unmarshal([]byte(want), &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for range 20 {
		if again, _ := json.Marshal(strict.Schema(reflect.TypeFor[described]())); !bytes.Equal(got, again) {
			t.Fatal("the schema is not always the same")
		}
	}
}

func TestObjectStandsAlone(t *testing.T) {
	got, err := json.Marshal(strict.Object(reflect.TypeFor[leaf]()))
	const want = `{"additionalProperties":false,"properties":{"next":{}},"type":"object"}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v; expected %s", got, err, want)
	}
}

// TestTheSchemaRefuses compiles the schema and expects it and the decoder to be of one mind.
func TestTheSchemaRefuses(t *testing.T) {
	text, err := json.Marshal(strict.Schema(reflect.TypeFor[described]()))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("s.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("s.json")
	if err != nil {
		t.Fatal(err)
	}
	upperLeaf, _ := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(`{"name": "a", "leaves": {"UP": {}}}`)))
	if schema.Validate(upperLeaf) == nil {
		t.Error("the pattern of names does not hold")
	}
	cases := []struct {
		json string
		ok   bool
	}{
		{`{"name": "a"}`, true}, {`{"name": 1}`, true}, {`{"name": null}`, false}, {`{}`, false}, {`{"name": "a", "nmae": "b"}`, false},
		{`{"name": "a", "mode": "tset"}`, false}, {`{"name": "a", "words": ["a", "c"]}`, false}, {`{"name": "a", "words": "a"}`, false},
		{`{"name": "a", "other": {"next": {"next": {}}}}`, true}, {`{"name": "a", "other": {"next": {"nxt": {}}}}`, false},
		{`{"name": "a", "leaves": {"low": {}}}`, true}, {`{"name": "a", "by": {"low": true}}`, false},
		{`{"name": "a", "place": 1.5}`, false}, {`{"name": "a", "place": 2}`, true}, {`{"name": "a", "any": [1, {"x": null}], "opaque": 7}`, true},
	}
	for _, c := range cases {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(c.json)))
		if err != nil {
			t.Fatal(err)
		}
		err = schema.Validate(value)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v, expected it to be valid: %v", c.json, err, c.ok)
		}
		var out described // the decoder must be of the same mind
		if problems := strict.Decode("f", []byte(c.json), &out); (len(problems) == 0) != c.ok {
			t.Errorf("%s: %v, expected it to decode: %v", c.json, lines(problems), c.ok)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	data := []byte("text: a\nmode: test\nlist: [a, b, c]\ninners: {one: {name: x}, two: {name: y}}\nplaced: here\n")
	b.ReportAllocs()
	for b.Loop() {
		var out everything
		if problems := strict.Decode("f", data, &out); len(problems) > 0 {
			b.Fatal(lines(problems))
		}
	}
}
