package cli

import (
	"io"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/ci"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/report"
)

// annotate shows on GitHub, beside the lines in question, why nothing was checked. The runner
// reads commands from both streams, and standard output belongs to the report.
func (a *app) annotate(e *exit, level string) {
	r := ci.New(a.Stderr, a.env)
	if e.message == "" || !r.OnGitHub() {
		return
	}
	// What the runner of a job does not take, it prints: nothing is lost then.
	for _, p := range e.problems {
		_ = r.Annotate(level, "keyfit", p.At, strings.TrimSuffix(p.Message+"\nfix: "+p.Fix, "\nfix: "))
	}
	if len(e.problems) == 0 {
		_ = r.Annotate(level, "keyfit", pos.Span{}, strings.TrimSuffix(e.message+"\nfix: "+e.fix, "\nfix: "))
	}
	_ = r.Flush()
}

// runner is how the github format reaches the CI.
func (a *app) runner(w io.Writer) report.Runner { return ci.New(w, a.env) }

// mask tells the runner, before anything else is printed, which texts later steps must
// not print: the keys that did not come from its own secret store. Only with
// --format github, because only then standard output is known to be the runner's
// command channel.
func (a *app) mask(result *outcome, targets []target) {
	if !slices.Contains(targets, target{format: "github"}) {
		return
	}
	var values []model.Value
	for _, slot := range result.slots {
		values = append(values, slot.Value)
		values = append(values, slot.Value.Alternatives...)
		for _, loser := range slot.Value.Losers {
			values = append(values, loser.Value)
		}
	}
	_, _ = ci.New(a.Stdout, a.env).Mask(ci.Maskable(values))
}

// outputs hands the result to the steps after this one: a word, a count and a path.
func (a *app) outputs(code int, d report.Document, targets []target) error {
	path := ""
	for _, t := range targets {
		if t.path != "" && path == "" {
			path = t.path
		}
	}
	return ci.New(a.Stdout, a.env).Outputs(report.Result(code, d), len(d.Findings), path)
}
