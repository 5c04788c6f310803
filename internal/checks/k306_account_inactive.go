package checks

import (
	"fmt"

	"github.com/keyfit/keyfit/internal/provider"
)

func accountInactive() Check {
	return Check{
		ID: "K306", Name: "account-inactive", Severity: Error, Run: accountStopped,
		Page: Page{
			Summary: "The plan, the billing or the whole account is not active.",
			Why: "The key is right, and every request is refused until somebody pays, raises a limit or has the account opened again. " +
				"Such answers often look like a rate limit, so that an application retries for hours.",
			Bad: `# .env.production: a right key of an account without credit; the API answers
# HTTP 429, code "insufficient_quota"
OPENAI_API_KEY=sk-proj-CANARYproduction`,
			Good: `# .env.production: the same key, after the credit was topped up
OPENAI_API_KEY=sk-proj-CANARYproduction`,
			Fix:    "Settle it in the vendor's console: pay the open bill, raise the limit, or ask the support why the account is suspended. The key itself need not change.",
			Limits: "Only what the vendor says counts. Requests that cost nothing are not refused by every vendor when a bill is open, so that a pass proves the rung `active` only where the catalogue says so.",
			See:    []string{"K304", "K401"},
		},
	}
}

func accountStopped(c *Case) (Finding, bool) {
	what, fix := "", ""
	switch c.settled() {
	case provider.AccountSuspended:
		what, fix = "is suspended", "ask the support of %s why, or put the key of an active account %s"
	case provider.BillingInactive:
		what, fix = "has no active plan or billing", "settle plan and billing at %s, or put the key of an active account %s"
	case provider.QuotaExhausted:
		what, fix = "has used up its quota", "raise the limit or add credit at %s, or put the key of another account %s"
	}
	if what == "" || c.displaced() {
		return Finding{}, false
	}
	return Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s holds a key whose account%s at %s %s%s%s", c.subject(), accountName(c), c.service(), what, c.meaning(), c.heard()),
		Fix:     fmt.Sprintf(fix, c.service(), c.change()),
		Related: c.shadowed(),
	}, true
}

func accountName(c *Case) string {
	if a := c.identity().Account; a != "" {
		return fmt.Sprintf(" %q", a)
	}
	return ""
}
