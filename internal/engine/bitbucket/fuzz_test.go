package bitbucket_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/engine/bitbucket"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// idle is a host that follows nothing, and counts.
type idle struct{ scripts, holes int }

func (h *idle) Follow(_ context.Context, s pipeline.Script) (pipeline.After, error) {
	h.scripts++
	h.holes += len(s.Holes)
	if s.Positions != nil {
		s.Positions(0, len(s.Text))
	}
	return pipeline.After{Env: s.Env}, nil
}

func (h *idle) Input(string) model.Value { return model.Value{} }

func checkout(t testing.TB, text string) *repo.Tree {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, bitbucket.Name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	files, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	return files
}

// FuzzRun reads anything: it neither fails nor goes on without end, every place lies in
// the file, and no message repeats a value.
func FuzzRun(f *testing.F) {
	for _, s := range stories(f) {
		for _, file := range s.archive.Files {
			if file.Name == bitbucket.Name {
				f.Add(string(file.Data))
			}
		}
	}
	f.Add("pipelines: {default: &a [*a, {parallel: *a}, {stage: {steps: *a}}]}")
	f.Fuzz(func(t *testing.T, text string) {
		files := checkout(t, text)
		jobs, _ := bitbucket.Jobs(files, bitbucket.Name)
		for _, environment := range append([]pipeline.Job{{Environment: "staging"}}, jobs...) {
			host := &idle{}
			result, err := bitbucket.Run(t.Context(), pipeline.Step{
				Files: repo.NewOverlay(files), File: strict.At[string]{Value: bitbucket.Name}, Environment: environment.Environment,
				Job: strict.At[string]{Value: environment.Name}, Group: strict.At[string]{Value: environment.Group},
			}, host)
			if err != nil || host.scripts > 20_000 {
				t.Fatalf("%v, %d scripts", err, host.scripts)
			}
			for _, p := range result.Problems {
				if p.At.Start.Byte > len(text) || strings.Contains(p.Message+p.Fix, "CANARY") {
					t.Fatal("a problem at no place, or with a value in it")
				}
			}
		}
	})
}

// big is a file of many deployments.
func big(pipelines int) string {
	var b strings.Builder
	b.WriteString("definitions:\n  steps:\n    - step: &deploy\n        script:\n")
	for i := range 20 {
		fmt.Fprintf(&b, "          - ./scripts/step-%d.sh \"$TOKEN_%d\"\n", i, i)
	}
	b.WriteString("pipelines:\n  branches:\n")
	for i := range pipelines {
		fmt.Fprintf(&b, "    b%d:\n      - step:\n          <<: *deploy\n          name: Deploy %d\n          deployment: env-%d\n", i, i, i%50)
	}
	return b.String()
}

func BenchmarkJobs(b *testing.B) {
	files := checkout(b, big(500))
	for b.Loop() {
		if jobs, _ := bitbucket.Jobs(files, bitbucket.Name); len(jobs) != 500 {
			b.Fatal(len(jobs))
		}
	}
}

func BenchmarkRun(b *testing.B) {
	files := checkout(b, big(50))
	for b.Loop() {
		host := &idle{}
		_, err := bitbucket.Run(b.Context(), pipeline.Step{
			Files: repo.NewOverlay(files), File: strict.At[string]{Value: bitbucket.Name}, Environment: "env-7",
		}, host)
		if err != nil || host.scripts != 1 {
			b.Fatal(err, host.scripts)
		}
	}
}
