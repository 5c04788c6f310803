package resolve

import (
	"context"
	"path"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/engine/dotenv"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// interpret hands a step to the engine of its kind. It is the one place that knows
// which engines there are.
func interpret(ctx context.Context, w *walk, step config.Step) (model.Result, error) {
	if p, ok := step.Pipeline(); ok {
		return w.pipelineStep(ctx, p)
	}
	switch {
	case step.Dotenv != nil:
		return w.dotenv(step.Dotenv), nil
	case step.Run != nil:
		return w.run(ctx, &step)
	case step.Helm != nil:
		return w.handOn(), w.helmStep(ctx, step.Helm)
	case step.Kustomize != nil:
		return w.handOn(), w.kustomizeStep(ctx, step.Kustomize)
	case step.Terraform != nil:
		return w.handOn(), w.terraformStep(ctx, step.Terraform)
	case step.Plan != nil:
		return w.handOn(), w.planStep(ctx, step.Plan.Value, step.Plan.Span)
	case step.Compose != nil:
		return w.composeStep(step.Compose), nil
	case step.Manifests != nil:
		w.manifestsStep(step.Manifests)
	}
	return w.handOn(), nil
}

// handOn is the result of a step that leaves the environment as it is.
func (w *walk) handOn() model.Result { return model.Result{Env: w.env} }

// dotenv loads a list of .env files, by the rules of whoever loads them: the one that
// the step names, or the one that the repository tells.
func (w *walk) dotenv(step *config.Dotenv) model.Result {
	in := dotenv.Step{Files: w.files, Env: w.env, Override: step.Override, Dialect: dotenv.Dialect(step.Dialect), Layered: step.Dialect == ""}
	for _, file := range step.Files {
		file.Value = path.Join(w.dir, file.Value)
		in.Names = append(in.Names, file)
	}
	if in.Dialect == "" {
		in.Dialect = w.detect(in.Names)
	}
	return mindGaps(dotenv.Load(in))
}

// mindGaps makes every name that nobody set unknown when a file could not be read: it may
// be set there.
func mindGaps(result dotenv.Result) model.Result {
	if len(result.Gaps) > 0 {
		gap := result.Gaps[0]
		result.Env = result.Env.WithRest(model.UnknownBecause(gap.Why, gap.Needs, model.Trail{}))
	}
	return result.Result
}

// detect is the dialect that all files of a list agree on; empty when they do not, or
// when nothing tells.
func (w *walk) detect(files []strict.At[string]) dotenv.Dialect {
	var agreed dotenv.Dialect
	for i, file := range files {
		dialect, _, ok := dotenv.Detect(w.files, file.Value)
		if !ok || i > 0 && dialect != agreed {
			return ""
		}
		agreed = dialect
	}
	return agreed
}
