package provider

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/secret"
)

// TestOutlines: the quick reading of a file tells what the strict one does.
func TestOutlines(t *testing.T) {
	c := Catalogue()
	for _, o := range c.outlines() {
		p, ok := c.Get(o.id)
		if !ok {
			t.Fatalf("%s does not load", o.id)
		}
		var names, beginning []string
		for _, name := range p.Names {
			names = append(names, strings.ToLower(name))
		}
		for i := range p.Forms {
			if !p.Forms[i].Weak {
				beginning = append(beginning, p.Forms[i].Pattern.Prefix())
			}
		}
		if diff := cmp.Diff(names, o.names); diff != "" {
			t.Errorf("%s: names (-strict +quick):\n%s", o.id, diff)
		}
		if diff := cmp.Diff(beginning, o.beginning); diff != "" {
			t.Errorf("%s: beginnings (-strict +quick):\n%s", o.id, diff)
		}
	}
	if len(c.outline) != len(c.IDs()) {
		t.Errorf("%d outlines of %d files", len(c.outline), len(c.IDs()))
	}
}

func TestOutlineOfOddFiles(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		want       outline
	}{
		{"block lists", "id: a\nnames:\n- A_KEY\n# a note\n- \"*B\"\nforms:\n- pattern: 'ab_x+'\n  kind: key\n- {pattern: q.*, weak: true}\nhosts: {}\n", outline{"x", []string{"a_key", "*b"}, []string{"ab_"}}},
		{"as the catalogue writes it", "id: a\nnames: [A_KEY, \"*B\"]\n\nforms:\n  # a note\n  - {pattern: 'ab_x+', kind: key}\n  - pattern: 'cd_x+'\n    kind: key\n    refuse: it's no key, weak: true or not\n  - pattern: 'ef_x+'\n    weak: true\n  - {pattern: 'gh_x+', kind: k, weak: true}\n\nhosts: {}\n", outline{"x", []string{"a_key", "*b"}, []string{"ab_", "cd_"}}},
		{"quotes in a pattern", "id: a\nforms:\n  - {pattern: 'a''b_x+', kind: key}\n  - {kind: weak, pattern: \"cd_x+\"}\n", outline{"x", nil, []string{"a'b_", "cd_"}}},
		{"long texts", "id: a\nforms:\n  - pattern: 'ab_x+'\n    refuse: >-\n      weak: true\n    kind: key\n", outline{"x", nil, []string{"ab_"}}},
		{"nothing of either", "id: a\nhosts: {}\n", outline{id: "x"}},
		{"at the end without a line break", "id: a\nnames: [A_KEY]", outline{"x", []string{"a_key"}, nil}},
		{"two beginnings", "id: a\nforms: [{pattern: 'abc|def', kind: key}]\n", outline{"x", nil, []string{""}}},
		{"no YAML", "id: a\nnames: [A_KEY\nforms: {\n", outline{"x", []string{"*"}, []string{""}}},
	} {
		if diff := cmp.Diff(tt.want, readOutline("x", []byte(tt.file)), cmp.AllowUnexported(outline{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestRecogniseLeavesTheRestUnread: a provider that nothing speaks for is not loaded.
func TestRecogniseLeavesTheRestUnread(t *testing.T) {
	c := Catalogue()
	for name, text := range environment(keyOfEach()[0]) {
		c.Recognise(name, secret.New(text))
	}
	if len(c.read) != 1 || c.read["stripe"] == nil {
		t.Errorf("%d files were read, want that of stripe alone", len(c.read))
	}
}

// TestPatternsAreCompiledLate: and only for texts that begin as they say.
func TestPatternsAreCompiledLate(t *testing.T) {
	p := pattern(t, "sk_[a-z]+")
	for text, want := range map[string]bool{"sk_a": true, "sk_": false, "xsk_a": false, "sk_a\n": false, "": false} {
		if p.Match(text) != want {
			t.Errorf("%q: want %t", text, want)
		}
	}
}
