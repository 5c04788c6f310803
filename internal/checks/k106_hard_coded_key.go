package checks

import (
	"fmt"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/provider"
)

func hardCodedKey() Check {
	return Check{
		ID: "K106", Name: "hard-coded-key", Severity: Warning, Run: hardCoded,
		Page: Page{
			Summary: "A literal key stands in a script, a values file, a manifest or an image.",
			Why: "Everyone who can read the repository has the key, and so has everyone who ever cloned it: removing the line later does not remove it from the history. " +
				"A literal in a script also wins over the files and secrets that were meant to supply the key, and it is the same in every environment that the script deploys.",
			Bad: `# deploy.sh
export PAYMENT_API_KEY=sk_live_CANARYproduction
./serve`,
			Good: `# deploy.sh: the job supplies it
: "${PAYMENT_API_KEY:?is not set}"
export PAYMENT_API_KEY
./serve`,
			Fix: "Put the key into the secret store of the CI or of the platform and hand it over by name. Then replace the key at the vendor, because the old one is in the history of the repository.",
			Limits: "Files that only set variables (`.env`, `staging.env`) and the `inputs` of `keyfit.yaml` are where values belong and are not reported, even where a script sources them. A Secret in a manifest is plain text: base64 hides nothing. " +
				"Only texts that have the form of a known kind of key, or that a declared key variable receives, are reported. Keys that no slot receives are not looked for: that is the work of a secret scanner. " +
				"What the vendor calls public (a publishable key) is none, nor what stands under a name that a framework hands to browsers (`NEXT_PUBLIC_`, `VITE_`, `REACT_APP_`, `EXPO_PUBLIC_`, `NUXT_PUBLIC_`, `PUBLIC_`, `GATSBY_`, `VUE_APP_`, `NG_APP_`), " +
				"unless its form is that of a secret: then everybody who loads the page has it.",
			See: []string{"K105", "K202"},
		},
	}
}

func hardCoded(c *Case) (Finding, bool) {
	if !c.arrives() || !c.looksReal() || c.isPublic() {
		return Finding{}, false
	}
	hop, ok := literal(c.Slot.Value.Trail)
	if !ok {
		return Finding{}, false
	}
	f := Finding{
		At:      hop.At,
		Message: fmt.Sprintf("the key for %s stands in plain text at %s", c.subject(), place(hop.At)),
		Fix:     fmt.Sprintf("hand it over from a secret store under the name %q, and replace the key at %s: the old one stays in the history", c.Slot.Variable, c.service()),
	}
	if provider.IsExposed(c.Slot.Form, c.Slot.Variable) {
		f.Message += ", and under this name it is handed to browsers, so that everybody who loads the page has it"
		f.Fix = fmt.Sprintf("take it out of what browsers get, keep it on the server under another name, and replace the key at %s", c.service())
	}
	return f, true
}

// isPublic reports whether everybody may read the key.
func (c *Case) isPublic() bool { return provider.IsPublic(c.Slot.Form, c.Slot.Variable) }

// put says where a key is to be put. A text in code is no place for one: there it is handed over.
func (c *Case) put(key string) string {
	hop, ok := literal(c.Slot.Value.Trail)
	if !ok || !c.arrives() || !c.looksReal() || c.isPublic() {
		return fmt.Sprintf("put %s %s", key, c.change())
	}
	return fmt.Sprintf("hand over %s from the secret store in place of the text at %s", key, place(hop.At))
}

// looksReal reports whether the text is a key, rather than anything that a variable
// with a telling name may hold.
func (c *Case) looksReal() bool {
	return c.Slot.Declared != nil || c.Slot.Form != nil && !c.Slot.Form.Weak || provider.IsExposed(c.Slot.Form, c.Slot.Variable)
}

// literal gives the place in code at which a value stands as text. A value that was put
// together with something from outside is no literal.
func literal(t model.Trail) (model.Hop, bool) {
	var found model.Hop
	for _, hop := range t.Hops() {
		switch {
		case hop.Kind == model.KindProcess || hop.Kind == model.KindInput:
			return model.Hop{}, false
		case !hop.Literal:
		case hop.Kind == model.KindDotenv || isEnvFile(hop.At.File) || !hop.At.IsValid():
			return model.Hop{}, false
		case !found.Literal:
			found = hop
		}
	}
	return found, found.Literal
}
