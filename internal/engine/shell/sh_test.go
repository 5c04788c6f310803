package shell

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/model"
)

// TestAnySh compares scripts for sh with every shell that may be sh: what is known of
// them holds in each. Behind a name with a + something stays known; of the others some
// value must be unknown.
func TestAnySh(t *testing.T) {
	needOracle(t)
	data, err := os.ReadFile("../../../testdata/shell/sh.txt")
	must(t, err)
	for _, c := range parseCases(t, string(data)) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkAnySh(t, c)
		})
	}
}

func checkAnySh(t *testing.T, c testCase) {
	t.Helper()
	c.files["deploy.sh"] = strings.Replace(c.files["deploy.sh"], "#!/usr/bin/env bash", "#!/bin/sh", 1)
	c.open = true
	b := newBench(t, c)
	got := b.ours(t, c)
	for _, e := range wanted(c, got) {
		t.Error(e)
	}
	if !strings.HasSuffix(c.name, "+") && !somethingUnknown(got) {
		t.Error("nothing is unknown")
	}
	for _, sh := range []string{"dash", "bash --posix", "busybox sh"} {
		if _, err := exec.LookPath(strings.Fields(sh)[0]); err != nil {
			continue // busybox is not everywhere
		}
		real := c
		real.line = sh + " " + c.line
		for _, how := range behavioursFor(c) {
			errs, _ := compare(c, got, b.real(t, real, how))
			for _, e := range errs {
				t.Errorf("%s, when commands print %q and end with %q: %s", sh, how.out, how.rc, e)
			}
		}
	}
}

// somethingUnknown reports whether a value that a command receives is not known.
func somethingUnknown(r model.Result) bool {
	for _, c := range r.Commands {
		for _, a := range c.Args {
			if a.State == model.Unknown {
				return true
			}
		}
		for name, v := range c.Env.All() {
			if !ignored(name) && v.State == model.Unknown {
				return true
			}
		}
	}
	return false
}
