package cli

import (
	"context"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/probe"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/report"
	"github.com/keyfit/keyfit/internal/resolve"
	"github.com/keyfit/keyfit/internal/verdict"
)

// pipeline is one whole check, from the repository to the report:
//
//	environments → consumers → slots → questions → verdicts → findings → document
func (a *app) pipeline(ctx context.Context, w *workspace, o checkOptions) (*outcome, error) {
	started := a.Now()
	chosen, err := choose(w.config.Environments, o.environments)
	if err != nil {
		return nil, err
	}
	environments, err := resolve.All(ctx, w.files, resolve.Process(a.Environ), chosen, w.dir)
	if err != nil {
		return nil, err
	}
	slots := keys.Select(keys.Input{Environments: environments, Config: w.config, Catalogue: provider.Catalogue()})
	verdicts, err := a.ask(ctx, slots, o)
	if err != nil {
		return nil, err
	}
	run := cases(w.config, environments, slots, verdicts)
	run.Now, run.Offline = started, o.offline
	judged := checks.Judge(run)
	return &outcome{
		slots: slots,
		document: report.Build(report.Input{
			Run: run, Judged: judged, Environments: len(environments),
			Version: a.version(), Started: started, Duration: a.Now().Sub(started),
			Fingerprints: a.fingerprints(),
		}),
	}, nil
}

// outcome is what a check came to.
type outcome struct {
	slots    []keys.Slot
	document report.Document
}

// ask sends each question once and gives the verdicts in the order of the slots.
func (a *app) ask(ctx context.Context, slots []keys.Slot, o checkOptions) ([]verdict.Verdict, error) {
	client, err := probe.New(a.probeOptions(o))
	if err != nil {
		return nil, err
	}
	questions := make([]probe.Question, len(slots))
	for i, slot := range slots {
		questions[i] = question(slot)
	}
	verdicts := client.Ask(ctx, questions)
	return verdicts, ctx.Err()
}

// cases puts together what the checks look at: every slot with its verdict, and every
// input problem.
func cases(file *config.File, environments []resolve.Environment, slots []keys.Slot, verdicts []verdict.Verdict) *checks.Run {
	run := &checks.Run{Config: file}
	for _, env := range environments {
		for _, problem := range env.Problems {
			c := &checks.Case{Problem: &problem, Run: run}
			c.Slot.Environment = env.Name
			run.Cases = append(run.Cases, c)
		}
	}
	for i, slot := range slots {
		run.Cases = append(run.Cases, &checks.Case{
			Slot: slot, Verdict: verdicts[i], Run: run,
			Defects: provider.Inspect(slot.Value.Text, slot.Provider),
		})
	}
	return run
}
