package expression

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

func nodeOf(t *testing.T, text string) *yaml.Node {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		t.Fatal(err)
	}
	if len(n.Content) == 0 {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
	}
	return n.Content[0]
}

func TestYAMLIsReadByTheCoreSchema(t *testing.T) {
	cases := []struct{ text, want, pasted string }{
		{"text", `"text"`, "text"},
		{"'1'", `"1"`, "1"},
		{`"true"`, `"true"`, "true"},
		{"true", "true", "true"},
		{"True", "true", "true"},
		{"FALSE", "false", "false"},
		{"tRUE", `"tRUE"`, "tRUE"},
		{"yes", `"yes"`, "yes"},
		{"on", `"on"`, "on"},
		{"n", `"n"`, "n"},
		{"~", "null", ""},
		{"null", "null", ""},
		{"1", "1", "1"},
		{"-5", "-5", "-5"},
		{"+5", "5", "5"},
		{"010", "10", "10"}, // no octal number
		{"0o10", "8", "8"},
		{"0x1F", "31", "31"},
		{"0X1F", `"0X1F"`, "0X1F"},
		{"0b11", `"0b11"`, "0b11"},
		{"1_000", `"1_000"`, "1_000"},
		{"1.10", "1.1", "1.1"},
		{"1.", "1", "1"},
		{".5", "0.5", "0.5"},
		{"3.10", "3.1", "3.1"},
		{"1e3", "1000", "1000"},
		{"1e3.5", `"1e3.5"`, "1e3.5"},
		{".inf", "Infinity", "Infinity"},
		{"-.INF", "-Infinity", "-Infinity"},
		{".nan", "NaN", "NaN"},
		{"12:30", `"12:30"`, "12:30"},
		{"2001-01-01", `"2001-01-01"`, "2001-01-01"},
		{"!!float 1", "1", "1"},
		{"0x", `"0x"`, "0x"},
		{"'0xffffffffff'", `"0xffffffffff"`, "0xffffffffff"},
		{"|\n  a\n  b\n", `"a\nb\n"`, "a\nb\n"},
		{"[a, 1, [true]]", `["a" 1 [true]]`, "Array"},
		{"{b: 1, a: x}", `{"b":1 "a":"x"}`, "Object"},
		{"{1: x}", `{"1":"x"}`, "Object"},
		{"&x a", `"a"`, "a"},
		{"[&x a, *x]", `["a" "a"]`, "Array"},
	}
	for _, c := range cases {
		v := FromYAML(nodeOf(t, c.text), YAML{})
		if got := told(v); got != c.want {
			t.Errorf("%s is %s, expected %s", c.text, got, c.want)
		}
		if text, ok := pastedText(v); text != c.pasted || !ok {
			t.Errorf("%s is pasted as %q, expected %q", c.text, text, c.pasted)
		}
	}
	for _, text := range []string{"!!str 1", "!!int abc", "!!bool 1", "!!int '1'", "{<<: {a: 1}}", "!other 1", "!!binary aGk=", "0xffffffffff", "{'${{ insert }}': {a: 1}}"} {
		if got := told(FromYAML(nodeOf(t, text), YAML{})); got != "unknown" {
			t.Errorf("%s is %s, but GitHub does not take it, or not as it stands", text, got)
		}
	}
	if _, ok := pastedText(FromYAML(nodeOf(t, "-0"), YAML{})); ok {
		t.Error("it is known how a negative zero is pasted")
	}
}

func TestYAMLKeepsPlacesAndBudgets(t *testing.T) {
	y := YAML{
		Span: func(n *yaml.Node) pos.Span {
			return pos.Span{File: "a.yml", Start: pos.Pos{Line: n.Line, Column: n.Column}}
		},
		Hop:  model.Hop{Kind: model.KindWorkflow, What: "matrix"},
		Text: func(*yaml.Node) Value { return Bool(true) },
	}
	v := FromYAML(nodeOf(t, "a: [x, 5]\nb: ${{ x }}\n"), y)
	items, _ := v.Get("a").Items()
	for i, want := range []string{"a.yml:1:5", "a.yml:1:8"} {
		if hop := items[i].Model().Trail.Origin(); hop.At.String() != want || !hop.Literal || hop.What != "matrix" {
			t.Errorf("item %d stands at %+v, expected %s", i, hop, want)
		}
	}
	if told(v.Get("B")) != "true" {
		t.Error("a text with an expression is not handed on")
	}
	deep := strings.Repeat("[", 150) + strings.Repeat("]", 150)
	if !strings.Contains(told(FromYAML(nodeOf(t, deep), y)), "unknown") {
		t.Error("the depth is not bounded")
	}
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
	if !strings.Contains(told(FromYAML(nodeOf(t, bomb), y)), "unknown") {
		t.Error("the number of nodes is not bounded")
	}
}
