package checks

import (
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/provider"
)

func wrongMode() Check {
	return Check{
		ID: "K201", Name: "wrong-mode", Severity: Error, Run: modeMismatch,
		Page: Page{
			Summary: "A test key in production, or a live key elsewhere.",
			Why: "A test key in production lets every order pass and moves no money. A live key in staging makes tests charge real customers, send real mails and fill real accounts. " +
				"Both keys work, so that nothing fails and nobody notices.",
			Bad: `# keyfit.yaml
environments:
  production:
    deploy: [{dotenv: .env.production}]

# .env.production
STRIPE_API_KEY=sk_test_CANARYstaging`,
			Good: `# .env.production
STRIPE_API_KEY=sk_live_CANARYproduction`,
			Fix: "Supply the key of the right mode. Where the other mode is meant, such as live keys in a pilot environment, say so: `expect: {pilot: {mode: live}}` under the key in `keyfit.yaml`.",
			Limits: "The mode is what the API told, or else what the form of the key tells; of keys that tell none only an expectation is judged, as unverified (`K401`). " +
				"Without an expectation the name of the environment decides, word by word: `prod`, `production`, `prd` and `live` are production, also with a number or a region (`prod2`, `prodeu`, `live-eu`, `eu-production`); " +
				"`dev`, `test`, `qa`, `staging`, `sandbox`, `preview`, `local`, `ci`, `e2e`, `demo` and the like are for tests, and so are `preprod` and `non-production`. " +
				"A name that tells neither (`eu-west-1`, `customer-acme`, `blue`, `dr`, `main`, `canary`) or both (`perf-prod`) is judged only with an expectation.",
			See: []string{"K205", "K203"},
		},
	}
}

const (
	testMode = "test"
	liveMode = "live"
)

func modeMismatch(c *Case) (Finding, bool) {
	if !c.arrives() || c.displaced() || c.foreign() {
		return Finding{}, false
	}
	is, want, why := c.mode(), c.expect().Mode, "is expected to hold"
	if want == "" {
		want, why = provider.UsualMode(c.Slot.Environment), "should hold"
	}
	if is == "" || want == "" || is == want {
		return Finding{}, false
	}
	return Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s holds a %s key of %s and %s a %s key%s", c.subject(), is, c.service(), why, want, c.consequence(is)),
		Fix:     fmt.Sprintf("%s, or expect {mode: %s} in keyfit.yaml", c.put(fmt.Sprintf("the %s key of %q", want, c.Slot.Environment)), is),
		Related: append(c.expectedAt(), c.shadowed()...),
	}, true
}

// consequence says what the wrong mode leads to, where that is plain.
func (c *Case) consequence(is string) string {
	switch {
	case is == testMode && provider.UsualMode(c.Slot.Environment) == liveMode:
		return ": nothing that it does is real"
	case is == liveMode && provider.UsualMode(c.Slot.Environment) == testMode:
		return ": what it does is real"
	}
	return ""
}

// mode is what the API told of the key, or else what its form tells.
func (c *Case) mode() string {
	if m := strings.ToLower(c.identity().Mode); m == testMode || m == liveMode {
		return m
	}
	if c.Slot.Form != nil {
		return c.Slot.Form.Mode
	}
	return ""
}
