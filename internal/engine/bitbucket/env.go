package bitbucket

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// root is the variable that holds the path of the checkout.
const root = "BITBUCKET_CLONE_DIR"

// outputFile is the variable that holds the path of the file for output variables.
const outputFile = "BITBUCKET_PIPELINES_VARIABLES_PATH"

// ofTheRun are what Pipelines sets alike in every step of a run.
var ofTheRun = []string{
	"BITBUCKET_BUILD_NUMBER", "BITBUCKET_COMMIT", "BITBUCKET_WORKSPACE", "BITBUCKET_REPO_SLUG", "BITBUCKET_REPO_UUID",
	"BITBUCKET_REPO_FULL_NAME", "BITBUCKET_REPO_OWNER", "BITBUCKET_REPO_OWNER_UUID", "BITBUCKET_REPO_IS_PRIVATE", "BITBUCKET_PROJECT_KEY", "BITBUCKET_PROJECT_UUID",
	"BITBUCKET_GIT_HTTP_ORIGIN", "BITBUCKET_GIT_SSH_ORIGIN", "BITBUCKET_PIPELINE_UUID",
}

// ofTheStep are what Pipelines sets anew in every step.
var ofTheStep = []string{"BITBUCKET_STEP_UUID", "BITBUCKET_STEP_RUN_NUMBER", "BITBUCKET_STEP_TRIGGERER_UUID", "BITBUCKET_PIPE_STORAGE_DIR", "BITBUCKET_PIPE_SHARED_STORAGE_DIR"}

// ofSome are what only some steps have; without a reason they are not set.
var ofSome = []string{
	"BITBUCKET_PARALLEL_STEP", "BITBUCKET_PARALLEL_STEP_COUNT", "BITBUCKET_STEP_OIDC_TOKEN", "BITBUCKET_DEPLOYMENT_ENVIRONMENT",
	"BITBUCKET_DEPLOYMENT_ENVIRONMENT_UUID", "BITBUCKET_BRANCH", "BITBUCKET_TAG", "BITBUCKET_PR_ID", "BITBUCKET_PR_DESTINATION_BRANCH",
	"BITBUCKET_BOOKMARK", "BITBUCKET_EXIT_CODE",
}

// ofTheImage are what the image of the step sets.
var ofTheImage = []string{"PATH", "HOME", "HOSTNAME", "USER", "SHELL", "LANG", "TERM", "TMPDIR"}

func hop(at pos.Span, what string) model.Hop {
	return model.Hop{At: at, Kind: model.KindBitbucket, What: what}
}

// environment is what a step begins with.
func (r *run) environment(l *line, s *step, outputs []output) model.Env {
	names := r.names(s)
	vars := r.predefined(l, s)
	pipeline.Forget(vars, names)
	for _, name := range names {
		if _, ok := vars[name]; !ok {
			vars[name] = r.given(s, name).Via(hop(s.at, "variable "+strict.Name(name)+" of "+r.place(s)))
		}
	}
	handed := map[string]bool{}
	for _, o := range outputs {
		if o.group > 0 && o.group == s.group {
			continue
		}
		old := vars[o.name]
		switch {
		case o.perhaps && handed[o.name]:
			o.value = model.Ambiguous(runNeeds, old, o.value)
		case o.perhaps, old.State == model.Known && !handed[o.name]:
			// A variable of the repository may count, too.
			o.value = model.Ambiguous(runNeeds, orAbsent(old), o.value)
		}
		vars[o.name], handed[o.name] = o.value, true
	}
	for _, v := range l.variables {
		started := r.started(l, v)
		if old, ok := vars[v.name]; ok {
			started = started.Over(old)
		}
		vars[v.name] = started
	}
	for name, v := range r.in.Inputs {
		if _, ok := vars[name]; !ok || !declares(l, name) {
			vars[name] = v
		}
	}
	needs := "the variables of the repository, the workspace and the deployment: bind those that matter under `inputs` in keyfit.yaml"
	if why := r.withheld(s, ""); why != "" {
		needs = why + ": run keyfit in a step that is given the same, or bind those that matter under `inputs` in keyfit.yaml"
	}
	return model.NewEnv(vars).WithRest(model.UnknownBecause(model.WhyCISecret, needs, model.Trail{}))
}

// runNeeds is what would tell what a step does in a run.
const runNeeds = "the run of the pipeline"

// orAbsent is a value, or none where nobody set one.
func orAbsent(v model.Value) model.Value {
	if v.State == model.Unknown && v.Why == model.WhyNone {
		return model.Value{State: model.Absent}
	}
	return v
}

func declares(l *line, name string) bool {
	for _, v := range l.variables {
		if v.name == name {
			return true
		}
	}
	return false
}

// place is what the variables of a step belong to, for people.
func (r *run) place(s *step) string {
	if s.deployment.Value != "" {
		return "the deployment " + strict.Name(s.deployment.Value) + ", the repository or the workspace"
	}
	return "the repository or the workspace"
}

