package github

import (
	"strings"

	"github.com/keyfit/keyfit/internal/engine/github/expression"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
)

// What would make the values of a run known.
const (
	needsRun    = "the run of the workflow"
	needsRunner = "the machine that the job runs on"
	needsBranch = "the branch or tag that is deployed"
	needsEvent  = "the event that starts the workflow"
	needsToken  = model.RunToken
)

// facts is what is known of a run as a whole.
type facts struct {
	event    string // empty: not known
	ref      string // refs/heads/…; empty: not known
	name     string // of the workflow that was started
	process  model.Env
	own      bool // keyfit is part of this very run
	sameRepo bool // keyfit runs in some run of this repository
}

// learn puts together what is known of the run of a workflow.
func learn(in pipeline.Step, w *workflow) facts {
	f := facts{name: w.name, process: in.Run.Env, sameRepo: in.Run.Inside}
	f.event = startedBy(in, w)
	switch {
	case strings.HasPrefix(f.event, "pull_request"): // refs/pull/…, whatever the branch
	case in.Tag != "":
		f.ref = "refs/tags/" + in.Tag
	case strings.HasPrefix(in.Branch, "refs/"):
		f.ref = in.Branch
	case in.Branch != "":
		f.ref = "refs/heads/" + in.Branch
	}
	f.own = in.Run.Inside && f.isOwn(w.document.name)
	if f.own && f.ref == "" {
		f.ref = f.ofProcess("GITHUB_REF")
	}
	if f.own && f.event == "" {
		f.event = f.ofProcess("GITHUB_EVENT_NAME")
	}
	return f
}

// isOwn reports whether the run that keyfit is part of may be the one that is followed.
func (f facts) isOwn(file string) bool {
	agrees := func(want, name string) bool { return want == "" || want == f.ofProcess(name) }
	if !agrees(f.ref, "GITHUB_REF") || !agrees(f.event, "GITHUB_EVENT_NAME") {
		return false
	}
	return ownFile(f.ofProcess("GITHUB_WORKFLOW_REF")) == file
}

// ownFile is the path of the workflow in GITHUB_WORKFLOW_REF: owner/repo/path@ref.
func ownFile(ref string) string {
	path, _, _ := strings.Cut(ref, "@")
	parts := strings.SplitN(path, "/", 3)
	if len(parts) < 3 {
		return ""
	}
	return parts[2]
}

func (f facts) ofProcess(name string) string {
	if v := f.process.Get(name); v.State == model.Known {
		return v.Text.Reveal()
	}
	return ""
}

// startedBy is the event that starts the run, as far as that follows.
func startedBy(in pipeline.Step, w *workflow) string {
	switch {
	case in.Event != "":
		return in.Event
	case w.on.only() != "":
		return w.on.only()
	case len(in.Inputs) > 0 && w.on.has("workflow_dispatch"):
		return "workflow_dispatch"
	case len(in.Inputs) > 0 && w.on.has("workflow_call"):
		return "workflow_call"
	case in.Tag != "" && w.on.has("push") && len(w.on.events) == 1:
		return "push"
	}
	return ""
}

// constant is a text that follows from how GitHub works.
func constant(text string) model.Value {
	return model.KnownText(text, model.Hop{Kind: model.KindWorkflow, What: "GitHub Actions"})
}

func unknownInput(needs string) model.Value {
	return model.UnknownBecause(model.WhyInput, needs, model.Trail{})
}

// runWide are the entries of `github` that are the same for the whole run, and repoWide those
// that are the same for every run of the repository. The variable is GITHUB_ and the name.
const (
	runWide  = "actor actor_id base_ref head_ref event_name ref ref_name ref_protected ref_type run_attempt run_id run_number sha triggering_actor workflow workflow_ref workflow_sha retention_days"
	repoWide = "repository repository_id repository_owner repository_owner_id server_url api_url graphql_url"
	// stepWide differ from step to step, or from job to job.
	stepWide = "action action_path action_ref action_repository action_status env event_path job output path state step_summary workspace"
	// notExported are entries that are no variables.
	notExported = "event job_workflow_sha repositoryUrl secret_source token"
)

