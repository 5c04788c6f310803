package shell

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
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

// stubs are the external commands of the cases; show and __end print nothing.
const stubs = "show __end curl wget helm helmfile kubectl kustomize oc aws eb sam cdk docker docker-compose podman gcloud firebase " +
	"az terraform terragrunt tofu pulumi vault consul nomad deploy npm npx yarn pnpm node python3 pip make mvn gradle go git gh " +
	"ssh ssh-agent ssh-add ssh-keyscan scp rsync sudo systemctl heroku cf fly flyctl vercel netlify wrangler railway sls serverless " +
	"ansible-playbook ansible-vault sops op doppler infisical chamber dotenvx direnv psql mysql redis-cli sentry-cli pm2 cosign " +
	"trivy skaffold argocd flux envconsul gpg packer doctl notify"

// dirs of one case.
type bench struct {
	repo, bin string
}

func newBench(t testing.TB, c testCase) bench {
	t.Helper()
	b := bench{repo: filepath.Join(t.TempDir(), "repo"), bin: takeBin(t)}
	b.write(t, c)
	return b
}

// bins are directories with external commands that no case uses at the moment: making
// one takes longer than running most scripts.
var bins = make(chan string, 100)

func takeBin(t testing.TB) string {
	var dir string
	select {
	case dir = <-bins:
	default:
		made, err := os.MkdirTemp(commandDir, "bin")
		must(t, err)
		dir = made
	}
	t.Cleanup(func() {
		select {
		case bins <- dir:
		default:
		}
	})
	return dir
}

// write writes the case's files. Nothing is started meanwhile: a process that begins while
// a script is open for writing would keep it from being run.
func (b bench) write(t testing.TB, c testCase) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
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

// stub makes the directory with the external commands.
func (b bench) stub(t testing.TB) {
	t.Helper()
	exe, err := commands()
	must(t, err)
	must(t, os.MkdirAll(b.bin, 0o755))
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
	if yq := yqProgram(); yq != "" {
		must(t, os.Symlink(yq, filepath.Join(b.bin, "yq")))
	}
	b.behave(t, behaviour{})
}

// behave says how the commands behave from now on, and empties the log.
func (b bench) behave(t testing.TB, how behaviour) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(b.bin, ".log"), nil, 0o600))
	must(t, os.WriteFile(filepath.Join(b.bin, ".out"), []byte(how.out), 0o600))
	must(t, os.WriteFile(filepath.Join(b.bin, ".rc"), []byte(how.rc), 0o600))
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
	if _, err := os.Lstat(filepath.Join(b.bin, "show")); err != nil {
		b.stub(t)
	}
	b.behave(t, how)
}