// started is a variable that the pipeline is started with: what was given, or what keyfit's own step
// of the same pipeline finds. Of several allowed values any may have been picked.
func (r *run) started(l *line, v variable) model.Value {
	what := "variable " + strict.Name(v.name) + " of the custom pipeline"
	if given, ok := r.in.Inputs[v.name]; ok {
		return given.Via(hop(v.at, what))
	}
	if own := r.in.Run.Env.Get(v.name); own.State == model.Known && r.isOwn(l, v) {
		return own.Via(hop(v.at, what))
	}
	if len(v.allowed) > 1 {
		var candidates []model.Value
		for _, one := range v.allowed[:min(len(v.allowed), pipeline.MaxChoices)] {
			at := hop(one.Span(), "allowed value of the "+what)
			at.Literal = true
			candidates = append(candidates, model.KnownText(one.Text(), at))
		}
		picked := pipeline.Picked(v.name, r.in.Environment, "what the pipeline is started with: give "+strict.Name(v.name)+" under `variables`", candidates)
		if picked.State == model.Unknown {
			picked.Trail = model.Trail{}.Append(hop(v.at, what))
		}
		return picked
	}
	if v.fallback.IsScalar() {
		at := hop(v.fallback.Span(), "default of the "+what)
		at.Literal = true
		return model.KnownText(v.fallback.Text(), at)
	}
	return model.UnknownBecause(model.WhyInput, "what the pipeline is started with", model.Trail{}.Append(hop(v.at, what)))
}

// names are the plain names that may be variables of the repository: those that the step
// refers to, and those that are bound.
func (r *run) names(s *step) []string {
	out := append(pipeline.Names(r.in.Files, s.texts()), r.bound()...)
	return append(out, r.inherited(s)...)
}

// texts are all texts of a step in which variables may stand.
func (s *step) texts() []string {
	var out []string
	for _, item := range append(s.script[:len(s.script):len(s.script)], s.after...) {
		out = append(out, item.Text())
		for _, p := range pairsOf(item.Get("variables")) {
			for _, v := range p.Value.Each() {
				out = append(out, v.Text())
			}
		}
		out = append(out, pipes[pipeName(item.Get("pipe").Text())].reads()...)
	}
	return out
}

var plainSlug = lazy.Regexp(`^[a-z0-9]+(?:-[a-z0-9]+)*$`)

// predefined are the variables that Pipelines itself sets.
func (r *run) predefined(l *line, s *step) map[string]model.Value {
	vars := map[string]model.Value{}
	known := func(name, text string) {
		vars[name] = model.KnownText(text, hop(s.at, name+" as Pipelines sets it"))
	}
	needsRun := func(name string) {
		vars[name] = model.UnknownBecause(model.WhyInput, runNeeds, model.Trail{}.Append(hop(s.at, name)))
	}
	for _, name := range ofTheRun {
		if v := r.in.Run.Env.Get(name); r.in.Run.Inside && v.State == model.Known {
			vars[name] = v
			continue
		}
		needsRun(name)
	}
	for _, name := range ofTheStep {
		needsRun(name)
	}
	for _, name := range ofTheImage {
		vars[name] = model.UnknownBecause(model.WhyInput, "the image that the step runs in", model.Trail{}.Append(hop(s.at, name)))
	}
	for _, name := range pipeline.StartsShell() {
		vars[name] = model.Value{State: model.Absent}
	}
	for _, name := range ofSome {
		vars[name] = model.Value{State: model.Absent}
	}
	known("CI", "true")
	if s.count > 0 {
		known("BITBUCKET_PARALLEL_STEP", strconv.Itoa(s.index))
		known("BITBUCKET_PARALLEL_STEP_COUNT", strconv.Itoa(s.count))
	}
	if s.token {
		needsRun("BITBUCKET_STEP_OIDC_TOKEN")
	}
	r.deployed(s, known, needsRun)
	r.revision(l, known, needsRun)
	return vars
}

// deployed sets what only a step with a deployment has.
func (r *run) deployed(s *step, known func(name, text string), needsRun func(name string)) {
	if s.deployment.Value == "" {
		return
	}
	needsRun("BITBUCKET_DEPLOYMENT_ENVIRONMENT_UUID")
	if plainSlug().MatchString(s.deployment.Value) {
		known("BITBUCKET_DEPLOYMENT_ENVIRONMENT", s.deployment.Value)
		return
	}
	needsRun("BITBUCKET_DEPLOYMENT_ENVIRONMENT")
}

// revision sets the branch, the tag and the pull request, as the kind of pipeline has them.
func (r *run) revision(l *line, known func(name, text string), needsRun func(name string)) {
	section, _, _ := strings.Cut(l.group, "/")
	switch branch := r.in.Branch; {
	case section == "tags":
		if r.in.Tag == "" {
			needsRun("BITBUCKET_TAG")
			return
		}
		known("BITBUCKET_TAG", r.in.Tag)
	case branch != "":
		known("BITBUCKET_BRANCH", branch)
	case l.branch() != "":
		known("BITBUCKET_BRANCH", l.branch())
	default:
		needsRun("BITBUCKET_BRANCH")
		if section == "custom" || section == "default" {
			needsRun("BITBUCKET_TAG")
		}
	}
	if section == "pull-requests" {
		needsRun("BITBUCKET_PR_ID")
		needsRun("BITBUCKET_PR_DESTINATION_BRANCH")
	}
}
