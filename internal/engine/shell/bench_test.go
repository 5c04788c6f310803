package shell

import (
	"os"
	"os/exec"
	"testing"
)

// benchCase is the first of the realistic deploys.
func benchCase(b *testing.B) testCase {
	b.Helper()
	data, err := os.ReadFile("../../../testdata/shell/truth/deploys.txt")
	must(b, err)
	return parseCases(b, string(data))[0]
}

// BenchmarkFollow follows a whole deploy script.
func BenchmarkFollow(b *testing.B) {
	c := benchCase(b)
	dir := newBench(b, c)
	for b.Loop() {
		if got := dir.ours(b, c); len(got.Commands) == 0 {
			b.Fatal("no commands")
		}
	}
}

// BenchmarkBash runs the same script in bash, with external commands that do nothing.
func BenchmarkBash(b *testing.B) {
	needOracle(b)
	c := benchCase(b)
	dir := newBench(b, c)
	dir.reset(b, c, behaviour{})
	for b.Loop() {
		cmd := exec.Command("bash", "-c", c.line)
		cmd.Dir = dir.repo
		for k, v := range baseEnv(dir, c) {
			cmd.Env = append(cmd.Env, k+"="+v)
		}
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkForks follows a script with many conditions that cannot be decided.
func BenchmarkForks(b *testing.B) {
	body := "#!/bin/bash\n"
	for range 100 {
		body += "if curl x; then A=1; else A=2; fi\nB=$B$A\nexport B\n"
	}
	c := testCase{files: map[string]string{"deploy.sh": body + "show\n"}, line: "./deploy.sh"}
	dir := newBench(b, c)
	for b.Loop() {
		dir.ours(b, c)
	}
}
