package gitlab

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// local finds gitlab-ci-local with the Node that it runs on.
func local(t testing.TB) (node, script string) {
	t.Helper()
	home, err := filepath.Abs("../../../.tools/gitlab/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	node, script = filepath.Join(home, "node22", "bin", "node"), filepath.Join(home, "gitlab-ci-local", "dist", "index.js")
	for _, name := range []string{node, script} {
		if _, err := os.Stat(name); err != nil && os.Getenv("CI") == "true" {
			t.Fatalf("gitlab-ci-local is not installed: run scripts/install/gitlab-ci-local.sh")
		} else if err != nil {
			t.Skip("gitlab-ci-local is not installed: run scripts/install/gitlab-ci-local.sh")
		}
	}
	return node, script
}

// preview is the pipeline in dir as gitlab-ci-local merges it.
func preview(t *testing.T, dir string) map[string]any {
	t.Helper()
	node, script := local(t)
	commit(t, dir)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, script, "--preview", "--no-json-schema-validation", "--home", dir)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("gitlab-ci-local refuses the pipeline: %v\n%s", err, stderr.String())
	}
	var doc map[string]any
	if err := yaml.Unmarshal(out, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// commit makes dir a repository with everything in it committed.
func commit(t *testing.T, dir string) {
	t.Helper()
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"}, {"remote", "add", "origin", "git@gitlab.example.com:group/shop.git"}, {"add", "-A"},
		{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false", "commit", "-qm", "x"},
		{"symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"},
	} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v %s", args[0], err, out)
		}
	}
}

// shape is what a job comes to, as far as both tell it.
type shape struct {
	Stage, Environment    string
	Before, Script, After []string
	Variables             map[string]string
}

func theirs(doc map[string]any) map[string]shape {
	out := map[string]shape{}
	for name, v := range doc {
		j, ok := v.(map[string]any)
		if !ok || strings.HasPrefix(name, ".") || slices.Contains(reserved, name) {
			continue
		}
		s := shape{Stage: text(j["stage"]), Before: lines(j["before_script"]), Script: lines(j["script"]), After: lines(j["after_script"]), Variables: map[string]string{}}
		if s.Stage == "" {
			s.Stage = "test"
		}
		switch e := j["environment"].(type) {
		case map[string]any:
			s.Environment = text(e["name"])
		case string:
			s.Environment = e
		}
		vars, _ := j["variables"].(map[string]any)
		for k, v := range vars {
			s.Variables[k] = text(v)
		}
		out[name] = s
	}
	return out
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func lines(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, item := range v {
			out = append(out, lines(item)...)
		}
		return out
	}
	return nil
}

func ours(c *config) map[string]shape {
	out := map[string]shape{}
	for _, j := range c.jobs {
		if j.isTrigger() {
			continue
		}
		stage, _ := j.stage()
		s := shape{Stage: stage, Environment: j.environmentNode().word(), Before: j.field("before_script").words(), Script: j.node.get("script").words(), After: j.field("after_script").words(), Variables: map[string]string{}}
		for _, v := range c.variables(j.node.get("variables"), "") {
			if v.value.State != model.Known {
				continue
			}
			s.Variables[v.key] = v.value.Text.Reveal()
			if v.raw { // the tool writes what is not expanded with two dollars
				s.Variables[v.key] = strings.ReplaceAll(s.Variables[v.key], "$", "$$")
			}
		}
		out[j.name] = s
	}
	return out
}

func load(t testing.TB, dir string) *config {
	t.Helper()
	tree, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tree.Close() })
	l := newLoader(tree, func(string) model.Value { return absent() })
	root := l.config(".gitlab-ci.yml", nil)
	if root == nil {
		t.Fatalf("no pipeline: %v", l.problems)
	}
	return newConfig(root, l.partial, l.report)
}

// like are the stories whose merging gitlab-ci-local is asked about. It differs from GitLab
// in that it reads YAML 1.2, in which 012 is twelve, lets the own entries of a mapping win
// over `<<` above and below, and refuses a pipeline with mistakes as a whole.
var like = []string{
	"anchors-below", "artifacts", "default", "environments", "extends", "include-local", "inherit-nothing", "matrix", "plain", "reference",
	"services", "sessions", "workflow",
}

