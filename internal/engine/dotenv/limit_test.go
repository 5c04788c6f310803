package dotenv

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/model"
)

// TestLimits: whatever a file holds, every dialect comes to an end soon, and says that
// a limit was reached instead of guessing.
func TestLimits(t *testing.T) {
	laughs := func(line string) string {
		var out strings.Builder
		out.WriteString("A0=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n")
		for i := 1; i < 64; i++ {
			fmt.Fprintf(&out, line+"\n", i, i-1, i-1)
		}
		return out.String()
	}
	chain := func(n int, line string) string {
		var out strings.Builder
		out.WriteString("A0=x\nB=y\n")
		for i := 1; i < n; i++ {
			fmt.Fprintf(&out, line+"\n", i, i-1)
		}
		return out.String()
	}
	tests := map[string]string{
		"a billion laughs":              laughs("A%d=${A%d}${A%d}"),
		"a billion laughs in quotes":    laughs(`A%d="${A%d}${A%d}"`),
		"a long chain":                  chain(600, "A%d=${A%d}"),
		"a long chain with two links":   chain(600, "A%d=${A%d}${B}"),
		"a value with many references":  "A=aaaaaaaaaaaaaaaa\nB=" + strings.Repeat("${A}", 40_000) + "\n",
		"a large value many times":      "A=" + strings.Repeat("x", 900_000) + "\nB=" + strings.Repeat("$A$A", 40_000) + "\nC=" + strings.Repeat("${A}", 40_000) + "\n",
		"bad references":                "B=" + strings.Repeat("${:", 30_000) + "}\n",
		"many defaults in one value":    "B=" + strings.Repeat("${N:-a}", 10_000) + "\n",
		"nested defaults":               "B=" + strings.Repeat("${N:-", 10_000) + strings.Repeat("}", 10_000) + "\n",
		"open braces":                   "B=" + strings.Repeat("${N:-", 30_000) + "\n",
		"dollars":                       "B=" + strings.Repeat("$", 40_000) + "\n",
		"a cycle that grows":            "A=a${B}\nB=b${C}\nC=c${B}\n",
		"too many assignments":          strings.Repeat("A=a\n", maxAssignments+1),
		"one line with many statements": strings.Repeat(`A="x"`, 30_000),
		"many on a line for bash":       strings.Repeat("A=1;", 30_000),
		"open quotes":                   strings.Repeat("A=\"\nB='\nC=`\n", 8_000),
		"escaped quotes":                strings.Repeat("A='\\'\n", 8_000),
		"escaped quotes in one value":   "A='" + strings.Repeat(`\'`, 40_000),
		"escaped quotes and blanks":     "A='" + strings.Repeat("\\'\n", 30_000) + "x",
		"blank lines":                   strings.Repeat("\n", 200_000),
		"blanks without an end":         "A=" + strings.Repeat(" \t", 40_000) + "x",
		"names without an end":          strings.Repeat("A", 200_000),
		"names on lines":                strings.Repeat("a\n", 40_000),
		"comments":                      strings.Repeat("#\n", 40_000),
		"backslashes":                   `A="` + strings.Repeat(`\`, 40_000) + `"`,
		"hashes":                        "A=" + strings.Repeat("#", 40_000),
		"spaces and hashes":             "A=" + strings.Repeat(" #", 40_000),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			for _, d := range Dialects() {
				start := time.Now()
				f := Parse("x.env", []byte(text), d, nil)
				if took := time.Since(start); took > 20*time.Second {
					t.Errorf("%s: took %v", d, took)
				}
				size := 0
				for _, a := range f.Assignments {
					size += len(a.Value.Text.Reveal())
				}
				if size > maxGrowth+2*maxFile {
					t.Errorf("%s: grew to %d bytes", d, size)
				}
			}
		})
	}
}

// TestLimitIsSaid: a value beyond the limits is unknown for this reason.
func TestLimitIsSaid(t *testing.T) {
	text := "A=aaaaaaaaaaaaaaaa\nB=" + strings.Repeat("${A}", 70_000) + "\nC=c\n"
	for _, d := range []Dialect{Godotenv, NodeExpand, Next, Compose, Python, Bash} {
		f := Parse("x.env", []byte(text), d, nil)
		for _, a := range f.Assignments {
			if a.Name == "B" && (a.Value.State != model.Unknown || a.Value.Why != model.WhyLimit && a.Value.Why != model.WhyUnsupported) {
				t.Errorf("%s: B is %s for the reason %q, want unknown for reaching a limit", d, a.Value.State, a.Value.Why)
			}
		}
		if len(f.Problems) == 0 {
			t.Errorf("%s: no problem says that a limit was reached", d)
		}
	}
	f := Parse("x.env", []byte(strings.Repeat("A=a\n", maxAssignments+1)), Node, nil)
	if !f.Unreadable || len(f.Problems) == 0 || f.Assignments[0].Value.State != model.Unknown {
		t.Error("too many assignments: the file counts as read")
	}
}
