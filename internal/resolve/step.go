package resolve

import (
	"context"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/engine/dotenv"
	"github.com/keyfit/keyfit/internal/engine/shell"
	"github.com/keyfit/keyfit/internal/model"
)

// interpret hands a step to the engine of its kind. It is the one place that knows
// which engines there are.
func interpret(ctx context.Context, w *walk, step config.Step) (model.Result, error) {
	switch {
	case step.Dotenv != nil:
		return w.dotenv(step.Dotenv), nil
	case step.Run != nil:
		return shell.Run(ctx, shell.Step{
			Files: w.files,
			Env:   w.env,
			Dir:   w.dir,
			Line:  step.Run.Value,
			At:    step.Run.Span,
		})
	}
	return model.Result{Env: w.env}, nil
}

func (w *walk) dotenv(step *config.Dotenv) model.Result {
	_ = dotenv.Load
	return model.Result{Env: w.env}
}
