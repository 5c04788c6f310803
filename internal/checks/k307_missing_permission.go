package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/provider"
)

func missingPermission() Check {
	return Check{
		ID: "K307", Name: "missing-permission", Severity: Error, Run: permissionMissing,
		Page: Page{
			Summary: "The key lacks what the deploy needs; the finding says which permission.",
			Why:     "The application starts and serves, until the first request that needs the permission. That may be a refund, a week later.",
			Bad: `# keyfit.yaml
keys:
  PAYMENT_API_KEY:
    expect:
      production: {scopes: [charges:write, refunds:write]}
# the API says: scopes ["charges:write"]`,
			Good: `# the key was created again with both scopes
PAYMENT_API_KEY=sk_live_CANARYboth`,
			Fix: "Grant the permission to the key, or create a key that has it, at the vendor. Where a service or an API has to be switched on for the project, do that. Where it is not needed, remove it from `scopes` under `expect`.",
			Limits: "A permission is missed only where the API refuses for want of it, or tells the scopes of the key and those that are expected are not among them. " +
				"A scope `*` and one such as `charges:*` stand for all that they cover. Where scopes are expected and no answer tells any, the slot is unverified (`K401`). What the application will need beyond `scopes` is not known.",
			See: []string{"K309", "K306"},
		},
	}
}

func permissionMissing(c *Case) (Finding, bool) {
	what, related := c.refusedFor(), c.shadowed()
	if what == "" {
		lacking := c.lackingScopes()
		if len(lacking) == 0 || !c.genuine() {
			return Finding{}, false
		}
		what, related = "lacks "+quoted(lacking)+", as expected of it", append(c.expectedAt(), related...)
	}
	return Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s holds a key of %s that %s", c.subject(), c.service(), what),
		Fix:     c.grant(),
		Related: related,
	}, true
}

// refusedFor says for want of what the API refused the key; empty when it did not.
func (c *Case) refusedFor() string {
	if c.displaced() {
		return ""
	}
	needs := c.Verdict.Needs
	var what string
	switch c.settled() {
	case provider.ScopeMissing:
		what = "lacks a permission"
		if needs != "" {
			what = fmt.Sprintf("lacks %q", needs)
		}
	case provider.ResourceNotGranted:
		what = "is not granted what is asked for"
		if needs != "" {
			what = fmt.Sprintf("is not granted %q", needs)
		}
	case provider.ServiceNotEnabled:
		what = "belongs to a project in which the service is not enabled"
		if needs != "" {
			what = fmt.Sprintf("belongs to a project in which %q is not enabled", needs)
		}
	default:
		return ""
	}
	return what + c.meaning() + c.heard()
}

func (c *Case) grant() string {
	switch {
	case c.settled() == provider.ServiceNotEnabled:
		return fmt.Sprintf("enable the service at %s, or put a key of the right project %s", c.service(), c.change())
	case c.Verdict.Needs != "":
		return fmt.Sprintf("grant %q to the key at %s, or put a key that has it %s", c.Verdict.Needs, c.service(), c.change())
	}
	if lacking := c.lackingScopes(); len(lacking) > 0 {
		return fmt.Sprintf("grant %s to the key at %s, or put a key that has it %s", quoted(lacking), c.service(), c.change())
	}
	return fmt.Sprintf("grant it to the key at %s, or put a key that has it %s", c.service(), c.change())
}

// lackingScopes lists the expected scopes that the key is told not to have.
func (c *Case) lackingScopes() []string {
	has := c.identity().Scopes
	if len(has) == 0 {
		return nil
	}
	var out []string
	for _, wanted := range c.expect().Scopes {
		if !slices.ContainsFunc(has, func(scope string) bool { return includes(scope, wanted) }) {
			out = append(out, wanted)
		}
	}
	return out
}

// includes reports whether a scope is the wanted one or a wildcard over it.
func includes(scope, wanted string) bool {
	if prefix, wild := strings.CutSuffix(scope, "*"); wild {
		return strings.HasPrefix(wanted, prefix)
	}
	return scope == wanted
}
