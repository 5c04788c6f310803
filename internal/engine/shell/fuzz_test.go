package shell

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/model"
)

// FuzzScript follows any text: it must end without a panic. A text that the generator
// makes from its seed is compared with bash as well.
func FuzzScript(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(generate(seed, seed%2 == 0).files["deploy.sh"], seed)
	}
	for _, s := range []string{
		"export A=${B:-$(echo x)}; . ./f", "case $x in (a|b) ;; *) esac", "x=(1 2); echo \"${x[@]/1/2}\"", "cat <<-E\n\t$a\n\tE\n",
		"eval \"$(cat f)\"", "f() { return; }; f | while read -r x; do :; done", "printf -v x %5.2s abc", "[[ a =~ (a)(b)? ]]",
		"echo {1..3}{a,b} ~ $'\\n' $\"x\"", "declare -A m=([a b]=c); export x=${m[a b]}", "trap 'x' EXIT; exit 3", "sed -n '1,$p;s/a/b/g' f",
		"echo $((1+(2*3)**2%5))", "while getopts ab: o; do :; done", "read -r a b <<< 'x y'", "${a?}", "((", "$(", "`", "<<E", ">&", "!", "{ }", "time -p !",
	} {
		f.Add(s, uint64(1000))
	}
	_, err := exec.LookPath("bash")
	f.Fuzz(func(t *testing.T, script string, seed uint64) {
		c := testCase{files: map[string]string{"deploy.sh": "#!/bin/bash\n" + script, "f": "export F=1\n", "sh.sh": "#!/bin/sh\n" + script}, line: "./deploy.sh; ./sh.sh"}
		b := newBench(t, c)
		in := b.step(t, c)
		in.Limits = Limits{Steps: 2000, Depth: 20, Loop: 50, Text: 64 << 10, Memory: 8 << 20, Time: 2 * time.Second}
		start := time.Now()
		out, runErr := Follow(t.Context(), in)
		if runErr != nil {
			t.Fatal(runErr)
		}
		if d := time.Since(start); d > 8*time.Second {
			t.Fatalf("took %s", d)
		}
		for _, p := range out.Problems {
			if p.Message == ownMistake {
				t.Fatal("a panic")
			}
		}
		in.Line, in.Channels, in.Capture, in.Elsewhere = strings.NewReplacer("x", string(DefaultHole), "A", string(DefaultHole+1)).Replace(script), []string{"F"}, true, true
		in.Holes = []model.Value{secretHole("X"), knownHole("A")}
		if out, runErr = Follow(t.Context(), in); runErr != nil {
			t.Fatal(runErr)
		}
		if !strings.Contains(script, holeMark) {
			noMarks(t, out)
		}
		for _, p := range out.Problems {
			if p.Message == ownMistake {
				t.Fatal("a panic")
			}
		}
		if seed >= 1000 || err != nil {
			return
		}
		g := generate(seed, true)
		gb := newBench(t, g)
		errs, _ := compare(g, gb.ours(t, g), gb.real(t, g, behaviours()[seed%uint64(len(behaviours()))]))
		for _, e := range errs {
			t.Errorf("%s\n%s", e, g.files["deploy.sh"])
		}
	})
}
