package gitlab

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// Finds lists the pipelines of GitLab in a directory: GitLab looks for one name alone.
func Finds(files repo.Files, dir string) []string {
	infos, err := files.List(dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, info := range infos {
		if !info.Dir && (info.Name == ".gitlab-ci.yml" || info.Name == ".gitlab-ci.yaml") {
			out = append(out, strings.TrimPrefix(dir+"/"+info.Name, "./"))
		}
	}
	return out
}

// nobody is a host that follows nothing and knows nothing.
type nobody struct{}

// Follow follows nothing.
func (nobody) Follow(context.Context, pipeline.Script) (pipeline.After, error) {
	return pipeline.After{}, nil
}

// Input knows nothing.
func (nobody) Input(string) model.Value { return model.Value{} }

// Jobs lists the jobs of a pipeline that deploy, or may deploy, with the environments that
// they name: one entry for each cell of a matrix, and for each rule that names another one.
func Jobs(files repo.Files, name string) ([]pipeline.Job, []model.Problem) {
	in := pipeline.Step{File: strict.At[string]{Value: name}}
	r := newRun(context.Background(), in, files, nobody{})
	r.read(func(l *loader) *node { return l.config(fromRoot(name), nil) })
	var out []pipeline.Job
	if r.cfg != nil {
		out = r.discover()
	}
	return out, model.SortProblems(r.result.Problems)
}

func (r *run) discover() []pipeline.Job {
	var out []pipeline.Job
	for _, j := range r.cfg.jobs {
		switch {
		case j.isTrigger():
			child := r.childOf(j)
			if child != nil && child.cfg != nil {
				out = append(out, child.discover()...)
				r.adopt(child)
			}
		case j.deploys() || j.environmentNode() != nil:
			if a := j.action(); a != "stop" {
				out = append(out, r.entries(j)...)
			}
		}
	}
	return out
}

func (r *run) childOf(j *job) *run {
	if r.depth >= maxNestedRuns {
		return nil
	}
	return r.child(&instance{job: j, cell: cell{name: j.name}, environment: absent()})
}

// deploys reports whether the script of a job calls a tool that deploys.
func (j *job) deploys() bool {
	quiet := &config{report: func(pos.Span, string, string) {}}
	s := quiet.sessionOf(j.field("before_script"), j.node.get("script"))
	return pipeline.CallsDeployTool(s.text)
}

// entries are what one job is told as.
func (r *run) entries(j *job) []pipeline.Job {
	var out []pipeline.Job
	if r.counted > maxInstances {
		return nil
	}
	for _, c := range j.cells() {
		if !r.another(j) {
			break
		}
		all, _, _ := r.admissions(j, c)
		for _, a := range all {
			for _, e := range r.entry(j, c, a) {
				out = merged(out, e)
			}
		}
	}
	return out
}

func (r *run) entry(j *job, c cell, a admission) []pipeline.Job {
	e := pipeline.Job{Name: j.name, At: j.at(), Needs: j.needs(), Inputs: map[string]string{}, Matrix: map[string]string{}}
	e.Deploys = j.environmentNode() != nil && j.action() == "start" || j.deploys()
	if len(j.cells()) > 1 {
		e.Matrix = c.values
	}
	e.Branch, _ = branchOf(a.rule, "")
	for name, text := range a.rule.demanded() {
		if !isPredefined(name) && isVariable(name) && !r.sets(j, name) {
			e.Inputs[name] = text
		}
	}
	if what := a.rule.other(); what != "" && e.Branch == "" {
		e.Unsure = what
	}
	name := r.nameFor(j, c, a, e)
	switch {
	case name.State == model.Known:
		e.Environment = name.Text.Reveal()
	case name.State == model.Absent:
		if e.Environment = tree.OfJob(j.name); e.Environment != "" {
			e.Unsure = "the name of the job alone says where it deploys to"
		}
	case name.Why == model.WhyAmbiguous:
		return forEach(e, name)
	default:
		e.Unsure = "the name of its environment depends on the run"
	}
	return []pipeline.Job{e}
}

// nameFor is the name of the environment for one admission: in the branch that its rule
// demands, with the variables that it demands.
func (r *run) nameFor(j *job, c cell, a admission, e pipeline.Job) model.Value {
	before := r.in
	defer func() { r.in = before }()
	if r.in.Branch == "" && r.in.Tag == "" {
		r.in.Branch = e.Branch
	}
	r.in.Inputs = map[string]model.Value{}
	for name, text := range e.Inputs {
		r.in.Inputs[name] = model.KnownText(text, runHop(j.at(), "rules of "+j.what()))
	}
	return r.environmentName(j, c, a.vars)
}

// forEach tells one entry for each candidate of the environment's name.
func forEach(e pipeline.Job, name model.Value) []pipeline.Job {
	var out []pipeline.Job
	for _, a := range name.Alternatives {
		one := e
		if a.State == model.Known {
			one.Environment = a.Text.Reveal()
		} else {
			one.Unsure = "the name of its environment depends on the run"
		}
		out = append(out, one)
	}
	return out
}

// merged adds an entry; one that differs from another only in the branch leaves it open.
func merged(all []pipeline.Job, e pipeline.Job) []pipeline.Job {
	for i, old := range all {
		same := old.Name == e.Name && old.Environment == e.Environment && maps.Equal(old.Matrix, e.Matrix) && maps.Equal(old.Inputs, e.Inputs)
		if !same {
			continue
		}
		if old.Branch != e.Branch {
			all[i].Branch = ""
		}
		if e.Unsure == "" {
			all[i].Unsure = ""
		}
		return all
	}
	return append(all, e)
}

// needs are the jobs that a job names.
func (j *job) needs() []string {
	var out []string
	for _, n := range j.node.get("needs").flat(maxNested) {
		if n.kind == mapping {
			n = n.get("job")
		}
		if w := n.word(); w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// sets reports whether the file of the pipeline sets a variable of the job.
func (r *run) sets(j *job, name string) bool {
	return slices.ContainsFunc(r.declared(j, cell{}, nil), func(v variable) bool { return v.key == name })
}

// demanded are the variables that a rule compares with a text, all of which have to hold.
func (n *node) demanded() map[string]string {
	out := map[string]string{}
	if e, err := parseExpression(n.get("if").word()); err == nil {
		e.demanded(out)
	}
	return out
}

func (e *expr) demanded(out map[string]string) {
	switch {
	case e.op == "&&":
		e.left.demanded(out)
		e.right.demanded(out)
	case e.op == "==" && e.left.op == "$" && e.right.op == "text":
		out[e.left.text] = e.right.text
	}
}

// other says what a rule demands that is no branch.
func (n *node) other() string {
	if n == nil {
		return ""
	}
	words := n.get("refs").words()
	if n.kind != mapping {
		words = n.words()
	}
	text := n.get("if").word()
	switch {
	case len(words) == 1 && words[0] == "tags", strings.Contains(text, "$CI_COMMIT_TAG") && !strings.Contains(text, "||"):
		return "it runs for tags alone"
	case len(words) == 1 && words[0] == "schedules", n.demanded()["CI_PIPELINE_SOURCE"] == "schedule":
		return "it runs by schedule alone"
	case len(words) == 1 && words[0] == "merge_requests", n.demanded()["CI_PIPELINE_SOURCE"] == mergeRequest:
		return "it runs for merge requests alone"
	}
	return ""
}
