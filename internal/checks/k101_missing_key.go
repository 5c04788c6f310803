package checks

import (
	"fmt"

	"github.com/keyfit/keyfit/internal/model"
)

func missingKey() Check {
	return Check{
		ID: "K101", Name: "missing-key", Severity: Error, Run: missing,
		Page: Page{
			Summary: "A slot that should hold a key receives nothing.",
			Why: "The application starts without the key. It fails at its first request to the API, or worse: it silently falls back to a default, a mock or another account. " +
				"A variable that is set to an empty text is missing as well, because `\"\"` is what the application then sends.",
			Bad: `# keyfit.yaml
keys:
  PAYMENT_API_KEY: {provider: stripe}

# deploy.sh sets it in staging only
if [ "$1" = staging ]; then
  export PAYMENT_API_KEY="$STAGING_PAYMENT_KEY"
fi
./serve`,
			Good: `# deploy.sh
case "$1" in
  staging)    export PAYMENT_API_KEY="$STAGING_PAYMENT_KEY" ;;
  production) export PAYMENT_API_KEY="$PRODUCTION_PAYMENT_KEY" ;;
esac
./serve`,
			Fix: "Define the variable in the deploy path of that environment: in its `.env` file, in its script, or as a secret of the CI that is handed on. " +
				"Where the key is really not needed there, say so with `environments` or `consumers` under `keys` in `keyfit.yaml`.",
			Limits: "Without a declaration in `keyfit.yaml` only variables that are mentioned somewhere can be found missing. A definition that exists and was replaced by nothing is listed beside the finding. What an image sets by itself is not looked at: no key belongs there.",
			See:    []string{"K102", "K105"},
		},
	}
}

func missing(c *Case) (Finding, bool) {
	if !c.missing() {
		return Finding{}, false
	}
	what := "receives nothing"
	if c.Slot.Value.State == model.Known {
		what = "receives an empty text"
	}
	return Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s %s; %s was expected", c.subject(), what, c.aKey()),
		Fix:     c.supply(),
		Related: c.shadowed(),
	}, true
}

// supply says where a value is to be put.
func (c *Case) supply() string {
	if at := c.Slot.Value.Trail.At(); at.IsValid() {
		return fmt.Sprintf("give %q a value at %s", c.Slot.Variable, place(at))
	}
	if c.Slot.Environment == "" {
		return fmt.Sprintf("define %q in the deploy path", c.Slot.Variable)
	}
	return fmt.Sprintf("define %q in the deploy path of %q, or limit keys.%s.environments to where it is needed",
		c.Slot.Variable, c.Slot.Environment, c.Slot.Variable)
}
