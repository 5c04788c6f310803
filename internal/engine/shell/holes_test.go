package shell

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// withHoles makes a step of a script in which <0>, <1> … are holes.
func withHoles(t testing.TB, script string, holes ...model.Value) Step {
	t.Helper()
	c := testCase{files: map[string]string{"data.txt": "x\n", "charts/shop/Chart.yaml": "name: shop\n"}, line: script}
	in := newBench(t, c).step(t, c)
	for i := range holes {
		in.Line = strings.ReplaceAll(in.Line, fmt.Sprintf("<%d>", i), string(DefaultHole+rune(i)))
	}
	in.Holes, in.At = holes, pos.Span{File: "ci.yml", Start: pos.Pos{Line: 1, Column: 1}}
	return in
}

func follow(t testing.TB, in Step) Outcome {
	t.Helper()
	out, err := Follow(context.Background(), in)
	must(t, err)
	for _, p := range out.Problems {
		if p.Message == ownMistake {
			t.Error("a panic")
		}
		if strings.Contains(p.Message+p.Fix, holeMark) {
			t.Errorf("a message shows the word of a hole: %s", p.Message)
		}
	}
	return out
}

func secretHole(name string) model.Value {
	return model.UnknownBecause(model.WhyCISecret, "the secret "+name, model.Trail{}.Append(model.Hop{Kind: model.KindInput, What: name}))
}

func knownHole(text string) model.Value {
	return model.KnownText(text, model.Hop{Kind: model.KindInput, What: "bound"})
}

// told writes a value with its pieces: known text in quotes, an unknown as its need.
func told(v model.Value) string {
	if len(v.Parts) > 0 {
		var out []string
		for _, p := range v.Parts {
			p.Parts = nil
			out = append(out, told(p))
		}
		return strings.Join(out, " ")
	}
	switch {
	case v.State == model.Known:
		return fmt.Sprintf("%q", v.Text.Reveal())
	case v.State == model.Absent:
		return "-"
	case len(v.Alternatives) > 0:
		var out []string
		for _, a := range v.Alternatives {
			out = append(out, told(a))
		}
		return "[" + strings.Join(out, "|") + "]"
	}
	return "?" + strings.TrimPrefix(v.Needs, "the secret ")
}

// words tells the commands of an outcome.
func wordsTold(out Outcome) []string {
	var lines []string
	for _, c := range out.Commands {
		var words []string
		for _, a := range c.Args {
			words = append(words, told(a))
		}
		line := strings.Join(words, " , ")
		if c.Open > 0 {
			line += fmt.Sprintf(" open %d", c.Open)
		}
		lines = append(lines, line)
	}
	return lines
}

