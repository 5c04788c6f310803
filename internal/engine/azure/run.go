package azure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// run follows the jobs of one pipeline.
type run struct {
	*reader
	plan    *plan
	outputs map[*job]map[string]model.Value // what finished jobs put out, by "step.NAME"
	busy    map[*job]bool
	context context.Context // of the one Run that this is, for jobs that an expression asks for
	failed  error
}

// all lists the jobs of all stages.
func (p *plan) all() []*job {
	var out []*job
	for _, st := range p.stages {
		out = append(out, st.jobs...)
	}
	return out
}

// choose picks the jobs that are asked for.
func (r *run) choose() []*job {
	var out []*job
	for _, j := range r.plan.all() {
		if r.wanted(j) {
			out = append(out, j)
		}
	}
	if len(out) > 0 {
		return out
	}
	at, fix := firstValid(r.in.Job.Span, r.in.Group.Span, r.in.At), "name the job under `job:`, or write `environment:` in a deployment job"
	message := "no job of " + strict.Path(r.in.File.Value) + " deploys to " + strict.Name(r.in.Environment)
	if r.in.Job.Value != "" {
		message, fix = "there is no job "+strict.Name(r.in.Job.Value)+" in this pipeline", "write its name as it stands behind `job:` or `deployment:`"
	}
	if r.out.Doubt == nil || len(r.out.Problems) == 0 {
		r.fail(at, fix, "%s", message)
	}
	r.doubt(model.UnknownBecause(model.WhyMissingFile, "the job that deploys", model.Trail{}))
	return nil
}

func firstValid(places ...pos.Span) pos.Span {
	for _, at := range places {
		if at.IsValid() {
			return at
		}
	}
	return pos.Span{}
}

// wanted reports whether a job is asked for: by its name, or by where it deploys to.
func (r *run) wanted(j *job) bool {
	if group := r.in.Group.Value; group != "" && !strings.EqualFold(group, j.stage.name) && group != j.stage.display {
		return false
	}
	if name := r.in.Job.Value; name != "" {
		return strings.EqualFold(name, j.name) || name == j.display || strings.EqualFold(name, j.stage.name)
	}
	environment, _ := r.environment(j)
	return environment != "" && sameEnvironment(environment, r.in.Environment) && (j.deployment || r.deploys(j))
}

// environment is where a job deploys to.
func (r *run) environment(j *job) (name, unsure string) {
	if j.deployment {
		a := r.naming(j)
		t, _ := a.replaced(j.environment, nil)
		if t.Known() && t.String() != "" {
			name, _, _ := strings.Cut(t.String(), ".")
			return name, ""
		}
		return "", "the name of its environment is put together when it runs"
	}
	for _, text := range []string{j.name, j.display, j.stage.name, j.stage.display} {
		if e := tree.OfJob(text); e != "" {
			return e, "its environment is told by a name alone"
		}
	}
	return "", ""
}

// sameEnvironment compares names of environments, of which some have short forms.
func sameEnvironment(a, b string) bool {
	full := func(name string) string {
		name = strings.ToLower(name)
		for _, forms := range [][]string{{"production", "prod", "prd", "live"}, {"staging", "stage", "stg"}, {"development", "dev"}, {"testing", "test", "tst"}} {
			if slices.Contains(forms, name) {
				return forms[0]
			}
		}
		return name
	}
	return full(a) == full(b)
}

// cells lists the variables of a matrix; one cell of none when there is no matrix.
func (r *run) cells(j *job) []level {
	n := j.node.get("strategy", "matrix")
	if n == nil {
		return []level{{}}
	}
	if !n.isMap() {
		r.doubt(model.UnknownBecause(model.WhyInput, "the matrix, which is put together when the pipeline runs", model.Trail{}.Append(r.hop(n.span(), "matrix"))))
		return []level{{}}
	}
	var out []level
	for _, p := range n.pairs {
		if len(out) >= maxCells {
			r.fail(n.span(), "write fewer cells", "the matrix has more than %d cells", maxCells)
			break
		}
		l := level{of: "the matrix"}
		fits := true
		if p.value.isMap() {
			for _, q := range p.value.pairs {
				l.list = append(l.list, definition{name: q.key, text: textOf(q.value), at: place(q.value, q.at), perhaps: q.perhaps})
			}
		}
		for name, want := range r.in.Matrix {
			v, ok := one(l.list, name)
			fits = fits && ok && v.plain() == want
		}
		if fits {
			out = append(out, l)
		}
	}
	return out
}

// agent is a job with the variables that it starts with.
func (r *run) agent(j *job, cell *level) *agent { return r.agentFor(j, cell, false) }

// naming is a job with the variables that may name its environment: a group that might replace one
// of them takes no job out of sight.
func (r *run) naming(j *job) *agent { return r.agentFor(j, nil, true) }

func (r *run) agentFor(j *job, cell *level, naming bool) *agent {
	a := &agent{run: r, job: j, vars: map[string]entry{}, baked: map[string][]tree.Text{}, label: j.name, naming: naming}
	if a.host == nil {
		silent := *r.reader
		silent.host = nobody{}
		inner := *r
		inner.reader = &silent
		a.run = &inner
	}
	levels := []level{{of: "the pipeline", list: r.plan.variables.list}, {of: "stage " + strict.Name(j.stage.name), list: j.stage.variables.list}, {of: "job " + strict.Name(j.name), list: j.variables.list}}
	if cell != nil {
		levels = append(levels, *cell)
	}
	a.prepare(levels)
	a.pool = r.poolOf(j)
	return a
}

// nobody is the host of those who only look at a pipeline.
type nobody struct{}

func (nobody) Follow(context.Context, pipeline.Script) (pipeline.After, error) {
	return pipeline.After{}, nil
}

