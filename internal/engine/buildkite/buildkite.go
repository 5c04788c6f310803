// Package buildkite reads .buildkite/pipeline.yml and follows the steps that deploy.
//
// The file is uploaded by a job of the build: `buildkite-agent pipeline upload` replaces $X
// and ${X} in every text by what that job finds, and $$X stays for the run. Then each step
// runs as a job of its own with bash -e -c. Its environment is, the later ones winning,
// what the build was started with, the `env` of the file, that of the step, what Buildkite
// itself sets, secrets, and what the hooks of the repository and the plugins export.
//
// The dashboard, the agent and the agent's own hooks may set any name beside that, so a name
// that nothing in the repository sets is unknown, unless it is bound.
//
// Assumptions:
//   - The file is uploaded with interpolation, and by a job that finds no other variables
//     of the names that the file's own `env` sets.
//   - What the agent's hooks export replaces nothing that the repository sets.
//   - A step that is asked for runs: a condition is asked only whether it certainly fails.
//   - Fields of block steps keep their defaults.
//   - A plugin that is not known here changes no variable that the repository sets.
package buildkite

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

// maxFiles bounds how many files of one directory are pipelines.
const maxFiles = 50

// Finds lists the pipeline files of a repository whose root is dir: those that the agent
// looks for, and the others beside them.
func Finds(files repo.Files, dir string) []string {
	var out []string
	add := func(name string) {
		if info, err := files.Stat(name); err == nil && !info.Dir && !slices.Contains(out, name) && len(out) < maxFiles {
			out = append(out, name)
		}
	}
	for _, base := range []string{"buildkite", ".buildkite/pipeline", "buildkite/pipeline"} {
		for _, ext := range []string{".yml", ".yaml", ".json"} {
			add(path.Join(dir, base+ext))
		}
	}
	entries, err := files.List(path.Join(dir, ".buildkite"))
	if err != nil {
		return out
	}
	for _, e := range entries {
		if slices.Contains([]string{".yml", ".yaml", ".json"}, path.Ext(e.Name)) {
			add(path.Join(dir, ".buildkite", e.Name))
		}
	}
	return out
}

// Run follows the steps that in names, or else all that deploy to its environment.
func Run(ctx context.Context, in pipeline.Step, host pipeline.Host) (pipeline.Result, error) {
	doc, problems := read(in.Files, in.File.Value)
	r := &run{in: in, host: host, doc: doc}
	r.out.Problems = problems
	if doc.root == nil && len(problems) > 0 {
		r.doubt("the pipeline of " + strict.Path(in.File.Value))
		return r.out, nil
	}
	r.upload()
	found := false
	for _, s := range doc.steps {
		if !r.wanted(s) {
			continue
		}
		found = true
		if err := r.step(ctx, s); err != nil {
			return pipeline.Result{}, err
		}
	}
	if !found {
		r.missing()
	}
	r.out.Problems = model.SortProblems(r.out.Problems)
	return r.out, nil
}

type run struct {
	in       pipeline.Step
	host     pipeline.Host
	doc      document
	uploaded map[string]model.Value // the env of the file, once it is uploaded
	out      pipeline.Result
}

func hop(at pos.Span, what string) model.Hop {
	return model.Hop{At: at, Kind: model.KindBuildkite, What: what}
}

func (r *run) problem(at pos.Span, fix, format string, args ...any) {
	r.out.Problems = append(r.out.Problems, model.Problem{At: at, Message: fmt.Sprintf(format, args...), Fix: fix})
}

func (r *run) doubt(needs string) {
	if r.out.Doubt == nil {
		v := model.UnknownBecause(model.WhyMissingFile, needs, model.Trail{})
		r.out.Doubt = &v
	}
}

// wanted reports whether a step is asked for: by its key or label, or by where it deploys.
func (r *run) wanted(s *step) bool {
	if name := r.in.Job.Value; name != "" {
		return s.key == name || s.label == name || s.plainLabel() == name
	}
	return slices.ContainsFunc(r.doc.jobsOf(s), func(j pipeline.Job) bool {
		return j.Environment != "" && strings.EqualFold(j.Environment, r.in.Environment)
	})
}

// missing says that nothing in the file is what is asked for.
func (r *run) missing() {
	if name := r.in.Job; name.Value != "" {
		at := name.Span
		if !at.IsValid() {
			at = r.in.At
		}
		r.problem(at, "write its key or its label as it stands there", "there is no step %s in this file", strict.Name(name.Value))
	} else {
		r.problem(r.in.At, "name the step under `step:`", "no step of %s deploys to %s", strict.Path(r.in.File.Value), strict.Name(r.in.Environment))
	}
	r.doubt("the step that deploys")
}
