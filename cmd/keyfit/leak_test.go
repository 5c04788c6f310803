package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestKeysAsNames lets scripts hand over a key where a name, a path or an address belongs, and
// looks for it in all that is printed. Each command is an environment of its own.
func TestKeysAsNames(t *testing.T) {
	const key = "sk_live_CANARY0123456789abcdef"
	archive, err := txtar.ParseFile(filepath.Join("..", "..", "testdata", "leak", "names.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	config := "version: 1\nenvironments:\n"
	for _, f := range archive.Files[1:] {
		write(f.Name, string(f.Data))
	}
	commands := strings.Split(strings.TrimSuffix(string(archive.Files[0].Data), "%%\n"), "%%\n")
	if len(commands) < 60 {
		t.Fatalf("only %d commands were found", len(commands))
	}
	for i, command := range commands {
		write(fmt.Sprintf("scripts/%d.sh", i), "K="+key+"\n"+command)
		config += fmt.Sprintf("  e%d: {deploy: [{run: bash scripts/%d.sh}]}\n", i, i)
	}
	write("keyfit.yaml", config)
	for _, args := range []string{
		"resolve", "resolve -v", "resolve --format json", "check --offline", "check --offline -v", "check --offline --format json",
		"check --offline --format markdown", "check --offline --format github",
	} {
		stdout, stderr, _ := run(t, dir, strings.Fields(args)...)
		if len(stdout) < 1000 {
			t.Errorf("keyfit %s prints only %d bytes", args, len(stdout))
		}
		for n, line := range strings.Split(stdout+stderr, "\n") {
			if strings.Contains(line, "CANARY0123") {
				t.Errorf("keyfit %s: line %d of what it prints holds the key", args, n+1)
			}
		}
	}
}

// TestKeysInPipelines has a key stand wherever the pipelines of each CI system name something,
// and looks for it in all that is printed.
func TestKeysInPipelines(t *testing.T) {
	const key = "sk_live_CANARY0123456789abcdef"
	archive, err := txtar.ParseFile(filepath.Join("..", "..", "testdata", "leak", "pipelines.txtar"))
	if err != nil || len(archive.Files) != 7 {
		t.Fatal(len(archive.Files), err)
	}
	for _, f := range archive.Files {
		dir := t.TempDir()
		file := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(f.Data), "KAY", key)), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, args := range []string{
			"resolve -v", "resolve --format json", "check --offline -v", "check --offline --format json", "check --offline --format markdown",
			"check --offline --format github", "init --stdout",
		} {
			stdout, stderr, _ := run(t, dir, strings.Fields(args)...)
			for n, line := range strings.Split(stdout+stderr, "\n") {
				if strings.Contains(line, "CANARY0123") {
					t.Errorf("%s: keyfit %s: line %d of what it prints holds the key", f.Name, args, n+1)
				}
			}
			if !strings.Contains(stderr+stdout, " ") {
				t.Errorf("%s: keyfit %s prints nothing", f.Name, args)
			}
		}
	}
}
