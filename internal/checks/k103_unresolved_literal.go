package checks

import (
	"fmt"

	"github.com/keyfit/keyfit/internal/provider"
)

func unresolvedLiteral() Check {
	return Check{
		ID: "K103", Name: "unresolved-literal", Severity: Error, Run: literalReference,
		Page: Page{
			Summary: "The text that arrives is itself a reference or a placeholder.",
			Why: "Some tool should have replaced the text by a key and did not: the single quotes of a script, a template that was never rendered, a secret store without access, an example file that was copied. " +
				"The application sends `${PAYMENT_KEY}` or `changeme` to the API, which calls it an invalid key.",
			Bad: `# deploy.sh: single quotes, so that nothing is replaced
export PAYMENT_API_KEY='${STAGING_PAYMENT_KEY}'

# .env.production, copied from .env.example
STRIPE_API_KEY=changeme`,
			Good: `# deploy.sh
export PAYMENT_API_KEY="${STAGING_PAYMENT_KEY}"

# .env.production
STRIPE_API_KEY=sk_live_CANARYproduction`,
			Fix: "Have the reference replaced on the way: use double quotes, render the template, or run the tool that resolves it (`op run`, `sops exec-env`, `envsubst`). Replace a placeholder by a real key.",
			Limits: "Where the platform resolves the reference itself, after the deploy (an application setting of Azure with `@Microsoft.KeyVault(…)`), nothing is wrong: ignore the finding for that slot. " +
				"A placeholder is recognised only when the whole text is made of such words.",
			See: []string{"K101", "K104"},
		},
	}
}

func literalReference(c *Case) (Finding, bool) {
	defects := c.standIns()
	if c.missing() || len(defects) == 0 {
		return Finding{}, false
	}
	fix := fmt.Sprintf("replace it by a key of %s %s", c.service(), c.change())
	if defects[0].Kind == provider.Reference {
		fix = fmt.Sprintf("have it replaced before it arrives, or supply the key itself %s", c.change())
	}
	return Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s receives %s instead of %s", c.subject(), defects[0].What, c.aKey()),
		Fix:     fix,
		Related: c.shadowed(),
	}, true
}
