package resolve

import (
	"fmt"
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/engine/github"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// Around is what is known of the run of a CI system that keyfit is part of, beside the variables
// of its process.
type Around struct {
	Inputs map[string]string // that the run was started with by hand
	Chosen []string          // the environments that keyfit was asked for by name
	// KeyNames lists the variables of the process that are keys, or that belong to one; nil for none.
	KeyNames func() []string
	// NoSecrets says why the run is not given the secrets that a deploy is given; empty when it is.
	NoSecrets string
	// Others says that it is given others of the same names instead, so that none of them counts.
	Others bool
}

// githubStep is keyfit's own step in a workflow; found is false when it cannot be told, and inside
// when keyfit runs in none.
type githubStep struct {
	github.Own
	found, inside bool
}

func findInWorkflow(in Input) githubStep {
	if in.Process.Get("GITHUB_ACTIONS").State != model.Known {
		return githubStep{}
	}
	run := pipeline.Runtime{Env: in.Process, Inside: true, Inputs: in.Around.Inputs, Chosen: in.Around.Chosen}
	own, ok := github.Bindings(repo.NewOverlay(in.Files), run)
	told := in.Process.Has("GITHUB_JOB")
	return githubStep{Own: own, found: ok, inside: ok || told}
}

// withheld is the environment of the process without what may be nothing but a secret that this
// run is not given: it would look like a secret that does not exist.
func withheld(process model.Env, around Around, own githubStep) model.Env {
	if around.NoSecrets == "" {
		return process
	}
	out := map[string]model.Value{}
	for name, v := range process.All() {
		what, set := own.Carries(name)
		mayBe := set && !own.Plain(name) || !own.found && !strings.HasPrefix(name, "GITHUB_") && !strings.HasPrefix(name, "KEYFIT_")
		composed := set && what == ""
		if v.State == model.Known && mayBe && (v.Text.IsEmpty() || composed || around.Others && strings.HasPrefix(what, "secrets.")) {
			out[name] = model.UnknownBecause(model.WhyCISecret, around.NoSecrets, v.Trail)
		}
	}
	return process.WithAll(out)
}

// InputOf gives what GitHub keeps under a name to one job, from keyfit's own process: a secret
// counts only for jobs that are given the same one.
func (h *host) InputOf(name string, of pipeline.Holder) model.Value {
	if _, bound := h.bound(name); bound || h.kind != "workflow" || !h.walk.own.inside {
		return h.Input(name)
	}
	hop := model.Hop{Kind: model.KindInput, What: strict.Name(name)}
	variable, needs := h.handed(name, of)
	v := h.walk.process.Get(variable)
	switch {
	case needs == "" && v.State == model.Unknown:
		needs = v.Needs
	case needs == "" && v.State == model.Absent:
		needs = model.OwnStep + ", or bind it under `inputs` in keyfit.yaml"
	case needs == "":
		return v.Via(hop)
	}
	return model.UnknownBecause(model.WhyCISecret, "the text of "+strict.Name(name)+": "+needs, model.Trail{}.Append(hop))
}

// handed names the process's variable that carries what GitHub keeps under a name for a job;
// needs says what it would take when none does.
func (h *host) handed(name string, of pipeline.Holder) (variable, needs string) {
	own := h.walk.own
	if !own.found {
		return "", "keyfit's own step is not in the workflow that runs, so that nothing tells what its variables carry: bind it under `inputs` in keyfit.yaml"
	}
	if needs := otherStore(own.Own, of, name); needs != "" {
		return "", needs
	}
	variable, ok := own.Input(name)
	if !ok {
		return "", model.OwnStep + ", or bind it under `inputs` in keyfit.yaml"
	}
	return variable, ""
}

// otherStore says why a job is not given what keyfit's own one is given under the same name, and
// what to do about it; empty when both have it from the same store: that of one environment, or
// that of the repository. Names of environments have no case on GitHub.
func otherStore(own github.Own, of pipeline.Holder, name string) string {
	bind := "bind " + name + " under `inputs` in keyfit.yaml"
	kind := "secret"
	if strings.HasPrefix(name, "vars.") {
		kind = "variable"
	}
	job := fmt.Sprintf("job %s%s", strict.Name(of.Job), stands(of.At))
	mine := fmt.Sprintf("keyfit's job %s%s", strict.Name(own.Job), stands(own.JobAt))
	theirs, ours := strict.Name(of.Environment), strict.Name(own.Environment)
	switch {
	case own.Several:
		return mine + " runs for several environments, and which of them this run is for cannot be told: " + handOver(own) + ", or " + bind
	case !own.EnvironmentKnown:
		return "the environment of " + mine + " is decided when the workflow runs: " + handOver(own) + ", or " + bind
	case of.Undecided:
		return "the environment of " + job + " is decided when the workflow runs: name the branch, the event or the inputs with which it runs in keyfit.yaml, or " + bind
	case strings.EqualFold(own.Environment, of.Environment):
		return ""
	case of.Environment == "":
		return fmt.Sprintf("%s names no environment, so it gets the repository's %s; %s has the one of %s: add environment: %s%s, or %s",
			job, kind, mine, ours, strings.Trim(ours, `"`), atPlace(of.At), bind)
	case own.Passed:
		return fmt.Sprintf("%s gets the %s of environment %s; %s is passed the repository's: use keyfit's action in a job with environment: %s, or %s",
			job, kind, theirs, mine, strings.Trim(theirs, `"`), bind)
	case own.Environment == "":
		return fmt.Sprintf("%s gets the %s of environment %s; %s names no environment, so it has the repository's: add environment: %s%s, or %s",
			job, kind, theirs, mine, strings.Trim(theirs, `"`), atPlace(own.JobAt), bind)
	case sameStage(own.Environment, of.Environment):
		return fmt.Sprintf("%s gets the %s of environment %s; %s has the one of %s, which is another environment on GitHub: name the same one in both, or %s",
			job, kind, theirs, mine, ours, bind)
	}
	return fmt.Sprintf("%s gets the %s of environment %s, %s has the one of %s: run keyfit in a job of this environment, or %s", job, kind, theirs, mine, ours, bind)
}

// handOver says how keyfit is told the environment of its job.
func handOver(own github.Own) string {
	if own.Script {
		return "call keyfit once in its step, with the job's own expression behind it: -e \"${{ … }}\""
	}
	return "hand the environment to keyfit's step under `with: environment`, as the same expression"
}

// stands is the place of a job in parentheses.
func stands(at pos.Span) string {
	if at.Start.Line == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s:%d)", path.Base(at.File), at.Start.Line)
}

func atPlace(at pos.Span) string {
	if at.Start.Line == 0 {
		return ""
	}
	return fmt.Sprintf(" at %s:%d", path.Base(at.File), at.Start.Line)
}
