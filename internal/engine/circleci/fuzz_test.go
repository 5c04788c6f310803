package circleci_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/canary"
	"github.com/keyfit/keyfit/internal/engine/circleci"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// idle is a host that follows nothing. It gives each script's text back as what was written.
type idle struct{ scripts int }

func (h *idle) Follow(_ context.Context, s pipeline.Script) (pipeline.After, error) {
	h.scripts++
	for i, c := range s.Text {
		if c >= pipeline.Hole && int(c-pipeline.Hole) < len(s.Holes) {
			s.Positions(i, i+1)
		}
	}
	s.Positions(0, len(s.Text))
	after := pipeline.After{Env: s.Env, Channels: map[string]model.Value{}}
	if h.scripts%2 == 0 && len(s.Holes) > 0 {
		after.Channels["BASH_ENV"] = s.Holes[0]
	} else if h.scripts%3 == 0 {
		after.Channels["BASH_ENV"] = model.KnownText("export A=\"b\"\n", model.Hop{})
	}
	return after, nil
}

func (h *idle) Input(name string) model.Value {
	return model.UnknownBecause(model.WhyCISecret, name, model.Trail{})
}

func lay(t testing.TB, text string) *repo.Tree {
	t.Helper()
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, ".circleci"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, circleci.Name), []byte(text), 0o644))
	files, err := repo.Open(dir)
	must(t, err)
	t.Cleanup(func() { _ = files.Close() })
	return files
}

// FuzzRun reads anything: it neither fails nor goes on without end, every place lies within
// the file, and no message repeats a value.
func FuzzRun(f *testing.F) {
	for _, name := range fixtures(f) {
		for _, file := range load(f, name).archive.Files {
			if file.Name == circleci.Name {
				f.Add(string(file.Data))
			}
		}
	}
	f.Add("version: 2.1\ncommands: {a: &a {steps: [a, {when: {condition: *a, steps: *a}}]}}\njobs: {deploy: *a}\nworkflows: {x: {jobs: [deploy]}}")
	f.Add("version: 2.1\njobs: &j {deploy: {steps: [run: \"<< pipeline.a or not (not \\\"<\\\" ) >>\"], environment: *j}}")
	f.Fuzz(func(t *testing.T, text string) {
		files := lay(t, text)
		jobs, problems := circleci.Jobs(files, circleci.Name)
		for i, job := range append([]pipeline.Job{{Name: "deploy"}, {Environment: "staging"}}, jobs...) {
			if i > 20 {
				break
			}
			host := &idle{}
			result, err := circleci.Run(t.Context(), pipeline.Step{
				Files: repo.NewOverlay(files), File: strict.At[string]{Value: circleci.Name}, Environment: job.Environment,
				Job: strict.At[string]{Value: job.Name}, Group: strict.At[string]{Value: job.Group}, Matrix: job.Matrix, Branch: job.Branch,
			}, host)
			if err != nil || host.scripts > 50_000 {
				t.Fatalf("%d scripts, error %v", host.scripts, err)
			}
			problems = append(problems, result.Problems...)
		}
		for _, p := range problems {
			if p.At.Start.Byte > len(text) || p.At.End.Byte > len(text) || p.At.Start.Byte > p.At.End.Byte {
				t.Errorf("the place %v lies outside of the text", p.At)
			}
			if where := canary.Find([]byte(p.Message + p.Fix)); where != "" {
				t.Errorf("a message shows a key in %s", where)
			}
		}
	})
}

// BenchmarkRun follows one job of a configuration of 60 jobs, with 20 steps each.
func BenchmarkRun(b *testing.B) {
	files := lay(b, large())
	for b.Loop() {
		_, err := circleci.Run(b.Context(), pipeline.Step{
			Files: repo.NewOverlay(files), File: strict.At[string]{Value: circleci.Name}, Job: strict.At[string]{Value: "deploy-30"},
		}, &idle{})
		must(b, err)
	}
}

// BenchmarkJobs looks for what deploys in the same configuration.
func BenchmarkJobs(b *testing.B) {
	files := lay(b, large())
	for b.Loop() {
		if jobs, _ := circleci.Jobs(files, circleci.Name); len(jobs) != 60 {
			b.Fatalf("%d jobs", len(jobs))
		}
	}
}

func large() string {
	var jobs, flow strings.Builder
	for i := range 60 {
		name := "deploy-" + string(rune('0'+i/10)) + string(rune('0'+i%10))
		jobs.WriteString("  " + name + ":\n    docker: [{image: cimg/base:current}]\n    environment: {STAGE: << pipeline.parameters.stage >>}\n    steps:\n")
		for range 20 {
			jobs.WriteString("      - announce: {to: << pipeline.git.branch >>}\n      - run: |\n          export KEY=$API_KEY\n          helm upgrade --install shop charts/shop --set key=$KEY\n")
		}
		flow.WriteString("      - " + name + ": {filters: {branches: {only: main}}}\n")
	}
	return "version: 2.1\nparameters: {stage: {type: string, default: prod}}\ncommands:\n  announce:\n    parameters: {to: {type: string}}\n    steps: [{run: echo << parameters.to >>}]\njobs:\n" + jobs.String() + "workflows:\n  main:\n    jobs:\n" + flow.String()
}
