package report

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// TestContract holds what is written against the examples of the contract: every field
// of an example is there, of the same type and in the same order.
func TestContract(t *testing.T) {
	full := Build(everything())
	resolved := BuildResolved(resolvedStory(func(secret.Text) string { return "shown" }))
	for i := range resolved.Environments {
		for j := range resolved.Environments[i].Consumers {
			c := &resolved.Environments[i].Consumers[j]
			c.Variables = slices.DeleteFunc(c.Variables, func(v Variable) bool { return v.Name != "PAYMENT_API_KEY" })
		}
	}
	for file, written := range map[string]func(*strings.Builder) error{
		"contract-check.json":   func(b *strings.Builder) error { return encode(b, full) },
		"contract-resolve.json": func(b *strings.Builder) error { return encode(b, resolved) },
	} {
		var b strings.Builder
		if err := written(&b); err != nil {
			t.Fatal(err)
		}
		example, err := os.ReadFile(filepath.Join("..", "..", "testdata", "report", file))
		if err != nil {
			t.Fatal(err)
		}
		compareShape(t, file, parseJSON(t, string(example)), parseJSON(t, b.String()))
	}
}

// everything is a run whose report has something in every list.
func everything() Input {
	in := suspendedStory()
	more := unverifiedStory()
	in.Cases, in.Findings = append(in.Cases, more.Cases...), append(in.Findings, more.Findings...)
	in.Cases[0].Verdict.Identity.Scopes = []string{"read"}
	in.Problems = []model.Problem{{At: at("a", 1, 1), Message: "m", Fix: "f"}}
	in.Ignored = ignoredStory().Ignored
	return in
}

// parseJSON reads JSON as YAML, which it is too, because that keeps the order of fields.
func parseJSON(t *testing.T, text string) *yaml.Node {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		t.Fatal(err)
	}
	return n.Content[0]
}

func compareShape(t *testing.T, path string, want, got *yaml.Node) {
	t.Helper()
	if want.Kind != got.Kind || want.Kind == yaml.ScalarNode && want.Tag != got.Tag {
		t.Errorf("%s: the contract has a %s, written is a %s", path, want.Tag, got.Tag)
		return
	}
	switch want.Kind {
	case yaml.SequenceNode:
		if len(want.Content) > 0 && len(got.Content) == 0 {
			t.Errorf("%s: the example has an entry, and none is written", path)
		} else if len(want.Content) > 0 {
			compareShape(t, path+"[0]", want.Content[0], fullest(got))
		}
	case yaml.MappingNode:
		last := -1
		for i := 0; i < len(want.Content); i += 2 {
			name := want.Content[i].Value
			j := slices.IndexFunc(got.Content, func(n *yaml.Node) bool { return n.Value == name })
			switch {
			case j < 0:
				t.Errorf("%s.%s is not written", path, name)
				continue
			case j < last:
				t.Errorf("%s.%s is out of order", path, name)
			}
			last = j
			compareShape(t, path+"."+name, want.Content[i+1], got.Content[j+1])
		}
	}
}

// fullest gives the entry of a list that has the most in it.
func fullest(list *yaml.Node) *yaml.Node {
	return slices.MaxFunc(list.Content, func(a, b *yaml.Node) int { return size(a) - size(b) })
}

func size(n *yaml.Node) int {
	sum := 1
	for _, c := range n.Content {
		sum += size(c)
	}
	return sum
}
