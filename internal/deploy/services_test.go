package deploy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/model"
)

// setByTools are variables that a wrapper always sets, which the tables leave out.
const setByTools = " PATH NODE INIT_CWD COLOR EDITOR PNPM_SCRIPT_SRC_DIR PROJECT_CWD BERRY_BIN_FOLDER MAKEFLAGS MAKELEVEL MFLAGS MAKE_TERMOUT MAKE_TERMERR MAKEOVERRIDES CURDIR GNUMAKEFLAGS "

// innerLine writes down a command that a tool runs, with what its environment has
// beside, or otherwise than, the one of the tests.
func innerLine(in deploy.Inner) string {
	text := "run"
	if in.Sh {
		text += " sh"
	}
	if in.Host != "" {
		text += " on " + in.Host
	}
	if in.Dir != "." {
		text += " in " + in.Dir
	}
	text += ": " + in.Line + shownAll(in.Args)
	if in.Open > 0 {
		text += fmt.Sprint(" open ", in.Open)
	}
	for name, v := range in.Env.All() {
		if before := outside().Get(name); !before.Same(v) && name != "PWD" && name != "OLDPWD" && !strings.HasPrefix(name, "npm_") && !strings.Contains(setByTools, " "+name+" ") {
			text += " " + name + "=" + shown(v)
		}
	}
	for name := range outside().All() {
		if !in.Env.Has(name) {
			text += " -" + name
		}
	}
	if rest := in.Env.Rest(); rest.State != model.Absent {
		text += " *=" + shown(rest)
	}
	for _, f := range in.Dotenv {
		text += fmt.Sprintf(" dotenv(%s %s", f.Dialect, shown(f.File))
		if f.Override {
			text += " override"
		}
		if f.Optional {
			text += " optional"
		}
		text += ")"
	}
	return text
}

// serviceLines writes a delivery down; of problems only how many there are.
func serviceLines(d deploy.Delivery) []string {
	var out []string
	for _, l := range lines(d) {
		if !strings.HasPrefix(l, "problem ") {
			out = append(out, strings.ReplaceAll(l, " ns ?", ""))
		}
	}
	for _, in := range d.Inner {
		out = append(out, innerLine(in))
	}
	for _, s := range d.Sources {
		out = append(out, fmt.Sprintf("from %s %s default=%t", s.Tool, shown(s.Name), s.Default))
	}
	if n := len(d.Problems); n > 0 {
		out = append(out, fmt.Sprint("problems ", n))
	}
	return out
}

func runServiceRows(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			var got []string
			for _, d := range deliveries(t, r.script, r.files) {
				got = append(got, serviceLines(d)...)
				for _, p := range d.Problems {
					if strings.Contains(p.Message+p.Fix, "CANARY") {
						t.Error("a problem shows a key")
					}
				}
			}
			if diff := cmp.Diff(r.want, got); diff != "" {
				t.Errorf("%s\n(-want +got)\n%s", r.script, diff)
			}
		})
	}
}
