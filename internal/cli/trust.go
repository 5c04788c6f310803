package cli

import (
	"encoding/json"
	"os"
)

// untrustedConfig says why keyfit.yaml may have been written by someone who must not
// say where keys go; "" when there is no such reason. It knows GitHub's pull requests
// from forks, and the events that run with the base repository's secrets while a
// workflow may have checked out the head.
func (a *app) untrustedConfig() string {
	switch a.env["GITHUB_EVENT_NAME"] {
	case "pull_request_target", "workflow_run", "issue_comment":
		return "the event " + a.env["GITHUB_EVENT_NAME"] + " runs with secrets on code that may come from outside"
	case "pull_request", "pull_request_review", "pull_request_review_comment":
		if a.fromFork() {
			return "the pull request comes from a fork"
		}
	}
	if source := a.env["CI_MERGE_REQUEST_SOURCE_PROJECT_ID"]; source != "" && source != a.env["CI_MERGE_REQUEST_PROJECT_ID"] {
		return "the merge request comes from a fork"
	}
	return ""
}

// fromFork reads the event that GitHub describes in a file. What cannot be read counts
// as coming from a fork.
func (a *app) fromFork() bool {
	data, err := os.ReadFile(a.env["GITHUB_EVENT_PATH"])
	if err != nil {
		return true
	}
	var event struct {
		PullRequest struct {
			Head struct {
				Repo struct {
					FullName string `json:"full_name"`
				} `json:"repo"`
			} `json:"head"`
		} `json:"pull_request"`
	}
	if json.Unmarshal(data, &event) != nil {
		return true
	}
	head := event.PullRequest.Head.Repo.FullName
	return head == "" || head != a.env["GITHUB_REPOSITORY"]
}
