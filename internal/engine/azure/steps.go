package azure

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// stepRun is one step of a job that runs.
type stepRun struct {
	node    *node
	name    string // by which others ask for what it puts out
	label   string
	at      pos.Span
	task    string // without its version
	perhaps *model.Value
	inputs  map[string]tree.Text // of a task, by their names in lower case
}

// steps follows steps in their order.
func (a *agent) steps(ctx context.Context, list *node, perhaps *model.Value) error {
	checkouts := 0
	for _, i := range list.each() {
		if err := ctx.Err(); err != nil {
			return err
		}
		a.number++
		s := &stepRun{node: i.node, name: i.get("name").plain(), at: i.span(), perhaps: firstWhy(i.perhaps, perhaps)}
		if !i.isMap() || !a.begins(s) {
			continue
		}
		if c := i.get("checkout").plain(); c != "" && c != "none" {
			if checkouts++; checkouts == 2 {
				a.doubt(model.UnknownBecause(model.WhyUnsupported, "one repository in a job: with several the checkout lies in another directory", model.Trail{}.Append(a.hop(s.at, "checkout"))))
			}
		}
		if err := a.oneStep(ctx, s); err != nil {
			return err
		}
		if a.failed != nil {
			return a.failed
		}
	}
	return nil
}

func firstWhy(all ...*model.Value) *model.Value {
	for _, v := range all {
		if v != nil {
			return v
		}
	}
	return nil
}

// begins decides whether a step is run, and how it is called.
func (a *agent) begins(s *stepRun) bool {
	a.expandAll()
	s.label = fmt.Sprintf("step %d", a.number)
	for _, name := range []string{s.node.get("displayName").plain(), s.name} {
		if strict.IsName(name) {
			s.label = name
			break
		}
	}
	if strings.EqualFold(s.node.get("enabled").plain(), "false") {
		return false
	}
	v, ok := a.condition(s.node.get("condition"))
	if ok && v.truthy() == maybe {
		why := v.why().Via(a.hop(s.node.get("condition").span(), "condition"))
		s.perhaps = firstWhy(s.perhaps, &why)
	}
	return !ok || v.truthy() != no
}

func (a *agent) oneStep(ctx context.Context, s *stepRun) error {
	for _, short := range []struct{ key, task, input string }{
		{"script", "CmdLine", "script"}, {"bash", "Bash", "script"}, {"pwsh", "PowerShell", "script"}, {"powershell", "PowerShell", "script"},
	} {
		p, ok := s.node.pair(short.key)
		if !ok {
			continue
		}
		s.task, s.at = short.task, p.value.span()
		s.inputs = map[string]tree.Text{"targettype": tree.Pasted("inline", s.at), "workingdirectory": s.node.get("workingDirectory").scalar()}
		if short.key == "pwsh" {
			s.inputs["pwsh"] = tree.Pasted("true", s.at)
		}
		return a.script(ctx, s, p.value.scalar())
	}
	task := s.node.get("task")
	if task.isNull() {
		return nil // checkout, publish, download, …
	}
	name, _, _ := strings.Cut(task.plain(), "@")
	s.task, s.at, s.inputs = name, task.span(), map[string]tree.Text{}
	for _, p := range s.node.get("inputs").entries() {
		s.inputs[strings.ToLower(p.key)] = p.value.scalar()
	}
	return a.taskStep(ctx, s)
}

func (n *node) entries() []pair {
	if !n.isMap() {
		return nil
	}
	return n.pairs
}

// input is an input of a task with its variables put in; the first of the names that is given.
func (a *agent) input(s *stepRun, names ...string) tree.Text {
	for _, name := range names {
		if t, ok := s.inputs[strings.ToLower(name)]; ok {
			out, _ := a.replaced(t.Trim(), nil)
			return out
		}
	}
	return tree.Text{}
}

// script follows a script that stands in the file.
func (a *agent) script(ctx context.Context, s *stepRun, text tree.Text) error {
	shell := "bash"
	switch {
	case s.task == "PowerShell" && len(s.inputs["pwsh"].String()) > 0, s.task == "PowerShell" && !a.windows():
		shell = "pwsh"
	case s.task == "PowerShell":
		shell = "powershell"
	case s.task == "CmdLine" && a.windows():
		shell = "cmd"
	}
	var own func(string) bool
	if shell == "bash" {
		own = ownCommands(text.String())
	}
	body, _ := a.replaced(text.Trim(), own)
	return a.follow(ctx, s, pipeline.Script{At: s.at, Shell: shell}, body, nil)
}

