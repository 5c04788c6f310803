package gitlab

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// machine are variables of the runner's machine or of the image: no variable of GitLab, and
// never taken from keyfit's own process.
var machine = []string{
	"HOME", "HOSTNAME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LOGNAME", "MAIL", "OLDPWD", "PATH", "PWD", "SHELL", "SHLVL",
	"TERM", "TMPDIR", "TZ", "USER", "_",
}

func isMachine(name string) bool { return slices.Contains(machine, name) }

// The variables that GitLab predefines, by what they speak of. Their texts follow from the
// pipeline in part; the others are unknown.
var (
	// ofRun speak of the whole run: every job of a pipeline has the same.
	ofRun = []string{
		"CHAT_CHANNEL", "CHAT_INPUT", "CHAT_USER_ID", "CI_API_GRAPHQL_URL", "CI_API_V4_URL", "CI_COMMIT_AUTHOR", "CI_COMMIT_BEFORE_SHA",
		"CI_COMMIT_DESCRIPTION", "CI_COMMIT_MESSAGE", "CI_COMMIT_REF_PROTECTED", "CI_COMMIT_SHA",
		"CI_COMMIT_SHORT_SHA", "CI_COMMIT_TAG_MESSAGE", "CI_COMMIT_TIMESTAMP", "CI_COMMIT_TITLE", "CI_DEBUG_TRACE",
		"CI_DEFAULT_BRANCH", "CI_DEFAULT_BRANCH_SLUG", "CI_DEPENDENCY_PROXY_DIRECT_GROUP_IMAGE_PREFIX", "CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX",
		"CI_DEPENDENCY_PROXY_SERVER", "CI_DEPENDENCY_PROXY_USER", "CI_DEPLOY_FREEZE", "CI_GITLAB_FIPS_MODE", "CI_KUBERNETES_ACTIVE",
		"CI_OPEN_MERGE_REQUESTS", "CI_PAGES_DOMAIN", "CI_PAGES_HOSTNAME", "CI_PAGES_URL", "CI_PIPELINE_CREATED_AT", "CI_PIPELINE_ID",
		"CI_PIPELINE_IID", "CI_PIPELINE_NAME", "CI_PIPELINE_SCHEDULE_DESCRIPTION", "CI_PIPELINE_TRIGGERED", "CI_PIPELINE_URL",
		"CI_PROJECT_CLASSIFICATION_LABEL", "CI_PROJECT_DESCRIPTION", "CI_PROJECT_ID", "CI_PROJECT_NAME", "CI_PROJECT_NAMESPACE",
		"CI_PROJECT_NAMESPACE_ID", "CI_PROJECT_NAMESPACE_SLUG", "CI_PROJECT_PATH", "CI_PROJECT_PATH_SLUG", "CI_PROJECT_REPOSITORY_LANGUAGES",
		"CI_PROJECT_ROOT_NAMESPACE", "CI_PROJECT_TITLE", "CI_PROJECT_TOPICS", "CI_PROJECT_URL", "CI_PROJECT_VISIBILITY", "CI_REGISTRY",
		"CI_REGISTRY_IMAGE", "CI_RELEASE_DESCRIPTION", "CI_SERVER_FQDN", "CI_SERVER_HOST", "CI_SERVER_PORT", "CI_SERVER_PROTOCOL",
		"CI_SERVER_REVISION", "CI_SERVER_SHELL_SSH_HOST", "CI_SERVER_SHELL_SSH_PORT", "CI_SERVER_URL", "CI_SERVER_VERSION",
		"CI_SERVER_VERSION_MAJOR", "CI_SERVER_VERSION_MINOR", "CI_SERVER_VERSION_PATCH", "CI_TEMPLATE_REGISTRY_HOST", "CI_TRIGGER_SHORT_TOKEN",
		"GITLAB_FEATURES",
	}
	// ofUser beat the variables of the file.
	ofUser = []string{"GITLAB_USER_EMAIL", "GITLAB_USER_ID", "GITLAB_USER_LOGIN", "GITLAB_USER_NAME"}
	// ofJob are made anew for each job.
	ofJob = []string{
		"CI_DEPENDENCY_PROXY_PASSWORD", "CI_DEPLOY_PASSWORD", "CI_DEPLOY_USER", "CI_JOB_ID", "CI_JOB_NAME_SLUG", "CI_JOB_STARTED_AT",
		"CI_JOB_TOKEN", "CI_JOB_URL", "CI_REGISTRY_PASSWORD", "CI_REGISTRY_USER", "CI_REPOSITORY_URL", "CI_BUILD_TOKEN",
	}
	// ofJobTokens are those of them that log in.
	ofJobTokens = []string{"CI_JOB_TOKEN", "CI_BUILD_TOKEN", "CI_REGISTRY_PASSWORD", "CI_DEPENDENCY_PROXY_PASSWORD"}
	// ofRunner are set by the runner.
	ofRunner = []string{
		"CI_BUILDS_DIR", "CI_CONCURRENT_ID", "CI_CONCURRENT_PROJECT_ID", "CI_DISPOSABLE_ENVIRONMENT", "CI_JOB_TIMEOUT",
		"CI_RUNNER_DESCRIPTION", "CI_RUNNER_EXECUTABLE_ARCH", "CI_RUNNER_ID", "CI_RUNNER_REVISION", "CI_RUNNER_SHORT_TOKEN",
		"CI_RUNNER_TAGS", "CI_RUNNER_VERSION", "CI_SHARED_ENVIRONMENT", "GITLAB_ENV", "RUNNER_TEMP_PROJECT_DIR",
	}
	// ofMergeRequest are there in pipelines of merge requests alone.
	ofMergeRequest = []string{
		"CI_MERGE_REQUEST_APPROVED", "CI_MERGE_REQUEST_ASSIGNEES", "CI_MERGE_REQUEST_DESCRIPTION", "CI_MERGE_REQUEST_DIFF_BASE_SHA",
		"CI_MERGE_REQUEST_DIFF_ID", "CI_MERGE_REQUEST_DRAFT", "CI_MERGE_REQUEST_EVENT_TYPE", "CI_MERGE_REQUEST_ID", "CI_MERGE_REQUEST_IID",
		"CI_MERGE_REQUEST_LABELS", "CI_MERGE_REQUEST_MILESTONE", "CI_MERGE_REQUEST_PROJECT_ID", "CI_MERGE_REQUEST_PROJECT_PATH",
		"CI_MERGE_REQUEST_PROJECT_URL", "CI_MERGE_REQUEST_REF_PATH", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
		"CI_MERGE_REQUEST_SOURCE_BRANCH_PROTECTED", "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID",
		"CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "CI_MERGE_REQUEST_SOURCE_PROJECT_URL", "CI_MERGE_REQUEST_SQUASH_ON_MERGE",
		"CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CI_MERGE_REQUEST_TARGET_BRANCH_PROTECTED", "CI_MERGE_REQUEST_TARGET_BRANCH_SHA",
		"CI_MERGE_REQUEST_TITLE",
	}
	// ofExternal are there in pipelines of pull requests of another system alone.
	ofExternal = []string{
		"CI_EXTERNAL_PULL_REQUEST_IID", "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME", "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA",
		"CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY", "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME",
		"CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA", "CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY",
	}
	// ofBranches are the sources of pipelines that run for a branch or a tag.
	ofBranches = []string{"push", "web", "schedule", "api", "trigger", "pipeline", "chat", "external", "webide",
		"security_orchestration_policy", "ondemand_dast_scan", "ondemand_dast_validation", "duo_workflow", "pipeline_execution_policy_schedule"}
)

