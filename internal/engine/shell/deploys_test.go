package shell

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/keyfit/keyfit/internal/model"
)

// fewestDeploys is how many deploy scripts there must be at least.
const fewestDeploys = 150

// TestDeploys compares every script of testdata/shell/deploys with the real shells, and
// tells which share of the variables is unknown, and why.
func TestDeploys(t *testing.T) {
	needOracle(t)
	paths, err := filepath.Glob("../../../testdata/shell/deploys/*.txt")
	must(t, err)
	var all tally
	scripts := map[string]bool{}
	t.Run("scripts", func(t *testing.T) {
		for _, p := range paths {
			data, err := os.ReadFile(p)
			must(t, err)
			topic := strings.TrimSuffix(filepath.Base(p), ".txt")
			for _, c := range parseCases(t, string(data)) {
				name := topic + "/" + c.name
				if scripts[name] && c.line == `./deploy.sh staging "two words"` {
					t.Fatalf("there are two scripts %s", name)
				}
				scripts[name] = true
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					if !strings.Contains(fmt.Sprint(c.files), "CANARY") {
						t.Error("the script has no key, or one that does not say that it is a fixture")
					}
					all.count(c, checkTruth(t, c))
				})
			}
		}
	})
	if len(scripts) < fewestDeploys {
		t.Errorf("%d scripts, wanted at least %d", len(scripts), fewestDeploys)
	}
	t.Log(all.String(len(scripts)))
}

// tally counts what is unknown in the environments and arguments of commands.
type tally struct {
	mu                sync.Mutex
	runs, commands    int
	vars, unknownVars int
	args, unknownArgs int
	causes, why       map[string]int
}

// count adds what a case's commands find, without what the test itself sets.
func (a *tally) count(c testCase, got model.Result) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.causes == nil {
		a.causes, a.why = map[string]int{}, map[string]int{}
	}
	a.runs++
	seen := map[string]bool{}
	for _, cmd := range got.Commands {
		a.commands++
		for name, v := range cmd.Env.All() {
			if ignored(name) || slices.Contains([]string{"PATH", "HOME", "PWD", "LC_ALL", "FROM_OUTSIDE"}, name) {
				continue
			}
			a.vars++
			if v.State != model.Unknown {
				continue
			}
			a.unknownVars++
			a.why[string(v.Why)]++
			if cause := string(v.Why) + ": " + v.Needs; !seen[name+cause] {
				seen[name+cause] = true // one that many commands find counts once
				a.causes[cause]++
			}
		}
		for _, v := range cmd.Args {
			a.args++
			if v.State == model.Unknown {
				a.unknownArgs++
			}
		}
	}
}

// String is the table of causes.
func (a *tally) String(scripts int) string {
	var b strings.Builder
	share := func(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }
	fmt.Fprintf(&b, "%d scripts, %d runs, %d commands\n", scripts, a.runs, a.commands)
	fmt.Fprintf(&b, "%d of %d variables unknown (%.1f %%), %d of %d arguments (%.1f %%)\n",
		a.unknownVars, a.vars, share(a.unknownVars, a.vars), a.unknownArgs, a.args, share(a.unknownArgs, a.args))
	for _, table := range []map[string]int{a.why, a.causes} {
		b.WriteString("\n")
		keys := slices.SortedFunc(maps.Keys(table), func(x, y string) int {
			return cmp.Or(cmp.Compare(table[y], table[x]), cmp.Compare(x, y))
		})
		for _, k := range keys[:min(len(keys), 40)] {
			fmt.Fprintf(&b, "%5d  %s\n", table[k], k)
		}
	}
	return b.String()
}
