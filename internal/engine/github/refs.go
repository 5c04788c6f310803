package github

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/strict"
)

// checkReferences reports, once for a job, what its expressions name and what does not
// exist: the runner takes it for empty, without a word.
func (jr *jobRun) checkReferences() {
	if jr.checked[jr.job] {
		return
	}
	jr.checked[jr.job] = true
	j := jr.job
	for _, n := range []*yaml.Node{j.cond, j.environment, j.env, j.strategy, j.container, j.services, j.with, j.secrets} {
		jr.wf.scalars(n, 0, func(n *yaml.Node) { jr.checkScalar(jr.wf.document, n, nil, nil) })
	}
	jr.wf.scalars(j.outputs, 0, func(n *yaml.Node) { jr.checkScalar(jr.wf.document, n, nil, j.steps) })
	for _, st := range j.steps {
		for _, n := range st.nodes() {
			jr.wf.scalars(n, 0, func(n *yaml.Node) { jr.checkScalar(jr.wf.document, n, st, j.steps) })
		}
	}
}

func (s *step) nodes() []*yaml.Node {
	return []*yaml.Node{s.cond, s.run, s.with, s.env, s.dir, s.shell}
}

// checkSteps reports references of a composite action to steps and inputs that do not exist.
func (fr *frame) checkSteps(m *manifest) {
	for _, st := range m.steps {
		for _, n := range st.nodes() {
			m.scalars(n, 0, func(n *yaml.Node) {
				for _, p := range m.paths(n, n == target(st.cond)) {
					switch {
					case len(p) > 1 && p[0] == "steps":
						m.checkStep(n, p[1], st, m.steps)
					case len(p) > 1 && p[0] == "inputs":
						m.checkInput(n, p[1], m.inputs, "the action")
					}
				}
			})
		}
	}
}

// paths lists what the expressions of a scalar name.
func (d *document) paths(n *yaml.Node, condition bool) [][]string {
	if condition {
		if e := d.condition(n, n.Value); e != nil {
			return e.Paths()
		}
		return nil
	}
	if !strings.Contains(n.Value, "${{") {
		return nil
	}
	var out [][]string
	for _, e := range d.expressions(n) {
		out = append(out, e.Paths()...)
	}
	return out
}

func (jr *jobRun) checkScalar(d *document, n *yaml.Node, st *step, steps []*step) {
	condition := n == target(jr.job.cond) || st != nil && n == target(st.cond)
	for _, p := range d.paths(n, condition) {
		if len(p) < 2 {
			continue
		}
		switch p[0] {
		case "needs":
			jr.checkNeed(d, n, p)
		case "matrix":
			jr.checkMatrix(d, n, p[1])
		case "steps":
			if steps == nil {
				break // there are none here, which is told when it is evaluated
			}
			d.checkStep(n, p[1], st, steps)
		case "inputs":
			d.checkInput(n, p[1], jr.declaredInputs(), "the workflow")
		case "secrets":
			jr.checkSecret(d, n, p[1])
		}
	}
}

func (d *document) missing(n *yaml.Node, name string, known []string, advice, format string, args ...any) {
	if near := strict.Nearest(name, known); near != "" && strict.IsName(near) {
		advice = fmt.Sprintf("did you mean %q?", near)
	}
	d.fail(n, advice, format, args...)
}

func (jr *jobRun) checkNeed(d *document, n *yaml.Node, p []string) {
	j, of := jr.job, jr.wf.job(p[1])
	listed := slices.ContainsFunc(j.needs, func(need strict.At[string]) bool { return strings.EqualFold(need.Value, p[1]) })
	switch {
	case of == nil:
		d.missing(n, p[1], jr.wf.jobIDs(), "name one of the jobs under `needs:`", "job %s takes a result of job %s, which does not exist", strict.Name(j.id), strict.Name(p[1]))
	case !listed:
		d.fail(n, "add it to `needs:`", "job %s takes a result of job %s without waiting for it, so it is empty", strict.Name(j.id), strict.Name(of.id))
	case len(p) > 3 && strings.EqualFold(p[2], "outputs"):
		if names, all := jr.outputNames(of); all && !containsFold(names, p[3]) {
			d.missing(n, p[3], names, "add it under `outputs:` of that job", "job %s has no output %s, so it is empty", strict.Name(of.id), strict.Name(p[3]))
		}
	}
}

// outputNames lists the outputs of a job; all is false when there may be others.
func (jr *jobRun) outputNames(j *job) (names []string, all bool) {
	if j.uses == nil {
		if isScalar(j.outputs) {
			return nil, false
		}
		for _, p := range jr.wf.pairs(j.outputs) {
			names = append(names, p.Key.Value)
		}
		return names, true
	}
	uses, _ := literal(j.uses)
	name, local := localWorkflow(uses)
	if !local {
		return nil, false
	}
	w := jr.workflow(name, j.at)
	if w == nil {
		return nil, false
	}
	for _, o := range w.on.outputs {
		names = append(names, o.name)
	}
	return names, true
}

func containsFold(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
}

func (jr *jobRun) checkMatrix(d *document, n *yaml.Node, name string) {
	if jr.job.strategy == nil {
		d.fail(n, "add it under `strategy:`, or remove the reference", "job %s has no matrix, so matrix.%s is empty", strict.Name(jr.job.id), shownName(name))
		return
	}
	var names []string
	for _, one := range jr.cells(jr.job, false) {
		if one.open {
			return
		}
		for _, e := range one.entries {
			names = append(names, e.Name)
		}
	}
	if !containsFold(names, name) {
		d.missing(n, name, names, "add it to the matrix", "the matrix of job %s has no %s, so it is empty", strict.Name(jr.job.id), strict.Name(name))
	}
}

// checkStep reports a reference to a step that is not there, or that runs later.
func (d *document) checkStep(n *yaml.Node, id string, st *step, steps []*step) {
	var ids []string
	for i, s := range steps {
		if s.id == "" {
			continue
		}
		ids = append(ids, s.id)
		if !strings.EqualFold(s.id, id) {
			continue
		}
		if st != nil && i >= st.index {
			d.fail(n, "move the step up", "the step %s runs only later, so it is empty here", strict.Name(id))
		}
		return
	}
	d.missing(n, id, ids, "give the step that is meant this `id:`", "there is no step with the id %s, so it is empty", strict.Name(id))
}

func (d *document) checkInput(n *yaml.Node, name string, declared []input, of string) {
	if _, ok := findInput(declared, name); !ok {
		d.missing(n, name, inputNames(declared), "declare it, or remove the reference", "%s has no input %s, so it is empty", of, strict.Name(name))
	}
}

// checkSecret reports a secret that a called workflow cannot have: it neither inherits the
// caller's nor declares this one, and its job names no environment.
func (jr *jobRun) checkSecret(d *document, n *yaml.Node, name string) {
	if jr.by == nil || jr.by.inherit || jr.named || strings.EqualFold(name, "GITHUB_TOKEN") || declares(jr.wf.on, name) {
		return
	}
	d.missing(n, name, secretNames(jr.wf.on), "declare it under `on.workflow_call.secrets` and pass it, or write `secrets: inherit`",
		"the secret %s is not passed to this workflow, so it is empty", strict.Name(name))
}