// mergeRequest is the source of a pipeline that runs for a merge request.
const mergeRequest = "merge_request_event"

// runHop is the place of what follows from the run of the pipeline.
func runHop(at pos.Span, what string) model.Hop {
	return model.Hop{At: at, Kind: model.KindGitLab, What: what}
}

// isPredefined reports whether GitLab or the runner sets a name by itself.
func isPredefined(name string) bool {
	return strings.HasPrefix(name, "CI_") || strings.HasPrefix(name, "GITLAB_") || strings.HasPrefix(name, "CHAT_") ||
		strings.HasPrefix(name, "FF_") || strings.HasPrefix(name, "RUNNER_") || name == "CI" || name == "TRIGGER_PAYLOAD"
}

// ref is the branch or the tag that the pipeline runs for, as far as it is known.
type ref struct {
	branch, tag, source model.Value
}

// absent is nothing.
func absent() model.Value { return model.Value{State: model.Absent} }

// unset is what depends on the run and is not told.
func unset(what string) model.Value {
	return model.UnknownBecause(model.WhyInput, what, model.Trail{})
}

// refs says what is known of the branch, the tag and the source of the pipeline.
func (r *run) refs() ref {
	known := func(text, what string) model.Value { return model.KnownText(text, runHop(r.in.At, what)) }
	out := ref{branch: unset("the branch that the pipeline runs for"), tag: unset("the tag that the pipeline runs for"), source: unset("what starts the pipeline")}
	if r.same {
		out.branch, out.tag, out.source = r.in.Run.Env.Get("CI_COMMIT_BRANCH"), r.in.Run.Env.Get("CI_COMMIT_TAG"), r.in.Run.Env.Get("CI_PIPELINE_SOURCE")
	}
	if r.refsOf != nil {
		out = *r.refsOf
	}
	if r.in.Event != "" {
		out.source = known(r.in.Event, "source of the pipeline")
	} else if !r.same && (r.in.Branch != "" || r.in.Tag != "") {
		var candidates []model.Value
		for _, s := range ofBranches {
			candidates = append(candidates, known(s, "source of the pipeline"))
		}
		out.source = model.Ambiguous("what starts the pipeline", candidates...)
	}
	switch {
	case r.in.Event == mergeRequest:
		out.branch, out.tag = absent(), absent()
	case r.in.Tag != "":
		out.branch, out.tag = absent(), known(r.in.Tag, "tag that is deployed")
	case r.in.Branch != "":
		out.branch, out.tag = known(r.in.Branch, "branch that is deployed"), absent()
	}
	return out
}

