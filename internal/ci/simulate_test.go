package ci

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// action is action.yml, as far as a runner of composite actions reads it.
type action struct {
	Inputs map[string]struct {
		Default  string `yaml:"default"`
		Required bool   `yaml:"required"`
	} `yaml:"inputs"`
	Outputs map[string]struct {
		Value string `yaml:"value"`
	} `yaml:"outputs"`
	Runs struct {
		Using string `yaml:"using"`
		Steps []step `yaml:"steps"`
	} `yaml:"runs"`
}

type step struct {
	ID    string            `yaml:"id"`
	If    string            `yaml:"if"`
	Shell string            `yaml:"shell"`
	Run   string            `yaml:"run"`
	Uses  string            `yaml:"uses"`
	Env   map[string]string `yaml:"env"`
}

var root = filepath.Join("..", "..")

func readAction(t *testing.T) action {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// job is a runner in a temporary directory, for one use of the action.
type job struct {
	t         *testing.T
	action    action
	dir       string // the action's own checkout
	workspace string
	temp      string
	env       map[string]string // of the job
	inputs    map[string]string
	drive     string // what the paths of a Windows runner call D:, "" on others
}

// native is a path as the runner names it.
func (j *job) native(path string) string {
	rest, ok := strings.CutPrefix(path, j.drive)
	if j.drive == "" || !ok {
		return path
	}
	return "D:" + strings.ReplaceAll(rest, "/", `\`)
}

// newJob lays out a runner with a copy of the action's scripts, and a table of checksums.
func newJob(t *testing.T, table string) *job {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("notice: this test simulates a Unix runner; the scripts themselves run on Windows in the project's workflow")
	}
	base := t.TempDir()
	j := &job{
		t: t, action: readAction(t), dir: filepath.Join(base, "_actions", "keyfit"), workspace: filepath.Join(base, "work"),
		temp: filepath.Join(base, "temp"), inputs: map[string]string{}, env: map[string]string{},
	}
	for _, dir := range []string{filepath.Join(j.dir, "scripts", "action"), j.workspace, j.temp} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"lib.sh", "install.sh", "run.sh"} {
		raw, err := os.ReadFile(filepath.Join(root, "scripts", "action", name))
		if err != nil {
			t.Fatal(err)
		}
		j.write(filepath.Join(j.dir, "scripts", "action", name), string(raw))
	}
	j.write(filepath.Join(j.dir, "scripts", "action", "checksums.txt"), table)
	return j
}

func (j *job) write(path, text string) {
	j.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		j.t.Fatal(err)
	}
}

// result is what a use of the action came to.
type result struct {
	code    int
	log     string
	outputs map[string]string
	path    string // what was added to PATH
}

// run goes through the steps of action.yml as the runner does.
func (j *job) run() result {
	j.t.Helper()
	res := result{outputs: map[string]string{}}
	steps := map[string]map[string]string{}
	expand := func(text string) string { return j.expand(text, steps) }
	pathFile := filepath.Join(j.temp, "path")
	j.write(pathFile, "")
	for i, s := range j.action.Runs.Steps {
		if s.If != "" && expand(s.If) != "true" {
			continue
		}
		output := filepath.Join(j.temp, fmt.Sprintf("output-%d", i))
		j.write(output, "")
		env := map[string]string{
			"PATH": os.Getenv("PATH"), "HOME": j.temp, "GOCACHE": os.Getenv("GOCACHE"), "GOMODCACHE": goEnv(j.t, "GOMODCACHE"),
			"GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_ACTION_PATH": j.dir, "GITHUB_WORKSPACE": j.native(j.workspace),
			"GITHUB_OUTPUT": j.native(output), "GITHUB_PATH": j.native(pathFile), "GITHUB_STEP_SUMMARY": filepath.Join(j.temp, "summary"), "GITHUB_ENV": filepath.Join(j.temp, "env"),
			"RUNNER_TEMP": j.native(j.temp), "RUNNER_OS": runnerOS(), "RUNNER_ARCH": runnerArch(),
		}
		if env["GOCACHE"] == "" {
			env["GOCACHE"] = goEnv(j.t, "GOCACHE")
		}
		j.write(env["GITHUB_STEP_SUMMARY"], "")
		for name, text := range j.env {
			env[name] = text
		}
		for name, text := range s.Env {
			env[name] = expand(text)
		}
		var log string
		res.code, log = j.bash(s.Run, env)
		res.log += log
		steps[s.ID] = stepOutputs(j.t, output)
		if res.code != 0 {
			break
		}
	}
	for name, out := range j.action.Outputs {
		res.outputs[name] = expand(out.Value)
	}
	raw, err := os.ReadFile(pathFile)
	if err != nil {
		j.t.Fatal(err)
	}
	res.path = strings.TrimSpace(string(raw))
	return res
}

func (j *job) bash(script string, env map[string]string) (int, string) {
	j.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	cmd.Dir = j.workspace
	for name, text := range env {
		cmd.Env = append(cmd.Env, name+"="+text)
	}
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		j.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), asShown(string(out))
}

// asShown gives the log as the runner shows it: a line that asks for a mask is
// swallowed, and from there on what it named is blotted out.
func asShown(log string) string {
	var shown strings.Builder
	var masks []string
	for line := range strings.Lines(log) {
		if mask, ok := strings.CutPrefix(strings.TrimSpace(line), "::add-mask::"); ok {
			masks = append(masks, unescape(mask))
			continue
		}
		for _, mask := range masks {
			line = strings.ReplaceAll(line, mask, "***")
		}
		shown.WriteString(line)
	}
	return shown.String()
}

var (
	expression = regexp.MustCompile(`\$\{\{ *([^}]+?) *\}\}`)
	reference  = regexp.MustCompile(`\A(inputs|steps)\.([a-z-]+)(?:\.outputs\.([a-z-]+))?\z`)
)

// expand knows the few expressions that action.yml may use; any other fails the test.
func (j *job) expand(text string, steps map[string]map[string]string) string {
	return expression.ReplaceAllStringFunc(text, func(m string) string {
		e := expression.FindStringSubmatch(m)[1]
		if left, right, ok := strings.Cut(e, " != "); ok {
			return fmt.Sprint(j.expand("${{ "+left+" }}", steps) != strings.Trim(right, "'"))
		}
		ref := reference.FindStringSubmatch(e)
		if ref == nil {
			j.t.Fatalf("unexpected expression %q", e)
		}
		if ref[1] == "steps" {
			return steps[ref[2]][ref[3]]
		}
		in, ok := j.action.Inputs[ref[2]]
		if !ok {
			j.t.Fatalf("there is no input %q", ref[2])
		}
		if given, ok := j.inputs[ref[2]]; ok {
			return given
		}
		return in.Default
	})
}

// stepOutputs reads a file of outputs in both of its forms.
func stepOutputs(t *testing.T, path string) map[string]string {
	t.Helper()
	out := map[string]string{}
	var rest []string
	end := ""
	for line := range strings.Lines(read(t, path)) {
		line = strings.TrimSuffix(line, "\n")
		name, value, plain := strings.Cut(line, "=")
		switch _, delimiter, block := strings.Cut(line, "<<"); {
		case end == "" && plain && !strings.Contains(name, "<<"):
			out[name] = value
			continue
		case end == "" && block:
			end = delimiter
		case line == end:
			end = ""
		}
		rest = append(rest, line)
	}
	for name, value := range outputs(t, strings.Join(rest, "\n")) {
		out[name] = value
	}
	return out
}

func runnerOS() string {
	return map[string]string{"linux": "Linux", "darwin": "macOS"}[runtime.GOOS]
}

func runnerArch() string {
	return map[string]string{"amd64": "X64", "arm64": "ARM64"}[runtime.GOARCH]
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
