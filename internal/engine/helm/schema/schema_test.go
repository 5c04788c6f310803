package schema

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// valueOf reads JSON in which "?" stands for what is not known.
func valueOf(t testing.TB, text string) any {
	t.Helper()
	var out any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return opened(out)
}

func opened(v any) any {
	switch v := v.(type) {
	case string:
		if v == "?" {
			return Unknown{}
		}
	case []any:
		for i, item := range v {
			v[i] = opened(item)
		}
	case map[string]any:
		for key, child := range v {
			v[key] = opened(child)
		}
	}
	return v
}

func draft(n int, rest string) string {
	names := map[int]string{
		4: "http://json-schema.org/draft-04/schema#", 6: "http://json-schema.org/draft-06/schema#", 7: "http://json-schema.org/draft-07/schema",
		2019: "https://json-schema.org/draft/2019-09/schema", 2020: "https://json-schema.org/draft/2020-12/schema#",
	}
	return fmt.Sprintf(`{"$schema": %q, %s}`, names[n], rest)
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name, schema, value string
		want                string // "" holds, "?" not known, or the violations
	}{
		{"everything", `{}`, `{"a": "?"}`, ""},
		{"nothing", `false`, `{}`, "false"},
		{"nothing of a draft", `{"properties": {"a": false}}`, `{"a": 1}`, "a properties"},
		{"an integer with a point", `{"type": "integer"}`, `1.0`, ""},
		{"no integer", `{"type": "integer"}`, `1.5`, "type"},
		{"one of two types", `{"type": ["string", "null"]}`, `null`, ""},
		{"a type of what is not known", `{"properties": {"a": {"type": "string"}}}`, `{"a": "?"}`, "?"},
		{"numbers are exact", `{"multipleOf": 0.1}`, `0.3`, ""},
		{"numbers are equal however they are written", `{"enum": [1.0, [100]]}`, `[1e2]`, ""},
		{"a key that may not be there", `{"required": ["a"]}`, `{"a": "?"}`, "?"},
		{"a key that is not there beside one that is not known", `{"required": ["b"]}`, `{"a": "?"}`, "required"},
		{"a key of which only the parts are not known", `{"required": ["a"]}`, `{"a": {"b": "?"}}`, ""},
		{"how many keys", `{"minProperties": 2}`, `{"a": 1, "b": "?"}`, "?"},
		{"too few keys however many there are", `{"minProperties": 3}`, `{"a": 1, "b": "?"}`, "minProperties"},
		{"too many keys", `{"maxProperties": 1}`, `{"a": 1, "b": 2, "c": "?"}`, "maxProperties"},
		{"how many items is known", `{"minItems": 2, "maxItems": 2}`, `["?", "?"]`, ""},
		{"items that differ", `{"uniqueItems": true}`, `[1, "1", [1], {"a": 1}]`, ""},
		{"items that may be the same", `{"uniqueItems": true}`, `[1, "?"]`, "?"},
		{"items of which two are the same", `{"uniqueItems": true}`, `[1, "?", 1.0]`, "uniqueItems"},
		{"an item alone", `{"uniqueItems": true}`, `["?"]`, ""},
		{"an enum of objects that cannot fit", `{"enum": [{"a": 1, "b": 1}, 7]}`, `{"a": 2, "b": "?"}`, "enum"},
		{"an enum of objects that may fit", `{"enum": [{"a": 1, "b": 1}, 7]}`, `{"a": 1, "b": "?"}`, "?"},
		{"an enum of an object that may lack a key", `{"const": {"a": 1}}`, `{"a": 1, "b": "?"}`, "?"},
		{"a surplus key", `{"properties": {"a": {}}, "additionalProperties": false}`, `{"a": 1, "b": 1}`, "additionalProperties"},
		{"a surplus key that may not be there", `{"properties": {"a": {}}, "additionalProperties": false}`, `{"a": 1, "b": "?"}`, "?"},
		{"additional keys", `{"additionalProperties": {"type": "string"}}`, `{"a": 1, "b": "x", "c": "?"}`, "a type"},
		{"keys by pattern", `{"patternProperties": {"^a": {"type": "string"}}, "additionalProperties": {"type": "null"}}`, `{"ab": 1, "b": 1}`, "ab type; b type"},
		{"names of keys", `{"propertyNames": {"pattern": "^[a-z]+$"}}`, `{"a": 1, "B": 1}`, "propertyNames"},
		{"names of keys that may not be there", `{"propertyNames": {"maxLength": 1}}`, `{"ab": "?"}`, "?"},
		{"a dependency", `{"dependentRequired": {"a": ["b"]}}`, `{"a": 1}`, "dependentRequired"},
		{"a dependency of what may not be there", `{"dependentRequired": {"a": ["b"]}}`, `{"a": "?"}`, "?"},
		{"a dependency of what is not there", `{"dependentSchemas": {"a": false}, "dependencies": {"a": ["x"]}}`, `{"b": "?"}`, ""},
		{"a dependency that holds anyway", `{"dependentSchemas": {"a": {"minProperties": 1}}}`, `{"a": "?", "b": 1}`, ""},
		{"one of the alternatives holds", `{"anyOf": [{"required": ["x"]}, {"properties": {"a": {"const": 1}}}]}`, `{"x": 1, "a": "?"}`, ""},
		{"no alternative holds", `{"anyOf": [{"type": "string"}, {"maximum": 1}]}`, `2`, "anyOf"},
		{"the only alternative", `{"anyOf": [{"properties": {"a": {"type": "string"}}}]}`, `{"a": 2}`, "a type"},
		{"perhaps an alternative", `{"anyOf": [{"type": "string"}, {"properties": {"a": {"const": 1}}}]}`, `{"a": "?"}`, "?"},
		{"two of one", `{"oneOf": [{"minimum": 1}, {"minimum": 2}, {"type": "string"}]}`, `3`, "oneOf"},
		{"two of one whatever the third", `{"oneOf": [{"required": ["a"]}, {"minProperties": 1}, {"properties": {"b": {"const": 1}}}]}`, `{"a": 1, "b": "?"}`, "oneOf"},
		{"perhaps two of one", `{"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}`, `{"a": 1, "b": "?"}`, "?"},
		{"not", `{"not": {"required": ["a"]}}`, `{"a": 1}`, "not"},
		{"not of what is not known", `{"not": {"required": ["a"]}}`, `{"a": "?"}`, "?"},
		{"if it is so", `{"if": {"required": ["a"]}, "then": {"properties": {"a": {"type": "string"}}}, "else": false}`, `{"a": 1}`, "a type"},
		{"if it is not so", `{"if": {"required": ["a"]}, "then": false, "else": {"required": ["b"]}}`, `{}`, "required"},
		{"if that is not known", `{"if": {"required": ["a"]}, "then": {"maxProperties": 1}, "else": {"required": ["b"]}}`, `{"a": "?", "b": 1}`, "?"},
		{"if that does not matter", `{"if": {"required": ["a"]}, "then": {"required": ["x"]}, "else": {"required": ["y"]}}`, `{"a": "?"}`, "if"},
		{"if, and it holds anyway", `{"if": {"required": ["a"]}, "then": {"required": ["x"]}}`, `{"a": "?", "x": 1}`, ""},
		{"contains", `{"contains": {"const": 1}}`, `[2, "?"]`, "?"},
		{"contains for certain", `{"contains": {"const": 1}, "maxContains": 1}`, `[1, 1, "?"]`, "maxContains"},
		{"contains nothing", `{"contains": {"const": 1}}`, `[2]`, "contains"},
		{"contains too few", `{"contains": {"const": 1}, "minContains": 3}`, `[1, "?"]`, "minContains"},
		{"tuples", `{"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}`, `[1, "x"]`, "0 type; 1 type"},
		{"no more items", `{"prefixItems": [{}], "items": false}`, `["?", "?"]`, "items"},
		{"tuples of old", draft(7, `"items": [{"type": "string"}], "additionalItems": false`), `[1, 2]`, "0 type; additionalItems"},
		{"letters, not bytes", `{"maxLength": 2, "minLength": 2}`, `"üü"`, ""},
		{"a pattern", `{"properties": {"a": {"pattern": "^x"}}}`, `{"a": "y"}`, "a pattern"},
		{"a reference", `{"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"type": "string"}}}`, `{"a": 1}`, "a type"},
		{"a reference by anchor", `{"properties": {"a": {"$ref": "#x"}}, "$defs": {"x": {"$anchor": "x", "type": "string"}}}`, `{"a": 1}`, "a type"},
		{"a reference by name", `{"$id": "http://example.com/a/b.json", "properties": {"a": {"$ref": "c.json#/$defs/y"}}, "$defs": {"x": {"$id": "c.json", "$defs": {"y": {"type": "string"}}}}}`, `{"a": 1}`, "a type"},
		{"a reference to itself", `{"properties": {"a": {"$ref": "#"}}, "required": ["b"]}`, `{"b": 1, "a": {"b": 1, "a": {}}}`, "a a required"},
		{"a circle", `{"$ref": "#/$defs/x", "$defs": {"x": {"$ref": "#/$defs/y"}, "y": {"$ref": "#/$defs/x"}}}`, `1`, "$ref"},
		{"a reference to what is no schema by its place", draft(7, `"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"type": "string"}}`), `{"a": 1}`, "a type"},
		{"a dynamic reference that is none", `{"$dynamicRef": "#x", "$defs": {"x": {"$dynamicAnchor": "x", "type": "string"}}}`, `1`, "type"},
		{"a dynamic reference", `{"$dynamicRef": "#x", "$defs": {"x": {"$dynamicAnchor": "x", "type": "string"}, "y": {"$id": "y", "$dynamicAnchor": "x"}}}`, `1`, "?"},
		{"a recursive reference that is none", draft(2019, `"properties": {"a": {"$recursiveRef": "#"}}, "required": ["b"]`), `{"a": {}, "b": 1}`, "a required"},
		{"a recursive reference", draft(2019, `"$recursiveAnchor": true, "properties": {"a": {"$recursiveRef": "#"}}`), `{"a": {}}`, "?"},
		{"what lies elsewhere", `{"properties": {"a": {"$ref": "http://example.com/x.json"}}}`, `{"a": 1}`, "?"},
		{"what lies elsewhere and is not asked", `{"properties": {"a": {"$ref": "http://example.com/x.json"}}}`, `{}`, "?"},
		{"what lies elsewhere does not help", `{"properties": {"a": {"$ref": "http://example.com/x.json"}, "b": {"type": "null"}}}`, `{"a": 1, "b": 1}`, "b type"},
		{"a name that stands for everything", `{"properties": {"a": {"$ref": "urn:x:y"}}}`, `{"a": 1}`, ""},
		{"an own metaschema", `{"$schema": "http://example.com/meta.json", "type": "null"}`, `{}`, "?"},
		{"old drafts take nothing beside a reference", draft(7, `"properties": {"a": {"$ref": "#/definitions/x", "type": "null"}}, "definitions": {"x": {"type": "string"}}`), `{"a": "x"}`, ""},
		{"newer drafts do", draft(2019, `"properties": {"a": {"$ref": "#/definitions/x", "type": "null"}}, "definitions": {"x": {"type": "string"}}`), `{"a": "x"}`, "a type"},
		{"bounds of draft 4", draft(4, `"minimum": 1, "exclusiveMinimum": true`), `1`, "exclusiveMinimum"},
		{"bounds since draft 6", draft(6, `"exclusiveMaximum": 1`), `1`, "exclusiveMaximum"},
		{"two bounds", `{"minimum": 3, "multipleOf": 2}`, `1`, "minimum; multipleOf"},
		{"const is new in draft 6", draft(4, `"const": 1`), `2`, ""},
		{"if is new in draft 7", draft(6, `"if": true, "then": false`), `2`, ""},
		{"formats of old", draft(7, `"properties": {"a": {"format": "ipv4"}, "b": {"format": "date"}, "c": {"format": "house"}}`), `{"a": "10.0.0.256", "b": "?", "c": "x"}`, "a format"},
		{"formats are notes today", `{"format": "ipv4"}`, `"x"`, ""},
		{"a format that is not done here", draft(7, `"format": "duration"`), `"x"`, "?"},
		{"content is a note", draft(7, `"contentEncoding": "base64", "contentMediaType": "application/json"`), `"{"`, ""},
		{"what is left over", `{"properties": {"a": {}}, "unevaluatedProperties": false}`, `{"a": 1, "b": 1}`, "b unevaluatedProperties"},
		{"what is looked at elsewhere", `{"allOf": [{"properties": {"b": {}}}], "unevaluatedProperties": false}`, `{"b": 1}`, ""},
		{"what is perhaps looked at", `{"anyOf": [{"properties": {"b": {}}, "required": ["a"]}, true], "unevaluatedProperties": false}`, `{"a": "?", "b": 1}`, "?"},
		{"what is looked at under a condition", `{"properties": {"a": {}}, "if": {"properties": {"a": {"const": 1}}}, "then": {"properties": {"b": {}}}, "unevaluatedProperties": false}`, `{"a": "?", "b": 1}`, "?"},
		{"what is left over whatever the condition", `{"properties": {"a": {}}, "if": {"properties": {"a": {"const": 1}}}, "then": {"properties": {"b": {}}}, "unevaluatedProperties": false}`, `{"a": "?", "c": 1}`, "c unevaluatedProperties"},
		{"what an alternative looks at that does not count", `{"anyOf": [{"additionalProperties": true, "required": ["c"]}, true], "unevaluatedProperties": false}`, `{"b": 1}`, "b unevaluatedProperties"},
		{"contains looked at nothing in 2019", draft(2019, `"contains": {"type": "string"}, "unevaluatedItems": false`), `["a"]`, "0 unevaluatedItems"},
		{"pointers are no names", draft(7, `"definitions": {"x": {"$id": "#/a"}, "y": {"$id": "#/a"}}, "type": "null"`), `1`, "type"},
		{"all digits of a number", `{"const": 0.1234567890123}`, `0.1234567890123`, ""},
		{"a part that asks for what is open", draft(7, `"$ref": "#/x/y", "x": {"$id": "a.json", "y": {"type": "string"}}`), `1`, "?"},
		{"what rules elsewhere look at", `{"$ref": "http://example.com/x.json", "unevaluatedProperties": false}`, `{"b": 1}`, "?"},
		{"items that contains looks at", `{"contains": {"type": "string"}, "unevaluatedItems": false}`, `["a", 1]`, "1 unevaluatedItems"},
		{"items that are left over", `{"prefixItems": [{}], "unevaluatedItems": {"type": "string"}}`, `[1, 1]`, "1 type"},
		{"the same rule twice", `{"allOf": [{"type": "string"}, {"$ref": "#/allOf/0"}]}`, `1`, "type"},
		{"all that is broken, in order", `{"properties": {"b": {"type": "null"}, "a": {"minimum": 2, "multipleOf": 3}}, "required": ["c"]}`, `{"b": 1, "a": 1}`, "required; a minimum; a multipleOf; b type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Parse([]byte(c.schema))
			if err != nil {
				t.Fatal(err)
			}
			answer, found := s.Validate(valueOf(t, c.value))
			if diff := cmp.Diff(c.want, said(answer, found)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if !strings.Contains(c.value, "?") {
				agree(t, c.schema, s, newOracle([]byte(c.schema)), valueOf(t, c.value))
			}
		})
	}
}

