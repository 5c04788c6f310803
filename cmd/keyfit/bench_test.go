package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// build compiles the program once for the benchmarks of whole processes.
func build(b testing.TB) string {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "keyfit")
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return binary
}

func process(b *testing.B, dir string, want int, args ...string) {
	binary := build(b)
	b.ResetTimer()
	for b.Loop() {
		cmd := exec.Command(binary, args...)
		cmd.Dir, cmd.Env = dir, []string{"LANG=C.UTF-8"}
		_ = cmd.Run()
		if got := cmd.ProcessState.ExitCode(); got != want {
			b.Fatalf("exit %d, want %d", got, want)
		}
	}
}

// BenchmarkStartUp is the whole process of `keyfit version`.
func BenchmarkStartUp(b *testing.B) { process(b, b.TempDir(), 0, "version") }

// BenchmarkNothing is the whole process of a program that does nothing: what the
// operating system itself costs, to hold the others against.
func BenchmarkNothing(b *testing.B) {
	for b.Loop() {
		if err := exec.Command("true").Run(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCheckOffline is the whole process of a check of one example.
func BenchmarkCheckOffline(b *testing.B) {
	dir := b.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "examples", "jenkins-override", "failing"))); err != nil {
		b.Fatal(err)
	}
	process(b, dir, 3, "check", "--offline")
}
