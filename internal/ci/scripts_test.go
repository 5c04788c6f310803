package ci

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ownScripts lists the shell scripts of the project itself. Those below examples belong to
// stories about mistakes.
func ownScripts(t *testing.T) []string {
	t.Helper()
	list := []string{filepath.Join(root, ".ci", "run")}
	for _, pattern := range []string{"*.sh", "*/*.sh"} {
		found, err := filepath.Glob(filepath.Join(root, "scripts", filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, found...)
	}
	if len(list) < 15 {
		t.Fatalf("found only %q", list)
	}
	return list
}

// TestScriptsWithShellCheck reads every script with ShellCheck. What it calls information or
// style does not count.
func TestScriptsWithShellCheck(t *testing.T) {
	checker := need(t, "shellcheck", "shellcheck.sh")
	var names []string
	for _, path := range ownScripts(t) {
		name, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	res := start(t, root, nil, checker, append([]string{"--external-sources", "--severity=warning"}, names...)...)
	if res.code != 0 {
		t.Errorf("exit code %d:\n%s%s", res.code, res.stdout, res.stderr)
	}
}

// newerThanMacOS finds what the bash 3.2 of macOS does not know.
var newerThanMacOS = regexp.MustCompile(strings.Join([]string{
	`\b(declare|local|typeset) -[a-zA-Z]*[Angu]`, `\b(mapfile|readarray|coproc)\b`, `\$\{\w+(\[[^]]*\])?(\^|,|@[A-Za-z])`,
	`\|&`, `&>>`, `;;&`, `;&`, `\[\[? -v\b`, `printf '?%\(`, `\bwait -n\b`, `\[-[0-9]+\]\}`,
	`globstar|lastpipe|inherit_errexit`, `\$(EPOCHSECONDS|EPOCHREALTIME|SRANDOM)`, `\bread -[a-zA-Z]*[iN]`,
}, "|"))

// wholeArray is an array that is handed on as a whole. Under `set -u`, bash before 4.4 calls an
// empty one unset.
var wholeArray = regexp.MustCompile(`(\w+\[@\]\+)?"\$\{(\w+)\[@\]\}"`)

// TestScriptsRunOnMacOS keeps the scripts of the action to what bash 3.2 knows.
func TestScriptsRunOnMacOS(t *testing.T) {
	for _, name := range []string{"lib.sh", "install.sh", "run.sh"} {
		for i, line := range strings.Split(read(t, filepath.Join(root, "scripts", "action", name)), "\n") {
			code, _, _ := strings.Cut(line, " #")
			if strings.HasPrefix(strings.TrimSpace(code), "#") {
				continue
			}
			if found := newerThanMacOS.FindString(code); found != "" {
				t.Errorf("%s:%d: bash 3.2 does not know %q", name, i+1, found)
			}
			for _, m := range wholeArray.FindAllStringSubmatch(code, -1) {
				if m[1] == "" && m[2] != "arguments" {
					t.Errorf("%s:%d: %q fails in bash 3.2 where the array is empty", name, i+1, m[0])
				}
			}
			if strings.Contains(code, "$(case") {
				t.Errorf("%s:%d: bash 3.2 cannot read a case within $(…)", name, i+1)
			}
		}
	}
	for _, code := range []string{"declare -A x", "mapfile -t x", "${x,,}", "${x^^}", "a |& b", "[[ -v x ]]", "${x[-1]}", "${x@Q}", "local -n y=x"} {
		if !newerThanMacOS.MatchString(code) {
			t.Errorf("%q goes unnoticed", code)
		}
	}
}

// TestLineEndings: a checkout on Windows leaves the scripts as a shell can read them.
func TestLineEndings(t *testing.T) {
	var names []string
	for _, path := range ownScripts(t) {
		if strings.Contains(read(t, path), "\r") {
			t.Errorf("%s has line endings of Windows", path)
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.ToSlash(name))
	}
	attributes := filepath.Join(t.TempDir(), "repository")
	layOut(t, attributes, map[string]string{".gitattributes": read(t, filepath.Join(root, ".gitattributes"))})
	if res := start(t, attributes, nil, "git", "init", "--quiet"); res.code != 0 {
		t.Fatal(res.stderr)
	}
	res := start(t, attributes, nil, "git", append([]string{"check-attr", "eol", "--"}, names...)...)
	for line := range strings.Lines(res.stdout) {
		if !strings.HasSuffix(strings.TrimSpace(line), "eol: lf") {
			t.Errorf("in a checkout on Windows: %s", line)
		}
	}
	fixture := start(t, attributes, nil, "git", "check-attr", "text", "--", "testdata/helm/values/layers.txt", "internal/engine/jenkins/testdata/oracle.groovy")
	if strings.Count(fixture.stdout, "text: unset") != 2 {
		t.Errorf("git may change fixtures:\n%s", fixture.stdout)
	}
}

// cygpath does what the one of Git for Windows does, for a drive D: that lies at $FAKE_DRIVE.
const cygpath = `#!/bin/bash
path=$2
case $1 in
  -u) path=${path//\\//}; case $path in D:*) path=$FAKE_DRIVE${path#D:} ;; esac ;;
  -w) case $path in "$FAKE_DRIVE"*) path=D:${path#"$FAKE_DRIVE"} ;; esac; path=${path//\//\\} ;;
esac
printf '%s\n' "$path"
`

// fakeOnWindows records as the program on Windows would: it is told paths with backslashes.
const fakeOnWindows = `#!/bin/sh
temp=$(cygpath -u "$RUNNER_TEMP")
for a in "$@"; do printf '<%s>\n' "$a"; done >"$temp/arguments"
printf 'result=passed\nfindings=0\n' >>"$(cygpath -u "$GITHUB_OUTPUT")"
for a in "$@"; do case $a in sarif=*) echo '{}' >"$(cygpath -u "${a#sarif=}")" ;; esac; done
`

// TestActionOnWindows runs the action as a Windows runner does: in the bash of Git, with paths of
// backslashes, drives and spaces, and with a program called keyfit.exe.
func TestActionOnWindows(t *testing.T) {
	j := newJob(t, "# filled below\n")
	content := archive(t, map[string]string{"keyfit.exe": fakeOnWindows})
	name := strings.NewReplacer("_linux_", "_windows_", "_darwin_", "_windows_").Replace(archiveName("1.2.3"))
	base, line, _ := serve(t, "1.2.3", name, content)
	j.write(filepath.Join(j.dir, "scripts", "action", "checksums.txt"), line)
	drive := filepath.Dir(j.temp)
	tools := filepath.Join(drive, "tools")
	layOut(t, tools, map[string]string{"cygpath": cygpath})
	path, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	j.drive = drive
	j.env["PATH"] = tools + ":" + filepath.Dir(path) + ":/usr/bin:/bin"
	j.env["FAKE_DRIVE"], j.env["RUNNER_OS"], j.env["KEYFIT_TEST_DOWNLOAD_BASE"] = drive, "Windows", base
	j.inputs = map[string]string{"sarif": `D:\temp\my reports.sarif`, "junit": `sub dir\keyfit.xml`, "environment": "staging"}
	res := j.run()
	if res.code != 0 {
		t.Fatalf("exit code %d:\n%s", res.code, res.log)
	}
	got := j.arguments()
	if len(got) < 11 || !strings.HasPrefix(got[4], `json=D:\temp\keyfit-report.`) || !strings.HasSuffix(got[4], "/report.json") {
		t.Fatalf("arguments %q", got)
	}
	want := []string{"--output", `junit=D:\work/sub dir\keyfit.xml`, "--output", `sarif=D:\temp\my reports.sarif`, "-e", "staging"}
	if diff := cmp.Diff(want, got[5:]); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(res.path, `D:\temp\keyfit.`) || res.outputs["binary-path"] != res.path+`\keyfit.exe` {
		t.Errorf("PATH %q, binary %q", res.path, res.outputs["binary-path"])
	}
	if res.outputs["sarif-path"] != `D:\temp\my reports.sarif` || res.outputs["result"] != "passed" {
		t.Errorf("outputs %v", res.outputs)
	}
}
