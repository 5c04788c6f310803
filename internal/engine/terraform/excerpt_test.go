package terraform

import (
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/pos"
)

// TestExcerpt shows how lines begin, and nothing that may be a value: a quote that is
// missing or too much turns values into what looks like names.
func TestExcerpt(t *testing.T) {
	cases := []struct {
		name, text string
		line       int
		want       string
	}{
		{"an attribute", "a {\n  key = \"sk_CANARY\" x\n}\n", 2, "key = …"},
		{"a block", "resource \"aws_CANARY\" \"y\" {\n", 1, `resource "…" "…" {`},
		{"locals", "locals { a = \"CANARY\" }\n", 1, "locals {"},
		{"within a heredoc", "a = <<E\ncanary = 1\nE\n", 2, ""},
		{"the end of a text of several lines", "a = \"x\ncanary\" = \"y\"\n", 2, ""},
		{"a key where a name should be", "skCANARY0123456789 = 1\n", 1, ""},
		{"a long word", "abcdefabcdefabcdefabcdefabcdefabcdef = 1\n", 1, ""},
		{"only a word", "canary\n", 1, ""},
		{"a call", "canary(\"CANARY\")\n", 1, ""},
		{"a template as a label", "a \"${var.x}CANARY\" {\n", 1, ""},
		{"no such line", "a = 1\n", 9, ""},
		{"no line", "a = 1\n", 0, ""},
	}
	for _, c := range cases {
		e := &evaluator{in: Step{Files: treeWith(t, map[string]string{"main.tf": c.text})}}
		got := e.excerpt(pos.Span{File: "main.tf", Start: pos.Pos{Line: c.line, Column: 1}})
		if got != c.want || strings.Contains(got, "CANARY") {
			t.Errorf("%s: an excerpt of %d bytes, expected %q", c.name, len(got), c.want)
		}
	}
}
