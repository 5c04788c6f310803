package buildkite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/engine/buildkite"
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
	if err := os.MkdirAll(filepath.Join(dir, ".buildkite"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, pipelineFile), []byte(text), 0o644); err != nil {
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
			if file.Name == pipelineFile {
				f.Add(string(file.Data))
			}
		}
	}
	f.Add("steps: &a [{group: x, steps: *a}, {command: ['${A:-${B}}'], matrix: [1, 2]}]")
	f.Fuzz(func(t *testing.T, text string) {
		files := checkout(t, text)
		jobs, _ := buildkite.Jobs(files, pipelineFile)
		for _, environment := range append([]pipeline.Job{{Environment: "staging"}}, jobs...) {
			host := &idle{}
			result, err := buildkite.Run(t.Context(), pipeline.Step{
				Files: repo.NewOverlay(files), File: strict.At[string]{Value: pipelineFile}, Environment: environment.Environment,
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
func big(steps int) string {
	var b strings.Builder
	b.WriteString("env:\n  SERVICE: shop\nsteps:\n")
	for i := range steps {
		fmt.Fprintf(&b, "  - label: \"Deploy %d\"\n    key: deploy-%d\n    env:\n      ENVIRONMENT: env-%d\n      IMAGE: \"${SERVICE}:${BUILDKITE_COMMIT:0:7}\"\n    commands:\n", i, i, i%50)
		for k := range 10 {
			fmt.Fprintf(&b, "      - ./scripts/step-%d.sh \"$$TOKEN_%d\" $SERVICE\n", k, k)
		}
	}
	return b.String()
}

func BenchmarkJobs(b *testing.B) {
	files := checkout(b, big(500))
	for b.Loop() {
		if jobs, _ := buildkite.Jobs(files, pipelineFile); len(jobs) != 500 {
			b.Fatal(len(jobs))
		}
	}
}

func BenchmarkRun(b *testing.B) {
	files := checkout(b, big(50))
	for b.Loop() {
		host := &idle{}
		_, err := buildkite.Run(b.Context(), pipeline.Step{
			Files: repo.NewOverlay(files), File: strict.At[string]{Value: pipelineFile}, Environment: "env-7",
		}, host)
		if err != nil || host.scripts != 1 {
			b.Fatal(err, host.scripts)
		}
	}
}
