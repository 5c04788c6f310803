package github

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/engine/github/expression"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// jobRun is one job, in one cell of its matrix, that is being followed.
type jobRun struct {
	*call
	job    *job
	cell   cell
	chosen bool
	label  string

	named       bool // it names an environment
	environment model.Value

	os       string // Linux, Windows, macOS; empty: not known
	hosted   bool
	inside   bool // its steps run in a container
	base     map[string]model.Value
	baseRest *model.Value
	global   model.Env // what the workflow, the job and GITHUB_ENV set
	token    bool      // it may ask for a token of its own
	checkout checkout
	top      *frame
	given    map[string]model.Value // see predefined
}

func (c *call) newJobRun(j *job, one cell, chosen bool) *jobRun {
	return &jobRun{call: c, job: j, cell: one, chosen: chosen, label: c.label + one.label(j.id)}
}

// run follows the steps, and gives the outputs.
func (jr *jobRun) run() expression.Value {
	jr.environment, jr.named = jr.environmentName()
	jr.checkReferences()
	jr.readMachine()
	s := jr.cellScope()
	jr.setGlobal(s.in(jr.wf.document), jr.wf.env, inWorkflowEnv, "env %s of the workflow")
	jr.setGlobal(s, jr.job.env, inJobEnv, "env %s of job "+jr.job.id)
	jr.services()
	jr.container()
	jr.top = &frame{jobRun: jr, doc: jr.wf.document, inputs: jr.inputs, label: jr.label, results: map[string]*result{}}
	jr.top.setDefaults()
	for _, st := range jr.job.steps {
		if !jr.count(st.at) {
			break
		}
		jr.top.step(st)
	}
	return jr.outputs()
}

// cellScope is what expressions see at the level of a job that runs.
func (jr *jobRun) cellScope() scope {
	s := jr.jobScope(jr.job)
	outer := s.get
	s.get = func(name string, at pos.Span) expression.Value {
		switch name {
		case "github":
			return jr.githubContext("", "", "")
		case "matrix":
			return jr.cell.context()
		case "strategy":
			return jr.strategyContext()
		case "vars":
			return jr.varsContext(at)
		case "secrets":
			return jr.secretsContext(at)
		case "env":
			return envContext(jr.global)
		case "runner":
			return jr.runnerContext()
		case "job":
			return jobContext()
		}
		return outer(name, at)
	}
	return s
}

// in is the scope for another file.
func (s scope) in(d *document) scope {
	s.doc = d
	return s
}

func (jr *jobRun) strategyContext() expression.Value {
	number := func(name string, n int) expression.Entry {
		return expression.Entry{Name: name, Value: expression.Number(float64(n))}
	}
	if jr.cell.open {
		return expression.Unknown(unknownInput("the matrix, which is made when the workflow runs"))
	}
	return expression.Open(func(string) expression.Value {
		return expression.Unknown(unknownInput(needsRun))
	}, number("job-index", jr.cell.index), number("job-total", max(1, jr.cell.total)))
}

func jobContext() expression.Value {
	return expression.Open(func(string) expression.Value {
		return expression.Unknown(unknownInput(needsRunner))
	}, expression.Entry{Name: "status", Value: expression.String("success")})
}

// runnerEntries are the entries of `runner`. Each is a variable too.
const runnerEntries = "name os arch temp tool_cache workspace environment"

func (jr *jobRun) runnerEntry(name string) model.Value {
	switch {
	case name == "os" && jr.os != "":
		return constant(jr.os)
	case name == "environment" && jr.hosted:
		return constant("github-hosted")
	}
	return unknownInput(needsRunner)
}

func (jr *jobRun) runnerContext() expression.Value {
	return expression.Open(func(name string) expression.Value {
		if name = strings.ToLower(name); field(runnerEntries + " debug").has(name) {
			return expression.Text(jr.runnerEntry(name))
		}
		return expression.Null()
	})
}