// entry gives one entry of `github` that holds for the whole run.
func (f facts) entry(name string) model.Value {
	if v, ok := f.derived(name); ok {
		return v
	}
	variable := "GITHUB_" + strings.ToUpper(name)
	whole, always := field(runWide).has(name), field(repoWide).has(name)
	if (f.own && whole || f.sameRepo && always) && f.process.Has(variable) {
		return f.process.Get(variable)
	}
	switch name {
	case "ref", "ref_name", "ref_type", "sha", "ref_protected":
		return unknownInput(needsBranch)
	case "event_name", "base_ref", "head_ref":
		return unknownInput(needsEvent)
	}
	if field(stepWide).has(name) {
		return unknownInput(needsRunner)
	}
	return unknownInput(needsRun)
}

// derived is what follows from the branch and the event.
func (f facts) derived(name string) (model.Value, bool) {
	kind, short := cutRef(f.ref)
	switch {
	case name == "workflow":
		return constant(f.name), true
	case name == "event_name" && f.event != "" && f.event != "workflow_call":
		return constant(f.event), true
	case name == "ref" && f.ref != "":
		return constant(f.ref), true
	case name == "ref_name" && short != "":
		return constant(short), true
	case name == "ref_type" && kind != "":
		return constant(kind), true
	case (name == "base_ref" || name == "head_ref") && f.event != "" && f.event != "workflow_call" && !strings.HasPrefix(f.event, "pull_request"):
		return constant(""), true
	}
	return model.Value{}, false
}

func cutRef(ref string) (kind, name string) {
	if short, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
		return "branch", short
	}
	if short, ok := strings.CutPrefix(ref, "refs/tags/"); ok {
		return "tag", short
	}
	return "", ""
}

// github is the context of that name; more gives the entries that the job and the step know.
func (f facts) github(more func(name string) (expression.Value, bool)) expression.Value {
	return expression.Open(func(name string) expression.Value {
		name = strings.ToLower(name)
		if v, ok := more(name); ok {
			return v
		}
		switch {
		case name == "token":
			return expression.Text(model.UnknownBecause(model.WhyCISecret, needsToken, model.Trail{}))
		case name == "event":
			return expression.Unknown(unknownInput(needsEvent))
		case field(runWide + " " + repoWide + " " + stepWide).has(name), field(strings.ToLower(notExported)).has(name):
			return expression.Text(f.entry(name))
		}
		return expression.Null()
	})
}

// machine are variables that the machine of a job has, whatever the workflow says. Images of
// runners have many more for their tools, which no deploy asks for.
const machine = "PATH HOME USER LOGNAME SHELL LANG TMPDIR HOSTNAME JAVA_HOME ANDROID_HOME RUNNER_TRACKING_ID"

// machineEnv is the environment of a machine before a workflow adds to it.
func machineEnv() map[string]model.Value {
	out := map[string]model.Value{
		"CI":             constant("true"),
		"GITHUB_ACTIONS": constant("true"),
	}
	for name := range strings.FieldsSeq(machine) {
		out[name] = unknownInput(needsRunner)
	}
	return out
}

// system is the operating system that a label of `runs-on` stands for, and whether GitHub
// runs the machine; empty when that does not follow.
func system(label string) (os string, hosted bool) {
	label = strings.ToLower(label)
	for prefix, name := range map[string]string{"ubuntu-": "Linux", "windows-": "Windows", "macos-": "macOS"} {
		if strings.HasPrefix(label, prefix) {
			return name, true
		}
	}
	switch label {
	case "linux":
		return "Linux", false
	case "windows":
		return "Windows", false
	case "macos":
		return "macOS", false
	}
	return "", false
}

// shownName repeats the name of a variable, which stands in reports anyway, unless it cannot
// be one.
func shownName(name string) string {
	if name == "" || len(name) > 100 {
		return "(an unusual name)"
	}
	for i, c := range name {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c != '-' && c != '.' && (c < '0' || c > '9')) {
			return "(an unusual name)"
		}
	}
	return name
}
