package dotenv

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// list names files at lines of a configuration.
func list(names ...string) []strict.At[string] {
	var out []strict.At[string]
	for i, name := range names {
		at := pos.Pos{Line: 10 + i, Column: 5}
		out = append(out, strict.At[string]{Value: name, Span: pos.Span{File: "keyfit.yaml", Start: at, End: at}})
	}
	return out
}

func given(pairs ...string) model.Env {
	env := model.Env{}
	for i := 0; i < len(pairs); i += 2 {
		env = env.With(pairs[i], model.KnownText(pairs[i+1], model.Hop{Kind: model.KindProcess, What: pairs[i]}))
	}
	return env
}

// show describes a value. A text that stands for a key is not shown.
func show(v model.Value) string {
	var out strings.Builder
	switch v.State {
	case model.Known:
		text := v.Text.Reveal()
		if strings.Contains(text, "CANARY") {
			text = "<key>"
		}
		fmt.Fprintf(&out, "%q", text)
	case model.Absent:
		out.WriteString("absent")
	case model.Unknown:
		out.WriteString(string(v.Why))
		for _, c := range v.Alternatives {
			out.WriteString(" | " + show(c))
		}
	}
	for _, h := range v.Trail.Hops() {
		fmt.Fprintf(&out, " <%s %s %s", h.Kind, h.What, h.At)
		if h.Literal {
			out.WriteString(" literal")
		}
	}
	for _, l := range v.Losers {
		place := l.At().String()
		if place == "" {
			place = l.Value.Trail.Last().Kind
		}
		out.WriteString(" over " + place)
	}
	return out.String()
}

func showEnv(env model.Env) map[string]string {
	out := map[string]string{}
	for name, v := range env.All() {
		out[name] = show(v)
	}
	return out
}

func ptr[T any](v T) *T { return &v }

