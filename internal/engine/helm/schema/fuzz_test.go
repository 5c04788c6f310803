package schema

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
)

// FuzzAnswers looks for a schema and a value about which the library says something else.
func FuzzAnswers(f *testing.F) {
	f.Add(`{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "minimum": 1}}}`, `{"a": 0.5}`, uint64(1))
	f.Add(draft(4, `"id": "http://example.com/", "definitions": {"x": {"id": "#x", "enum": [1]}}, "items": [{"$ref": "#x"}], "additionalItems": false`), `[1, 2]`, uint64(2))
	f.Add(draft(7, `"if": {"const": 1}, "then": false, "else": {"format": "date-time"}, "contains": {"pattern": "a"}`), `"2026-11-22T00:00:00Z"`, uint64(3))
	f.Add(draft(2019, `"$defs": {"x": {"$anchor": "x", "dependentSchemas": {"a": {"oneOf": [true, {"uniqueItems": true}]}}}}, "$ref": "#x"`), `{"a": [1, 1]}`, uint64(4))
	f.Add(`{"prefixItems": [{"propertyNames": {"maxLength": 1}}], "items": {"$ref": "#"}, "unevaluatedItems": false, "not": {"multipleOf": 0.1}}`, `[{"ab": 1}, [{}]]`, uint64(5))
	for seed := range uint64(20) {
		m := &maker{Rand: rand.New(rand.NewPCG(seed, 1)), draft: []int{4, 6, 7, 2019, 2020}[seed%5], broken: seed%3 == 0, odd: seed%3 == 1}
		f.Add(m.document(), show(m.value(3)), seed)
	}
	f.Fuzz(func(t *testing.T, text, instance string, seed uint64) {
		var value any
		if len(text) > 4000 || json.Unmarshal([]byte(instance), &value) != nil {
			t.Skip()
		}
		s, o, ok := parse(t, text)
		if !ok {
			return
		}
		agree(t, text, s, o, value)
		m := &maker{Rand: rand.New(rand.NewPCG(seed, 2)), draft: 2020}
		m.checkMasked(t, text, s, o, value)
	})
}
