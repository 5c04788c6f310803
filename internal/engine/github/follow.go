package github

import (
	"context"
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/engine/github/expression"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// The limits of one run. Reusable workflows and composite actions nest as deep as GitHub
// lets them.
const (
	maxFollowed  = 5_000 // steps, those of needed jobs and of every cell of a matrix included
	maxWorkflows = 10    // that call each other
	maxCalls     = 300   // of workflows in all
	maxActions   = 10    // composite actions within each other
)

// follow is one run of a workflow that is being followed.
type follow struct {
	ctx       context.Context
	in        pipeline.Step
	files     repo.Files
	host      pipeline.Host
	facts     facts
	workflows map[string]*workflow
	manifests map[string]*manifest
	result    pipeline.Result
	problems  []model.Problem
	steps     int
	calls     int // of workflows, in all
	err       error
	secrets   map[string]model.Value // those that were used, by name
	// environment is the one that the chosen jobs name; empty when they name none.
	environment string
	// watch, when set, is told of every step and what it receives, before it is followed.
	watch func(fr *frame, s *step, env model.Env)
}

// Run follows the jobs of a workflow that deploy to an environment. See the package comment.
func Run(ctx context.Context, in pipeline.Step, host pipeline.Host) (pipeline.Result, error) {
	f := newFollow(ctx, in, host)
	if w := f.workflow(in.File.Value, in.File.Span); w != nil {
		f.facts = learn(in, w)
		f.start(w)
	}
	return f.done()
}

func newFollow(ctx context.Context, in pipeline.Step, host pipeline.Host) *follow {
	return &follow{ctx: ctx, in: in, files: in.Files, host: host, workflows: map[string]*workflow{}, manifests: map[string]*manifest{}}
}

// done gives the result. Mistakes of all files that were read belong to it.
func (f *follow) done() (pipeline.Result, error) {
	if f.err != nil {
		return pipeline.Result{}, f.err
	}
	all := f.problems
	for _, w := range f.workflows {
		if w != nil {
			all = append(all, w.document.problems...)
		}
	}
	for _, m := range f.manifests {
		if m != nil && m.document != nil {
			all = append(all, m.document.problems...)
		}
	}
	f.result.Problems = model.SortProblems(all)
	return f.result, nil
}

func (f *follow) problem(at pos.Span, fix, format string, args ...any) {
	f.problems = append(f.problems, model.Problem{At: at, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// doubt says that there may be more than was followed.
func (f *follow) doubt(why model.Reason, needs string, at pos.Span) {
	if f.result.Doubt != nil {
		return
	}
	v := model.UnknownBecause(why, needs, model.Trail{}.Append(model.Hop{At: at, Kind: model.KindWorkflow, What: "a part that is not followed"}))
	f.result.Doubt = &v
}

// stopped reports whether nothing more is to be followed.
func (f *follow) stopped() bool {
	if f.err == nil {
		f.err = f.ctx.Err()
	}
	return f.err != nil
}

// count adds a step, and reports whether it may be followed.
func (f *follow) count(at pos.Span) bool {
	f.steps++
	if f.steps == maxFollowed+1 {
		f.problem(at, "name the job and the cell of the matrix that deploys", "more than %d steps are followed up to here, the limit", maxFollowed)
		f.doubt(model.WhyLimit, "fewer steps", at)
	}
	return f.steps <= maxFollowed && !f.stopped()
}

// workflow reads a file of workflows, once. A file that cannot be read is nil.
func (f *follow) workflow(name string, at pos.Span) *workflow {
	if w, ok := f.workflows[name]; ok {
		return w
	}
	w, problems := readWorkflow(f.files, name)
	f.workflows[name] = w
	if w == nil {
		for _, p := range problems {
			if p.At.Start.Line == 0 && at.IsValid() {
				p.Message, p.At = "the workflow "+strict.Path(name)+" "+p.Message, at
			}
			f.problems = append(f.problems, p)
		}
		f.doubt(model.WhyMissingFile, "the workflow that is named here", at)
	}
	return w
}

// call is one run of a workflow: of the one that was started, or of one that a job calls.
type call struct {
	*follow
	wf     *workflow
	by     *passed // nil for the workflow that was started
	inputs expression.Value
	label  string // what stands in front of the names of jobs
	depth  int

	results  map[*job]*skip
	outcomes map[*job]*outcome
	checked  map[*job]bool // whose references were checked
}

// passed is what a job hands to the workflow that it calls.
type passed struct {
	job     *jobRun
	inherit bool
	secrets map[string]model.Value // by lower-case name
	at      pos.Span
}

// skip says whether a job is skipped, as far as that can be told.
type skip struct {
	skipped, decided bool
	why              expression.Value
}

// outcome is what a job leaves to those that need it.
type outcome struct{ outputs expression.Value }

func (f *follow) newCall(w *workflow) *call {
	return &call{follow: f, wf: w, results: map[*job]*skip{}, outcomes: map[*job]*outcome{}, checked: map[*job]bool{}, depth: 1}
}

// start follows the workflow that was started.
func (f *follow) start(w *workflow) {
	c := f.newCall(w)
	c.inputs = c.startInputs()
	chosen := c.choose()
	explicit := f.in.Job.Value != ""
	done := 0
	for _, j := range c.ordered(chosen) {
		s := c.skip(j)
		if s.decided && s.skipped {
			if explicit || done == 0 && j == chosen[len(chosen)-1] {
				f.problem(c.condPlace(j), "name the branch, the event or the inputs with which it runs", "the job %s is skipped in this run, so it delivers nothing", strict.Name(j.id))
			}
			continue
		}
		done++
		c.follow1(j, true)
	}
}

func (c *call) condPlace(j *job) pos.Span {
	if j.cond != nil {
		return c.wf.span(target(j.cond))
	}
	return j.at
}

// ordered puts the jobs in an order in which each comes behind those it needs.
func (c *call) ordered(chosen []*job) []*job {
	var out []*job
	seen := map[*job]bool{}
	var visit func(j *job)
	visit = func(j *job) {
		if j == nil || seen[j] {
			return
		}
		seen[j] = true
		for _, need := range j.needs {
			visit(c.wf.job(need.Value))
		}
		out = append(out, j)
	}
	for _, j := range chosen {
		visit(j)
	}
	var kept []*job
	for _, j := range out {
		for _, want := range chosen {
			if j == want {
				kept = append(kept, j)
			}
		}
	}
	return kept
}

// outputsOf follows a job for what it leaves, if it was not followed before.
func (c *call) outputsOf(j *job) expression.Value {
	if o, ok := c.outcomes[j]; ok {
		return o.outputs
	}
	if s := c.skip(j); s.decided && s.skipped {
		return expression.Object()
	}
	return c.follow1(j, false).outputs
}

// follow1 follows all cells of one job that were asked for. Those of a job that is not
// chosen are followed for its outputs alone.
func (c *call) follow1(j *job, chosen bool) *outcome {
	if o, ok := c.outcomes[j]; ok {
		return o
	}
	unknown := &outcome{outputs: expression.Unknown(model.UnknownBecause(model.WhyUnsupported, "what the job leaves", model.Trail{}))}
	c.outcomes[j] = unknown
	if c.stopped() {
		return unknown
	}
	cells := c.cells(j, chosen)
	var all []expression.Value
	for i := range cells {
		jr := c.newJobRun(j, cells[i], chosen)
		if chosen && !c.wanted(jr, cells) {
			continue
		}
		if j.uses != nil {
			all = append(all, jr.callWorkflow())
		} else {
			all = append(all, jr.run())
		}
	}
	o := &outcome{outputs: joinOutputs(all)}
	c.outcomes[j] = o
	return o
}

// joinOutputs is what several cells of a matrix leave: the last one to end wins, so that
// only what all agree on is known.
func joinOutputs(all []expression.Value) expression.Value {
	if len(all) == 1 {
		return all[0]
	}
	return expression.Open(func(name string) expression.Value {
		var texts []model.Value
		for _, v := range all {
			texts = append(texts, asValue(v.Get(name)))
		}
		if len(texts) == 0 {
			return expression.Null()
		}
		return expression.Text(model.Ambiguous("which of the jobs of the matrix ends last", texts...))
	})
}

// asValue is the text of a value; absent for null.
func asValue(v expression.Value) model.Value {
	m := v.Model()
	if v.Kind() == expression.KindNull {
		m.State = model.Absent
	}
	return m
}

// github is the context of that name, at a job; jr is nil before there is one.
func (c *call) github(jr *jobRun) expression.Value {
	return c.facts.github(func(name string) (expression.Value, bool) {
		switch {
		case name == "event":
			return expression.Open(func(entry string) expression.Value {
				if strings.EqualFold(entry, "inputs") {
					return c.eventInputs()
				}
				return expression.Unknown(unknownInput(needsEvent))
			}), true
		case name == "job" && jr != nil:
			return expression.Text(constant(jr.job.id)), true
		}
		return expression.Value{}, false
	})
}
