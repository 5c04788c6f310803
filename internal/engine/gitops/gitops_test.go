package gitops_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/engine/gitops"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// lay writes the files of an archive into a directory, except those that the test reads.
func lay(t testing.TB, files []txtar.File) *repo.Tree {
	t.Helper()
	root := t.TempDir()
	for _, f := range files {
		full := filepath.Join(root, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := repo.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tree.Close() })
	return tree
}

// show writes a value: known text, with the places of its pieces.
func show(v model.Value) string {
	var b strings.Builder
	parts := v.Parts
	if len(parts) == 0 {
		parts = []model.Value{v}
	}
	for _, p := range parts {
		switch p.State {
		case model.Absent:
			b.WriteString("absent")
		case model.Unknown:
			fmt.Fprintf(&b, "?%s", p.Why)
		default:
			text := p.Text.Reveal()
			fmt.Fprintf(&b, "%q", text)
		}
		if hops := p.Trail.Hops(); len(hops) > 0 {
			var at []string
			for _, h := range hops {
				at = append(at, h.At.String())
			}
			b.WriteString("@" + strings.Join(at, ">"))
		}
		b.WriteString(" ")
	}
	return strings.TrimSpace(b.String())
}

func showLead(l gitops.Lead) []string {
	out := []string{fmt.Sprintf("%s %s %s at %s", l.What, l.Kind, l.Path, l.At)}
	add := func(format string, args ...any) { out = append(out, "  "+fmt.Sprintf(format, args...)) }
	if l.Release.State != model.Absent {
		add("release %s", show(l.Release))
	}
	if l.Namespace.State != model.Absent {
		add("namespace %s force %v", show(l.Namespace), l.ForceNamespace)
	}
	for _, r := range l.Resources {
		add("resource %s", r)
	}
	for _, v := range l.ChartValues {
		add("chart-values %s", show(v))
	}
	for _, v := range l.Values {
		flag := v.Flag
		if v.Inline {
			flag += " inline"
		}
		add("%s %s", flag, show(v.Text))
	}
	for _, f := range l.Overlay {
		add("overlay %s %s", f.Name, show(f.Text))
	}
	if l.Substitute != nil {
		for name, v := range l.Substitute.Vars().All() {
			add("substitute %s %s losers %d", name, show(v), len(v.Losers))
		}
		if v := l.Substitute.Vars().Rest(); v.State != model.Absent {
			add("substitute * %s", show(v))
		}
	}
	for _, h := range l.Hops {
		add("hop %s %s", h.At, h.What)
	}
	if l.Doubt != nil {
		add("doubt %s needs %s", l.Doubt.Why, l.Doubt.Needs)
	}
	return out
}

// TestRead runs every fixture: a repository, the settings in its first lines, and what is
// expected of it.
func TestRead(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(names) < 20 {
		t.Fatalf("found %d fixtures: %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var in gitops.Input
			for line := range strings.SplitSeq(string(a.Comment), "\n") {
				switch field, rest, _ := strings.Cut(line, " "); field {
				case "self":
					in.Self = append(in.Self, rest)
				case "revision":
					in.Revisions = append(in.Revisions, rest)
				}
			}
			var want string
			files := slices.DeleteFunc(slices.Clone(a.Files), func(f txtar.File) bool {
				if f.Name == "want" {
					want = string(f.Data)
				}
				return f.Name == "want"
			})
			in.Files = lay(t, files)
			for _, f := range files {
				if strings.HasPrefix(f.Name, "read/") {
					in.Names = append(in.Names, f.Name)
				}
			}
			got := strings.Join(readAll(in), "\n") + "\n"
			if os.Getenv("GITOPS_WRITE") == "1" {
				write(t, name, a, got)
			} else if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func readAll(in gitops.Input) []string {
	leads, problems := gitops.Read(in)
	var out []string
	for _, l := range leads {
		out = append(out, showLead(l)...)
		for _, name := range l.Resources {
			if l.Substitute == nil {
				break
			}
			for _, line := range applied(in, l, name) {
				out = append(out, "  | "+line)
			}
		}
	}
	for _, p := range problems {
		out = append(out, fmt.Sprintf("problem %s %s", p.At, p.Message))
	}
	return out
}

func write(t *testing.T, name string, a *txtar.Archive, got string) {
	t.Helper()
	a.Files = slices.DeleteFunc(a.Files, func(f txtar.File) bool { return f.Name == "want" })
	a.Files = append(a.Files, txtar.File{Name: "want", Data: []byte(got)})
	if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestLimits reads manifests that unfold to far more than they are.
func TestLimits(t *testing.T) {
	var bomb, nested strings.Builder
	bomb.WriteString("apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: bomb}\nx0: &x0 {a: b}\n")
	for i := range 30 {
		fmt.Fprintf(&bomb, "x%d: &x%d [*x%d, *x%d]\n", i+1, i+1, i, i)
	}
	bomb.WriteString("spec: {source: {repoURL: x, path: ., helm: {valuesObject: {a: *x30}}}}\n")
	for i := range 60 {
		fmt.Fprintf(&nested, `{{define "t%d"}}{{template "t%d"}}{{template "t%d"}}{{end}}`, i, i+1, i+1)
	}
	set := "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: set}\nspec:\n  goTemplate: true\n  generators: [{list: {elements: [{a: b}]}}]\n  template:\n    metadata: {name: x}\n    spec: {destination: {namespace: '" +
		nested.String() + `{{define "t60"}}{{end}}{{template "t0"}}` + "'}, source: {repoURL: x, path: .}}\n"
	files := lay(t, []txtar.File{{Name: "read/a.yaml", Data: []byte(bomb.String())}, {Name: "read/b.yaml", Data: []byte(set)}, {Name: "Chart.yaml", Data: []byte("name: x\n")}})
	leads, _ := gitops.Read(gitops.Input{Files: files, Names: []string{"read/a.yaml", "read/b.yaml"}})
	if len(leads) != 2 {
		t.Fatalf("%d leads, expected 2", len(leads))
	}
	if len(leads[0].Values) != 1 || leads[0].Values[0].Text.Why != model.WhyLimit {
		t.Errorf("values that unfold without end: %v, expected the limit", leads[0].Values)
	}
	if leads[1].Namespace.State != model.Unknown {
		t.Errorf("a template without end gives a text")
	}
}