// TestHoles: where a pasted value stands in a text, the text has it as a piece; anywhere
// else the result is unknown, and never the word by which the parser knows it.
func TestHoles(t *testing.T) {
	for _, c := range []struct {
		script string
		want   []string // the commands when the values are not known, and when they are
		known  []string
	}{
		{`show "a<0>b" 'c<0>d' e<0>f $'g<0>h'`,
			[]string{`"show" , "a" ?S "b" , "c" ?S "d" , "e" ?S "f" , "g" ?S "h"`}, []string{`"show" , "a" "v1" "b" , "c" "v1" "d" , "e" "v1" "f" , "g" "v1" "h"`}},
		{`show <0> x`, []string{`"show" , ?S , "x" open 1`}, []string{`"show" , "v1" , "x"`}},
		{`show ""<0> "<0>" <0>''`, []string{`"show" , ?S , ?S , ?S`}, []string{`"show" , "v1" , "v1" , "v1"`}},
		{`<0> x`, []string{`?S , "x" open 1`, `"x"`}, []string{`"v1" , "x"`}},
		{`show a=<0>`, []string{`"show" , "a=" ?S`}, []string{`"show" , "a=" "v1"`}},
		{`A=<0>; B="$A/x"; show "$B" $A ${#A} "${A:-d}" "${A+set}"`,
			[]string{`"show" , ?S "/x" , ?S , ?S , [?S|"d"] , "set" open 2`}, []string{`"show" , "v1" "/x" , "v1" , "2" , "v1" , "set"`}},
		{"show <<E\nA=<0>\n$(echo <0>)\nE\ncat <<'E' | show\n<0>\nE\nshow <<<'x<0>'", []string{`"show"`, `"show"`, `"show"`}, []string{`"show"`, `"show"`, `"show"`}},
		{`f() { show "$1"; }; f <0>; f "<0>"`, []string{`"show" , ?S`, `"show" , ?S`}, []string{`"show" , "v1"`, `"show" , "v1"`}},
		{`eval "A=<0>"; show "$A"; bash -c 'show "<0>"'; echo 'show <0>x' | bash`,
			[]string{`"show" , ?S`, `"show" , ?S`, `"show" , ?S "x"`}, []string{`"show" , "v1"`, `"show" , "v1"`, `"show" , "v1" "x"`}},
		{"echo 'export K=<0>' > .env; . ./.env; show \"$K\"", []string{`"show" , ?S`}, []string{`"show" , "v1"`}},
		{`A=(x <0>y "<0>"); show "${A[@]}"`, []string{`"show" , "x" , ?S "y" , ?S`}, []string{`"show" , "x" , "v1" "y" , "v1"`}},
		{`[[ "<0>" == v1 ]] && show a; [ "<0>" = v1 ] || show b`, []string{`"show" , "a"`, `"show" , "b"`}, []string{`"show" , "a"`}},
		{`case <0> in v*) show a;; *) show b;; esac`, []string{`"show" , "a"`, `"show" , "b"`}, []string{`"show" , "a"`}},
		{`case v1 in <0>) show a;; *) show b;; esac`, []string{`"show" , "a"`, `"show" , "b"`}, []string{`"show" , "a"`}},
		{`X=1v2; show "${X#1<0>}" "${X/<0>/_}"`, []string{`"show" , ?S , ?S`}, []string{`"show" , "1v2" , "1v2"`}},
		// Where a hole is no text of its own.
		{`v1=x; show "$<0>" "${<0>}"`, []string{`"show" , ?S , ?S open 1`}, []string{`"show" , "x" , "x"`}},
		{`Av1=x A=y; export Av1; show "$A<0>"`, []string{`"show" , ?S open 1`}, []string{`"show" , "x"`}},
		{`show $((1<0>)) $((<0>+1))`, []string{`"show" , ?S , ?S open 1`}, []string{}},
		{`show {a,<0>} x`, []string{`"show" , ?S , "x" open 1`}, []string{`"show" , "a" , "v1" , "x"`}},
		{`X=a.b; echo $X | sed 's/a/<0>/' | { read -r Y; show "$Y"; }`, []string{`"show" , ?S`}, []string{`"show" , "v1" ".b"`}},
		{`echo <0> | tr a-z A-Z | { read -r Y; show "$Y"; }`, []string{`"show" , ?S`}, []string{`"show" , "V1"`}},
		{`show ~<0> ~/<0>`, []string{`"show" , ?S , "/home/deployer" "/" ?S`}, []string{`"show" , ?where the home directory ~v1 is , "/home/deployer" "/v1"`}},
	} {
		for _, known := range []bool{false, true} {
			hole, want := secretHole("S"), c.want
			if known {
				hole, want = knownHole("v1"), c.known
			}
			got := wordsTold(follow(t, withHoles(t, c.script, hole)))
			if diff := cmp.Diff(strings.Join(want, "\n"), strings.Join(got, "\n")); diff != "" {
				t.Errorf("%s, known %v:\n%s", c.script, known, diff)
			}
		}
	}
}

