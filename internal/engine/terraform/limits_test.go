package terraform

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/model"
)

// TestLimits evaluates what would take all time or memory: it ends with a problem, and
// what is unknown says so.
func TestLimits(t *testing.T) {
	doubling := "locals {\n  l0 = \"0123456789\"\n"
	chain := "locals {\n  l0 = \"x\"\n"
	for i := range 40 {
		doubling += fmt.Sprintf("  l%d = \"${local.l%d}${local.l%d}\"\n", i+1, i, i)
	}
	for i := range 2000 {
		chain += fmt.Sprintf("  l%d = local.l%d\n", i+1, i)
	}
	cases := []struct{ name, files, problem string }{
		{"doubling", doubling + "}\noutput \"o\" { value = local.l40 }", "exceeds a limit"},
		{"a long chain", chain + "}\noutput \"o\" { value = local.l2000 }", "more than 800 deep"},
		{"brackets", "output \"o\" { value = " + strings.Repeat("(", 100_000) + " }", "nests too deep"},
		{"signs", "output \"o\" { value = " + strings.Repeat("!", 100_000) + "true }", "nests too deep"},
		{"brackets of JSON", "-- main.tf.json --\n" + strings.Repeat("[", 100_000), "nests too deep"},
		{"count", "resource \"a\" \"b\" { count = 1000000000 }", "the limit for one block"},
		{"a module that calls itself", "module \"m\" { source = \"./\" }", "nest more than 32 deep"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			began := time.Now()
			r := evaluate(t, Step{Files: repository(t, c.files)})
			if all := strings.Join(messages(r), "\n"); !strings.Contains(all, c.problem) {
				t.Errorf("problems %.300q, expected one with %q", all, c.problem)
			}
			for _, o := range r.Outputs {
				if v := valueOf(o.Value); v.State == model.Known {
					t.Errorf("output %s is known", o.Name)
				}
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("takes %v", took)
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Evaluate(ctx, Step{Files: repository(t, `output "o" { value = 1 }`)}); !errors.Is(err, context.Canceled) {
		t.Errorf("gives %v, expected that it was cancelled", err)
	}
}