// TestMergesAsTheTool compares how the stories are put together with gitlab-ci-local.
func TestMergesAsTheTool(t *testing.T) {
	for _, story := range like {
		t.Run(story, func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(filepath.Join("testdata", story+".txtar"))
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			for _, f := range archive.Files {
				full := filepath.Join(dir, f.Name)
				if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(full, f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			compare(t, dir)
		})
	}
}

func compare(t *testing.T, dir string) {
	t.Helper()
	want, got := theirs(preview(t, dir)), ours(load(t, dir))
	for _, shapes := range []map[string]shape{want, got} {
		for name, s := range shapes {
			for k, v := range s.Variables {
				if strings.Contains(v, "CANARY") {
					s.Variables[k] = fmt.Sprintf("a canary of %d letters", len(v))
				}
			}
			for _, l := range []*[]string{&s.Before, &s.Script, &s.After} {
				for i := range *l {
					if (*l)[i] = strings.TrimSpace((*l)[i]); strings.Contains((*l)[i], "CANARY") {
						(*l)[i] = fmt.Sprintf("a line with a canary, of %d letters", len((*l)[i]))
					}
				}
				if len(*l) == 0 {
					*l = nil
				}
			}
			shapes[name] = s
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-gitlab-ci-local +keyfit)\n%s", diff)
	}
}

// TestMergesOfRandomPipelines compares pipelines that are made up.
func TestMergesOfRandomPipelines(t *testing.T) {
	rounds := 2
	if testing.Short() {
		rounds = 1
	}
	for seed := range rounds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, text := range madeUp(rand.New(rand.NewPCG(uint64(seed), 7))) {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if jobs := len(load(t, dir).jobs); jobs < 40 {
				t.Fatalf("only %d jobs", jobs)
			}
			compare(t, dir)
		})
	}
}

// madeUp is a pipeline of templates and jobs that extend, refer, inherit and include.
func madeUp(r *rand.Rand) map[string]string {
	var main, other strings.Builder
	main.WriteString("include: [other.yml]\nstages: [build, test, deploy]\n")
	fmt.Fprintf(&main, "default:\n  before_script: [\"echo default %d\"]\n  after_script: [\"echo after %d\"]\n", r.IntN(9), r.IntN(9))
	fmt.Fprintf(&main, "variables: {A: \"global %d\", B: {value: \"x%d\", description: d}}\n", r.IntN(9), r.IntN(9))
	for i := range 25 {
		b := &main
		if r.IntN(3) == 0 {
			b = &other
		}
		fmt.Fprintf(b, ".t%d:\n", i)
		part(b, r, i, true)
	}
	for i := range 40 {
		fmt.Fprintf(&main, "job%d:\n", i)
		part(&main, r, 25, false)
		if r.IntN(3) == 0 {
			fmt.Fprintf(&other, "job%d:\n  variables: {O: \"other %d\"}\n  script: [\"echo other\"]\n", i, i)
		}
	}
	return map[string]string{".gitlab-ci.yml": main.String(), "other.yml": other.String()}
}

// part are the fields of one template or job. Templates extend and refer to those before
// them, so that there are no circles.
func part(b *strings.Builder, r *rand.Rand, before int, hidden bool) {
	pick := func() string { return fmt.Sprintf(".t%d", r.IntN(before)) }
	if before > 0 && r.IntN(2) == 0 {
		if r.IntN(2) == 0 {
			fmt.Fprintf(b, "  extends: %s\n", pick())
		} else {
			fmt.Fprintf(b, "  extends: [%s, %s]\n", pick(), pick())
		}
	}
	if r.IntN(2) == 0 || hidden {
		fmt.Fprintf(b, "  variables: {V%d: \"v%d\", W: \"w%d\"}\n", r.IntN(4), r.IntN(99), r.IntN(99))
	}
	if r.IntN(4) == 0 {
		fmt.Fprintf(b, "  before_script: [\"echo before %d\"]\n", r.IntN(99))
	}
	if r.IntN(6) == 0 {
		fmt.Fprintf(b, "  before_script: []\n"[:0]+"  environment: {name: env%d}\n", r.IntN(9))
	}
	if r.IntN(4) == 0 {
		fmt.Fprintf(b, "  stage: deploy\n")
	}
	if !hidden && r.IntN(6) == 0 {
		fmt.Fprintf(b, "  inherit: {default: [after_script]}\n")
	}
	switch {
	case before > 0 && r.IntN(3) == 0:
		fmt.Fprintf(b, "  script:\n    - !reference [%s, script]\n    - echo own %d\n", pick(), r.IntN(99))
	default:
		fmt.Fprintf(b, "  script:\n    - echo script %d\n    - |\n      echo a %d\n      echo b\n", r.IntN(99), r.IntN(99))
	}
}
