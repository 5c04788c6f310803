package cli

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

func TestNoObject(t *testing.T) {
	for id, want := range map[string]bool{noCommit: true, strings.Repeat("0", 64): true, oneCommit: false, "0": false, "": false, strings.Repeat("0", 41): false} {
		if isNoObject(id) != want {
			t.Errorf("isNoObject(%q) is not %v", id, want)
		}
	}
}
