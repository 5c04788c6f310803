package provider

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/strict"
)

// Match is a condition on one text or JSON value. Exactly one of its parts is set; a
// plain scalar in the file is Equals.
type Match struct {
	Equals   any // string, bool, int, float64; nil is JSON's null when HasEqual
	HasEqual bool
	Exists   *bool // there, and not JSON's null; false for `absent: true`
	In       []any
	Prefix   *string
	Contains *string
	Regex    *Expression
	GT, LT   *float64
}

// TextMatch is a condition on a whole body: a plain text in the file is Contains.
type TextMatch struct{ Match }

var matchWords = []string{"equals", "exists", "absent", "in", "prefix", "contains", "regex", "gt", "lt"}

const matchAdvice = "write a plain value, or one of {equals: …}, {exists: true}, {absent: true}, {in: […]}, {prefix: …}, {contains: …}, {regex: …}, {gt: 0}, {lt: 0}"

// DecodeStrict reads a plain value or a mapping with exactly one condition.
func (m *Match) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	switch n.Kind {
	case yaml.ScalarNode:
		m.Equals, m.HasEqual = scalar(r, n), true
	case yaml.MappingNode:
		m.decodeMapping(r, n)
	default:
		r.Fail(n, "write {in: […]} for a choice", "expected one condition, found a list")
	}
}

// DecodeStrict reads a condition; a plain text must be contained in the body.
func (m *TextMatch) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	if n.Kind != yaml.ScalarNode {
		m.Match.DecodeStrict(r, n)
		return
	}
	var text string
	r.Decode(n, &text)
	if m.Contains = &text; text == "" {
		r.Fail(n, "write the words that the body must contain", "is empty, which every body contains")
	}
}

func (m *Match) decodeMapping(r *strict.Reader, n *yaml.Node) {
	pairs, _ := r.Pairs(n)
	if len(pairs) != 1 {
		r.Fail(n, matchAdvice, "expected exactly one condition, found %d", len(pairs))
		return
	}
	word, value := pairs[0].Key, pairs[0].Value
	if value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	switch word.Value {
	case "equals":
		m.Equals, m.HasEqual = scalar(r, value), true
	case "exists", "absent":
		m.decodeExists(r, word, value)
	case "in":
		m.decodeIn(r, value)
	case "prefix":
		m.Prefix = nonEmpty(r, value)
	case "contains":
		m.Contains = nonEmpty(r, value)
	case "regex":
		r.Decode(value, &m.Regex)
	case "gt":
		m.GT = number(r, value)
	case "lt":
		m.LT = number(r, value)
	default:
		r.Unknown(word, "condition", matchWords)
	}
}

func (m *Match) decodeExists(r *strict.Reader, word, value *yaml.Node) {
	var yes bool
	r.Decode(value, &yes)
	if !yes && value.Tag == "!!bool" {
		r.Fail(value, "write {exists: true} or {absent: true}", "expected true")
	}
	exists := word.Value == "exists"
	m.Exists = &exists
}

func (m *Match) decodeIn(r *strict.Reader, n *yaml.Node) {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		r.Fail(n, "write {in: [one, two]}", "expected a list of values")
		return
	}
	for _, item := range n.Content {
		if item.Kind == yaml.AliasNode {
			item = item.Alias
		}
		m.In = append(m.In, scalar(r, item))
	}
}

func nonEmpty(r *strict.Reader, n *yaml.Node) *string {
	var text string
	r.Decode(n, &text)
	if n.Kind == yaml.ScalarNode && text == "" && n.Tag == "!!str" {
		r.Fail(n, "write at least one character", "is empty, which every text matches")
	}
	return &text
}

func number(r *strict.Reader, n *yaml.Node) *float64 {
	var f float64
	if r.Decode(n, &f); math.IsNaN(f) {
		r.Fail(n, "write a number", "is no number")
	}
	return &f
}

