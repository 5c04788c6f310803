package github_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/engine/github"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/strict"
)

const deployFile = ".github/workflows/deploy.yml"

// run follows one workflow that is given as text, with scripts in a real bash.
func run(t *testing.T, text string, change func(*pipeline.Step)) (*bashHost, pipeline.Result) {
	t.Helper()
	a := txtar.Parse([]byte(text))
	if len(a.Files) == 0 {
		a.Files = []txtar.File{{Name: deployFile, Data: a.Comment}}
	}
	files := unpack(t, a)
	host := newBashHost(t, files.Tree().Dir())
	in := pipeline.Step{Files: files, Environment: "production", File: strict.At[string]{Value: deployFile}, Branch: "main"}
	if change != nil {
		change(&in)
	}
	result, err := github.Run(context.Background(), in, host)
	if err != nil {
		t.Fatal(err)
	}
	return host, result
}

func hops(v model.Value) []string {
	var out []string
	for _, h := range v.Trail.Hops() {
		line := strings.TrimPrefix(h.At.String(), ".github/workflows/")
		if h.Literal {
			line += " literal"
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %q %s", h.Kind, h.What, line)))
	}
	return out
}

// TestTrails holds whole journeys.
func TestTrails(t *testing.T) {
	host, _ := run(t, `
-- .github/workflows/deploy.yml --
on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: production
    env:
      PLAIN: CANARY-text
    steps:
      - name: Export
        env: {TOKEN: "${{ secrets.TOKEN }}"}
        run: echo "KEY=$TOKEN" >> $GITHUB_ENV
      - name: Check
        uses: ./.github/actions/a
        with: {key: "x-${{ secrets.STRIPE_KEY }}"}
-- .github/actions/a/action.yml --
inputs: {key: {}}
runs:
  using: composite
  steps:
    - name: Inner
      shell: bash
      env: {STRIPE: "${{ inputs.key }}"}
      run: helm upgrade shop chart
`, nil)
	env := host.scripts[len(host.scripts)-1].Env
	cases := map[string][]string{
		"PLAIN": {`workflow "env PLAIN of job deploy" deploy.yml:7:14 literal`},
		"KEY": {
			`shell "what deploy/Export writes" deploy.yml:11:14`,
			`workflow "GITHUB_ENV KEY by step Export" deploy.yml:9:9`,
		},
		"STRIPE": {
			`workflow "text" deploy.yml:14:22 literal`,
			`input "secrets.STRIPE_KEY"`,
			`workflow "secrets.STRIPE_KEY of environment \"production\"" deploy.yml:5:18`,
			`workflow "secrets.STRIPE_KEY" deploy.yml:14:28`,
			`workflow "input key of step Check" deploy.yml:14:21`,
			`workflow "inputs.key" .github/actions/a/action.yml:7:26`,
			`workflow "env STRIPE of step Inner" .github/actions/a/action.yml:7:21`,
		},
	}
	for name, want := range cases {
		if diff := cmp.Diff(want, hops(env.Get(name))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// TestPositions maps the text of scripts back to the file, holes and pasted texts included.
func TestPositions(t *testing.T) {
	host, _ := run(t, `on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: production
    env: {WORDS: a b}
    steps:
      - run: |
          echo one
          helm x ${{ secrets.KEY }} ${{ env.WORDS }} end
      - run: "helm quoted"
      - run: >-
          helm
          folded ${{ github.ref_name }}
          last
`, nil)
	cases := []struct {
		script int
		find   string
		want   string
	}{
		{0, "one", "9:16-9:19"},
		{0, "helm", "10:11-10:15"},
		{0, "\U000F0000", "10:18-10:36"},
		{0, "a b", "10:37-10:53"},
		{0, "end", "10:54-10:57"},
		{1, "quoted", "11:20-11:26"},
		{2, "folded", "14:11-14:17"},
		{2, "last", "15:11-15:15"},
	}
	for _, c := range cases {
		s := host.scripts[c.script]
		at := strings.Index(s.Text, c.find)
		if at < 0 {
			t.Fatalf("%q is not in %q", c.find, s.Text)
		}
		span := s.Positions(at, at+len(c.find))
		got := fmt.Sprintf("%d:%d-%d:%d", span.Start.Line, span.Start.Column, span.End.Line, span.End.Column)
		if got != c.want || span.File != deployFile {
			t.Errorf("%q stands at %s, expected %s", c.find, got, c.want)
		}
	}
}

// TestLimits holds what is bounded.
func TestLimits(t *testing.T) {
	many := func(n int, f func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(f(i))
		}
		return b.String()
	}
	head := "on: push\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    environment: production\n"
	cases := []struct {
		name, text, want string
		scripts          int
	}{
		{"a matrix", head + "    strategy:\n      matrix:\n        a: [" + many(20, func(i int) string { return fmt.Sprint(i, ",") }) + "]\n        b: [" + many(20, func(i int) string { return fmt.Sprint(i, ",") }) + "]\n    steps: [{shell: python, run: x}]\n", "more than 256 jobs", 256},
		{"steps", head + "    steps:\n" + many(2100, func(int) string { return "      - {shell: python, run: x}\n" }), "more than 2000 steps", 2000},
		{"steps of all cells", head + "    strategy: {matrix: {a: [" + many(200, func(i int) string { return fmt.Sprint(i, ",") }) + "]}}\n    steps:\n" + many(100, func(int) string { return "      - {shell: python, run: x}\n" }), "more than 5000 steps", 5000},
		{"aliases", "on: push\nx: &a [" + many(300, func(int) string { return "{run: x, shell: python}," }) + "]\njobs:\n" +
			many(400, func(i int) string { return fmt.Sprintf("  deploy-production-%d: {runs-on: x, steps: *a}\n", i) }), "expands to more than 50000 nodes", -1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			host, result := run(t, c.text, nil)
			found := false
			for _, p := range result.Problems {
				found = found || strings.Contains(p.Message, c.want)
			}
			if !found {
				t.Errorf("nobody says %q: %v", c.want, result.Problems[:min(3, len(result.Problems))])
			}
			if c.scripts >= 0 && len(host.scripts) != c.scripts {
				t.Errorf("%d scripts were followed, expected %d", len(host.scripts), c.scripts)
			}
		})
	}
}

// TestCancelled ends with the context's own error.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	files := unpack(t, &txtar.Archive{Files: []txtar.File{{Name: deployFile, Data: large()}}})
	in := pipeline.Step{Files: files, Environment: "production", File: strict.At[string]{Value: deployFile}}
	if _, err := github.Run(ctx, in, quietHost{}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

type brokenHost struct{ quietHost }

var errBroken = errors.New("broken")

func (brokenHost) Follow(context.Context, pipeline.Script) (pipeline.After, error) {
	return pipeline.After{}, errBroken
}

// TestHostFails hands on the host's own mistakes.
func TestHostFails(t *testing.T) {
	files := unpack(t, &txtar.Archive{Files: []txtar.File{{Name: deployFile, Data: large()}}})
	in := pipeline.Step{Files: files, Environment: "production", File: strict.At[string]{Value: deployFile}}
	if _, err := github.Run(context.Background(), in, brokenHost{}); !errors.Is(err, errBroken) {
		t.Errorf("the error is %v", err)
	}
}

// TestProblemsHoldNoKeys looks for keys in what is said of all fixtures.
func TestProblemsHoldNoKeys(t *testing.T) {
	names, _ := filepath.Glob("testdata/workflows/*.txtar")
	if len(names) < 60 {
		t.Fatalf("only %d fixtures", len(names))
	}
	for _, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files := unpack(t, a)
		in := header(t, string(a.Comment), newBashHost(t, files.Tree().Dir()))
		in.Files = files
		result, err := github.Run(context.Background(), in, &nullHost{})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range result.Problems {
			if strings.Contains(p.Message+p.Fix, "CANARY") {
				t.Errorf("%s: a problem repeats a key", name)
			}
			if !p.At.IsValid() || p.Message == "" || p.Message != strings.TrimSuffix(p.Message, ".") {
				t.Errorf("%s: a problem has no place, no message, or a full stop", name)
			}
		}
		for _, c := range result.Consumers {
			for name, v := range c.Env.All() {
				for _, h := range v.Trail.Hops() {
					if strings.Contains(h.What, "CANARY") {
						t.Errorf("a hop of %s repeats a key", name)
					}
				}
			}
		}
	}
}