// refsForChild are the branch and the tag of a child pipeline: those of its parent.
func (r *run) refsForChild() *ref {
	out := r.refs()
	return &out
}

// pipelineRef is what the variables of the whole run depend on.
type pipelineRef struct{ branch, tag, event string }

// ofPipeline are the variables of the whole run.
func (r *run) ofPipeline() []item {
	key := pipelineRef{r.in.Branch, r.in.Tag, r.in.Event}
	if _, done := r.predefined[key]; !done {
		r.predefined[key] = r.makePredefined()
	}
	return r.predefined[key]
}

func (r *run) makePredefined() []item {
	var out []item
	add := func(name string, v model.Value) { out = append(out, item{key: name, value: v}) }
	at := func(text, what string) model.Value { return model.KnownText(text, runHop(r.in.At, what)) }
	for _, name := range ofRun {
		add(name, r.fromRun(name))
	}
	f := r.refs()
	merge := f.source.State == model.Known && f.source.Text.Reveal() == mergeRequest
	away := f.branch.State != model.Unknown && f.tag.State != model.Unknown && !merge
	for _, name := range ofMergeRequest {
		switch {
		case r.same:
			add(name, r.in.Run.Env.Get(name))
		case away:
			add(name, absent())
		case merge && name == "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME" && r.in.Branch != "":
			add(name, at(r.in.Branch, "branch of the merge request"))
		default:
			add(name, unset("the merge request that the pipeline runs for"))
		}
	}
	for _, name := range ofExternal {
		switch {
		case r.same:
			add(name, r.in.Run.Env.Get(name))
		case away || merge:
			add(name, absent())
		default:
			add(name, unset("the pull request that the pipeline runs for"))
		}
	}
	refName := r.refName(f, merge)
	add("CI", at("true", "every job has it"))
	add("GITLAB_CI", at("true", "every job has it"))
	add("CI_SERVER_NAME", at("GitLab", "every job has it"))
	add("CI_COMMIT_BRANCH", f.branch)
	add("CI_COMMIT_TAG", f.tag)
	add("CI_COMMIT_REF_NAME", refName)
	add("CI_COMMIT_REF_SLUG", each(refName, func(v model.Value) model.Value {
		return model.Value{State: model.Known, Text: model.KnownText(slug(v.Text.Reveal()), model.Hop{}).Text, Trail: v.Trail}
	}))
	add("CI_PIPELINE_SOURCE", f.source)
	add("CI_CONFIG_PATH", at(r.in.File.Value, "the file of the pipeline"))
	return out
}

func (r *run) refName(f ref, merge bool) model.Value {
	switch {
	case r.same:
		return r.in.Run.Env.Get("CI_COMMIT_REF_NAME")
	case merge && r.in.Branch != "":
		return model.KnownText(r.in.Branch, runHop(r.in.At, "branch of the merge request"))
	case f.branch.State == model.Known:
		return f.branch
	case f.tag.State == model.Known:
		return f.tag
	case f.branch.Why == model.WhyAmbiguous && f.tag.State == model.Absent:
		return f.branch
	}
	return unset("the branch or tag that the pipeline runs for")
}

// ofProjectAlone reports whether a variable is the same in all pipelines of a project.
func ofProjectAlone(name string) bool {
	return strings.HasPrefix(name, "CI_SERVER_") || strings.HasPrefix(name, "CI_API_") || slices.Contains([]string{
		"CI_DEFAULT_BRANCH", "CI_DEFAULT_BRANCH_SLUG", "CI_PROJECT_ID", "CI_PROJECT_NAME", "CI_PROJECT_NAMESPACE",
		"CI_PROJECT_NAMESPACE_ID", "CI_PROJECT_NAMESPACE_SLUG", "CI_PROJECT_PATH", "CI_PROJECT_PATH_SLUG", "CI_PROJECT_ROOT_NAMESPACE",
		"CI_PROJECT_TITLE", "CI_PROJECT_URL", "CI_PROJECT_VISIBILITY", "CI_REGISTRY", "CI_REGISTRY_IMAGE", "CI_TEMPLATE_REGISTRY_HOST",
	}, name)
}

// inFork reports whether keyfit runs in a fork, for a merge request of another project.
func (r *run) inFork() bool {
	target := r.in.Run.Env.Get("CI_MERGE_REQUEST_PROJECT_ID")
	return target.State == model.Known && !target.Same(r.in.Run.Env.Get("CI_PROJECT_ID"))
}

// fromRun is a variable that speaks of the whole run: keyfit's own, when it runs in it, or
// in another one of the project and it is the same there.
func (r *run) fromRun(name string) model.Value {
	if r.same || r.in.Run.Inside && ofProjectAlone(name) && r.in.Run.Env.Has(name) && !r.inFork() {
		return r.in.Run.Env.Get(name)
	}
	return unset("the run of the pipeline")
}
