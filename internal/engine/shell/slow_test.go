package shell

import (
	"context"
	"testing"
	"time"
)

// TestEndlessGrowth: a loop that only makes text is left as soon as nothing new comes
// of it, with the limits that a user has.
func TestEndlessGrowth(t *testing.T) {
	for _, script := range []string{
		`A=aaaaaaaaaa; while :; do A="$A$A"; done`,
		`A=x; while true; do A+=$A; B=$A$A; done`,
		`A=a; for ((;;)); do A=$A$A; export A; done`,
		`while true; do sleep 5; done`,
		`while :; do kubectl get pods; A=1; done`,
	} {
		t.Run(script, func(t *testing.T) {
			c := testCase{files: map[string]string{}, line: script + "; export B=1"}
			start := time.Now()
			got, err := Run(context.Background(), newBench(t, c).step(t, c))
			must(t, err)
			if d := time.Since(start); d > 2*time.Second {
				t.Errorf("took %s", d)
			}
			if len(got.Problems) == 0 {
				t.Error("no problem says that the loop does not end")
			}
		})
	}
}
