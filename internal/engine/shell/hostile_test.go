package shell

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/model"
)

// TestHostile follows scripts that are written to never end, or to fill the memory.
func TestHostile(t *testing.T) {
	for _, tc := range []struct {
		name, script string
		limited      bool // a problem must say so
	}{
		{"an endless loop", "while true; do :; done", true},
		{"an endless loop without commands", "for ((;;)); do ((x+=1)); done", true},
		{"an endless loop with an unknown way out", "while true; do curl x && break; sleep 1; done", false},
		{"a loop that waits for nothing", "until false; do sleep 1; done", true},
		{"a text that doubles", "x=aaaaaaaaaaaaaaaa; while true; do x=$x$x; done", true},
		{"a text that triples in a function", "f() { x=$x$x$x; f; }; x=abc; f", true},
		{"recursion", "f() { f; }; f", true},
		{"recursion that forks", "f() { if curl x; then f; else f; fi; }; f", true},
		{"recursion through eval", "e='eval \"$e\"'; eval \"$e\"", true},
		{"a cyclic source", ". ./deploy.sh", true},
		{"a script that starts itself", "./deploy.sh", true},
		{"a script that starts itself twice", "./deploy.sh & ./deploy.sh", true},
		{"a fork bomb", ":(){ :|:& };:", true},
		{"a fork bomb with a name", "bomb() { bomb | bomb & }; bomb", true},
		{"a large brace expansion", "echo {1..100000000}", true},
		{"brace expansions within each other", "echo {a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", true},
		{"a wide printf", "x=$(printf '%1000000000d' 1); export x", false},
		{"seq without end", "for i in $(seq 1 1000000000); do x=$i; done", false},
		{"a large array index", "a[99999999999]=1; a[2147483646]=x; export b=${a[2147483646]}", false},
		{"an array that grows", "while true; do a+=(x y z); done", true},
		{"a replacement that grows", "x=aaaaaaaaaa; for i in 1 2 3 4 5 6 7 8 9; do x=${x//a/aaaaaaaaaa}; done", false},
		{"a pattern that is slow", "x=" + strings.Repeat("a", 3000) + "; y=${x##*a*a*a*a*a*a*a*b}; z=${x//*a*a*a*b/}", false},
		{"a case of stars", "x=$(curl a)" + strings.Repeat("a", 1000) + "; case $x in " + strings.Repeat("*a", 100) + "b) y=1;; esac", false},
		{"deep parentheses", strings.Repeat("(", 5000) + "true" + strings.Repeat(")", 5000), false},
		{"very deep parentheses in one line", strings.Repeat("$(", 1400) + "x" + strings.Repeat(")", 1400), false},
		{"deep ifs", strings.Repeat("if true; then ", 3000) + ":" + strings.Repeat("; fi", 3000), true},
		{"deep expansions", "x=" + strings.Repeat("${y:-", 1400) + "z" + strings.Repeat("}", 1400), true},
		{"deep arithmetic", "x=$((" + strings.Repeat("(", 1400) + "1" + strings.Repeat(")", 1400) + "))", true},
		{"arithmetic on itself", "a=b; b=a; x=$((a))", false},
		{"references in a circle", "declare -n a=b; declare -n b=a; a=1; export x=$a", false},
		{"many forks", strings.Repeat("if curl x; then A=1; else A=2; fi; B=$B$A\n", 2000), false},
		{"forks within forks", strings.Repeat("if curl x; then A=1$A; else A=2; ", 200) + strings.Repeat("fi; ", 200), false},
		{"loops within loops", "for a in {1..100}; do for b in {1..100}; do for c in {1..100}; do x=$a$b$c; done; done; done", true},
		{"a cmdsubst bomb", "f() { echo $(f)$(f); }; f", true},
		{"a long pipe", strings.Repeat("cat | ", 3000) + "cat", false},
		{"a here-document that grows", "x=a; for i in {1..40}; do x=$(cat <<E\n$x$x\nE\n); done", true},
		{"a file that grows", "while true; do cat f f > g; cat g >> f; echo x >> f; done", true},
		{"xargs without end", "while true; do echo x | xargs show; done", true},
		{"a trap that exits", "trap 'exit 1' EXIT; trap 'f' ERR; exit 2", false},
		{"a trap that calls itself", "f() { f; }; trap f EXIT; exit", true},
		{"getopts without end", "while getopts a: o -a; do OPTIND=1; done", false},
		{"reading for ever", "while read -r x; do y=$y$x; done < /dev/zero", false},
		{"a variable of many names", "eval \"$(for i in {1..3000}; do echo V$i=1; done)\"; export V1", false},
		{"nul and strange bytes", "x=$'\\x00\\xff\\xfe'; export x; echo \x01\x02 \"\xff\xfe\"", false},
		{"a syntax error", "export A=1\nif then fi (((\nexport B=2", false},
		{"nothing closes", "x=\"$(echo ${a", false},
		{"a large script", strings.Repeat("x=1\n", 200_000), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := testCase{files: map[string]string{"deploy.sh": "#!/bin/bash\n" + tc.script + "\n", "f": "text\n"}, line: "./deploy.sh"}
			in := newBench(t, c).step(t, c)
			in.Limits = Limits{Steps: 20_000, Loop: 1000, Memory: 32 << 20, Text: 256 << 10} // for the tests' own sake
			start := time.Now()
			got, err := Run(context.Background(), in)
			must(t, err)
			if d := time.Since(start); d > 15*time.Second {
				t.Errorf("took %s", d)
			}
			if tc.limited && len(got.Problems) == 0 {
				t.Error("no problem says that a limit was reached")
			}
			for _, p := range got.Problems {
				if p.Message == ownMistake {
					t.Error("a panic")
				}
				if p.At.File == "" {
					t.Errorf("a problem without a place: %s", p.Message)
				}
			}
		})
	}
}

// TestMemory bounds what a script that makes much text leaves allocated.
func TestMemory(t *testing.T) {
	c := testCase{files: map[string]string{"deploy.sh": "#!/bin/bash\nx=aaaaaaaaaaaaaaaa\nwhile true; do x=$x$x; y[${#x}]=$x; done\n"}, line: "./deploy.sh"}
	b := newBench(t, c)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.ours(t, c)
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<30 {
		t.Errorf("%d MiB were allocated in all", grown>>20)
	}
}

// TestCancelled gives the context's own error.
func TestCancelled(t *testing.T) {
	c := testCase{files: map[string]string{"deploy.sh": "#!/bin/bash\nshow\n"}, line: "./deploy.sh"}
	b := newBench(t, c)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, b.step(t, c)); err == nil {
		t.Error("no error after the context has ended")
	}
}

// TestLimitIsUnknown: what a limit cuts off is unknown, with that reason.
func TestLimitIsUnknown(t *testing.T) {
	c := testCase{files: map[string]string{}, line: "export A=1; f() { f; }; f; export B=2"}
	got := newBench(t, c).ours(t, c)
	for _, name := range []string{"A", "B", "ANY"} {
		if v := got.Env.Get(name); v.State != model.Unknown {
			t.Errorf("%s is %s, not unknown", name, v.State)
		}
	}
}