// TestPasted: a known value is read as the shell reads its text, whatever is in it.
func TestPasted(t *testing.T) {
	for _, c := range []struct {
		script, value string
		want          []string
	}{
		{`show <0>`, `a "b c"; show d`, []string{`"show" , "a" , "b c"`, `"show" , "d"`}},
		{`show "<0>"`, `x" "$A`, []string{`"show" , "x" , ""`}},
		{`<0>=1 sh -c 'show "$V"'; export <0>=2; show "$V" "${<0>}"`, `V`, []string{`"show" , "1"`, `"show" , "2" , "2"`}},
		{`show $((<0> * 2)) ${A:-<0>}`, `21`, []string{`"show" , "42" , "21"`}},
		{"cat <<<0>\nx\n<0>\nshow <0>", `EOF`, []string{`"show" , "EOF"`}},
		{`show "󰀁<0>"`, "é", []string{"\"show\" , \"\\U000f0001\" \"é\""}}, // a rune behind the holes is one of the text
		{`show <0>`, "", []string{`"show"`}},
	} {
		in := withHoles(t, c.script, knownHole(c.value))
		if diff := cmp.Diff(c.want, wordsTold(follow(t, in))); diff != "" {
			t.Errorf("%s with %q:\n%s", c.script, c.value, diff)
		}
	}
	absent := follow(t, withHoles(t, `show a<0>b <0>`, model.Value{State: model.Absent}))
	if diff := cmp.Diff([]string{`"show" , "ab"`}, wordsTold(absent)); diff != "" {
		t.Error(diff)
	}
}

// TestHoleChoices: a value that is one of several is so in the text; one that may be more
// than a word makes the script unknown from there on.
func TestHoleChoices(t *testing.T) {
	one := func(texts ...string) model.Value {
		var all []model.Value
		for _, text := range texts {
			all = append(all, knownHole(text))
		}
		return model.Ambiguous("the input", all...)
	}
	for _, c := range []struct {
		script string
		value  model.Value
		want   []string
	}{
		{`show "k-<0>" <0>`, one("a", "b"), []string{`"show" , "k-" ["a"|"b"] , ["a"|"b"]`}},
		{`show <0> x`, one("a", ""), []string{`"show" , ["a"|""] , "x" open 1`}},
		{`[ <0> = c ] && show no; case "<0>" in [ab]) show yes;; esac`, one("a", "b"), []string{`"show" , "yes"`}},
		{`A=1; export A; show <0>; show "$A"`, one("a", "b; A=2"), []string{`"show" , ?the input open 1`, `"show" , ?what a pasted value that may be more than one word does`}},
		{`show <0> x`, model.Ambiguous("the input", knownHole("a"), model.Value{State: model.Absent}), []string{`"show" , ["a"|""] , "x" open 1`}},
		{`show "<0>"`, model.Ambiguous("the input", knownHole("a"), secretHole("S")), []string{`"show" , ["a"|?S]`}},
	} {
		in := withHoles(t, c.script, c.value)
		if diff := cmp.Diff(c.want, wordsTold(follow(t, in))); diff != "" {
			t.Errorf("%s:\n%s", c.script, diff)
		}
	}
}

// TestFilled: a hole that is certainly not empty is a word.
func TestFilled(t *testing.T) {
	in := withHoles(t, `show <0> x; [ -n "<0>" ] && show yes; <0> export A=1; <1> show z`, secretHole("S"), secretHole("T"))
	in.Filled = []bool{true}
	want := []string{`"show" , ?S , "x"`, `"show" , "yes"`, `?S , "export" , "A=1"`, `?T , "show" , "z" open 1`, `"show" , "z"`}
	if diff := cmp.Diff(want, wordsTold(follow(t, in))); diff != "" {
		t.Error(diff)
	}
}

// TestHoleTrails: a piece goes on with the journey of the value that was pasted, and the
// text around it has none of it.
func TestHoleTrails(t *testing.T) {
	for _, hole := range []model.Value{secretHole("S"), model.KnownText("CANARY", model.Hop{Kind: model.KindInput, What: "S"})} {
		in := withHoles(t, "echo one\nexport A=pre\\ <0>-x B='<0>'\nexport C=\"${A#pre }\"\neval \"D='$B'\"; export D; show 'z <0>'", hole)
		in.Positions = func(start, end int) pos.Span {
			return pos.Span{File: "ci.yml", Start: pos.Pos{Line: 1, Column: start + 1}, End: pos.Pos{Line: 1, Column: end + 1}}
		}
		out := follow(t, in)
		got := []string{}
		for _, name := range []string{"A", "B", "D"} {
			got = append(got, strings.ReplaceAll(journey(out.Env.Get(name)), "\n", ", "))
		}
		for _, p := range out.Commands[0].Args[1].Parts {
			got = append(got, strings.ReplaceAll(journey(p), "\n", ", "))
		}
		state := hole.State.String()
		want := []string{
			state + ", input S, ci.yml:1:17 shell export A",
			state + ", input S, ci.yml:1:31 shell export B",
			state + ", input S, ci.yml:1:31 shell export B, ci.yml:1:61 shell D=, ci.yml:1:83 shell export D",
			"known, ", state + ", input S",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", state, diff)
		}
	}
}