// scalar reads a plain value as JSON would have it.
func scalar(r *strict.Reader, n *yaml.Node) any {
	if n.Kind != yaml.ScalarNode {
		r.Fail(n, "write a text, a number, true, false or null", "expected a plain value")
		return nil
	}
	var v any
	r.Decode(n, &v)
	switch v.(type) {
	case nil, string, bool, int, float64:
		return v
	case time.Time:
		r.Fail(n, "put it in quotes", "is a date, which JSON does not have")
		return nil
	}
	r.Fail(n, "put it in quotes", "is a value that JSON does not have")
	return nil
}

// JSONSchema describes a condition.
func (m Match) JSONSchema() map[string]any {
	plain := map[string]any{"type": []any{"string", "number", "boolean", "null"}}
	text := strict.Text()
	text["minLength"] = 1
	return map[string]any{"anyOf": []any{plain, map[string]any{
		"type": "object", "additionalProperties": false, "minProperties": 1, "maxProperties": 1,
		"properties": map[string]any{
			"equals": plain,
			"exists": map[string]any{"const": true, "description": "the value is there and is not null"},
			"absent": map[string]any{"const": true, "description": "the value is missing or null"},
			"in":     map[string]any{"type": "array", "items": plain, "minItems": 1},
			"prefix": text, "contains": text, "regex": text,
			"gt": map[string]any{"type": "number"}, "lt": map[string]any{"type": "number"},
		},
	}}}
}

// Text reports whether the condition holds for a text; present is false where there is none.
func (m Match) Text(text string, present bool) bool {
	if m.Exists != nil {
		return *m.Exists == present
	}
	if !present {
		return false
	}
	return m.words(text) || m.compare(text) ||
		(m.HasEqual && textEquals(text, m.Equals)) ||
		slices.ContainsFunc(m.In, func(want any) bool { return textEquals(text, want) })
}

// JSON reports whether the condition holds for a value of a decoded JSON document:
// for any of them, where the path leads to several.
func (m Match) JSON(doc any, path Path) bool {
	found, _ := path.find(doc)
	if m.Exists != nil {
		return *m.Exists == slices.ContainsFunc(found, func(v any) bool { return v != nil })
	}
	return slices.ContainsFunc(found, m.value)
}

func (m Match) value(v any) bool {
	switch v := v.(type) {
	case string:
		if m.words(v) {
			return true
		}
	case json.Number:
		if m.compare(v.String()) {
			return true
		}
	}
	return (m.HasEqual && jsonEquals(v, m.Equals)) ||
		slices.ContainsFunc(m.In, func(want any) bool { return jsonEquals(v, want) })
}

func (m Match) words(text string) bool {
	switch {
	case m.Prefix != nil:
		return strings.HasPrefix(text, *m.Prefix)
	case m.Contains != nil:
		return strings.Contains(text, *m.Contains)
	case m.Regex != nil:
		return m.Regex.Match(text)
	}
	return false
}

func (m Match) compare(text string) bool {
	if m.GT == nil && m.LT == nil {
		return false
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return false
	}
	return (m.GT != nil && f > *m.GT) || (m.LT != nil && f < *m.LT)
}

// textEquals compares a text with a plain value: texts exactly, numbers by their value.
func textEquals(text string, want any) bool {
	switch want := want.(type) {
	case string:
		return text == want
	case bool:
		return text == strconv.FormatBool(want)
	}
	return numberEquals(strings.TrimSpace(text), want)
}

// jsonEquals compares a JSON value with a plain one of the same kind.
func jsonEquals(v, want any) bool {
	switch v := v.(type) {
	case nil:
		return want == nil
	case string, bool:
		return v == want
	case json.Number:
		return numberEquals(v.String(), want)
	}
	return false
}

func numberEquals(text string, want any) bool {
	switch want := want.(type) {
	case int:
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return i == int64(want)
		}
		f, err := strconv.ParseFloat(text, 64)
		return err == nil && f == float64(want)
	case float64:
		f, err := strconv.ParseFloat(text, 64)
		return err == nil && f == want
	}
	return false
}
