package shell

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// commandDir is where the program that plays the external commands is built.
var commandDir string

// commands builds that program, once.
var commands = sync.OnceValues(func() (string, error) {
	exe := filepath.Join(commandDir, "command")
	out, err := exec.Command("go", "build", "-o", exe, "./testdata/command").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return exe, nil
})

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "keyfit-command")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	commandDir = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// seen is one command as the real shell started it.
type seen struct {
	Name string
	Args []string
	Env  []string
}

// testCase is a small repository with a command line.
type testCase struct {
	name  string
	open  bool // something in it is meant to be unknown
	files map[string]string
	line  string
	env   map[string]string
	want  string
}

const stubs = "show curl helm kubectl aws docker gcloud terraform vault deploy npm git ssh __end"

// dirs of one case.
type bench struct {
	repo, bin string
}

func newBench(t testing.TB, c testCase) bench {
	t.Helper()
	b := bench{repo: filepath.Join(t.TempDir(), "repo"), bin: filepath.Join(t.TempDir(), "bin")}
	b.write(t, c)
	return b
}

func (b bench) write(t testing.TB, c testCase) {
	t.Helper()
	for name, data := range c.files {
		p := filepath.Join(b.repo, filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(p), 0o755))
		mode := os.FileMode(0o644)
		if strings.HasPrefix(data, "#!") {
			mode = 0o755
		}
		must(t, os.WriteFile(p, []byte(data), mode))
	}
	must(t, os.MkdirAll(b.repo, 0o755))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b bench) stub(t testing.TB) {
	t.Helper()
	exe, err := commands()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(b.bin, ".log"), nil, 0o600))
	first := filepath.Join(b.bin, "show")
	if os.Link(exe, first) != nil {
		data, err := os.ReadFile(exe)
		must(t, err)
		must(t, os.WriteFile(first, data, 0o755))
	}
	for _, name := range strings.Fields(stubs)[1:] {
		must(t, os.Link(first, filepath.Join(b.bin, name)))
	}
	nothing, err := exec.LookPath("true")
	must(t, err)
	must(t, os.Symlink(nothing, filepath.Join(b.bin, "sleep"))) // nobody wants to wait
}

func baseEnv(b bench, c testCase) map[string]string {
	env := map[string]string{
		"PATH": b.bin + ":" + os.Getenv("PATH"), "HOME": "/home/deployer", "PWD": b.repo, "LC_ALL": "C.UTF-8",
		"FROM_OUTSIDE": "outer CANARY value",
	}
	for k, v := range c.env {
		env[k] = v
	}
	return env
}

// behaviour is what the external commands print, and how they end.
type behaviour struct {
	out string
	rc  string
}

// behaviours are what an unknown command may do, the nasty things included.
func behaviours() []behaviour {
	return []behaviour{
		{}, {out: "x"}, {rc: "1"}, {out: "a b\nexport A=evil\n", rc: "0"}, {out: "main\n", rc: "3"},
		{out: "A=1 -n *\n"}, {out: "7"},
	}
}

// reset brings the repository back to what the case says, and empties the log.
func (b bench) reset(t testing.TB, c testCase, how behaviour) {
	t.Helper()
	must(t, os.RemoveAll(b.repo))
	b.write(t, c)
	must(t, os.RemoveAll(b.bin))
	must(t, os.MkdirAll(b.bin, 0o755))
	b.stub(t)
	for _, name := range strings.Fields(stubs) {
		if name == "__end" || name == "show" {
			continue
		}
		must(t, os.WriteFile(filepath.Join(b.bin, name+".out"), []byte(how.out), 0o600))
		must(t, os.WriteFile(filepath.Join(b.bin, name+".rc"), []byte(how.rc), 0o600))
	}
}

// real runs the case in the real shell.
func (b bench) real(t testing.TB, c testCase, how behaviour) []seen {
	t.Helper()
	b.reset(t, c, how)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", c.line+"\n__end")
	cmd.Dir = b.repo
	for k, v := range baseEnv(b, c) {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	_ = cmd.Run() // scripts may fail; what they started counts
	if ctx.Err() != nil {
		t.Fatal("the real shell did not end")
	}
	if testing.Verbose() && errs.Len() > 0 {
		t.Logf("the real shell says: %s", errs.String())
	}
	f, err := os.Open(filepath.Join(b.bin, ".log"))
	must(t, err)
	defer f.Close()
	var out []seen
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var s seen
		must(t, json.Unmarshal(lines.Bytes(), &s))
		out = append(out, s)
	}
	return out
}

// step is what the case starts from.
func (b bench) step(t testing.TB, c testCase) Step {
	t.Helper()
	tree, err := repo.Open(b.repo)
	must(t, err)
	t.Cleanup(func() { _ = tree.Close() })
	vars := map[string]model.Value{}
	for k, v := range baseEnv(b, c) {
		vars[k] = model.KnownText(v, model.Hop{Kind: model.KindProcess, What: k})
	}
	return Step{
		Files: repo.NewOverlay(tree), Env: model.NewEnv(vars), Line: c.line,
		At: pos.Span{File: "keyfit.yaml", Start: pos.Pos{Line: 5, Column: 14}, End: pos.Pos{Line: 5, Column: 14 + len(c.line)}},
	}
}

