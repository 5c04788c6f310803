package deploy_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/engine/shell"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// tree writes files into a repository of their own.
func tree(t *testing.T, files map[string]string) *repo.Overlay {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	opened, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return repo.NewOverlay(opened)
}

// outside is what the scripts of the tests find: one key that is known, one that is not.
func outside() model.Env {
	return model.NewEnv(map[string]model.Value{
		"KEY":    model.KnownText("sk_CANARY_1", model.Hop{Kind: model.KindProcess, What: "KEY"}),
		"SECRET": model.UnknownBecause(model.WhyCISecret, "the secret SECRET", model.Trail{}.Append(model.Hop{Kind: model.KindProcess, What: "SECRET"})),
		"EMPTY":  model.KnownText("", model.Hop{Kind: model.KindProcess, What: "EMPTY"}),
		"HOST_A": model.KnownText("a", model.Hop{Kind: model.KindProcess, What: "HOST_A"}),
	})
}

// deliveries follows a script and reads every command that it starts.
func deliveries(t *testing.T, script string, files map[string]string) []deploy.Delivery {
	t.Helper()
	over := tree(t, files)
	out, err := shell.Follow(context.Background(), shell.Step{Files: over, Env: outside(), Dir: ".", Line: script, Flags: []string{"-u"}})
	if err != nil {
		t.Fatal(err)
	}
	var all []deploy.Delivery
	for _, c := range out.Commands {
		if d, ok := deploy.Read(deploy.Call{Command: c, Files: over}); ok {
			all = append(all, d)
		}
	}
	return all
}

// shown is a value as the tables write it.
func shown(v model.Value) string {
	switch v.State {
	case model.Known:
		return fmt.Sprintf("%q", v.Text.Reveal())
	case model.Absent:
		return "absent"
	}
	if len(v.Alternatives) > 0 {
		var all []string
		for _, a := range v.Alternatives {
			all = append(all, shown(a))
		}
		return "one of " + strings.Join(all, " ")
	}
	return "?" + string(v.Why)
}

func shownAll(values []model.Value) string {
	var out []string
	for _, v := range values {
		out = append(out, shown(v))
	}
	return strings.Join(out, " ")
}

func shownArgs(args []deploy.ValuesArg) string {
	var out []string
	for _, a := range args {
		text := a.Flag
		if a.Encrypted {
			text += "!"
		}
		if a.Inline {
			text += "+"
		}
		text += "=" + shown(a.Text)
		if len(a.Text.Parts) > 1 && a.Text.State == model.Unknown {
			text += "(" + shownAll(a.Text.Parts) + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func doubt(v *model.Value) string {
	if v == nil {
		return ""
	}
	return " doubt=?" + string(v.Why)
}

func flagsOf(words map[string]bool) string {
	out := ""
	for _, w := range []string{"kustomize", "recursive", "reuse", "stack", "all", "partial"} {
		if words[w] {
			out += " " + w
		}
	}
	return out
}

// lines writes a delivery down, one line for each thing, problems last.
func lines(d deploy.Delivery) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, c := range d.Consumers {
		where := c.Kind + " " + c.Workload
		if c.Namespace != "" {
			where = c.Kind + " " + c.Namespace + "/" + c.Workload
		}
		if c.Container != "" {
			where += "[" + c.Container + "]"
		}
		text := where + ":"
		for name, v := range c.Env.All() {
			text += " " + name + "=" + shown(v)
		}
		add("%s *=%s", text, shown(c.Env.Rest()))
	}
	for _, c := range d.Charts {
		add("chart %s release %s ns %s version %q repo %s dir %s values [%s]%s%s", shown(c.Chart), shown(c.Release), shown(c.Namespace), c.Version, shown(c.Repo), c.Dir,
			shownArgs(c.Values), flagsOf(map[string]bool{"reuse": c.ReuseValues}), doubt(c.Doubt))
	}
	for _, m := range d.Manifests {
		add("manifests %s ns %s stdin %s dir %s%s%s", shownAll(m.Paths), shown(m.Namespace), shown(m.Stdin), m.Dir,
			flagsOf(map[string]bool{"kustomize": m.Kustomize, "recursive": m.Recursive}), doubt(m.Doubt))
	}
	for _, m := range d.Modules {
		add("module %s %s dir %s workspace %s args [%s] out %s plan %s%s%s", m.Tool, m.Command, m.Dir, shown(m.Workspace), shownArgs(m.Args), shown(m.Out), shown(m.Plan),
			flagsOf(map[string]bool{"all": m.All, "partial": m.Partial}), doubt(m.Doubt))
	}
	for _, c := range d.Composes {
		text := fmt.Sprintf("compose %s files [%s] env-files [%s] profiles %v project %s services %v dir %s", c.Command, shownAll(c.Files), shownAll(c.EnvFiles), c.Profiles, shown(c.Project), c.Services, c.Dir)
		for name, v := range c.Vars.All() {
			text += " " + name + "=" + shown(v)
		}
		out = append(out, text+flagsOf(map[string]bool{"stack": c.Stack})+doubt(c.Doubt))
	}
	for _, s := range d.Store {
		add("store %s %s ns %s %s=%s", s.Store, shown(s.Name), shown(s.Namespace), s.Key, shown(s.Value))
	}
	for _, s := range d.Selections {
		add("select %s %s dir %q %s", s.Tool, s.Kind, s.Dir, shown(s.Name))
	}
	for _, e := range d.Edits {
		add("edit %s dir %s %s", e.Tool, e.Dir, shownAll(e.Args))
	}
	if d.Printed {
		add("printed")
	}
	for _, p := range d.Problems {
		add("problem %s", p.Message)
	}
	return out
}

// row is one script with all that its commands deliver.
type row struct {
	name, script string
	files        map[string]string
	want         []string
}

func runRows(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			var got []string
			for _, d := range deliveries(t, r.script, r.files) {
				got = append(got, lines(d)...)
				for _, p := range d.Problems {
					if strings.Contains(p.Message+p.Fix, "CANARY") {
						t.Error("a problem shows a key")
					}
				}
			}
			if diff := cmp.Diff(r.want, got); diff != "" {
				t.Errorf("%s\n(-want +got)\n%s", r.script, diff)
			}
		})
	}
}
