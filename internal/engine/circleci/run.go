package circleci

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/strict"
)

// job is one job that is being followed.
type job struct {
	*reader
	machine    string // tells it from the jobs of other workflows
	name       string
	env        model.Env // of every step, without what $BASH_ENV adds
	dir        string    // working directory, absolute on the machine
	checkout   string    // of the repository, absolute on the machine
	shell      string
	flags      []string
	prelude    []tree.Text  // what earlier steps wrote to $BASH_ENV
	wild       *model.Value // set when nobody can tell what they wrote
	perhaps    *model.Value // set within a condition that nobody can decide
	number     int          // of the step
	ownBashEnv bool         // the configuration sets BASH_ENV itself
}

// run follows one job.
func (r *reader) run(ctx context.Context, v invocation) error {
	n, lib, from := v.scope.lib.find("jobs", v.job)
	j := &job{reader: r, name: v.name, machine: v.workflow + "/" + v.name, checkout: home + "/project"}
	sc := &scope{lib: lib, matrix: v.cell}
	if n == nil {
		if from == nil && !strings.Contains(v.job, "/") {
			r.fail(v.at, "write it under `jobs:`", "there is no job %s", strict.Name(v.job))
			r.doubt(model.UnknownBecause(model.WhyMissingFile, "the job "+strict.Name(v.job), model.Trail{}.Append(r.hop(v.at, "job"))))
			return nil
		}
		lib = r.main
		sc.lib = lib
	}
	caller := &scope{lib: r.main, matrix: v.cell}
	sc.params = r.bind(n.Get("parameters"), v.args, caller)
	executor, executorScope := r.executor(n, sc)
	j.env = r.outside(v, r.texts(n, lib, 0, nil)).WithAll(r.builtins(v, n))
	if executor != n {
		j.env = r.over(j.env, executor.Get("environment"), executorScope, "the executor")
	}
	j.env = r.over(j.env, n.Get("environment"), sc, "job "+strict.Name(v.name))
	j.place(n, executor, sc, executorScope)
	_, j.ownBashEnv = ownEntry(n, executor, "BASH_ENV")
	if err := j.steps(ctx, v.args.Get("pre-steps").Each(), caller, 0); err != nil {
		return err
	}
	var err error
	if n == nil {
		if err = j.orbStep(ctx, from, v.job, v.args, caller, v.at); err == nil {
			err = j.orbSteps(ctx, v.args, caller, 0)
		}
	} else {
		err = j.steps(ctx, n.Get("steps").Each(), sc, 0)
	}
	if err != nil {
		return err
	}
	return j.steps(ctx, v.args.Get("post-steps").Each(), caller, 0)
}

func ownEntry(n, executor *tree.Node, name string) (*tree.Node, bool) {
	for _, from := range []*tree.Node{n, executor} {
		if p, ok := from.Get("environment").Pair(name); ok {
			return p.Value, true
		}
	}
	return nil, false
}

// executor finds what the job runs on: an executor by name, or what the job says itself.
func (r *reader) executor(n *tree.Node, sc *scope) (*tree.Node, *scope) {
	e, from := n.Get("executor"), sc
	if name, ok := onlyReference(e.Text()); ok {
		if own, ok := strings.CutPrefix(name, "parameters."); ok && sc.params[own] != nil && sc.params[own].node != nil {
			e, from = sc.params[own].node, sc.params[own].scope
		}
	}
	if e.IsNull() {
		return n, sc
	}
	name, args := r.expand(e, from, "executor").String(), (*tree.Node)(nil)
	if e.IsMap() {
		name, args = r.expand(e.Get("name"), from, "executor").String(), e
	}
	if from.lib == nil {
		from = &scope{lib: r.main, params: from.params, matrix: from.matrix}
	}
	found, lib, orb := from.lib.find("executors", name)
	if found == nil {
		if orb == nil && !strings.Contains(name, "/") {
			r.fail(e.Span(), "write it under `executors:`", "there is no executor %s", strict.Name(name))
		}
		return n, sc
	}
	return found, &scope{lib: lib, params: r.bind(found.Get("parameters"), args, from)}
}

