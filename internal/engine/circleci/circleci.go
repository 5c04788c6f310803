// Package circleci reads .circleci/config.yml and follows the jobs that deploy.
//
// A job runs on a machine of its own. Each of its run steps is a new shell, by default bash
// with -eo pipefail, which reads the file of $BASH_ENV first: what a step writes there is in
// front of every later one, and so beats even the `environment` of that step. Below that
// stand, from the strongest down, the environment of the step, that of the job, that of its
// executor, what CircleCI sets itself, the contexts, and the project's variables
// (guides/security/env-vars, "Order of precedence"; reference/reusing-config, "Overriding
// keys when invoking an executor").
//
// Variables of contexts and of the project do not stand in the file, so any plain name may
// be one: a name that nothing else sets is unknown, unless it is bound.
//
// Assumptions:
//   - A job that is asked for runs: filters and conditions of its workflow keep it from
//     being followed only when they certainly exclude it.
//   - Images whose name says alpine or docker have sh alone; every other one has bash.
//   - Orbs that are not known set no variable that the configuration sets itself.
//   - What a workspace or a cache brings back replaces no file of the checkout.
//   - Profiles that a login shell reads set no variable that the job has.
package circleci

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// Name is the file that CircleCI reads.
const Name = ".circleci/config.yml"

// The limits of one run.
const (
	maxSteps = 3000 // steps of jobs and of commands within them
	maxDepth = 40   // commands within commands
	maxCells = 256  // of one matrix
	maxWork  = 50_000
)

// Finds lists the pipeline files of a repository whose root is dir.
func Finds(files repo.Files, dir string) []string {
	var out []string
	for _, name := range []string{Name, ".circleci/config.yaml"} {
		name = path.Join(dir, name)
		if info, err := files.Stat(name); err == nil && !info.Dir {
			out = append(out, name)
		}
	}
	return out
}

// reader reads one configuration.
type reader struct {
	files repo.Files
	in    pipeline.Step
	host  pipeline.Host
	out   pipeline.Result
	root  *tree.Node
	main  *library
	v21   bool // parameters and expressions are replaced
	work  int  // nodes looked at
	full  bool // a limit was reached
	mine  *ownJob
}

// library is where the names of commands, jobs and executors are looked up: a configuration,
// or an orb within it.
type library struct {
	node *tree.Node
	orbs map[string]*orb
}

// orb is a part of a configuration that is shared: it stands in the file, or in the registry.
type orb struct {
	ref    string   // "circleci/helm", without its version
	inline *library // of one that stands in the file
}

func newReader(files repo.Files, in pipeline.Step, host pipeline.Host) *reader {
	r := &reader{files: files, in: in, host: host}
	name := in.File.Value
	if name == "" {
		name = Name
	}
	root, problems := tree.Load(files, name)
	r.out.Problems, r.root = problems, root
	if root != nil && !root.IsMap() {
		r.fail(root.Span(), "write `version:`, `jobs:` and `workflows:`", "expected the configuration of CircleCI as a mapping")
		r.root = nil
	}
	r.v21 = !strings.HasPrefix(r.root.Get("version").Text(), "2.0") && r.root.Get("version").Text() != "2"
	r.main = r.library(r.root, 0)
	return r
}

func (r *reader) library(n *tree.Node, depth int) *library {
	lib := &library{node: n, orbs: map[string]*orb{}}
	orbs := n.Get("orbs")
	if !orbs.IsMap() || depth > 5 {
		return lib
	}
	for _, p := range orbs.Pairs {
		if p.Value.IsMap() {
			lib.orbs[p.Key.Text()] = &orb{inline: r.library(p.Value, depth+1)}
			continue
		}
		ref, _, _ := strings.Cut(p.Value.Text(), "@")
		lib.orbs[p.Key.Text()] = &orb{ref: ref}
	}
	return lib
}

// find looks a name up in a section of a library: in its own, or in one of its orbs. The orb
// is set for a name within an orb of the registry.
func (l *library) find(section, name string) (n *tree.Node, within *library, from *orb) {
	if own := l.node.Get(section, name); own != nil {
		return own, l, nil
	}
	alias, inner, ok := strings.Cut(name, "/")
	if !ok {
		return nil, nil, nil
	}
	o := l.orbs[alias]
	if o == nil || o.inline == nil {
		return nil, nil, o
	}
	return o.inline.node.Get(section, inner), o.inline, nil
}

