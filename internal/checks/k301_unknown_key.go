package checks

import (
	"fmt"

	"github.com/keyfit/keyfit/internal/provider"
)

func unknownKey() Check {
	return Check{
		ID: "K301", Name: "unknown-key", Severity: Error, Run: unknown,
		Page: Page{
			Summary: "The API does not know the key.",
			Why:     "Every request of the deploy will be refused. The key was deleted, mistyped, cut short, belongs to another system that looks alike, or never existed.",
			Bad: `# .env.staging: deleted at the vendor last week
PAYMENT_API_KEY=sk_test_CANARYdeleted`,
			Good: `# .env.staging: created anew
PAYMENT_API_KEY=sk_test_CANARYstaging`,
			Fix: "Copy the key again from the vendor's console, or create a new one, and supply it at the place that is named. `keyfit trace` shows the whole way of the value, with everything that it replaced.",
			Limits: "It fires only on the vendor's own words: a bare 401 or 403 has too many other causes and is `K401`. " +
				"A text that is visibly damaged is `K104`, a key of another service `K109`, and a key that another environment's API accepts `K205`; this finding is then left out.",
			See: []string{"K104", "K109", "K205", "K302"},
		},
	}
}

func unknown(c *Case) (Finding, bool) {
	if c.settled() != provider.KeyUnknown || c.displaced() || c.foreign() || len(c.damage()) > 0 {
		return Finding{}, false
	}
	return Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s holds a key that %s does not know%s%s", c.subject(), c.service(), c.meaning(), c.heard()),
		Fix:     fmt.Sprintf("put an existing key of %s %s", c.service(), c.change()),
		Related: c.shadowed(),
	}, true
}
