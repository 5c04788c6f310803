package checks

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

func unresolvedKey() Check {
	return Check{
		ID: "K102", Name: "unresolved-key", Severity: Warning, Run: unresolved, Weighs: unresolvedWeighs,
		Page: Page{
			Summary: "The value of a key cannot be known here; the finding says what it needs.",
			Why:     "The key was not tested. It may be right, and nobody knows: the deploy goes on as blind as before. An unknown key is never counted as passed.",
			Bad: `# deploy.sh
export PAYMENT_API_KEY="$(vault kv get -field=key secret/staging/payment)"
./serve`,
			Good: `# keyfit.yaml: the job that runs keyfit has the secret in its environment
environments:
  staging:
    deploy: [{run: ./deploy.sh}]
    inputs:
      secrets.PAYMENT_API_KEY: {env: PAYMENT_API_KEY}

# deploy.sh takes it over
: "${PAYMENT_API_KEY:?}"
./serve`,
			Fix: "Do what the finding asks for: bind the secret of the CI under `inputs`, run keyfit in the job that has the secret, or hand the value to the script instead of having the script fetch it.",
			Limits: "keyfit never runs a command of the repository and never asks a secret store by itself, so that what a command prints stays unknown, and so does a key that a Kubernetes Secret from outside the repository or an ExternalSecret supplies. " +
				"A value that is one of several known candidates is `K107` instead. " +
				"In a run with `--offline`, such as that of a pull request, a key that only the CI's secret store holds is a note: it is checked in the job that has the secret.",
			See: []string{"K107", "K401"},
		},
	}
}

// unresolvedWeighs: a run that is offline has no secret of the CI, and nothing in the repository is
// wrong with that. The key is unverified all the same.
func unresolvedWeighs(c *Case) Severity {
	if c.Run != nil && c.Run.Offline && c.Slot.Value.Why == model.WhyCISecret {
		return Note
	}
	return Warning
}

func unresolved(c *Case) (Finding, bool) {
	v := c.Slot.Value
	if v.State != model.Unknown || v.Why == model.WhyAmbiguous {
		return Finding{}, false
	}
	return Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s cannot be known here: %s%s", c.subject(), whyUnknown(v.Why), keptIn(v.Ref)),
		Fix:     cmp.Or(prefixed("supply what is missing here: ", v.Needs), fmt.Sprintf("bind %q under inputs of %q in keyfit.yaml", c.Slot.Variable, c.Slot.Environment)),
	}, true
}

// keptIn names the entry of a secret store, as a clause.
func keptIn(r model.Ref) string {
	if r.IsZero() || r.Store == "kubernetes-secret" { // which the reason says already
		return ""
	}
	entry := r.Path
	if r.Property != "" {
		entry += "#" + r.Property
	}
	return strings.TrimSuffix(fmt.Sprintf("; %s keeps it at %q", strings.TrimSpace(r.Store+" "+r.Name), entry), ` at ""`)
}

var unknownWords = map[model.Reason]string{
	model.WhyCISecret:      "it comes from the CI's secret store and is bound to nothing",
	model.WhyKubeSecret:    "it comes from a Kubernetes Secret that no manifest holds",
	model.WhyCommandOutput: "it is what a command prints, and keyfit runs none",
	model.WhyExitStatus:    "it depends on whether a command succeeds",
	model.WhyRemoteState:   "it lives in a service that keyfit does not ask",
	model.WhyEncrypted:     "it is there only as cipher text",
	model.WhyMissingFile:   "a file that decides is missing or cannot be read",
	model.WhyUnsupported:   "a construct on its way is not evaluated",
	model.WhyLimit:         "keyfit stopped at one of its own limits",
	model.WhyInput:         "it is read from the terminal or from standard input",
	model.WhyTime:          "it depends on the clock, on randomness or on the process id",
	model.WhyAmbiguous:     "it is one of several values",
}

// whyUnknown says in words why a value is unknown, with the reason's own word behind it.
func whyUnknown(why model.Reason) string {
	words, ok := unknownWords[why]
	if !ok {
		return "nothing tells what it is"
	}
	return fmt.Sprintf("%s (%s)", words, why)
}
