package gitlab

import (
	"slices"
	"strconv"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/strict"
)

// instance is one job of the pipeline that is run: one cell of its matrix, with what its
// rules decided.
type instance struct {
	job     *job
	cell    cell
	rules   []variable // of the rules that count, or may count
	when    string
	perhaps *model.Value // why it may not be there
	// environment is the name of the environment, with its variables expanded; absent when
	// the job names none.
	environment model.Value
	demands     []*node // the rules that let it in, for the branch that they demand
}

// admission is one way in which the rules of a job let it into the pipeline.
type admission struct {
	vars []variable
	when string
	rule *node
}

// admissions decides the rules of a job. left is whether it may be left out.
func (r *run) admissions(j *job, c cell) (out []admission, left truth, why *model.Value) {
	when := j.node.get("when").word()
	if when == "" {
		when = "on_success"
	}
	cond := &conditions{files: r.files, report: r.report}
	cond.vars = later(func() scope {
		return r.scopeOf(r.variables(&instance{job: j, cell: c, environment: r.environmentName(j, c, nil)}, nil))
	})
	rules := j.node.get("rules")
	if rules == nil {
		t, reason := cond.policy(j.node.get("only"), j.node.get("except"), j.cfg.root.get("workflow", "rules") == nil)
		if t == isFalse || when == "never" {
			return nil, isTrue, nil
		}
		return []admission{{when: when, rule: j.node.get("only")}}, t.not(), reason
	}
	matched, left := cond.matches(rules)
	for _, m := range matched {
		if m.why != nil {
			why = m.why
		}
		own := m.rule.get("when").word()
		if own == "" {
			own = when
		}
		if own == "never" {
			left = left.or(perhaps)
			continue
		}
		out = append(out, admission{vars: j.cfg.variables(m.rule.get("variables"), "rules of "+j.what()), when: own, rule: m.rule})
	}
	return out, left, why
}

// environmentNode is the name of the environment as it is written; nil for none.
func (j *job) environmentNode() *node {
	n := j.node.get("environment")
	if n != nil && n.kind == mapping {
		return n.get("name")
	}
	return n
}

// action is what the job does to its environment.
func (j *job) action() string {
	if a := j.node.get("environment", "action").word(); a != "" {
		return a
	}
	return "start"
}

// environmentName expands the name of the environment. Variables of one scope are not seen
// by it.
func (r *run) environmentName(j *job, c cell, rules []variable) model.Value {
	n := j.environmentNode()
	if n == nil || n.kind != scalar {
		return absent()
	}
	v := n.scalarValue("environment of " + j.what())
	return expandNow(v, later(func() scope {
		return r.scopeOf(r.variables(&instance{job: j, cell: c, rules: rules, environment: absent()}, nil))
	}))
}

// instances are the jobs that a job becomes in this pipeline, those of another environment
// left out when there are some of this one.
func (r *run) instances(j *job) []*instance {
	var here, others []*instance
	if r.counted > maxInstances {
		return nil
	}
	for _, c := range j.cells() {
		if !r.wanted(j, c) || !r.another(j) {
			continue
		}
		all, left, why := r.admissions(j, c)
		var fit, unfit *instance
		for _, a := range all {
			name := r.environmentName(j, c, a.vars)
			t, _ := is(name, func(s string) bool { return s == r.in.Environment })
			if t != isFalse {
				fit = r.join(fit, j, c, a, name, left, why)
			} else {
				unfit = r.join(unfit, j, c, a, name, left, why)
			}
		}
		if fit != nil {
			here = append(here, fit)
		}
		if unfit != nil {
			others = append(others, unfit)
		}
	}
	if len(here) > 0 {
		return here
	}
	return others
}

// maxInstances is how many jobs of a pipeline are looked at.
const maxInstances = 1_000

// another counts a job that is looked at, and reports whether it may be.
func (r *run) another(j *job) bool {
	r.counted++
	if r.counted == maxInstances+1 {
		r.report(j.at(), "is one of more than 1000 jobs, the limit", "name the job that deploys")
		v := model.UnknownBecause(model.WhyLimit, "fewer jobs", model.Trail{}.Append(model.Hop{At: j.at(), Kind: model.KindGitLab, What: j.what()}))
		r.doubt(&v)
	}
	return r.counted <= maxInstances
}

