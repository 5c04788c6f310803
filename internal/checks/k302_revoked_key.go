package checks

import (
	"fmt"

	"github.com/keyfit/keyfit/internal/provider"
)

func revokedKey() Check {
	return Check{
		ID: "K302", Name: "revoked-key", Severity: Error, Run: revoked,
		Page: Page{
			Summary: "The key was revoked.",
			Why:     "Every request of the deploy will be refused, and no waiting helps: a revoked key never comes back. Often it was rotated at the vendor and the new one was stored in a place that another definition hides.",
			Bad: `# .env.staging: rotated in June, the old key is still here
PAYMENT_API_KEY=sk_test_CANARYold`,
			Good: `# .env.staging
PAYMENT_API_KEY=sk_test_CANARYnew`,
			Fix:    "Find out who revoked it and why: if the key had leaked, everything that still uses it has to change too. Create a new key and supply it at the place that is named.",
			Limits: "Many vendors answer the same for a revoked key and for one that never existed; that is `K301`, or `K401` where the answer leaves still more open.",
			See:    []string{"K301", "K303", "K105"},
		},
	}
}

func revoked(c *Case) (Finding, bool) {
	if c.settled() != provider.KeyRevoked || c.displaced() {
		return Finding{}, false
	}
	return Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s holds a revoked key of %s%s%s%s", c.subject(), c.service(), c.meaning(), c.heard(), c.itsOwner("belongs to")),
		Fix:     fmt.Sprintf("create a new key at %s and put it %s", c.service(), c.change()),
		Related: c.shadowed(),
	}, true
}
