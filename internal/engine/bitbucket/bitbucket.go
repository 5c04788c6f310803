// Package bitbucket reads bitbucket-pipelines.yml and follows the steps that deploy.
//
// A step runs in a container of its own that begins with the checkout and with the
// artifacts of the steps before it. All lines of its script are one session of bash with
// -e; between two lines the runner prints, so that $? is 0 at the beginning of each. A pipe
// is a container that the session starts: it receives the variables that are written below
// it, and those of its own manifest.
//
// Variables come from the workspace, the repository, the deployment and the start of a
// custom pipeline; the later of these wins. None of them stands in the file, so any plain
// name may be one: a name that nothing else sets is unknown, unless it is bound.
//
// Assumptions:
//   - A step that is asked for runs: what its condition says, and whether somebody starts
//     it by hand, is not asked.
//   - No variable of the repository replaces one that Pipelines sets itself.
//   - No such variable is called BASH_ENV, or changes otherwise how a shell starts.
//   - An image whose name says alpine or busybox has sh alone; every other one has bash.
//   - The variables of a custom pipeline keep their defaults, unless several values are allowed.
package bitbucket

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// Name is the file that Pipelines reads.
const Name = "bitbucket-pipelines.yml"

// Finds lists the pipeline files of a repository whose root is dir.
func Finds(files repo.Files, dir string) []string {
	name := path.Join(dir, Name)
	if info, err := files.Stat(name); err != nil || info.Dir {
		return nil
	}
	return []string{name}
}

// Jobs lists the steps that deploy, or may deploy.
func Jobs(files repo.Files, name string) ([]pipeline.Job, []model.Problem) {
	doc, problems := read(files, name)
	var jobs []pipeline.Job
	for _, line := range doc.lines {
		for i, s := range line.steps {
			if job, ok := jobOf(line, i, s); ok {
				jobs = append(jobs, job)
			}
		}
	}
	return jobs, problems
}

func jobOf(line *line, i int, s *step) (pipeline.Job, bool) {
	job := pipeline.Job{Group: line.group, Name: s.name, At: s.at, Branch: line.branch(), Deploys: true}
	switch environment := s.deployment.Value; {
	case strings.Contains(environment, "$"):
		job.Unsure = "the name of its environment is put together when it runs"
	case environment != "":
		job.Environment = environment
	case !s.callsDeployTool():
		return pipeline.Job{}, false
	case s.name == "":
		job.Unsure = "the step has no name"
	}
	for _, before := range line.steps[:i] {
		if before.feeds() && before.name != "" && (before.group == 0 || before.group != s.group) {
			job.Needs = append(job.Needs, before.name)
		}
	}
	return job, true
}

// Run follows the steps that in names, or else all that deploy to its environment.
func Run(ctx context.Context, in pipeline.Step, host pipeline.Host) (pipeline.Result, error) {
	r := &run{in: in, host: host}
	doc, problems := read(in.Files, in.File.Value)
	r.out.Problems = append(r.out.Problems, problems...)
	if doc.lines == nil && len(problems) > 0 {
		r.out.Doubt = ptr(model.UnknownBecause(model.WhyMissingFile, "the pipelines of "+strict.Path(in.File.Value), model.Trail{}))
		return r.out, nil
	}
	r.doc = doc
	chosen := r.choose(doc)
	for _, line := range chosen {
		if err := r.line(ctx, line); err != nil {
			return pipeline.Result{}, err
		}
	}
	r.imported(doc)
	r.out.Problems = model.SortProblems(r.out.Problems)
	return r.out, nil
}

type run struct {
	in   pipeline.Step
	host pipeline.Host
	doc  document
	out  pipeline.Result
}

func ptr(v model.Value) *model.Value { return &v }

// choose picks the pipelines that hold a step that is asked for.
func (r *run) choose(doc document) []*line {
	var out []*line
	group := r.in.Group.Value
	for _, l := range doc.lines {
		if (group == "" || l.group == group) && slices.ContainsFunc(l.steps, r.wanted) && (group != "" || r.starts(doc, l)) {
			out = append(out, l)
		}
	}
	if len(out) > 0 || doc.imports != nil {
		return out
	}
	at, message := r.in.At, fmt.Sprintf("no step of %s deploys to %s", strict.Path(r.in.File.Value), strict.Name(r.in.Environment))
	fix := "name the step under `step:`, or write `deployment:` in it"
	switch {
	case group != "" && !slices.ContainsFunc(doc.lines, func(l *line) bool { return l.group == group }):
		at, message = r.in.Group.Span, fmt.Sprintf("there is no pipeline %s in this file", strict.Path(group))
		fix = "name one of those that there are, such as default, branches/main or custom/deploy"
	case r.in.Job.Value != "":
		at, message = r.in.Job.Span, fmt.Sprintf("there is no step %s in this file", strict.Name(r.in.Job.Value))
		fix = "write the name of the step as it stands there"
	}
	r.out.Problems = append(r.out.Problems, model.Problem{At: firstValid(at, r.in.At), Message: message, Fix: fix})
	r.out.Doubt = ptr(model.UnknownBecause(model.WhyMissingFile, "the step that deploys", model.Trail{}))
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

// wanted reports whether a step is asked for: by its name, or by where it deploys to.
func (r *run) wanted(s *step) bool {
	if r.in.Job.Value != "" {
		return s.name == r.in.Job.Value
	}
	return s.deployment.Value != "" && strings.EqualFold(s.deployment.Value, r.in.Environment)
}

// starts reports whether a run of the branch or tag that is deployed may start a pipeline.
// A custom pipeline is started by hand, on any of them.
func (r *run) starts(doc document, l *line) bool {
	section, pattern, _ := strings.Cut(l.group, "/")
	switch {
	case r.in.Branch == "" && r.in.Tag == "", section == "custom":
		return true
	case section == "tags":
		return r.in.Tag != "" && matches(pattern, r.in.Tag)
	case r.in.Tag != "":
		return false
	case section == "branches":
		return matches(pattern, r.in.Branch)
	case section == "default":
		return !slices.ContainsFunc(doc.lines, func(o *line) bool {
			kind, pattern, _ := strings.Cut(o.group, "/")
			return kind == "branches" && matches(pattern, r.in.Branch)
		})
	}
	return r.in.Event == "" || strings.Contains(r.in.Event, "pull")
}

// imported says that pipelines stand in other repositories.
func (r *run) imported(doc document) {
	for _, at := range doc.imports {
		if r.in.Group.Value != "" && at.Value != r.in.Group.Value {
			continue
		}
		r.out.Problems = append(r.out.Problems, model.Problem{
			At: at.Span, Message: "this pipeline stands in another repository, so what it deploys is not known",
			Fix: "list what it deploys as steps of its own in keyfit.yaml",
		})
		r.out.Doubt = ptr(model.UnknownBecause(model.WhyMissingFile, "a pipeline that stands in another repository", model.Trail{}))
	}
}
