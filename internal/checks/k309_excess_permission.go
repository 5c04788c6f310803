package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/provider"
)

func excessPermission() Check {
	return Check{
		ID: "K309", Name: "excess-permission", Severity: Warning, Run: excess,
		Page: Page{
			Summary: "An admin or root key is used where a narrow one would do.",
			Why:     "Whoever gets hold of the application's environment, by a log, a dump or a hole in a dependency, gets the whole account: users, keys, billing and data.",
			Bad: `# .env.production
OPENAI_API_KEY=sk-admin-CANARYeverything`,
			Good: `# .env.production
OPENAI_API_KEY=sk-svcacct-CANARYcheckout`,
			Fix: "Create a key with only the permissions that the application needs and supply that one. Where wide rights are really needed, name them under `expect`: `scopes: [admin]`, or the kind of key under `kind`.",
			Limits: "It goes by what the API tells (administrator's rights, or one of the scopes `*`, `all`, `admin`, `root`, `owner`, `superuser`) and by kinds of keys that are administrators' by their form. " +
				"An ordinary key with many single rights is not found.",
			See: []string{"K307", "K308"},
		},
	}
}

func excess(c *Case) (Finding, bool) {
	what := c.tooMuch()
	if what == "" || !c.genuine() && c.settled() != provider.KeyKindWrong {
		return Finding{}, false
	}
	return Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s holds %s at %s", c.subject(), what, c.service()),
		Fix:     fmt.Sprintf("create %s and put it %s, or expect these rights in keyfit.yaml", c.narrower(), c.change()),
	}, true
}

// narrower says what to create instead, in the vendor's own terms where they are known.
func (c *Case) narrower() string {
	if form := c.Slot.Form; form != nil && form.Admin && form.Instead != "" {
		return fmt.Sprintf("%s at %s", form.Instead, c.service())
	}
	return fmt.Sprintf("a key at %s with only what the application needs", c.service())
}

// tooMuch says which rights go too far; empty when none does, or they are expected.
func (c *Case) tooMuch() string {
	form, e, id := c.Slot.Form, c.expect(), c.identity()
	for _, scope := range id.Scopes {
		if isAdminScope(scope) && !slices.Contains(e.Scopes, scope) {
			return fmt.Sprintf("a key with the scope %q", scope)
		}
	}
	switch {
	case e.Kind != "" && form != nil && e.Kind == form.Kind, slices.ContainsFunc(e.Scopes, isAdminScope):
		return ""
	case form != nil && form.Admin:
		return fmt.Sprintf("an administrator's key (%s)", form.Kind)
	case id.Admin:
		return "a key with administrator's rights"
	}
	return ""
}

func isAdminScope(scope string) bool {
	switch strings.ToLower(scope) {
	case "*", "*:*", "*.*", "all", "admin", "admin:*", "administrator", "owner", "root", "superuser":
		return true
	}
	return false
}
