package azure

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// maxChoices bounds how many values of a parameter discovery tries.
const maxChoices = 12

// Jobs lists the jobs that deploy, or may deploy. A parameter of the pipeline that tells the
// environment is tried with each of its values.
func Jobs(files repo.Files, name string) ([]pipeline.Job, []model.Problem) {
	first, problems, choices := jobsWith(files, name, nil)
	out := first
	for _, c := range choices {
		more, _, _ := jobsWith(files, name, map[string]string{c.name: c.text})
		for _, j := range more {
			if !slices.ContainsFunc(out, func(k pipeline.Job) bool {
				return k.Group == j.Group && k.Name == j.Name && k.Environment == j.Environment
			}) {
				j.Inputs = map[string]string{c.name: c.text}
				out = append(out, j)
			}
		}
	}
	return out, problems
}

// choice is a value of a parameter of the pipeline.
type choice struct{ name, text string }

var environmentParameter = lazy.Regexp(`(?i)^(?:env|environment|stage|target|deploy[-_]?(?:env|environment|to|target)|(?:env|environment)[-_]?name|target[-_]?env(?:ironment)?)$`)

func jobsWith(files repo.Files, name string, inputs map[string]string) ([]pipeline.Job, []model.Problem, []choice) {
	in := pipeline.Step{File: strict.At[string]{Value: name}, Inputs: map[string]model.Value{}}
	for k, v := range inputs {
		in.Inputs[k] = model.KnownText(v, model.Hop{Kind: model.KindInput, What: k})
	}
	r := newReader(files, in, nil)
	p := r.plan()
	if p == nil {
		return nil, r.done().Problems, nil
	}
	run := &run{reader: r, plan: p, outputs: map[*job]map[string]model.Value{}, busy: map[*job]bool{}}
	var out []pipeline.Job
	for _, j := range p.all() {
		if job, ok := run.jobOf(j); ok {
			out = append(out, job)
		}
	}
	var choices []choice
	for _, n := range r.loaded[r.in.File.Value].Get("parameters").Each() {
		if name := n.Get("name").Text(); environmentParameter().MatchString(name) {
			for _, v := range n.Get("values").Each() {
				if len(choices) < maxChoices && v.Text() != "" {
					choices = append(choices, choice{name, v.Text()})
				}
			}
		}
	}
	return out, r.done().Problems, choices
}

func (r *run) jobOf(j *job) (pipeline.Job, bool) {
	out := pipeline.Job{Group: j.stage.name, Name: j.name, At: firstValid(j.at, j.node.span()), Needs: append(slices.Clone(j.needs), j.stage.needs...)}
	out.Environment, out.Unsure = r.environment(j)
	out.Deploys = j.deployment || r.deploys(j)
	out.Branch = r.branch(j)
	switch {
	case !out.Deploys && !tree.DeployName(j.name) && !tree.DeployName(j.stage.name):
		return out, false
	case !out.Deploys:
		out.Unsure = "only its name says that it deploys"
	case j.perhaps != nil || j.stage.perhaps != nil:
		out.Unsure = "a condition of its template decides whether it is there"
	}
	return out, true
}

// deploys reports whether a step of the job deploys.
func (r *run) deploys(j *job) bool {
	return r.anyStep(j.node.get("steps"), 0) || r.anyStep(j.node.get("strategy"), 0)
}

func (r *run) anyStep(n *node, depth int) bool {
	if depth > maxDepth || n == nil {
		return false
	}
	if t, ok := taskOf(strings.SplitN(n.get("task").plain(), "@", 2)[0]); ok && n.get("task") != nil && t.deploys {
		return true
	}
	for _, key := range []string{"script", "bash", "pwsh", "powershell", "inlineScript"} {
		if pipeline.CallsDeployTool(n.get(key).scalar().String()) {
			return true
		}
	}
	return slices.ContainsFunc(n.members(), func(m *node) bool { return r.anyStep(m, depth+1) })
}

var onBranch = lazy.Regexp(`(?i)eq\(\s*variables(?:\['Build\.SourceBranch(?:Name)?'\]|\.Build\.SourceBranch(?:Name)?)\s*,\s*'(?:refs/heads/)?([^']+)'\s*\)`)

// branch is a branch that leads to the job, when only some do.
func (r *run) branch(j *job) string {
	for _, n := range []*node{j.node.get("condition"), j.stage.condition} {
		if m := onBranch().FindStringSubmatch(n.scalar().String()); m != nil {
			return m[1]
		}
	}
	return r.plan.branches
}
