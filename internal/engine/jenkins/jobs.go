package jenkins

import (
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// maxJobs bounds how many are told of one file.
const maxJobs = 200

// Jobs lists the stages of a Jenkinsfile that deploy, or may deploy. Nothing is followed for
// that.
func Jobs(files repo.Files, name string) (jobs []pipeline.Job, problems []model.Problem) {
	defer func() {
		if recover() != nil { // what was recovered may hold a value, so it is not shown
			problems = append(problems, model.Problem{At: pos.Span{File: name}, Message: "keyfit failed while it looked for stages", Fix: "please report it with the Jenkinsfile, without its keys"})
		}
	}()
	data, err := files.Read(name)
	if p := unreadable(name, pos.Span{File: name}, data, err); p != nil {
		return nil, []model.Problem{*p}
	}
	src := newSource(name, data)
	root, wrong := parse(src)
	if wrong != nil {
		problems = append(problems, model.Problem{At: src.span(wrong.at, wrong.end), Message: wrong.message, Fix: "correct the Groovy; Jenkins cannot read it either"})
	}
	p := newPlan(root)
	for _, s := range p.stages {
		if !s.inner && len(jobs) < maxJobs {
			jobs = append(jobs, p.jobs(s)...)
		}
	}
	if len(p.stages) == 0 && p.deploysIn(root) {
		jobs = append(jobs, p.jobs(p.wholeFile())...)
	}
	return jobs, problems
}

// wholeFile is a pipeline without stages, as one.
func (p *plan) wholeFile() *stage {
	s := &stage{node: p.root}
	p.understand(s)
	s.node = &node{start: 0, end: 0, src: p.root.src}
	return s
}

// jobs tells one stage: once for each environment that a parameter or an axis names.
func (p *plan) jobs(s *stage) []pipeline.Job {
	job := pipeline.Job{Name: s.name, At: s.place(), Environment: s.environment, Branch: s.branch, Deploys: s.deploys, Unsure: s.unsure}
	if s.up != nil && p.isTwice(s.name) {
		job.Group = s.up.name
	}
	if s.name == "" && s.node.end > 0 {
		return nil // its name is only known in a run
	}
	if !s.deploys && s.environment == "" || s.onlyLooks() {
		return nil
	}
	if !s.deploys {
		job.Unsure = "nothing in it is known to deploy"
	}
	if s.environment != "" && !p.chooses(s) {
		return []pipeline.Job{job}
	}
	var out []pipeline.Job
	for _, c := range p.choices {
		if c.within != nil && !s.isIn(c.within) {
			continue
		}
		for _, v := range c.values {
			one := job
			one.Environment = v
			if s.environment != "" && !sameEnvironment(v, s.environment) {
				continue
			}
			if c.matrix {
				one.Matrix = map[string]string{c.name: v}
			} else {
				one.Inputs = map[string]string{c.name: v}
			}
			out = append(out, one)
		}
		if len(out) > 0 {
			return out
		}
	}
	if s.deploys && job.Environment == "" && job.Unsure == "" {
		job.Unsure = "nothing says which environment it deploys to"
	}
	return []pipeline.Job{job}
}

func (s *stage) place() pos.Span { return s.node.src.span(s.node.start, s.node.end) }

func (s *stage) isIn(other *stage) bool {
	for ; s != nil; s = s.up {
		if s == other {
			return true
		}
	}
	return false
}

// chooses reports whether a parameter or an axis names the environment of a stage.
func (p *plan) chooses(s *stage) bool {
	for _, c := range p.choices {
		for _, v := range c.values {
			if sameEnvironment(v, s.environment) && (c.within == nil || s.isIn(c.within)) {
				return true
			}
		}
	}
	return false
}

func (p *plan) isTwice(name string) bool {
	n := 0
	for _, s := range p.stages {
		if s.name == name {
			n++
		}
	}
	return n > 1
}
