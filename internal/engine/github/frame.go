package github

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/engine/github/expression"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// frame holds the steps that see each other: those of a job, or of a composite action.
type frame struct {
	*jobRun
	doc     *document
	inputs  expression.Value
	over    map[string]model.Value // variables of the steps that the action stands in
	label   string
	dir     string // of the action, relative to the repository's root; empty for a job
	action  string // GITHUB_ACTION of the outermost step; empty for a job
	depth   int
	perhaps *model.Value

	shell, workdir model.Value // of `defaults`; absent without

	results map[string]*result
	order   []string
}

// result is what a step leaves to later ones.
type result struct {
	outputs             model.Env
	outcome, conclusion model.Value
}

// setDefaults evaluates `defaults.run` of the job, over that of the workflow.
func (fr *frame) setDefaults() {
	fr.shell, fr.workdir = model.Value{State: model.Absent}, model.Value{State: model.Absent}
	s := fr.cellScope()
	for _, run := range []*yaml.Node{find(fr.wf.defaults, "run"), find(fr.job.defaults, "run")} {
		if n := find(run, "shell"); n != nil {
			fr.shell = s.text(n, inDefaults, "default shell")
		}
		if n := find(run, "working-directory"); n != nil {
			fr.workdir = s.text(n, inDefaults, "default working directory")
		}
	}
}

// scope is what the expressions of a step see, with that environment.
func (fr *frame) scope(env model.Env, st *step) scope {
	s := fr.cellScope()
	outer := s.get
	s.doc = fr.doc
	action := fr.action
	if action == "" && st != nil {
		action = st.action
	}
	s.get = func(name string, at pos.Span) expression.Value {
		switch name {
		case "github":
			return fr.githubContext(action, fr.dir, "")
		case "env":
			return envContext(env)
		case "steps":
			return fr.stepsContext()
		case "inputs":
			return fr.inputs
		}
		return outer(name, at)
	}
	s.status = func(name string) expression.Value { return expression.Bool(name == "success") }
	return s
}

// stepsContext is `steps`: the steps with an id that ran before.
func (fr *frame) stepsContext() expression.Value {
	var entries []expression.Entry
	for _, id := range fr.order {
		r := fr.results[strings.ToLower(id)]
		entries = append(entries, expression.Entry{Name: id, Value: expression.Object(
			expression.Entry{Name: "outputs", Value: outputsContext(r.outputs)},
			expression.Entry{Name: "outcome", Value: expression.Text(r.outcome)},
			expression.Entry{Name: "conclusion", Value: expression.Text(r.conclusion)},
		)})
	}
	return expression.Object(entries...)
}

func outputsContext(outputs model.Env) expression.Value {
	var entries []expression.Entry
	for name, v := range outputs.All() {
		entries = append(entries, expression.Entry{Name: name, Value: expression.Text(v)})
	}
	rest := outputs.Rest()
	if rest.State == model.Absent {
		return expression.Object(entries...)
	}
	return expression.Open(func(string) expression.Value { return expression.Text(rest) }, entries...)
}

// step follows one step.
func (fr *frame) step(st *step) {
	before := fr.global
	global := fr.globalHere()
	sets, rest := fr.scope(global, st).mapping(st.env, fr.field(inStep), "env %s of "+called(fr.stepName(st, global)))
	env := overlay(global, sets)
	if rest != nil {
		env = env.WithRest(*rest)
	}
	for _, set := range sets {
		fr.refuseReserved(set.name, set.value.Trail.At())
	}
	s := fr.scope(env, st)
	cond, truth, decided := s.condition(st.cond, fr.field(inStepIf))
	if decided && !truth {
		fr.leave(st, &result{outcome: constant("skipped"), conclusion: constant("skipped")})
		return
	}
	run := &stepRun{frame: fr, step: st, scope: s, env: env, sets: sets, perhaps: fr.perhaps, name: fr.stepName(st, env)}
	if !decided {
		run.perhaps = fr.undecided(st, cond)
	}
	r := run.follow()
	fr.conclude(st, r, env)
	if !decided {
		fr.global = joinEnv(before, fr.global, run.perhaps.Needs)
		r.outputs = joinEnv(model.Env{}, r.outputs, run.perhaps.Needs)
		r.outcome = model.Ambiguous(run.perhaps.Needs, constant("skipped"), r.outcome)
		r.conclusion = model.Ambiguous(run.perhaps.Needs, constant("skipped"), r.conclusion)
	}
	fr.leave(st, r)
}

