package buildkite

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// hooksDir is where the hooks of the repository lie.
const hooksDir = ".buildkite/hooks/"

// hookNames are the hooks of a repository that a job runs, in their order.
var hookNames = []string{"environment", "post-checkout", "pre-command", "command", "post-command", "pre-exit"}

func mapsEqual(a, b map[string]string) bool { return maps.Equal(a, b) }

func with(cell map[string]string, name, value string) map[string]string {
	out := maps.Clone(cell)
	out[name] = value
	return out
}

// step follows the jobs of a step: one for each cell of its matrix that is asked for.
func (r *run) step(ctx context.Context, s *step) error {
	if runs, why := r.runs(s); !runs {
		r.problem(s.at, "correct the branch or the condition", "this step does not run: %s", why)
		return nil
	}
	if s.trigger != nil {
		r.problem(s.trigger.Span(), "name the steps of that pipeline in keyfit.yaml; nothing but its own `env` reaches it", "this step starts another pipeline, which is not followed")
		r.doubt("the pipeline that the step starts")
		return nil
	}
	cells := matrixOf(s.node.Get("matrix"))
	if cells == nil {
		return r.job(ctx, s, nil)
	}
	found := false
	for _, cell := range cells {
		if !r.asked(s, cell) {
			continue
		}
		found = true
		if err := r.job(ctx, s, cell); err != nil {
			return err
		}
	}
	if !found {
		r.problem(s.at, "correct `matrix:` of the step in keyfit.yaml", "no cell of the matrix of this step is the one that is asked for")
	}
	return nil
}

// asked reports whether a cell is one of those that are followed.
func (r *run) asked(s *step, cell map[string]string) bool {
	for name, value := range r.in.Matrix {
		if cell[name] != value {
			return false
		}
	}
	if len(r.in.Matrix) > 0 || r.in.Job.Value != "" {
		return true
	}
	return !slices.ContainsFunc(r.doc.jobsOf(s), func(j pipeline.Job) bool {
		return j.Matrix != nil && mapsEqual(j.Matrix, cell) && !strings.EqualFold(j.Environment, r.in.Environment)
	})
}

// job is one job that is followed, hook by hook.
type job struct {
	*run
	step  *step
	cell  map[string]string
	name  string
	label string
	env   model.Env
}

func (r *run) job(ctx context.Context, s *step, cell map[string]string) error {
	j := &job{run: r, step: s, cell: cell, label: s.called(), name: s.called()}
	for _, name := range slices.Sorted(maps.Keys(cell)) {
		j.name += " " + name + "=" + cell[name]
	}
	j.env = r.environment(s, cell)
	command := j.command()
	j.env = j.env.With("BUILDKITE_COMMAND", command.Value(hop(s.at, "the command of the step")))
	if err := j.before(ctx); err != nil {
		return err
	}
	if err := j.main(ctx, command); err != nil {
		return err
	}
	j.env = j.env.With("BUILDKITE_COMMAND_EXIT_STATUS", model.KnownText("0", hop(s.at, "the exit status of a command that succeeds")))
	for _, name := range []string{"post-command", "pre-exit"} {
		if err := j.hook(ctx, name, nil); err != nil {
			return err
		}
	}
	return nil
}

// command is the text that the job runs: the commands in one, with variables of the upload
// and the matrix in place.
func (j *job) command() tree.Text {
	var out tree.Text
	for i, c := range j.step.commands {
		if i > 0 {
			out = tree.Join(out, glue("\n", c.Span()))
		}
		out = tree.Join(out, j.text(c, j.cell, "command of step "+j.label))
	}
	return out
}

// glue is text of keyfit's own.
func glue(text string, at pos.Span) tree.Text {
	return tree.Of(model.KnownText(text, hop(at, "what the agent adds")), at)
}

// before follows the hooks in front of the command, and the plugins.
func (j *job) before(ctx context.Context) error {
	if j.isHook("environment") {
		why := model.UnknownBecause(model.WhyUnsupported, "whether an agent runs this hook: one of the repository is not run before the checkout", model.Trail{})
		if err := j.hook(ctx, "environment", &why); err != nil {
			return err
		}
	}
	if err := j.hook(ctx, "post-checkout", nil); err != nil {
		return err
	}
	if err := j.hook(ctx, "pre-command", nil); err != nil {
		return err
	}
	return j.plugins(ctx)
}

