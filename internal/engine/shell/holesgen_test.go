package shell

import (
	"context"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
)

// Of the holes of a generated script the last one only stands where commands do, and is
// the name of one, or nothing; the one before it is a number, or nothing.
const holesInScript = 5

func (g *gen) hole() string { return string(DefaultHole + rune(g.r.IntN(g.holes-2))) }

func (g *gen) number() string { return string(DefaultHole + rune(g.holes-2)) }

func (g *gen) command() string { return string(DefaultHole + rune(g.holes-1)) }

func (g *gen) holedWord() string {
	h, n := g.hole(), g.name()
	forms := []string{
		h, h, `"` + h + `"`, `"` + h + `"`, "a" + h + "b", `"a b` + h + `"`, "'" + h + "'", "k=" + h, `"${` + n + "}" + h + `"`, `"$` + n + h + `"`, `"$` + h + `"`, "$" + h,
		`"${` + n + ":-" + h + `}"`, "${" + n + ":-" + h + "}", `"${` + n + "#" + h + `}"`, `"${` + n + "%" + h + `*}"`, h + h, h + g.hole(), h + "*", "dat" + h + "*", "~" + h, h + "~",
		`"$(echo ` + h + `)"`, "$(printf '%s,' " + h + ")", "`echo " + h + "`", "$((" + g.number() + " + 2))", "$((1 + " + g.number() + "))", "{a," + h + "}", "a/{" + h + "}", `"${` + h + `}"`, `""` + h, `"${#` + n + `}"` + h,
	}
	if g.bash {
		forms = append(forms, `$'a\t`+h+`'`, `"${`+n+"/"+h+`/_}"`, `"${`+n+"/a/"+h+`}"`, "{1.."+h+"}", `"${`+n+":"+h+`}"`)
	}
	return forms[g.r.IntN(len(forms))]
}

func (g *gen) holedStmt() {
	h, n := g.hole(), g.name()
	forms := []string{
		"echo " + g.word() + " " + h + " > out.txt; " + n + "=$(cat out.txt)",
		"echo " + h + ">out.txt; [ -s out.txt ] && " + n + "=written",
		"cat > out.txt <<EOF\nA=" + h + "\n" + h + "$" + n + "\nEOF\n. ./out.txt",
		"cat <<'EOF' > out.txt\nexport " + n + "=x" + h + "\nEOF\n. ./out.txt",
		g.command() + " show " + g.word(), g.command() + " x" + h, g.command() + " export " + n + "=1",
		n + h + "=" + g.word(), "export " + n + h + "=x", h + "=x show y", "eval \"" + n + "=" + h + "\"", "eval export " + n + "=" + h + "; show $" + n,
		"bash -c 'show \"$1\" " + h + "' x " + h, "sh -c \"show " + h + " '" + h + "'\"", "set -- " + h + " y; show \"$#\" \"$1\"", "unset " + h,
		"for " + n + " in x" + h + " " + h + " y; do show \"$" + n + "\"; done", "while read -r " + n + "; do show \"$" + n + "\"; done <<EOF\na\n" + h + "\nb\nEOF",
		"echo " + h + " | tr a-z A-Z | { read -r " + n + "; show \"$" + n + "\"; }", "cat " + h + " 2>/dev/null", "printf '%s\\n' " + h + " " + h + " | show",
		"IFS=,; show " + h + " $" + n + "; IFS=' '", "show " + h + "#x; show y", "$" + h + " x", "alias", "show a" + h + "b>/dev/null",
		"echo x@A@y@A@ | sed \"s|@A@|" + h + "|g;s/x/$" + n + "/\" | { read -r " + n + "; show \"$" + n + "\"; }",
		"printf 'x @A@\\n' > out.txt; sed -i -e s/@A@/" + h + "-$" + n + "/ -e 's/x *//' out.txt; show \"$(cat out.txt)\"",
	}
	g.line(forms[g.r.IntN(len(forms))])
}

// plainTexts are what values that are not known may be.
var plainTexts = []string{"", "", "x", "abc", "a=b", "-n", "3", "07", "a,b", "a:b", "/p/q", "v1.2-3", "x@y", "100%", "a+b", ".", "..", "-", "=", "1..3", "A", "B", "C", "data.txt", "true", "@", "i++", "A=9", "2"}

func holesOf(r *rand.Rand) []string {
	var out []string
	for range holesInScript - 2 {
		out = append(out, plainTexts[r.IntN(len(plainTexts))])
	}
	return append(out, []string{"", "1", "12"}[r.IntN(3)], []string{"", "show", "curl"}[r.IntN(3)])
}

// scriptWithHoles makes a script as it stands in a pipeline.
func scriptWithHoles(seed uint64, bash bool) testCase {
	g := &gen{r: rand.New(rand.NewPCG(seed, 78)), bash: bash, holes: holesInScript}
	if g.chance(20) {
		g.line("set -e")
	}
	for range 3 + g.r.IntN(8) {
		g.stmt()
	}
	g.line(`show "$A" "$B" "$C"`)
	c := generate(seed, bash)
	delete(c.files, "deploy.sh")
	c.line = g.b.String()
	return c
}