// place finds where the steps run, and with which shell.
func (j *job) place(n, executor *tree.Node, sc, executorScope *scope) {
	field := func(name string) string {
		if own := n.Get(name); own != nil {
			return j.expand(own, sc, name).String()
		}
		return j.expand(executor.Get(name), executorScope, name).String()
	}
	j.dir = home + "/project"
	dir := field("working_directory")
	if dir != "" {
		j.dir = absolute(home, dir)
	} else {
		dir = "~/project"
	}
	j.checkout = j.dir
	j.env = j.env.With("CIRCLE_WORKING_DIRECTORY", model.KnownText(dir, j.hop(n.Span(), "working directory of the job")))
	line := field("shell")
	j.shell, j.flags = shellOf(line)
	if line == "" && hasOnlySh(executor) {
		j.shell = "sh"
	}
	for _, step := range n.Get("steps").Each() {
		if p := step.Get("checkout", "path"); p != nil {
			j.checkout = absolute(j.dir, j.expand(p, sc, "path").String())
		}
	}
}

// texts lists the scripts of a job and of the commands that it uses.
func (r *reader) texts(n *tree.Node, lib *library, depth int, seen []*tree.Node) []string {
	var out []string
	if depth > maxDepth || slices.Contains(seen, n) || len(seen) > maxSteps || !r.step(n.Span()) {
		return nil
	}
	seen = append(seen, n)
	switch {
	case n.IsScalar():
		if lib != nil {
			if command, inner, _ := lib.find("commands", n.Text()); command != nil {
				return r.texts(command, inner, depth+1, seen)
			}
		}
		return []string{n.Text()}
	case n.IsList():
		for _, item := range n.Items {
			out = append(out, r.texts(item, lib, depth+1, seen)...)
		}
	case n.IsMap():
		for _, p := range n.Pairs {
			if lib != nil {
				if command, inner, _ := lib.find("commands", p.Key.Text()); command != nil {
					out = append(out, r.texts(command, inner, depth+1, seen)...)
				}
			}
			out = append(out, r.texts(p.Value, lib, depth+1, seen)...)
		}
	}
	return out
}

// steps follows steps in their order.
func (j *job) steps(ctx context.Context, steps []*tree.Node, sc *scope, depth int) error {
	for _, n := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !j.step(n.Span()) {
			return nil
		}
		name, args := n.Text(), (*tree.Node)(nil)
		if n.IsMap() && len(n.Pairs) > 0 {
			name, args = n.Pairs[0].Key.Text(), n.Pairs[0].Value
		}
		if err := j.oneStep(ctx, name, n, args, sc, depth); err != nil {
			return err
		}
	}
	return nil
}

func (j *job) oneStep(ctx context.Context, name string, n, args *tree.Node, sc *scope, depth int) error {
	if depth > maxDepth {
		j.fail(n.Span(), "let commands call each other less", "more than %d commands call each other here", maxDepth)
		j.doubt(model.UnknownBecause(model.WhyLimit, "fewer commands within each other", model.Trail{}))
		return nil
	}
	if command, lib, _ := sc.lib.find("commands", name); command != nil {
		inner := &scope{lib: lib, params: j.bind(command.Get("parameters"), args, sc)}
		return j.steps(ctx, command.Get("steps").Each(), inner, depth+1)
	}
	switch name {
	case "run", "deploy":
		return j.runStep(ctx, args, sc)
	case "when", "unless":
		return j.conditional(ctx, args, sc, depth, name == "unless")
	case "steps":
		return j.passed(ctx, args, sc, depth)
	case "checkout", "setup_remote_docker", "save_cache", "restore_cache", "store_artifacts", "store_test_results",
		"persist_to_workspace", "attach_workspace", "add_ssh_keys", "install_signing_bundle", "":
		return nil
	}
	alias, _, ok := strings.Cut(name, "/")
	if !ok {
		j.fail(n.Span(), "write it under `commands:`", "there is no step or command %s", strict.Name(name))
		return nil
	}
	if err := j.orbStep(ctx, sc.lib.orbs[alias], name, args, sc, n.Span()); err != nil {
		return err
	}
	return j.orbSteps(ctx, args, sc, depth)
}

// conditional follows the steps of `when` or `unless`.
func (j *job) conditional(ctx context.Context, args *tree.Node, sc *scope, depth int, negated bool) error {
	v := j.condition(args.Get("condition"), sc, false)
	if negated {
		v.answer = v.answer.Not()
	}
	if v.answer == no {
		return nil
	}
	before := j.perhaps
	if v.answer == maybe {
		j.perhaps = &v.why
	}
	err := j.steps(ctx, args.Get("steps").Each(), sc, depth+1)
	j.perhaps = before
	return err
}

