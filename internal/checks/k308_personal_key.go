package checks

import (
	"cmp"
	"fmt"
)

func personalKey() Check {
	return Check{
		ID: "K308", Name: "personal-key", Severity: Warning, Run: personal,
		Page: Page{
			Summary: "A person's key stands where a service account's is required.",
			Why: "The key works until its owner leaves, changes teams or loses a right, and then production stops on a day when nothing was deployed. " +
				"Until then everything that the application does is logged under that person's name, with that person's rights.",
			Bad: `# keyfit.yaml
policy: {owner: service}
# the API says: user "Jane Doe", kind person`,
			Good: `# the API says: user "checkout", kind service
PAYMENT_API_KEY=sk_live_CANARYcheckout`,
			Fix:    "Create a service account at the vendor, with only the rights that the application needs, and supply its key. Where a person's key is meant, such as in a developer's own environment, set `owner: any` under `expect`.",
			Limits: "It needs `policy.owner: service` or `owner: service` under `expect`; the latter wins. Where nothing tells who stands behind a key, the policy lets it pass, and `owner` under `expect` is `K401`. Who stands behind a key is what the API told, or else what the form of the key tells. Vendors without service accounts cannot satisfy it.",
			See:    []string{"K304", "K309"},
		},
	}
}

func personal(c *Case) (Finding, bool) {
	wanted := cmp.Or(c.expect().Owner, c.Run.file().Policy.Owner)
	if wanted != "service" || !c.genuine() || !c.isPersons() {
		return Finding{}, false
	}
	who := cmp.Or(owner(c.identity()), "a person")
	return Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s holds the personal key of %s at %s, and a service account's is required", c.subject(), who, c.service()),
		Fix:     fmt.Sprintf("create a service account at %s and put its key %s", c.service(), c.change()),
		Related: c.expectedAt(),
	}, true
}

// isPersons reports whether a person stands behind the key, as far as anything tells.
func (c *Case) isPersons() bool {
	return isPerson(c.principal())
}
