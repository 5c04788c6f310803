package schema

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// maker makes schemas and values of a few words, so that they often meet.
type maker struct {
	*rand.Rand
	draft  int
	broken bool // now and then, make something that no schema is
	odd    bool // use what this package leaves open
}

func pick[T any](m *maker, of ...T) T { return of[m.IntN(len(of))] }

func (m *maker) key() string { return pick(m, "a", "b", "c", "key") }

func (m *maker) value(depth int) any {
	n := m.IntN(12)
	if depth > 0 && n < 5 {
		if n < 2 {
			out := []any{}
			for range m.IntN(4) {
				out = append(out, m.value(depth-1))
			}
			return out
		}
		out := map[string]any{}
		for range m.IntN(4) {
			out[m.key()] = m.value(depth - 1)
		}
		return out
	}
	return pick[any](m, nil, true, false, "", "a", "b", "ab", "10.0.0.1", "1.2.3-a", "2026-11-22", "ü", 0.0, 1.0, 2.0, int64(1), int64(3), 0.5, 0.1, -1.0, 1e21, 1.5)
}

func (m *maker) number() any { return pick[any](m, 0, 1, 2, 3, 0.5, -1, 1.5, 1e21) }

func (m *maker) schema(depth int) any {
	if m.draft > 4 && m.IntN(12) == 0 {
		return m.IntN(2) == 0
	}
	out := map[string]any{}
	for range 1 + m.IntN(3) {
		m.keyword(out, depth)
	}
	if m.broken && m.IntN(25) == 0 {
		out[pick(m, rules4()...)] = m.value(1)
	}
	return out
}

func rules4() []string {
	return []string{
		"type", "enum", "const", "minimum", "multipleOf", "minLength", "pattern", "required", "properties", "items", "allOf", "not",
		"uniqueItems", "additionalProperties", "dependencies", "$ref", "format", "title", "exclusiveMinimum", "prefixItems", "if", "$id",
		"patternProperties", "dependentRequired", "$defs", "definitions", "propertyNames", "contains", "$anchor", "examples", "deprecated",
	}
}

func (m *maker) schemas(depth int) []any {
	out := []any{}
	for range 1 + m.IntN(3) {
		out = append(out, m.schema(depth))
	}
	return out
}

func (m *maker) schemaMap(depth int) map[string]any {
	out := map[string]any{}
	for range 1 + m.IntN(3) {
		out[m.key()] = m.schema(depth)
	}
	return out
}

func (m *maker) keys() []any {
	all := []any{"a", "b", "c", "key"}
	m.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:1+m.IntN(3)]
}

func (m *maker) typeName() string {
	return pick(m, "null", "boolean", "number", "integer", "string", "array", "object", "object")
}

func (m *maker) keyword(out map[string]any, depth int) {
	if depth > 0 && m.IntN(3) > 0 {
		m.holder(out, depth-1)
		return
	}
	switch m.IntN(12) {
	case 0, 1:
		out["type"] = m.typeName()
	case 2:
		out["type"] = pick[any](m, []any{"string", "null"}, []any{"object", "integer"})
	case 3:
		out["enum"] = []any{m.value(1), map[string]any{"a": 1}, "a", 1, []any{"a"}}[m.IntN(2):]
		if m.draft < 2019 {
			out["enum"] = []any{"a", 1, map[string]any{"a": 1}}
		}
	case 4:
		out["const"] = m.value(2)
	case 5:
		m.numeric(out)
	case 6:
		out[pick(m, "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")] = m.IntN(4)
	case 7:
		out["pattern"] = pick(m, "^a", "b$", "^[a-z]{1,3}$", "\\d+", "ü")
	case 8:
		out["required"] = m.keys()
	case 9:
		out["uniqueItems"] = true
	case 10:
		out["format"] = pick(m, "ipv4", "date", "date-time", "email", "uri", "hostname", "regex", "nonsense", "uuid", "semver")
	case 11:
		out["dependentRequired"] = map[string]any{m.key(): m.keys()}
	}
}