func said(answer Answer, found []Violation) string {
	switch answer {
	case Holds:
		return ""
	case NotKnown:
		return "?"
	}
	var out []string
	for _, v := range found {
		out = append(out, strings.Join(append(v.Path, v.Rule), " "))
	}
	return strings.Join(out, "; ")
}

func TestRefusedSchemas(t *testing.T) {
	for _, c := range []struct {
		name, schema string
		refused      bool
	}{
		{"no JSON", `{`, true},
		{"two values", `{} {}`, true},
		{"no schema", `[]`, true},
		{"true in draft 4", draft(4, `"not": true`), true},
		{"an unknown type", `{"type": "text"}`, true},
		{"a type twice", `{"type": ["string", "string"]}`, true},
		{"no types", `{"type": []}`, true},
		{"a keyword of the wrong type", `{"properties": {"a": {"minimum": "1"}}}`, true},
		{"a flag where a number is needed", draft(7, `"minimum": 1, "exclusiveMinimum": true`), true},
		{"a number where a flag is needed", draft(4, `"minimum": 1, "exclusiveMinimum": 1`), true},
		{"a flag without its number", draft(4, `"exclusiveMinimum": true`), true},
		{"a pattern that does not compile", `{"properties": {"a": {"pattern": "(?!x)"}}}`, true},
		{"a pattern of keys that does not compile", `{"patternProperties": {"(": {}}}`, true},
		{"a pattern of keys that nothing compiles", draft(6, `"definitions": {"a": {"patternProperties": {"(": {}}}}`), false},
		{"a negative length", `{"minLength": -1}`, true},
		{"a length with a fraction", `{"minLength": 1.5}`, true},
		{"a length with a point", `{"minLength": 2.0}`, false},
		{"required is no list", `{"required": true}`, true},
		{"required twice", `{"required": ["a", "a"]}`, true},
		{"required of nothing", draft(4, `"required": []`), true},
		{"required of nothing later", `{"required": []}`, false},
		{"an enum with a value twice", draft(7, `"enum": [1, 1.0]`), true},
		{"an enum with a value twice later", `{"enum": [1, 1.0]}`, false},
		{"no alternatives", `{"anyOf": []}`, true},
		{"items of the newest draft are one schema", `{"items": [{}]}`, true},
		{"a reference that leads nowhere", `{"properties": {"a": {"$ref": "#/$defs/x"}}}`, true},
		{"a reference that leads nowhere and is not used", `{"$defs": {"a": {"$ref": "#/$defs/x"}}}`, false},
		{"an anchor that is not there", `{"$ref": "#x"}`, true},
		{"a dependency on nothing", draft(4, `"dependencies": {"a": []}`), true},
		{"a dependency on nothing later", draft(7, `"dependencies": {"a": []}`), false},
		{"a dependency that is none", `{"dependencies": {"a": 1}}`, true},
		{"an unknown keyword", `{"x-note": 7}`, false},
		{"an anchor with blanks", `{"$anchor": "a b"}`, true},
		{"multiples of nothing", `{"multipleOf": 0}`, true},
		{"ill-formed where a reference leads", draft(7, `"$ref": "#/x", "x": {"type": 7}`), true},
		{"ill-formed where none leads", draft(7, `"x": {"type": 7}`), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(c.schema))
			if (err != nil) != c.refused {
				t.Errorf("refused: %v", err)
			}
			if o := newOracle([]byte(c.schema)); o.refused != c.refused {
				t.Errorf("the library refuses: %v", o.refused)
			}
		})
	}
}

