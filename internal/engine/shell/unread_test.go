package shell

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestUnreadScript: what a script that keyfit cannot read hands on is not known, and a
// problem says which script it is.
func TestUnreadScript(t *testing.T) {
	for _, tc := range []struct {
		name, line, workload string
		rest                 string
		problems             int
	}{
		{"outside the repository", "bash ../up.sh", "../up.sh", "missing-file: the script ../up.sh", 1},
		{"outside the repository, as a command", "../up.sh x", "../up.sh", "missing-file: the script ../up.sh", 1},
		{"missing", "bash nope.sh", "nope.sh", "missing-file: the script nope.sh", 1},
		{"missing, as a command", "./nope.sh", "./nope.sh", "missing-file: the script ./nope.sh", 1},
		{"missing behind a command", "npm ci; ./nope.sh", "./nope.sh", "missing-file: the script ./nope.sh", 1},
		{"of unknown content", "curl x > made.sh; sh made.sh", "made.sh", "command-output: what curl prints", 1},
		{"of unknown name", "bash \"$(curl x)\"", "a script that is not known", "command-output: what curl prints", 1},
		{"there", "bash there.sh", "there.sh", "none: ", 0},
		{"started by find", `find . -name x -exec env A=f ./app \;`, "find", "unsupported: which commands find starts", 1},
		{"no script", "/opt/tool x", "/opt/tool", "none: ", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := testCase{files: map[string]string{"there.sh": "true\n"}, line: "export A=1 B=2; export -n B; C=3; " + tc.line}
			got := newBench(t, c).ours(t, c)
			found := false
			for _, k := range got.Consumers {
				if k.Workload != tc.workload {
					continue
				}
				found = true
				rest := k.Env.Get("ANY")
				want := rest
				if tc.rest == "none: " {
					if rest.State.String() != "absent" {
						t.Errorf("what is not set is %s", rest.State)
					}
				} else if diff := cmp.Diff("unknown "+tc.rest, fmt.Sprintf("%s %s: %s", rest.State, rest.Why, rest.Needs)); diff != "" {
					t.Error(diff)
				}
				for _, name := range []string{"B", "C"} {
					if v := k.Env.Get(name); v.State != want.State {
						t.Errorf("%s, which is not exported, is %s", name, v.State)
					}
				}
				if v := k.Env.Get("A"); v.Text.Reveal() != "1" {
					t.Errorf("A is %s", v.State)
				}
			}
			if !found {
				t.Errorf("no consumer %s among %v", tc.workload, consumersOf(got))
			}
			if len(got.Problems) != tc.problems {
				t.Errorf("%d problems: %v", len(got.Problems), got.Problems)
			}
			for _, p := range got.Problems {
				if p.At.File == "" {
					t.Errorf("a problem without a place: %s", p.Message)
				}
			}
		})
	}
}
