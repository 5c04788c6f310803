package gitops_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fluxcd/pkg/envsubst"
	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/engine/gitops"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
)

// applied shows a manifest after substitution: every line, and the sources of each scalar.
func applied(in gitops.Input, l gitops.Lead, name string) []string {
	data, err := in.Files.Read(name)
	if err != nil {
		return []string{err.Error()}
	}
	d, problems := l.Substitute.Apply(origin.Document{Name: name, Text: origin.FromFile(name, data)})
	text := d.Text.Secret().Reveal()
	out := strings.Split(strings.TrimSpace(text), "\n")
	x := pos.NewIndex([]byte(text))
	dec := yaml.NewDecoder(strings.NewReader(text))
	for {
		var n yaml.Node
		if dec.Decode(&n) != nil {
			break
		}
		scalars(&n, func(n *yaml.Node) {
			at := x.Offset(n.Line, n.Column)
			var from []string
			for _, v := range d.Text.Sources(at, at+len(n.Value)+1) {
				word := v.State.String()
				for _, h := range v.Trail.Hops() {
					word += " " + h.At.String()
				}
				from = append(from, word)
			}
			if strings.Contains(n.Value, "CANARY") || n.Value == "unknown" {
				out = append(out, fmt.Sprintf("%s from %s", n.Value, strings.Join(from, ", ")))
			}
		})
	}
	for _, p := range problems {
		out = append(out, "problem "+p.Message)
	}
	return out
}

func scalars(n *yaml.Node, visit func(*yaml.Node)) {
	if n.Kind == yaml.ScalarNode {
		visit(n)
	}
	for _, c := range n.Content {
		scalars(c, visit)
	}
}

// substituted puts a text into a ConfigMap and applies the variables to it.
func substituted(t testing.TB, text string, vars map[string]string) (model.State, string) {
	t.Helper()
	holder := map[string]any{"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": map[string]any{"name": "k"},
		"spec": map[string]any{"path": ".", "sourceRef": map[string]any{"kind": "GitRepository", "name": "g"}, "postBuild": map[string]any{"substitute": vars}}}
	data, err := yaml.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	tree := lay(t, []txtar.File{{Name: "k.yaml", Data: data}})
	leads, _ := gitops.Read(gitops.Input{Files: tree, Names: []string{"k.yaml"}})
	if len(leads) != 1 {
		t.Fatalf("%d leads", len(leads))
	}
	object, err := yaml.Marshal(map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{"k": text}})
	if err != nil {
		t.Fatal(err)
	}
	d, _ := leads[0].Substitute.Apply(origin.Document{Name: "c", Text: origin.FromFile("c.yaml", object)})
	plain := d.Text.Secret().Reveal()
	var out struct {
		Data struct {
			K yaml.Node `yaml:"k"`
		} `yaml:"data"`
	}
	if err := yaml.Unmarshal([]byte(plain), &out); err != nil {
		t.Fatalf("%v in\n%s", err, plain)
	}
	at := strings.Index(plain, `"k":`) + 4
	if _, unknown := d.Text.Unknown(at, len(plain)); unknown {
		return model.Unknown, ""
	}
	if out.Data.K.Kind != yaml.ScalarNode {
		return model.Known, "(not a scalar)"
	}
	if out.Data.K.Tag == "!!null" {
		return model.Known, ""
	}
	return model.Known, out.Data.K.Value
}

// TestSubstitutionIsThatOfFlux compares single texts with what Flux does with a whole
// object: marshal it, replace, and read it again.
func TestSubstitutionIsThatOfFlux(t *testing.T) {
	vars := map[string]string{"A": "alpha", "B": "b b", "EMPTY": "", "N": "8080", "T": "true", "C": "k: v", "H": "a #b", "Q": `say "x"`, "S": "it's", "P": "path/to/file.txt", "Z": "null"}
	for _, text := range []string{
		"${A}", "x-${A}-y", "${MISSING}", "${MISSING:-def}", "${MISSING:=def}", "${EMPTY:-def}", "${EMPTY-def}", "${A:-def}", "${A:+x}", "$${A}", "$A", "$$A", "${A}${B}", "${MISSING:-${A}}",
		"${N}", "port ${N}", "${T}", "${C}", "a ${C}", "${H}", "${Q}", "${S}", "${Z}", "${A^^}", "${A^}", "${A,,}", "${A:1:2}", "${A:2}", "${#A}", "${P##*/}", "${P#*/}", "${P%/*}", "${P%%/*}", "${P/to/x}", "${P//t/x}",
		"line ${A}\nline ${B}\n", "${", "${A", "${A!}", "}", "${A:-a b c}", "${MISSING:-\"q\"}", "@${A}", "- ${A}", "'${A}'", "\"${A}\"", " ${A}", "${A} ", "#${A}", "${MISSING:-8080}", "é${A}ü", "${B}:${N}", "{${A}}", "%${A}", "key=${A};other=${B}",
	} {
		want, failed := flux(t, text, vars)
		state, got := substituted(t, text, vars)
		switch {
		case state == model.Known && (failed || got != want):
			t.Errorf("%q gives %q, Flux gives %q (fails: %v)", text, got, want, failed)
		case state != model.Known && !failed && !strings.Contains(text, "\"") && !strings.Contains(text, " ${A}") && want != "":
			t.Errorf("%q is not known, Flux gives %q", text, want)
		}
	}
}

func flux(t testing.TB, text string, vars map[string]string) (out string, failed bool) {
	t.Helper()
	data, err := yaml.Marshal(map[string]any{"data": map[string]any{"k": text}})
	if err != nil {
		t.Fatal(err)
	}
	replaced, err := envsubst.Eval(string(data), func(name string) (string, bool) { return vars[name], true })
	if err != nil {
		return "", true
	}
	var read struct {
		Data struct {
			K yaml.Node `yaml:"k"`
		} `yaml:"data"`
	}
	if err := yaml.Unmarshal([]byte(replaced), &read); err != nil {
		return "", true
	}
	if read.Data.K.Kind != yaml.ScalarNode {
		return "(not a scalar)", false
	}
	if read.Data.K.Tag == "!!null" {
		return "", false
	}
	return read.Data.K.Value, false
}