// TestFormats compares the formats with the library.
func TestFormats(t *testing.T) {
	texts := []string{
		"", "x", "10.0.0.1", "10.0.0.01", "256.0.0.1", "1.2.3", "::1", "fe80::1%eth0", "1::2::3", "2026-11-22", "2026-13-01", "2024-02-30",
		"12:00:00Z", "24:00:00Z", "12:00:00+01:00", "12:00:00.5z", "12:00:00.Z", "23:59:60Z", "12:00:60Z", "12:00:00+1:00", "2026-11-22T12:00:00Z",
		"2026-11-22t12:00:00.123-05:30", "2026-11-22 12:00:00Z", "a@b.c", "a@b", "@b", ".a@b", "a..b@c", "a@-b", `"a b"@c`, "a@[10.0.0.1]",
		"example.com", "example.com.", "-a.com", "a_b.com", strings.Repeat("a", 64), "http://example.com/a?b#c", "/relative", "a:b", "http://[::1]/",
		"http://a b/", `c:\x`, "%zz", "urn:a:b", "2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2eb8aa08aa9811eab4aa73b441d16380", "/a/b~1c", "/a~2", "a/b", "~",
		"1.2.3", "1.2.3-a.1+b", "1.02.3", "1.2", "1.2.3-01", "1.2.3-", "v1.2.3", "1.2.3-+b", "^(a|b)+$", "(?=a)", "[", "P1Y2M", "{a}", "0#",
	}
	formats := []string{
		"json-pointer", "relative-json-pointer", "uuid", "duration", "period", "ipv4", "ipv6", "hostname", "email", "date", "time", "date-time",
		"uri", "iri", "uri-reference", "iri-reference", "uri-template", "semver", "regex", "nonsense",
	}
	for _, format := range formats {
		text := draft(7, fmt.Sprintf(`"format": %q`, format))
		s, o, ok := parse(t, text)
		if !ok {
			t.Fatal(format)
		}
		decided := 0
		for _, value := range texts {
			if agree(t, text, s, o, value) {
				decided++
			}
		}
		if decided == 0 != (format == "duration" || format == "period" || format == "uri-template" || format == "relative-json-pointer") {
			t.Errorf("%s: %d answers of %d", format, decided, len(texts))
		}
	}
}

