package github

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// The limits of one workflow.
const (
	maxJobs  = 1_000
	maxSteps = 2_000
)

// workflow is one file of workflows.
type workflow struct {
	*document
	name     string // as `github.workflow` gives it
	on       trigger
	env      *yaml.Node
	defaults *yaml.Node // of run
	jobs     []*job
}

// job is one job as it is declared. Its fields are read when it is followed.
type job struct {
	wf    *workflow
	id    string
	at    pos.Span
	needs []strict.At[string]

	name, cond, environment, env, matrix, strategy, outputs *yaml.Node
	container, services, runsOn, permissions, defaults      *yaml.Node
	uses, with, secrets                                     *yaml.Node

	steps []*step
}

// step is one step of a job or of a composite action.
type step struct {
	at     pos.Span
	id     string // as `steps` names it; empty when it has none
	action string // as GITHUB_ACTION names it
	index  int    // from 0

	name, cond, run, uses, with, env, shell, dir, tolerant *yaml.Node
}

// readWorkflow reads a workflow. It is nil when the file is not one at all.
func readWorkflow(files repo.Files, file string) (*workflow, []model.Problem) {
	doc, problems := open(files, file)
	if doc == nil {
		return nil, problems
	}
	w := &workflow{document: doc, name: file}
	root := w.fields(doc.root, "a workflow", "name", "description", "run-name", "on", "env", "defaults", "permissions", "concurrency", "jobs")
	if text, ok := literal(root["name"].Value); ok && text != "" {
		w.name = text
	}
	w.env, w.defaults = root["env"].Value, root["defaults"].Value
	w.on = w.readTrigger(root["on"].Value)
	if _, ok := root["jobs"]; !ok {
		w.fail(doc.root, "add `jobs:`, or name another file", "has no jobs, expected a workflow")
	}
	w.readJobs(root["jobs"].Value)
	w.checkNeeds()
	return w, w.document.problems
}

func (w *workflow) readJobs(n *yaml.Node) {
	for _, p := range w.pairs(n) {
		if len(w.jobs) == maxJobs {
			w.fail(p.Key, "split the workflow", "is one of more than %d jobs", maxJobs)
			return
		}
		if p.Value.Kind != yaml.MappingNode {
			w.fail(p.Value, "", "expected a job as a mapping of names to values")
			continue
		}
		if w.job(p.Key.Value) != nil {
			w.fail(p.Key, "rename one of them", "the job %s stands twice: names of jobs are compared without regard to case", strict.Name(p.Key.Value))
			continue
		}
		w.jobs = append(w.jobs, w.readJob(p))
	}
}

func (w *workflow) readJob(p strict.Pair) *job {
	f := w.fields(p.Value, "a job",
		"name", "needs", "if", "strategy", "runs-on", "timeout-minutes", "cancel-timeout-minutes", "continue-on-error",
		"container", "services", "env", "environment", "permissions", "concurrency", "outputs", "defaults", "steps",
		"snapshot", "uses", "with", "secrets")
	j := &job{
		wf: w, id: p.Key.Value, at: w.span(p.Key),
		name: f["name"].Value, cond: f["if"].Value, environment: f["environment"].Value, env: f["env"].Value,
		outputs: f["outputs"].Value, container: f["container"].Value, services: f["services"].Value,
		runsOn: f["runs-on"].Value, permissions: f["permissions"].Value, defaults: f["defaults"].Value,
		uses: f["uses"].Value, with: f["with"].Value, secrets: f["secrets"].Value, strategy: f["strategy"].Value,
	}
	if s := target(j.strategy); s != nil && s.Kind == yaml.MappingNode {
		j.matrix = w.fields(s, "a strategy", "matrix", "fail-fast", "max-parallel")["matrix"].Value
	}
	j.needs = w.readNeeds(f["needs"].Value)
	if j.uses == nil {
		j.steps = readSteps(w.document, f["steps"].Value, false)
	}
	return j
}

func (w *workflow) readNeeds(n *yaml.Node) []strict.At[string] {
	nodes := w.items(n)
	if isScalar(n) {
		nodes = []*yaml.Node{target(n)}
	}
	var out []strict.At[string]
	for _, item := range nodes {
		if text, ok := literal(item); ok {
			out = append(out, strict.At[string]{Value: text, Span: w.span(item)})
		}
	}
	return out
}

// readSteps reads the steps of a job or of a composite action, and gives those without an
// id the names that the runner makes up for them.
func readSteps(d *document, n *yaml.Node, composite bool) []*step {
	var out []*step
	names := map[string]bool{}
	for i, item := range d.items(n) {
		if i == maxSteps {
			d.fail(item, "split the job", "is one of more than %d steps", maxSteps)
			break
		}
		if item.Kind != yaml.MappingNode {
			d.fail(item, "", "expected a step as a mapping of names to values")
			continue
		}
		s := readStep(d, item, composite)
		s.index = len(out)
		if s.id != "" && names[strings.ToLower(s.id)] {
			d.fail(item, "rename one of them", "the id %s stands twice", strict.Name(s.id))
		}
		names[strings.ToLower(s.id)] = true
		out = append(out, s)
	}
	nameSteps(out, names)
	return out
}

