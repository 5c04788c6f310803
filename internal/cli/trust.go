package cli

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/repo"
)

// mistrust says why nothing may be sent, because whoever wrote what is checked must not say
// where keys go; "" when there is no reason.
func (a *app) mistrust(o checkOptions) string {
	if o.trustConfig || o.policy != "" || o.offline {
		return ""
	}
	return a.untrustedConfig()
}

// untrustedConfig says why the repository's head may have been written by someone who must not
// say where keys go; "" when there is no such reason. It knows the pull requests from forks of
// the CI systems, and those events of GitHub that run with the base repository's secrets while
// a workflow may have checked out the head.
func (a *app) untrustedConfig() string {
	switch a.env["GITHUB_EVENT_NAME"] {
	case "pull_request_target", "workflow_run", "issue_comment", "issues", "discussion", "discussion_comment",
		"check_run", "check_suite", "status": // anyone can start them, or their head may be anyone's
		return "the event " + a.env["GITHUB_EVENT_NAME"] + " runs with secrets on code that may come from outside"
	case "pull_request", "pull_request_review", "pull_request_review_comment":
		if a.fromFork() {
			return fromFork
		}
	}
	if source := a.env["CI_MERGE_REQUEST_SOURCE_PROJECT_ID"]; source != "" && source != a.env["CI_MERGE_REQUEST_PROJECT_ID"] {
		return "the merge request comes from a fork"
	}
	if a.elsewhere() {
		return fromFork
	}
	return ""
}

// note says what a reader of a result from outside must know about it: that the green tick
// of a pull request from a fork stands for the files alone.
func (a *app) note(o checkOptions) string {
	why := a.untrustedConfig()
	switch {
	case why == "" && a.byDependabot() && a.env["GITHUB_ACTIONS"] != "":
		return "no secrets of a deploy in a run of Dependabot. What depends on them is unverified"
	case why == "" || o.trustConfig || o.policy != "" && !o.offline:
		return ""
	case a.withoutSecrets():
		return "static only: no secrets in a fork's pull request. Nothing was sent anywhere, and what only an API can tell is unverified"
	}
	return "static only: " + why + ". Nothing was sent anywhere, and what only an API can tell is unverified"
}

// withoutSecrets reports whether this is the event of a pull request from a fork to which GitHub
// hands out no secrets.
func (a *app) withoutSecrets() bool {
	switch a.env["GITHUB_EVENT_NAME"] {
	case "pull_request", "pull_request_review", "pull_request_review_comment":
		return a.fromFork()
	}
	return false
}

const fromFork = "the pull request comes from a fork"

// elsewhere asks the variables by which other CI systems tell pull requests from forks.
func (a *app) elsewhere() bool {
	buildkite := a.env["BUILDKITE_PULL_REQUEST_REPO"]
	return a.env["CIRCLE_PR_USERNAME"] != "" || // set for forks alone
		strings.EqualFold(a.env["SYSTEM_PULLREQUEST_ISFORK"], "true") ||
		a.env["CHANGE_FORK"] != "" || // Jenkins, multibranch
		buildkite != "" && bareRepository(buildkite) != bareRepository(a.env["BUILDKITE_REPO"])
}

// bareRepository is the owner and name of a repository, however its address is written.
func bareRepository(address string) string {
	address = strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(address), "/"), ".git")
	parts := strings.FieldsFunc(address, func(c rune) bool { return c == '/' || c == ':' })
	return strings.Join(parts[max(0, len(parts)-2):], "/")
}

// govern takes what decides about keys from the file of --policy: which are expected, what
// must hold for them, which APIs there are. The environments stay those of the repository.
func (a *app) govern(w *workspace, file string) error {
	if file == "" {
		return nil
	}
	name := a.resolvePath(file)
	files, err := repo.Open(filepath.Dir(name))
	if err != nil {
		return usage("--policy: cannot read %q", file)
	}
	defer func() { _ = files.Close() }()
	policy, problems := config.Load(files, filepath.Base(name), config.LoadOptions{
		Catalog: w.catalogue, FindingIDs: checks.IDs(), Environments: slices.Sorted(maps.Keys(w.config.Environments)),
	})
	if len(problems) > 0 {
		return configError(problems)
	}
	w.config.Keys, w.config.Providers, w.config.Policy, w.config.Ignore = policy.Keys, policy.Providers, policy.Policy, policy.Ignore
	w.notes = append(w.notes, "keys, providers, policy and ignores come from the file of --policy")
	return nil
}

// fromFork reads the event that GitHub describes in a file. What cannot be read counts
// as coming from a fork.
func (a *app) fromFork() bool {
	var event struct {
		PullRequest struct {
			Head struct {
				Repo struct {
					FullName string `json:"full_name"`
				} `json:"repo"`
			} `json:"head"`
		} `json:"pull_request"`
	}
	if !a.event(&event) {
		return true
	}
	head := event.PullRequest.Head.Repo.FullName
	return head == "" || head != a.env["GITHUB_REPOSITORY"]
}
