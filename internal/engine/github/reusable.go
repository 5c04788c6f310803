package github

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/engine/github/expression"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// callWorkflow follows the workflow that a job calls, and gives its outputs.
func (jr *jobRun) callWorkflow() expression.Value {
	unknown := expression.Unknown(model.UnknownBecause(model.WhyUnsupported, "what the called workflow puts out", model.Trail{}))
	jr.environment, jr.named = jr.environmentName()
	jr.checkReferences()
	c := jr.openCall(true)
	if c == nil {
		return unknown
	}
	if jr.chosen {
		for _, j := range c.ordered(c.callees()) {
			if s := c.skip(j); !s.decided || !s.skipped {
				c.follow1(j, true)
			}
		}
	}
	var entries []expression.Entry
	s := c.outputScope()
	for _, o := range c.wf.on.outputs {
		entries = append(entries, expression.Entry{Name: o.name, Value: expression.Text(s.text(o.value, inCallOutput, "output "+shownName(o.name)+" of the workflow"))})
	}
	return expression.Object(entries...)
}

// callees are the jobs of a called workflow that are followed: all of them, but for those
// that name another environment than the one that is resolved while one names that.
func (c *call) callees() []*job {
	var same, others []*job
	matched := false
	for _, j := range c.wf.jobs {
		names, _ := c.environmentsOf(j)
		hit := false
		for _, name := range names {
			hit = hit || strings.EqualFold(name, c.in.Environment) || c.environment != "" && strings.EqualFold(name, c.environment)
		}
		matched = matched || hit
		if hit || len(names) == 0 {
			same = append(same, j)
		}
		others = append(others, j)
	}
	if matched {
		return same
	}
	return others
}

// openCall reads the workflow that a job calls, and what is passed to it. It is nil when it
// cannot be followed. Problems are told once, when tell is set.
func (jr *jobRun) openCall(tell bool) *call {
	uses, ok := literal(jr.job.uses)
	at := jr.wf.span(target(jr.job.uses))
	name, local := localWorkflow(uses)
	switch {
	case !ok:
		return nil
	case !local:
		if tell {
			jr.remoteWorkflow(uses, at)
		}
		return nil
	case jr.depth >= maxWorkflows:
		if tell {
			jr.problem(at, "call fewer workflows within each other", "more than %d workflows call each other here", maxWorkflows)
			jr.doubt(model.WhyLimit, "fewer workflows within each other", at)
		}
		return nil
	}
	if jr.calls++; jr.calls > maxCalls {
		if jr.calls == maxCalls+1 {
			jr.problem(at, "name the job that deploys, and the cell of its matrix", "workflows call each other more than %d times here", maxCalls)
			jr.doubt(model.WhyLimit, "fewer calls of workflows", at)
		}
		return nil
	}
	w := jr.workflow(name, at)
	if w == nil {
		return nil
	}
	if !w.on.has("workflow_call") {
		if tell {
			jr.problem(at, "add `workflow_call:` to its `on:`", "the workflow %s cannot be called", strict.Path(name))
		}
		return nil
	}
	c := jr.newCall(w)
	c.depth = jr.depth + 1
	c.label = jr.label + " / "
	c.by = jr.passedTo(c, tell, at)
	mark := len(jr.problems)
	c.inputs = c.calledInputs(jr.cellScope(), jr.job.with, at)
	if !tell {
		jr.problems = jr.problems[:mark]
	}
	return c
}

// localWorkflow is the path of a workflow of the repository.
func localWorkflow(uses string) (string, bool) {
	rest, ok := strings.CutPrefix(uses, "./")
	if !ok {
		if rest, ok = strings.CutPrefix(uses, "$/"); !ok {
			return "", false
		}
	}
	return path.Clean(rest), true
}

// remoteWorkflow is one of another repository. What it is passed arrives there.
func (jr *jobRun) remoteWorkflow(uses string, at pos.Span) {
	if name, _, _ := strings.Cut(uses, "@"); !isOwn(uses) {
		jr.problem(at, "name what it deploys as a step of its own", "the workflow %s of another repository is not followed", strict.Path(name))
		jr.doubt(model.WhyUnsupported, "the workflow of another repository that is called here", at)
	}
	s := jr.cellScope()
	sets, _ := s.mapping(jr.job.with, inCallWith, "input %s of the called workflow")
	if text, _ := literal(jr.job.secrets); text != "inherit" {
		secrets, _ := s.mapping(jr.job.secrets, inCallSecrets, "secret %s of the called workflow")
		sets = append(sets, secrets...)
	}
	if jr.chosen && len(sets) > 0 {
		jr.result.Consumers = append(jr.result.Consumers, model.Consumer{Kind: model.ConsumerCIStep, Workload: jr.label, At: at, Env: overlay(model.Env{}, sets), Self: isOwn(uses)})
	}
}

// passedTo evaluates the secrets that a job passes.
func (jr *jobRun) passedTo(c *call, tell bool, at pos.Span) *passed {
	out := &passed{job: jr, secrets: map[string]model.Value{}, at: at}
	if text, ok := literal(jr.job.secrets); ok && text == "inherit" {
		out.inherit = true
		return out
	}
	s := jr.cellScope()
	for _, p := range jr.wf.pairs(jr.job.secrets) {
		name := p.Key.Value
		v := s.text(p.Value, inCallSecrets, "secret "+shownName(name)+" of the called workflow")
		if v.State == model.Known && v.Text.IsEmpty() {
			v.State = model.Absent
		}
		out.secrets[strings.ToLower(name)] = v
		if tell && !declares(c.wf.on, name) {
			c.unknownInput(s, p, secretNames(c.wf.on), "secret")
		}
	}
	for _, want := range c.wf.on.secrets {
		if _, ok := out.secrets[strings.ToLower(want.Value)]; !ok && tell && c.wf.on.required[strings.ToLower(want.Value)] {
			jr.problem(at, "add it under `secrets:`, or write `secrets: inherit`", "the called workflow requires the secret %s, which is not passed", strict.Name(want.Value))
		}
	}
	return out
}

func declares(t trigger, name string) bool {
	for _, s := range t.secrets {
		if strings.EqualFold(s.Value, name) {
			return true
		}
	}
	return false
}

func secretNames(t trigger) []string {
	var out []string
	for _, s := range t.secrets {
		out = append(out, s.Value)
	}
	return out
}

// outputScope is what the outputs of a workflow see.
func (c *call) outputScope() scope {
	s := c.jobScope(&job{wf: c.wf})
	outer := s.get
	s.get = func(name string, at pos.Span) expression.Value {
		if name != "jobs" {
			return outer(name, at)
		}
		var entries []expression.Entry
		for _, j := range c.wf.jobs {
			entries = append(entries, expression.Entry{Name: j.id, Value: expression.Open(func(name string) expression.Value {
				if strings.EqualFold(name, "outputs") {
					return c.outputsOf(j)
				}
				return expression.Null()
			}, expression.Entry{Name: "result", Value: expression.String("success")})})
		}
		return expression.Object(entries...)
	}
	return s
}
