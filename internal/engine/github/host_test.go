package github_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/repo"
)

// bashHost runs every script in a real bash, in a copy of the repository, with exactly the
// variables that are known, and gives back what the script really wrote. Deploy tools are
// stubs that succeed.
type bashHost struct {
	t       *testing.T
	dir     string // the repository
	bin     string
	unbound map[string]bool // names that are bound to nothing
	absent  map[string]bool
	empty   map[string]bool
	scripts []pipeline.Script
	ran     int
}

const stubs = "helm helmfile kubectl docker aws az gcloud terraform flyctl vercel wrangler npm node pulumi ssh curl serverless netlify keyfit make"

func newBashHost(t *testing.T, dir string) *bashHost {
	t.Helper()
	h := &bashHost{t: t, dir: dir, bin: t.TempDir(), unbound: map[string]bool{}, absent: map[string]bool{}, empty: map[string]bool{}}
	for name := range strings.FieldsSeq(stubs) {
		if err := os.WriteFile(filepath.Join(h.bin, name), []byte("#!/bin/sh\nexit 0\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func (h *bashHost) Input(name string) model.Value {
	hop := model.Hop{Kind: model.KindInput, What: name}
	switch {
	case h.unbound[name]:
		return model.UnknownBecause(model.WhyCISecret, "the value of "+name, model.Trail{}.Append(hop))
	case h.empty[name]:
		return model.KnownText("", model.Hop{Kind: model.KindInput, What: name})
	case h.absent[name]:
		return model.Value{State: model.Absent}
	}
	return model.KnownText("CANARY-"+strings.ReplaceAll(name, ".", "-"), hop)
}

// unknownWord stands for a text that is not known, in a script that is run all the same.
const unknownWord = "unknown_word"

// expand is the script as the runner would write it.
func expand(s pipeline.Script) string {
	var b strings.Builder
	for _, c := range s.Text {
		if i := int(c - pipeline.Hole); c >= pipeline.Hole && i < len(s.Holes) {
			if v := s.Holes[i]; v.State == model.Known {
				b.WriteString(v.Text.Reveal())
			} else {
				b.WriteString(unknownWord)
			}
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

func (h *bashHost) Follow(_ context.Context, s pipeline.Script) (pipeline.After, error) {
	h.scripts = append(h.scripts, s)
	after := pipeline.After{Channels: map[string]model.Value{}, Env: s.Env}
	if s.Shell != "bash" && s.Shell != "sh" {
		return after, nil
	}
	h.ran++
	temp := h.t.TempDir()
	file := filepath.Join(temp, "script.sh")
	if err := os.WriteFile(file, []byte(expand(s)), 0o644); err != nil {
		h.t.Fatal(err)
	}
	args := append(slices.Clone(s.Flags), file)
	for _, a := range s.Args {
		args = append(args, shownText(a))
	}
	cmd := exec.Command(s.Shell, args...)
	cmd.Dir = filepath.Join(h.dir, s.Dir)
	cmd.Env = h.environment(s, temp)
	out, err := cmd.Output()
	if err != nil {
		h.t.Errorf("script %q fails: %v", s.Label, err)
	}
	for _, name := range s.Channels {
		if data, _ := os.ReadFile(filepath.Join(temp, name)); len(data) > 0 {
			after.Channels[name] = wrote(string(data), s)
		}
	}
	after.Output = wrote(string(out), s)
	return after, nil
}

func (h *bashHost) environment(s pipeline.Script, temp string) []string {
	vars := map[string]string{}
	for name, v := range s.Env.All() {
		switch v.State {
		case model.Known:
			vars[name] = v.Text.Reveal()
		case model.Unknown:
			vars[name] = unknownWord
		}
	}
	vars["PATH"] = h.bin + ":/usr/bin:/bin"
	vars["HOME"] = temp
	for _, name := range s.Root {
		vars[name] = h.dir
	}
	for _, name := range s.Channels {
		vars[name] = filepath.Join(temp, name)
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		out = append(out, name+"="+vars[name])
	}
	return out
}

// wrote is a text that a script wrote: what held a text that is not known is not known.
func wrote(text string, s pipeline.Script) model.Value {
	hop := model.Hop{At: s.At, Kind: model.KindShell, What: "what " + s.Label + " writes"}
	var parts []model.Value
	rest := text
	for {
		before, after, found := strings.Cut(rest, unknownWord)
		if before != "" {
			parts = append(parts, model.KnownText(before, hop))
		}
		if !found {
			break
		}
		parts = append(parts, model.UnknownBecause(model.WhyCISecret, "a text that is not known here", model.Trail{}.Append(hop)))
		rest = after
	}
	if len(parts) < 2 && !strings.Contains(text, unknownWord) {
		return model.KnownText(text, hop)
	}
	v := model.UnknownBecause(model.WhyCISecret, "a text that is not known here", model.Trail{}.Append(hop))
	v.Parts = parts
	return v
}

func shownText(v model.Value) string {
	if v.State == model.Known {
		return v.Text.Reveal()
	}
	return unknownWord
}

// shown writes a value for golden files. The fixtures hold no keys but CANARY texts.
func shown(v model.Value) string {
	switch v.State {
	case model.Known:
		return fmt.Sprintf("%q", v.Text.Reveal())
	case model.Absent:
		return "absent"
	}
	out := "unknown(" + string(v.Why)
	if v.Needs != "" {
		out += ": " + v.Needs
	}
	if len(v.Alternatives) > 0 {
		var all []string
		for _, a := range v.Alternatives {
			all = append(all, shown(a))
		}
		out += " = " + strings.Join(all, " | ")
	}
	return out + ")"
}

// overlay is the repository, with nothing written over it.
func (h *bashHost) overlay() *repo.Overlay {
	tree, err := repo.Open(h.dir)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { tree.Close() })
	return repo.NewOverlay(tree)
}