func readStep(d *document, n *yaml.Node, composite bool) *step {
	f := d.fields(n, "a step", "name", "id", "if", "run", "uses", "with", "env", "shell", "working-directory", "continue-on-error", "timeout-minutes")
	s := &step{
		at: d.span(n), name: f["name"].Value, cond: f["if"].Value, run: f["run"].Value, uses: f["uses"].Value, with: f["with"].Value,
		env: f["env"].Value, shell: f["shell"].Value, dir: f["working-directory"].Value, tolerant: f["continue-on-error"].Value,
	}
	s.id, _ = literal(f["id"].Value)
	switch {
	case s.run == nil && s.uses == nil:
		d.fail(n, "add `run:` or `uses:`", "a step does nothing")
	case s.run != nil && s.uses != nil:
		d.fail(n, "split it into two steps", "a step has `run` and `uses`, expected one of them")
	case composite && s.run != nil && s.shell == nil:
		d.fail(n, "add `shell: bash`", "a step of a composite action has no shell")
	}
	return s
}

// nameSteps gives every step the name that GITHUB_ACTION holds while it runs.
func nameSteps(steps []*step, taken map[string]bool) {
	for _, s := range steps {
		if s.action = s.id; s.action != "" {
			continue
		}
		base := "__" + strings.Map(func(c rune) rune {
			switch {
			case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-':
				return c
			}
			return '_'
		}, defaultName(s))
		s.action = base
		for n := 2; taken[strings.ToLower(s.action)]; n++ {
			s.action = fmt.Sprintf("%s_%d", base, n)
		}
		taken[strings.ToLower(s.action)] = true
	}
}

func defaultName(s *step) string {
	uses, _ := literal(s.uses)
	switch {
	case uses == "":
		return "run"
	case strings.HasPrefix(uses, "docker://"):
		return strings.TrimPrefix(uses, "docker://")
	case strings.HasPrefix(uses, "./"), strings.HasPrefix(uses, `.\`):
		return "self"
	case strings.HasPrefix(uses, "$/"):
		return "selfRepository"
	}
	owner, rest, _ := strings.Cut(strings.SplitN(uses, "@", 2)[0], "/")
	name, _, _ := strings.Cut(rest, "/")
	return owner + "/" + name
}

// job finds a job by its id.
func (w *workflow) job(id string) *job {
	for _, j := range w.jobs {
		if strings.EqualFold(j.id, id) {
			return j
		}
	}
	return nil
}

func (w *workflow) jobIDs() []string {
	var out []string
	for _, j := range w.jobs {
		out = append(out, j.id)
	}
	return out
}

// checkNeeds reports jobs that wait for one that is not there, or for each other. The
// entries that cannot be are taken out.
func (w *workflow) checkNeeds() {
	for _, j := range w.jobs {
		var there []strict.At[string]
		for _, need := range j.needs {
			if w.job(need.Value) != nil {
				there = append(there, need)
				continue
			}
			fix := ""
			if near := strict.Nearest(need.Value, w.jobIDs()); near != "" {
				fix = fmt.Sprintf("did you mean %q?", near)
			}
			w.problems = append(w.problems, model.Problem{At: need.Span, Message: fmt.Sprintf("job %s needs job %s, which does not exist", strict.Name(j.id), strict.Name(need.Value)), Fix: fix})
		}
		j.needs = there
	}
	ready := w.ready()
	for _, j := range w.jobs {
		var there []strict.At[string]
		for _, need := range j.needs {
			if ready[j] || ready[w.job(need.Value)] {
				there = append(there, need)
				continue
			}
			w.problems = append(w.problems, model.Problem{At: need.Span, Message: fmt.Sprintf("job %s needs job %s, and waits for itself by that", strict.Name(j.id), strict.Name(need.Value)), Fix: "remove one of the needs"})
		}
		j.needs = there
	}
}

// ready finds the jobs that can start at all.
func (w *workflow) ready() map[*job]bool {
	waiting, starts := map[*job]int{}, map[*job][]*job{}
	var queue []*job
	for _, j := range w.jobs {
		waiting[j] = len(j.needs)
		for _, need := range j.needs {
			starts[w.job(need.Value)] = append(starts[w.job(need.Value)], j)
		}
		if len(j.needs) == 0 {
			queue = append(queue, j)
		}
	}
	ready := map[*job]bool{}
	for len(queue) > 0 {
		j := queue[0]
		queue = queue[1:]
		ready[j] = true
		for _, next := range starts[j] {
			if waiting[next]--; waiting[next] == 0 {
				queue = append(queue, next)
			}
		}
	}
	return ready
}