func withTexts(line string, texts []string) string {
	for i, t := range texts {
		line = strings.ReplaceAll(line, string(DefaultHole+rune(i)), t)
	}
	return line
}

func checkHoles(t *testing.T, seed int, bash bool) {
	c := scriptWithHoles(uint64(seed), bash)
	b := newBench(t, c)
	ours := func(line string, holes []model.Value) Outcome {
		in := b.step(t, c)
		in.Line, in.Holes, in.Sh = line, holes, !bash
		out, err := Follow(context.Background(), in)
		must(t, err)
		for _, p := range out.Problems {
			if p.Message == ownMistake || strings.Contains(p.Message, holeMark) {
				t.Errorf("seed %d: %s\n%s", seed, p.Message, line)
			}
		}
		return out
	}
	open := make([]model.Value, holesInScript)
	for i := range open {
		open[i] = secretHole(strconv.Itoa(i))
	}
	unknown := ours(c.line, open)
	noMarks(t, unknown)
	for turn := range 3 {
		texts := holesOf(rand.New(rand.NewPCG(uint64(seed), uint64(turn))))
		line := withTexts(c.line, texts)
		var known []model.Value
		for _, text := range texts {
			known = append(known, knownHole(text))
		}
		b.reset(t, c, behaviour{})
		pasted := ours(c.line, known)
		if diff := cmp.Diff(outcomeTold(ours(line, nil)), outcomeTold(pasted)); diff != "" {
			t.Errorf("seed %d: known holes and pasted text differ:\n%s\n%s", seed, diff, line)
		}
		how := behaviours()[(seed+turn)%len(behaviours())]
		real := c
		if real.line = line; !bash {
			real.files = map[string]string{".script": line}
			for name, data := range c.files {
				real.files[name] = data
			}
			real.line = "exec dash ./.script"
		}
		seen := b.real(t, real, how)
		for name, out := range map[string]Outcome{"unknown": unknown, "known": pasted} {
			if name == "known" && cutShort(out) {
				continue // the parser stops at what a shell only minds when it comes there
			}
			errs, _ := compare(c, out.Result, seen)
			for _, e := range errs {
				t.Errorf("seed %d, %s holes, commands print %q and end with %q: %s\n%s\n%q", seed, name, how.out, how.rc, e, line, texts)
			}
		}
	}
}

func cutShort(out Outcome) bool {
	return slices.ContainsFunc(out.Problems, func(p model.Problem) bool {
		return strings.Contains(p.Message, "cannot be read from here on")
	})
}

// outcomeTold is all that an outcome says, without the journeys.
func outcomeTold(out Outcome) []string {
	lines := wordsTold(Outcome{Result: model.Result{Commands: plainWords(out.Commands)}})
	for _, c := range append(out.Commands, model.Command{Env: out.Env}) {
		for name, v := range c.Env.All() {
			lines = append(lines, name+" "+told(withoutParts(v)))
		}
	}
	for name, v := range out.Written {
		lines = append(lines, name+" "+told(withoutParts(v)))
	}
	slices.Sort(lines)
	return lines
}

func withoutParts(v model.Value) model.Value {
	v.Parts, v.Alternatives = nil, slices.Clone(v.Alternatives)
	for i, a := range v.Alternatives {
		v.Alternatives[i] = withoutParts(a)
	}
	return v
}

func plainWords(commands []model.Command) []model.Command {
	var out []model.Command
	for _, c := range commands {
		c.Args = slices.Clone(c.Args)
		for i := range c.Args {
			c.Args[i] = withoutParts(c.Args[i])
		}
		out = append(out, c)
	}
	return out
}

// TestRandomHoles compares random scripts with pasted values with the real shells, which
// get them with the text in its place: known holes are what that text is, and with holes
// that are not known nothing is told that does not hold for every text.
func TestRandomHoles(t *testing.T) {
	needOracle(t)
	for _, bash := range []bool{true, false} {
		t.Run(map[bool]string{true: "bash", false: "sh"}[bash], func(t *testing.T) {
			t.Parallel()
			first := fromEnv("KEYFIT_FIRST_SCRIPT", 0)
			for seed := first; seed < first+fromEnv("KEYFIT_SCRIPTS", 20); seed++ {
				t.Run(strconv.Itoa(seed), func(t *testing.T) { checkHoles(t, seed, bash) })
			}
		})
	}
}

// partsMay reports whether a text can be put together from the pieces of a value.
func partsMay(v model.Value, real string) bool {
	re, err := regexp.Compile("(?s)^" + partsPattern(v) + "$")
	return err != nil || re.MatchString(real)
}

func partsPattern(v model.Value) string {
	var b strings.Builder
	switch {
	case len(v.Parts) > 0:
		for _, p := range v.Parts {
			b.WriteString(partsPattern(p))
		}
	case v.State == model.Known:
		b.WriteString(regexp.QuoteMeta(v.Text.Reveal()))
	case len(v.Alternatives) > 0:
		for i, a := range v.Alternatives {
			b.WriteString([]string{"(?:", "|"}[min(i, 1)] + partsPattern(a))
		}
		b.WriteString(")")
	case v.State == model.Unknown:
		b.WriteString(".*")
	}
	return b.String()
}
