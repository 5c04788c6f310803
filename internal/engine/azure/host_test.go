package azure_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/canary"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
)

// bash is a host that runs scripts with the real bash, in exactly the environment that the
// reader says. A value that is not known goes in as a mark, and comes out as the unknown
// value that it was. The command `show` of a script writes down what it finds.
type bash struct {
	t        *testing.T
	dir      string // of the checkout
	inputs   map[string]string
	watch    []string // variables whose journey is written down
	unknowns []model.Value
	log      strings.Builder
	scripts  int
}

func (h *bash) Names() []string {
	var out []string
	for name := range h.inputs {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func (h *bash) Input(name string) model.Value {
	hop := model.Hop{Kind: model.KindInput, What: strict.Name(name)}
	if text, ok := h.inputs[name]; ok {
		return model.KnownText(text, hop)
	}
	return model.UnknownBecause(model.WhyCISecret, "a value for "+strict.Name(name), model.Trail{}.Append(hop))
}

// mark is the text by which an unknown value goes through bash.
func (h *bash) mark(v model.Value) string {
	for i, u := range h.unknowns {
		if u.Same(v) {
			return fmt.Sprintf("@@%d@@", i)
		}
	}
	h.unknowns = append(h.unknowns, v)
	return fmt.Sprintf("@@%d@@", len(h.unknowns)-1)
}

func (h *bash) text(v model.Value) string {
	switch {
	case v.State == model.Known:
		return v.Text.Reveal()
	case v.InRepo != "":
		return filepath.Join(h.dir, v.InRepo)
	}
	return h.mark(v)
}

var marks = regexp.MustCompile(`@@\d+@@`)

// value turns what bash gave back into a value with its parts.
func (h *bash) value(text string) model.Value {
	if text == "" {
		return model.Value{State: model.Absent}
	}
	var parts []model.Value
	known := func(s string) {
		if s != "" {
			parts = append(parts, model.KnownText(s, model.Hop{Kind: model.KindShell, What: "bash"}))
		}
	}
	at, unknown := 0, model.Value{State: model.Known}
	for _, m := range marks.FindAllStringIndex(text, -1) {
		var i int
		_, _ = fmt.Sscanf(text[m[0]:m[1]], "@@%d@@", &i)
		known(text[at:m[0]])
		parts, unknown, at = append(parts, h.unknowns[i]), h.unknowns[i], m[1]
	}
	known(text[at:])
	if unknown.State == model.Unknown {
		v := model.UnknownBecause(unknown.Why, unknown.Needs, unknown.Trail)
		v.Parts = parts
		return v
	}
	return model.Value{State: model.Known, Text: secret.New(text), Parts: parts}
}

// shown is a text for the expectations: what is not known is its reason.
func (h *bash) shown(text string) string {
	return marks.ReplaceAllStringFunc(text, func(m string) string {
		var i int
		_, _ = fmt.Sscanf(m, "@@%d@@", &i)
		return "<" + h.short(h.unknowns[i]) + ">"
	})
}

func (h *bash) short(v model.Value) string {
	if len(v.Alternatives) == 0 {
		return string(v.Why)
	}
	var all []string
	for _, a := range v.Alternatives {
		switch {
		case a.State == model.Absent:
			all = append(all, "absent")
		case a.State == model.Known:
			all = append(all, a.Text.Reveal())
		default:
			all = append(all, h.short(a))
		}
	}
	slices.Sort(all)
	return string(v.Why) + ": " + strings.Join(all, " | ")
}

func (h *bash) Follow(ctx context.Context, s pipeline.Script) (pipeline.After, error) {
	h.scripts++
	note := ""
	if s.Perhaps != nil {
		note = " (perhaps)"
	}
	if s.Quiet {
		note += " (quiet)"
	}
	fmt.Fprintf(&h.log, "-- %s%s: %s %s in %s, at %s\n", s.Label, note, s.Shell, strings.Join(s.Flags, " "), s.Dir, s.At)
	h.checkPlaces(s)
	for _, name := range h.watch {
		if v := s.Env.Get(name); v.State != model.Absent {
			fmt.Fprintf(&h.log, "   %s: %s\n", name, h.journey(v))
		}
	}
	if s.Shell != "bash" && s.Shell != "sh" {
		return pipeline.After{Env: s.Env, Output: model.UnknownBecause(model.WhyUnsupported, "a shell that is followed", model.Trail{})}, nil
	}
	return h.run(ctx, s)
}

func (h *bash) journey(v model.Value) string {
	var hops []string
	for _, hop := range v.Trail.Hops() {
		hops = append(hops, strings.TrimSpace(hop.Kind+" "+hop.At.String()+" "+hop.What))
	}
	out := v.State.String() + " " + strings.Join(hops, " → ")
	if v.State == model.Unknown {
		out = "<" + h.short(v) + "> " + strings.Join(hops, " → ")
	}
	for _, l := range v.Losers {
		out += "\n      over " + l.Value.Trail.Last().What + " " + l.At().String()
	}
	return out
}

// checkPlaces makes sure that every place of a script lies in a file of the checkout, and
// that its holes are all there.
func (h *bash) checkPlaces(s pipeline.Script) {
	h.t.Helper()
	for name, v := range s.Env.All() {
		h.checkHops(name, v)
	}
	for i := 0; i < len(s.Text); i++ {
		at := s.Positions(i, i+1)
		if !at.IsValid() {
			continue
		}
		data, err := os.ReadFile(filepath.Join(h.dir, at.File))
		if err != nil || at.Start.Byte > len(data) || at.End.Byte > len(data) {
			h.t.Errorf("%s: byte %d has the place %v, which is in no file", s.Label, i, at)
			return
		}
		if at.End.Byte-at.Start.Byte == 1 && data[at.Start.Byte] != s.Text[i] {
			h.t.Errorf("%s: byte %d is said to stand at %v, where something else stands", s.Label, i, at)
			return
		}
	}
	for _, c := range s.Text {
		if c >= pipeline.Hole && int(c-pipeline.Hole) >= len(s.Holes) {
			h.t.Errorf("%s: a hole without a value", s.Label)
		}
	}
}

const show = `#!/bin/bash
{ printf '   show'; for n in "$@"; do if [ -v "$n" ]; then printf ' %s=%s' "$n" "${!n}"; elif [[ $n = *[!A-Za-z0-9_]* || $n != *[A-Z]* ]]; then printf ' %s' "$n"; else printf ' no:%s' "$n"; fi; done; echo; } >>"$SHOWN"
`

func (h *bash) run(ctx context.Context, s pipeline.Script) (pipeline.After, error) {
	text := s.Text
	for i, v := range s.Holes {
		text = strings.ReplaceAll(text, string(pipeline.Hole+rune(i)), h.text(v))
	}
	tmp := h.t.TempDir()
	must(h.t, os.WriteFile(filepath.Join(tmp, "show"), []byte(show), 0o755))
	must(h.t, os.WriteFile(filepath.Join(tmp, "script"), []byte(text), 0o644))
	var args []string
	for _, v := range s.Args {
		args = append(args, h.text(v))
	}
	if len(args) > 0 { // a command line: what it amounts to is what counts
		text = "printf '   runs'; printf ' %s' " + text + "; echo"
		must(h.t, os.WriteFile(filepath.Join(tmp, "script"), []byte(text), 0o644))
	}
	cmd := exec.CommandContext(ctx, s.Shell, append(append(slices.Clone(s.Flags), filepath.Join(tmp, "script")), args...)...)
	cmd.Dir = filepath.Join(h.dir, s.Dir)
	for name, v := range s.Env.All() {
		if v.State != model.Absent && name != "PATH" {
			cmd.Env = append(cmd.Env, name+"="+h.text(v))
		}
	}
	cmd.Env = append(cmd.Env, "PATH="+tmp+":/usr/bin:/bin", "SHOWN="+filepath.Join(tmp, "shown"))
	for _, name := range s.Root {
		cmd.Env = append(cmd.Env, name+"="+h.dir)
	}
	for _, name := range s.Channels {
		cmd.Env = append(cmd.Env, name+"="+filepath.Join(tmp, name))
		must(h.t, os.WriteFile(filepath.Join(tmp, name), nil, 0o644))
	}
	output, _ := cmd.Output()
	if len(args) > 0 {
		h.log.WriteString(strings.ReplaceAll(h.shown(string(output)), h.dir, "ROOT"))
		return pipeline.After{Env: s.Env}, nil
	}
	if shown, err := os.ReadFile(filepath.Join(tmp, "shown")); err == nil {
		h.log.WriteString(strings.ReplaceAll(h.shown(string(shown)), h.dir, "ROOT"))
	}
	after := pipeline.After{Env: s.Env, Channels: map[string]model.Value{}, Output: h.value(string(output))}
	for _, name := range s.Channels {
		data, _ := os.ReadFile(filepath.Join(tmp, name))
		after.Channels[name] = h.value(string(data))
	}
	return after, nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// story is one fixture: files of a repository, what is asked for, and what is expected.
type story struct {
	name    string
	archive *txtar.Archive
	in      pipeline.Step
	inputs  map[string]string
	watch   []string
	dir     string
	tree    *repo.Tree
}

// load lays the files of a fixture down. Its comment says what is asked for, as "key value"
// lines: job, group, environment, branch, tag, input NAME=text, param NAME=text, cell
// NAME=text, run NAME=text, watch NAME.
func load(t testing.TB, name string) *story {
	t.Helper()
	archive, err := txtar.ParseFile(name)
	must(t, err)
	s := &story{name: filepath.Base(name), archive: archive, inputs: map[string]string{}, dir: t.TempDir()}
	for _, f := range archive.Files {
		if f.Name == "want" {
			continue
		}
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(s.dir, f.Name)), 0o755))
		must(t, os.WriteFile(filepath.Join(s.dir, f.Name), f.Data, 0o755))
	}
	s.tree, err = repo.Open(s.dir)
	must(t, err)
	t.Cleanup(func() { _ = s.tree.Close() })
	s.in = pipeline.Step{Files: repo.NewOverlay(s.tree), Inputs: map[string]model.Value{}, Matrix: map[string]string{}}
	run := map[string]model.Value{}
	for line := range strings.Lines(string(archive.Comment)) {
		key, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, text, _ := strings.Cut(rest, "=")
		switch key {
		case "job":
			s.in.Job = strict.At[string]{Value: rest}
		case "group":
			s.in.Group = strict.At[string]{Value: rest}
		case "environment":
			s.in.Environment = rest
		case "branch":
			s.in.Branch = rest
		case "tag":
			s.in.Tag = rest
		case "file":
			s.in.File = strict.At[string]{Value: rest}
		case "input":
			s.inputs[name] = text
		case "param":
			s.in.Inputs[name] = model.KnownText(text, model.Hop{Kind: model.KindInput, What: name})
		case "cell":
			s.in.Matrix[name] = text
		case "run":
			run[name] = model.KnownText(text, model.Hop{Kind: model.KindProcess, What: name})
			s.in.Run = pipeline.Runtime{Inside: true, Env: model.NewEnv(run)}
		case "watch":
			s.watch = append(s.watch, rest)
		}
	}
	return s
}

