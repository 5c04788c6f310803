package powershell

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
		Files: repo.NewOverlay(tree), Env: env(), Text: script, Core: true, Channels: []string{"OUT"}, Capture: true,
		Positions: func(start, end int) pos.Span { return lines.Span("deploy.ps1", start, end) },
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

func TestTrails(t *testing.T) {
	script := `$key = 'CANARY-2'
$env:A = "$key-$env:IN"
$env:IN = "x"
$env:B = $env:A + '󰀀'
helm --set k=$env:B
"A=$key" >> $env:OUT
$env:C = if ($env:SECRET) { $key } else { 'z' }
`
	out := placed(t, script)
	for _, c := range []struct {
		what, want string
		got        model.Value
	}{
		{"A", "deploy.ps1:1:1 shell $key (literal)\nprocess the environment\ndeploy.ps1:2:1 shell $env:A", out.Env.Get("A")},
		{"IN", "deploy.ps1:3:1 shell $env:IN (literal)", out.Env.Get("IN")},
		{"B", "deploy.ps1:1:1 shell $key (literal)\nprocess the environment\ndeploy.ps1:2:1 shell $env:A\nworkflow an expression\ndeploy.ps1:4:1 shell $env:B", out.Env.Get("B")},
		{"a part of an argument", "deploy.ps1:1:1 shell $key (literal)\nprocess the environment\ndeploy.ps1:2:1 shell $env:A\nworkflow an expression\ndeploy.ps1:4:1 shell $env:B", out.Commands[0].Args[2].Parts[1]},
		{"a literal part of it", "", out.Commands[0].Args[2].Parts[0]},
		{"a line of a channel", "deploy.ps1:6:10 shell write to OUT (literal)", out.Channels["OUT"].Parts[0]},
		{"a value in it", "deploy.ps1:1:1 shell $key (literal)\ndeploy.ps1:6:10 shell write to OUT", out.Channels["OUT"].Parts[1]},
		{"one of two", "deploy.ps1:1:1 shell $key (literal)\ndeploy.ps1:7:1 shell $env:C", out.Env.Get("C").Alternatives[0]},
	} {
		if diff := cmp.Diff(c.want, journey(c.got)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.what, diff)
		}
	}
	if at := out.Commands[0].At.String(); at != "deploy.ps1:5:1" {
		t.Errorf("the command stands at %s", at)
	}
	if losers := out.Env.Get("IN").Losers; len(losers) != 1 || journey(losers[0].Value) != "process the environment" {
		t.Errorf("what was overridden: %v", losers)
	}
}

func TestSeen(t *testing.T) {
	out := placed(t, `helm template . | kubectl apply -f -
"A=1" | Out-File -FilePath f.txt -NoNewline
helm list
if ($env:SECRET) { kubectl get pods }
`)
	if diff := cmp.Diff([]int{0}, out.Seen[1].Printers); diff != "" {
		t.Error(diff)
	}
	if _, ok := out.Seen[0].Files["f.txt"]; ok {
		t.Error("a file is seen before it is written")
	}
	if got := told(out.Seen[2].Files["f.txt"]); got != `"A=1"` {
		t.Errorf("the file holds %s", got)
	}
	if !out.Seen[3].Perhaps || out.Seen[2].Perhaps {
		t.Error("which commands are certain is wrong")
	}
	var names []string
	for _, c := range out.Consumers {
		names = append(names, c.Kind+" "+c.Workload)
	}
	if diff := cmp.Diff([]string{"process helm", "process kubectl"}, names); diff != "" {
		t.Error(diff)
	}
}

// TestProblems are at the place of the statement, and hold no value.
func TestProblems(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{"$a = 1\nInvoke-Expression 'CANARY9f8e7d6c5b4a3'", `deploy.ps1:2:1 keyfit does not know what the command "invoke-expression" of PowerShell sets; values after this are unknown`},
		{"helm x\n  $x = $(\n", "deploy.ps1:2:10 keyfit does not follow an unpaired bracket in a script for PowerShell; values after this are unknown"},
		{"class CANARY9f8e7d6c5b4a3 {}", "deploy.ps1:1:1 keyfit does not follow the statement class in a script for PowerShell; values after this are unknown"},
		{"Set-Location CANARY9f8e7d6c5b4a3", "deploy.ps1:1:1 the directory (not shown here) does not exist in the repository"},
		{". ./CANARY9f8e7d6c5b4a3.ps1", "deploy.ps1:1:1 keyfit does not follow the script (not shown here) in a script for PowerShell; values after this are unknown"},
	} {
		out := placed(t, c.script)
		if len(out.Problems) != 1 {
			t.Fatalf("%q: %v", c.script, out.Problems)
		}
		if got := out.Problems[0].At.String() + " " + out.Problems[0].Message; got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
		for _, p := range out.Problems {
			if strings.Contains(p.Message+p.Fix, "CANARY") {
				t.Error("a problem holds a text of the script")
			}
		}
	}
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
