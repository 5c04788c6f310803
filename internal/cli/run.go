package cli

import (
	"context"
	"sync"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/report"
	"github.com/keyfit/keyfit/internal/resolve"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/sources"
	"github.com/keyfit/keyfit/internal/verdict"
)

// outcome is what a check came to.
type outcome struct {
	slots      []keys.Slot
	overlooked []string // variables that look like credentials of no API that is known
	document   report.Document
}

// pipeline is one whole check, from the repository to the report:
//
//	environments → consumers → slots → verdicts → findings → document
func (a *app) pipeline(ctx context.Context, w *workspace, o checkOptions) (*outcome, error) {
	started := a.Now()
	environments, err := a.resolveAll(ctx, w, o.environments)
	if err != nil {
		return nil, err
	}
	slots := a.selectKeys(w, environments)
	a.progress("environments: %d, key slots: %d", len(environments), len(slots))
	part := o.part.take(slots, a.commit())
	verdicts, err := a.ask(ctx, w, slots, part, o)
	if err != nil {
		return nil, err
	}
	run := cases(w, environments, slots, verdicts, part)
	run.Now, run.Offline = started, o.offline
	suppress(run, w, len(environments), o)
	if !o.noSources {
		run.Sources = sync.OnceValue(func() *sources.Set { return search(ctx, w, slots) })
	}
	judged := checks.Judge(run)
	overlooked := keys.Overlooked(a.selection(w, environments), slots)
	return &outcome{slots: slots, overlooked: overlooked, document: report.Build(report.Input{
		Version: a.version(), Started: started, Duration: a.Now().Sub(started),
		Environments: names(environments), Repository: w.origin(), Cases: run.Cases,
		Findings: judged.Findings, Ignored: judged.Ignored,
		Fingerprints: a.fingerprints(), ReuseAllowed: w.config.Policy.Reuse == "allow",
		Shard: part.shard, Pending: judged.Pending,
		Overlooked: overlooked,
	})}, nil
}

// resolveAll resolves the chosen environments.
func (a *app) resolveAll(ctx context.Context, w *workspace, only []string) ([]resolve.Environment, error) {
	chosen, err := choose(w.config.Environments, only)
	if err != nil {
		return nil, err
	}
	around := a.around(only)
	around.KeyNames = sync.OnceValue(func() []string { return keys.ProcessNames(w.config, w.catalogue, a.process()) })
	return resolve.All(ctx, w.files, a.process(), chosen, w.dir, around)
}

// cases puts together what the checks look at: every input problem, and every slot with
// its verdict.
func cases(w *workspace, environments []resolve.Environment, slots []keys.Slot, verdicts []verdict.Verdict, part portion) *checks.Run {
	run := &checks.Run{Config: w.config}
	for _, env := range environments {
		for _, problem := range env.Problems {
			c := &checks.Case{Problem: &problem, Run: run}
			c.Slot.Environment = env.Name
			run.Cases = append(run.Cases, c)
		}
	}
	for i, slot := range slots {
		c := &checks.Case{Slot: slot, Verdict: verdicts[i], Run: run, Aside: part.aside(i)}
		if slot.Value.State == model.Known {
			c.Defects = provider.Inspect(slot.Value.Text, slot.Provider)
		}
		run.Cases = append(run.Cases, c)
	}
	return run
}

// search looks for what the application reads, in files that the deploy does not.
func search(ctx context.Context, w *workspace, slots []keys.Slot) *sources.Set {
	var variables []string
	for _, s := range slots {
		variables = append(variables, s.Variable)
	}
	return sources.Search(ctx, w.files, w.dir, variables, w.files.FilesRead())
}

// suppress says what may silence findings in this run. Comments stand in the files that are
// checked, so they count no more than the ignores of the configuration there.
func suppress(run *checks.Run, w *workspace, environments int, o checkOptions) {
	run.Files, run.FilesRead = w.files, w.files.FilesRead()
	run.Partial = environments < len(w.config.Environments)
	run.Allow, run.NoIgnores = o.allow, o.noIgnores
	if o.policy != "" {
		run.CommentsFrom = "ignores come from the file of --policy"
	}
}

func names(environments []resolve.Environment) []string {
	var out []string
	for _, e := range environments {
		out = append(out, e.Name)
	}
	return out
}

// fingerprints come from a random key of this run, or from one that the user holds, so
// that reports of several runs can be compared.
func (a *app) fingerprints() *secret.Printer {
	return secret.NewPrinter(secret.New(a.env["KEYFIT_FINGERPRINT_KEY"]))
}
