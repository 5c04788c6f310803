package gitlab

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
)

// trigger follows the pipeline that a job starts, when its files are in the repository.
func (r *run) trigger(j *job) {
	if r.depth >= maxNestedRuns {
		return
	}
	for _, c := range j.cells() {
		all, left, why := r.admissions(j, c)
		var i *instance
		for _, a := range all {
			i = r.join(i, j, c, a, r.environmentName(j, c, a.vars), left, why)
		}
		if i == nil {
			continue
		}
		child := r.child(i)
		if child == nil {
			r.elsewhere(j)
			continue
		}
		if child.cfg != nil {
			child.deploy()
		}
		r.adopt(child)
	}
}

// adopt takes over what a child pipeline found.
func (r *run) adopt(child *run) {
	r.result.Consumers = append(r.result.Consumers, child.result.Consumers...)
	for _, p := range child.result.Problems {
		r.report(p.At, p.Message, p.Fix)
	}
	if child.result.Doubt != nil {
		r.doubt(child.result.Doubt)
	}
	if child.cfg != nil && child.cfg.partial != nil {
		r.doubt(child.cfg.partial)
	}
	r.err = cmpErr(r.err, child.err)
	r.followed += child.followed
}

// elsewhere notes a pipeline that is started and not in this repository.
func (r *run) elsewhere(j *job) {
	hop := model.Hop{At: j.at(), Kind: model.KindGitLab, What: "trigger of " + j.what()}
	v := model.UnknownBecause(model.WhyMissingFile, "the pipeline that "+j.what()+" starts", model.Trail{}.Append(hop))
	r.doubt(&v)
	if r.in.Job.Value != "" {
		r.report(j.at(), j.what()+" starts a pipeline that is not in this repository", "check the other project where its pipeline is")
	}
}

// maxChildren is how many pipelines one pipeline may start.
const maxChildren = 30

// child is the pipeline that a trigger starts; nil when it is not in this repository.
func (r *run) child(i *instance) *run {
	include := i.job.node.get("trigger", "include")
	if r.children++; include == nil || r.children > maxChildren {
		return nil
	}
	for _, entry := range entries(include) {
		if entry.kind == mapping && !entry.has("local") {
			return nil
		}
	}
	in := r.in
	in.Event, in.Inputs = "parent_pipeline", nil
	if in.Job.Value == i.job.name || in.Job.Value == i.cell.name {
		in.Job.Value = ""
	}
	out := newRun(r.ctx, in, r.files, r.host)
	out.depth = r.depth + 1
	out.same, out.parsed = r.same, r.parsed
	out.refsOf = r.refsForChild()
	out.passed = r.handedDown(i)
	out.read(func(l *loader) *node {
		body := newMapping(i.job.node)
		body.set("include", include, include)
		root := l.expand(body)
		if len(root.keys) == 0 {
			return nil
		}
		return l.complete(root)
	})
	return out
}

// handedDown are the variables that a trigger gives to the pipeline that it starts: there
// they beat those of the file.
func (r *run) handedDown(i *instance) []variable {
	forward := i.job.node.get("trigger", "forward")
	vars := r.variables(i, nil)
	look := vars.scope()
	var out []variable
	if forward.get("yaml_variables").word() != "false" {
		for _, v := range r.declared(i.job, i.cell, i.rules) {
			if !v.raw {
				v.value = expandKnown(v.value, look)
			}
			out = append(out, v)
		}
	}
	if forward.get("pipeline_variables").word() == "true" {
		var started []variable
		for _, name := range sortedKeys(r.in.Inputs) {
			if isVariable(name) && !r.inputs[name] {
				started = append(started, variable{key: name, value: r.in.Inputs[name]})
			}
		}
		out = over(out, append(slices.Clone(r.passed), started...))
	}
	return out
}

// childWith is the trigger job whose pipeline holds a job of the name; nil for none.
func (r *run) childWith(name string) *job {
	if r.depth >= maxNestedRuns {
		return nil
	}
	for _, j := range r.cfg.jobs {
		if !j.isTrigger() {
			continue
		}
		child := r.child(&instance{job: j, cell: cell{name: j.name}, environment: absent()})
		if child != nil && child.cfg != nil && (child.cfg.job(name) != nil || child.cfg.job(numbered().ReplaceAllString(name, "")) != nil) {
			return j
		}
	}
	return nil
}
