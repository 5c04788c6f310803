package ci

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
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

	"github.com/google/go-cmp/cmp"
)

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

// fake is a program that records its arguments, each on a line of its own, and what it
// was told to answer.
const fake = `#!/bin/sh
for a in "$@"; do printf '<%s>\n' "$a"; done >"$RUNNER_TEMP/arguments"
printf '%s' "$KEYFIT_MASK" >"$RUNNER_TEMP/mask"
[ -n "$FAKE_SILENT" ] || printf 'result=failed\nfindings=2\nreport-path=somewhere\n' >>"$GITHUB_OUTPUT"
for a in "$@"; do case $a in sarif=*) [ -n "$FAKE_SILENT" ] || echo '{}' >"${a#sarif=}" ;; esac; done
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

// release serves the archive of this system on loopback and gives the line of its checksum.
func release(t *testing.T, version string, content []byte) (base, line string, requests *int) {
	t.Helper()
	return serve(t, version, archiveName(version), content)
}

func serve(t *testing.T, version, name string, content []byte) (base, line string, requests *int) {
	t.Helper()
	requests = new(int)
	mux := http.NewServeMux()
	mux.HandleFunc("/v"+version+"/"+name, func(w http.ResponseWriter, _ *http.Request) {
		*requests++
		_, _ = w.Write(content)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	sum := sha256.Sum256(content)
	return server.URL, hex.EncodeToString(sum[:]) + "  " + name + "\n", requests
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
	want := map[string]string{
		"result": "failed", "findings": "2", "report-path": "somewhere", "sarif-path": "", "binary-path": filepath.Join(res.path, "keyfit"),
	}
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
		"offline": "true", "fail-on": "warning", "on-unverified": "warn", "on-nothing": "warn", "output": "out dir/r.json", "ca-file": "ca.pem",
		"args": "--timeout 5s\n-v", "mask": "false", "sarif": "keyfit.sarif", "junit": "/tmp/x y.xml", "html": "page.html",
	}
	res := j.run()
	if res.code != 0 || res.outputs["sarif-path"] != filepath.Join(j.workspace, "keyfit.sarif") {
		t.Fatalf("exit code %d, outputs %v:\n%s", res.code, res.outputs, res.log)
	}
	want := []string{
		"check", "--format", "github", "--output", "json=" + filepath.Join(j.workspace, "out dir/r.json"), "--output", "junit=/tmp/x y.xml",
		"--output", "html=" + filepath.Join(j.workspace, "page.html"), "--output", "sarif=" + filepath.Join(j.workspace, "keyfit.sarif"), "-C", "sub dir",
		"--config", "my keyfit.yaml", "--fail-on", "warning", "--on-unverified", "warn", "--on-nothing", "warn", "--ca-file", "ca.pem", "--offline",
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
	names := []string{"environment", "config", "working-directory", "fail-on", "on-unverified", "on-nothing", "ca-file", "args"}
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
	for _, name := range []string{"version", "offline", "output", "sarif", "junit", "html"} {
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
	j.inputs["sarif"] = "keyfit.sarif"
	if res := j.run(); res.code != 2 || res.outputs["result"] != "error" || res.outputs["sarif-path"] != "" {
		t.Errorf("a program that could not start gives %d and %v", res.code, res.outputs)
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
