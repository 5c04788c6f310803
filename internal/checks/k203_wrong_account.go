package checks

import (
	"fmt"

	"github.com/keyfit/keyfit/internal/provider"
)

func wrongAccount() Check {
	return Check{
		ID: "K203", Name: "wrong-account", Severity: Error, Run: accountMismatch,
		Page: Page{
			Summary: "The key belongs to another account, project or organisation than expected.",
			Why:     "The key works, for somebody else: data lands in another account, usage is billed to it, and its limits apply. No error ever shows it.",
			Bad: `# keyfit.yaml
keys:
  STRIPE_API_KEY:
    provider: stripe
    expect:
      production: {account: acct_1Shop}
# the key that arrives answers with the account acct_1Sandbox`,
			Good: `# .env.production holds a key that was created in acct_1Shop
STRIPE_API_KEY=sk_live_CANARYproduction`,
			Fix:    "Create the key in the expected account and supply that one. If the account has changed on purpose, change `expect` in `keyfit.yaml`.",
			Limits: "It needs an expectation, unless the API itself says that the account is the wrong one. Where an account is expected and no answer names one, the slot is unverified (`K401`); `keyfit providers` says what each answer tells.",
			See:    []string{"K204", "K205", "K201"},
		},
	}
}

func accountMismatch(c *Case) (Finding, bool) {
	want, is := c.expect().Account, c.identity().Account
	told := c.settled() == provider.AccountMismatch && !c.displaced()
	differs := c.genuine() && want != "" && is != "" && want != is
	if !told && !differs {
		return Finding{}, false
	}
	return Finding{
		At:      c.at(),
		Message: c.subject() + " holds a key of " + c.wrongAccountWords(is, want),
		Fix:     fmt.Sprintf("put a key of %s %s, or correct what is expected", rightAccount(want), c.change()),
		Related: append(c.expectedAt(), c.shadowed()...),
	}, true
}

func (c *Case) wrongAccountWords(is, want string) string {
	switch {
	case is != "" && want != "" && is != want:
		return fmt.Sprintf("account %q at %s, expected %q", is, c.service(), want)
	case is != "":
		return fmt.Sprintf("account %q, which %s refuses here%s%s", is, c.service(), c.meaning(), c.heard())
	case want != "":
		return fmt.Sprintf("another account at %s than %q%s%s", c.service(), want, c.meaning(), c.heard())
	}
	return fmt.Sprintf("another account at %s%s%s", c.service(), c.meaning(), c.heard())
}

func rightAccount(want string) string {
	if want == "" {
		return "the right account"
	}
	return fmt.Sprintf("account %q", want)
}