// follow follows a script, or a command line of args, and takes over what it printed.
func (a *agent) follow(ctx context.Context, s *stepRun, p pipeline.Script, body tree.Text, args []model.Value) error {
	p.Text, p.Holes, p.Positions = body.Script(pipeline.Hole, pipeline.MaxHoles)
	p.Args, p.Env, p.Dir = args, a.env(s), a.directory(s)
	p.Root = []string{"BUILD_SOURCESDIRECTORY", "SYSTEM_DEFAULTWORKINGDIRECTORY", "BUILD_REPOSITORY_LOCALPATH"}
	p.Capture, p.Label, p.Job = true, a.label+"/"+s.label, a.job.stage.name+"/"+a.label
	p.Quiet, p.Perhaps = a.quiet, s.perhaps
	after, err := a.host.Follow(ctx, p)
	if err != nil {
		return err
	}
	if args == nil {
		a.printed(s, after.Output, body.String())
	}
	return nil
}

// directory is where a step runs, relative to the checkout.
func (a *agent) directory(s *stepRun) string {
	t := a.input(s, "workingDirectory", "cwd")
	if t.String() == "" {
		return "."
	}
	v := t.Value(a.hop(s.at, "working directory"))
	switch name := v.Text.Reveal(); {
	case v.State == model.Known && !path.IsAbs(name) && !strings.HasPrefix(path.Clean(name), ".."):
		return path.Clean(name)
	case v.State == model.Unknown && v.InRepo != "":
		return v.InRepo
	}
	a.fail(t.At(0, len(t.String())), "name a directory of the repository", "the working directory of this step is not known, or lies outside of the checkout")
	return "."
}

// env is what a step finds: its own `env:`, and over that every variable that is no secret.
func (a *agent) env(s *stepRun) model.Env {
	out := map[string]model.Value{}
	for _, name := range []string{"PATH", "HOME", "USER", "LANG", "HOSTNAME", "SHELL", "TERM", "TMPDIR"} {
		out[name] = a.ofRun("the variable "+name+" of the agent", s.at)
	}
	for _, p := range s.node.get("env").entries() {
		t, _ := a.replaced(p.value.scalar().Trim(), nil)
		v := t.Value(a.hop(place(p.value, p.at), "env "+shown(p.key)+" of step "+strict.Name(s.label)))
		if p.perhaps != nil {
			v = model.Ambiguous(p.perhaps.why.Needs, v, model.Value{State: model.Absent})
		}
		out[p.key] = v
	}
	for _, name := range inEnvironment() {
		if v, ok := a.predefined(name, s.at); ok {
			out[environmentName(name)] = v
		}
	}
	for _, lower := range slices.Sorted(maps.Keys(a.vars)) {
		a.addVariable(out, a.vars[lower])
	}
	if a.job.deployment {
		a.deploymentVariables(out, s)
	}
	env := model.NewEnv(out)
	if len(a.groups) > 0 {
		env = env.WithRest(model.UnknownBecause(model.WhyCISecret, "a value under `inputs` in keyfit.yaml, if a variable group sets the variable and it is no secret", model.Trail{}.Append(a.hop(a.job.at, "variable groups of the job"))))
	}
	return env
}

// addVariable puts a variable of the job into the environment of a step.
func (a *agent) addVariable(out map[string]model.Value, e entry) {
	name := environmentName(e.name)
	if e.secret == yes || e.value.State == model.Absent || slices.Contains([]string{"BUILD_SOURCESDIRECTORY", "SYSTEM_DEFAULTWORKINGDIRECTORY", "BUILD_REPOSITORY_LOCALPATH"}, name) {
		return
	}
	before, had := out[name]
	if !had {
		before = model.Value{State: model.Absent}
	}
	v := e.value
	reserved := slices.ContainsFunc([]string{"ENDPOINT", "INPUT", "SECRET", "SECUREFILE"}, func(p string) bool { return strings.HasPrefix(name, p) })
	switch {
	case reserved:
		v = model.Ambiguous("a name that the system does not reserve", v, before)
	case e.secret == maybe:
		needs := "whether the variable " + shown(e.name) + " is a secret, which scripts do not find"
		if len(v.Alternatives) > 0 {
			needs = v.Needs // which comes first
		}
		v = model.Ambiguous(needs, v, before)
	case had && !isPredefined(e.name) && !(before.State == model.Unknown && before.Why == model.WhyInput):
		v = v.Over(before)
	}
	out[name] = v
}

func (a *agent) deploymentVariables(out map[string]model.Value, s *stepRun) {
	if t, _ := a.replaced(a.job.environment, nil); t.Known() && !strings.Contains(t.String(), ".") && t.String() != "" {
		out["ENVIRONMENT_NAME"] = t.Value(a.hop(s.at, "environment of the deployment job"))
	}
}
