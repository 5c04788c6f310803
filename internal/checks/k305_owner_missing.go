package checks

import (
	"fmt"

	"github.com/keyfit/keyfit/internal/provider"
)

func ownerMissing() Check {
	return Check{
		ID: "K305", Name: "owner-missing", Severity: Error, Run: ownerGone,
		Page: Page{
			Summary: "The linked user is deleted or has left the organisation, or the key is linked to none.",
			Why:     "The API knows the key and finds nobody behind it, so that no request can be carried out on anybody's behalf. It will not come back by itself.",
			Bad: `# .env.production: created by a user who was removed from the organisation
PAYMENT_API_KEY=sk_live_CANARYformer`,
			Good: `# .env.production: created for the service account "checkout"
PAYMENT_API_KEY=sk_live_CANARYcheckout`,
			Fix:    "Create a key under a user that exists, better under a service account, and supply it at the place that is named. At a gateway of your own, link the key to its user.",
			Limits: "Only what the vendor says counts: an answer without any user is this finding only where the provider's rules say so.",
			See:    []string{"K304", "K308"},
		},
	}
}

func ownerGone(c *Case) (Finding, bool) {
	if c.settled() != provider.OwnerMissing || c.displaced() {
		return Finding{}, false
	}
	return Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s holds a key that %s knows, but nobody stands behind it any more%s%s%s", c.subject(), c.service(), c.meaning(), c.heard(), c.itsOwner("names")),
		Fix:     fmt.Sprintf("put the key of an existing service account %s, or link this key to a user at %s", c.change(), c.service()),
		Related: c.shadowed(),
	}, true
}
