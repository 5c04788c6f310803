package github_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/engine/github"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// nullHost knows secrets, and follows nothing.
type nullHost struct{ scripts int }

func (h *nullHost) Follow(_ context.Context, s pipeline.Script) (pipeline.After, error) {
	h.scripts++
	if s.Positions != nil {
		for _, n := range []int{0, len(s.Text) / 2, len(s.Text)} {
			s.Positions(n, len(s.Text))
		}
	}
	text := model.KnownText("A=CANARY\nB<<E\n"+s.Text+"\nE\n", model.Hop{At: s.At, Kind: model.KindShell, What: "script"})
	return pipeline.After{Channels: map[string]model.Value{"GITHUB_ENV": text, "GITHUB_OUTPUT": text}, Output: text}, nil
}

func (*nullHost) Input(name string) model.Value {
	return model.KnownText("CANARY", model.Hop{Kind: model.KindInput, What: name})
}

// FuzzRun follows any text as a workflow that also calls itself and an action. Nothing may
// panic or take long, every problem has a place in a file and a message, and none repeats a
// value.
func FuzzRun(f *testing.F) {
	names, _ := filepath.Glob("testdata/*/*.txtar")
	for _, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range a.Files {
			if strings.HasSuffix(file.Name, ".yml") {
				f.Add(string(file.Data))
			}
		}
	}
	dir := f.TempDir()
	tree, err := repo.Open(dir)
	if err != nil {
		f.Fatal(err)
	}
	defer tree.Close()
	if err := os.MkdirAll(filepath.Join(dir, github.Dir), 0o755); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		files := repo.NewOverlay(tree)
		const file = github.Dir + "/deploy.yml"
		for _, name := range []string{file, github.Dir + "/rollout.yml", ".github/actions/a/action.yml"} {
			if err := files.Write(name, []byte(text)); err != nil {
				t.Skip()
			}
		}
		began := time.Now()
		in := pipeline.Step{Files: files, Environment: "production", File: strict.At[string]{Value: file}, Branch: "main"}
		result, err := github.Run(context.Background(), in, &nullHost{})
		if err != nil {
			t.Fatal(err)
		}
		jobs, problems := github.Jobs(files, file)
		for _, j := range jobs {
			if j.Name == "" && !strings.Contains(text, "\"\"") && !strings.Contains(text, "''") && !strings.Contains(text, "~") {
				t.Errorf("a job without a name")
			}
		}
		github.Bindings(files, pipeline.Runtime{Env: processEnv("deploy", "", "KEY")})
		for _, p := range append(result.Problems, problems...) {
			if p.At.File == "" && p.Message == "" {
				t.Errorf("a problem without place and message")
			}
			if strings.Contains(p.Message+p.Fix, "CANARY") && !strings.Contains(text, "CANARY") {
				t.Errorf("a problem repeats a value")
			}
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("took %v", took)
		}
	})
}
