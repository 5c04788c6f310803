package terraform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// trial is one root module with its command line, and what is known to differ.
type trial struct {
	name      string
	files     []txtar.File
	dir       string // the root module
	args      []Arg
	env       []string
	workspace string
	only      string // the one tool that has what it shows
	fails     bool   // the tool refuses it
	// quiet is why nothing is said here of what the tool refuses.
	quiet string
	// problems are parts of what is said here although the tool goes on.
	problems []string
	// hidden are the values that are unknown only here, with their reasons.
	hidden map[string]string
}

// parseTrial reads the lines of a header: a word, a colon and its text. Lines that begin
// with "#" are for people.
func parseTrial(name string, data []byte) (trial, error) {
	archive := txtar.Parse(data)
	x := trial{name: name, files: archive.Files, dir: ".", hidden: map[string]string{}}
	for line := range strings.Lines(string(archive.Comment)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		word, text, _ := strings.Cut(line, ":")
		text = strings.TrimSpace(text)
		switch word {
		case "var":
			x.args = append(x.args, flagVar(text))
		case "var-file":
			x.args = append(x.args, flagFile(text))
		case "env":
			x.env = append(x.env, text)
		case "workspace":
			x.workspace = text
		case "dir":
			x.dir = text
		case "tool":
			x.only = text
		case "fails":
			x.fails = true
		case "quiet":
			x.quiet = text
		case "problem":
			x.problems = append(x.problems, text)
		case "unknown":
			path, reason, ok := strings.Cut(text, " ")
			if !ok {
				return x, fmt.Errorf("%s: %q has no reason", name, line)
			}
			x.hidden[path] = reason
		default:
			return x, fmt.Errorf("%s: %q is no line of a header", name, line)
		}
	}
	if len(x.files) == 0 {
		return x, fmt.Errorf("%s: no files", name)
	}
	return x, nil
}