// conclude fills in how a step that ran ended. The deploy that matters is the one that goes
// on, so it succeeds unless it may fail.
func (fr *frame) conclude(st *step, r *result, env model.Env) {
	r.outcome, r.conclusion = constant("success"), constant("success")
	if st.tolerant == nil {
		return
	}
	v := fr.scope(env, st).value(st.tolerant, fr.field(inStep), "continue-on-error")
	if truth, decided := v.Truth(); truth || !decided {
		r.outcome = model.UnknownBecause(model.WhyExitStatus, "whether the step succeeds", model.Trail{}.Append(model.Hop{At: st.at, Kind: model.KindWorkflow, What: "a step that may fail"}))
	}
}

// undecided is why it is not certain that a step runs.
func (fr *frame) undecided(st *step, cond expression.Value) *model.Value {
	m := cond.Model()
	needs := m.Needs
	if needs == "" {
		needs = "the condition of the step"
	}
	at := fr.doc.span(target(st.cond))
	v := model.UnknownBecause(model.WhyAmbiguous, needs, m.Trail.Append(model.Hop{At: at, Kind: model.KindWorkflow, What: "if of a step"}))
	return &v
}

func (fr *frame) leave(st *step, r *result) {
	if st.id == "" {
		return
	}
	if _, ok := fr.results[strings.ToLower(st.id)]; !ok {
		fr.order = append(fr.order, st.id)
	}
	fr.results[strings.ToLower(st.id)] = r
}

// field is where the fields of a step stand: in a composite action there are fewer contexts.
func (fr *frame) field(f field) field {
	if fr.dir != "" {
		return inComposite
	}
	return f
}

// globalHere is the environment that all steps of the frame have: in an action, what the
// steps around it set wins over what was exported since.
func (fr *frame) globalHere() model.Env {
	if len(fr.over) == 0 {
		return fr.global
	}
	return fr.global.WithAll(fr.over)
}

// stepName names a step for people.
func (fr *frame) stepName(st *step, env model.Env) string {
	if text, ok := literal(st.name); ok && text != "" {
		return text
	}
	if isScalar(st.name) {
		v := fr.scope(env, st).text(st.name, fr.field(inStep), "name")
		if v.State == model.Known && strict.IsName(v.Text.Reveal()) {
			return v.Text.Reveal()
		}
	}
	if st.id != "" {
		return st.id
	}
	if uses, ok := literal(st.uses); ok {
		name, _, _ := strings.Cut(uses, "@")
		if here, ok := localWorkflow(name); ok {
			return here
		}
		return name
	}
	return fmt.Sprintf("step %d", st.index+1)
}

// called puts the word in front of a step's name, unless its name is nothing but its number.
func called(name string) string {
	if rest, numbered := strings.CutPrefix(name, "step "); numbered && rest != "" && strings.Trim(rest, "0123456789") == "" {
		return name
	}
	return "step " + name
}

// joinEnv is the environment when it is not certain that a step ran.
func joinEnv(before, after model.Env, needs string) model.Env {
	out := map[string]model.Value{}
	for _, env := range []model.Env{before, after} {
		for _, name := range env.Names() {
			if _, done := out[name]; done {
				continue
			}
			a, b := before.Get(name), after.Get(name)
			if a.Same(b) {
				out[name] = b
				continue
			}
			out[name] = choice(needs, a, b)
		}
	}
	joined := model.NewEnv(out)
	for _, rest := range []model.Value{before.Rest(), after.Rest()} {
		if rest.State != model.Absent {
			joined = joined.WithRest(rest)
		}
	}
	return joined
}

// choice is one of two values, with the hops of both.
func choice(needs string, a, b model.Value) model.Value {
	if a.State == model.Unknown && b.State == model.Unknown && !a.Same(b) {
		a.Ref = model.Ref{} // which of two it is nobody knows
		return a
	}
	v := model.Ambiguous(needs, a, b)
	if v.State == model.Unknown && v.Trail.IsEmpty() {
		v.Trail = model.Join(a.Trail, b.Trail)
	}
	return v
}
