package gitlab_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/engine/gitlab"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// TestLimits feeds what would take forever, or the whole memory, without limits.
func TestLimits(t *testing.T) {
	repeat := func(n int, format string, args ...any) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, append([]any{i, i + 1}, args...)...)
		}
		return b.String()
	}
	lists := ".l0: &l0 [x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 12; i++ {
		lists += fmt.Sprintf(".l%d: &l%d [*l%d, *l%d, *l%d, *l%d, *l%d, *l%d, *l%d, *l%d]\n", i, i, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1)
	}
	maps := ".m0: &m0 {a: 1}\n"
	for i := 1; i < 40; i++ {
		maps += fmt.Sprintf(".m%d: &m%d {a: *m%d, b: *m%d}\n", i, i, i-1, i-1)
	}
	doubling := "variables:\n  V0: " + strings.Repeat("x", 1000) + "\n" + repeat(60, "  V%[2]d: $V%[1]d$V%[1]d\n") + repeat(3000, "  W%[1]d: $V9\n")
	job := "deploy: {environment: production, script: [deploy-tool]}\n"
	cases := map[string]string{
		"lists of lists":       lists + "deploy: {environment: production, script: *l11}\n",
		"mappings of mappings": maps + job + "variables: *m39\n",
		"a merge of itself":    "a: &a {<<: *a}\n" + job,
		"deep":                 "a: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "\n" + job,
		"doubled texts":        doubling + job,
		"a large matrix":       "deploy: {environment: production, script: [x], parallel: {matrix: [{" + strings.TrimSuffix(repeat(12, "V%[1]d: [a, b, c, d], "), ", ") + "}]}}\n",
		"many jobs":            repeat(2500, "j%[1]d: {environment: production, script: [x]}\n"),
		"many matrices":        repeat(1200, "j%[1]d: {environment: production, script: [x], parallel: {matrix: [{A: [a, b, c, d, e, f, g, h], B: [a, b, c, d, e, f, g, h]}]}}\n"),
		"extends in a row":     ".j0: {script: [x]}\n" + repeat(200, ".j%[2]d: {extends: .j%[1]d}\n") + "deploy: {extends: .j200, environment: production}\n",
		"wide extends":         repeat(60, ".j%[2]d: {extends: [.j%[1]d, .j%[1]d], variables: {A%[1]d: x}}\n") + ".j0: {script: [x]}\ndeploy: {extends: .j9, environment: production}\n",
		"references in a row":  ".r0: {script: [x]}\n" + repeat(50, ".r%[2]d: {script: [!reference [.r%[1]d, script], !reference [.r%[1]d, script]]}\n") + "deploy: {script: [!reference [.r9, script]], environment: production}\n",
		"includes itself":      "include: [.gitlab-ci.yml, other.yml]\n" + job,
		"a long condition":     "deploy: {environment: production, script: [x], rules: [{if: '" + strings.Repeat("$A == $B || ", 40) + "$C'}]}\n",
		"patterns":             "deploy: {environment: production, script: [x], rules: [{exists: ['" + strings.Repeat("**/a/", 60) + "*', '{" + strings.Repeat("{a,b}", 60) + "}']}]}\n",
		"large":                "variables: {A: " + strings.Repeat("x", 2<<20) + "}\n" + job,
		"needs in a circle": "stages: [a]\n" + repeat(50, "n%[1]d: {stage: a, needs: [n%[2]d], script: [x], artifacts: {reports: {dotenv: a.env}}}\n") +
			"n50: {stage: a, needs: [n0], script: [x], artifacts: {reports: {dotenv: a.env}}}\ndeploy: {stage: a, needs: [n0], environment: production, script: [x]}\n",
		"inputs that grow": "spec: {inputs: {a: {default: " + strings.Repeat("x", 100_000) + "}}}\n---\n" + job + "variables:\n" + repeat(3000, "  V%[1]d: \"$[[ inputs.a ]]$[[ inputs.a ]]-\"\n"),
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			files := lay(t, map[string]string{".gitlab-ci.yml": text, "other.yml": "include: .gitlab-ci.yml\n"})
			in := pipeline.Step{Files: repo.NewOverlay(files), Environment: "production", Branch: "main", File: strict.At[string]{Value: ".gitlab-ci.yml"}}
			if _, err := gitlab.Run(context.Background(), in, &noting{}); err != nil {
				t.Error(err)
			}
			gitlab.Jobs(files, ".gitlab-ci.yml")
			if took := time.Since(began); took > 2*time.Minute {
				t.Errorf("takes %v", took)
			}
		})
	}
}

// TestPlacesOfCommands expects every command at its own place in the file, however its line
// is written.
func TestPlacesOfCommands(t *testing.T) {
	files := lay(t, map[string]string{".gitlab-ci.yml": `
.setup:
  script:
    - one
deploy:
  environment: production
  before_script:
    - !reference [.setup, script]
    - 'two'
  script:
    - three && four
    - |
      if true; then
        five
      fi

      six
    - "seven"
    - >-
      eight
      more
`})
	tree := repo.NewOverlay(files)
	host := &trial{files: tree, machines: map[string]*repo.Overlay{}, kept: keptNone()}
	in := pipeline.Step{Files: tree, Environment: "production", Branch: "main", File: strict.At[string]{Value: ".gitlab-ci.yml"}}
	if _, err := gitlab.Run(context.Background(), in, host); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"one": "4:7", "two": "9:8", "three": "11:7", "four": "11:16", "five": "14:9", "six": "17:7", "seven": "18:8", "eight": "19:7",
	}
	for _, c := range host.commands {
		name := c.Args[0].Text.Reveal()
		if got := fmt.Sprintf("%d:%d", c.At.Start.Line, c.At.Start.Column); got != want[name] {
			t.Errorf("%s is at %s, expected %s", name, got, want[name])
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("not run: %v", want)
	}
}

// TestOtherHosts expects an end when the host fails or the context ends.
func TestOtherHosts(t *testing.T) {
	files := lay(t, large(5))
	in := pipeline.Step{Files: repo.NewOverlay(files), Environment: "production", Branch: "main", File: strict.At[string]{Value: ".gitlab-ci.yml"}}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := gitlab.Run(ctx, in, &noting{}); err == nil {
		t.Error("no error though the context has ended")
	}
	if _, err := gitlab.Run(context.Background(), in, failing{}); err == nil {
		t.Error("no error though the host fails")
	}
	in.File.Value = "none.yml"
	if result, err := gitlab.Run(context.Background(), in, &noting{}); err != nil || len(result.Problems) != 1 || result.Doubt == nil {
		t.Errorf("a file that is not there: %v, %v", result, err)
	}
}

type failing struct{}

func (failing) Follow(context.Context, pipeline.Script) (pipeline.After, error) {
	return pipeline.After{}, context.DeadlineExceeded
}

func (failing) Input(string) model.Value { return model.Value{} }
