package cli

import (
	"encoding/json"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/keyfit/keyfit/internal/resolve"
)

const dependabot = "dependabot[bot]"

// around says what is known of the run of GitHub that keyfit is part of.
func (a *app) around(chosen []string) resolve.Around {
	if a.env["GITHUB_ACTIONS"] == "" {
		return resolve.Around{}
	}
	out := resolve.Around{Inputs: a.runInputs(), Chosen: chosen}
	switch {
	case a.byDependabot():
		out.NoSecrets, out.Others = "GitHub gives a run of Dependabot the secrets of Dependabot, not those of a deploy: check it in a run of somebody else", true
	case a.withoutSecrets():
		out.NoSecrets = "GitHub gives no secrets to the pull request of a fork: check it in a run of this repository"
	}
	return out
}

// byDependabot reports whether the run is one of those that Dependabot starts, to which GitHub
// gives other secrets.
func (a *app) byDependabot() bool {
	return a.env["GITHUB_ACTOR"] == dependabot && slices.Contains([]string{
		"push", "create", "deployment", "deployment_status", "pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment",
	}, a.env["GITHUB_EVENT_NAME"])
}

// maxEvent bounds the file in which GitHub describes the event; payloads end at 25 MB.
const maxEvent = 32 << 20

// event reads that file into what it is to be read as; false when it cannot be read.
func (a *app) event(into any) bool {
	file, err := os.Open(a.env["GITHUB_EVENT_PATH"])
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	return json.NewDecoder(io.LimitReader(file, maxEvent)).Decode(into) == nil
}

// runInputs are the inputs of a run that somebody started by hand.
func (a *app) runInputs() map[string]string {
	var event struct {
		Inputs map[string]any `json:"inputs"`
	}
	if a.env["GITHUB_EVENT_NAME"] != "workflow_dispatch" || !a.event(&event) {
		return nil
	}
	out := map[string]string{}
	for name, value := range event.Inputs {
		switch value := value.(type) {
		case string:
			out[name] = value
		case bool:
			out[name] = strconv.FormatBool(value)
		case float64:
			out[name] = strconv.FormatFloat(value, 'f', -1, 64)
		}
	}
	return out
}