// lay writes the files into a new directory.
func (x trial) lay(t testing.TB) string {
	t.Helper()
	root := t.TempDir()
	for _, f := range x.files {
		full := filepath.Join(root, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// step is the trial as the evaluator gets it.
func (x trial) step(t testing.TB, tool string) Step {
	t.Helper()
	files, err := repo.Open(x.lay(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	workspace := model.Value{State: model.Absent}
	if x.workspace != "" {
		workspace = model.KnownText(x.workspace, model.Hop{Kind: model.KindCommand, What: "workspace"})
	}
	return Step{Files: files, Dir: x.dir, Workspace: workspace, Args: x.args, Env: environment(x.env...), Tool: tool}
}

func (x trial) callsModules() bool {
	call := regexp.MustCompile(`(?m)^\s*module\s|"module"`)
	for _, f := range x.files {
		if call.Match(f.Data) {
			return true
		}
	}
	return false
}

// reference is a real tool.
type reference struct{ name, bin string }

// references are the tools that are there. In CI one of them has to be.
func references(t testing.TB) []reference {
	t.Helper()
	var all []reference
	for _, name := range []string{"terraform", "tofu"} {
		local, err := filepath.Abs(filepath.Join("../../..", ".tools", "bin", name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(local); err == nil {
			all = append(all, reference{name, local})
		} else if found, err := exec.LookPath(name); err == nil {
			all = append(all, reference{name, found})
		}
	}
	if len(all) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("neither terraform nor tofu is there: run scripts/install/tofu.sh")
		}
		t.Skip("not compared with a real tool: run scripts/install/tofu.sh")
	}
	return all
}

// stage is a directory in which a tool works on a trial.
type stage struct {
	t    testing.TB
	tool reference
	x    trial
	dir  string // of the root module
	data string // of what the tool itself writes
}

func newStage(t testing.TB, tool reference, x trial) stage {
	t.Helper()
	s := stage{t: t, tool: tool, x: x, dir: filepath.Join(x.lay(t), filepath.FromSlash(x.dir)), data: t.TempDir()}
	if err := os.WriteFile(filepath.Join(s.data, "rc"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// run gives what the tool writes, or an error with what it says is wrong.
func (s stage) run(args ...string) ([]byte, error) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), s.tool.bin, args...)
	cmd.Dir = s.dir
	cmd.Env = append([]string{
		"HOME=/nonexistent", "PATH=" + os.Getenv("PATH"), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "GOMAXPROCS=1", "GOGC=off",
		"TF_CLI_CONFIG_FILE=" + filepath.Join(s.data, "rc"), "TF_DATA_DIR=" + filepath.Join(s.data, "data"),
	}, s.x.env...)
	if s.x.workspace != "" {
		cmd.Env = append(cmd.Env, "TF_WORKSPACE="+s.x.workspace)
	}
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	if err != nil {
		return nil, errors.New(problems.String())
	}
	return out.Bytes(), nil
}

func (s stage) inputs() []string {
	var out []string
	for _, a := range s.x.args {
		out = append(out, "-"+a.Flag+"="+a.Text.Text.Reveal())
	}
	return out
}

// plan asks for a plan. It gives what the tool refuses as an error.
func (s stage) plan() (truth, error) {
	s.t.Helper()
	if s.x.callsModules() {
		if _, err := s.run("init", "-input=false", "-no-color", "-backend=false"); err != nil {
			return truth{}, err
		}
	}
	if _, err := s.run(append([]string{"plan", "-input=false", "-no-color", "-lock=false", "-out=" + filepath.Join(s.data, "plan")}, s.inputs()...)...); err != nil {
		return truth{}, err
	}
	text, err := s.run("show", "-json", filepath.Join(s.data, "plan"))
	if err != nil {
		s.t.Fatal(err)
	}
	return readPlan(s.t, text), nil
}

// apply carries the plan out, for what is known only then.
func (s stage) apply() (truth, error) {
	s.t.Helper()
	if _, err := s.run("apply", "-input=false", "-no-color", "-lock=false", filepath.Join(s.data, "plan")); err != nil {
		return truth{}, err
	}
	text, err := s.run("show", "-json")
	if err != nil {
		s.t.Fatal(err)
	}
	return readState(s.t, text), nil
}

// truth is what a tool says: outputs and managed resources by their addresses.
type truth map[string]fact

// fact is one value, what of it is not known, and its type in JSON where the tool says it.
type fact struct {
	value, unknown any
	kind           string
}

type change struct {
	Actions []string `json:"actions"`
	After   any      `json:"after"`
	Unknown any      `json:"after_unknown"`
}

func readPlan(t testing.TB, text []byte) truth {
	t.Helper()
	var plan struct {
		Planned struct {
			Outputs map[string]struct {
				Type json.RawMessage `json:"type"`
			} `json:"outputs"`
		} `json:"planned_values"`
		Resources []struct {
			Address, Mode string
			Change        change `json:"change"`
		} `json:"resource_changes"`
		Outputs map[string]change `json:"output_changes"`
	}
	if err := json.Unmarshal(text, &plan); err != nil {
		t.Fatal(err)
	}
	out := truth{}
	for _, r := range plan.Resources {
		after, _ := r.Change.After.(map[string]any)
		unknown, _ := r.Change.Unknown.(map[string]any)
		if r.Mode != "managed" || after == nil {
			continue
		}
		for _, name := range []string{"input", "triggers_replace"} {
			out[r.Address+"."+name] = fact{value: after[name], unknown: unknown[name]}
		}
	}
	for name, c := range plan.Outputs {
		out["output."+name] = fact{c.After, c.Unknown, string(plan.Planned.Outputs[name].Type)}
	}
	return out
}

type stateModule struct {
	Resources []struct {
		Address, Mode string
		Values        map[string]any
	} `json:"resources"`
	Children []stateModule `json:"child_modules"`
}

func readState(t testing.TB, text []byte) truth {
	t.Helper()
	var state struct {
		Values struct {
			Outputs map[string]struct {
				Value any             `json:"value"`
				Type  json.RawMessage `json:"type"`
			} `json:"outputs"`
			Root stateModule `json:"root_module"`
		} `json:"values"`
	}
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}
	out := truth{}
	for name, o := range state.Values.Outputs {
		out["output."+name] = fact{value: o.Value, kind: string(o.Type)}
	}
	var walk func(stateModule)
	walk = func(m stateModule) {
		for _, r := range m.Resources {
			if r.Mode == "managed" {
				for _, name := range []string{"input", "triggers_replace"} {
					out[r.Address+"."+name] = fact{value: r.Values[name]}
				}
			}
		}
		for _, c := range m.Children {
			walk(c)
		}
	}
	walk(state.Values.Root)
	return out
}
