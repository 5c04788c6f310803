package github_test

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/engine/github"
	"github.com/keyfit/keyfit/internal/pipeline"
)

// TestJobs lists what may deploy in the workflows of testdata/jobs.
func TestJobs(t *testing.T) {
	names, err := filepath.Glob("testdata/jobs/*.txtar")
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
			files := unpack(t, a)
			var b strings.Builder
			for _, file := range github.Finds(files, ".") {
				jobs, problems := github.Jobs(files, file)
				fmt.Fprintf(&b, "%s\n", filepath.Base(file))
				for _, j := range jobs {
					b.WriteString("  " + describe(j) + "\n")
				}
				for _, p := range problems {
					fmt.Fprintf(&b, "  problem %s: %s; %s\n", p.At, p.Message, p.Fix)
				}
			}
			compareSection(t, name, a, "jobs", b.String())
		})
	}
}

func describe(j pipeline.Job) string {
	out := fmt.Sprintf("%s@%d", j.Name, j.At.Start.Line)
	if j.Group != "" {
		out += " of " + j.Group
	}
	out += " → " + cmp.Or(j.Environment, "?")
	if j.Branch != "" {
		out += " branch " + j.Branch
	}
	for _, name := range slices.Sorted(maps.Keys(j.Inputs)) {
		out += fmt.Sprintf(" input %s=%s", name, j.Inputs[name])
	}
	for _, name := range slices.Sorted(maps.Keys(j.Matrix)) {
		out += fmt.Sprintf(" matrix %s=%s", name, j.Matrix[name])
	}
	if len(j.Needs) > 0 {
		out += " needs " + strings.Join(j.Needs, ",")
	}
	if j.Deploys {
		out += " deploys"
	}
	if j.Unsure != "" {
		out += " unsure: " + j.Unsure
	}
	return out
}