func (m *maker) numeric(out map[string]any) {
	key := pick(m, "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
	switch {
	case key == "multipleOf":
		out[key] = pick[any](m, 1, 2, 0.5, 0.1, 3)
	case m.draft == 4 && key == "exclusiveMinimum":
		out[key], out["minimum"] = true, m.number()
	case m.draft == 4 && key == "exclusiveMaximum":
		out[key], out["maximum"] = true, m.number()
	default:
		out[key] = m.number()
	}
}

func (m *maker) holder(out map[string]any, depth int) {
	switch m.IntN(16) {
	case 0, 1, 2:
		out["properties"] = m.schemaMap(depth)
	case 3:
		out["additionalProperties"] = pick[any](m, false, m.schema(depth))
	case 4:
		out["patternProperties"] = map[string]any{pick(m, "^a", "e", "."): m.schema(depth)}
	case 5:
		out[pick(m, "allOf", "anyOf", "oneOf")] = m.schemas(depth)
	case 6:
		out["not"] = m.schema(depth)
	case 7:
		out["if"], out["then"], out["else"] = m.schema(depth), m.schema(depth), m.schema(depth)
		delete(out, pick(m, "then", "else", "nothing"))
	case 8:
		out["items"] = m.schema(depth)
	case 9:
		if m.draft < 2020 {
			out["items"], out["additionalItems"] = m.schemas(depth), m.schema(depth)
		} else {
			out["prefixItems"] = m.schemas(depth)
		}
	case 10:
		out["contains"], out["minContains"], out["maxContains"] = m.schema(depth), m.IntN(3), m.IntN(4)
		delete(out, pick(m, "minContains", "maxContains"))
	case 11:
		out["propertyNames"] = m.schema(depth)
	case 12:
		out["dependencies"] = map[string]any{m.key(): pick[any](m, m.keys(), m.schema(depth))}
	case 13:
		out["dependentSchemas"] = m.schemaMap(depth)
	case 14, 15:
		m.reference(out, depth)
	}
}

func (m *maker) reference(out map[string]any, depth int) {
	if m.draft >= 2019 && m.IntN(3) == 0 {
		out[pick(m, "unevaluatedProperties", "unevaluatedItems")] = pick[any](m, false, m.schema(depth))
		return
	}
	out["$ref"] = pick(m, "#/definitions/a", "#/$defs/a", "#/definitions/b", "#", "#/definitions/sub/properties/x", "#named")
	if m.odd && m.IntN(4) == 0 {
		out["$ref"] = pick(m, "http://example.com/other.json", "sub.json", "#/title", "#nope", "urn:a:b", "#/properties", "#/enum/0", "values.schema.json#/definitions/a")
		if m.IntN(3) == 0 {
			out[pick(m, "$dynamicRef", "$recursiveRef")] = "#"
		}
	}
}

// document is a schema with what its references lead to.
func (m *maker) document() string {
	out, ok := m.schema(3).(map[string]any)
	if !ok {
		out = map[string]any{}
	}
	out["$schema"] = map[int]string{
		4: "http://json-schema.org/draft-04/schema#", 6: "http://json-schema.org/draft-06/schema#", 7: "http://json-schema.org/draft-07/schema#",
		2019: "https://json-schema.org/draft/2019-09/schema", 2020: "https://json-schema.org/draft/2020-12/schema",
	}[m.draft]
	if m.draft == 2020 && m.IntN(2) == 0 {
		delete(out, "$schema")
	}
	named, _ := m.schema(1).(map[string]any)
	if named == nil {
		named = map[string]any{}
	}
	id := "$id"
	switch {
	case m.draft >= 2019:
		named["$anchor"] = "named"
	case m.draft == 4:
		id = "id"
		fallthrough
	default:
		delete(named, "$ref")
		named[id] = "#named"
	}
	sub := map[string]any{"properties": map[string]any{"x": m.schema(1)}}
	if m.odd && m.IntN(2) == 0 {
		sub[id] = pick(m, "sub.json", "http://example.com/sub", "#other", "urn:a:b", "values.schema.json")
		sub["allOf"] = []any{m.schema(1), map[string]any{"$ref": pick(m, "#/properties/x", "#", "sub.json", "#other", "values.schema.json#/definitions/a")}}
	}
	out["definitions"] = map[string]any{"a": m.schema(2), "b": m.schema(1), "named": named, "sub": sub}
	out["$defs"] = map[string]any{"a": m.schema(1)}
	text, err := json.Marshal(out)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// mask makes some parts unknown.
func (m *maker) mask(v any) any {
	if m.IntN(6) == 0 {
		return Unknown{}
	}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			out[key] = m.mask(v[key])
		}
		return out
	case []any:
		out := []any{}
		for _, item := range v {
			out = append(out, m.mask(item))
		}
		return out
	}
	return v
}

