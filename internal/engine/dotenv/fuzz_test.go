package dotenv

import (
	"strings"
	"testing"

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

// FuzzBash: a file that counts as read has nothing but assignments in it, so every
// value has a place and a state that can be told.
func FuzzBash(f *testing.F) {
	seedOdd(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, a := range Parse("x.env", data, Bash, nil).Assignments {
			if a.Value.State == model.Known && !strings.Contains(string(data), a.Name) {
				t.Fatal("a known value of a name that the file does not hold")
			}
		}
	})
}
