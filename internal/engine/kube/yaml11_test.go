package kube

import (
	"encoding/json"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	k8syaml "sigs.k8s.io/yaml"
)

// kindByKubernetes asks the library that Kubernetes reads YAML with.
func kindByKubernetes(text string) (kind scalarKind, value string, ok bool) {
	data, err := k8syaml.YAMLToJSON([]byte("x: " + text + "\n"))
	if err != nil {
		return 0, "", false
	}
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		return 0, "", false
	}
	switch v := out["x"].(type) {
	case string:
		return textScalar, v, true
	case bool:
		return boolScalar, "", true
	case float64:
		return numberScalar, "", true
	case nil:
		return nullScalar, "", true
	}
	return 0, "", false
}

// nameByKubernetes is the name of a field that is written so.
func nameByKubernetes(text string) (string, bool) {
	var out map[string]any
	if err := k8syaml.Unmarshal([]byte(text+": v\n"), &out); err != nil || len(out) != 1 {
		return "", false
	}
	for name := range out {
		return name, true
	}
	return "", false
}

// FuzzYAML11 holds the kinds of scalars against the library that Kubernetes uses.
func FuzzYAML11(f *testing.F) {
	for _, text := range []string{
		"yes", "Y", "n", "off", "On", "True", "~", "null", "", "1", "010", "0x1F", "0b11", "-0b11", "1_000", "1.5", ".5", "1e3", "+.inf", ".NaN", "-", "+",
		"2020-01-01", "2020-1-1 10:00:00", "2001-12-14t21:59:43.10-05:00", "12:30:45", "text", `"yes"`, "'1'", "!!str 1", "!!int 1", "<<", "1__0", "0o17", "- a", "1_", "_1", ".", "1.", "99999999999999999999",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte("x: "+text+"\n"), &doc); err != nil || len(doc.Content) == 0 || len(doc.Content[0].Content) != 2 {
			return
		}
		n := doc.Content[0].Content[1]
		want, value, ok := kindByKubernetes(text)
		if !ok || n.Kind != yaml.ScalarNode || n.Value == "<<" {
			return
		}
		got := kindOf(n)
		if got == otherTag || strings.HasPrefix(strings.TrimSpace(text), "!") && !strings.HasPrefix(strings.TrimSpace(text), "!!") { // the plain "!" is not told to us; such a text counts as unknown
			return
		}
		if got != want {
			t.Fatalf("%q is %v, expected %v", text, got, want)
		}
		if got == textScalar && n.Value != value {
			t.Fatalf("%q is %q, expected %q", text, n.Value, value)
		}
		if n.Style != 0 || len(n.Value) != len(text) {
			return
		}
		if name, ok := nameByKubernetes(text); ok && want != nullScalar {
			if _, got := resolve11(n.Value); got != name {
				t.Fatalf("%q names a field %q, expected %q", text, got, name)
			}
		}
	})
}