// isHook reports whether the repository has a hook that a shell runs.
func (j *job) isHook(name string) bool {
	data, err := j.in.Files.Read(hooksDir + name)
	if err != nil || !repo.IsText(data) {
		return false
	}
	first, _, _ := strings.Cut(string(data), "\n")
	return !strings.HasPrefix(first, "#!") || strings.Contains(first, "sh")
}

// hook follows a hook of the repository, if there is one. What it exports stays.
func (j *job) hook(ctx context.Context, name string, perhaps *model.Value) error {
	if !j.isHook(name) {
		return nil
	}
	data, _ := j.in.Files.Read(hooksDir + name)
	at := pos.Span{File: path.Clean(hooksDir + name)}
	script := pipeline.Script{Text: `. "./` + hooksDir + name + `"`, At: at, Shell: "bash", Env: j.env, Perhaps: perhaps}
	if secretGet().Match(data) { // pasted, so that the secrets in it can be
		script.Text, script.Holes, script.Positions = j.atRun(fileText(at, string(data))).Script(pipeline.Hole, pipeline.MaxHoles)
	}
	after, err := j.follow(ctx, script, name)
	if err != nil {
		return err
	}
	if perhaps != nil {
		after.Env = pipeline.Either(perhaps.Needs, j.env, after.Env)
	}
	j.env = after.Env
	return nil
}

// follow follows a script on the machine of the job.
func (j *job) follow(ctx context.Context, s pipeline.Script, what string) (pipeline.After, error) {
	s.Job, s.Root, s.Label = j.name, []string{root}, j.label
	if what != "" {
		s.Label += "/" + what
	}
	return j.host.Follow(ctx, s)
}

// main follows the command itself, or what stands in for it.
func (j *job) main(ctx context.Context, command tree.Text) error {
	if j.isHook("command") {
		return j.hook(ctx, "command", nil)
	}
	if strings.TrimSpace(command.String()) == "" {
		return nil
	}
	script := pipeline.Script{At: j.step.commands[0].Span(), Shell: "bash", Flags: []string{"-e"}, Env: j.env}
	c, inContainer := containerOf(pluginsOf(j.step.node))
	if inContainer && !c.runs {
		return nil // the plugin builds or pushes in place of the command
	}
	if inContainer {
		script.Shell, script.Env = "sh", j.container(c)
	}
	if file := strings.ReplaceAll(command.String(), "\n", ""); j.isFile(file) && !strings.Contains(file, "/") {
		command = tree.Join(glue("./", script.At), command)
	}
	script.Text, script.Holes, script.Positions = j.atRun(command).Script(pipeline.Hole, pipeline.MaxHoles)
	_, err := j.follow(ctx, script, "")
	return err
}

func (j *job) isFile(name string) bool {
	if len(name) > 500 || strings.ContainsAny(name, " \t") {
		return false
	}
	info, err := j.in.Files.Stat(name)
	return err == nil && !info.Dir
}

// atRun puts into a command what the agent's own commands print: secrets, and answers.
func (j *job) atRun(command tree.Text) tree.Text {
	command = replaced(command, secretGet(), func(groups []string, place pos.Span) (tree.Text, bool) {
		return tree.Of(j.secret(groups[1], groups[1], place), place), true
	})
	return replaced(command, metaData(), func(groups []string, place pos.Span) (tree.Text, bool) {
		return tree.Of(j.answer(groups[1], groups[2], place), place), true
	})
}

// answer is the meta-data of a key.
func (j *job) answer(key, fallback string, place pos.Span) model.Value {
	at := hop(place, "meta-data "+strict.Name(key))
	f, ok := j.doc.fields[key]
	switch given, isGiven := j.in.Inputs[key]; {
	case isGiven:
		return given.Via(at)
	case ok && f.fallback.IsScalar():
		default_ := hop(f.fallback.Span(), "default of the field "+strict.Name(key))
		default_.Literal = true
		return model.KnownText(f.fallback.Text(), default_).Via(at)
	case !ok && fallback != "":
		return model.UnknownBecause(model.WhyInput, "whether an earlier step sets the meta-data", model.Trail{}.Append(at))
	}
	return model.UnknownBecause(model.WhyInput, "what is answered in the field "+strict.Name(key), model.Trail{}.Append(at))
}