// join adds one admission to an instance: of several, any may be the one that counts.
func (r *run) join(i *instance, j *job, c cell, a admission, name model.Value, left truth, why *model.Value) *instance {
	if i == nil {
		i = &instance{job: j, cell: c, rules: a.vars, when: a.when, environment: name, demands: []*node{a.rule}}
		if left != isFalse {
			i.perhaps = why
			if why == nil {
				v := model.UnknownBecause(model.WhyInput, "whether the job is in the pipeline", model.Trail{})
				i.perhaps = &v
			}
		}
		return i
	}
	const needs = "which of the job's rules counts"
	i.rules = either(needs, [][]variable{i.rules, a.vars})
	i.environment = model.Ambiguous(needs, i.environment, name)
	i.demands = append(i.demands, a.rule)
	return i
}

// wanted reports whether a cell is one that keyfit.yaml asks for.
func (r *run) wanted(j *job, c cell) bool {
	for name, text := range r.in.Matrix {
		if c.values[name] != text {
			return false
		}
	}
	asked := r.in.Job.Value
	return asked == "" || asked == j.name || asked == c.name
}

// selected are the jobs that are followed, in the order of their stages.
func (r *run) selected() []*instance {
	var out []*instance
	for _, j := range r.chosen() {
		if j.isTrigger() {
			r.trigger(j)
			continue
		}
		found := r.instances(j)
		if len(r.in.Matrix) > 0 && !slices.ContainsFunc(j.cells(), func(c cell) bool { return r.wanted(j, c) }) {
			r.report(r.in.At, "no cell of "+j.what()+" has the values that `matrix:` asks for", "correct the names or the values")
			continue
		}
		if len(found) == 0 && r.in.Job.Value != "" {
			r.report(r.in.Job.Span, j.what()+" is in no pipeline of this branch, by its rules", "correct the rules, or name the branch, the tag or the source of the pipeline")
		}
		if r.in.Job.Value == "" {
			found = slices.DeleteFunc(found, func(i *instance) bool {
				t, _ := is(i.environment, func(s string) bool { return s == r.in.Environment })
				return t == isFalse || slices.Contains([]string{"stop", "prepare", "verify", "access"}, j.action())
			})
		}
		out = append(out, found...)
	}
	order.By(out, func(a, b *instance) int {
		_, x := a.job.stage()
		_, y := b.job.stage()
		return x - y
	})
	return out
}

// chosen are the jobs that may be followed: the one that is named, or all that name an
// environment.
func (r *run) chosen() []*job {
	if r.in.Job.Value == "" {
		var out []*job
		for _, j := range r.cfg.jobs {
			if j.environmentNode() != nil || j.isTrigger() {
				out = append(out, j)
			}
		}
		return out
	}
	name := r.in.Job.Value
	for _, n := range []string{name, numbered().ReplaceAllString(name, "")} {
		if j := r.cfg.job(n); j != nil {
			return []*job{j}
		}
	}
	if j := r.childWith(name); j != nil {
		return []*job{j}
	}
	fix := "correct the name of the job"
	if near := strict.Nearest(name, r.cfg.names()); near != "" {
		fix = "did you mean " + quoted(near) + "?"
	}
	message := "no job " + quoted(name) + " in " + strict.Path(r.in.File.Value)
	if r.cfg.root.has(name) && name[0] == '.' {
		message, fix = quoted(name)+" is hidden, since its name begins with a dot, and never run", "name a job that extends it"
	}
	r.report(r.in.Job.Span, message, fix)
	return nil
}

// inferBranch takes the branch from the rules, when all jobs that are followed demand the
// same one: that they are run is what is asked about.
func (r *run) inferBranch(all []*instance) bool {
	if r.same || r.in.Branch != "" || r.in.Tag != "" || r.in.Event == mergeRequest {
		return false
	}
	branch, base := "", ""
	if v := r.fromRun("CI_DEFAULT_BRANCH"); v.State == model.Known {
		base = v.Text.Reveal()
	}
	for _, i := range all {
		for _, rule := range i.demands {
			b, ok := branchOf(rule, base)
			if !ok || branch != "" && b != branch {
				return false
			}
			branch = b
		}
	}
	r.in.Branch = branch
	return branch != ""
}

// node numbers of a job that runs several times.
func (i *instance) numbers() []item {
	known := func(n int) model.Value {
		return model.KnownText(strconv.Itoa(n), runHop(i.job.at(), "parallel of "+i.job.what()))
	}
	out := []item{{key: "CI_NODE_TOTAL", value: known(max(i.cell.total, 1))}}
	switch {
	case i.cell.index > 0:
		out = append(out, item{key: "CI_NODE_INDEX", value: known(i.cell.index)})
	case i.cell.total > 1:
		out = append(out, item{key: "CI_NODE_INDEX", value: unset("which of the parallel jobs it is")})
	}
	return out
}
