package ci

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

// TestActionInterpolatesNothing: no text of a user's becomes part of a command line.
func TestActionInterpolatesNothing(t *testing.T) {
	a := readAction(t)
	if a.Runs.Using != "composite" || len(a.Runs.Steps) == 0 {
		t.Fatalf("runs.using is %q with %d steps", a.Runs.Using, len(a.Runs.Steps))
	}
	for _, s := range a.Runs.Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("step %s has an expression in its command line", s.ID)
		}
		if s.Shell != "bash" || s.Uses != "" {
			t.Errorf("step %s is not a bash step", s.ID)
		}
	}
	used := fmt.Sprint(a.Runs.Steps)
	for name, in := range a.Inputs {
		if in.Required || in.Default != "" && name != "mask" {
			t.Errorf("input %s: defaults belong into the program", name)
		}
		if !strings.Contains(used, "inputs."+name+" ") {
			t.Errorf("input %s is used by no step", name)
		}
	}
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
			"GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_ACTION_PATH": j.dir, "GITHUB_WORKSPACE": j.workspace,
			"GITHUB_OUTPUT": output, "GITHUB_PATH": pathFile, "GITHUB_STEP_SUMMARY": filepath.Join(j.temp, "summary"), "GITHUB_ENV": filepath.Join(j.temp, "env"),
			"RUNNER_TEMP": j.temp, "RUNNER_OS": runnerOS(), "RUNNER_ARCH": runnerArch(),
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
	for line := range strings.Lines(read(t, path)) {
		line = strings.TrimSuffix(line, "\n")
		if name, value, ok := strings.Cut(line, "="); ok && !strings.Contains(name, "<<") && !slices.ContainsFunc(rest, func(s string) bool { return strings.Contains(s, "<<") }) {
			out[name] = value
			continue
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

// fake is a program that records its arguments, each on a line of its own, and what it
// was told to answer.
const fake = `#!/bin/sh
for a in "$@"; do printf '<%s>\n' "$a"; done >"$RUNNER_TEMP/arguments"
printf '%s' "$KEYFIT_MASK" >"$RUNNER_TEMP/mask"
[ -n "$FAKE_SILENT" ] || printf 'result=failed\nfindings=2\nreport-path=somewhere\n' >>"$GITHUB_OUTPUT"
exit "${FAKE_CODE:-0}"
`

func archive(t *testing.T, members map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	for name, text := range members {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func archiveName(version string) string {
	return fmt.Sprintf("keyfit_%s_%s_%s.tar.gz", version, runtime.GOOS, runtime.GOARCH)
}

// release serves one archive on loopback and gives the line of its checksum.
func release(t *testing.T, version string, content []byte) (base, line string, requests *int) {
	t.Helper()
	requests = new(int)
	mux := http.NewServeMux()
	mux.HandleFunc("/v"+version+"/"+archiveName(version), func(w http.ResponseWriter, _ *http.Request) {
		*requests++
		_, _ = w.Write(content)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	sum := sha256.Sum256(content)
	return server.URL, hex.EncodeToString(sum[:]) + "  " + archiveName(version) + "\n", requests
}

// installed is a job whose release holds the fake program.
func installed(t *testing.T) *job {
	t.Helper()
	content := archive(t, map[string]string{"keyfit": fake, "LICENSE": "text"})
	base, line, _ := release(t, "1.2.3", content)
	j := newJob(t, "# a comment\n"+strings.Replace(line, "1.2.3", "1.2.2", 1)+line)
	j.env["KEYFIT_TEST_DOWNLOAD_BASE"] = base
	return j
}

func (j *job) arguments() []string {
	j.t.Helper()
	raw, err := os.ReadFile(filepath.Join(j.temp, "arguments"))
	if err != nil {
		j.t.Fatalf("the program was not started: %v", err)
	}
	var list []string
	for a := range strings.SplitSeq(strings.TrimSuffix(string(raw), ">\n"), ">\n") {
		list = append(list, strings.TrimPrefix(a, "<"))
	}
	return list
}

func TestActionDefaults(t *testing.T) {
	j := installed(t)
	res := j.run()
	if res.code != 0 {
		t.Fatalf("exit code %d:\n%s", res.code, res.log)
	}
	got := j.arguments()
	if len(got) != 5 || !strings.HasPrefix(got[4], "json="+j.temp) {
		t.Fatalf("arguments %q", got)
	}
	if diff := cmp.Diff([]string{"check", "--format", "github", "--output"}, got[:4]); diff != "" {
		t.Error(diff)
	}
	want := map[string]string{"result": "failed", "findings": "2", "report-path": "somewhere", "binary-path": filepath.Join(res.path, "keyfit")}
	if diff := cmp.Diff(want, res.outputs); diff != "" {
		t.Error(diff)
	}
	if mask := read(t, filepath.Join(j.temp, "mask")); mask != "true" {
		t.Errorf("KEYFIT_MASK is %q", mask)
	}
}

func TestActionInputs(t *testing.T) {
	j := installed(t)
	j.inputs = map[string]string{
		"version": "v1.2.3", "environment": "staging, production\nqa", "config": "my keyfit.yaml", "working-directory": "sub dir",
		"offline": "true", "fail-on": "warning", "on-unverified": "warn", "output": "out dir/r.json", "ca-file": "ca.pem",
		"args": "--timeout 5s\n-v", "mask": "false",
	}
	if res := j.run(); res.code != 0 {
		t.Fatalf("exit code %d:\n%s", res.code, res.log)
	}
	want := []string{
		"check", "--format", "github", "--output", "json=" + filepath.Join(j.workspace, "out dir/r.json"), "-C", "sub dir",
		"--config", "my keyfit.yaml", "--fail-on", "warning", "--on-unverified", "warn", "--ca-file", "ca.pem", "--offline",
		"-e", "staging", "-e", "production", "-e", "qa", "--timeout", "5s", "-v",
	}
	if diff := cmp.Diff(want, j.arguments()); diff != "" {
		t.Error(diff)
	}
	if mask := read(t, filepath.Join(j.temp, "mask")); mask != "false" {
		t.Errorf("KEYFIT_MASK is %q", mask)
	}
}

// TestActionHostileInputs: whatever an input holds, it is an argument and nothing more.
func TestActionHostileInputs(t *testing.T) {
	hostile := []string{`"; touch pwned #`, "$(touch pwned)", "`touch pwned`", "'; touch pwned; '", "*", "-e", "a\nb", "::error::x", "${HOME}", "\\"}
	names := []string{"environment", "config", "working-directory", "fail-on", "on-unverified", "ca-file", "args"}
	j := installed(t)
	j.write(filepath.Join(j.workspace, "globbed"), "")
	for _, text := range hostile {
		j.inputs = map[string]string{}
		for _, name := range names {
			j.inputs[name] = text
		}
		if res := j.run(); res.code != 0 {
			t.Errorf("%q: exit code %d:\n%s", text, res.code, res.log)
			continue
		}
		got := j.arguments()
		if !slices.Contains(got, text) && !strings.Contains(text, "\n") {
			t.Errorf("%q did not arrive whole: %q", text, got)
		}
		if slices.Contains(got, "globbed") {
			t.Errorf("%q was expanded: %q", text, got)
		}
	}
	for _, name := range []string{"version", "offline", "output"} {
		for _, text := range hostile {
			j.inputs = map[string]string{name: text}
			j.run()
		}
	}
	for _, dir := range []string{j.workspace, j.temp, j.dir, "."} {
		if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
			t.Errorf("an input was run as a command, in %s", filepath.Base(dir))
		}
	}
}

func TestActionExitCodes(t *testing.T) {
	for _, code := range []string{"1", "3", "4"} {
		j := installed(t)
		j.env["FAKE_CODE"] = code
		res := j.run()
		if fmt.Sprint(res.code) != code || res.outputs["result"] != "failed" {
			t.Errorf("the program ends with %s, the step with %d and result %q", code, res.code, res.outputs["result"])
		}
	}
	j := installed(t)
	j.env["FAKE_CODE"], j.env["FAKE_SILENT"] = "2", "yes"
	if res := j.run(); res.code != 2 || res.outputs["result"] != "error" {
		t.Errorf("a program that could not start gives %d and %q", res.code, res.outputs["result"])
	}
	j = installed(t)
	j.inputs["offline"] = "yes"
	if res := j.run(); res.code != 2 || res.outputs["result"] != "error" || !strings.Contains(res.log, `the input "offline" is "yes", expected true or false`) {
		t.Errorf("a wrong switch gives %d, %q:\n%s", res.code, res.outputs["result"], res.log)
	}
}

func TestActionInstallOnly(t *testing.T) {
	j := installed(t)
	j.inputs["install-only"] = "true"
	res := j.run()
	if res.code != 0 || res.path == "" || res.outputs["result"] != "" {
		t.Fatalf("%+v", res)
	}
	if _, err := os.Stat(filepath.Join(j.temp, "arguments")); err == nil {
		t.Error("it was started")
	}
}

// TestActionChecksum: what does not have the known checksum is deleted and never runs.
func TestActionChecksum(t *testing.T) {
	content := archive(t, map[string]string{"keyfit": fake})
	base, line, requests := release(t, "1.2.3", content)
	other := sha256.Sum256([]byte("other"))
	j := newJob(t, strings.Replace(line, line[:64], hex.EncodeToString(other[:]), 1))
	j.env["KEYFIT_TEST_DOWNLOAD_BASE"] = base
	res := j.run()
	if res.code != 2 || !strings.Contains(res.log, "has the wrong checksum") {
		t.Errorf("exit code %d:\n%s", res.code, res.log)
	}
	if *requests != 1 {
		t.Errorf("%d requests", *requests)
	}
	if _, err := os.Stat(filepath.Join(j.temp, "arguments")); err == nil {
		t.Error("it was started")
	}
	left, err := filepath.Glob(filepath.Join(j.temp, "keyfit.*", "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestActionRefusesUnknownReleases(t *testing.T) {
	content := archive(t, map[string]string{"keyfit": fake})
	base, line, requests := release(t, "1.2.3", content)
	for _, tt := range []struct{ version, table, want string }{
		{"", "# none yet\n", "belongs to no release: use the action at a released tag"},
		{"1.2.4", line, "no checksum of " + archiveName("1.2.4")},
		{"1.2.3", "nothex  " + archiveName("1.2.3") + "\n", "no checksum of"},
		{"latest", line, `"latest" is not a release, expected one such as 1.2.3`},
		{"1.2", line, "is not a release"},
		{"../1.2.3", line, "is not a release"},
		{"1.2.3\n1.2.3", line, "is not a release"},
		{"1.2.3/../../x", line, "is not a release"},
		{"--help", line, "is not a release"},
	} {
		j := newJob(t, tt.table)
		j.env["KEYFIT_TEST_DOWNLOAD_BASE"] = base
		j.inputs["version"] = tt.version
		res := j.run()
		if res.code != 2 || !strings.Contains(res.log, tt.want) || !strings.HasPrefix(res.log, "::error title=keyfit::") {
			t.Errorf("version %q: exit code %d, want %q:\n%s", tt.version, res.code, tt.want, res.log)
		}
	}
	if *requests != 0 {
		t.Errorf("%d downloads without a checksum", *requests)
	}
}

func TestActionRefusesOtherSystems(t *testing.T) {
	for name, text := range map[string]string{"RUNNER_OS": "Plan9", "RUNNER_ARCH": "X86"} {
		j := installed(t)
		j.env[name] = text
		if res := j.run(); res.code != 2 || !strings.Contains(res.log, "there is no keyfit for the") {
			t.Errorf("%s=%s: exit code %d:\n%s", name, text, res.code, res.log)
		}
	}
}

// TestActionDownloadBase: nothing but a server on loopback can take GitHub's place.
func TestActionDownloadBase(t *testing.T) {
	script := `. "$1/lib.sh"; eval "$(sed -n '/^releases=/p;/^download_base()/,/^}/p' "$1/install.sh")"; download_base`
	for base, want := range map[string]string{
		"":                                 "https://github.com/keyfit/keyfit/releases/download",
		"https://evil.example":             "https://github.com/keyfit/keyfit/releases/download",
		"http://127.0.0.1:80@evil.example": "https://github.com/keyfit/keyfit/releases/download",
		"http://127.0.0.1:80.evil.example": "https://github.com/keyfit/keyfit/releases/download",
		"http://127.0.0.1:80\nhttp://evil": "https://github.com/keyfit/keyfit/releases/download",
		"http://localhost:80":              "https://github.com/keyfit/keyfit/releases/download",
		"http://127.0.0.1:8080":            "http://127.0.0.1:8080",
	} {
		cmd := exec.Command("bash", "-euo", "pipefail", "-c", script, "bash", filepath.Join(root, "scripts", "action"))
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "KEYFIT_TEST_DOWNLOAD_BASE=" + base}
		out, err := cmd.CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("%q gives %q, %v", base, out, err)
		}
	}
}

// TestActionTable: the table that is checked in holds nothing but checksums of archives.
func TestActionTable(t *testing.T) {
	line := regexp.MustCompile(`\A[0-9a-f]{64}  keyfit_\d+\.\d+\.\d+[-.0-9A-Za-z]*_(linux|darwin|windows)_(amd64|arm64)\.tar\.gz\z`)
	for l := range strings.Lines(read(t, filepath.Join(root, "scripts", "action", "checksums.txt"))) {
		l = strings.TrimSuffix(l, "\n")
		if l != "" && !strings.HasPrefix(l, "#") && !line.MatchString(l) {
			t.Errorf("not a checksum: %q", l)
		}
	}
}
