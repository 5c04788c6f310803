package powershell

import (
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/session"
)

// FuzzScript follows any text: it ends without a panic and in time, says the same each time,
// and no text that it knows holds what stands for one that is not known.
func FuzzScript(f *testing.F) {
	for _, r := range rows(f) {
		f.Add(r.script)
	}
	for _, s := range hostile() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, script string) { check(t, script, true) })
}

// TestHostile follows texts that are made to be hard.
func TestHostile(t *testing.T) {
	for _, s := range hostile() {
		check(t, s, false)
	}
}

func check(t *testing.T, script string, twice bool) {
	t.Helper()
	start := time.Now()
	out := follow(t, row{script: script, core: true})
	if d := time.Since(start); d > 20*time.Second {
		t.Fatalf("took %s", d)
	}
	for _, p := range out.Problems {
		if p.Message == ownMistake {
			t.Fatal("a panic")
		}
	}
	if len(out.Seen) != len(out.Commands) {
		t.Fatal("not every command was seen")
	}
	eachValue(out, func(v model.Value) {
		if v.State == model.Known && strings.ContainsFunc(v.Text.Reveal(), func(c rune) bool { return c == session.Mark || c >= 0xF0000 && c < 0xFFFF0 }) {
			t.Error("a known text holds a mark")
		}
	})
	if !twice {
		return
	}
	if again := follow(t, row{script: script, core: true}); time.Since(start) < time.Second && describe(out, "prints") != describe(again, "prints") {
		t.Errorf("differs from one time to the next:\n%s\n%s", describe(out, "prints"), describe(again, "prints"))
	}
}

// eachValue goes through all values of an outcome, with all that they are made of.
func eachValue(out Outcome, visit func(model.Value)) {
	var all func(v model.Value)
	all = func(v model.Value) {
		visit(v)
		for _, p := range append(v.Parts, v.Alternatives...) {
			all(p)
		}
	}
	for _, v := range out.Env.All() {
		all(v)
	}
	for _, c := range out.Commands {
		for _, a := range append(c.Args, c.Stdin) {
			all(a)
		}
	}
	for _, v := range out.Channels {
		all(v)
	}
	for _, v := range out.Written {
		all(v)
	}
	all(out.Output)
}

func hostile() []string {
	nested := "x"
	for range 12 {
		nested = "if ($env:SECRET) { " + nested + " } else { " + nested + " }"
		if len(nested) > 200_000 {
			break
		}
	}
	calls := "function f0 { helm }\n"
	for _, i := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		calls += "function f" + i + " { " + strings.Repeat("f"+string(i[0]-1)+"; ", 6) + "}\n"
	}
	return []string{
		nested, calls + "f9", strings.Repeat("(", 2500), strings.Repeat("$(", 1500), strings.Repeat("{", 1500), strings.Repeat("foreach ($x in $y) {", 200),
		strings.Repeat("$x = \"$x$x.\"\n", 100), strings.Repeat("\"a\" >> $env:OUT\n", 1500), strings.Repeat("if ($env:SECRET) { $env:A += 'x' }\n", 400),
		strings.Repeat("helm x\n", 2500), strings.Repeat("-not ", 1500) + "$x", strings.Repeat("a,", 2500), strings.Repeat("$list += 'x'\n", 1500),
		strings.Repeat("1+", 2500) + "1", "$x = " + strings.Repeat("[string]", 1000) + "'a'", strings.Repeat("./lib.ps1\n", 1000), strings.Repeat("Push-Location sub\n", 1000),
		"$", "$(", "${", "${}", "@", "@'", "@\"\n", "@(", "@{", "'", "\"", "`", "<#", "#", "[", "[a", "[a]", "[a]::", "-", "--", "--%", "-a:", "&", "|", "||", ">", "2>", "*>", ".", "..", ",", ";", "}", ")",
		"if", "if (", "if ($x)", "else", "function", "function f", "param(", "foreach", "foreach (", "switch ($x) {", "try", "try {} catch", "do {}", "return", "exit", "throw", "\x00", "\xff",
		"$env:A = \"\U000F0000\U000F0001\U000F0002\"", "$env:\U000F0000 = 'x'", "\U0010FFFE", "\"\U000F0000\" >> $env:OUT", "if ('\U000F0000' -eq 'x') { $env:A = 'y' }", "& \U000F0000", "\U000F0000 x", "$x\U000F0000",
		"`\U000F0000", "helm -p:\U000F0000 -x\U000F0000 @\U000F0000", "\"a\" > \U000F0000", "cd \U000F0000; helm", "$o.\U000F0000", "[\U000F0000]::x", "function \U000F0000 {}",
	}
}
