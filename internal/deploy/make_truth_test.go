package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
)

// makefiles are read by keyfit and by make itself.
var makefiles = []string{
	"export A = 1\nall:\n\t@show\n",
	"A = $(KEY)\nB := $(A)x\nexport A B\nall: one two\none:\n\t@show\ntwo: three\n\tshow $(B)\nthree:\n\t-show $@ $$KEY\n",
	"KEY ?= none\nNONE ?= d\nexport NONE KEY\nL = a\nL += b # c\nL += $(NONE)\nexport L\nall:\n\tshow '$(L)' \\\n\t  more\n",
	"KEY = over\nPLAIN = not exported\nall:\n\tshow $(PLAIN)\n",
	"export\nA=1\nB := $(A)$(A)\nA = 2\nunexport HOME\nall:\n\tshow $(A)-$(B)-$(UNDEFINED)-\n",
	"A := x\nA += y\nB = $(A) $(C)\nC = later\nexport B\nall: B2 = 1\n\tshow\n",
	"A ::= 1\nB = ${A}$$HOME\nexport B\n.PHONY: all\nall: dep\n\n\t@ show $< $(B)\n# comment\n\ndep:\n\t@+show\n",
	"export A := a:b=c\nD = \\\n  one \\\n  two\nexport D\nE =   lead trail  \nexport E\nall:\n\tshow \"$(E)\" $(D)\n",
	"SPACED = x\nexport SPACED\nSPACED = y\nexport EMPTY =\nall:\n\t\n\tshow $(EMPTY)$(SPACED)\n",
	"ifdef A\nB = 1\nendif\nall:\n\tshow\n",
	"all:\n\tshow $(shell echo 1)\n",
	"export MAKE_X = $(notdir a/b)\nall:\n\tshow\n",
	"T = all\n$(T):\n\tshow\n",
	"define X\na\nendef\nall:\n\tshow\n",
}

// TestMakeIsTrue compares the recipes, and what they find, with what make itself does.
func TestMakeIsTrue(t *testing.T) {
	program := realTool(t, "make")
	lines, known := 0, 0
	for _, text := range makefiles {
		for _, args := range []string{"", "all", "all A=cl", "KEY=cl 'L=from the line'", "all B=z C=q"} {
			files := map[string]string{"Makefile": text}
			var got []string
			env := model.Env{}
			sure := false
			for _, d := range deliveries(t, "make "+args, files) {
				sure = len(d.Problems) == 0
				for _, in := range d.Inner {
					got = append(got, in.Line)
					env = in.Env
				}
			}
			if !sure {
				continue
			}
			want, vars := runMake(t, program, text, args)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("make %s of\n%s(-want +got)\n%s", args, text, diff)
			}
			lines += len(got)
			for name, v := range env.All() {
				if v.State == model.Unknown || name == "PWD" || name == "SECRET" {
					continue
				}
				if is, there := vars[name]; v.State == model.Known && (!there || shown(v) != shown(model.KnownText(is, model.Hop{}))) || v.State == model.Absent && there {
					t.Errorf("make %s of\n%s%s is %q, was known as %s", args, text, name, is, shown(v))
				}
				known++
			}
			for name := range vars {
				if !env.Has(name) && env.Rest().State == model.Absent && !strings.HasPrefix(name, "MAKE") && name != "PWD" && name != "PATH" && name != "SHLVL" && name != "_" && name != "OLDPWD" {
					t.Errorf("make %s of\n%s%s comes, and nothing said so", args, text, name)
				}
			}
		}
	}
	t.Logf("compared %d recipe lines and %d variables", lines, known)
	if lines < 30 || known < 100 {
		t.Errorf("compared only %d lines and %d variables", lines, known)
	}
}

// runMake lets make run every recipe line in a shell that only writes down the line and
// its environment.
func runMake(t *testing.T, program, text, args string) (lines []string, env map[string]string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("sh", "#!/bin/sh\nprintf '%s\\0' \"$2\" >> "+dir+"/lines\nenv -0 > "+dir+"/env\n", 0o700)
	write("Makefile", text, 0o600)
	cmd := exec.Command("/bin/sh", "-c", program+" SHELL="+dir+"/sh "+args)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "KEY=sk_CANARY_1", "EMPTY=", "HOST_A=a"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make %s: %v\n%s", args, err, out)
	}
	data, _ := os.ReadFile(filepath.Join(dir, "lines"))
	for l := range strings.SplitSeq(strings.TrimSuffix(string(data), "\x00"), "\x00") {
		lines = append(lines, l)
	}
	data, _ = os.ReadFile(filepath.Join(dir, "env"))
	env = map[string]string{}
	for pair := range strings.SplitSeq(strings.TrimSuffix(string(data), "\x00"), "\x00") {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	delete(env, "SHELL")
	return lines, env
}

// realTool finds a program to compare with. In CI it must be there.
func realTool(t *testing.T, name string) string {
	t.Helper()
	p, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("%s is not installed here: not compared", name)
	}
	return p
}
