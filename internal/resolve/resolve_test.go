package resolve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

func tree(t *testing.T, files map[string]string) *repo.Tree {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	tr, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tr.Close() })
	return tr
}

func dotenvStep(files ...string) config.Step {
	step := config.Step{Dotenv: &config.Dotenv{}}
	for i, f := range files {
		step.Dotenv.Files = append(step.Dotenv.Files, strict.At[string]{Value: f, Span: pos.Span{File: "keyfit.yaml", Start: pos.Pos{Line: i + 1, Column: 1}}})
	}
	return step
}

func runStep(line string) config.Step {
	return config.Step{Run: &strict.At[string]{Value: line, Span: pos.Span{File: "keyfit.yaml", Start: pos.Pos{Line: 9, Column: 1}}}}
}

// show writes what the consumers receive of the variables that the test is about.
func show(env Environment) []string {
	var out []string
	for _, c := range env.Consumers {
		for name, v := range c.Env.All() {
			if strings.HasPrefix(name, "T_") {
				out = append(out, fmt.Sprintf("%s %s=%s", c.Workload, name, word(v)))
			}
		}
		if rest := c.Env.Rest(); rest.State == model.Unknown {
			out = append(out, fmt.Sprintf("%s *=%s", c.Workload, word(rest)))
		}
	}
	return out
}

func word(v model.Value) string {
	switch v.State {
	case model.Known:
		return v.Text.Reveal() + "@" + v.Trail.At().String()
	case model.Absent:
		return "(absent)"
	}
	return "(" + string(v.Why) + ")"
}

func TestOne(t *testing.T) {
	input := func(s string) *strict.At[string] { return &strict.At[string]{Value: s} }
	tests := []struct {
		name    string
		files   map[string]string
		process []string
		inputs  map[string]config.Input
		deploy  []config.Step
		dir     string
		want    []string
	}{
		{
			name:    "a path without steps hands on the process",
			process: []string{"T_A=1", "T_EMPTY=", "=broken", "broken"},
			want:    []string{"process T_A=1@", "process T_EMPTY=@"},
		},
		{
			name:   "later files win, later steps see earlier ones",
			files:  map[string]string{".env": "T_A=base\nT_B=base\n", ".env.staging": "T_B=staging\n"},
			deploy: []config.Step{dotenvStep(".env", ".env.staging"), runStep(`T_C="$T_B!" node server.js`)},
			want:   []string{"node T_A=base@.env:1:1", "node T_B=staging@.env.staging:1:1", "node T_C=staging!@keyfit.yaml:9:1"},
		},
		{
			name:   "a line exports to the next step, a child script does not",
			files:  map[string]string{"child.sh": "export T_CHILD=1\n"},
			deploy: []config.Step{runStep("export T_LINE=1"), runStep("bash child.sh"), runStep("node server.js")},
			want: []string{
				"child.sh T_CHILD=1@child.sh:1:8", "child.sh T_LINE=1@keyfit.yaml:9:1",
				"node T_LINE=1@keyfit.yaml:9:1",
			},
		},
		{
			name:    "inputs are bound before the first step",
			process: []string{"CI_KEY=from-ci", "T_B=process"},
			inputs: map[string]config.Input{
				"T_A": {Env: "CI_KEY"}, "T_B": {Value: input("given")}, "T_C": {Env: "NOT_SET"}, "secrets.T_D": {Env: "CI_KEY"},
			},
			want: []string{"process T_A=from-ci@", "process T_B=given@", "process T_C=(ci-secret)"},
		},
		{
			name:   "behind a file that cannot be read, anything may be set",
			files:  map[string]string{".env": "T_A=1\n"},
			deploy: []config.Step{dotenvStep(".env"), dotenvStep(".env.missing"), runStep(`T_B="${T_X:-fallback}" node server.js`)},
			want:   []string{"node T_A=1@.env:1:1", "node T_B=(ambiguous)", "node *=(missing-file)"},
		},
		{
			name:   "paths start at the configuration's directory",
			files:  map[string]string{"apps/shop/.env": "T_A=1\n", "apps/shop/go.sh": "export T_B=2\nnode x\n"},
			deploy: []config.Step{dotenvStep(".env"), runStep("bash go.sh")},
			dir:    "apps/shop",
			want:   []string{"node T_A=1@apps/shop/.env:1:1", "node T_B=2@apps/shop/go.sh:1:8"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env, err := One(t.Context(), Input{
				Files: tree(t, tt.files), Process: Process(tt.process), Name: "staging", Dir: tt.dir,
				Config: &config.Environment{Deploy: tt.deploy, Inputs: tt.inputs},
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, show(env)); diff != "" {
				t.Errorf("variables (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBoundNames: what GitHub keeps has names without case, and a Jenkins credential has one.
func TestBoundNames(t *testing.T) {
	text := func(s string) config.Input { return config.Input{Value: &strict.At[string]{Value: s}} }
	h := &host{kind: "workflow", walk: &walk{inputs: map[string]config.Input{
		"secrets.stripe": text("a"), "secrets.Both": text("b"), "secrets.BOTH": text("c"), "vars.Tenant_Id": text("d"), "credentials.pay": text("e"), "plain": text("f"),
	}}}
	for _, c := range []struct{ name, want string }{
		{"secrets.STRIPE", "a"}, {"secrets.stripe", "a"}, {"secrets.BOTH", "c"}, {"secrets.both", "c"}, {"vars.TENANT_ID", "d"},
		{"credentials.pay", "e"}, {"credentials.PAY", ""}, {"plain", "f"}, {"PLAIN", ""}, {"vars.STRIPE", ""},
	} {
		if v, _ := h.bound(c.name); v.Text.Reveal() != c.want {
			t.Errorf("%s: %q", c.name, v.Text.Reveal())
		}
	}
}

func TestAllIsInOrderAndEnds(t *testing.T) {
	environments := map[string]*config.Environment{"b": {}, "a": {}, "c": {}}
	all, err := All(t.Context(), tree(t, nil), model.Env{}, environments, "", Around{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range all {
		names = append(names, e.Name)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, names); diff != "" {
		t.Error(diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	environments["a"].Deploy = []config.Step{runStep("node x")}
	if _, err := All(ctx, tree(t, nil), model.Env{}, environments, "", Around{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}