// ours follows the case.
func (b bench) ours(t testing.TB, c testCase) model.Result {
	t.Helper()
	out, err := Run(context.Background(), b.step(t, c))
	must(t, err)
	return out
}

// ignored are the variables in which shells differ by how they were started, and bash's
// way of handing functions down, which are no variables.
func ignored(name string) bool {
	return slices.Contains([]string{"_", "SHLVL", "OLDPWD"}, name) || strings.HasPrefix(name, "BASH_FUNC_")
}

// checkEnv compares an environment with the real one: known must be equal, absent must
// be absent. It gives the share of unknowns.
func checkEnv(got model.Env, real []string) (errs []string, unknown, all int) {
	want := map[string]string{}
	for _, e := range real {
		k, v, _ := strings.Cut(e, "=")
		want[k] = v
	}
	for name, v := range want {
		if ignored(name) {
			continue
		}
		all++
		w := got.Get(name)
		switch {
		case w.State == model.Absent:
			errs = append(errs, fmt.Sprintf("%s is absent, really it is %q", name, v))
		case w.State == model.Known && w.Text.Reveal() != v:
			errs = append(errs, fmt.Sprintf("%s is known as %q, really it is %q", name, w.Text.Reveal(), v))
		case w.State == model.Unknown:
			unknown++
		}
	}
	for name, v := range got.All() {
		if _, ok := want[name]; !ok && !ignored(name) && v.State == model.Known {
			errs = append(errs, fmt.Sprintf("%s is known as %q, really it is absent", name, v.Text.Reveal()))
		}
	}
	slices.Sort(errs)
	return errs, unknown, all
}

// compatible says what is wrong when our command is taken for the real one.
func compatible(c model.Command, s seen) (errs []string, unknown int) {
	if c.Args[0].State == model.Known && filepath.Base(c.Args[0].Text.Reveal()) != s.Name {
		return []string{"another command: " + c.Args[0].Text.Reveal()}, 0
	}
	allKnown := true
	for _, a := range c.Args {
		allKnown = allKnown && a.State == model.Known
	}
	if !allKnown {
		unknown++
	}
	if allKnown {
		var args []string
		for _, a := range c.Args[1:] {
			args = append(args, a.Text.Reveal())
		}
		if !slices.Equal(args, s.Args) {
			errs = append(errs, fmt.Sprintf("arguments %q, really %q", args, s.Args))
		}
	}
	more, n, _ := checkEnv(c.Env, s.Env)
	return append(errs, more...), unknown + n
}

// compare checks a whole case.
func compare(c testCase, got model.Result, real []seen) (errs []string, unknown int) {
	var end *seen
	if n := len(real); n > 0 && real[n-1].Name == "__end" {
		end, real = &real[n-1], real[:n-1]
	}
	if end != nil {
		e, n, _ := checkEnv(got.Env, end.Env)
		for _, m := range e {
			errs = append(errs, "at the end: "+m)
		}
		unknown += n
	}
	if !c.open && len(got.Commands) != len(real) {
		var ours, theirs []string
		for _, g := range got.Commands {
			ours = append(ours, describe(g))
		}
		for _, r := range real {
			theirs = append(theirs, r.Name+" "+strings.Join(r.Args, " "))
		}
		return append(errs, fmt.Sprintf("%d commands, really %d:\n ours %q\n real %q", len(ours), len(theirs), ours, theirs)), unknown
	}
	if len(got.Commands) == len(real) {
		for i := range real {
			e, n := compatible(got.Commands[i], real[i])
			for _, m := range e {
				errs = append(errs, fmt.Sprintf("command %d (%s): %s", i, real[i].Name, m))
			}
			unknown += n
		}
		return errs, unknown
	}
	for i, r := range real {
		if e := anyCompatible(got.Commands, r); e != nil {
			errs = append(errs, fmt.Sprintf("command %d (%s %q) is none of ours: %q", i, r.Name, r.Args, e))
		}
	}
	return errs, unknown + 1
}

func describe(c model.Command) string {
	var out []string
	for _, a := range c.Args {
		if a.State == model.Known {
			out = append(out, a.Text.Reveal())
		} else {
			out = append(out, "?")
		}
	}
	return strings.Join(out, " ")
}

func anyCompatible(cs []model.Command, s seen) []string {
	why := []string{"no command"}
	for _, c := range cs {
		e, _ := compatible(c, s)
		if len(e) == 0 {
			return nil
		}
		why = e
	}
	return why
}

// needOracle skips without the real shells, except in CI.
func needOracle(t testing.TB) {
	t.Helper()
	for _, name := range []string{"bash", "dash", "jq", "envsubst"} {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is needed in CI", name)
			}
			t.Skipf("%s is not installed: the comparison with it is left out", name)
		}
	}
}