// checkHops makes sure that no stop of a journey shows a key.
func (h *bash) checkHops(name string, v model.Value) {
	h.t.Helper()
	for _, hop := range v.Trail.Hops() {
		if where := canary.Find([]byte(hop.What)); where != "" {
			h.t.Errorf("%s: a stop of the journey shows a key in %s", name, where)
		}
	}
	if where := canary.Find([]byte(v.Needs)); where != "" {
		h.t.Errorf("%s: what the value needs shows a key in %s", name, where)
	}
}

// told writes down what a reader says beside its scripts.
func (h *bash) told(result pipeline.Result) string {
	var b strings.Builder
	for _, c := range result.Consumers {
		fmt.Fprintf(&b, "consumer %s %s %s at %s\n", c.Kind, c.Workload, c.Container, c.At)
		for name, v := range c.Env.All() {
			if c.Kind != model.ConsumerCIStep || slices.Contains(h.watch, name) {
				fmt.Fprintf(&b, "   %s=%s %s\n", name, h.shown(h.text(v)), h.journey(v))
			}
		}
	}
	for _, p := range result.Problems {
		if where := canary.Find([]byte(p.Message + p.Fix)); where != "" {
			h.t.Errorf("a problem shows a key in %s", where)
		}
		fmt.Fprintf(&b, "problem %s: %s (%s)\n", p.At, p.Message, p.Fix)
	}
	if result.Doubt != nil {
		fmt.Fprintf(&b, "doubt %s\n", result.Doubt.Needs)
	}
	return b.String()
}