// complete fills in what is unknown in some way.
func (m *maker) complete(v any) any {
	switch v := v.(type) {
	case Unknown:
		return m.value(2)
	case map[string]any:
		out := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if (v[key] != Unknown{}) || m.IntN(3) > 0 {
				out[key] = m.complete(v[key])
			}
		}
		return out
	case []any:
		out := []any{}
		for _, item := range v {
			out = append(out, m.complete(item))
		}
		return out
	}
	return v
}

// checkMasked holds that an answer about a value that is known in part is true of every
// value that it may be.
func (m *maker) checkMasked(t *testing.T, text string, s *Schema, o oracle, value any) {
	t.Helper()
	masked := m.mask(value)
	answer, found := s.Validate(masked)
	if answer == NotKnown || o.apart {
		return
	}
	if full, _ := s.Validate(value); full != answer && full != NotKnown {
		t.Errorf("schema %s\nvalue %s, known as %s: the answer turns from %d to %d", text, show(value), show(masked), full, answer)
	}
	for range 4 {
		if whole := m.complete(masked); o.valid(whole) != (answer == Holds) {
			t.Errorf("schema %s\nvalue %s may be %s\nthe library then says the opposite of %d: %v", text, show(masked), show(whole), answer, found)
		}
	}
}

// tally counts answers.
type tally struct{ pairs, decisive, valid, refused, masked int }

func (m *maker) round(t *testing.T, n *tally) {
	t.Helper()
	text := m.document()
	s, o, ok := parse(t, text)
	if !ok {
		n.refused++
		return
	}
	for range 8 {
		value := m.value(3)
		if m.IntN(2) == 0 {
			value = map[string]any{m.key(): m.value(2), m.key(): m.value(2), m.key(): m.value(1)}
		}
		n.pairs++
		if agree(t, text, s, o, value) {
			n.decisive++
			if o.schema != nil && o.valid(value) {
				n.valid++
			}
		}
		m.checkMasked(t, text, s, o, value)
		if answer, _ := s.Validate(m.mask(value)); answer != NotKnown {
			n.masked++
		}
	}
}

// TestAnswersAreTheLibrarys compares with the library over schemas of all drafts.
func TestAnswersAreTheLibrarys(t *testing.T) {
	for _, draft := range []int{4, 6, 7, 2019, 2020} {
		for _, kind := range []string{"plain", "broken", "odd"} {
			t.Run(strconv.Itoa(draft)+" "+kind, func(t *testing.T) {
				m := &maker{Rand: rand.New(rand.NewPCG(uint64(draft), 7)), draft: draft, broken: kind == "broken", odd: kind == "odd"}
				var n tally
				for range rounds {
					m.round(t, &n)
				}
				t.Logf("%+v", n)
				if n.pairs == 0 || n.valid == 0 || n.valid == n.pairs || n.masked == 0 {
					t.Error("the pairs show nothing")
				}
				if kind == "plain" && n.decisive < n.pairs*99/100 {
					t.Errorf("only %d answers of %d are decisive", n.decisive, n.pairs)
				}
			})
		}
	}
}

const rounds = 100
