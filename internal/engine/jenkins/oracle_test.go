package jenkins

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// request is what real Groovy is asked; answer is what it says.
type request struct {
	Parse       []string       `json:"parse"`
	Expressions []string       `json:"expressions"`
	Binding     map[string]any `json:"binding"`
	Stub        string         `json:"stub"`
	Runs        []runRequest   `json:"runs"`
}

type answer struct {
	Parsed []string `json:"parsed"`
	Values []struct {
		Kind string `json:"kind"`
		Text string `json:"text"`
	} `json:"values"`
	Runs    []runAnswer `json:"runs"`
	Version string      `json:"version"`
}

// ask starts Groovy once.
func ask(t *testing.T, r request) answer {
	t.Helper()
	groovy, java := need(t, "groovy"), need(t, "java")
	home, err := filepath.EvalSymlinks(java)
	if err != nil {
		t.Fatal(err)
	}
	in, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(groovy, filepath.Join("testdata", "oracle.groovy"))
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" + t.TempDir(), "JAVA_HOME=" + filepath.Dir(filepath.Dir(home))}
	var complaints bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("groovy: %v\n%s", err, complaints.Bytes())
	}
	var a answer
	if err := json.Unmarshal(out, &a); err != nil {
		t.Fatalf("groovy answers something else than JSON: %v\n%s", err, complaints.Bytes())
	}
	return a
}

// need gives the path of a tool. Where the tests run for everyone, a missing one fails
// them; on a desk they go on without it.
func need(t testing.TB, name string) string {
	t.Helper()
	found, err := exec.LookPath(name)
	if err == nil {
		return found
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: run scripts/install/groovy.sh", name)
	}
	t.Skipf("not compared with real Groovy, because %s is missing: run scripts/install/groovy.sh", name)
	return ""
}
