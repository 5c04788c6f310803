package shell

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/model"
)

// TestTruth replays every case of testdata/shell/truth in the real shells.
func TestTruth(t *testing.T) {
	needOracle(t)
	paths, err := filepath.Glob("../../../testdata/shell/truth/*.txt")
	must(t, err)
	if len(paths) == 0 {
		t.Fatal("no cases")
	}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		must(t, err)
		topic := strings.TrimSuffix(filepath.Base(p), ".txt")
		for _, c := range parseCases(t, string(data)) {
			t.Run(topic+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				checkTruth(t, c)
			})
		}
	}
}

// checkTruth compares a case with the real shell, and gives what keyfit says of it.
func checkTruth(t *testing.T, c testCase) model.Result {
	t.Helper()
	needYq(t, c)
	b := newBench(t, c)
	got := b.ours(t, c)
	for _, p := range got.Problems {
		if p.Message == ownMistake {
			t.Error("a panic")
		}
	}
	for _, e := range wanted(c, got) {
		t.Error(e)
	}
	unknown := 0
	for _, how := range behavioursFor(c) {
		errs, n := compare(c, got, b.real(t, c, how))
		unknown += n
		for _, e := range errs {
			t.Errorf("when commands print %q and end with %q: %s", how.out, how.rc, e)
		}
		if !c.open {
			break
		}
	}
	if unknown > 0 && !c.open {
		t.Errorf("%d values are unknown, all of which should be known%s", unknown, unknownNames(got))
	}
	return got
}

// behavioursFor takes a few behaviours for each case, others for the next one; a longer
// run takes all of them.
func behavioursFor(c testCase) []behaviour {
	all := behaviours()
	if fromEnv("KEYFIT_SCRIPTS", 0) > 0 {
		return all
	}
	n := len(c.name) + len(c.files["deploy.sh"])
	return []behaviour{all[0], all[1+n%6], all[1+(n+3)%6]}
}

// wanted checks the lines of the section "want": consumer, variable, state and value.
func wanted(c testCase, got model.Result) (errs []string) {
	for _, l := range strings.Split(strings.TrimSpace(c.want), "\n") {
		f := strings.SplitN(l, " ", 4)
		if len(f) < 3 {
			continue
		}
		var env *model.Env
		for _, k := range got.Consumers {
			if k.Workload == f[0] {
				env = &k.Env
			}
		}
		if env == nil {
			errs = append(errs, "no consumer "+f[0])
			continue
		}
		v := env.Get(f[1])
		say := v.State.String()
		switch v.State {
		case model.Known:
			say += " " + v.Text.Reveal()
		case model.Unknown:
			say += " " + string(v.Why)
		}
		if want := strings.Join(f[2:], " "); say != want {
			errs = append(errs, f[0]+" "+f[1]+" is "+say+", wanted "+want)
		}
	}
	return errs
}

func unknownNames(r model.Result) string {
	var b strings.Builder
	for _, c := range r.Commands {
		for i, a := range c.Args {
			if a.State == model.Unknown {
				b.WriteString("\n argument of " + describe(c) + ": " + string(a.Why) + ", " + a.Needs)
				_ = i
			}
		}
		for n, v := range c.Env.All() {
			if v.State == model.Unknown && !ignored(n) {
				b.WriteString("\n " + n + ": " + string(v.Why) + ", " + v.Needs)
			}
		}
	}
	for n, v := range r.Env.All() {
		if v.State == model.Unknown && !ignored(n) {
			b.WriteString("\n at the end " + n + ": " + string(v.Why) + ", " + v.Needs)
		}
	}
	for _, p := range r.Problems {
		b.WriteString("\n problem: " + p.At.String() + ": " + p.Message)
	}
	return b.String()
}

// parseCases reads cases: a line "=== name" with flags (sh, open), lines "run: …" with
// what is run, of which each makes a case, the script deploy.sh, and further files behind
// "-- name --".
func parseCases(t testing.TB, data string) []testCase {
	t.Helper()
	var out []testCase
	for _, block := range strings.Split("\n"+data, "\n=== ")[1:] {
		head, body, _ := strings.Cut(block, "\n")
		words := strings.Fields(head)
		c := testCase{name: words[0], files: map[string]string{}, line: `./deploy.sh staging "two words"`, env: map[string]string{}}
		shebang := "#!/usr/bin/env bash\n"
		for _, w := range words[1:] {
			switch w {
			case "sh":
				shebang = "#!/bin/dash\n"
			case "open":
				c.open = true
			default:
				t.Fatalf("case %s: unknown flag %q", c.name, w)
			}
		}
		var lines []string
		for {
			rest, ok := strings.CutPrefix(body, "run: ")
			if !ok {
				break
			}
			var line string
			line, body, _ = strings.Cut(rest, "\n")
			lines = append(lines, line)
		}
		name := "deploy.sh"
		content := shebang
		for _, l := range strings.SplitAfter(body+"\n", "\n") {
			if f := strings.Fields(l); len(f) == 3 && f[0] == "--" && f[2] == "--" {
				c.files[name] = content
				name, content = f[1], ""
				continue
			}
			content += l
		}
		c.files[name] = strings.TrimSuffix(content, "\n")
		c.want = c.files["want"]
		delete(c.files, "want")
		for i, l := range lines {
			c.line = l
			if i < len(lines)-1 {
				out = append(out, c)
			}
		}
		out = append(out, c)
	}
	return out
}
