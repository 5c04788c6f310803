package github_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/engine/github"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

var update = flag.Bool("update", false, "rewrite what the fixtures expect")

// TestWorkflows follows every workflow of testdata/workflows, with scripts that run in a real
// bash, and compares what each script and each consumer receives.
//
// The first lines of a fixture say how the workflow is started: file, job, env, branch, tag,
// event, input.NAME, matrix.NAME, and which names are unbound or absent.
func TestWorkflows(t *testing.T) {
	names, err := filepath.Glob("testdata/workflows/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := followFixture(t, a)
			compareSection(t, name, a, "want", got)
		})
	}
}

func compareSection(t *testing.T, name string, a *txtar.Archive, section, got string) {
	t.Helper()
	i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == section })
	if *update {
		if i < 0 {
			a.Files = append(a.Files, txtar.File{Name: section})
			i = len(a.Files) - 1
		}
		a.Files[i].Data = []byte(got)
		if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if i < 0 {
		t.Fatalf("%s has no section %q", name, section)
	}
	if diff := cmp.Diff(string(a.Files[i].Data), got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// unpack writes the files of a fixture into a directory and opens it.
func unpack(t testing.TB, a *txtar.Archive) *repo.Overlay {
	t.Helper()
	dir := t.TempDir()
	for _, f := range a.Files {
		if f.Name == "want" || f.Name == "jobs" {
			continue
		}
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := os.FileMode(0o644)
		if strings.HasSuffix(f.Name, ".sh") {
			mode = 0o755
		}
		if err := os.WriteFile(path, f.Data, mode); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	return repo.NewOverlay(tree)
}

func followFixture(t *testing.T, a *txtar.Archive) string {
	t.Helper()
	files := unpack(t, a)
	host := newBashHost(t, files.Tree().Dir())
	in := header(t, string(a.Comment), host)
	in.Files = files
	result, err := github.Run(context.Background(), in, host)
	if err != nil {
		t.Fatal(err)
	}
	out := report(host.scripts, result)
	return strings.ReplaceAll(out, files.Tree().Dir(), "WORKSPACE")
}

func header(t *testing.T, text string, host *bashHost) pipeline.Step {
	t.Helper()
	in := pipeline.Step{Environment: "production", File: strict.At[string]{Value: ".github/workflows/deploy.yml"}, At: pos.Span{File: "keyfit.yaml"}}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		set(t, &in, host, name, value)
	}
	return in
}

func set(t *testing.T, in *pipeline.Step, host *bashHost, name, value string) {
	kind, key, _ := strings.Cut(name, ".")
	switch kind {
	case "file":
		in.File.Value = value
	case "job":
		in.Job = strict.At[string]{Value: value, Span: in.At}
	case "env":
		in.Environment = value
	case "branch":
		in.Branch = value
	case "tag":
		in.Tag = value
	case "event":
		in.Event = value
	case "input":
		if in.Inputs == nil {
			in.Inputs = map[string]model.Value{}
		}
		in.Inputs[key] = model.KnownText(value, model.Hop{At: in.At, Kind: model.KindInput, What: "input " + key})
	case "matrix":
		if in.Matrix == nil {
			in.Matrix = map[string]string{}
		}
		in.Matrix[key] = value
	case "run":
		in.Run.Inside = true
		in.Run.Env = in.Run.Env.With(key, model.KnownText(value, model.Hop{Kind: model.KindProcess, What: key}))
	case "unbound":
		for name := range strings.FieldsSeq(value) {
			host.unbound[name] = true
		}
	case "absent":
		for name := range strings.FieldsSeq(value) {
			host.absent[name] = true
		}
	case "empty":
		for name := range strings.FieldsSeq(value) {
			host.empty[name] = true
		}
	default:
		t.Fatalf("the header has no %q", name)
	}
}

// report writes what was received.
func report(scripts []pipeline.Script, result pipeline.Result) string {
	var b strings.Builder
	for _, s := range scripts {
		fmt.Fprintf(&b, "script %s: %s", s.Label, strings.Join(append([]string{s.Shell}, s.Flags...), " "))
		if s.Dir != "." {
			fmt.Fprintf(&b, " in %s", s.Dir)
		}
		if s.Quiet {
			b.WriteString(" quiet")
		}
		if s.Perhaps != nil {
			fmt.Fprintf(&b, " perhaps (%s)", s.Perhaps.Needs)
		}
		b.WriteString("\n")
		for _, line := range strings.Split(strings.TrimRight(marked(s), "\n"), "\n") {
			b.WriteString("  > " + line + "\n")
		}
		for _, a := range s.Args {
			b.WriteString("  arg " + shown(a) + "\n")
		}
		variables(&b, s.Env)
	}
	for _, c := range result.Consumers {
		fmt.Fprintf(&b, "consumer %s %s", c.Kind, c.Workload)
		if c.Container != "" {
			b.WriteString(" " + c.Container)
		}
		b.WriteString("\n")
		variables(&b, c.Env)
	}
	for _, p := range result.Problems {
		fmt.Fprintf(&b, "problem %s: %s; %s\n", p.At, p.Message, p.Fix)
	}
	if result.Doubt != nil {
		fmt.Fprintf(&b, "doubt %s\n", shown(*result.Doubt))
	}
	return b.String()
}

// marked is the text of a script with the values of its holes in angle brackets.
func marked(s pipeline.Script) string {
	var b strings.Builder
	for _, c := range s.Text {
		if i := int(c - pipeline.Hole); c >= pipeline.Hole && i < len(s.Holes) {
			b.WriteString("⟨" + shown(s.Holes[i]) + "⟩")
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

// variables lists those that the workflow sets; the ones that every job has are left out.
func variables(b *strings.Builder, env model.Env) {
	for name, v := range env.All() {
		if isPredefined(name) {
			continue
		}
		fmt.Fprintf(b, "  %s = %s", name, shown(v))
		for _, l := range v.Losers {
			fmt.Fprintf(b, " over %s@%d", shown(l.Value), l.At().Start.Line)
		}
		if v.State == model.Known && v.Trail.IsEmpty() {
			b.WriteString(" WITHOUT A TRAIL")
		}
		b.WriteString(" @" + place(v) + "\n")
	}
	if rest := env.Rest(); rest.State != model.Absent {
		fmt.Fprintf(b, "  * = %s\n", shown(rest))
	}
}

func place(v model.Value) string {
	at := v.Trail.At()
	return strings.TrimPrefix(at.String(), ".github/workflows/")
}

func isPredefined(name string) bool {
	switch name {
	case "CI", "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TMPDIR", "TERM", "OLDPWD", "HOSTNAME", "GITHUB_ACTIONS", "ImageOS", "ImageVersion",
		"AGENT_TOOLSDIRECTORY", "JAVA_HOME", "CONDA", "NVM_DIR", "SWIFT_PATH", "ACCEPT_EULA", "SELENIUM_JAR_PATH", "VCPKG_INSTALLATION_ROOT",
		"CHROME_BIN", "CHROMEWEBDRIVER", "EDGEWEBDRIVER", "GECKOWEBDRIVER", "DEBIAN_FRONTEND", "AZURE_EXTENSION_DIR", "POWERSHELL_DISTRIBUTION_CHANNEL", "GHCUP_INSTALL_BASE_PREFIX":
		return true
	case "GITHUB_TOKEN":
		return false
	}
	for _, prefix := range []string{"GITHUB_", "RUNNER_", "XDG_", "ANDROID_", "PIPX_", "DOTNET_", "HOMEBREW_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