// TestLimits holds that no schema and no value take long. Without limits, they would take
// hours; with the race detector on a busy machine, they take some seconds.
func TestLimits(t *testing.T) {
	deep := strings.Repeat(`{"not": `, 5000) + `true` + strings.Repeat(`}`, 5000)
	wide := make([]any, 20000)
	for i := range wide {
		wide[i] = map[string]any{"a": float64(i)}
	}
	var nested any = "x"
	for range 5000 {
		nested = map[string]any{"a": nested}
	}
	doubling := &strings.Builder{}
	doubling.WriteString(`{"$ref": "#/$defs/a0", "$defs": {`)
	for i := range 40 {
		fmt.Fprintf(doubling, `"a%d": {"anyOf": [{"$ref": "#/$defs/a%d"}, {"$ref": "#/$defs/a%d"}]},`, i, i+1, i+1)
	}
	doubling.WriteString(`"a40": {"type": "null"}}}`)
	chain := &strings.Builder{}
	chain.WriteString(`{"$ref": "#/$defs/a0", "$defs": {`)
	for i := range 5000 {
		fmt.Fprintf(chain, `"a%d": {"$ref": "#/$defs/a%d"},`, i, i+1)
	}
	chain.WriteString(`"a5000": {"type": "null"}}}`)
	patterns := &strings.Builder{}
	patterns.WriteString(`{"patternProperties": {`)
	for i := range 3000 {
		fmt.Fprintf(patterns, `"^(x|y%d){1,900}$": {},`, i)
	}
	patterns.WriteString(`"z": {}}}`)
	ids := &strings.Builder{}
	fmt.Fprintf(ids, `{"$id": "http://example.com/%s", "allOf": [`, strings.Repeat("a/", 1<<19))
	for range 50000 {
		ids.WriteString(`{"$ref": "#/$defs/x"},`)
	}
	ids.WriteString(`true], "$defs": {"x": true}}`)
	steps := `{"$ref": "#/x` + strings.Repeat("/x", 4000) + `", "x": ` + strings.Repeat(`{"x": `, 4000) + `{}` + strings.Repeat("}", 4001)
	tall := `{"$id": "http://example.com/", "$defs": {"` + strings.Repeat("k", 1<<20) + `": ` + strings.Repeat(`{"not": `, 200) + `{"$id": "x"}` + strings.Repeat("}", 200) + `}, "$ref": "x"}`
	choice := `{"anyOf": [` + strings.Repeat(`{"required": ["x"]},`, 50000) + `false]}`
	keys := map[string]any{}
	for i := range 50000 {
		keys[fmt.Sprint("k", i)] = 1.0
	}
	long := `{"properties": {"` + strings.Repeat("k", 1<<20) + `": {"properties": {` + strings.TrimSuffix(strings.Repeat(`"a": true,`, 1), ",") + `}}}}`
	for _, c := range []struct {
		name, schema string
		value        any
	}{
		{"deep", deep, 1.0}, {"a wide list", `{"uniqueItems": true, "items": {"required": ["a"]}}`, wide}, {"a deep value", `{"properties": {"a": {"$ref": "#"}}, "enum": [1]}`, nested},
		{"doubling", doubling.String(), 1.0}, {"a chain", chain.String(), 1.0}, {"patterns", patterns.String(), map[string]any{strings.Repeat("x", 900): 1.0}},
		{"a long text", `{"pattern": "^(a|b|ab){1,999}$"}`, strings.Repeat("ab", 1<<20)}, {"a long key", long, map[string]any{}},
		{"long names", ids.String(), 1.0}, {"a reference of many steps", steps, 1.0}, {"a tall name", tall, 1.0}, {"many choices of many keys", choice, keys},
		{"a large number", `{"maximum": 1e999999999}`, 1.0}, {"a long number", `{"maximum": ` + strings.Repeat("9", 1<<20) + `}`, 1.0},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			if s, err := Parse([]byte(c.schema)); err == nil {
				s.Validate(c.value)
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("takes %v", took)
			}
		})
	}
}

