package batch

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/model"
)

// entry is one command as the real shell started it.
type entry struct {
	Name  string
	Args  []string
	Env   []string
	Dir   string
	Stdin string
}

func (e entry) get(name string) (string, bool) {
	for _, pair := range e.Env {
		if n, v, ok := strings.Cut(pair, "="); ok && strings.EqualFold(n, name) {
			return v, true
		}
	}
	return "", false
}

// real is what a script did.
type real struct {
	commands []entry
	end      *entry // the environment at its end; nil when the whole session ended
	out      string // the channel
	printed  string
	files    map[string]string
}

// tools are the programs of the rows, and scripts those that are scripts.
var (
	tools       = []string{"y", "helm", "kubectl", "docker", "node", "git", "sometool", "tool"}
	scriptTools = []string{"npm"}
)

// secrets are the texts of what is not known to us.
var secrets = map[string]string{"SECRET": "CANARY-secret", "EITHER": "left"}

// wine prepares a directory with the rows, and runs them all in one session.
func wine(t *testing.T, all []row) []real {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	prefix := filepath.Join(root, ".tools", "wine")
	if _, err := exec.LookPath("wine"); err != nil || !exists(filepath.Join(prefix, "system.reg")) {
		if os.Getenv("CI") != "" {
			t.Fatal("wine is not installed: run scripts/install/wine.sh")
		}
		t.Skip("wine is not installed: run scripts/install/wine.sh")
	}
	dir := t.TempDir()
	exe := filepath.Join(dir, "command.exe")
	build := exec.Command("x86_64-w64-mingw32-gcc", "-O1", "-s", "-o", exe, "testdata/command.c")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	bin := filepath.Join(dir, "bin")
	for _, name := range tools {
		copyTo(t, exe, filepath.Join(bin, name+".exe"))
	}
	for _, name := range scriptTools {
		copyTo(t, exe, filepath.Join(bin, "real", name+".exe"))
		write(t, filepath.Join(bin, name+".cmd"), "@\"%~dp0real\\"+name+".exe\" %*\r\n")
	}
	var driver strings.Builder
	driver.WriteString("@echo off\r\n")
	for i, r := range all {
		prepare(t, filepath.Join(dir, fmt.Sprint(i)), r, bin)
		at := windows(filepath.Join(dir, fmt.Sprint(i)))
		start := "call" // in the same process, which is quicker
		if strings.Contains(r.want, "problem") || strings.Contains(r.script, "exit") || strings.Contains(r.script, "ends.bat") {
			start = "cmd /d /e:on /v:off /c"
		}
		fmt.Fprintf(&driver, "%s %s\\run.bat > %s\\printed.txt 2>nul <nul\r\n", start, at, at)
	}
	write(t, filepath.Join(dir, "driver.bat"), driver.String())
	cmd := exec.CommandContext(t.Context(), "wine", "cmd", "/d", "/c", windows(filepath.Join(dir, "driver.bat")))
	cmd.Env = append(os.Environ(), "WINEPREFIX="+prefix, "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml=")
	if out, err := cmd.CombinedOutput(); err != nil && !exists(filepath.Join(dir, fmt.Sprint(len(all)-1), "printed.txt")) {
		t.Fatalf("wine: %v: %s", err, bytes.TrimSpace(out))
	}
	var out []real
	for i := range all {
		out = append(out, collect(t, filepath.Join(dir, fmt.Sprint(i))))
	}
	return out
}

func exists(name string) bool { _, err := os.Stat(name); return err == nil }

