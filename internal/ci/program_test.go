package ci

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// scratch is a directory for the whole run of the tests.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "keyfit-ci")
	if err != nil {
		panic(err)
	}
	scratch = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

var buildOnce = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "bin", "keyfit")
	out, err := exec.Command("go", "build", "-o", path, "../../cmd/keyfit").CombinedOutput()
	return string(out), err
})

// program is the real keyfit, built once.
func program(t *testing.T) string {
	t.Helper()
	if out, err := buildOnce(); err != nil {
		t.Fatalf("keyfit cannot be built: %v\n%s", err, out)
	}
	return filepath.Join(scratch, "bin", "keyfit")
}

// need finds a tool on the PATH or in .tools/bin. Where the tests run for everyone, a missing one
// fails them.
func need(t *testing.T, name, installer string) string {
	t.Helper()
	own, err := filepath.Abs(filepath.Join(root, ".tools", "bin", name))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(own); err == nil && info.Mode().IsRegular() {
		return own
	}
	if found, err := exec.LookPath(name); err == nil {
		return found
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: run scripts/install/%s", name, installer)
	}
	t.Skipf("notice: %s is missing: run scripts/install/%s", name, installer)
	return ""
}

// started is what a program came to.
type started struct {
	code           int
	stdout, stderr string
}

// start runs a program in dir with nothing in its environment but env, and no way out: every
// proxy is a closed port on loopback.
func start(t *testing.T, dir string, env []string, name string, args ...string) started {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "HTTPS_PROXY=http://127.0.0.1:9", "HTTP_PROXY=http://127.0.0.1:9",
	}, env...)
	var out, complaints strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return started{cmd.ProcessState.ExitCode(), out.String(), complaints.String()}
}

// layOut writes files into a directory.
func layOut(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}