func BenchmarkValidate(b *testing.B) {
	text, value := typical(b)
	s, err := Parse(text)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if answer, _ := s.Validate(value); answer != Holds {
			b.Fatal(answer)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	text, _ := typical(b)
	for b.Loop() {
		if _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

// typical is a schema of 200 services, as a large chart has it.
func typical(b *testing.B) ([]byte, any) {
	b.Helper()
	properties, values := map[string]any{}, map[string]any{}
	for i := range 200 {
		name := fmt.Sprintf("service%d", i)
		properties[name] = map[string]any{"$ref": "#/definitions/service"}
		values[name] = map[string]any{"image": map[string]any{"repository": "example.com/app", "tag": "1.2.3"}, "replicas": 2.0, "env": []any{map[string]any{"name": "A", "value": "b"}}}
	}
	text, err := json.Marshal(map[string]any{
		"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": properties, "additionalProperties": false,
		"definitions": map[string]any{"service": map[string]any{
			"type": "object", "required": []any{"image"}, "properties": map[string]any{
				"image":    map[string]any{"type": "object", "properties": map[string]any{"tag": map[string]any{"type": "string", "pattern": `^[\w.-]{1,127}$`}}},
				"replicas": map[string]any{"type": "integer", "minimum": 0},
				"env":      map[string]any{"type": "array", "items": map[string]any{"required": []any{"name"}}},
			},
		}},
	})
	if err != nil {
		b.Fatal(err)
	}
	return text, values
}
