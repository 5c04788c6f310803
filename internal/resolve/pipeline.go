package resolve

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/engine/azure"
	"github.com/keyfit/keyfit/internal/engine/bitbucket"
	"github.com/keyfit/keyfit/internal/engine/buildkite"
	"github.com/keyfit/keyfit/internal/engine/circleci"
	"github.com/keyfit/keyfit/internal/engine/github"
	"github.com/keyfit/keyfit/internal/engine/gitlab"
	"github.com/keyfit/keyfit/internal/engine/jenkins"
	"github.com/keyfit/keyfit/internal/engine/shell"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// system is a CI system: who reads its pipelines, and the variable by which a process knows
// that it runs in one.
type system struct {
	run    func(context.Context, pipeline.Step, pipeline.Host) (pipeline.Result, error)
	inside string
}

func systemOf(kind string) system {
	switch kind {
	case "workflow":
		return system{github.Run, "GITHUB_ACTIONS"}
	case "gitlab":
		return system{gitlab.Run, "GITLAB_CI"}
	case "jenkins":
		return system{jenkins.Run, "JENKINS_URL"}
	case "circleci":
		return system{circleci.Run, "CIRCLECI"}
	case "azure":
		return system{azure.Run, "TF_BUILD"}
	case "bitbucket":
		return system{bitbucket.Run, "BITBUCKET_BUILD_NUMBER"}
	case "buildkite":
		return system{buildkite.Run, "BUILDKITE"}
	}
	return system{}
}

// pipelineStep follows the jobs of a pipeline that a step names. They run on machines of their
// own, so nothing that they export reaches the next step.
func (w *walk) pipelineStep(ctx context.Context, p config.Pipeline) (model.Result, error) {
	s := systemOf(p.System)
	if s.run == nil {
		return w.handOn(), fmt.Errorf("no reader for %s yet", p.System)
	}
	files := w.files
	defer func() { w.files = files }()
	step := pipeline.Step{
		Files: files.Fork(), Environment: w.name, File: inDir(w.dir, p.File), Job: p.Job, Group: p.Group,
		Inputs: runInputs(p.Inputs), Matrix: map[string]string{}, Branch: p.Branch, Tag: p.Tag, Event: p.Event, At: p.At,
		Run: pipeline.Runtime{Env: w.process, Inside: runsIn(p.System, s, w.process)},
	}
	for _, cell := range p.Matrix {
		step.Matrix[cell.Path.Value] = cell.Text.Value
	}
	for _, file := range p.Project {
		step.Variables = append(step.Variables, inDir(w.dir, file))
	}
	host := newHost(w, p.System, step)
	result, err := s.run(ctx, step, host)
	if err != nil {
		return model.Result{}, err
	}
	if result.Doubt != nil && w.lost == nil {
		w.lost = result.Doubt
	}
	out := w.handOn()
	out.Consumers = append(host.consumers, result.Consumers...)
	out.Problems = append(host.problems, result.Problems...)
	return out, nil
}

func inDir(dir string, file strict.At[string]) strict.At[string] {
	file.Value = path.Join(dir, file.Value)
	return file
}

func runInputs(inputs config.Variables) map[string]model.Value {
	out := map[string]model.Value{}
	for _, a := range inputs {
		out[a.Path.Value] = model.KnownText(a.Text.Value, model.Hop{At: a.Text.Span, Kind: model.KindInput, What: a.Path.Value, Literal: true})
	}
	return out
}

// host follows the scripts of one step's jobs, and keeps who receives something in them.
type host struct {
	walk      *walk
	kind      string              // of the CI system, as steps are called in keyfit.yaml
	step      pipeline.Step       // what is followed
	mapped    mappedStep          // of keyfit itself, where the file tells what its variables carry
	machines  map[string]*machine // of each job
	files     *repo.Overlay       // before any of them
	consumers []model.Consumer
	problems  []model.Problem
}

// machine is what a job has of its own: its files, and what its last script left.
type machine struct {
	files *repo.Overlay
	kept  shell.Kept
	ran   bool
}

func newHost(w *walk, kind string, step pipeline.Step) *host {
	return &host{walk: w, kind: kind, step: step, files: step.Files, machines: map[string]*machine{}}
}

// bound gives what keyfit.yaml binds a name to. What GitHub keeps has names without case.
func (h *host) bound(name string) (v model.Value, ok bool) {
	written := name
	input, ok := h.walk.inputs[name]
	if prefix, _, prefixed := strings.Cut(name, "."); !ok && prefixed && prefix != "credentials" {
		for _, other := range slices.Sorted(maps.Keys(h.walk.inputs)) {
			if strings.EqualFold(other, name) {
				input, written, ok = h.walk.inputs[other], other, true
				break
			}
		}
	}
	if !ok {
		return model.Value{}, false
	}
	return bind(h.walk.process, written, input), true
}

// Input gives a value from outside by its name in keyfit.yaml.
func (h *host) Input(name string) model.Value {
	if v, ok := h.bound(name); ok {
		return v
	}
	_, variable, prefixed := strings.Cut(name, ".")
	if !prefixed {
		variable = name
	}
	hop := model.Hop{Kind: model.KindInput, What: strict.Name(name)}
	for _, written := range []string{variable, strings.ToUpper(variable)} {
		if v := h.walk.process.Get(written); written != "" && v.State == model.Known {
			if prefixed {
				v = v.Via(hop)
			}
			return v
		}
	}
	needs := "the text of " + strict.Name(name) + ": give it to this process, or bind it under `inputs` in keyfit.yaml"
	return model.UnknownBecause(model.WhyCISecret, needs, model.Trail{}.Append(hop))
}

// Follow follows a script on the machine of its job.
func (h *host) Follow(ctx context.Context, s pipeline.Script) (pipeline.After, error) {
	m, ok := h.machines[s.Job]
	if !ok {
		m = &machine{files: h.files.Fork()}
		h.machines[s.Job] = m
	}
	h.walk.files = m.files
	session, followed, err := h.session(ctx, m, s)
	if err != nil {
		return pipeline.After{}, err
	}
	if !followed {
		return h.notFollowed(s), nil
	}
	if !s.Quiet {
		h.consumers = append(h.consumers, session.Consumers...)
		h.problems = append(h.problems, session.Problems...)
	}
	after := pipeline.After{Env: session.Env, Channels: session.Channels, Output: session.Output, Files: map[string]model.Value{}}
	for _, name := range s.Files {
		if v, ok := session.Written[path.Clean(name)]; ok {
			after.Files[name] = v
		}
	}
	return after, nil
}

// session follows one script with the engine of its shell; followed is false when there is none.
func (h *host) session(ctx context.Context, m *machine, s pipeline.Script) (out shell.Outcome, followed bool, err error) {
	step, ok := shellOf(s)
	if !ok {
		out, followed, err = h.walk.followWindows(ctx, s, h.kind == "workflow")
		m.ran = true
		return out, followed, err
	}
	step.Before, step.Ran = m.kept, m.ran
	out, err = h.walk.follow(ctx, step, s.Perhaps, s.Quiet)
	m.kept, m.ran = out.Kept, true
	return out, true, err
}
