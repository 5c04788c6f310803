package azure_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/canary"
	"github.com/keyfit/keyfit/internal/engine/azure"
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
	after := pipeline.After{Env: s.Env}
	if h.scripts%2 == 0 && len(s.Holes) > 0 {
		after.Output = s.Holes[0]
	} else if h.scripts%3 == 0 {
		after.Output = model.KnownText("##vso[task.setvariable variable=a;isOutput=true]$(b)\n", model.Hop{})
	}
	return after, nil
}

func (h *idle) Input(name string) model.Value {
	return model.UnknownBecause(model.WhyCISecret, name, model.Trail{})
}

func lay(t testing.TB, text string) *repo.Tree {
	t.Helper()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, azure.Name), []byte(text), 0o644))
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
			if file.Name == azure.Name {
				f.Add(string(file.Data))
			}
		}
	}
	f.Add("steps: &s [{template: azure-pipelines.yml}, {bash: \"$($($(a)))\"}, *s]\nvariables: {a: $(b), b: $(a)}")
	f.Add("parameters: [{name: p, type: object, default: [1, 2]}]\njobs:\n- ${{ each a in parameters.p }}:\n  - ${{ each b in parameters.p }}:\n    - job: x${{ a }}${{ b }}\n      steps: [{script: \"${{ format('{0}', or(a, b)) }}\"}]")
	f.Fuzz(func(t *testing.T, text string) {
		files := lay(t, text)
		jobs, problems := azure.Jobs(files, azure.Name)
		for i, job := range append([]pipeline.Job{{Name: "deploy"}, {Environment: "staging"}}, jobs...) {
			if i > 20 {
				break
			}
			host := &idle{}
			result, err := azure.Run(t.Context(), pipeline.Step{
				Files: repo.NewOverlay(files), File: strict.At[string]{Value: azure.Name}, Environment: job.Environment,
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

// BenchmarkRun follows one job of a pipeline of 60 jobs from templates, with 20 steps each.
func BenchmarkRun(b *testing.B) {
	files := large(b)
	for b.Loop() {
		_, err := azure.Run(b.Context(), pipeline.Step{
			Files: repo.NewOverlay(files), File: strict.At[string]{Value: azure.Name}, Job: strict.At[string]{Value: "deploy_30"},
		}, &idle{})
		must(b, err)
	}
}

// BenchmarkJobs looks for what deploys in the same pipeline.
func BenchmarkJobs(b *testing.B) {
	files := large(b)
	for b.Loop() {
		if jobs, _ := azure.Jobs(files, azure.Name); len(jobs) != 60 {
			b.Fatalf("%d jobs", len(jobs))
		}
	}
}

func large(b *testing.B) *repo.Tree {
	var root, steps strings.Builder
	root.WriteString("variables: {region: eu, url: https://$(region).example.com}\njobs:\n")
	for i := range 60 {
		fmt.Fprintf(&root, "- deployment: deploy_%d\n  environment: env%d\n  strategy: {runOnce: {deploy: {steps: [{template: steps.yml, parameters: {name: shop%d}}]}}}\n", i, i, i)
	}
	steps.WriteString("parameters: [{name: name, type: string}]\nsteps:\n")
	for range 20 {
		steps.WriteString("- bash: |\n    export KEY=$(API_KEY)\n    helm upgrade --install ${{ parameters.name }} charts/shop --set key=$KEY\n  env: {URL: $(url)}\n")
	}
	dir := b.TempDir()
	must(b, os.WriteFile(filepath.Join(dir, azure.Name), []byte(root.String()), 0o644))
	must(b, os.WriteFile(filepath.Join(dir, "steps.yml"), []byte(steps.String()), 0o644))
	files, err := repo.Open(dir)
	must(b, err)
	b.Cleanup(func() { _ = files.Close() })
	return files
}
