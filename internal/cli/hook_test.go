package cli

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/docs"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/repo"
)

const (
	oneCommit   = "1111111111111111111111111111111111111111"
	otherCommit = "2222222222222222222222222222222222222222"
	noCommit    = "0000000000000000000000000000000000000000"
)

func TestUpdates(t *testing.T) {
	long := strings.Repeat("a", 64)
	cases := []struct {
		name, input string
		want        []update
	}{
		{"nothing", "", nil},
		{"a branch", "refs/heads/x " + oneCommit + " refs/heads/x " + otherCommit + "\n", []update{{oneCommit, otherCommit}}},
		{"a new one, without a newline", "refs/heads/x " + oneCommit + " refs/heads/x " + noCommit, []update{{oneCommit, noCommit}}},
		{"two, with carriage returns", "a " + oneCommit + " b " + noCommit + "\r\nc " + otherCommit + " d " + noCommit + "\r\n", []update{{oneCommit, noCommit}, {otherCommit, noCommit}}},
		{"SHA-256", "a " + long + " b " + strings.Repeat("0", 64) + "\n", []update{{long, strings.Repeat("0", 64)}}},
		{"an expression with spaces", ":/fix the bug " + oneCommit + " refs/heads/x " + noCommit + "\n", []update{{oneCommit, noCommit}}},
		{"one line that is none spoils all", "a " + oneCommit + " b " + noCommit + "\nwhat\n", nil},
		{"an id that is none", "a --output=x b " + noCommit + "\n", nil},
		{"capital letters are no id", "a " + strings.Repeat("A", 40) + " b " + noCommit + "\n", nil},
		{"too much", strings.Repeat("x", maxInput+1), nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := &hook{app: &app{Process: Process{Stdin: strings.NewReader(c.input)}}}
			if diff := cmp.Diff(c.want, h.updates(), cmp.AllowUnexported(update{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestInputThatNeverEnds is a runner of hooks that leaves standard input open.
func TestInputThatNeverEnds(t *testing.T) {
	in, out := io.Pipe()
	defer out.Close()
	h := &hook{app: &app{Process: Process{Stdin: in}}}
	started := time.Now()
	if updates := h.updates(); updates != nil {
		t.Errorf("got %v of an input without an end", updates)
	}
	if took := time.Since(started); took < inputPeriod || took > inputPeriod+5*time.Second {
		t.Errorf("waited %v", took)
	}
	h.StdinTerminal = true
	if text, whole := h.readInput(); text != "" || !whole {
		t.Error("a terminal was read")
	}
}

// TestHookLines holds the manual to the lines that `keyfit hook install` prints.
func TestHookLines(t *testing.T) {
	for _, kind := range []string{prePush, preCommit} {
		if block := "```sh\n" + strings.Join(hookLines(kind), "\n") + "\n```\n"; !strings.Contains(docs.Text("hooks"), block) {
			t.Errorf("docs/hooks.md lacks\n%s", block)
		}
	}
}

func TestLeftOut(t *testing.T) {
	for n, want := range map[int]string{
		0: "", 1: "; 1 finding that was there before does not count", 2: "; 2 findings that were there before do not count",
	} {
		if got := leftOut(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}

func TestNoObject(t *testing.T) {
	for id, want := range map[string]bool{noCommit: true, strings.Repeat("0", 64): true, oneCommit: false, "0": false, "": false, strings.Repeat("0", 41): false} {
		if isNoObject(id) != want {
			t.Errorf("isNoObject(%q) is not %v", id, want)
		}
	}
}

// TestGrouped is one commit for many refs, which is judged once.
func TestGrouped(t *testing.T) {
	in := []update{{oneCommit, otherCommit}, {noCommit, otherCommit}, {oneCommit, noCommit}, {otherCommit, ""}, {oneCommit, otherCommit}, {oneCommit, "HEAD"}}
	for range 3000 {
		in = append(in, update{oneCommit, noCommit})
	}
	want := []*pushed{{oneCommit, []string{otherCommit, "HEAD"}}, {otherCommit, nil}}
	if diff := cmp.Diff(want, grouped(in), cmp.AllowUnexported(pushed{})); diff != "" {
		t.Error(diff)
	}
}

// TestDeployFiles holds the history's view of a deploy's files to that of the hook for commits.
func TestDeployFiles(t *testing.T) {
	data, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), "files: &deploy '"+deployFiles+"'\n") {
		t.Error("deployFiles is not what .pre-commit-hooks.yaml says under files")
	}
}

// TestWithout counts findings off, as often as the old state has them.
func TestWithout(t *testing.T) {
	one := func(message string, about ...string) found {
		f := found{about: about}
		f.ID, f.Variable, f.Message = inPlainText, "A", message
		return f
	}
	cases := []struct {
		name      string
		now, old  []found
		remaining []string
	}{
		{"the same", []found{one("1", "a")}, []found{one("", "a")}, nil},
		{"another value", []found{one("1", "b")}, []found{one("", "a")}, []string{"1"}},
		{"once more", []found{one("1", "a"), one("2", "a")}, []found{one("", "a")}, []string{"2"}},
		{"one of two is mended", []found{one("1", "a")}, []found{one("", "a", "b")}, nil},
		{"one of two is another", []found{one("1", "a", "c")}, []found{one("", "a", "b")}, []string{"1"}},
		{"the exact one first", []found{one("1", "a"), one("2", "a", "b")}, []found{one("", "a", "b"), one("", "a")}, nil},
		{"nothing known of the slot", []found{one("1")}, nil, []string{"1"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, f := range without(c.now, c.old) {
				got = append(got, f.Message)
			}
			if diff := cmp.Diff(c.remaining, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestBrokenConfigurationIsReadLeniently goes through what may be half read.
func TestBrokenConfigurationIsReadLeniently(t *testing.T) {
	const deploy = "export STRIPE_API_KEY=sk_test_CANARY4eC39HqLyjWDarjtT1zdp7dc\n./serve\n"
	const good = "version: 1\nenvironments:\n  staging:\n    deploy:\n      - run: sh deploy.sh\n"
	cases := []struct {
		name, config string
		finds        bool
	}{
		{"an unknown field", good + "what: 1\n", true},
		{"half a key", good + "keys: {STRIPE_API_KEY: , OTHER: {provider: [], expect: {staging: 1}}}\n", true},
		{"half a provider", good + "providers: {x: {forms: [{pattern: '('}]}, y: }\n", true},
		{"steps of nothing", good + "      - {}\n      - run:\n      - helm: {}\n      - helm:\n      - dotenv: {}\n      - dotenv:\n      - terraform: {}\n      - kustomize:\n      - manifests: 1\n      - workflow: {}\n      - gitlab:\n      - jenkins: {}\n      - circleci: {}\n      - azure: {}\n      - bitbucket: {}\n      - buildkite: {}\n      - terraform-plan:\n      - what: 1\n", true},
		{"an environment of nothing", good + "  other:\n  third: 1\n", true},
		{"no mapping", "[1]\n", false},
		{"no YAML", "a: [\n", false},
		{"nothing", "", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			texts := map[string]string{"keyfit.yaml": c.config, "deploy.sh": deploy}
			var objects []repo.Object
			for name, text := range texts {
				objects = append(objects, repo.Object{Path: name, Mode: 0o644, ID: name, Size: int64(len(text))})
			}
			a := &app{Process: Process{Now: time.Now}}
			w := &workspace{catalogue: provider.Catalogue(), files: repo.Snapshot("/x", objects, func(id string) ([]byte, error) { return []byte(texts[id]), nil })}
			if a.configure(w, ".") == nil {
				t.Fatal("the configuration is not broken")
			}
			a.configureLeniently(w, ".")
			result, err := a.pipeline(t.Context(), w, checkOptions{offline: true, noSources: true})
			if err != nil {
				t.Fatal(err)
			}
			if list := inPlain(foundIn(result.document, result.document.Findings)); (len(list) > 0) != c.finds {
				t.Errorf("found %v", findings(list))
			}
		})
	}
}
