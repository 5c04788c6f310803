package kube

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
)

func scalarsOf(text string) (*reader, []*yaml.Node) {
	s := newStream(origin.Document{Name: "a.yaml", Text: origin.FromFile("a.yaml", []byte(text))})
	c := chunk{start: 0, end: len(text)}
	doc, problem := s.parse(c)
	if problem != nil || doc == nil {
		return nil, nil
	}
	var problems []model.Problem
	r := s.reader(c, nil, nil, &problems)
	var out []*yaml.Node
	stack := []*yaml.Node{doc}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = append(stack[:len(stack)-1], n.Content...)
		if n.Kind == yaml.ScalarNode {
			out = append(out, n)
		}
	}
	return r, out
}

// reread decodes the bytes of a scalar once more, by themselves.
func reread(source string) (string, bool) {
	var out yaml.Node
	if err := yaml.Unmarshal([]byte(source), &out); err != nil || len(out.Content) == 0 {
		return "", false
	}
	v := out.Content[0]
	return v.Value, v.Kind == yaml.ScalarNode
}

var scalarCases = []struct{ name, text, value, source string }{
	{"plain", "a: b c # d", "b c", "b c"},
	{"plain over lines", "a: b\n  c\n\n  d\n", "b c\nd", "b\n  c\n\n  d"},
	{"plain with umlauts before", "ä: {ö: ü, k: v}", "v", "v"},
	{"double", `a: "b\tc\u00e4\x41\"\\" `, "b\tc\u00e4A\"\\", `"b\tc\u00e4\x41\"\\"`},
	{"double over lines", "a: \"b\n  c\n\n  d\\\n   e\"", "b c\nde", "\"b\n  c\n\n  d\\\n   e\""},
	{"single", "a: 'it''s'", "it's", "'it''s'"},
	{"single over lines", "a: 'x\n  y'", "x y", "'x\n  y'"},
	{"literal", "a: |\n  b\n   c\n\n  d\ne: f", "b\n c\n\nd\n", "|\n  b\n   c\n\n  d"},
	{"literal, stripped", "a: |-\n  b\n", "b", "|-\n  b"},
	{"literal, kept", "a: |+\n  b\n\n\nc: d", "b\n\n\n", "|+\n  b"},
	{"literal, indented by its header", "a: |2\n   b\n  c\n", " b\nc\n", "|2\n   b\n  c"},
	{"literal with a comment", "a: | # note 2\n  b\n", "b\n", "| # note 2\n  b"},
	{"folded", "a: >\n  b\n  c\n\n  d\n    e\n", "b c\nd\n  e\n", ">\n  b\n  c\n\n  d\n    e"},
	{"empty literal", "a: |\nb: c", "", "|"},
	{"tagged", "a: !!str 12", "12", "12"},
	{"anchored", "a: &x\n  text", "text", "text"},
	{"windows", "a: \"b\r\n  c\"\r\nd: |\r\n  e\r\n  f\r\n", "b c", "\"b\r\n  c\""},
	{"byte order mark", "\uFEFFa: b", "b", "b"},
	{"empty", "a:\nb: c", "", ""},
	{"in a flow", `{"a": "x/y", b: [one, 'two']}`, "x/y", `"x/y"`},
}

func TestExtent(t *testing.T) {
	for _, c := range scalarCases {
		r, nodes := scalarsOf(c.text)
		found := false
		for _, n := range nodes {
			start, end := r.extent(n)
			if n.Value == c.value && c.text[start:end] == c.source {
				found = true
			}
		}
		if !found {
			t.Errorf("%s: no scalar with this value and these bytes", c.name)
			for _, n := range nodes {
				start, end := r.extent(n)
				t.Logf("%q at %q", n.Value, c.text[start:end])
			}
		}
	}
}

// FuzzExtent reads the bytes of every scalar by themselves: they must give its value.
func FuzzExtent(f *testing.F) {
	for _, c := range scalarCases {
		f.Add(c.text)
	}
	f.Add("a: - b\n? c\n: d\n")
	f.Add("- !!binary |\n  YQ==\n- &a [b, *a]\n- \"\\U0001F600\"\n- x: >-2\n    a\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, nodes := scalarsOf(text)
		for _, n := range nodes {
			start, end := r.extent(n)
			if start < 0 || start > end || end > len(text) {
				t.Fatalf("the bytes %d to %d of %d", start, end, len(text))
			}
			length, ok := scalarLength(text[start:], n)
			if !ok || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
				continue // reaches to the end of the object; blocks depend on what is around them
			}
			got, ok := reread(text[start : start+length])
			if ok && n.Value != got && strings.TrimSpace(n.Value) != "" && !strings.ContainsAny(text[start:start+length], "#:") {
				t.Fatalf("%q reads as %q, expected %q", text[start:start+length], got, n.Value)
			}
		}
	})
}
