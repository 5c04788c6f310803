package circleci

import (
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// Jobs lists the jobs that deploy, or may deploy.
func Jobs(files repo.Files, name string) ([]pipeline.Job, []model.Problem) {
	r := newReader(files, pipeline.Step{File: strict.At[string]{Value: name}}, nil)
	if r.root == nil {
		return nil, r.out.Problems
	}
	var out []pipeline.Job
	for _, v := range r.invocations() {
		if job, ok := r.jobOf(v); ok {
			out = append(out, job)
		}
	}
	return out, model.SortProblems(r.out.Problems)
}

func (r *reader) jobOf(v invocation) (pipeline.Job, bool) {
	job := pipeline.Job{Group: v.workflow, Name: v.name, At: v.at, Deploys: r.deploys(v)}
	inputs, environment := r.needs(v)
	job.Inputs, job.Branch = inputs, r.branch(v)
	job.Environment, job.Unsure = r.environment(v)
	if job.Environment == "" && environment != "" {
		job.Environment, job.Unsure = environment, "its environment is told by a pipeline parameter alone"
	}
	if !job.Deploys && !tree.DeployName(v.name) {
		return pipeline.Job{}, false
	}
	if len(v.cell) > 0 {
		job.Name, job.Matrix = v.job, map[string]string{}
		for name, t := range v.cell {
			if t.Known() {
				job.Matrix[name] = t.String()
			}
		}
	}
	if !job.Deploys {
		job.Unsure = "only its name says that it deploys"
	}
	for _, n := range v.args.Get("requires").Each() {
		need := n.Text()
		if n.IsMap() && len(n.Pairs) > 0 {
			need = n.Pairs[0].Key.Text()
		}
		job.Needs = append(job.Needs, need)
	}
	return job, true
}

// deploys reports whether a script of the job, or an orb that it uses, deploys.
func (r *reader) deploys(v invocation) bool {
	n, lib, from := v.scope.lib.find("jobs", v.job)
	if n == nil {
		return from != nil && isDeployOrb(from, v.job)
	}
	found := false
	for _, text := range r.texts(n, lib, 0, nil) {
		found = found || pipeline.CallsDeployTool(text)
	}
	return found || r.usesDeployOrb(n, lib, 0)
}

func isDeployOrb(o *orb, name string) bool {
	_, inner, _ := strings.Cut(name, "/")
	full := underscored(o.ref + "/" + inner)
	return slices.ContainsFunc(orbCommands(), func(c orbCommand) bool {
		return c.name == full && !strings.Contains(c.line, "docker build")
	})
}

func (r *reader) usesDeployOrb(n *tree.Node, lib *library, depth int) bool {
	if depth > maxDepth || !r.step(n.Span()) || lib == nil {
		return false
	}
	inOrb := func(name string) bool {
		alias, _, ok := strings.Cut(name, "/")
		return ok && lib.orbs[alias] != nil && isDeployOrb(lib.orbs[alias], name)
	}
	switch {
	case n.IsScalar():
		return inOrb(n.Text())
	case n.IsList():
		return slices.ContainsFunc(n.Items, func(c *tree.Node) bool { return r.usesDeployOrb(c, lib, depth+1) })
	case n.IsMap():
		return slices.ContainsFunc(n.Pairs, func(p tree.Pair) bool {
			return inOrb(p.Key.Text()) || r.usesDeployOrb(p.Value, lib, depth+1)
		})
	}
	return false
}

var (
	environmentArgument = lazy.Regexp(`(?i)^(?:env|environment|stage|target|deploy[-_]?(?:env|environment|to)|env[-_]?name|environment[-_]?name)$`)
	onBranch            = lazy.Regexp(`pipeline\.git\.branch\s*==\s*["']([^"']+)["']`)
)

// environment is where the job goes: CircleCI has no word for it, so that an argument, the
// name of the job, or that of a context tells it.
func (r *reader) environment(v invocation) (name, unsure string) {
	for _, p := range pairsOf(v.args) {
		if t := r.expand(p.Value, v.scope, "argument"); environmentArgument().MatchString(p.Key.Text()) && p.Value.IsScalar() && t.Known() && t.String() != "" {
			return t.String(), ""
		}
	}
	for _, parameter := range slices.Sorted(maps.Keys(v.cell)) {
		if t := v.cell[parameter]; environmentArgument().MatchString(parameter) && t.Known() {
			return t.String(), ""
		}
	}
	const guess = "its environment is told by a name alone"
	for _, text := range []string{v.name, v.job} {
		if e := tree.OfJob(text); e != "" {
			return e, guess
		}
	}
	found := ""
	for _, c := range v.args.Get("context").Each() {
		if e := tree.Environment(c.Text()); e != "" && found == "" {
			found = e
		}
	}
	if found == "" {
		found = tree.OfJob(v.workflow)
	}
	if found == "" {
		return "", ""
	}
	return found, guess
}

// branch is a branch that leads to the job, when only some do.
func (r *reader) branch(v invocation) string {
	filters := v.args.Get("filters")
	for _, n := range filters.Get("branches", "only").Each() {
		if name := strings.Trim(n.Text(), "/^$"); strict.IsName(name) || name != "" && !strings.ContainsAny(name, `*+?[](){}|\.^$`) {
			return name
		}
	}
	for _, text := range []string{filters.Text(), v.flow.Get("when").Text()} {
		if m := onBranch().FindStringSubmatch(text); m != nil {
			return m[1]
		}
	}
	for _, item := range equalities(v.flow.Get("when"), 0) {
		if item.name == "pipeline.git.branch" {
			return item.text
		}
	}
	return ""
}

// needs are the pipeline parameters that the workflow asks for.
func (r *reader) needs(v invocation) (inputs map[string]string, environment string) {
	for _, item := range equalities(v.flow.Get("when"), 0) {
		name, ok := strings.CutPrefix(item.name, "pipeline.parameters.")
		if !ok {
			continue
		}
		if inputs == nil {
			inputs = map[string]string{}
		}
		inputs[name] = item.text
		if environmentArgument().MatchString(name) {
			environment = item.text
		}
	}
	return inputs, environment
}

type equality struct{ name, text string }

// equalities lists what a logic statement asks to be equal: a value that has to be true,
// `equal` with one text, and all of `and`.
func equalities(n *tree.Node, depth int) []equality {
	if depth > 10 {
		return nil
	}
	if name, ok := onlyReference(n.Text()); ok {
		return []equality{{name, "true"}}
	}
	if n.IsScalar() && strings.HasPrefix(n.Text(), "pipeline.parameters.") && !strings.Contains(n.Text(), " ") {
		return []equality{{n.Text(), "true"}}
	}
	var out []equality
	for _, item := range n.Get("and").Each() {
		out = append(out, equalities(item, depth+1)...)
	}
	if items := n.Get("equal").Each(); len(items) == 2 {
		for i := range items {
			name, ok := onlyReference(items[i].Text())
			if _, other := onlyReference(items[1-i].Text()); ok && !other && items[1-i].IsScalar() {
				out = append(out, equality{name, items[1-i].Text()})
			}
		}
	}
	return out
}
