package checks

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
)

func wrongTenant() Check {
	return Check{
		ID: "K204", Name: "wrong-tenant", Severity: Error, Run: tenantMismatch,
		Page: Page{
			Summary: "The key works, but the tenant, user id or host sent along is another's.",
			Why: "The two halves of the credential come from different places: the key from a secret, the tenant or user id from a script that somebody once wrote for another environment. " +
				"Each half looks right alone. Together they are refused, or they read and write another tenant's data.",
			Bad: `# keyfit.yaml
providers:
  payments-gateway:
    probe: {request: {path: /whoami, headers: {X-Tenant: "${TENANT_ID}"}}}

# deploy.sh: the key is staging's, the tenant is not
source .env.staging
export TENANT_ID=acme-dev`,
			Good: `# .env.staging: both halves in one place
PAYMENT_API_KEY=sk_test_CANARYstaging
TENANT_ID=acme-staging`,
			Fix: "Define the companion variable beside the key, and remove the line that is named. Or supply the key of the tenant that is meant.",
			Limits: "A variable that is sent along is compared with the tenant, user or account that the API tells, by what its name says (`TENANT_ID`, `PAYMENT_USER_ID`, `ORG`, `ACCOUNT_ID`). " +
				"An API that tells none of these, or that answers with what it was sent, cannot be judged; an expected tenant or user that it does not tell is unverified (`K401`). A service's key is another user's where `owner: person` is expected. The text of the companion is never shown.",
			See: []string{"K203", "K205"},
		},
	}
}

func tenantMismatch(c *Case) (Finding, bool) {
	if c.displaced() {
		return Finding{}, false
	}
	if f, fires := companionMismatch(c); fires {
		return f, true
	}
	id := c.identity()
	for _, e := range []struct{ role, is, want string }{
		{roleTenant, id.Tenant, c.expect().Tenant},
		{roleUser, id.User, c.expect().User},
	} {
		if c.genuine() && e.is != "" && e.want != "" && e.is != e.want {
			return Finding{
				At:      c.at(),
				Message: fmt.Sprintf("%s holds the key of another %s: %q at %s, expected the %s %q", c.subject(), e.role, e.is, c.service(), e.role, e.want),
				Fix:     fmt.Sprintf("put the key of %s %q %s, or correct what is expected", e.role, e.want, c.change()),
				Related: append(c.expectedAt(), c.shadowed()...),
			}, true
		}
	}
	if c.expect().Owner == "person" && c.genuine() && isMachine(c.principal()) {
		return Finding{
			At:      c.at(),
			Message: fmt.Sprintf("%s holds the key of another user: %s at %s, expected a person's", c.subject(), cmp.Or(owner(c.identity()), "a service account's"), c.service()),
			Fix:     fmt.Sprintf("put the key of a person %s, or correct what is expected", c.change()),
			Related: append(c.expectedAt(), c.shadowed()...),
		}, true
	}
	return refusedTenant(c)
}

const (
	roleTenant  = "tenant"
	roleUser    = "user"
	roleAccount = "account"
)

// companionMismatch compares what is sent along with the key to what the API says that
// the key belongs to.
func companionMismatch(c *Case) (Finding, bool) {
	if !c.genuine() && c.settled() != provider.TenantMismatch {
		return Finding{}, false
	}
	id := c.identity()
	told := map[string]string{roleTenant: id.Tenant, roleUser: id.User, roleAccount: id.Account}
	for _, name := range slices.Sorted(maps.Keys(c.Slot.Slots)) {
		companion, role := c.Slot.Slots[name], companionRole(name)
		if !filled(companion) || told[role] == "" || companion.Value.Text.Equal(secret.New(told[role])) {
			continue
		}
		return Finding{
			At: c.companionAt(companion),
			Message: fmt.Sprintf("%q, which is sent along with %s, names another %s: the key belongs to %s %q",
				name, c.subject(), role, role, told[role]),
			Fix:     c.mendCompanion(companion, role),
			Related: c.companionRelated(companion),
		}, true
	}
	return Finding{}, false
}

