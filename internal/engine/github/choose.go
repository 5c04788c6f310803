package github

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/engine/github/expression"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// choose finds the jobs that are followed: the one that was named, or those that deploy to
// the environment.
func (c *call) choose() []*job {
	if name := c.in.Job.Value; name != "" {
		j := c.named(name)
		if j == nil {
			return nil
		}
		c.follow.environment = c.literalEnvironment(j)
		return []*job{j}
	}
	var chosen, perhaps []*job
	declared := false
	for _, j := range c.wf.jobs {
		names, all := c.environmentsOf(j)
		declared = declared || len(names) > 0
		switch {
		case containsFold(names, c.in.Environment):
			chosen = append(chosen, j)
		case !all:
			perhaps = append(perhaps, j)
		}
	}
	if len(chosen) > 0 {
		c.follow.environment = c.in.Environment
		return chosen
	}
	if len(perhaps) > 0 {
		for _, j := range perhaps {
			c.problem(c.environmentPlace(j), "name the branch, the event or the inputs with which it runs", "it is not known here to which environment job %s deploys", strict.Name(j.id))
		}
		return perhaps
	}
	return c.chooseWithout(declared)
}

func (c *call) environmentPlace(j *job) pos.Span {
	if j.environment != nil {
		return c.wf.span(target(j.environment))
	}
	return j.at
}

// named finds the job that was named: by its id, or else by its name.
func (c *call) named(name string) *job {
	if j := c.wf.job(name); j != nil {
		return j
	}
	for _, j := range c.wf.jobs {
		if text, ok := literal(j.name); ok && strings.EqualFold(text, name) {
			return j
		}
	}
	at, fix := c.in.Job.Span, "name one of its jobs: "+shownList(c.wf.jobIDs())
	if !at.IsValid() {
		at = c.in.At
	}
	if near := strict.Nearest(name, c.wf.jobIDs()); near != "" {
		fix = fmt.Sprintf("did you mean %q?", near)
	}
	c.problem(at, fix, "the workflow has no job %s", strict.Name(name))
	return nil
}

func shownList(names []string) string {
	var out []string
	for _, name := range names {
		if strict.IsName(name) && len(out) < 8 {
			out = append(out, name)
		}
	}
	return strings.Join(out, ", ")
}

// chooseWithout is for workflows of which no job names the environment: the jobs whose name
// does, or all that deploy where no job names any.
func (c *call) chooseWithout(declared bool) []*job {
	var byName, deploying []*job
	for _, j := range c.wf.jobs {
		if hasWord(j.id, c.in.Environment) {
			byName = append(byName, j)
		}
		if c.follow.deploys(j) && j.environment == nil {
			deploying = append(deploying, j)
		}
	}
	switch {
	case len(byName) > 0:
		return byName
	case !declared && len(deploying) > 0:
		return deploying
	}
	at := c.in.File.Span
	if !at.IsValid() {
		at = c.in.At
	}
	c.problem(at, "name the job under `job:`: "+shownList(c.wf.jobIDs()), "no job of the workflow deploys to the environment %s", strict.Name(c.in.Environment))
	return nil
}

// hasWord reports whether a name such as deploy-production holds a word.
func hasWord(name, word string) bool {
	for part := range strings.FieldsFuncSeq(strings.ToLower(name), func(c rune) bool { return strings.ContainsRune("-_./ ", c) }) {
		if part == strings.ToLower(word) {
			return true
		}
	}
	return false
}

// literalEnvironment is the environment that a job names in all of its cells.
func (c *call) literalEnvironment(j *job) string {
	names, _ := c.environmentsOf(j)
	switch {
	case containsFold(names, c.in.Environment):
		return c.in.Environment
	case len(names) == 1:
		return names[0]
	}
	return ""
}

// environmentsOf lists the environments that a job deploys to, those of a workflow that it
// calls included. all is false when one of them is not known.
func (c *call) environmentsOf(j *job) (names []string, all bool) {
	all = true
	for _, one := range c.cells(j, true) {
		more, known := c.environmentsIn(j, one)
		names, all = union(names, more), all && known
	}
	return names, all
}

// environmentsIn is environmentsOf for one cell of the matrix.
func (c *call) environmentsIn(j *job, one cell) (names []string, all bool) {
	jr := c.newJobRun(j, one, true)
	if j.uses == nil {
		v, ok := jr.environmentName()
		if ok && v.State == model.Known {
			names = append(names, v.Text.Reveal())
		}
		return names, !ok || v.State == model.Known || isNone(v, c.in.Environment)
	}
	called := jr.openCall(false)
	if called == nil {
		return nil, true
	}
	all = true
	for _, inner := range called.wf.jobs {
		more, known := called.environmentsOf(inner)
		names, all = union(names, more), all && known
	}
	return names, all
}

func union(names, more []string) []string {
	for _, name := range more {
		if !containsFold(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// isNone reports whether an environment that is not known is certainly not this one.
func isNone(v model.Value, name string) bool {
	for _, a := range v.Alternatives {
		if a.State != model.Known || strings.EqualFold(a.Text.Reveal(), name) {
			return false
		}
	}
	return len(v.Alternatives) > 0
}

// wanted reports whether a cell of a chosen job is followed: those of other environments are
// not, when the environment decides among the cells.
func (c *call) wanted(jr *jobRun, cells []cell) bool {
	if len(cells) < 2 || c.depth > 1 || c.follow.environment == "" {
		return true
	}
	hit := func(one cell) (hit, all bool) {
		names, all := c.environmentsIn(jr.job, one)
		return containsFold(names, c.follow.environment), all && len(names) > 0
	}
	mine, all := hit(jr.cell)
	if mine || !all {
		return true
	}
	for _, one := range cells {
		if other, _ := hit(one); other {
			return false
		}
	}
	return true
}

// environmentName evaluates `environment`; ok is false when the job names none.
func (jr *jobRun) environmentName() (v model.Value, ok bool) {
	n := target(jr.job.environment)
	if isNull(n) {
		return model.Value{}, false
	}
	s := jr.cellScope()
	what := "environment of job " + strict.Name(jr.job.id)
	if n.Kind == yaml.MappingNode {
		v = s.text(find(n, "name"), inJob, what)
	} else if whole := s.value(n, inJob, what); whole.Kind() == expression.KindObject {
		v = pasted(whole.Get("name"))
	} else {
		v = s.text(n, inJob, what)
	}
	return v, v.State != model.Known || !v.Text.IsEmpty()
}
