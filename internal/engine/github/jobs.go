package github

import (
	"context"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/engine/github/expression"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/repo"
)

// Dir is where the workflows of a repository lie.
const Dir = ".github/workflows"

// Finds lists the workflows below a directory that is the root of a repository.
func Finds(files repo.Files, dir string) []string {
	at := path.Join(dir, Dir)
	entries, err := files.List(at)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if ext := path.Ext(e.Name); !e.Dir && !e.Broken && (ext == ".yml" || ext == ".yaml") {
			out = append(out, path.Join(at, e.Name))
		}
	}
	return out
}

// maxVariants bounds in how many ways a workflow is thought to be started.
const maxVariants = 64

// Jobs lists the jobs of a workflow that deploy, or may, with the environment that each goes
// to, and how the workflow has to be started for that. No script is followed.
func Jobs(files repo.Files, name string) ([]pipeline.Job, []model.Problem) {
	w, problems := readWorkflow(files, name)
	if w == nil {
		return nil, problems
	}
	problems = slices.Clone(problems)
	d := &discovery{w: w, seen: map[string]bool{}}
	for _, start := range starts(w) {
		d.try(files, start)
	}
	return d.ordered(), model.SortProblems(problems)
}

// nobody is a host that knows nothing and follows nothing.
type nobody struct{}

func (nobody) Follow(_ context.Context, s pipeline.Script) (pipeline.After, error) {
	u := model.UnknownBecause(model.WhyUnsupported, "what the script writes", model.Trail{})
	after := pipeline.After{Channels: map[string]model.Value{}, Output: u}
	for _, name := range s.Channels {
		if strings.Contains(s.Text, name) {
			after.Channels[name] = u
		}
	}
	return after, nil
}

func (nobody) Input(name string) model.Value {
	return model.UnknownBecause(model.WhyCISecret, name, model.Trail{})
}

// discovery collects jobs.
type discovery struct {
	w    *workflow
	jobs []pipeline.Job
	seen map[string]bool
}

// try looks at the jobs of the workflow when it is started in one way.
func (d *discovery) try(files repo.Files, start pipeline.Step) {
	f := newFollow(context.Background(), start, nobody{})
	f.files = files
	f.workflows[d.w.document.name] = d.w
	f.facts = learn(start, d.w)
	c := f.newCall(d.w)
	c.inputs = c.startInputs()
	for _, j := range d.w.jobs {
		if s := c.skip(j); s.decided && s.skipped {
			continue
		}
		deploys := f.deploys(j)
		used := d.uses(j)
		found := false
		for _, one := range c.cells(j, false) {
			jr := c.newJobRun(j, one, true)
			for _, name := range jr.targets() {
				found = true
				d.add(start, j, used, one, name, deploys)
			}
		}
		if !found && deploys {
			d.add(start, j, used, cell{none: true}, target1{}, deploys)
		}
	}
}

// target1 is an environment that a job may deploy to.
type target1 struct {
	name   string
	unsure string
}

// targets are the environments that a job names in one cell.
func (jr *jobRun) targets() []target1 {
	if jr.job.uses == nil {
		v, ok := jr.environmentName()
		switch {
		case !ok:
			return nil
		case v.State != model.Known:
			return []target1{{unsure: "its environment is decided when the workflow runs"}}
		}
		return []target1{{name: v.Text.Reveal()}}
	}
	c := jr.openCall(false)
	if c == nil {
		return nil
	}
	var out []target1
	for _, j := range c.wf.jobs {
		for _, one := range c.cells(j, false) {
			for _, t := range c.newJobRun(j, one, true).targets() {
				if !slices.Contains(out, t) {
					out = append(out, t)
				}
			}
		}
	}
	return out
}

// add notes one job with one environment, the first way to it.
func (d *discovery) add(start pipeline.Step, j *job, used uses, one cell, t target1, deploys bool) {
	key := strings.ToLower(j.id + "\x00" + t.name)
	if d.seen[key] {
		return
	}
	d.seen[key] = true
	out := pipeline.Job{Name: j.id, At: j.at, Environment: t.name, Deploys: deploys || t.name != "" || t.unsure != "", Unsure: t.unsure}
	for _, need := range j.needs {
		out.Needs = append(out.Needs, need.Value)
	}
	for name, v := range start.Inputs {
		if used.inputs[strings.ToLower(name)] {
			if out.Inputs == nil {
				out.Inputs = map[string]string{}
			}
			out.Inputs[name] = v.Text.Reveal()
		}
	}
	if used.ref || len(d.w.on.branches) > 0 {
		out.Branch = start.Branch
	}
	if used.matrix && one.total > 1 {
		out.Matrix = one.texts()
	}
	if out.Unsure == "" && d.w.on.only() == "workflow_call" {
		out.Unsure = "it runs when another workflow calls it"
	}
	d.jobs = append(d.jobs, out)
}

