package batch

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// placed follows a script that stands in a file of its own.
func placed(t testing.TB, script string) Outcome {
	t.Helper()
	lines := pos.NewIndex([]byte(script))
	out, err := Follow(t.Context(), Step{
		Files: repo.NewOverlay(tree), Env: env(), Text: script, Channels: []string{"OUT"}, Capture: true, Quiet: true,
		Positions: func(start, end int) pos.Span { return lines.Span("deploy.bat", start, end) },
		Holes:     []model.Value{model.KnownText("CANARY-hole", model.Hop{Kind: model.KindWorkflow, What: "an expression"})}, Hole: 0xF0000,
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func journey(v model.Value) string {
	var out []string
	for _, h := range v.Trail.Hops() {
		line := strings.TrimSpace(fmt.Sprintf("%s %s %s", h.At, h.Kind, h.What))
		if h.Literal {
			line += " (literal)"
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// BenchmarkFollow follows all rows.
func BenchmarkFollow(b *testing.B) {
	all := rows(b)
	b.ReportAllocs()
	for b.Loop() {
		for _, r := range all {
			follow(b, r)
		}
	}
}

func TestTrails(t *testing.T) {
	script := `set KEY2=CANARY-2
set "A=%KEY2%-%IN%"
set IN=x
set B=%A%󰀀
helm --set k=%B%
echo A=%KEY2%>>%OUT%
if defined SECRET (set C=%KEY2%) else (set C=z)
`
	out := placed(t, script)
	a := "deploy.bat:1:1 shell set KEY2= (literal)\nprocess the environment\ndeploy.bat:2:1 shell set A="
	for _, c := range []struct {
		what, want string
		got        model.Value
	}{
		{"A", a, out.Env.Get("A")},
		{"IN", "deploy.bat:3:1 shell set IN= (literal)", out.Env.Get("IN")},
		{"B", a + "\nworkflow an expression\ndeploy.bat:4:1 shell set B=", out.Env.Get("B")},
		{"a part of an argument", a + "\nworkflow an expression\ndeploy.bat:4:1 shell set B=", out.Commands[0].Args[2].Parts[1]},
		{"a literal part of it", "", out.Commands[0].Args[2].Parts[0]},
		{"a line of a channel", "deploy.bat:6:5 shell echo (literal)\ndeploy.bat:6:14 shell write to OUT", out.Channels["OUT"].Parts[0]},
		{"a value in it", "deploy.bat:1:1 shell set KEY2= (literal)\ndeploy.bat:6:5 shell echo\ndeploy.bat:6:14 shell write to OUT", out.Channels["OUT"].Parts[1]},
		{"one of two", "deploy.bat:1:1 shell set KEY2= (literal)\ndeploy.bat:7:20 shell set C=", out.Env.Get("C").Alternatives[0]},
	} {
		if diff := cmp.Diff(c.want, journey(c.got)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.what, diff)
		}
	}
	if at := out.Commands[0].At.String(); at != "deploy.bat:5:1" {
		t.Errorf("the command stands at %s", at)
	}
	if losers := out.Env.Get("IN").Losers; len(losers) != 1 || journey(losers[0].Value) != "process the environment" {
		t.Errorf("what was overridden: %v", losers)
	}
}

// TestProblems are at the place of the statement, and hold no value.
func TestProblems(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{"set A=1\nfor %%i in (CANARY9f8e7d6c5b4a3) do helm %%i", "deploy.bat:2:1 keyfit does not follow a for loop in a script for cmd; values after this are unknown"},
		{"goto CANARY9f8e7d6c5b4a3", "deploy.bat:1:1 keyfit does not follow a jump in a script for cmd; values after this are unknown"},
		{"cd CANARY9f8e7d6c5b4a3", "deploy.bat:1:4 the directory (not shown here) does not exist in the repository"},
		{"call CANARY9f8e7d6c5b4a3.bat", "deploy.bat:1:1 keyfit does not know what a script sets that is called here and is not in the repository"},
		{"npm ci\nhelm list", `deploy.bat:1:1 "npm" is a script for cmd itself, so nothing behind it is run`},
	} {
		out := placed(t, c.script)
		if len(out.Problems) != 1 {
			t.Fatalf("%q: %v", c.script, out.Problems)
		}
		if got := out.Problems[0].At.String() + " " + out.Problems[0].Message; got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
		if p := out.Problems[0]; strings.Contains(p.Message+p.Fix, "CANARY") {
			t.Error("a problem holds a text of the script")
		}
	}
}