// refusedTenant is about an API that says itself that tenant or region do not go with
// the key, without telling whose the key is.
func refusedTenant(c *Case) (Finding, bool) {
	switch c.settled() {
	case provider.RegionMismatch:
		return Finding{
			At:      c.at(),
			Message: fmt.Sprintf("%s holds a key of another region than the host that is asked%s%s", c.subject(), c.meaning(), c.heard()),
			Fix:     fmt.Sprintf("ask the host of the key's region, or put a key of this region %s", c.change()),
			Related: c.shadowed(),
		}, true
	case provider.TenantMismatch:
		f := Finding{
			At:      c.at(),
			Message: fmt.Sprintf("%s holds a key that %s refuses for the tenant sent along%s%s", c.subject(), c.service(), c.meaning(), c.heard()),
			Fix:     fmt.Sprintf("put the key of this tenant %s", c.change()),
			Related: c.shadowed(),
		}
		if companion, ok := c.tenantCompanion(); ok {
			f.At, f.Fix, f.Related = c.companionAt(companion), c.mendCompanion(companion, roleTenant), c.companionRelated(companion)
		}
		return f, true
	}
	return Finding{}, false
}

// tenantCompanion is the variable that names the tenant: by its name, or because it is
// the only one that is sent along.
func (c *Case) tenantCompanion() (keys.Companion, bool) {
	names := slices.Sorted(maps.Keys(c.Slot.Slots))
	for _, name := range names {
		if companionRole(name) == roleTenant && filled(c.Slot.Slots[name]) {
			return c.Slot.Slots[name], true
		}
	}
	if len(names) == 1 && filled(c.Slot.Slots[names[0]]) {
		return c.Slot.Slots[names[0]], true
	}
	return keys.Companion{}, false
}

func filled(companion keys.Companion) bool {
	return companion.Value.State == model.Known && !companion.Value.Text.IsEmpty()
}

func (c *Case) companionAt(companion keys.Companion) pos.Span {
	return firstPlace(companion.Value.Trail.At(), c.at())
}

func (c *Case) mendCompanion(companion keys.Companion, role string) string {
	if at := companion.Value.Trail.At(); at.IsValid() {
		return fmt.Sprintf("set %q at %s to the key's %s, or put the key of the %s that is meant %s",
			companion.Variable, place(at), role, role, c.change())
	}
	return fmt.Sprintf("set %q to the key's %s, or put the key of the %s that is meant %s", companion.Variable, role, role, c.change())
}

func (c *Case) companionRelated(companion keys.Companion) []Related {
	out := []Related{{At: c.at(), Message: "the key comes from " + source(c.Slot.Value.Trail)}}
	for _, d := range companion.Value.Losers {
		out = append(out, Related{At: d.At(), Message: fmt.Sprintf("replaced: another definition of %q, in %s", companion.Variable, source(d.Value.Trail))})
	}
	return append(out, c.expectedAt()...)
}

// companionRole says what a variable names, by the words of its name; empty when they
// do not tell, or tell that it is an address or a further secret. A user or an account
// has names as well as an id, and only an id can be compared.
func companionRole(name string) string {
	role, isID := "", false
	for w := range strings.SplitSeq(strings.ToUpper(name), "_") {
		switch w {
		case "URL", "URI", "HOST", "ENDPOINT", "KEY", "TOKEN", "SECRET", "PASSWORD", "AGENT", "NAME", "EMAIL":
			return ""
		case "ID", "UID", "UUID":
			isID = true
		case "TENANT", "TENANTID", "ORG", "ORGANIZATION", "ORGANISATION", "WORKSPACE":
			role = roleTenant
		case "USER":
			role = roleUser
		case "USERID":
			role, isID = roleUser, true
		case "ACCOUNT":
			role = roleAccount
		case "ACCOUNTID":
			role, isID = roleAccount, true
		}
	}
	if role == roleTenant || isID {
		return role
	}
	return ""
}