// windows is a path as wine has it.
func windows(p string) string { return `Z:` + strings.ReplaceAll(p, "/", `\`) }

func copyTo(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	write(t, to, string(data))
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// prepare writes the repository and the script of one row.
func prepare(t *testing.T, dir string, r row, bin string) {
	t.Helper()
	for name, text := range files {
		if name == "tools/tool.exe" {
			copyTo(t, filepath.Join(bin, "tool.exe"), filepath.Join(dir, "repo", name))
			continue
		}
		write(t, filepath.Join(dir, "repo", filepath.FromSlash(name)), text)
	}
	text := strings.NewReplacer("\U000F0000", "CANARY-pasted", "\U000F0001", "CANARY-hole").Replace(r.script)
	write(t, filepath.Join(dir, "step.bat"), "@echo off\r\n"+strings.ReplaceAll(text, "\n", "\r\n")+"\r\n")
	var run strings.Builder
	fmt.Fprintf(&run, "@echo off\r\nsetlocal\r\ncd /d %s\r\nset PATH=%s;%%PATH%%\r\n", windows(filepath.Join(dir, "repo")), windows(bin))
	fmt.Fprintf(&run, "set COMMAND_LOG=%s\r\nset OUT=%s\r\nset WORKSPACE=%s\r\n", windows(filepath.Join(dir, "log.txt")), windows(filepath.Join(dir, "out.txt")), windows(filepath.Join(dir, "repo")))
	for name, v := range env().All() {
		text := secrets[name]
		if v.State == model.Known {
			text = v.Text.Reveal()
		}
		if name != "Path" {
			fmt.Fprintf(&run, "set \"%s=%s\"\r\n", name, text)
		}
	}
	fmt.Fprintf(&run, "call %s\r\nset>%s\r\n", windows(filepath.Join(dir, "step.bat")), windows(filepath.Join(dir, "end.txt")))
	write(t, filepath.Join(dir, "run.bat"), run.String())
}

func collect(t *testing.T, dir string) real {
	t.Helper()
	r := real{files: map[string]string{}}
	if data, err := os.ReadFile(filepath.Join(dir, "log.txt")); err == nil {
		r.commands = entries(string(data))
	}
	if data, err := os.ReadFile(filepath.Join(dir, "end.txt")); err == nil {
		r.end = &entry{Env: strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")}
	}
	read := func(name string) string {
		data, _ := os.ReadFile(filepath.Join(dir, name))
		return string(data)
	}
	r.out, r.printed = strings.ReplaceAll(read("out.txt"), "\r\n", "\n"), strings.ReplaceAll(read("printed.txt"), "\r\n", "\n")
	for _, name := range []string{"f.txt", "g.txt", "values.txt"} {
		r.files[name] = read("repo/" + name)
	}
	return r
}

// entries reads what testdata/command.c writes.
func entries(log string) []entry {
	var out []entry
	for line := range strings.Lines(log) {
		kind, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		text = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r").Replace(text)
		if kind == "name" {
			out = append(out, entry{Name: toolName(text)})
			continue
		}
		switch e := &out[len(out)-1]; kind {
		case "arg":
			e.Args = append(e.Args, text)
		case "env":
			e.Env = append(e.Env, text)
		case "dir":
			e.Dir = strings.ReplaceAll(text, `\`, "/")
		case "in":
			e.Stdin = text
		}
	}
	return out
}

// TestOracle runs every row of which something is known, and scripts made by chance, in
// wine's cmd: what is known must be so there.
func TestOracle(t *testing.T) {
	var all []row
	for _, r := range rows(t) {
		if r.wine && !strings.HasSuffix(r.want, "doubt") {
			all = append(all, r)
		}
	}
	if len(all) < 100 {
		t.Errorf("only %d rows", len(all))
	}
	for seed := range uint64(60) {
		all = append(all, row{rule: fmt.Sprint("seed ", seed), script: generate(seed)})
	}
	known := 0
	var again []row
	for i, r := range wine(t, all) {
		out := follow(t, all[i])
		if len(disagreements(out, r)) > 0 {
			again = append(again, all[i])
		}
		if strings.HasPrefix(all[i].rule, "seed") && out.Doubt == nil {
			known++
		}
	}
	if known < 50 {
		t.Errorf("only %d of the scripts made by chance are followed", known)
	}
	if len(again) == 0 {
		return
	}
	// On a busy machine wine at times does not start a program: only what differs twice counts.
	for i, r := range wine(t, again) {
		for _, e := range disagreements(follow(t, again[i]), r) {
			t.Errorf("%s\n%s\n%s", again[i].rule, again[i].script, e)
		}
	}
}

// generate makes a script of what wine's cmd is known to read as Windows' does.
func generate(seed uint64) string {
	random := rand.New(rand.NewPCG(seed, 1))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	name := func() string { return pick("A", "B", "C", "IN", "KEY") }
	text := func() string {
		return pick("x", "a b", "1", "%IN%", "%KEY%", "%A%", "%B%", "a^^b", "%KEY:~1,3%", "%IN:n=N%", `"q"`, "c:\\d\\", "%SPACED%", "%KEY:~-2%", "", "a=b", "x)")
	}
	var b strings.Builder
	for range 3 + random.IntN(6) {
		switch random.IntN(8) {
		case 0, 1:
			fmt.Fprintf(&b, "set %s=%s%s\n", name(), text(), text())
		case 2, 3:
			fmt.Fprintf(&b, "set \"%s=%s%s\"\n", name(), strings.ReplaceAll(text(), "^", ""), text())
		case 4:
			fmt.Fprintf(&b, "if %s\"%%%s%%\"==\"%s\" (set %s=%s) else set %s=z\n", pick("", "not ", "/i "), pick("IN", "KEY", "NUM"), pick("in", "IN", "3", "x"), name(), pick("y", "w v", "%IN%"), name())
		case 5:
			fmt.Fprintf(&b, "echo %s=x%s>>%%OUT%%\n", name(), pick("y", "%IN%", "%KEY%", "a^^b", "\"p q\""))
		case 6:
			fmt.Fprintf(&b, "if defined %s set \"%s=%s\"\n", name(), name(), pick("1", "%NUM%", "def"))
		case 7:
			fmt.Fprintf(&b, "set \"A=1\"& set \"B=%%A%%\"\n")
		}
	}
	fmt.Fprintf(&b, "helm %s \"%s\" %s %s\n", pick("list", "\"a b\"c", "a\\\\b", "\"x\\\"y\""), pick("%IN%", "%KEY%-z", "k=%SPACED%", "p\\"), pick("%KEY%", "--set=%IN%", "\"\""), pick("c:\\d\\e", "end"))
	return strings.TrimSuffix(b.String(), "\n")
}