func TestLoad(t *testing.T) {
	tests := []struct {
		name string
		step Step
		want map[string]string
	}{
		{
			"one file",
			Step{Files: memory{".env": []byte("# c\nexport A=a\nB='b'\n")}, Names: list(".env"), Dialect: Godotenv},
			map[string]string{"A": `"a" <dotenv A .env:2:8 literal`, "B": `"b" <dotenv B .env:3:1 literal`},
		},
		{
			"later files win",
			Step{Files: memory{".env": []byte("A=a\nB=b\n"), "x/.env": []byte("\nA=c\n")}, Names: list(".env", "./x/.env"), Dialect: Node, Layered: true},
			map[string]string{"A": `"c" <dotenv A x/.env:2:1 literal over .env:1:1`, "B": `"b" <dotenv B .env:2:1 literal`},
		},
		{
			"the last definition of a file wins",
			Step{Files: memory{".env": []byte("A=a\nA=b\nA=c\n")}, Names: list(".env"), Dialect: Godotenv},
			map[string]string{"A": `"c" <dotenv A .env:3:1 literal over .env:2:1 over .env:1:1`},
		},
		{
			"what is set already stays, with godotenv",
			Step{Files: memory{".env": []byte("A=a\n")}, Names: list(".env"), Dialect: Godotenv, Env: given("A", "p")},
			map[string]string{"A": `"p" <process A  over .env:1:1`},
		},
		{
			"even when it is empty",
			Step{Files: memory{".env": []byte("A=a\n")}, Names: list(".env"), Dialect: Python, Env: given("A", "")},
			map[string]string{"A": `"" <process A  over .env:1:1`},
		},
		{
			"but not with the expanders of npm",
			Step{Files: memory{".env": []byte("A=a\n")}, Names: list(".env"), Dialect: NodeExpand, Env: given("A", "")},
			map[string]string{"A": `ambiguous | "" <process A  | "a" <dotenv A .env:1:1 literal <process A  over .env:1:1`},
		},
		{
			"the file replaces it, with bash",
			Step{Files: memory{".env": []byte("A=a\n")}, Names: list(".env"), Dialect: Bash, Env: given("A", "p")},
			map[string]string{"A": `"a" <dotenv A .env:1:1 literal over process`},
		},
		{
			"or when the user says so",
			Step{Files: memory{".env": []byte("A=a\n")}, Names: list(".env"), Dialect: Godotenv, Override: ptr(true), Env: given("A", "p")},
			map[string]string{"A": `"a" <dotenv A .env:1:1 literal over process`},
		},
		{
			"a value made of others",
			Step{Files: memory{".env": []byte("A=a\nB=b\nC=\"x${A}${B}${A}\"\nD=${C}\n")}, Names: list(".env"), Dialect: Godotenv},
			map[string]string{
				"A": `"a" <dotenv A .env:1:1 literal`, "B": `"b" <dotenv B .env:2:1 literal`,
				"C": `"xaba" <dotenv A .env:1:1 literal <dotenv B .env:2:1 literal <dotenv C .env:3:1`,
				"D": `"xaba" <dotenv A .env:1:1 literal <dotenv B .env:2:1 literal <dotenv C .env:3:1 <dotenv D .env:4:1`,
			},
		},
		{
			"a variable that is not set leaves the text a literal",
			Step{Files: memory{".env": []byte("A=x$NONE\n")}, Names: list(".env"), Dialect: Godotenv},
			map[string]string{"A": `"x" <dotenv A .env:1:1 literal`},
		},
		{
			"a default has its own hop",
			Step{Files: memory{".env": []byte("A=${NONE:-d}\n")}, Names: list(".env"), Dialect: Compose},
			map[string]string{"A": `"d" <default NONE .env:1:3 literal <dotenv A .env:1:1`},
		},
		{
			"an unknown variable makes the value unknown, whatever it is asked",
			Step{
				Files: memory{".env": []byte("A=${S}\nB=${S:-d}\nC=${S:+x}\nD=${A}!\n")}, Names: list(".env"), Dialect: Bash,
				Env: model.Env{}.With("S", model.UnknownBecause(model.WhyCISecret, "secrets.S", model.Trail{})),
			},
			map[string]string{
				"A": "ci-secret <dotenv A .env:1:1", "B": "ci-secret <dotenv B .env:2:1", "C": "ci-secret <dotenv C .env:3:1",
				"D": "ci-secret <dotenv A .env:1:1 <dotenv D .env:4:1", "S": "ci-secret",
			},
		},
		{
			"an ambiguous variable gives one candidate for each of its own",
			Step{
				Files: memory{".env": []byte("A=${S:-d}x\n")}, Names: list(".env"), Dialect: Bash,
				Env: model.Env{}.With("S", model.Ambiguous("a decision", model.KnownText("1", model.Hop{}), model.KnownText("2", model.Hop{}), model.Value{State: model.Absent})),
			},
			map[string]string{
				"A": `ambiguous | "1x" <   <dotenv A .env:1:1 | "2x" <   <dotenv A .env:1:1 | "dx" <default S .env:1:3 literal <dotenv A .env:1:1`,
				"S": `ambiguous | "1" <   | "2" <   | absent`,
			},
		},
		{
			"compose takes a bare name from outside",
			Step{Files: memory{".env": []byte("A\nB\nC=${A}\n")}, Names: list(".env"), Dialect: Compose, Env: given("A", "p")},
			map[string]string{"A": `"p" <process A  <dotenv A .env:1:1`, "C": `"p" <process A  <dotenv C .env:3:1`},
		},
		{
			"later files of compose see the earlier ones, those of godotenv do not",
			Step{Files: memory{"1": []byte("A=a\n"), "2": []byte("B=x$A\n")}, Names: list("1", "2"), Dialect: Compose},
			map[string]string{"A": `"a" <dotenv A 1:1:1 literal`, "B": `"xa" <dotenv A 1:1:1 literal <dotenv B 2:1:1`},
		},
		{
			"godotenv",
			Step{Files: memory{"1": []byte("A=a\n"), "2": []byte("B=x$A\n")}, Names: list("1", "2"), Dialect: Godotenv},
			map[string]string{"A": `"a" <dotenv A 1:1:1 literal`, "B": `"x" <dotenv B 2:1:1 literal`},
		},
		{
			"with nobody named, all agree",
			Step{Files: memory{".env": []byte("A=a\nB=\"b c\"\n")}, Names: list(".env"), Env: given("A", "a", "Z", "z")},
			map[string]string{"A": `"a" <process A  over .env:1:1`, "B": `"b c" <dotenv B .env:2:1 literal`, "Z": `"z" <process Z `},
		},
		{
			"with nobody named, the readers disagree",
			Step{Files: memory{".env": []byte("A=a#b\n")}, Names: list(".env")},
			map[string]string{"A": `ambiguous | "a#b" <dotenv A .env:1:1 literal | "a" <dotenv A .env:1:1 literal <dotenv A .env:1:1 literal`},
		},
		{
			"with nobody named, something else is set already",
			Step{Files: memory{".env": []byte("A=a\n")}, Names: list(".env"), Env: given("A", "p")},
			map[string]string{"A": `ambiguous | "p" <process A  | "a" <dotenv A .env:1:1 literal <process A  over .env:1:1`},
		},
		{
			"then the user decides",
			Step{Files: memory{".env": []byte("A=a\n")}, Names: list(".env"), Override: ptr(false), Env: given("A", "p")},
			map[string]string{"A": `"p" <process A  over .env:1:1`},
		},
		{
			"a name that only some readers see",
			Step{Files: memory{".env": []byte("a-b=1\nA=a\n")}, Names: list(".env")},
			map[string]string{"A": `"a" <dotenv A .env:2:1 literal`, "a-b": `"1" <dotenv a-b .env:1:1 literal`},
		},
		{
			"encrypted by SOPS",
			Step{Files: memory{".env": []byte("A=ENC[AES256_GCM,data:CANARY,type:str]\nB=b\nsops_version=3.9.0\n")}, Names: list(".env"), Dialect: Godotenv},
			map[string]string{"A": "encrypted <dotenv A .env:1:1", "B": `"b" <dotenv B .env:2:1 literal`},
		},
		{
			"encrypted by dotenvx",
			Step{Files: memory{".env": []byte("A=\"encrypted:BCANARY\"\n")}, Names: list(".env")},
			map[string]string{"A": "encrypted <dotenv A .env:1:1"},
		},
		{
			"a PEM block without quotes is one value and no names",
			Step{Files: memory{".env": []byte("A=-----BEGIN CANARY KEY-----\nabc=\n-----END CANARY KEY-----\nB=b\n")}, Names: list(".env"), Dialect: Docker},
			map[string]string{},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Load(tt.step)
			if tt.name == "a PEM block without quotes is one value and no names" {
				for _, name := range got.Env.Names() {
					if name == "abc" {
						t.Fatal("a line of the key became a variable")
					}
				}
				return
			}
			if diff := cmp.Diff(tt.want, showEnv(got.Env)); diff != "" {
				t.Errorf("environment (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLoadProblems: what is wrong is said once, at its place, with what to do.
func TestLoadProblems(t *testing.T) {
	big := strings.Repeat("#", maxFile+1)
	tests := []struct {
		name string
		step Step
		want []string
		gaps []string
		env  map[string]string
	}{
		{
			"a file that is not there may define anything",
			Step{Layered: true, Files: memory{".env": []byte("A=a\n"), "3": []byte("B=b\n")}, Names: list(".env", "gone", "3"), Dialect: Node, Env: given("P", "p")},
			[]string{`keyfit.yaml:11:5: "gone" no such file`},
			[]string{"gone keyfit.yaml:11:5"},
			map[string]string{"A": "missing-file <dotenv A .env:1:1 literal", "B": `"b" <dotenv B 3:1:1 literal`, "P": `"p" <process P `},
		},
		{
			"a file that is not there may have been the first to define a name",
			Step{Files: memory{"2": []byte("B=b\n")}, Names: list("gone", "2"), Dialect: Node},
			[]string{`keyfit.yaml:10:5: "gone" no such file`},
			[]string{"gone keyfit.yaml:10:5"},
			map[string]string{"B": "missing-file <dotenv B 2:1:1 literal"},
		},
		{
			"binary",
			Step{Files: memory{".env": []byte("A=a\x00\n")}, Names: list(".env"), Dialect: Node},
			[]string{`keyfit.yaml:10:5: ".env" is binary, expected text`}, []string{".env keyfit.yaml:10:5"}, map[string]string{},
		},
		{
			"too large",
			Step{Files: memory{".env": []byte(big)}, Names: list(".env"), Dialect: Node},
			[]string{`keyfit.yaml:10:5: ".env" is larger than 4 MiB, the limit for a .env file`}, []string{".env keyfit.yaml:10:5"}, map[string]string{},
		},
		{
			"not text",
			Step{Files: memory{".env": []byte("A=a\nB=b\xff\n")}, Names: list(".env"), Dialect: Godotenv},
			[]string{".env:2:4: is not valid UTF-8 text here"}, nil,
			map[string]string{"A": `"a" <dotenv A .env:1:1 literal`, "B": "unsupported <dotenv B .env:2:1"},
		},
		{
			"a file that the reader refuses",
			Step{Files: memory{".env": []byte("A=a\nB=\"b\nC=c\n")}, Names: list(".env"), Dialect: Godotenv, Env: given("A", "p", "Z", "z")},
			[]string{".env:2:1: godotenv refuses the file here: a quote is opened and not closed"},
			[]string{".env .env:2:1"},
			map[string]string{"A": `"p" <process A  over .env:1:1`, "B": "missing-file <dotenv B .env:2:1", "C": "missing-file <dotenv C .env:3:1", "Z": `"z" <process Z `},
		},
		{
			"a script hides everything",
			Step{Files: memory{".env": []byte("A=a\nif true; then B=b; fi\n")}, Names: list(".env"), Dialect: Bash, Env: given("Z", "z")},
			[]string{".env:2:1: " + isScript},
			[]string{".env .env:2:1"},
			map[string]string{"A": "unsupported <dotenv A .env:1:1", "Z": "unsupported <process Z "},
		},
		{
			"a line that the reader leaves out",
			Step{Files: memory{".env": []byte("A=a\njunk\n")}, Names: list(".env"), Dialect: Node},
			[]string{".env:2:1: dotenv leaves this line out: expected NAME=value"}, nil,
			map[string]string{"A": `"a" <dotenv A .env:1:1 literal`},
		},
		{
			"with nobody named, a reader that refuses is not the one",
			Step{Files: memory{".env": []byte("A=a b\n")}, Names: list(".env")},
			[]string{".env:1:5: one reader is out of the question: " + runsCommand}, nil,
			map[string]string{"A": `"a b" <dotenv A .env:1:1 literal`},
		},
		{
			"with nobody named, two of them",
			Step{Files: memory{".env": []byte("A=a b\nC-D=x;\njunk\n")}, Names: list(".env")},
			[]string{
				".env:1:5: one reader is out of the question: " + runsCommand,
				`.env:2:2: one reader is out of the question: godotenv refuses the file here: expected a name of letters, digits, "_" and ".", then "="`,
			}, nil,
			map[string]string{"A": `"a b" <dotenv A .env:1:1 literal`, "C-D": `"x;" <dotenv C-D .env:2:1 literal`},
		},
		{
			"a key in lines without quotes",
			Step{Files: memory{".env": []byte("A=-----BEGIN CANARY KEY-----\nabc=\n-----END CANARY KEY-----\n")}, Names: list(".env"), Dialect: Node},
			[]string{".env:2:1: is a line of a key that is not in quotes; it is read as a variable of its own", ".env:3:1: dotenv leaves this line out: expected NAME=value"}, nil,
			map[string]string{"A": `"<key>" <dotenv A .env:1:1 literal`},
		},
		{
			"a name that nobody reads",
			Step{Files: memory{".env": []byte("\"A\"=a\n")}, Names: list(".env"), Dialect: Docker},
			[]string{".env:1:1: sets a variable with a name that no program reads"}, nil, map[string]string{},
		},
		{
			"set in the background",
			Step{Files: memory{".env": []byte("A=x?a=1&B=2\n")}, Names: list(".env"), Dialect: Bash},
			[]string{".env:1:1: " + inBackground}, nil,
			map[string]string{"B": `"2" <dotenv B .env:1:9 literal`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Load(tt.step)
			var problems, gaps []string
			for _, p := range got.Problems {
				problems = append(problems, p.At.String()+": "+p.Message)
				if p.Fix == "" {
					t.Errorf("%s: says nothing about what to do", p.At)
				}
			}
			for _, g := range got.Gaps {
				gaps = append(gaps, g.File+" "+g.At.String())
			}
			if diff := cmp.Diff(tt.want, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.gaps, gaps); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.env, showEnv(got.Env)); diff != "" {
				t.Errorf("environment (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLoadFromDisk: what a repository refuses to read is a problem, and hides what it
// may replace.
func TestLoadFromDisk(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile(filepath.Join(outside, "secret.env"), []byte("A=outside\n"), 0o600))
	must(os.Symlink(filepath.Join(outside, "secret.env"), filepath.Join(root, "link")))
	must(os.Mkdir(filepath.Join(root, "dir"), 0o700))
	must(os.WriteFile(filepath.Join(root, ".env"), []byte("A=a\n"), 0o600))
	tree, err := repo.Open(root)
	must(err)
	defer tree.Close()

	got := Load(Step{Files: tree, Names: list(".env", "link", "dir", "../up", filepath.Join(root, ".env")), Dialect: Compose, Env: given("Z", "z")})
	var problems []string
	for _, p := range got.Problems {
		problems = append(problems, p.At.String()+": "+p.Message)
	}
	want := []string{
		`keyfit.yaml:11:5: "link" lies outside the repository`,
		`keyfit.yaml:12:5: "dir" is a directory, expected a file`,
		`keyfit.yaml:13:5: "../up" lies outside the repository`,
	}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	wantEnv := map[string]string{
		"A": `"a" <dotenv A .env:1:1 literal over .env:1:1`,
		"Z": "missing-file <process Z ",
	}
	if diff := cmp.Diff(wantEnv, showEnv(got.Env)); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	if len(got.Gaps) != 3 {
		t.Errorf("%d gaps, want 3", len(got.Gaps))
	}
}

// TestNeedsSayWhatToWrite: an ambiguous value names the line that decides.
func TestNeedsSayWhatToWrite(t *testing.T) {
	tests := []struct{ text, env, want string }{
		{"A=a#b\n", "", "dotenv: {files: [.env], dialect: …}"},
		{"A=a\n", "p", "override: true"},
	}
	for _, tt := range tests {
		env := model.Env{}
		if tt.env != "" {
			env = given("A", tt.env)
		}
		got := Load(Step{Files: memory{".env": []byte(tt.text)}, Names: list(".env"), Env: env})
		if needs := got.Env.Get("A").Needs; !strings.Contains(needs, tt.want) {
			t.Errorf("%q: needs %q, want it to name %q", tt.text, needs, tt.want)
		}
	}
}

func TestDialects(t *testing.T) {
	for _, d := range Dialects() {
		got, ok := ParseDialect(string(d))
		if !ok || got != d {
			t.Errorf("ParseDialect(%q) = %q, %v", d, got, ok)
		}
		if r := rulesOf(d); r.dialect != d || r.lex == nil || r.values == nil || r.reader == "" {
			t.Errorf("%s: its rules are incomplete", d)
		}
	}
	for _, word := range []string{"", "ruby", "Godotenv"} {
		if _, ok := ParseDialect(word); ok {
			t.Errorf("ParseDialect(%q) is a dialect", word)
		}
	}
	for _, d := range undecided() {
		if !slices.Contains(Dialects(), d) {
			t.Errorf("%q is asked and is no dialect", d)
		}
	}
}
