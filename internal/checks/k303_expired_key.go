package checks

import (
	"fmt"
	"time"

	"github.com/keyfit/keyfit/internal/provider"
)

func expiredKey() Check {
	return Check{
		ID: "K303", Name: "expired-key", Severity: Error, Run: expired,
		Page: Page{
			Summary: "The key has expired, expires within the time that is expected of it, or is older than the policy allows.",
			Why:     "An expired key is refused. One that expires soon passes every test today and stops the application at night, long after the deploy that could have replaced it.",
			Bad: `# keyfit.yaml: the key must still hold for two weeks
keys:
  PAYMENT_API_KEY:
    expect:
      production: {expires-after: 14d}
# the API says: expires_at 2026-12-01, in three days`,
			Good: `# a key that expires in a year
PAYMENT_API_KEY=sk_live_CANARYnextyear`,
			Fix:    "Create a new key and supply it at the place that is named. Set `expires-after` to the longest time between two deploys, so that a deploy always comes before the end.",
			Limits: "The coming end is known only where the API tells it, and judged only with `expires-after`; where that is set and no end is told, the slot is unverified (`K401`), unless the answer says that there is none. The age is judged with `policy.max-age`, where the API tells when the key was made, and never where it does not. The clock is that of the machine that keyfit runs on.",
			See:    []string{"K302", "K301"},
		},
	}
}

func expired(c *Case) (Finding, bool) {
	said := c.settled() == provider.KeyExpired && !c.displaced()
	words, ends := c.expiry(said)
	if !ends {
		words, ends = c.age()
	}
	if !said && !(ends && c.genuine()) {
		return Finding{}, false
	}
	return Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s holds a key of %s that %s%s", c.subject(), c.service(), words, c.itsOwner("belongs to")),
		Fix:     fmt.Sprintf("create a new key at %s and put it %s", c.service(), c.change()),
		Related: append(c.expectedAt(), c.shadowed()...),
	}, true
}

// expiry says in words when the key ends, and whether that is past or too soon.
func (c *Case) expiry(said bool) (words string, ends bool) {
	end, now := c.identity().Expires, c.Run.now()
	wanted := time.Duration(c.expect().ExpiresAfter)
	switch {
	case said && (end.IsZero() || end.After(now)):
		return "has expired" + c.meaning() + c.heard(), true
	case end.IsZero():
		return "", false
	case !end.After(now):
		return "expired on " + day(end) + c.heard(), true
	case wanted > 0 && end.Sub(now) < wanted:
		return fmt.Sprintf("expires on %s, in %s, and is expected to hold for %s", day(end), length(end.Sub(now)), length(wanted)), true
	}
	return "", false
}

// age says in words how old the key is, and whether that is more than the policy allows.
func (c *Case) age() (words string, tooOld bool) {
	created, most := c.identity().Created, time.Duration(c.Run.file().Policy.MaxAge)
	if created.IsZero() || most <= 0 || c.Run.now().Sub(created) <= most {
		return "", false
	}
	return fmt.Sprintf("was made on %s, %s ago, and may be %s old by policy.max-age", day(created), length(c.Run.now().Sub(created)), length(most)), true
}

// length gives a time in the largest unit that does not round it up.
func length(d time.Duration) string {
	const oneDay = 24 * time.Hour
	count, unit := int(d/time.Minute), "minute"
	switch {
	case d >= 2*oneDay:
		count, unit = int(d/oneDay), "day"
	case d >= 2*time.Hour:
		count, unit = int(d/time.Hour), "hour"
	}
	if count == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", count, unit)
}
