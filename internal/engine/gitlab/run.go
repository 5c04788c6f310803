package gitlab

import (
	"context"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// maxNestedRuns is how deep child pipelines may start each other, as in GitLab.
const maxNestedRuns = 2

// Run follows the job that in names, or all that deploy to its environment. Where keyfit's own
// pipeline has none of them, as that of a merge request, it follows them in a pipeline that has.
func Run(ctx context.Context, in pipeline.Step, host pipeline.Host) (pipeline.Result, error) {
	r := newRun(ctx, in, in.Files, host)
	r.all()
	if r.same && r.followed == 0 && r.err == nil {
		away := newRun(ctx, in, in.Files, host)
		away.same = false
		away.all()
		if away.followed > 0 || away.result.Doubt != nil || away.err != nil {
			r = away
		}
	}
	r.result.Problems = model.SortProblems(r.result.Problems)
	if r.result.Doubt == nil && r.cfg != nil {
		r.result.Doubt = r.cfg.partial
	}
	return r.result, r.err
}

// all reads the pipeline and follows it.
func (r *run) all() {
	r.read(func(l *loader) *node { return l.config(fromRoot(r.in.File.Value), r.started()) })
	if r.cfg != nil {
		r.deploy()
	}
}

// run is one pipeline being followed.
type run struct {
	ctx    context.Context
	in     pipeline.Step
	files  repo.Files
	host   pipeline.Host
	cfg    *config
	result pipeline.Result
	err    error

	same       bool // keyfit runs in this very pipeline
	stored     []level
	lostLevels bool
	outside    map[string]model.Value // what the host knows of variables of the project
	own        ownJob
	inputs     map[string]bool // names that the pipeline declares as inputs: they are no variables
	top        []variable      // at the top of the configuration
	predefined map[pipelineRef][]item
	workflow   [][]variable // variables of the workflow rules that may count
	// passed are variables that a parent pipeline hands on: they count as those that the
	// pipeline is started with.
	passed []variable
	depth  int
	refsOf *ref // of the parent pipeline, in one that it started

	followed int // jobs
	counted  int // jobs that were looked at
	children int // pipelines that were started
	parsed   map[string]document
	produced map[string]*product // what jobs leave for later ones
	open     map[string]bool
	problems map[model.Problem]bool
}

func newRun(ctx context.Context, in pipeline.Step, files repo.Files, host pipeline.Host) *run {
	r := &run{
		ctx: ctx, in: in, files: files, host: host, outside: map[string]model.Value{}, produced: map[string]*product{}, open: map[string]bool{},
		parsed: map[string]document{}, predefined: map[pipelineRef][]item{}, problems: map[model.Problem]bool{}, inputs: map[string]bool{},
	}
	r.same = r.isSame()
	return r
}

// isSame reports whether keyfit runs in the pipeline that is followed: one of another
// branch has other variables, and so has one of a merge request.
func (r *run) isSame() bool {
	if !r.in.Run.Inside {
		return false
	}
	wanted := r.in.Branch + r.in.Tag
	if wanted != "" || r.in.Event != "" {
		source := r.in.Run.Env.Get("CI_PIPELINE_SOURCE")
		merges := source.State == model.Known && source.Text.Reveal() == mergeRequest
		if merges != (r.in.Event == mergeRequest) {
			return false
		}
	}
	name := r.in.Run.Env.Get("CI_COMMIT_REF_NAME")
	return wanted == "" || name.State == model.Known && name.Text.Reveal() == wanted
}

// report notes a mistake, once.
func (r *run) report(at pos.Span, message, fix string) {
	p := model.Problem{At: at, Message: message, Fix: fix}
	if !r.problems[p] {
		r.problems[p] = true
		r.result.Problems = append(r.result.Problems, p)
	}
}

func (r *run) doubt(v *model.Value) {
	if r.result.Doubt == nil {
		r.result.Doubt = v
	}
}

// read loads the configuration, and decides the rules of the workflow.
func (r *run) read(load func(*loader) *node) {
	r.stored = r.levels()
	r.bound(r.candidates(nil))
	l := newLoader(r.files, later(func() scope { return r.early().scope() }))
	l.parsed = r.parsed
	root := load(l)
	for _, p := range l.problems {
		if !p.At.IsValid() || p.At == (pos.Span{File: r.in.File.Value}) && p.At.Start.Line == 0 && r.in.File.Span.IsValid() && root == nil {
			p.At, p.Message = r.in.File.Span, strict.Path(r.in.File.Value)+" "+p.Message
		}
		r.report(p.At, p.Message, p.Fix)
	}
	if root == nil {
		if l.partial == nil {
			v := model.UnknownBecause(model.WhyMissingFile, "the pipeline", model.Trail{}.Append(model.Hop{At: r.in.File.Span, Kind: model.KindGitLab, What: "pipeline"}))
			l.partial = &v
		}
		r.doubt(l.partial)
		return
	}
	r.cfg = newConfig(root, l.partial, r.report)
	r.cfg.lost, r.cfg.keyfit = l.lost, l.keyfit
	for _, name := range namesIn(l.parsed[fromRoot(r.in.File.Value)].header.get("spec", "inputs")) {
		r.inputs[name] = true
	}
	r.bound(r.candidates(root))
	r.own = r.ownJobOf()
	r.decideWorkflow()
}

// namesIn are the names in a mapping.
func namesIn(n *node) []string {
	if n == nil || n.kind != mapping {
		return nil
	}
	return n.keys
}

func fromRoot(name string) string { return strings.TrimPrefix(name, "./") }

// started are the inputs that the pipeline is started with, as nodes.
func (r *run) started() map[string]*node {
	out := map[string]*node{}
	for name, v := range r.in.Inputs {
		n := &node{kind: scalar}
		if v.State == model.Known {
			n.text, n.hops = v.Text.Reveal(), v.Trail.Hops()
		} else {
			n.value = &v
		}
		out[name] = n
	}
	return out
}

// candidates are the names of variables that may matter: those that keyfit.yaml binds, and
// those that the configuration sets or refers to. Within a job of the pipeline all that the
// process has may be variables of the project.
func (r *run) candidates(root *node) []string {
	var out []string
	if l, ok := r.host.(pipeline.Lister); ok {
		out = append(out, l.Names()...)
	}
	if r.in.Run.Inside {
		out = append(out, r.in.Run.Env.Names()...)
	}
	if root != nil {
		seen := map[*node]bool{}
		out = append(out, mentioned(root, seen)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// mentioned are the names of variables that a configuration sets or refers to.
func mentioned(n *node, seen map[*node]bool) []string {
	if n == nil || seen[n] {
		return nil
	}
	seen[n] = true
	var out []string
	switch n.kind {
	case scalar:
		if strings.ContainsAny(n.text, mayRefer) {
			for _, t := range split(n.text, reference2()) {
				if t.name != "" {
					out = append(out, t.name)
				}
			}
		}
	case list:
		for _, item := range n.items {
			out = append(out, mentioned(item, seen)...)
		}
	case mapping:
		for _, key := range n.keys {
			if isVariable(key) && strings.ToUpper(key) == key {
				out = append(out, key)
			}
			out = append(out, mentioned(n.fields[key], seen)...)
		}
	}
	return out
}

// early are the variables that there are before any job: includes and the workflow see
// them.
func (r *run) early() collection {
	c := collection{rest: r.rest(noJob())}
	c.items = append(c.items, r.ofPipeline()...)
	for _, v := range r.globals() {
		c.items = append(c.items, item{key: v.key, value: v.value, raw: v.raw})
	}
	c.items = append(c.items, r.ofUser()...)
	c.items = append(c.items, r.ofProject(noJob(), c.scope())...)
	return c.settled()
}

// globals are the variables at the top of the configuration.
func (r *run) globals() []variable {
	if r.cfg == nil {
		return nil
	}
	if r.top == nil {
		r.top = append([]variable{}, r.cfg.variables(r.cfg.root.get("variables"), "")...)
		for i := range r.top {
			r.offered(&r.top[i])
		}
	}
	return r.top
}

func (r *run) ofUser() []item {
	var out []item
	for _, name := range ofUser {
		out = append(out, item{key: name, value: r.fromRun(name)})
	}
	return out
}

// ofProject are the variables of the project and its groups, and above them those that the
// pipeline is started with.
func (r *run) ofProject(i *instance, vars scope) []item {
	out := r.fromLevels(i.environment, r.guarded(vars))
	out = append(out, r.fromHost(i)...)
	for _, v := range r.passed {
		out = append(out, item{key: v.key, value: v.value, raw: v.raw, hidden: true})
	}
	for _, name := range sortedKeys(r.in.Inputs) {
		if isVariable(name) && !r.inputs[name] {
			out = append(out, item{key: name, value: r.in.Inputs[name], hidden: true})
		}
	}
	return out
}

// decideWorkflow finds the variables of the workflow's rules, and whether there is a
// pipeline at all.
func (r *run) decideWorkflow() {
	r.workflow = [][]variable{nil}
	rules := r.cfg.root.get("workflow", "rules")
	if rules == nil {
		return
	}
	c := &conditions{vars: later(func() scope { return r.scopeOf(r.early()) }), files: r.files, report: r.report}
	matched, left := c.matches(rules)
	r.workflow = nil
	for _, m := range matched {
		if m.rule.get("when").word() != "never" {
			r.workflow = append(r.workflow, r.cfg.variables(m.rule.get("variables"), "workflow:rules"))
		}
	}
	if len(r.workflow) == 0 {
		r.workflow = [][]variable{nil}
		if left != perhaps {
			r.report(rules.at(), "no rule of the workflow admits this pipeline, so that nothing is deployed", "correct the rules, or the branch or source that keyfit.yaml names")
		}
	}
}

// scopeOf is what expressions see of variables: each is expanded when it is asked for.
func (r *run) scopeOf(c collection) scope {
	byKey := c.index()
	known := map[string]model.Value{}
	return func(name string) model.Value {
		v, ok := known[name]
		if !ok {
			all, _ := c.closure(byKey, name).expanded(true)
			v = all.scope()(name)
			known[name] = v
		}
		return v
	}
}

// later is a scope that is made when it is first used.
func later(make func() scope) scope {
	var made scope
	return func(name string) model.Value {
		if made == nil {
			made = make()
		}
		return made(name)
	}
}

// declared are the variables that the file of the pipeline gives a job: those at the top,
// of the workflow's rules, of the job itself, of its cell and of a rule.
func (r *run) declared(j *job, c cell, rules []variable) []variable {
	needs := "which rule of the workflow counts"
	top := over(r.globals(), either(needs, orNone(r.workflow)))
	var out []variable
	takes := j.inheriting("variables")
	for _, v := range top {
		if takes(v.key) {
			out = append(out, v)
		}
	}
	if j.cfg.lost[j.name] { // what it extends is not here, and may set them anew
		for k, v := range out {
			out[k].value = model.UnknownBecause(model.WhyMissingFile, needsIncluded, v.value.Trail)
		}
	}
	out = over(out, j.cfg.variables(j.node.get("variables"), j.what()))
	out = over(out, c.vars)
	return over(out, rules)
}

func orNone(sets [][]variable) [][]variable {
	if len(sets) == 0 {
		return [][]variable{nil}
	}
	return sets
}
