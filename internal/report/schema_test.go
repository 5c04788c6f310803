package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/keyfit/keyfit/internal/secret"
)

// The schemas are made from the structures, so that they cannot fall behind. Fields may
// be added within one version of the schema; that is why they allow others.
func TestSchemas(t *testing.T) {
	for file, v := range map[string]any{
		"report.schema.json": Document{}, "resolve.schema.json": Resolved{},
		"doctor.schema.json": Diagnosis{}, "evidence.schema.json": Evidence{},
		"diff.schema.json": Difference{},
	} {
		s := schemaOf(t, reflect.TypeOf(v))
		s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
		s["$id"] = "https://raw.githubusercontent.com/keyfit/keyfit/main/docs/" + file
		s["title"] = "keyfit " + map[string]string{
			"report.schema.json": "check --format json", "resolve.schema.json": "resolve --format json",
			"doctor.schema.json": "doctor --format json", "evidence.schema.json": "check --evidence FILE.json",
			"diff.schema.json": "diff --format json",
		}[file]
		var b bytes.Buffer
		if err := encode(&b, s); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("..", "..", "docs", file)
		if *update {
			if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b.String(), string(got)); diff != "" {
			t.Errorf("docs/%s is out of date; run the tests of this package with -update (-want +got):\n%s", file, diff)
		}
	}
}

func schemaOf(t *testing.T, typ reflect.Type) map[string]any {
	t.Helper()
	switch typ.Kind() {
	case reflect.Pointer:
		return schemaOf(t, typ.Elem())
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t, typ.Elem())}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Struct:
		return objectSchema(t, typ)
	}
	t.Fatalf("no schema for %v", typ)
	return nil
}

func objectSchema(t *testing.T, typ reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range reflect.VisibleFields(typ) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || f.Tag.Get("doc") == "" {
			t.Fatalf("%v.%s lacks its json name or its doc", typ, f.Name)
		}
		s := schemaOf(t, f.Type)
		s["description"] = f.Tag.Get("doc")
		if words := f.Tag.Get("enum"); words != "" {
			s["enum"] = strings.Split(words, ",")
		}
		if name == "schema_version" {
			s["const"] = SchemaVersion
		}
		properties[name] = s
		if options != "omitempty" {
			required = append(required, name)
		}
	}
	slices.Sort(required)
	return map[string]any{"type": "object", "properties": properties, "required": required}
}

func compileSchema(t *testing.T, file string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "docs", file))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func violation(t *testing.T, s *jsonschema.Schema, v any) error {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b, v); err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

func TestReportsAreValid(t *testing.T) {
	s := compileSchema(t, "report.schema.json")
	for name, in := range stories() {
		d := Build(in)
		if err := violation(t, s, d); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		// What is read back from a report that lacks every list is complete again.
		back, err := Read("report.json", []byte(`{"schema_version": 1, "summary": {}, "slots": [{"state": "known", "rungs": {"format":"pass","known":"pass","linked":"pass","active":"pass","authorised":"pass"}, "alternatives": [{"state": "absent"}], "elsewhere": {}}], "findings": [{"severity": "error"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		if err := violation(t, s, back); err != nil {
			t.Errorf("read back: %v", err)
		}
	}
	bad := Build(passedStory())
	bad.Slots[0].State = "sure"
	if violation(t, s, bad) == nil {
		t.Error("the schema accepts a state that there is not")
	}
	raw, err := json.Marshal(map[string]any{"schema_version": 2})
	if err != nil {
		t.Fatal(err)
	}
	if violation(t, s, json.RawMessage(raw)) == nil {
		t.Error("the schema accepts an empty report of another version")
	}
}

func TestResolvedIsValid(t *testing.T) {
	s := compileSchema(t, "resolve.schema.json")
	for _, show := range []func(secret.Text) string{nil, func(secret.Text) string { return "x" }, func(secret.Text) string { return "\xff" }} {
		if err := violation(t, s, BuildResolved(resolvedStory(show))); err != nil {
			t.Error(err)
		}
	}
	if err := violation(t, s, BuildResolved(ResolvedInput{})); err != nil {
		t.Errorf("empty: %v", err)
	}
}
