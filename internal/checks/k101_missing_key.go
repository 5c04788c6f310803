package checks

import (
	"cmp"
	"fmt"

	"github.com/keyfit/keyfit/internal/model"
)

func missingKey() Check {
	return Check{
		ID: "K101", Name: "missing-key", Severity: Error, Run: missing,
		Page: Page{
			Summary: "A slot that should hold a key receives nothing.",
			Why: "The application starts without the key. It fails at its first request to the API, or worse: it silently falls back to a default, a mock or another account. " +
				"A variable that is set to an empty text is missing as well, because `\"\"` is what the application then sends.",
			Bad: `# keyfit.yaml
keys:
  PAYMENT_API_KEY: {provider: stripe}

# deploy.sh sets it in staging only
if [ "$1" = staging ]; then
  export PAYMENT_API_KEY="$STAGING_PAYMENT_KEY"
fi
./serve`,
			Good: `# deploy.sh
case "$1" in
  staging)    export PAYMENT_API_KEY="$STAGING_PAYMENT_KEY" ;;
  production) export PAYMENT_API_KEY="$PRODUCTION_PAYMENT_KEY" ;;
esac
./serve`,
			Fix: "Define the variable in the deploy path of that environment: in its `.env` file, in its script, or as a secret of the CI that is handed on. " +
				"Where the key is really not needed there, say so with `environments` or `consumers` under `keys` in `keyfit.yaml`.",
			Limits: "Without a declaration in `keyfit.yaml` only variables that are mentioned somewhere can be found missing. A definition that exists and was replaced by nothing is listed beside the finding. What an image sets by itself is not looked at: no key belongs there.",
			See:    []string{"K102", "K105"},
		},
	}
}

func missing(c *Case) (Finding, bool) {
	if !c.missing() {
		return Finding{}, false
	}
	what := "receives nothing"
	if c.Slot.Value.State == model.Known {
		what = "receives an empty text"
	}
	return Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s %s; %s was expected", c.subject(), what, c.aKey()),
		Fix:     c.meantName() + c.supply(),
		Related: c.shadowed(),
	}, true
}

// meantName asks about a name that is received where the declared one is not, and that is nearly
// the same; empty when there is none.
func (c *Case) meantName() string {
	declared := c.Run.file().Keys
	if c.Slot.Declared == nil || c.Slot.Value.State != model.Absent {
		return ""
	}
	for _, o := range append([]*Case{c}, c.Run.slots()...) {
		if o.Slot.Environment != c.Slot.Environment {
			continue
		}
		for _, name := range o.Slot.Consumer.Env.Names() {
			if _, own := declared[name]; !own && isNear(c.Slot.Variable, name) && receivesOrMay(o, name) {
				return fmt.Sprintf("did you mean %q, which arrives? else ", name)
			}
		}
	}
	return ""
}

// supply says where a value is to be put.
func (c *Case) supply() string {
	if kept, named, ok := stored(c.Slot.Value.Trail); ok {
		return fmt.Sprintf("create %s, or correct its name at %s and in keyfit's own step", onGitHub(kept, "in"), place(named))
	}
	for _, hop := range c.Slot.Value.Trail.Hops() {
		if hop.Lacks != "" {
			hop.Stored.Name = cmp.Or(hop.Stored.Name, c.Slot.Variable)
			return hop.Lack()
		}
	}
	if at := c.Slot.Value.Trail.At(); at.IsValid() {
		return fmt.Sprintf("give %q a value at %s", c.Slot.Variable, place(at))
	}
	if c.Slot.Environment == "" {
		return fmt.Sprintf("define %q in the deploy path", c.Slot.Variable)
	}
	return fmt.Sprintf("define %q in the deploy path of %q, or limit keys.%s.environments to where it is needed",
		c.Slot.Variable, c.Slot.Environment, c.Slot.Variable)
}
