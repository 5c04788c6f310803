package github

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/engine/github/expression"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// jobScope is what expressions see at the level of a job, before it runs.
func (c *call) jobScope(j *job) scope {
	return scope{
		doc: c.wf.document,
		get: func(name string, at pos.Span) expression.Value {
			switch name {
			case "github":
				return c.github(nil)
			case "inputs":
				return c.inputs
			case "vars":
				return c.noJob().varsContext(at)
			case "secrets":
				return c.noJob().secretsContext(at)
			case "needs":
				return c.needs(j)
			}
			return expression.Null()
		},
		status: func(name string) expression.Value { return c.status(j, name) },
	}
}

// noJob stands for a job of which nothing is known yet.
func (c *call) noJob() *jobRun { return &jobRun{call: c, job: &job{wf: c.wf}, chosen: true} }

// status answers success(), failure() and cancelled() before a job. The deploy that matters
// is the one that goes on.
func (c *call) status(j *job, name string) expression.Value {
	if name != "success" {
		return expression.Bool(false)
	}
	for _, need := range j.needs {
		if s := c.skip(c.wf.job(need.Value)); s.decided && s.skipped {
			return expression.Bool(false)
		}
	}
	return expression.Bool(true)
}

// skip decides whether a job runs at all.
func (c *call) skip(j *job) *skip {
	if s, ok := c.results[j]; ok {
		return s
	}
	c.results[j] = &skip{} // a condition that asks for its own job is not decided
	v, truth, decided := c.jobScope(j).condition(j.cond, inJobIf)
	s := &skip{skipped: !truth, decided: decided, why: v}
	c.results[j] = s
	return s
}

// needs is the context of that name: the jobs that j waits for. A job that runs whatever
// becomes of them may find one of them skipped.
func (c *call) needs(j *job) expression.Value {
	anyway := c.runsAnyway(j)
	var entries []expression.Entry
	for _, need := range j.needs {
		n := c.wf.job(need.Value)
		result := constant("success")
		s := c.skip(n)
		perhaps := anyway && c.mayBeSkipped(n, 0)
		switch {
		case s.decided && s.skipped:
			result = constant("skipped")
		case perhaps:
			result = choice("whether job "+strict.Name(n.id)+" runs", result, constant("skipped"))
		}
		entries = append(entries, expression.Entry{Name: n.id, Value: expression.Open(func(name string) expression.Value {
			switch {
			case !strings.EqualFold(name, "outputs"):
				return expression.Null()
			case perhaps:
				return orNothing(c.outputsOf(n), "whether job "+strict.Name(n.id)+" runs")
			}
			return c.outputsOf(n)
		}, expression.Entry{Name: "result", Value: expression.Text(result)})})
	}
	return expression.Object(entries...)
}

// runsAnyway reports whether a job runs although one that it needs does not succeed.
func (c *call) runsAnyway(j *job) bool {
	if !isScalar(j.cond) {
		return false
	}
	e := c.wf.condition(j.cond, target(j.cond).Value)
	return e == nil || slices.ContainsFunc(e.Calls(), func(name string) bool { return name == "always" || name == "cancelled" || name == "failure" })
}

// mayBeSkipped reports whether it is open if a job runs, or one that it needs.
func (c *call) mayBeSkipped(j *job, depth int) bool {
	if depth > 50 || !c.skip(j).decided {
		return true
	}
	return slices.ContainsFunc(j.needs, func(need strict.At[string]) bool { return c.mayBeSkipped(c.wf.job(need.Value), depth+1) })
}

// orNothing is the outputs of a job that may be skipped.
func orNothing(outputs expression.Value, needs string) expression.Value {
	return expression.Open(func(name string) expression.Value {
		return expression.Text(choice(needs, model.Value{State: model.Absent}, asValue(outputs.Get(name))))
	})
}
