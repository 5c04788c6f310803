package batch

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
	out := follow(t, row{script: script})
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
	if again := follow(t, row{script: script}); time.Since(start) < time.Second && describe(out, "prints") != describe(again, "prints") {
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
	return []string{
		strings.Repeat("(", 2500), strings.Repeat("if 1==1 (", 500), strings.Repeat("if defined SECRET ", 300) + "set A=1",
		strings.Repeat("set A=%A%%A%x\n", 400), strings.Repeat("echo x>>%OUT%\n", 1500), strings.Repeat("if defined SECRET set A=%A%x\n", 400),
		strings.Repeat("a & ", 1500), strings.Repeat("helm\n", 2500), strings.Repeat("^\n", 1500), strings.Repeat("call lib.bat\n", 1000),
		"%", "%%", "%~", "%~dp", "%A:", "%A:~%", "%A:=%", "^", "\"", ">", ">>", "<", "2>", "&", "|", "||", ")", "(", "@", ":", "::", "rem", "if", "if not",
		"if /i", "if a==", "else", "for", "set", "set \"", "set =", "set /a", "set /p", "echo", "echo.", "call", "call :", "goto", "exit", "exit /b", "cd", "\x00", "\xff",
		"set A=\U000F0000\U000F0001\U000F0002", "set \U000F0000=x", "%\U000F0000%", "\U0010FFFE", "echo \U000F0000>>%OUT%", "if \U000F0000==x set A=1", "call \U000F0000", "\U000F0000 x",
		"set A=x>>\U000F0000", "cd \U000F0000\nhelm", strings.Repeat("setlocal\n", 1000), strings.Repeat("pushd sub\n", 1000),
	}
}