// passed follows steps that came as an argument.
func (j *job) passed(ctx context.Context, args *tree.Node, sc *scope, depth int) error {
	if inner, ok := onlyReference(args.Text()); ok {
		if name, ok := strings.CutPrefix(inner, "parameters."); ok && sc.params[name] != nil {
			p := sc.params[name]
			if p.node.IsScalar() || p.scope == nil {
				return nil
			}
			from := p.scope
			if from.lib == nil {
				from = j.top()
			}
			return j.steps(ctx, p.node.Each(), from, depth+1)
		}
	}
	return j.steps(ctx, args.Each(), sc, depth+1)
}

// runStep follows one `run`.
func (j *job) runStep(ctx context.Context, n *tree.Node, sc *scope) error {
	j.number++
	command := n
	if n.IsMap() {
		command = n.Get("command")
	}
	if !command.IsScalar() {
		j.fail(n.Span(), "write `command:` with the script", "expected a command")
		return nil
	}
	if n.Get("when").Text() == "on_fail" {
		return nil // the deploy that matters is the one that goes on
	}
	label := j.label(n, sc)
	s := pipeline.Script{At: command.Span(), Shell: j.shell, Flags: j.flags, Label: j.name + "/" + label, Job: j.machine, Perhaps: j.perhaps}
	if own := n.Get("shell"); own != nil {
		s.Shell, s.Flags = shellOf(j.expand(own, sc, "shell").String())
	}
	s.Dir = j.directory(n, sc)
	s.Env = j.over(j.env, n.Get("environment"), sc, "step "+strict.Name(label))
	return j.follow(ctx, s, j.expand(command, sc, "run"), n.Get("background").Text() == "true")
}

func (j *job) label(n *tree.Node, sc *scope) string {
	if name := n.Get("name"); name.IsScalar() {
		if text := j.expand(name, sc, "name"); text.Known() && strict.IsName(text.String()) {
			return text.String()
		}
	}
	return fmt.Sprintf("step %d", j.number)
}

func (j *job) directory(n *tree.Node, sc *scope) string {
	dir := j.dir
	if own := n.Get("working_directory"); own != nil {
		t := j.expand(own, sc, "working_directory")
		if !t.Known() {
			j.fail(own.Span(), "write a path that does not depend on the run", "the working directory of this step is not known")
			j.perhapsElsewhere(own)
		}
		dir = absolute(j.dir, t.String())
	}
	rel, ok := within(j.checkout, dir)
	if !ok {
		j.fail(n.Span(), "let the step run within the checkout", "the step runs outside of the checkout, where its files are not known")
		return "."
	}
	return rel
}

func (j *job) perhapsElsewhere(n *tree.Node) {
	j.doubt(model.UnknownBecause(model.WhyInput, "the working directory of a step", model.Trail{}.Append(j.hop(n.Span(), "working directory"))))
}

const bashEnv = "BASH_ENV"

// follow follows a script with what earlier steps wrote to $BASH_ENV in front of it, and
// remembers what it writes there.
func (j *job) follow(ctx context.Context, s pipeline.Script, script tree.Text, background bool) error {
	texts := []tree.Text{script}
	sources := s.Shell == "bash" && !j.ownBashEnv
	if sources {
		texts = append(slices.Clone(j.prelude), script)
		if j.wild != nil {
			s.Env = wildly(s.Env, *j.wild)
		}
	}
	if !j.ownBashEnv {
		s.Channels = []string{bashEnv}
	}
	s.Text, s.Holes, s.Positions = tree.Join(texts...).Script(pipeline.Hole, pipeline.MaxHoles)
	after, err := j.host.Follow(ctx, s)
	if err != nil {
		return err
	}
	if written, ok := after.Channels[bashEnv]; ok && !j.ownBashEnv && written.State != model.Absent {
		j.remember(written, script.String(), s.Perhaps != nil || background)
	}
	return nil
}

// wildly is the environment after something that nobody knows was read.
func wildly(env model.Env, why model.Value) model.Env {
	out := map[string]model.Value{}
	for name, v := range env.All() {
		out[name] = model.Ambiguous(why.Needs, v, why)
	}
	return model.NewEnv(out).WithRest(model.Ambiguous(why.Needs, env.Rest(), why))
}
