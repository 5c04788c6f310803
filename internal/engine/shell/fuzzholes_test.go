package shell

import (
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// FuzzHoles follows any text with pasted values in it: it must end without a panic, no
// known value may hold the word of a hole, and a known hole is what its text is.
func FuzzHoles(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(scriptWithHoles(seed, seed%2 == 0).line, "a-b", seed%2 == 0)
	}
	for _, s := range []string{"$0 ${0} ${1:0} $((0+1)) {0,1} 0=1 1+=(0) 0() { 1; }", "<<0\n1\n0\n", "export 0=1 A0; for 0 in 1; do 0; done", "echo 0>f 1>&0 <0", "\"\\0\" '0' $'\\0' \\1 ~0 ~1/0 0~ 0#", "case 0 in 0|1) ;; [0-1]) esac", "[[ 0 =~ 1 && -v 0 ]]; ((0++)); let 1=0", "eval \"0='$1'\"; . 0; bash -c 0", "0&0\x86", "()0"} {
		f.Add(strings.NewReplacer("0", string(DefaultHole), "1", string(DefaultHole+1)).Replace(s), "x;y", false)
	}
	tree, err := repo.Open(f.TempDir())
	must(f, err)
	f.Fuzz(func(t *testing.T, script, text string, sh bool) {
		in := Step{
			Line: script, Sh: sh, Holes: []model.Value{secretHole("S"), knownHole(text), secretHole("T"), secretHole("U"), secretHole("V")},
			Channels: []string{"F"}, Root: []string{"R"}, Capture: true, Elsewhere: true,
			Limits: Limits{Steps: 2000, Depth: 20, Loop: 50, Text: 64 << 10, Memory: 8 << 20, Time: 2 * time.Second},
		}
		start := time.Now()
		check := func(in Step) Outcome {
			in.Files = repo.NewOverlay(tree)
			out, err := Follow(t.Context(), in)
			must(t, err)
			for _, p := range out.Problems {
				if p.Message == ownMistake {
					t.Fatal("a panic")
				}
			}
			return out
		}
		out := check(in)
		if !strings.Contains(script+text, holeMark) {
			noMarks(t, out)
		}
		in.Line = withTexts(script, []string{string(DefaultHole), text})
		if strings.ContainsRune(text, DefaultHole+1) {
			return
		}
		in.Holes[1] = model.Value{}
		pasted := check(in)
		if len(pasted.Commands) != len(out.Commands) && time.Since(start) < time.Second {
			t.Errorf("%d commands, and %d when the text stands in the script", len(out.Commands), len(pasted.Commands))
		}
	})
}