// texts are the plain values of a cell.
func (c cell) texts() map[string]string {
	out := map[string]string{}
	for _, e := range c.entries {
		if k := e.Value.Kind(); k == expression.KindString || k == expression.KindNumber || k == expression.KindBool {
			out[e.Name] = pasted(e.Value).Text.Reveal()
		}
	}
	return out
}

// ordered lists what was found in the order of the file. A job of which an environment is
// known is not also listed without.
func (d *discovery) ordered() []pipeline.Job {
	named := map[string]bool{}
	for _, j := range d.jobs {
		named[j.Name] = named[j.Name] || j.Environment != ""
	}
	out := slices.DeleteFunc(slices.Clone(d.jobs), func(j pipeline.Job) bool { return j.Environment == "" && named[j.Name] })
	place := func(name string) int {
		return slices.IndexFunc(d.w.jobs, func(j *job) bool { return j.id == name })
	}
	order.By(out, func(a, b pipeline.Job) int { return place(a.Name) - place(b.Name) })
	return out
}

// uses says what of a run decides about a job.
type uses struct {
	inputs map[string]bool // by lower-case name
	matrix bool
	ref    bool
}

// uses collects what the condition and the environment of a job name, and those of the jobs
// that it needs.
func (d *discovery) uses(j *job) uses {
	out := uses{inputs: map[string]bool{}}
	seen := map[*job]bool{}
	var visit func(j *job)
	visit = func(j *job) {
		if j == nil || seen[j] {
			return
		}
		seen[j] = true
		for _, n := range []*yaml.Node{j.cond, j.environment, j.with, j.strategy} {
			if n == j.cond && isScalar(n) {
				d.w.condition(n, target(n).Value)
			}
			d.w.scalars(n, 0, func(n *yaml.Node) { out.note(d.w.expressions(n)) })
		}
		for _, need := range j.needs {
			visit(d.w.job(need.Value))
		}
	}
	visit(j)
	return out
}

func (u *uses) note(all []*expression.Expr) {
	for _, e := range all {
		for _, name := range e.Uses() {
			u.matrix = u.matrix || name == "matrix"
		}
		for _, p := range e.Paths() {
			switch {
			case len(p) > 1 && p[0] == "inputs":
				u.inputs[p[1]] = true
			case len(p) > 3 && p[0] == "github" && p[1] == "event" && p[2] == "inputs":
				u.inputs[p[3]] = true
			case len(p) > 1 && p[0] == "github" && (p[1] == "ref" || p[1] == "ref_name"):
				u.ref = true
			}
		}
	}
}

// scalars visits the texts of a node.
func (d *document) scalars(n *yaml.Node, depth int, visit func(*yaml.Node)) {
	n = target(n)
	if n == nil || depth > 20 {
		return
	}
	switch n.Kind {
	case yaml.ScalarNode:
		visit(n)
	case yaml.MappingNode:
		for _, p := range d.pairs(n) {
			d.scalars(p.Value, depth+1, visit)
		}
	case yaml.SequenceNode:
		for _, item := range d.items(n) {
			d.scalars(item, depth+1, visit)
		}
	}
}

// deploys reports whether something says that a job deploys.
func (f *follow) deploys(j *job) bool {
	if j.environment != nil {
		return true
	}
	if uses, ok := literal(j.uses); ok {
		name, local := localWorkflow(uses)
		if !local || f.calls > maxCalls {
			return strings.Contains(strings.ToLower(uses), "deploy")
		}
		f.calls++
		w := f.workflow(name, j.at)
		return w != nil && w != j.wf && slices.ContainsFunc(w.jobs, f.deploys)
	}
	return slices.ContainsFunc(j.steps, deploysStep)
}

func deploysStep(s *step) bool {
	if uses, ok := literal(s.uses); ok {
		a, _ := lookup(uses)
		name, _, _ := strings.Cut(strings.ToLower(uses), "@")
		return a.deploys || strings.Contains(name, "deploy")
	}
	return isScalar(s.run) && pipeline.CallsDeployTool(target(s.run).Value)
}
