package dotenv

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/keyfit/keyfit/internal/model"
)

func seedOdd(f *testing.F) {
	for _, c := range oddCases(f) {
		f.Add([]byte(c.Text))
	}
	for _, s := range generated(50, 99) {
		f.Add(s.Text)
	}
}

// fuzzed makes a sample of what the fuzzer gives; it reports false for what no reader
// is asked about.
func fuzzed(data []byte) (sample, bool) {
	s := sample{Name: "fuzz", Text: data, Env: map[string]string{"OUT": "outside", "A": "outer A", "EMPTY": ""}}
	return s, len(data) < 4096 && !strings.Contains(string(data), "\x00")
}

// against holds one dialect against a reader that is written in Go.
func against(t *testing.T, d Dialect, data []byte) {
	s, ok := fuzzed(data)
	if !ok {
		return
	}
	truth := askGo([]sample{s})[0][string(d)]
	ours, unreadable := parsed(s, d)
	var sc score
	sc.compare(s, ours, unreadable, truth)
	if len(sc.wrong) > 0 {
		t.Fatal(sc.wrong[0])
	}
	if unreadable != truth.Refused {
		t.Fatalf("unreadable is %v, and the real reader refuses: %v", unreadable, truth.Refused)
	}
}

// FuzzGodotenv: what is known is what godotenv gives, and it refuses the same files.
func FuzzGodotenv(f *testing.F) {
	seedOdd(f)
	f.Fuzz(func(t *testing.T, data []byte) { against(t, Godotenv, data) })
}

// FuzzCompose: the same with compose-go.
func FuzzCompose(f *testing.F) {
	seedOdd(f)
	f.Fuzz(func(t *testing.T, data []byte) { against(t, Compose, data) })
}

// FuzzDocker: the same with the reader of the docker command.
func FuzzDocker(f *testing.F) {
	seedOdd(f)
	f.Fuzz(func(t *testing.T, data []byte) { against(t, Docker, data) })
}

// FuzzLoad: no dialect panics, and with nobody named nothing is known that one of the
// readers in Go, which takes the file, would hand over otherwise.
func FuzzLoad(f *testing.F) {
	seedOdd(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, ok := fuzzed(data)
		if !ok {
			return
		}
		for _, d := range Dialects() {
			loaded(t, s, d, nil)
		}
		answers := askGo([]sample{s})[0]
		ours, gaps := loaded(t, s, "", nil)
		var sc score
		for _, reader := range []string{"godotenv", "compose"} {
			if truth := likely(s, answers)[reader]; !truth.Refused {
				sc.compare(s, ours, gaps > 0, sane(truth))
			}
		}
		for _, wrong := range sc.wrong {
			if meant := strings.Contains(string(data), "-----BEGIN ") || strings.Contains(string(data), "sops_"); !meant || !strings.Contains(wrong, "missing") {
				t.Fatal(wrong)
			}
		}
	})
}

// FuzzBash: the grammar of the shell, in an independent implementation, sees nothing but
// assignments in a file that counts as read, and gives every known value the same text.
func FuzzBash(f *testing.F) {
	seedOdd(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		ours := Parse("x.env", data, Bash, nil)
		if ours.Unreadable || len(data) > 4096 || !utf8.Valid(data) || bytes.ContainsAny(data, "\r\x00\\") {
			return // the other implementation has its own mind about \r and backslashes
		}
		file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(bytes.NewReader(data), "")
		if err != nil {
			return // it refuses more than bash does
		}
		theirs := shellAssignments(t, file)
		if len(theirs) != len(ours.Assignments) {
			t.Fatalf("%d assignments, and %d by the grammar of the shell", len(ours.Assignments), len(theirs))
		}
		compareShell(t, ours.Assignments, theirs)
	})
}

// shellAssignments lists the assignments of a file, and fails on anything else in it.
func shellAssignments(t *testing.T, file *syntax.File) []*syntax.Assign {
	var out []*syntax.Assign
	for _, s := range file.Stmts {
		if s.Negated || s.Coprocess || len(s.Redirs) > 0 {
			t.Fatal("a file with more than assignments in it counts as read")
		}
		if s.Background {
			continue
		}
		switch c := s.Cmd.(type) {
		case *syntax.CallExpr:
			if len(c.Args) > 0 && c.Args[0].Lit() != "set" {
				t.Fatal("a file with a command in it counts as read")
			}
			out = append(out, c.Assigns...)
		case *syntax.DeclClause:
			for _, a := range c.Args {
				if !a.Naked || isBashOwn(a.Name.Value) || isBashDefault(a.Name.Value) {
					out = append(out, a)
				}
			}
		default:
			t.Fatal("a file with a construct of the shell in it counts as read")
		}
	}
	return out
}

// compareShell holds the known values against the expansion of the other implementation.
func compareShell(t *testing.T, ours []Assignment, theirs []*syntax.Assign) {
	vars := map[string]string{}
	for i, a := range theirs {
		if a.Name.Value != ours[i].Name {
			t.Fatal("another name than by the grammar of the shell")
		}
		var pairs []string
		for name, text := range vars {
			pairs = append(pairs, name+"="+text)
		}
		text, err := expand.Literal(&expand.Config{Env: expand.ListEnviron(pairs...)}, a.Value)
		if err != nil || ours[i].Value.State != model.Known {
			return // what follows may use it
		}
		if a.Append {
			text = vars[a.Name.Value] + text
		}
		if ours[i].Value.Text.Reveal() != text {
			t.Fatalf("%q has another text than by the grammar of the shell", ours[i].Name)
		}
		vars[a.Name.Value] = text
	}
}
