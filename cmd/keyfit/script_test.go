package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/keyfit/keyfit/internal/canary"
	"github.com/keyfit/keyfit/internal/sandbox"
)

// TestMain makes the real program available to the scripts as the command keyfit,
// with its standard streams under watch for leaked fixture keys.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"keyfit": watchedMain})
}

// watchedMain runs main with standard output and error going through files, and turns
// a leak into an exit code of its own.
func watchedMain() {
	os.Exit(watch(os.Stdout, os.Stderr))
}

// update is set by `go test ./cmd/keyfit -update`: the expected outputs in the scripts
// are rewritten.
var update = os.Getenv("KEYFIT_UPDATE") != ""

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		UpdateScripts:       update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sandbox": startSandbox,
			"expand":  expand,
			"count":   countRequests,
			"user":    changeUser,
			"same":    sameLines,
		},
	})
}

// setUp gives each script an empty environment of its own and, at its end, searches
// every file that the program wrote for leaked keys.
func setUp(env *testscript.Env) error {
	before := map[string]bool{}
	err := eachFile(env.WorkDir, func(p string, _ []byte) { before[p] = true })
	env.Vars = append(env.Vars, "NO_COLOR=1", "KEYFIT_FINGERPRINT_KEY=for-the-tests-only")
	t := env.T()
	env.Defer(func() {
		_ = eachFile(env.WorkDir, func(p string, data []byte) {
			if before[p] || strings.HasSuffix(p, ".revealed") {
				return
			}
			if form := canary.Find(data); form != "" {
				t.Fatal("a fixture key leaked into ", filepath.Base(p), " as ", form)
			}
		})
	})
	return err
}

func eachFile(dir string, f func(p string, data []byte)) error {
	return filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.Contains(p, string(filepath.Separator)+".tmp"+string(filepath.Separator)) {
			return nil
		}
		data, err := os.ReadFile(p)
		if err == nil {
			f(p, data)
		}
		return nil
	})
}

// expand FILE...: replaces ${NAME} by the script's variable in place, for the ports of
// the sandbox. Only names that start with URL_ are touched.
func expand(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		data := ts.ReadFile(name)
		out := os.Expand(data, func(v string) string {
			if strings.HasPrefix(v, "URL_") {
				return ts.Getenv(v)
			}
			return "${" + v + "}"
		})
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(out), 0o644))
	}
}

// sameLines A B: both files have the same lines, in any order.
func sameLines(ts *testscript.TestScript, neg bool, args []string) {
	a, b := strings.Fields(ts.ReadFile(args[0])), strings.Fields(ts.ReadFile(args[1]))
	if (fmt.Sprint(a) == fmt.Sprint(b)) == neg {
		ts.Fatalf("%s and %s: same is %v", args[0], args[1], !neg)
	}
}

var _ = bytes.MinRead
var _ = sandbox.Start