// githubContext is `github` in a step with that name for GITHUB_ACTION; dir is the directory
// of the composite action that it stands in, and root is put in front of paths on the
// machine, when the reader needs them.
func (jr *jobRun) githubContext(action, dir, root string) expression.Value {
	outer := jr.call.github(jr)
	return expression.Open(func(name string) expression.Value {
		switch strings.ToLower(name) {
		case "action":
			if action != "" {
				return expression.Text(constant(action))
			}
		case "workspace":
			if root != "" {
				return expression.String(root)
			}
		case "action_path":
			if dir == "" {
				return expression.Null()
			}
			if root != "" {
				return expression.String(root + "/" + dir)
			}
		}
		return outer.Get(name)
	})
}

// envContext is `env`: what workflow, job, step and GITHUB_ENV set.
func envContext(env model.Env) expression.Value {
	var entries []expression.Entry
	for name, v := range env.All() {
		entries = append(entries, expression.Entry{Name: name, Value: expression.Text(v)})
	}
	if rest := env.Rest(); rest.State != model.Absent {
		return expression.CaseSensitive(func(string) expression.Value { return expression.Text(rest) }, entries...)
	}
	return expression.CaseSensitive(nil, entries...)
}

// setGlobal adds a mapping of variables to those that all steps have.
func (jr *jobRun) setGlobal(s scope, n *yaml.Node, f field, what string) {
	sets, rest := s.mapping(n, f, what)
	jr.global = overlay(jr.global, sets)
	if rest != nil {
		jr.global = jr.global.WithRest(*rest)
	}
	for _, set := range sets {
		jr.refuseReserved(set.name, set.value.Trail.At())
	}
}

// refuseReserved tells that a variable of GitHub's own stays what it is.
func (jr *jobRun) refuseReserved(name string, at pos.Span) {
	if isReservedName(name) {
		jr.problem(at, "choose another name", "the variable %s is GitHub's own and cannot be set", shownName(name))
	}
}

// exported are the entries of `github` that are variables too.
func exported() field { return runWide + " " + repoWide + " " + stepWide }

// mapping evaluates a mapping of names to texts. rest is set when there may be names that
// cannot be told.
func (s scope) mapping(n *yaml.Node, f field, what string) (sets []assignment, rest *model.Value) {
	n = target(n)
	if isScalar(n) {
		v := s.value(n, f, strings.TrimSpace(strings.ReplaceAll(what, "%s", "")))
		entries, all := v.Entries()
		for _, e := range entries {
			sets = append(sets, assignment{name: e.Name, value: pasted(e.Value)})
		}
		if v.Kind() != expression.KindObject && v.Kind() != expression.KindNull || v.Kind() == expression.KindObject && !all {
			u := model.UnknownBecause(model.WhyUnsupported, "which variables this expression sets", model.Trail{}.Append(model.Hop{At: s.doc.span(n), Kind: model.KindWorkflow, What: "env"}))
			rest = &u
		}
		return sets, rest
	}
	for _, p := range s.doc.pairs(n) {
		if strings.Contains(p.Key.Value, "${{") {
			u := model.UnknownBecause(model.WhyUnsupported, "which variable this expression names", model.Trail{}.Append(model.Hop{At: s.doc.span(p.Key), Kind: model.KindWorkflow, What: "env"}))
			rest = &u
			continue
		}
		name := p.Key.Value
		sets = append(sets, assignment{name: name, value: s.text(p.Value, f, strings.ReplaceAll(what, "%s", shownName(name)))})
	}
	return sets, rest
}

// overlay sets variables over those that are there.
func overlay(env model.Env, sets []assignment) model.Env {
	more := make(map[string]model.Value, len(sets))
	for _, set := range sets {
		old, ok := more[set.name]
		if !ok && env.Has(set.name) {
			old, ok = env.Get(set.name), true
		}
		if ok {
			set.value = set.value.Over(old)
		}
		more[set.name] = set.value
	}
	return env.WithAll(more)
}

