package gitlab_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/engine/shell"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// trial is a host that follows scripts with the engine for scripts, and knows the inputs
// that a test binds.
type trial struct {
	files    *repo.Overlay
	machines map[string]*repo.Overlay
	kept     map[string]shell.Kept
	bound    map[string]string
	process  map[string]string
	scripts  []pipeline.Script
	commands []model.Command // of scripts that are not quiet
	problems []model.Problem
}

func (h *trial) Names() []string {
	var out []string
	for name := range h.bound {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func (h *trial) Input(name string) model.Value {
	if text, ok := h.bound[name]; ok {
		return model.KnownText(text, model.Hop{Kind: model.KindInput, What: name})
	}
	if text, ok := h.process[name]; ok {
		return model.KnownText(text, model.Hop{Kind: model.KindProcess, What: name})
	}
	return model.UnknownBecause(model.WhyCISecret, "the text of "+name, model.Trail{}.Append(model.Hop{Kind: model.KindInput, What: name}))
}

func (h *trial) Follow(ctx context.Context, s pipeline.Script) (pipeline.After, error) {
	h.scripts = append(h.scripts, s)
	machine := h.machines[s.Job]
	if machine == nil {
		machine = h.files.Fork()
		h.machines[s.Job] = machine
	}
	out, err := shell.Follow(ctx, shell.Step{
		Files: machine, Line: s.Text, Holes: s.Holes, Hole: pipeline.Hole, At: s.At, Positions: s.Positions, Sh: s.Shell == "sh", Flags: s.Flags,
		Args: s.Args, Env: s.Env, Dir: s.Dir, Channels: s.Channels, Root: s.Root, Capture: s.Capture, Elsewhere: true, Before: h.kept[s.Job],
	})
	if err != nil {
		return pipeline.After{}, err
	}
	h.kept[s.Job] = out.Kept
	if !s.Quiet {
		h.commands, h.problems = append(h.commands, out.Commands...), append(h.problems, out.Problems...)
	}
	after := pipeline.After{Env: out.Env, Channels: out.Channels, Output: out.Output, Files: map[string]model.Value{}}
	for _, name := range s.Files {
		if v, ok := out.Written[path.Clean(name)]; ok {
			after.Files[name] = v
		}
	}
	return after, nil
}

// story is one fixture: a repository, what is asked for, and what has to come out.
type story struct {
	name    string
	archive *txtar.Archive
	dir     string
	in      pipeline.Step
	host    *trial
	oracle  []string // jobs that the real tool can run
	vars    []string // NAME=text that the real tool is given
	unlike  []string // variables that the real tool does not set as GitLab does
}

func stories(t testing.TB) []*story {
	t.Helper()
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) < 40 {
		t.Fatalf("%d fixtures, expected at least 40: %v", len(names), err)
	}
	var out []*story
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, newStory(t, strings.TrimSuffix(filepath.Base(name), ".txtar"), archive))
	}
	return out
}

func newStory(t testing.TB, name string, archive *txtar.Archive) *story {
	t.Helper()
	s := &story{name: name, archive: archive, dir: t.TempDir()}
	for _, f := range archive.Files {
		if f.Name == "want" {
			continue
		}
		full := filepath.Join(s.dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, f.Data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := repo.Open(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tree.Close() })
	overlay := repo.NewOverlay(tree)
	s.in = pipeline.Step{
		Files: overlay, Inputs: map[string]model.Value{}, Matrix: map[string]string{},
		File: strict.At[string]{Value: ".gitlab-ci.yml"}, Environment: "production",
	}
	s.host = &trial{files: overlay, machines: map[string]*repo.Overlay{}, kept: map[string]shell.Kept{}, bound: map[string]string{}, process: map[string]string{}}
	s.ask(t, string(archive.Comment))
	env := map[string]model.Value{}
	for name, text := range s.host.process {
		env[name] = model.KnownText(text, model.Hop{Kind: model.KindProcess, What: name})
	}
	s.in.Run.Env = model.NewEnv(env)
	return s
}

// ask reads the lines in front of a fixture's files.
func (s *story) ask(t testing.TB, comment string) {
	t.Helper()
	for line := range strings.Lines(comment) {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		key, rest, _ := strings.Cut(strings.TrimSpace(line), ": ")
		name, text, _ := strings.Cut(rest, "=")
		switch key {
		case "environment":
			s.in.Environment = rest
		case "job":
			s.in.Job = strict.At[string]{Value: rest}
		case "branch":
			s.in.Branch = rest
		case "tag":
			s.in.Tag = rest
		case "source":
			s.in.Event = rest
		case "input":
			s.in.Inputs[name] = model.KnownText(text, model.Hop{Kind: model.KindInput, What: name, Literal: true})
			s.vars = append(s.vars, rest)
		case "matrix":
			s.in.Matrix[name] = text
		case "bind":
			s.host.bound[name] = text
			s.vars = append(s.vars, rest)
		case "process":
			s.host.process[name] = text
		case "inside":
			s.in.Run.Inside = true
		case "variables":
			s.in.Variables = append(s.in.Variables, strict.At[string]{Value: rest})
		case "unlike":
			s.unlike = append(s.unlike, rest)
		case "oracle":
			s.oracle = append(s.oracle, rest)
		default:
			t.Fatalf("%s: unknown line %q", s.name, key)
		}
	}
}

func (s *story) run(t testing.TB, run func(context.Context, pipeline.Step, pipeline.Host) (pipeline.Result, error)) pipeline.Result {
	t.Helper()
	result, err := run(context.Background(), s.in, s.host)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

var canary = regexp.MustCompile(`\S*CANARY\S*`)

// veiled is a text without the keys in it: nothing of them may be printed.
func veiled(text string) string {
	return canary.ReplaceAllStringFunc(text, func(key string) string {
		sum := sha256.Sum256([]byte(key))
		return "CANARY#" + hex.EncodeToString(sum[:4])
	})
}

func told(v model.Value) string {
	switch v.State {
	case model.Known:
		return "=" + v.Text.Reveal()
	case model.Absent:
		return " absent"
	}
	if v.Why == model.WhyAmbiguous && len(v.Alternatives) > 0 {
		var all []string
		for _, a := range v.Alternatives {
			all = append(all, strings.TrimPrefix(strings.TrimSpace(told(a)), "="))
		}
		slices.Sort(all)
		return " one of " + strings.Join(all, " | ")
	}
	return " unknown " + string(v.Why)
}

func keptNone() map[string]shell.Kept { return map[string]shell.Kept{} }
