// Package resolve walks the deploy path of an environment through the engines and says
// what every consumer at its end receives. It runs nothing of the user's, reads nothing
// outside the repository and opens no connection.
package resolve

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// Environment is one environment with everyone who receives variables there.
type Environment struct {
	Name      string
	Consumers []model.Consumer
	Problems  []model.Problem
	// Lost says why there may be more consumers than these; nil when nothing says so.
	Lost *model.Value
}

// Input is what a resolution starts from.
type Input struct {
	Files   *repo.Tree
	Process model.Env // what keyfit itself was started with; see [Process]
	Name    string
	Config  *config.Environment
	// Dir is where the commands of the path start, relative to the root; "" is the root.
	Dir string
	// Around is what is known of the run that keyfit is part of.
	Around Around

	own *githubStep // found once for all environments
}

// Process turns NAME=text pairs, as the operating system gives them, into the
// environment that every deploy path starts with.
func Process(environ []string) model.Env {
	vars := make(map[string]model.Value, len(environ))
	for _, pair := range environ {
		name, text, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			continue
		}
		vars[name] = model.KnownText(text, model.Hop{Kind: model.KindProcess, What: name})
	}
	return model.NewEnv(vars)
}

// All resolves the environments of a configuration in the order of their names. The
// error is keyfit's own or that of ctx; the user's mistakes are Problems.
func All(ctx context.Context, files *repo.Tree, process model.Env, environments map[string]*config.Environment, dir string, around Around) ([]Environment, error) {
	var out []Environment
	own := findInWorkflow(Input{Files: files, Process: process, Around: around})
	for _, name := range slices.Sorted(maps.Keys(environments)) {
		env, err := One(ctx, Input{Files: files, Process: process, Name: name, Config: environments[name], Dir: dir, Around: around, own: &own})
		if err != nil {
			return nil, fmt.Errorf("environment %q: %w", name, err)
		}
		out = append(out, env)
	}
	return out, nil
}

// One resolves a single environment.
func One(ctx context.Context, in Input) (Environment, error) {
	if in.own == nil {
		own := findInWorkflow(in)
		in.own = &own
	}
	w := &walk{
		name:  in.Name,
		files: repo.NewOverlay(in.Files),
		dir:   in.Dir,

		process: withheld(in.Process, in.Around, *in.own),
		own:     *in.own,
		inputs:  in.Config.Inputs,

		keyNames: in.Around.KeyNames,
	}
	w.env = bindInputs(w.process, w.inputs)
	w.pipelines = len(in.Config.Deploy) > 0 && !slices.ContainsFunc(in.Config.Deploy, runsHere)
	for _, step := range in.Config.Deploy {
		if err := ctx.Err(); err != nil {
			return Environment{}, err
		}
		if err := w.step(ctx, step); err != nil {
			return Environment{}, err
		}
	}
	consumers, err := w.end(ctx)
	if err != nil {
		return Environment{}, err
	}
	return Environment{
		Name:      in.Name,
		Consumers: consumers,
		Problems:  model.SortProblems(append(w.problems, namedElsewhere(in.Name, consumers)...)),
		Lost:      w.lost,
	}, nil
}

// runsHere reports whether a step runs where keyfit does, not on the machine of a job.
func runsHere(step config.Step) bool {
	_, elsewhere := step.Pipeline()
	return !elsewhere
}

// walk is the state between two steps.
type walk struct {
	name      string
	files     *repo.Overlay
	env       model.Env
	dir       string
	process   model.Env               // of keyfit itself
	keyNames  func() []string         // variables of it that are keys
	own       githubStep              // in which keyfit runs
	inputs    map[string]config.Input // what comes from outside the repository
	consumers []model.Consumer
	problems  []model.Problem
	kube      clusters
	modules   modules
	entries   []deploy.Stored // what commands put into stores of secrets
	applies   bool            // something is applied to a cluster
	dotenvs   []string        // .env files that commands before were given
	pipelines bool            // all steps are jobs of pipelines, and there are some
	lost      *model.Value    // why not all that is applied could be followed
}

func (w *walk) step(ctx context.Context, step config.Step) error {
	result, err := interpret(ctx, w, step)
	if err != nil {
		return err
	}
	w.env = result.Env
	w.consumers = append(w.consumers, result.Consumers...)
	w.problems = append(w.problems, result.Problems...)
	return nil
}

// end lists the consumers: commands, and the containers of what was applied. A path that
// starts nothing still hands its environment to whatever the deploy starts after it: one
// process. The jobs of a pipeline hand nothing on: they run on machines of their own.
func (w *walk) end(ctx context.Context) ([]model.Consumer, error) {
	containers, err := w.receivers(ctx)
	if err != nil {
		return nil, err
	}
	containers = withoutGuesses(containers)
	all := slices.Concat(w.consumers, w.modules.consumers(), containers)
	if all = append(all, w.unread(all)...); len(all) > 0 || w.applies {
		return all, nil
	}
	if w.pipelines {
		if w.lost == nil {
			lost := model.UnknownBecause(model.WhyUnsupported, "what the jobs of the pipeline start", model.Trail{})
			w.lost = &lost
		}
		return nil, nil
	}
	return []model.Consumer{{Kind: model.ConsumerProcess, Workload: "process", Env: w.env}}, nil
}