// readMachine says what the job runs on.
func (jr *jobRun) readMachine() {
	jr.base = machineEnv()
	for _, label := range jr.labels() {
		if os, hosted := system(label); os != "" {
			jr.os, jr.hosted = os, hosted
			break
		}
	}
	jr.token = mayAskToken(jr.job.permissions) || mayAskToken(find(jr.wf.document.root, "permissions"))
	if jr.token {
		for _, name := range []string{"ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"} {
			jr.base[name] = model.UnknownBecause(model.WhyCISecret, needsToken, model.Trail{})
		}
	}
}

func mayAskToken(n *yaml.Node) bool {
	if text, ok := literal(n); ok {
		return text == "write-all"
	}
	text, _ := literal(find(n, "id-token"))
	return text == "write"
}

// labels are what `runs-on` asks for.
func (jr *jobRun) labels() []string {
	n := target(jr.job.runsOn)
	if n != nil && n.Kind == yaml.MappingNode {
		n = find(n, "labels")
	}
	if n == nil {
		return nil
	}
	v := jr.cellScope().value(n, inJob, "runs-on")
	items, ok := v.Items()
	if !ok {
		items = []expression.Value{v}
	}
	var out []string
	for _, item := range items {
		if m := item.Model(); m.State == model.Known {
			out = append(out, m.Text.Reveal())
		}
	}
	return out
}

// services are containers that run beside the job.
func (jr *jobRun) services() {
	if !jr.chosen {
		return
	}
	s := jr.cellScope()
	for _, p := range jr.wf.pairs(jr.job.services) {
		sets, rest := s.mapping(find(p.Value, "env"), inRunner, "env %s of service "+strict.Name(p.Key.Value))
		env := overlay(model.Env{}, sets).WithRest(model.UnknownBecause(model.WhyRemoteState, model.ImageSets, model.Trail{}))
		if rest != nil {
			env = env.WithRest(*rest)
		}
		jr.result.Consumers = append(jr.result.Consumers, model.Consumer{
			Kind: model.ConsumerCIStep, Workload: jr.label + "/" + p.Key.Value, Container: p.Key.Value, At: jr.wf.span(p.Key), Env: env,
		})
	}
}

// container says what the steps find when they run in a container of their own.
func (jr *jobRun) container() {
	if isNull(jr.job.container) {
		return
	}
	s := jr.cellScope()
	n := target(jr.job.container)
	if n.Kind != yaml.MappingNode {
		image := s.text(n, inJob, "container")
		jr.inside = image.State != model.Known || !image.Text.IsEmpty()
	} else {
		jr.inside = true
		sets, rest := s.mapping(find(n, "env"), inRunner, "env %s of the job's container")
		jr.addBase(sets)
		jr.baseRest = rest
	}
	if jr.inside && jr.baseRest == nil {
		u := model.UnknownBecause(model.WhyRemoteState, model.ImageSets, model.Trail{})
		jr.baseRest = &u
	}
}

func (jr *jobRun) addBase(sets []assignment) {
	for _, set := range sets {
		jr.base[set.name] = set.value
	}
}

// outputs evaluates what the job leaves. What holds a secret GitHub does not pass on.
func (jr *jobRun) outputs() expression.Value {
	s := jr.top.scope(jr.global, nil)
	var entries []expression.Entry
	for _, p := range jr.wf.pairs(jr.job.outputs) {
		name := p.Key.Value
		v := s.value(p.Value, inRunner, "output "+shownName(name)+" of job "+strict.Name(jr.job.id))
		if v.Kind() != expression.KindNull {
			text := pasted(v)
			if secret := jr.holdsSecret(text); secret != "" {
				jr.problem(jr.wf.span(p.Key), "pass the secret itself to the job that needs it", "the output %s of job %s holds the secret %s, so GitHub does not pass it on: it is empty in other jobs", strict.Name(name), strict.Name(jr.job.id), shownName(secret))
				text = model.KnownText("", model.Hop{At: jr.wf.span(p.Key), Kind: model.KindWorkflow, What: "output " + shownName(name) + ", dropped because it holds a secret"})
			}
			v = expression.Text(text)
		}
		entries = append(entries, expression.Entry{Name: name, Value: v})
	}
	return expression.Object(entries...)
}
