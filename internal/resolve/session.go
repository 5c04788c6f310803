package resolve

import (
	"context"
	"fmt"
	"slices"

	"github.com/keyfit/keyfit/internal/engine/shell"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/repo"
)

// follow follows a script, and what the deploy tools that it calls deliver. With doubt it is
// not certain that the script is run; of a quiet one nothing is delivered.
func (w *walk) follow(ctx context.Context, step shell.Step, doubt *model.Value, quiet bool) (shell.Outcome, error) {
	step.Files = w.files
	before := w.files.Fork()
	out, err := shell.Follow(ctx, step)
	if err != nil || quiet {
		return out, err
	}
	if out.Stopped != nil && w.lost == nil {
		w.lost = out.Stopped
	}
	return w.delivered(ctx, before, out, doubt, step.Elsewhere)
}

// delivered adds to the outcome of a script what the deploy tools that it calls deliver;
// elsewhere says that it runs on another machine than keyfit.
func (w *walk) delivered(ctx context.Context, before *repo.Overlay, out shell.Outcome, doubt *model.Value, elsewhere bool) (shell.Outcome, error) {
	t := tools{walk: w, elsewhere: elsewhere, unfollowed: map[string]bool{}, modular: map[string]bool{}, starters: map[string]starter{}}
	if err := t.deliver(ctx, &views{base: before, outcome: out, doubt: doubt}, 0); err != nil {
		return shell.Outcome{}, err
	}
	out.Consumers = t.receiving(append(out.Consumers, t.consumers...))
	out.Problems = append(out.Problems, t.problems...)
	return out, nil
}

// shellOf is a script of a pipeline as the script engine takes it; ok is false for a shell
// that it does not know.
func shellOf(s pipeline.Script) (step shell.Step, ok bool) {
	if !slices.Contains([]string{"", "bash", "sh"}, s.Shell) {
		return shell.Step{}, false
	}
	return shell.Step{
		Line: s.Text, Holes: s.Holes, Hole: pipeline.Hole, At: s.At, Positions: s.Positions, Sh: s.Shell == "sh", Flags: s.Flags,
		Args: s.Args, Env: s.Env, Dir: s.Dir, Channels: s.Channels, Root: s.Root, Capture: s.Capture, Elsewhere: true,
	}, true
}

// notFollowed is what a script in another language leaves: anything.
func (h *host) notFollowed(s pipeline.Script) pipeline.After {
	unknown := model.UnknownBecause(model.WhyUnsupported, "a script for bash or sh", model.Trail{})
	if !s.Quiet {
		h.problems = append(h.problems, model.Problem{
			At:      s.At,
			Message: fmt.Sprintf("this script is for %s, which is not followed; expected bash or sh", shellName(s.Shell)),
			Fix:     "deploy from a script for bash, or list what it deploys as steps of its own in keyfit.yaml",
		})
		if h.walk.lost == nil {
			h.walk.lost = &unknown
		}
		h.consumers = append(h.consumers, model.Consumer{Kind: model.ConsumerCIStep, Workload: s.Label, At: s.At, Env: s.Env})
	}
	after := pipeline.After{Env: s.Env.WithRest(unknown), Channels: map[string]model.Value{}, Output: unknown, Files: map[string]model.Value{}}
	for _, name := range s.Channels {
		after.Channels[name] = unknown
	}
	for _, name := range s.Files {
		after.Files[name] = unknown
	}
	return after
}

// shellName repeats the name of a shell that is well known.
func shellName(name string) string {
	if slices.Contains([]string{"pwsh", "powershell", "cmd", "bat", "python", "node", "ruby", "perl", "fish", "zsh", "groovy"}, name) {
		return name
	}
	return "another shell"
}
