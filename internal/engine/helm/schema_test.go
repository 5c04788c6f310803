package helm

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
)

// TestSchemas holds that only what is certain is reported, at the place of the value.
func TestSchemas(t *testing.T) {
	const values = "replicas: 2\nmode: web\nport: 80\nweb: {host: a, paths: [/]}\n"
	set := func(pieces ...model.Value) []Arg { return []Arg{{Flag: "set", Text: partly(pieces...)}} }
	for _, c := range []struct {
		name, schema string
		args         []Arg
		files        map[string]string
		want         []string
	}{
		{"a known value that breaks a rule", `{"properties": {"replicas": {"minimum": 3}}}`, nil, nil, []string{`c/values.yaml:1:11 "replicas" "minimum"`}},
		{"an unknown value under a rule", `{"properties": {"replicas": {"minimum": 3}}}`, set(knownPiece("replicas="), secretPiece), nil, nil},
		{"a known value beside an unknown one", `{"properties": {"replicas": {"minimum": 3}, "port": {"type": "string"}}}`, set(knownPiece("replicas="), secretPiece), nil, []string{`c/values.yaml:3:7 "port" "type"`}},
		{"a known value under a rule that holds", `{"properties": {"replicas": {"type": "integer", "maximum": 3}}, "additionalProperties": true}`, set(knownPiece("port="), secretPiece), nil, nil},
		{"an unknown key is required", `{"required": ["key"]}`, set(knownPiece("key="), secretPiece), nil, nil},
		{"a key is missing whatever the unknown one is", `{"required": ["key"]}`, set(knownPiece("other="), secretPiece), nil, []string{`c/values.schema.json "(root)" "required"`}},
		{"an unknown key that is not allowed may be null", `{"properties": {"replicas": {}, "mode": {}, "port": {}, "web": {}}, "additionalProperties": false}`, set(knownPiece("other="), secretPiece), nil, nil},
		{"a known key that is not allowed", `{"properties": {"replicas": {}, "mode": {}, "port": {}}, "additionalProperties": false}`, set(knownPiece("port="), secretPiece), nil, []string{`c/values.schema.json "(root)" "additionalProperties"`}},
		{"an unknown value decides which alternative counts", `{"oneOf": [{"properties": {"mode": {"const": "web"}}}, {"required": ["queue"]}]}`, set(knownPiece("mode="), secretPiece), nil, nil},
		{"all alternatives are out", `{"anyOf": [{"properties": {"mode": {"const": "job"}}}, {"required": ["queue"]}]}`, set(knownPiece("port="), secretPiece), nil, []string{`c/values.schema.json "(root)" "anyOf"`}},
		{"a condition on an unknown value", `{"if": {"properties": {"mode": {"const": "web"}}}, "then": {"required": ["tls"]}}`, set(knownPiece("mode="), secretPiece), nil, nil},
		{"an unknown value of a map", `{"properties": {"web": {"properties": {"host": {"pattern": "^b"}, "paths": {"minItems": 2}}}}}`, set(knownPiece("web.host="), secretPiece), nil, []string{`c/values.yaml:4:23 "web.paths" "minItems"`}},
		{"an unknown over a map", `{"properties": {"web": {"required": ["tls"], "properties": {"paths": {"minItems": 2}}}}}`, set(knownPiece("web="), secretPiece), nil, nil},
		{"two rules of one value", `{"properties": {"port": {"type": "integer", "minimum": 1024, "multipleOf": 3}}}`, nil, nil, []string{`c/values.yaml:3:7 "port" "minimum"`, `c/values.yaml:3:7 "port" "multipleOf"`}},
		{"a rule that lies elsewhere", `{"properties": {"port": {"$ref": "https://example.com/port.json"}, "mode": {"type": "null"}}}`, nil, nil, []string{`c/values.yaml:2:7 "mode" "type"`}},
		{"a dependency that is perhaps there", `{"properties": {"db": false}}`, set(knownPiece("on="), secretPiece), perhaps("on"), nil},
		{"a dependency that is there", `{"properties": {"db": false}}`, nil, perhaps(""), []string{`c/values.schema.json "db" "properties"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			vc := valuesCase{files: map[string]string{"c/values.yaml": values, "c/values.schema.json": c.schema}}
			for name, text := range c.files {
				vc.files[name] = text
			}
			vc.complete(t)
			dir := t.TempDir()
			vc.layOut(t, dir)
			step := vc.step(t, dir)
			step.Values = c.args
			_, problems := Load(step)
			var got []string
			for _, p := range problems {
				got = append(got, fmt.Sprintf("%s %s", p.At, ruleOf(p.Message)))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// ruleOf leaves the texts in quotes of a message.
func ruleOf(message string) string {
	parts := strings.Split(message, `"`)
	if len(parts) < 5 {
		return message
	}
	return fmt.Sprintf("%q %q", parts[1], parts[3])
}

// perhaps is a chart with a dependency under a condition.
func perhaps(condition string) map[string]string {
	return map[string]string{
		"c/Chart.yaml":            "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n- {name: db, version: 1.0.0, condition: " + `"` + condition + `"` + "}\n",
		"c/charts/db/values.yaml": "a: 1\n",
	}
}