func (r *reader) fail(at pos.Span, fix, format string, args ...any) {
	r.out.Problems = append(r.out.Problems, model.Problem{At: at, Message: fmt.Sprintf(format, args...), Fix: fix})
}

func (r *reader) doubt(v model.Value) {
	if r.out.Doubt == nil {
		r.out.Doubt = &v
	}
}

// step counts work; once there was too much of it nothing is read any more.
func (r *reader) step(at pos.Span) bool {
	if r.work++; r.work <= maxWork {
		return true
	}
	if !r.full {
		r.full = true
		r.fail(at, "split the configuration up", "the configuration expands to more than can be followed")
		r.doubt(model.UnknownBecause(model.WhyLimit, "a smaller configuration", model.Trail{}))
	}
	return false
}

// Run follows the jobs that in names, or else all that deploy to its environment.
func Run(ctx context.Context, in pipeline.Step, host pipeline.Host) (pipeline.Result, error) {
	r := newReader(in.Files, in, host)
	if r.root == nil {
		r.doubt(model.UnknownBecause(model.WhyMissingFile, "the pipeline of "+strict.Path(in.File.Value), model.Trail{}))
		return r.done(), nil
	}
	if setup := r.root.Get("setup"); setup.Text() == "true" {
		r.doubt(model.UnknownBecause(model.WhyUnsupported, "the configuration that a setup workflow continues with", model.Trail{}.Append(r.hop(setup.Span(), "setup"))))
		r.fail(setup.Span(), "name the file that the pipeline continues with", "the configuration is made by a setup workflow, expected one that stands in the repository")
	}
	chosen := r.choose()
	for i := range chosen {
		if err := r.run(ctx, chosen[i]); err != nil {
			return pipeline.Result{}, err
		}
	}
	return r.done(), nil
}

func (r *reader) done() pipeline.Result {
	r.out.Problems = model.SortProblems(r.out.Problems)
	return r.out
}

func (r *reader) hop(at pos.Span, what string) model.Hop {
	return model.Hop{At: at, Kind: model.KindCircleCI, What: what}
}

// choose picks the jobs that are asked for.
func (r *reader) choose() []invocation {
	var named, out []invocation
	for _, v := range r.invocations() {
		if r.wanted(v) {
			named = append(named, v)
		}
	}
	for _, v := range named {
		if r.runs(v) != no {
			out = append(out, v)
		}
	}
	if len(out) > 0 {
		return out
	}
	at, message, fix := firstValid(r.in.Job.Span, r.in.At), "no job of "+strict.Path(r.in.File.Value)+" deploys to "+strict.Name(r.in.Environment), "name the job under `job:`"
	switch {
	case len(named) > 0:
		message = "the job " + strict.Name(named[0].name) + " is not run for this branch, tag or parameters"
		fix = "name the branch that is deployed, or correct the filters of the workflow"
	case r.in.Job.Value != "":
		message, fix = "there is no job "+strict.Name(r.in.Job.Value)+" in a workflow of this file", "write the name as it stands under `jobs:`"
	}
	r.fail(at, fix, "%s", message)
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
func (r *reader) wanted(v invocation) bool {
	if r.in.Group.Value != "" && v.workflow != r.in.Group.Value || !v.isCell(r.in.Matrix) {
		return false
	}
	if job := r.in.Job.Value; job != "" {
		return v.name == job || v.job == job
	}
	environment, _ := r.environment(v)
	return environment != "" && same(environment, r.in.Environment) && r.deploys(v)
}

// same compares names of environments, of which some have short forms.
func same(a, b string) bool { return full(a) == full(b) }

func full(name string) string {
	name = strings.ToLower(name)
	for _, forms := range [][]string{{"production", "prod", "prd", "live"}, {"staging", "stage", "stg"}, {"development", "dev"}, {"testing", "test", "tst"}} {
		if slices.Contains(forms, name) {
			return forms[0]
		}
	}
	return name
}