// TestHolePlaces: offsets lead to the text as it stands in the file.
func TestHolePlaces(t *testing.T) {
	in := withHoles(t, "curl <0> && <0> x; helm <1>;docker", knownHole("a much longer text"), knownHole(""))
	in.Positions = func(start, end int) pos.Span {
		return pos.Span{File: in.Line[start:end], Start: pos.Pos{Line: 1, Column: start + 1}}
	}
	var got []string
	for _, c := range follow(t, in).Commands {
		got = append(got, strings.Map(func(r rune) rune {
			if r >= DefaultHole {
				return '_'
			}
			return r
		}, c.At.File))
	}
	if diff := cmp.Diff([]string{"curl _", "_ x", "helm", "docker"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestOwnWord: a script that holds the word by which holes are known is not followed.
func TestOwnWord(t *testing.T) {
	for _, in := range []Step{
		withHoles(t, "export A="+holeWord(0)+"; show <0>", secretHole("S")),
		withHoles(t, "export A=1; show <0>", knownHole(holeWord(0))),
	} {
		out, err := Follow(context.Background(), in)
		must(t, err)
		if len(out.Problems) != 1 || out.Env.Get("A").State != model.Unknown || len(out.Commands) > 0 {
			t.Errorf("%d problems, A is %s, %d commands", len(out.Problems), out.Env.Get("A").State, len(out.Commands))
		}
	}
	// Without holes it is a word as any other in the script, but no value is told with it.
	out := follow(t, withHoles(t, "A="+holeWord(0)+"; show \"$A\""))
	if v := out.Commands[0].Args[1]; v.State != model.Unknown {
		t.Errorf("the argument is %s", v.State)
	}
}

// noMarks fails when a known text of an outcome holds the word of a hole.
func noMarks(t testing.TB, out Outcome) {
	t.Helper()
	var check func(v model.Value)
	check = func(v model.Value) {
		if strings.Contains(v.Text.Reveal()+v.Needs, holeMark) {
			t.Error("a value tells the word of a hole")
		}
		for _, hop := range v.Trail.Hops() {
			if strings.Contains(hop.What, holeMark) {
				t.Errorf("a hop tells the word of a hole: %s", hop.What)
			}
		}
		for _, list := range [][]model.Value{v.Parts, v.Alternatives} {
			for _, p := range list {
				check(p)
			}
		}
	}
	envs := []model.Env{out.Env}
	for i, c := range out.Commands {
		envs = append(envs, c.Env)
		check(c.Stdin)
		for _, a := range c.Args {
			check(a)
		}
		for _, w := range out.Seen[i].Files() {
			check(w.Value)
		}
	}
	for _, c := range out.Consumers {
		envs = append(envs, c.Env)
		if strings.Contains(c.Workload, holeMark) {
			t.Error("a workload has the word of a hole")
		}
	}
	for _, env := range envs {
		for name, v := range env.All() {
			check(v)
			if strings.Contains(name, holeMark) {
				t.Error("a variable has the name of a hole")
			}
		}
	}
	for _, values := range []map[string]model.Value{out.Written, out.Channels} {
		for name, v := range values {
			check(v)
			if strings.Contains(name, holeMark) {
				t.Error("a file has the name of a hole")
			}
		}
	}
	check(out.Output)
	for _, p := range out.Problems {
		if strings.Contains(p.Message+p.Fix, holeMark) {
			t.Errorf("a message tells the word of a hole: %s", p.Message)
		}
	}
}
