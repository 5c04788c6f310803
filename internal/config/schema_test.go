package config_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/config"
)

const committed = "../../keyfit.schema.json"

func TestTheCommittedSchemaIsCurrent(t *testing.T) {
	got := config.JSONSchema()
	if *update {
		if err := os.WriteFile(committed, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(committed)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("keyfit.schema.json differs from what `keyfit config schema` prints; run this test with -update")
	}
	for range 5 {
		if !bytes.Equal(got, config.JSONSchema()) {
			t.Fatal("the schema is not always the same")
		}
	}
}

func compile(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	c.AssertFormat()
	if err := c.AddResource("keyfit.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("keyfit.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// asJSON turns YAML into what a JSON Schema speaks of: dates stay as they are written,
// and names are texts. It gives ok false for what is no single YAML document.
func asJSON(data []byte) (doc any, ok bool) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var n, more yaml.Node
	if dec.Decode(&n) != nil || dec.Decode(&more) == nil || len(n.Content) == 0 {
		return nil, false
	}
	budget := 100_000
	doc, ok = nodeAsJSON(n.Content[0], &budget, 0)
	return doc, ok && budget > 0
}

func nodeAsJSON(n *yaml.Node, budget *int, depth int) (any, bool) {
	if *budget--; *budget <= 0 || depth > 300 {
		return nil, false
	}
	switch n.Kind {
	case yaml.AliasNode:
		return nodeAsJSON(n.Alias, budget, depth+1)
	case yaml.SequenceNode:
		out := []any{}
		for _, c := range n.Content {
			v, ok := nodeAsJSON(c, budget, depth+1)
			if !ok {
				return nil, false
			}
			out = append(out, v)
		}
		return out, true
	case yaml.MappingNode:
		return mappingAsJSON(n, budget, depth)
	}
	return scalarAsJSON(n)
}

func mappingAsJSON(n *yaml.Node, budget *int, depth int) (any, bool) {
	out, merged := map[string]any{}, map[string]any{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		value, ok := nodeAsJSON(n.Content[i+1], budget, depth+1)
		if !ok || key.Kind != yaml.ScalarNode {
			return nil, false
		}
		if key.Tag == "!!merge" {
			from, isList := value.([]any)
			if !isList {
				from = []any{value}
			}
			for _, item := range slices.Backward(from) {
				fields, isMap := item.(map[string]any)
				if !isMap {
					return nil, false
				}
				for k, v := range fields {
					merged[k] = v
				}
			}
			continue
		}
		if _, twice := out[key.Value]; twice {
			return nil, false
		}
		out[key.Value] = value
	}
	for k, v := range merged {
		if _, own := out[k]; !own {
			out[k] = v
		}
	}
	return out, true
}

func scalarAsJSON(n *yaml.Node) (any, bool) {
	switch n.ShortTag() {
	case "!!null":
		return nil, true
	case "!!bool":
		var b bool
		err := n.Decode(&b)
		return b, err == nil
	case "!!int":
		var i int64
		if n.Decode(&i) == nil {
			return json.Number(jsonText(i)), true
		}
		var f float64
		return json.Number("1e30"), n.Decode(&f) == nil
	case "!!float":
		var f float64
		if n.Decode(&f) != nil {
			return nil, false
		}
		text, err := json.Marshal(f)
		if err != nil {
			return n.Value, true // .inf and .nan: JSON has no such number
		}
		if !strings.ContainsAny(string(text), ".e") {
			text = append(text, '.', '5') // 1.0 is no whole number in YAML
		}
		return json.Number(text), true
	}
	return n.Value, true
}

func jsonText(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// semantic are the bad files that the schema takes: what is wrong in them is no matter
// of structure, or lies between two places of the file.
var semantic = []string{
	"host-environment",    // names of environments
	"hosts", "hosts-more", // what makes a base URL safe
	"hosts-missing",             // needed unless inherited
	"ignore-slot",               // names of environments
	"input-names", "input-same", // what a prefix stands for
	"key-expect-environment", // likewise
	"key-parts", "key-provider", "provider-extends", "provider-id", "provider-name",
	"provider-no-probe",                                 // needed unless inherited
	"rule-no-ok", "rule-bare-status", "rule-empty-when", // what makes a verdict sound
	"expect-untold",            // what identity and forms of the provider tell
	"auth-scheme",              // any word may be a vendor's own
	"form-regex", "rule-regex", // RE2
	"request-path", "header-control", // what HTTP takes
	"run-empty", // blanks only
}

// noJSON are the bad files that are no YAML document, or one that JSON cannot say.
var noJSON = []string{
	"binary", "control-character", "duplicate-key", "empty", "environment-twice", "merge-of-number", "name-that-is-a-list", "only-comment",
	"syntax", "tab", "two-documents",
	"tag", // a tag says nothing in JSON
}

func TestTheSchemaRefusesWhatTheLoaderRefuses(t *testing.T) {
	schema := compile(t)
	paths := table(t, "bad")
	for _, name := range slices.Concat(semantic, noJSON) {
		if !slices.Contains(paths, filepath.Join("..", "..", "testdata", "config", "bad", name+".yaml")) {
			t.Errorf("%s is listed, and there is no such file", name)
		}
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		doc, ok := asJSON(data)
		if !ok || slices.Contains(noJSON, name) {
			if !slices.Contains(noJSON, name) {
				t.Errorf("%s: is not one document", name)
			}
			continue
		}
		refused := schema.Validate(doc) != nil
		if known := slices.Contains(semantic, name); refused == known {
			t.Errorf("%s: refused by the schema: %v, listed as one that it cannot know: %v", name, refused, known)
		}
	}
}

func TestTheSchemaTakesGoodFiles(t *testing.T) {
	schema := compile(t)
	for _, path := range table(t, "good") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		doc, ok := asJSON(data)
		if !ok {
			t.Fatalf("%s is no single document", path)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
}

func TestWhatTheSchemaHolds(t *testing.T) {
	text := string(config.JSONSchema())
	for _, want := range []string{`"additionalProperties": false`, `draft-07/schema#`, `"definitions"`, `"expires-after"`, `"dotenv"`, `"helm"`, `"api-versions"`, `"kustomize"`, `"manifests"`, `"terraform"`, `"terraform-plan"`, `"compose"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the schema does not hold %s", want)
		}
	}
}

var thorough = flag.Bool("thorough", false, "put every odd value into every place, which takes a minute")

// odd are values that fit into few places.
var odd = []string{
	"~", `""`, `" "`, "1", "1.5", "true", "yes", "[]", "{}", "[x]", "[1, ~]", "{a: b}", "{files: [a]}", "text", "2027-01-31", "14d", ".inf", "K105",
	"{json: $.a}", "[[]]", "{status: 200}", "$.a.b", "{prefix: x}", "{exists: true}", "{exists: false}", "401", "4xx", "[401, 4xx]", "0x1", "'1'", "{env: A}", "{value: 1}",
	"GET", "POST", "bearer", "{scheme: bearer}", "rate_limited", "read", "test",
}

// TestTheSchemaAndTheLoaderAgree puts odd values into every place of a large file, and
// leaves every entry out once. What the loader takes, the schema must take. What only
// the loader refuses is counted: the schema cannot know everything.
func TestTheSchemaAndTheLoaderAgree(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../testdata/config/large.yaml")
	if err != nil {
		t.Fatal(err)
	}
	schema, taken, refused, semantics := compile(t), 0, 0, 0
	try := func(data []byte, what string) {
		doc, ok := asJSON(data)
		if !ok {
			t.Fatalf("%s: is no document", what)
		}
		_, problems := config.Load(memory(data), "keyfit.yaml", options())
		invalid := schema.Validate(doc)
		switch {
		case len(problems) == 0 && invalid != nil:
			t.Errorf("%s: loads, and the schema says: %v", what, invalid)
		case len(problems) == 0:
			taken++
		case invalid != nil:
			refused++
		default:
			semantics++
		}
	}
	for i := range nodes(t, source) {
		for j, value := range odd {
			if !*thorough && (i+j)%29 != 0 {
				continue
			}
			n, all := parsed(t, source)
			var replacement yaml.Node
			if err := yaml.Unmarshal([]byte(value), &replacement); err != nil {
				t.Fatal(err)
			}
			*all[i] = *replacement.Content[0]
			try(rendered(t, n), fmt.Sprintf("node %d replaced by %s", i, value))
		}
		n, all := parsed(t, source)
		if count := len(all[i].Content); all[i].Kind == yaml.MappingNode && count >= 2 {
			for j := 0; j < count; j += 2 {
				all[i].Content = slices.Delete(slices.Clone(all[i].Content), 0, 2)
				try(rendered(t, n), fmt.Sprintf("node %d without its first %d entries", i, j/2+1))
			}
		}
	}
	t.Logf("both take %d files, both refuse %d, only the loader refuses %d", taken, refused, semantics)
	if taken < 50 || refused < 200 || semantics > refused {
		t.Error("the test has lost its grip")
	}
}

func nodes(t *testing.T, source []byte) []*yaml.Node {
	_, all := parsed(t, source)
	return all
}

// parsed gives a fresh copy of the document with every value in it, names left out.
func parsed(t *testing.T, source []byte) (*yaml.Node, []*yaml.Node) {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal(source, &n); err != nil {
		t.Fatal(err)
	}
	var all []*yaml.Node
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		all = append(all, n)
		step := 1
		if n.Kind == yaml.MappingNode {
			step = 2
		}
		for i := step - 1; i < len(n.Content); i += step {
			walk(n.Content[i])
		}
	}
	walk(n.Content[0])
	return &n, all
}

func rendered(t *testing.T, n *yaml.Node) []byte {
	t.Helper()
	out, err := yaml.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
