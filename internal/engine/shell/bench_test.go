package shell

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/repo"
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
	b.ReportAllocs()
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

// BenchmarkRatio follows a script of a hundred lines, runs it in bash with the same
// commands, and tells how many times longer bash takes.
func BenchmarkRatio(b *testing.B) {
	needOracle(b)
	data, err := os.ReadFile("../../../testdata/shell/deploys/whole.txt")
	must(b, err)
	c := parseCases(b, string(data))[0]
	dir := newBench(b, c)
	dir.reset(b, c, behaviour{})
	step := dir.step(b, c)
	var ours, real time.Duration
	for b.Loop() {
		start := time.Now()
		step.Files = repo.NewOverlay(step.Files.Tree())
		out, err := Run(b.Context(), step)
		must(b, err)
		ours += time.Since(start)
		if len(out.Commands) == 0 {
			b.Fatal("no commands")
		}
		start = time.Now()
		cmd := exec.Command("bash", "-c", c.line)
		cmd.Dir = dir.repo
		for k, v := range baseEnv(dir, c) {
			cmd.Env = append(cmd.Env, k+"="+v)
		}
		must(b, cmd.Run())
		real += time.Since(start)
	}
	b.ReportMetric(float64(real)/float64(max(ours, 1)), "bash/keyfit")
	b.ReportMetric(float64(ours.Microseconds())/float64(b.N), "µs-keyfit/op")
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

// BenchmarkHoles follows a script of three hundred lines with sixty pasted values, half of
// which are known.
func BenchmarkHoles(b *testing.B) {
	var script strings.Builder
	for i := range 60 {
		hole := string(DefaultHole + rune(i))
		fmt.Fprintf(&script, "export KEY_%d=%s\nif [ -n \"$KEY_%d\" ]; then echo \"K%d=%s\" >> \"$GITHUB_ENV\"; fi\ncat <<EOF > values-%d.yaml\nkey: %s\nEOF\n", i, hole, i, i, hole, i, hole)
	}
	script.WriteString("helm upgrade shop ./chart -f values-1.yaml\n")
	in := withHoles(b, script.String())
	for i := range 60 {
		if in.Holes = append(in.Holes, secretHole("S")); i%2 == 0 {
			in.Holes[i] = knownHole("CANARY-v1")
		}
	}
	in.Channels, in.Elsewhere = []string{"GITHUB_ENV"}, true
	tree := in.Files.Tree()
	b.ReportAllocs()
	for b.Loop() {
		in.Files = repo.NewOverlay(tree)
		if out := follow(b, in); len(out.Commands) != 1 || len(out.Channels["GITHUB_ENV"].Parts) < 100 {
			b.Fatalf("%d commands, %d parts", len(out.Commands), len(out.Channels["GITHUB_ENV"].Parts))
		}
	}
}