func (nobody) Input(name string) model.Value {
	return model.UnknownBecause(model.WhyCISecret, "the variable "+shown(name), model.Trail{})
}

// job follows a job in all cells of its matrix.
func (r *run) job(ctx context.Context, j *job, quiet bool) error {
	r.busy[j] = true
	defer delete(r.busy, j)
	if own, ok := r.host.(*within); ok {
		outer := own.now
		own.now = j
		defer func() { own.now = outer }()
	}
	outputs := map[string]model.Value{}
	for i, cell := range r.cells(j) {
		a := r.agent(j, &cell)
		a.quiet = quiet
		if i > 0 {
			a.label = fmt.Sprintf("%s %d", j.name, i+1)
		}
		perhaps, runs := a.runs()
		if r.failed != nil {
			return r.failed
		}
		if !runs {
			if !quiet && r.in.Job.Value != "" {
				r.fail(j.at, "give the branch or the parameters for which it is run", "the job %s is not run, as its condition says", strict.Name(j.name))
				r.doubt(model.UnknownBecause(model.WhyMissingFile, "the job that deploys", model.Trail{}))
			}
			continue
		}
		if err := a.hooks(ctx, perhaps); err != nil {
			return err
		}
		for name, e := range a.vars {
			if strings.Contains(name, ".") && !isPredefined(name) {
				outputs[name] = e.value
			}
		}
	}
	r.outputs[j] = outputs
	return nil
}

// runs decides the conditions of stage and job. What nobody can decide is taken to run, since
// the job is asked for; only what a template may leave out is told.
func (a *agent) runs() (perhaps *model.Value, ok bool) {
	a.server = true
	defer func() { a.server = false }()
	for _, n := range []*node{a.job.stage.condition, a.job.node.get("condition")} {
		if v, ok := a.condition(n); ok && v.truthy() == no {
			return nil, false
		}
	}
	if a.job.perhaps != nil {
		return a.job.perhaps, true
	}
	return a.job.stage.perhaps, true
}

// condition evaluates a `condition:`; ok is false when there is none.
func (a *agent) condition(n *node) (value, bool) {
	t := n.scalar()
	if t.String() == "" {
		return value{}, false
	}
	if n.typed != nil {
		return *n.typed, true
	}
	if !t.Known() {
		return textValue(t), true
	}
	text := t.String()
	if m := runtimeForm().FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	v, ok := evaluate(text, atRun{a}, n.span())
	if !ok {
		a.fail(n.span(), "see the conditions of Azure Pipelines", "expected a condition that can be read")
	}
	return v, true
}

// hooks follows the steps of a job, or of the hooks of a deployment, each on an agent of its own.
func (a *agent) hooks(ctx context.Context, perhaps *model.Value) error {
	strategy := a.job.node.get("strategy")
	if !a.job.deployment {
		return a.steps(ctx, a.job.node.get("steps"), perhaps)
	}
	for _, kind := range []string{"runOnce", "rolling", "canary"} {
		n := strategy.get(kind)
		for _, path := range [][]string{{"preDeploy"}, {"deploy"}, {"routeTraffic"}, {"postRouteTraffic"}, {"on", "success"}} {
			hook := n.get(path...)
			if hook == nil {
				continue
			}
			fresh := *a
			fresh.vars = cloneVars(a.vars)
			if err := fresh.steps(ctx, hook.get("steps"), perhaps); err != nil {
				return err
			}
			for name, e := range fresh.vars {
				if strings.Contains(name, ".") {
					a.vars[name] = e
				}
			}
			a.number = fresh.number
		}
	}
	return nil
}

func cloneVars(vars map[string]entry) map[string]entry {
	out := make(map[string]entry, len(vars))
	for name, e := range vars {
		out[name] = e
	}
	return out
}

// poolOf is the image or the name of the pool that a job runs in.
func (r *run) poolOf(j *job) string {
	for _, n := range []*node{j.node.get("pool"), j.stage.pool, r.plan.pool} {
		if n.isNull() {
			continue
		}
		if image := n.get("vmImage"); image != nil {
			return image.plain()
		}
		if name := n.get("name"); name != nil {
			return name.plain()
		}
		return n.plain()
	}
	return ""
}

func (a *agent) windows() bool { return strings.Contains(strings.ToLower(a.pool), "win") }

// output is what a job put out, followed for that alone when it was not yet.
func (a *agent) output(j *job, key string, at pos.Span) value {
	outputs, ok := a.outputs[j]
	if !ok {
		if _, silent := a.host.(nobody); silent || a.busy[j] || len(a.busy) > maxDepth {
			return unknownValue(model.UnknownBecause(model.WhyUnsupported, "jobs that do not wait for each other", model.Trail{}.Append(a.hop(at, "output"))), at)
		}
		if err := a.run.job(a.context, j, true); err != nil {
			a.failed = err
			return value{}
		}
		outputs = a.outputs[j]
	}
	for _, name := range outputNames(key) {
		if v, ok := outputs[name]; ok {
			return textValue(tree.Of(v.Via(a.hop(at, "output of job "+strict.Name(j.name))), at))
		}
	}
	return unknownValue(model.UnknownBecause(model.WhyCommandOutput, "what the job "+strict.Name(j.name)+" puts out", model.Trail{}.Append(a.hop(at, "output"))), at)
}

// outputNames are the forms of an output's name: those of deployment jobs have the job, or
// the hook with its resource, in front.
func outputNames(key string) []string {
	key = strings.ToLower(key)
	out := []string{key}
	if _, rest, ok := strings.Cut(key, "."); ok && strings.Contains(rest, ".") {
		out = append(out, rest)
	}
	return out
}
