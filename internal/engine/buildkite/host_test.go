package buildkite_test

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
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
	files     *repo.Overlay
	machines  map[string]*repo.Overlay
	bound     map[string]string
	scripts   []pipeline.Script
	consumers []model.Consumer
	problems  []model.Problem
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
	hop := model.Hop{Kind: model.KindInput, What: name}
	if text, ok := h.bound[name]; ok {
		return model.KnownText(text, hop)
	}
	return model.UnknownBecause(model.WhyCISecret, "the text of "+name, model.Trail{}.Append(hop))
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
		Args: s.Args, Env: s.Env, Dir: s.Dir, Channels: s.Channels, Root: s.Root, Capture: s.Capture, Elsewhere: true,
	})
	if err != nil {
		return pipeline.After{}, err
	}
	if !s.Quiet {
		h.consumers, h.problems = append(h.consumers, out.Consumers...), append(h.problems, out.Problems...)
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
	files   *repo.Tree
	in      pipeline.Step
	host    *trial
	show    []string
}

func stories(t testing.TB) []*story {
	t.Helper()
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	var out []*story
	for _, name := range names {
		out = append(out, open(t, name))
	}
	return out
}

func open(t testing.TB, name string) *story {
	t.Helper()
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &story{name: filepath.Base(name), archive: archive}
	for _, f := range archive.Files {
		if f.Name == "want" {
			continue
		}
		full := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, f.Data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if s.files, err = repo.Open(dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.files.Close() })
	overlay := repo.NewOverlay(s.files)
	s.in = pipeline.Step{Files: overlay.Fork(), Inputs: map[string]model.Value{}, Matrix: map[string]string{}}
	s.host = &trial{files: overlay, machines: map[string]*repo.Overlay{}, bound: map[string]string{}}
	s.ask(t, string(archive.Comment))
	return s
}

// ask reads the lines in front of a fixture's files.
func (s *story) ask(t testing.TB, comment string) {
	t.Helper()
	for line := range strings.Lines(comment) {
		key, rest, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		name, text, _ := strings.Cut(rest, "=")
		switch key {
		case "file":
			s.in.File = strict.At[string]{Value: rest}
		case "environment":
			s.in.Environment = rest
		case "group":
			s.in.Group = strict.At[string]{Value: rest}
		case "job":
			s.in.Job = strict.At[string]{Value: rest}
		case "branch":
			s.in.Branch = rest
		case "tag":
			s.in.Tag = rest
		case "input":
			s.in.Inputs[name] = model.KnownText(text, model.Hop{Kind: model.KindInput, What: name, Literal: true})
		case "matrix":
			s.in.Matrix[name] = text
		case "bind":
			s.host.bound[name] = text
		case "show":
			s.show = strings.Fields(rest)
		default:
			t.Fatalf("%s: unknown line %q", s.name, key)
		}
	}
}

// print writes what came out, without the text of any key.
func (s *story) print(result pipeline.Result) string {
	var b strings.Builder
	for _, c := range append(s.host.consumers, result.Consumers...) {
		fmt.Fprintf(&b, "%s %s @%s\n", c.Kind, c.Workload, c.At)
		for _, name := range s.show {
			v := c.Env.Get(name)
			fmt.Fprintf(&b, "  %s: %s\n", name, told(v))
			for _, h := range v.Trail.Hops() {
				fmt.Fprintf(&b, "    %s %s: %s\n", h.At, h.Kind, h.What)
			}
			for _, l := range v.Losers {
				fmt.Fprintf(&b, "    over %s\n", told(l.Value))
			}
		}
	}
	for _, p := range model.SortProblems(append(s.host.problems, result.Problems...)) {
		fmt.Fprintf(&b, "problem %s: %s\n", p.At, p.Message)
	}
	if result.Doubt != nil {
		fmt.Fprintf(&b, "doubt: %s\n", result.Doubt.Needs)
	}
	return b.String()
}

func told(v model.Value) string {
	switch v.State {
	case model.Known:
		before, key, ok := strings.Cut(v.Text.Reveal(), "CANARY")
		if ok {
			return fmt.Sprintf("known %d letters, then a canary that ends in %q", len(before), key)
		}
		return fmt.Sprintf("known %q", v.Text.Reveal())
	case model.Absent:
		return "absent"
	}
	text := fmt.Sprintf("unknown %s: %s", v.Why, v.Needs)
	for _, a := range v.Alternatives {
		text += " | " + told(a)
	}
	return text
}
