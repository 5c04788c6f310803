package kube_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/engine/kube"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
)

// kubectl gives the real client, which scripts/install/deploy.sh installs.
func kubectl(t *testing.T) string {
	t.Helper()
	found, err := exec.LookPath("kubectl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("kubectl is not installed; run scripts/install/deploy.sh")
		}
		t.Skip("kubectl is not installed; run scripts/install/deploy.sh")
	}
	return found
}

// listed is what `kubectl set env --list` reads in a manifest: the texts as they are
// written, without expanding $(NAME).
func listed(t *testing.T, tool, text string) (string, bool) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "set", "env", "--local", "-f", file, "--list").Output()
	return string(out), err == nil
}

// read is the same by our reading. The variables come in an order of their own, so they
// are told by lines.
func read(text string) (string, bool) {
	var c kube.Cluster
	problems := c.Apply(kube.Input{Documents: []origin.Document{{Name: "a.yaml", Text: origin.FromFile("a.yaml", []byte(text))}}})
	consumers, _ := c.Consumers()
	var b strings.Builder
	for _, consumer := range consumers {
		fmt.Fprintf(&b, "# %s, container %s\n", consumer.Workload, consumer.Container)
		for name, v := range consumer.Env.All() {
			if v.State == model.Known {
				fmt.Fprintf(&b, "%s=%s\n", name, v.Text.Reveal())
			}
		}
	}
	for _, p := range problems {
		if !strings.Contains(p.Message, "stands twice") {
			return b.String(), false
		}
	}
	return b.String(), true
}

func lines(text string) map[string]bool {
	out := map[string]bool{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") && line != "" {
			out[line] = true
		}
	}
	return out
}

var refLine = regexp.MustCompile(`(?m)^# .*\n?`)

// spellings are texts in the ways that YAML has, right and wrong.
func spellings() []string {
	return []string{
		"plain", "yes", "no", "on", "y", "~", "null", "1", "010", "0x1F", "1_0", "1.5", "1e3", ".inf", "2020-01-01", "12:30", "0b11", "0o17", `"yes"`, "'1'", "!!str 12", "!!str yes",
		`"a\tb\u00e4\x41\U0001F600"`, `'it''s'`, "|\n            one\n             two", ">-\n            one\n            two\n\n            three", "\"one\n              two\\\n              three\"",
		"one\n              two # x", "'one\n\n              two'", "&a text", "a: b", "[x]", "{x: y}", "-", "- x", "!own x", "*none", "\"unclosed", "a #b", "a#b", "?x", ":x", "%x", "@x", "`x", "\"\"", "''", "",
		"|2\n            one", "|+\n            one\n\n", "\"\\/\"", "=", "<<", "0b+1", "\uFEFFx", "x\u00a0y", "1__2", "+1", "-0x1", "1.", "0.1e-3", ".5", "..5", "TRUE", "tRUE", "!!binary YQ==", "!!int 5", "!!float 5",
	}
}

// TestKubectlReads compares how scalars of all kinds are read with the real client: where
// it refuses the manifest we report a problem, and otherwise the known texts are its own.
func TestKubectlReads(t *testing.T) {
	tool := kubectl(t)
	refused := 0
	for _, spelling := range spellings() {
		text := "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    env:\n" +
			"        - name: V\n          value: " + spelling + "\n"
		want, ok := listed(t, tool, text)
		got, clean := read(text)
		if !ok {
			refused++
		}
		if ok != clean {
			t.Errorf("kubectl takes it: %v, we: %v\n%s", ok, clean, text)
			continue
		}
		if diff := cmp.Diff(lines(want), lines(got)); ok && diff != "" {
			t.Errorf("(-kubectl +we)\n%s\n%s", diff, text)
		}
	}
	if accepted := len(spellings()) - refused; refused < 20 || accepted < 20 {
		t.Errorf("%d refused and %d accepted: the manifests are not what they should be", refused, accepted)
	}
}

// TestKubectlGolden runs kubectl over the manifests of the golden cases that hold only
// literal variables.
func TestKubectlGolden(t *testing.T) {
	tool := kubectl(t)
	for _, name := range []string{"anchors", "blocks", "literal", "no-value", "repeated-fields"} {
		archive, err := txtar.ParseFile("../../../testdata/kube/" + name + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		text := string(fileOf(archive, "a.yaml"))
		want, ok := listed(t, tool, text)
		got, _ := read(text)
		if diff := cmp.Diff(lines(refLine.ReplaceAllString(want, "")), lines(got)); !ok || diff != "" {
			t.Errorf("%s: (-kubectl +we)\n%s", name, diff)
		}
	}
}
