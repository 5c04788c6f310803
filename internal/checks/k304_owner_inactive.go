package checks

import (
	"cmp"
	"fmt"

	"github.com/keyfit/keyfit/internal/provider"
)

func ownerInactive() Check {
	return Check{
		ID: "K304", Name: "owner-inactive", Severity: Error, Run: ownerDisabled,
		Page: Page{
			Summary: "The linked user or service account is suspended, locked or deactivated.",
			Why: "The API knows the key and refuses it because of who stands behind it. Nothing is wrong with the text, so that replacing or copying the key again changes nothing. " +
				"The usual cause: somebody left, and the keys that ran under that name stopped with the account.",
			Bad: `# .env.production: created by Jane under her own name
PAYMENT_API_KEY=sk_live_CANARYjane
# Jane has left, her user is deactivated`,
			Good: `# .env.production: created for the service account "checkout"
PAYMENT_API_KEY=sk_live_CANARYcheckout`,
			Fix:    "Have the user or the service account activated again if that was a mistake. Otherwise create a key under a service account and supply it at the place that is named.",
			Limits: "Only what the vendor says counts. Many vendors delete the keys of a user together with the user; that is `K305` or `K301`.",
			See:    []string{"K305", "K306", "K308"},
		},
	}
}

func ownerDisabled(c *Case) (Finding, bool) {
	if c.settled() != provider.OwnerDisabled || c.displaced() {
		return Finding{}, false
	}
	who := cmp.Or(owner(c.identity()), "its owner")
	return Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s holds a key that %s knows, but %s is not active%s%s", c.subject(), c.service(), who, c.meaning(), c.heard()),
		Fix:     fmt.Sprintf("activate %s at %s, or put the key of an active service account %s", who, c.service(), c.change()),
		Related: c.shadowed(),
	}, true
}