// real runs the case in the real shell.
func (b bench) real(t testing.TB, c testCase, how behaviour) []seen {
	t.Helper()
	b.reset(t, c, how)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	words := append(apart(t), "bash", "-c", c.line+"\n__end")
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir = b.repo
	for k, v := range baseEnv(b, c) {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) { // scripts may fail; what they started counts
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatal("the real shell did not end")
	}
	if strings.HasPrefix(errs.String(), "unshare: ") {
		t.Fatal(errs.String())
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
	if len(out) == 0 {
		t.Logf("the real shell started nothing, and says %q", errs.String())
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

// apart is the command that starts a program where there is no network.
func apart(t testing.TB) []string {
	words, note := namespace()
	if note != "" {
		once.Do(func() { t.Log(note) })
	}
	return slices.Clone(words)
}

// once keeps the note about the network from being repeated.
var once sync.Once

// namespace finds out whether the machine lets the tests have an empty network.
var namespace = sync.OnceValues(func() (words []string, note string) {
	for _, flags := range []string{"-n", "-rn"} {
		words := []string{"unshare", flags, "--"}
		if exec.Command(words[0], append(words[1:], "true")...).Run() == nil {
			return words, ""
		}
	}
	return nil, "no network namespaces on this machine: the real shells run without one"
})

// yqProgram is where scripts/install/shell.sh puts yq.
func yqProgram() string {
	p, err := filepath.Abs("../../../.tools/bin/yq")
	if err != nil {
		return ""
	}
	if _, err := os.Stat(p); err != nil {
		return ""
	}
	return p
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
			if !mayBe(w, model.KnownText(v, model.Hop{})) {
				errs = append(errs, fmt.Sprintf("%s is really %q, which is none of the candidates", name, v))
			}
		}
	}
	for name, v := range got.All() {
		if _, ok := want[name]; !ok && !ignored(name) && v.State == model.Unknown && !mayBe(v, model.Value{State: model.Absent}) {
			errs = append(errs, name+" is really absent, which is none of the candidates")
		}
		if _, ok := want[name]; !ok && !ignored(name) && v.State == model.Known {
			errs = append(errs, fmt.Sprintf("%s is known as %q, really it is absent", name, v.Text.Reveal()))
		}
	}
	slices.Sort(errs)
	return errs, unknown, all
}

// mayBe reports whether a value that is not known leaves room for the real one.
func mayBe(v, real model.Value) bool {
	switch {
	case v.State != model.Unknown:
		return v.State == real.State && (v.State == model.Absent || v.Text.Reveal() == real.Text.Reveal())
	case len(v.Alternatives) == 0:
		return real.State != model.Known || len(v.Parts) == 0 || partsMay(v, real.Text.Reveal())
	}
	return slices.ContainsFunc(v.Alternatives, func(a model.Value) bool { return mayBe(a, real) })
}

// compatible says what is wrong when our command is taken for the real one.
func compatible(c model.Command, s seen) (errs []string, unknown int) {
	if c.Args[0].State == model.Known && filepath.Base(c.Args[0].Text.Reveal()) != s.Name {
		return []string{"another command: " + c.Args[0].Text.Reveal()}, 0
	}
	errs, unknown = checkArgs(c, s.Args)
	more, n, _ := checkEnv(c.Env, s.Env)
	return append(errs, more...), unknown + n
}

// checkArgs compares the arguments one by one, as far as it is known which is which.
func checkArgs(c model.Command, real []string) (errs []string, unknown int) {
	args := c.Args[1:]
	if c.Open > 0 {
		args, unknown = args[:min(c.Open, len(c.Args))-1], 1
	}
	if len(args) > len(real) || c.Open == 0 && len(args) != len(real) {
		return []string{fmt.Sprintf("%d arguments, really %q", len(args), real)}, unknown
	}
	for i, a := range args {
		if a.State == model.Unknown {
			unknown++
		}
		if !mayBe(a, model.KnownText(real[i], model.Hop{})) {
			errs = append(errs, fmt.Sprintf("argument %d of %q, really %q", i+1, describe(c), real[i]))
		}
	}
	return errs, unknown
}

// compare checks a whole case.
func compare(c testCase, got model.Result, real []seen) (errs []string, unknown int) {
	var end *seen // what runs in the background may come after it
	if n := slices.IndexFunc(real, func(s seen) bool { return s.Name == "__end" }); n >= 0 {
		end, real = &real[n], slices.Delete(slices.Clone(real), n, n+1)
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
		var inOrder []string
		for i := range real {
			e, n := compatible(got.Commands[i], real[i])
			for _, m := range e {
				inOrder = append(inOrder, fmt.Sprintf("command %d (%s): %s", i, real[i].Name, m))
			}
			unknown += n
		}
		if !c.open || len(inOrder) == 0 {
			return append(errs, inOrder...), unknown
		}
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

// needYq leaves a case that uses yq out where scripts/install/shell.sh has not been run.
func needYq(t testing.TB, c testCase) {
	t.Helper()
	switch {
	case !strings.Contains(c.files["deploy.sh"], "yq") || yqProgram() != "":
	case os.Getenv("CI") == "true":
		t.Fatal("yq is needed in CI: run scripts/install/shell.sh")
	default:
		t.Skip("yq is not installed: run scripts/install/shell.sh")
	}
}
