package resolve

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
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
	out, err := w.follow(ctx, shell.Step{
		Env: w.env, Dir: w.dir, Line: step.Run.Value, At: step.Run.Span,
		Positions: blockPositions(w.files, *step.Run),
	}, nil, false)
	return out.Result, err
}

// tools reads the commands of one run.
type tools struct {
	*walk
	consumers []model.Consumer
	problems  []model.Problem
	// followed says that something went into a cluster, and unfollowed names the tools of
	// which not everything could be followed.
	followed   bool
	unfollowed map[string]bool
	modular    map[string]bool // the tools whose root modules were evaluated
	starters   map[string]starter
	// elsewhere says that the commands run on another machine than keyfit.
	elsewhere bool
}

// deliver follows what the commands of a script deliver, in their order.
func (t *tools) deliver(ctx context.Context, saw *views, depth int) error {
	for _, d := range t.deliveries(saw) {
		t.consumers = append(t.consumers, t.changes(d)...)
		t.problems = append(t.problems, d.Problems...)
		t.mayRunMore(d)
		for _, source := range d.Sources {
			t.compare(source)
		}
		if err := t.applyTo(ctx, d); err != nil {
			return err
		}
		for _, inner := range d.Inner {
			if err := t.within(ctx, inner, d, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// runners are the tools that run command lines of files of their own.
var runners = []string{"make", "gmake", "npm", "pnpm", "yarn", "bun", "just", "task", "rake"}

// mayRunMore notes that a tool may start more than could be followed: a key that is missing may
// be handed over there.
func (t *tools) mayRunMore(d deploy.Delivery) {
	if name := toolName(d.Tool); t.lost == nil && len(d.Problems) > 0 && slices.Contains(runners, name) {
		why := model.UnknownBecause(model.WhyUnsupported, "all that "+name+" runs", model.Trail{})
		t.lost = &why
	}
}

// deliveries reads the commands, and joins those that print with those that apply.
func (t *tools) deliveries(saw *views) []deploy.Delivery {
	var all []deploy.Delivery
	var commands []int          // of each delivery
	deliveries := map[int]int{} // of each command
	var place placement
	for i, command := range saw.outcome.Commands {
		placed := place.command(command)
		d, ok := deploy.Read(deploy.Call{Command: placed, Files: saw.of(i)})
		t.started(command, d, ok)
		if len(d.Composes) == 0 {
			t.mentions(command)
		}
		if ok && len(place.paths) > 0 {
			d = place.undo(d)
		}
		d = traced(d)
		if !ok {
			name, chosen := chosenCluster(command)
			if !chosen {
				continue
			}
			d = deploy.Delivery{Files: saw.of(i), Selections: []deploy.Selection{{At: command.At, Tool: "kubectl", Kind: "context", Name: name}}}
		}
		if saw.doubt != nil {
			d = perhaps(d, *saw.doubt)
		} else if saw.outcome.Seen[i].Perhaps {
			d = perhaps(d, *undecided())
		}
		deliveries[i] = len(all)
		all, commands = append(all, d), append(commands, i)
	}
	return deploy.Piped(all, func(i int, m deploy.Manifests, name string) []int {
		printers := saw.outcome.Seen[commands[i]].Printers
		if name != "-" {
			w, _ := all[i].Files.(*view).written(joined(m.Dir, name))
			printers = w.Printers
		}
		var out []int
		for _, command := range printers {
			n, ok := deliveries[command]
			if !ok {
				return nil
			}
			out = append(out, n)
		}
		return out
	})
}

// within follows a command line that a tool runs. It starts a process of its own, so
// nothing that it exports comes back.
func (t *tools) within(ctx context.Context, inner deploy.Inner, by deploy.Delivery, depth int) error {
	files := by.Files.(*view)
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
	case len(files.unread) > 0:
		t.problems = append(t.problems, model.Problem{
			At:      inner.At,
			Message: "what this command runs is not followed, because the script writes files that it may read, and what it writes is not known",
			Fix:     "name it in a `run:` step of its own",
		})
		return nil
	}
	line := inner.Line
	if line == "" {
		line = `"$@"` // words, run without a shell
	}
	out, err := shell.Follow(ctx, shell.Step{
		Files: files.Fork(), Env: t.load(inner, files), Dir: inner.Dir, Line: line, Args: inner.Args, Parts: inner.Parts,
		At: inner.At, Sh: inner.Sh, Flags: inner.Flags, Elsewhere: t.elsewhere || inner.Host != "",
	})
	if err != nil {
		return err
	}
	t.consumers = append(t.consumers, out.Consumers...)
	t.problems = append(t.problems, out.Problems...)
	saw := &views{base: files.Overlay, outcome: out, doubt: by.Perhaps}
	if inner.Host != "" {
		saw.doubt = elsewhere()
	}
	return t.deliver(ctx, saw, depth+1)
}

// load is what the inner command finds: the tool may read .env files first.
func (t *tools) load(inner deploy.Inner, files *view) model.Env {
	env := inner.Env
	for _, arg := range inner.Dotenv {
		env = t.loadOne(env, inner, arg, files)
	}
	return env
}

func (t *tools) loadOne(env model.Env, inner deploy.Inner, arg deploy.DotenvArg, files *view) model.Env {
	if arg.File.State != model.Known {
		return env.WithRest(model.UnknownBecause(model.WhyMissingFile, "the name of the .env file that is loaded here", arg.File.Trail))
	}
	name := path.Join(inner.Dir, arg.File.Text.Reveal())
	if _, err := files.Stat(name); errors.Is(err, repo.ErrMissing) && arg.Optional {
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
		Files: files, Env: env, Override: &arg.Override, Dialect: dialect,
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
