package bitbucket

import (
	"slices"
	"strings"
	"unicode"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/strict"
)

// slug is the form of the name of a deployment that a step finds in its environment.
func slug(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
	return strings.Join(words, "-")
}

// withheld says why keyfit's own step does not show what another step is given under a plain name;
// empty when both are given the same.
func (r *run) withheld(s *step, name string) string {
	if !r.in.Run.Inside {
		return ""
	}
	own := r.in.Run.Env.Get("BITBUCKET_DEPLOYMENT_ENVIRONMENT").Text.Reveal()
	switch {
	case strings.Contains(s.deployment.Value, "$"):
		return "the deployment of the step " + strict.Name(s.name) + " is put together when it runs"
	case slug(own) != slug(s.deployment.Value):
		return "the step " + strict.Name(s.name) + " is given " + variablesOf(s.deployment.Value) + ", and keyfit's own step " + variablesOf(own)
	case name != "" && slices.ContainsFunc(r.doc.lines, func(l *line) bool { return l.maySet(r.in, own, name) }):
		return "keyfit's own step may set the variable itself"
	}
	return ""
}

func variablesOf(deployment string) string {
	if deployment == "" {
		return "those of no deployment"
	}
	return "the variables of the deployment " + strict.Name(deployment)
}

// maySet reports whether a step of a pipeline that may be keyfit's own gets a variable from
// elsewhere: from a line of its script before keyfit, from an earlier step, or from the start of the
// pipeline.
func (l *line) maySet(in pipeline.Step, deployment, name string) bool {
	for i, s := range l.steps {
		if slug(s.deployment.Value) != slug(deployment) {
			continue
		}
		script := pipeline.ReadOwn(in.Files, ".", s.commands())
		if !script.RunsKeyfit() {
			continue
		}
		if script.MaySet(name) || declares(l, name) {
			return true
		}
		if slices.ContainsFunc(l.steps[:i], func(before *step) bool { return slices.Contains(before.outputs, name) }) {
			return true
		}
	}
	return false
}

// isOwn reports whether keyfit runs in a step of this pipeline, and of no other one, and finds the
// variable there as the pipeline was started with it.
func (r *run) isOwn(l *line, v variable) bool {
	if !r.in.Run.Inside {
		return false
	}
	deployment, found := r.in.Run.Env.Get("BITBUCKET_DEPLOYMENT_ENVIRONMENT").Text.Reveal(), false
	for _, other := range r.doc.lines {
		for i, s := range other.steps {
			if slug(s.deployment.Value) != slug(deployment) {
				continue
			}
			script := pipeline.ReadOwn(r.in.Files, ".", s.commands())
			if !script.RunsKeyfit() {
				continue
			}
			if other != l || script.MaySet(v.name) || slices.ContainsFunc(other.steps[:i], func(before *step) bool { return slices.Contains(before.outputs, v.name) }) {
				return false
			}
			found = true
		}
	}
	return found
}

// commands are the lines of a step's script that a shell runs.
func (s *step) commands() string {
	var lines []string
	for _, item := range s.script {
		if item.IsScalar() {
			lines = append(lines, item.Text())
		}
	}
	return strings.Join(lines, "\n")
}

// given is a variable of the repository, the workspace or the deployment in a step.
func (r *run) given(s *step, name string) model.Value {
	if why := r.withheld(s, name); why != "" && !slices.Contains(r.bound(), name) {
		return model.UnknownBecause(model.WhyCISecret, why+": run keyfit in a step that is given the same, or bind "+strict.Name(name)+" under `inputs` in keyfit.yaml", model.Trail{})
	}
	return r.host.Input(name)
}

// bound are the plain names that keyfit.yaml binds.
func (r *run) bound() []string {
	if lister, ok := r.host.(pipeline.Lister); ok {
		return lister.Names()
	}
	return nil
}

// inherited are the names of keys in keyfit's own process, when its step is given the same as this
// one.
func (r *run) inherited(s *step) []string {
	holder, ok := r.host.(pipeline.KeyHolder)
	if !ok || !r.in.Run.Inside || r.withheld(s, "") != "" {
		return nil
	}
	return holder.KeyNames()
}
