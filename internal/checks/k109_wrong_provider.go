package checks

import "fmt"

func wrongProvider() Check {
	return Check{
		ID: "K109", Name: "wrong-provider", Severity: Error, Run: ofAnother,
		Page: Page{
			Summary: "The key is of another service than the slot's.",
			Why: "The application sends one vendor's key to another vendor. The request fails, and the key is now in somebody else's logs: it has leaked. " +
				"keyfit itself does not send such a key.",
			Bad: `# keyfit.yaml
keys:
  MAIL_API_KEY: {provider: sendgrid}

# .env.staging: two lines were swapped
MAIL_API_KEY=sk_test_CANARYstaging
PAYMENT_API_KEY=SG.CANARYmail`,
			Good: `# .env.staging
MAIL_API_KEY=SG.CANARYmail
PAYMENT_API_KEY=sk_test_CANARYstaging`,
			Fix: "Supply the right key at the place that is named, and replace the other one at its vendor if the application has already run with it. " +
				"If the slot really is for the other service, correct `provider` under `keys`.",
			Limits: "It compares with the provider that `keyfit.yaml` declares for the variable; without a declaration, a key counts as what its form says. Only forms that no other service's keys have count. " +
				"For an API of your own that takes another vendor's keys, say so with `extends`, or declare their form.",
			See: []string{"K104", "K301"},
		},
	}
}

func ofAnother(c *Case) (Finding, bool) {
	p := c.stranger()
	if p == nil {
		return Finding{}, false
	}
	name := p.Name
	if name == "" {
		name = p.ID
	}
	return Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s is for %s and holds a key of %s", c.subject(), c.service(), name),
		Fix:     fmt.Sprintf("put a key of %s %s, or correct the provider of %q", c.service(), c.change(), c.Slot.Variable),
		Related: c.shadowed(),
	}, true
}
