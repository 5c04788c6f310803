package dotenv

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	composedotenv "github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/docker/cli/pkg/kvfile"
	"github.com/joho/godotenv"
)

// sample is one text with what is set around it.
type sample struct {
	Name string
	Text []byte
	Env  map[string]string
}

// answer is what a real reader makes of a sample.
type answer struct {
	Vars    map[string]string `json:"vars,omitempty"`
	Refused bool              `json:"refused,omitempty"`
}

const (
	oracleDir = "../../../testdata/dotenv"
	toolsDir  = "../../../.tools/dotenv"
)

// need gives the path of a tool. Where the tests run for everyone, a missing one fails
// them; on a desk they go on without it.
func need(t testing.TB, path string) string {
	t.Helper()
	found, err := exec.LookPath(path)
	if err == nil {
		return found
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: run scripts/install/dotenv.sh", filepath.Base(path))
	}
	t.Skipf("not compared with the real reader, because %s is missing: run scripts/install/dotenv.sh", filepath.Base(path))
	return ""
}

// askScript hands the samples to a script in another language.
func askScript(t testing.TB, samples []sample, command string, args ...string) []map[string]answer {
	t.Helper()
	type request struct {
		Text string            `json:"text"`
		Env  map[string]string `json:"env"`
	}
	requests := make([]request, len(samples))
	for i, s := range samples {
		requests[i] = request{base64.StdEncoding.EncodeToString(s.Text), s.Env}
	}
	in, err := json.Marshal(requests)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(command, args...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LANG=C.UTF-8"}
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(command), err)
	}
	var answers []map[string]answer
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatalf("%s answers something else than JSON: %v", filepath.Base(command), err)
	}
	return answers
}

func askNPM(t testing.TB, samples []sample) []map[string]answer {
	return askScript(t, samples, need(t, "node"), filepath.Join(oracleDir, "oracle.js"), "npm", installed(t))
}

// installed gives the directory of the packages from npm.
func installed(t testing.TB) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(toolsDir, "node_modules", "dotenv")); err != nil {
		need(t, filepath.Join(toolsDir, "node_modules", "dotenv"))
	}
	dir, err := filepath.Abs(toolsDir)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func askNode(t testing.TB, samples []sample, version string) []map[string]answer {
	return askScript(t, samples, need(t, filepath.Join(toolsDir, "node_modules", version, "bin", "node")), filepath.Join(oracleDir, "oracle.js"), "parse-env")
}

func askPython(t testing.TB, samples []sample) []map[string]answer {
	python := need(t, "/usr/bin/python3")
	if exec.Command(python, "-c", "import dotenv").Run() != nil {
		need(t, "python3-dotenv")
	}
	return askScript(t, samples, python, filepath.Join(oracleDir, "oracle.py"))
}

// askBash sources every sample that skip does not name. An answer is missing where the
// shell gave up.
func askBash(t testing.TB, samples []sample, skip func(int) bool) []map[string]answer {
	t.Helper()
	bash := need(t, "/bin/bash")
	dir := t.TempDir()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range samples {
		if skip(i) {
			continue
		}
		var env bytes.Buffer
		for name, value := range s.Env {
			fmt.Fprintf(&env, "%s=%s\x00", name, value)
		}
		write(fmt.Sprintf("%d.src", i), s.Text)
		write(fmt.Sprintf("%d.env", i), env.Bytes())
	}
	script, err := filepath.Abs(filepath.Join(oracleDir, "oracle.sh"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bash, script, dir)
	cmd.Env = []string{"LANG=C.UTF-8"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("bash: %v: %d bytes of output", err, len(out))
	}
	answers := make([]map[string]answer, len(samples))
	for i := range samples {
		out, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.out", i)))
		if err != nil {
			answers[i] = map[string]answer{"bash": {Refused: true}}
			continue
		}
		answers[i] = map[string]answer{"bash": {Vars: bashVars(out)}}
	}
	return answers
}

// bashVars reads the output of env -0, without what bash sets by itself.
func bashVars(out []byte) map[string]string {
	vars := map[string]string{}
	for _, pair := range strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		name, value, _ := strings.Cut(pair, "=")
		switch name {
		case "", "PWD", "OLDPWD", "SHLVL", "_", "LANG":
			continue
		}
		vars[name] = value
	}
	return vars
}

// askGo asks the readers that are written in Go.
func askGo(samples []sample) []map[string]answer {
	answers := make([]map[string]answer, len(samples))
	for i, s := range samples {
		lookup := func(name string) (string, bool) { v, ok := s.Env[name]; return v, ok }
		answers[i] = map[string]answer{
			"godotenv": goAnswer(godotenv.UnmarshalBytes(s.Text)),
			"compose":  goAnswer(composedotenv.ParseWithLookup(bytes.NewReader(s.Text), lookup)),
			"docker":   dockerAnswer(kvfile.ParseFromReader(bytes.NewReader(s.Text), lookup)),
		}
	}
	return answers
}

func goAnswer(vars map[string]string, err error) answer {
	if err != nil {
		return answer{Refused: true}
	}
	return answer{Vars: vars}
}

func dockerAnswer(lines []string, err error) answer {
	vars := map[string]string{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, "=")
		vars[name] = value
	}
	return goAnswer(vars, err)
}
