package powershell

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// row is a script with what it leaves.
type row struct {
	rule   string // of the documentation
	script string
	want   string
	core   bool // for PowerShell 7
	system string
}

// files are those of the repository that rows are followed in.
var files = map[string]string{
	"lib.ps1":         "$env:LIB = 'from lib'\n$local = 'x'\n",
	"args.ps1":        "param([string]$Name, [switch]$Force, $Third = 'def')\n$env:NAME = $Name\nif ($Force) { $env:FORCE = 'yes' }\n$env:THIRD = $Third\n",
	"exits.ps1":       "$env:BEFORE = '1'\nexit 3\n$env:AFTER = '1'\n",
	"gives.ps1":       "'given'\n",
	"sub/own.ps1":     ". $PSScriptRoot/../lib.ps1\n$env:OWN = $local\n",
	"loop.ps1":        "./loop.ps1\n",
	"version.txt":     "1.2.3",
	"line.txt":        "4.5.6\n",
	"lines.txt":       "one\ntwo\n",
	"sub/deploy.yaml": "kind: Secret\n",
}

func env() model.Env {
	known := func(text string) model.Value {
		return model.KnownText(text, model.Hop{Kind: model.KindProcess, What: "the environment"})
	}
	return model.NewEnv(map[string]model.Value{
		"IN": known("in"), "KEY": known("CANARY-1"), "NUM": known("3"), "SPACED": known("a b"), "QUOTED": known(`"q"`), "STAR": known("a*b"), "EMPTY": known(""),
		"SECRET": model.UnknownBecause(model.WhyCISecret, "the secret", model.Trail{}),
		"EITHER": model.Ambiguous("which", known("left"), known("right")),
		"Path":   model.UnknownBecause(model.WhyInput, "the machine", model.Trail{}),
	})
}

// tree is the repository of the rows, made once.
var tree *repo.Tree

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "keyfit-rows")
	if err == nil {
		err = makeTree(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = tree.Close()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func makeTree(dir string) (err error) {
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			return err
		}
	}
	tree, err = repo.Open(dir)
	return err
}

// rows reads the tables: "=== rule", the script, "---", what it leaves.
func rows(t testing.TB) []row {
	t.Helper()
	var out []row
	names, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatal("no tables", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for part := range strings.SplitSeq("\n"+string(data), "\n=== ") {
			rule, rest, ok := strings.Cut(part, "\n")
			if !ok || strings.TrimSpace(part) == "" || strings.HasPrefix(part, "#") {
				continue
			}
			script, want, ok := strings.Cut("\n"+rest, "\n---")
			if !ok {
				t.Fatalf("%s: no --- in %q", name, rule)
			}
			r := row{rule: rule, script: strings.TrimPrefix(script, "\n"), want: strings.TrimSpace(want), core: !strings.HasPrefix(rule, "(5.1)")}
			for _, system := range []string{"windows", "unix"} {
				if strings.HasPrefix(rule, "("+system+")") {
					r.system = system
				}
			}
			out = append(out, r)
		}
	}
	return out
}

func follow(t testing.TB, r row) Outcome {
	t.Helper()
	out, err := Follow(t.Context(), Step{
		Files: repo.NewOverlay(tree), Env: env(), Text: r.script, Core: r.core, System: r.system, Channels: []string{"OUT"}, Root: []string{"WORKSPACE"}, Capture: true,
		Holes: []model.Value{
			model.UnknownBecause(model.WhyCISecret, "the hole", model.Trail{}),
			model.KnownText("CANARY-hole", model.Hop{Kind: model.KindWorkflow, What: "an expression"}),
		}, Hole: 0xF0000,
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// describe tells in lines what a script left, beside what it began with.
func describe(out Outcome, with string) string {
	var b strings.Builder
	before := env()
	for _, name := range append(out.Env.Names(), before.Names()...) {
		v := out.Env.Get(name)
		line := fmt.Sprintf("%s=%s\n", name, told(v))
		if name != "OUT" && name != "WORKSPACE" && told(v) != told(before.Get(name)) && !strings.Contains(b.String(), line) {
			b.WriteString(line)
		}
	}
	for i, c := range out.Commands {
		b.WriteString("$")
		for _, a := range c.Args {
			b.WriteString(" " + told(a))
		}
		if c.Open > 0 {
			fmt.Fprintf(&b, " …")
		}
		if c.Dir != "." {
			b.WriteString(" in " + c.Dir)
		}
		if c.Stdin.State != model.Absent {
			b.WriteString(" < " + told(c.Stdin))
		}
		if out.Seen[i].Perhaps {
			b.WriteString(" perhaps")
		}
		b.WriteString("\n")
	}
	if v := out.Channels["OUT"]; v.State != model.Absent {
		b.WriteString("OUT: " + pieces(v) + "\n")
	}
	for _, name := range []string{"f.txt", "g.txt", "version.txt", "lines.txt"} {
		if v, ok := out.Written[name]; ok {
			b.WriteString(name + ": " + told(v) + "\n")
		}
	}
	if strings.Contains(with, "prints") {
		b.WriteString("prints " + pieces(out.Output) + "\n")
	}
	for _, p := range out.Problems {
		b.WriteString("problem " + p.Message + "\n")
	}
	if out.Doubt != nil {
		b.WriteString("doubt\n")
	}
	return strings.TrimSpace(b.String())
}

func told(v model.Value) string {
	switch {
	case v.State == model.Known:
		return fmt.Sprintf("%q", v.Text.Reveal())
	case v.State == model.Absent:
		return "nothing"
	case len(v.Alternatives) > 0:
		var all []string
		for _, a := range v.Alternatives {
			all = append(all, told(a))
		}
		return "(" + strings.Join(all, "|") + ")"
	}
	return "?" + string(v.Why)
}

func pieces(v model.Value) string {
	if v.State == model.Known || len(v.Parts) == 0 {
		return told(v)
	}
	var all []string
	for _, p := range v.Parts {
		all = append(all, told(p))
	}
	return strings.Join(all, " ")
}

func TestRows(t *testing.T) {
	all := rows(t)
	if len(all) < 120 {
		t.Errorf("only %d rows", len(all))
	}
	for _, r := range all {
		got := describe(follow(t, r), r.want)
		if os.Getenv("SHOW") != "" && got != r.want {
			fmt.Printf("=== %s\n%s\n---\n%s\n\n", r.rule, r.script, got)
			continue
		}
		if diff := cmp.Diff(r.want, got); diff != "" {
			t.Errorf("%s\n%s\n(-want +got)\n%s", r.rule, r.script, diff)
		}
	}
}
