package resolve

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/engine/dotenv"
	"github.com/keyfit/keyfit/internal/engine/shell"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// maxWithin bounds how deep tools may start tools: make, npm run, sudo, ssh, …
const maxWithin = 6

// run follows a command line, and what the deploy tools that it calls deliver.
func (w *walk) run(ctx context.Context, step *config.Step) (model.Result, error) {
	out, err := shell.Follow(ctx, shell.Step{
		Files: w.files, Env: w.env, Dir: w.dir, Line: step.Run.Value, At: step.Run.Span,
		Positions: blockPositions(w.files, *step.Run),
	})
	if err != nil {
		return model.Result{}, err
	}
	t := tools{walk: w, written: len(out.Written) > 0, seen: asOfNow{w.files, out.Written}}
	if err := t.deliver(ctx, out.Commands, 0); err != nil {
		return model.Result{}, err
	}
	out.Consumers = append(out.Consumers, t.consumers...)
	out.Problems = append(out.Problems, t.problems...)
	return out.Result, nil
}

// tools reads the commands of one run.
type tools struct {
	*walk
	written   bool // the run wrote files, and they look now as they do at its end
	seen      asOfNow
	consumers []model.Consumer
	problems  []model.Problem
}

func (t *tools) deliver(ctx context.Context, commands []model.Command, depth int) error {
	for _, command := range commands {
		d, ok := deploy.Read(deploy.Call{Command: command, Files: t.seen})
		if !ok {
			continue
		}
		t.consumers = append(t.consumers, d.Consumers...)
		t.problems = append(t.problems, d.Problems...)
		for _, source := range d.Sources {
			t.compare(source)
		}
		for _, inner := range d.Inner {
			if err := t.within(ctx, inner, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// within follows a command line that a tool runs. It starts a process of its own, so
// nothing that it exports comes back.
func (t *tools) within(ctx context.Context, inner deploy.Inner, depth int) error {
	switch {
	case depth >= maxWithin:
		t.problems = append(t.problems, model.Problem{At: inner.At, Message: fmt.Sprintf("more than %d tools start each other here", maxWithin)})
		return nil
	case inner.Open > 0:
		t.problems = append(t.problems, model.Problem{
			At:      inner.At,
			Message: "what this command runs is not followed, because an unquoted text in it is not known",
			Fix:     "put the text in double quotes",
		})
		return nil
	case t.written:
		// The files look as they do at the end of the run, which may be after this command.
		t.problems = append(t.problems, model.Problem{
			At:      inner.At,
			Message: "what this command runs is not followed, because the script writes files that it may read",
			Fix:     "name it in a `run:` step of its own",
		})
		return nil
	}
	line := inner.Line
	if line == "" {
		line = `"$@"` // words, run without a shell
	}
	out, err := shell.Follow(ctx, shell.Step{
		Files: t.files.Fork(), Env: t.load(inner), Dir: inner.Dir, Line: line, Args: inner.Args,
		At: inner.At, Sh: inner.Sh, Flags: inner.Flags,
	})
	if err != nil {
		return err
	}
	t.consumers = append(t.consumers, out.Consumers...)
	t.problems = append(t.problems, out.Problems...)
	return t.deliver(ctx, out.Commands, depth+1)
}

// load is what the inner command finds: the tool may read .env files first.
func (t *tools) load(inner deploy.Inner) model.Env {
	env := inner.Env
	for _, arg := range inner.Dotenv {
		env = t.loadOne(env, inner, arg)
	}
	return env
}

func (t *tools) loadOne(env model.Env, inner deploy.Inner, arg deploy.DotenvArg) model.Env {
	if arg.File.State != model.Known {
		return env.WithRest(model.UnknownBecause(model.WhyMissingFile, "the name of the .env file that is loaded here", arg.File.Trail))
	}
	name := path.Join(inner.Dir, arg.File.Text.Reveal())
	if _, err := t.files.Stat(name); errors.Is(err, repo.ErrMissing) && arg.Optional {
		return env
	}
	dialect, ok := dotenv.ParseDialect(arg.Dialect)
	switch {
	case arg.Dialect == "direnv":
		dialect = dotenv.Bash // an .envrc is a script
	case !ok:
		dialect = "" // a reader of its own: known is only what all readers agree on
	}
	result := dotenv.Load(dotenv.Step{
		Files: t.files, Env: env, Override: &arg.Override, Dialect: dialect,
		Names: []strict.At[string]{{Value: name, Span: inner.At}},
	})
	t.problems = append(t.problems, result.Problems...)
	return withoutRefs(mindGaps(result).Env, arg.Refs)
}

// withoutRefs replaces every text that the tool looks up in a service by an unknown.
func withoutRefs(env model.Env, prefix string) model.Env {
	if prefix == "" {
		return env
	}
	looked := map[string]model.Value{}
	for name, v := range env.All() {
		if v.State == model.Known && strings.HasPrefix(v.Text.Reveal(), prefix) {
			looked[name] = model.UnknownBecause(model.WhyRemoteState, "the text that "+prefix+"… stands for", v.Trail)
		}
	}
	return env.WithAll(looked)
}
