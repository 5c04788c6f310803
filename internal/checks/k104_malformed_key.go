package checks

import (
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/provider"
)

func malformedKey() Check {
	return Check{
		ID: "K104", Name: "malformed-key", Severity: Error, Run: malformed,
		Page: Page{
			Summary: "The key arrives damaged, or it is not of the form or kind that is needed.",
			Why: "The API refuses the text, and its error says `invalid key`, so that a good key gets replaced while the space behind it stays. " +
				"A line break can even end the header in which the key is sent, and the request fails before it leaves.",
			Bad: `# .env.staging: the quotes become part of the key, because docker run --env-file keeps them
PAYMENT_API_KEY="sk_test_CANARYstaging"

# secret.yaml: base64 of the key with a line break, made by echo without -n
data:
  PAYMENT_API_KEY: c2tfdGVzdF9DQU5BUllzdGFnaW5nCg==`,
			Good: `# .env.staging
PAYMENT_API_KEY=sk_test_CANARYstaging

# secret.yaml
stringData:
  PAYMENT_API_KEY: sk_test_CANARYstaging`,
			Fix: "Take off what does not belong to the key at the place that is named: spaces, quotes, line breaks, `Bearer ` in front, the name and `=`. Where the text is cut short or of another form or kind, copy the right key from the vendor again.",
			Limits: "It also fires for a key of a kind that does not serve the purpose, such as a publishable key where a secret one is needed, and for another kind than `kind` under `expect`. " +
				"A text that the API accepts is never called one of a wrong form: vendors bring out new forms. A key of another service is `K109`.",
			See: []string{"K103", "K109", "K301"},
		},
	}
}

func malformed(c *Case) (Finding, bool) {
	what, fix := c.malformation()
	if what == "" {
		return Finding{}, false
	}
	return Finding{
		At:      c.at(),
		Message: c.subject() + " " + what,
		Fix:     fix,
		Related: c.shadowed(),
	}, true
}

// malformation says what is wrong with the text and how to mend it; empty when nothing is.
func (c *Case) malformation() (what, fix string) {
	if !c.arrives() || c.foreign() {
		return "", ""
	}
	form, wanted := c.Slot.Form, c.expect().Kind
	another := fmt.Sprintf("copy the right key from %s and put it %s", c.service(), c.change())
	switch damage := c.damage(); {
	case len(damage) > 0:
		clauses := make([]string, len(damage))
		for i, d := range damage {
			clauses[i] = d.What
		}
		what = fmt.Sprintf("does not arrive as %s: %s", c.aKey(), strings.Join(clauses, "; "))
		if isAboutForm(damage[len(damage)-1].Kind) {
			return what, another
		}
		if damage[0].Kind == provider.FilePath {
			return what, fmt.Sprintf("make %q a plain variable of the CI system, or let the application read the file", c.Slot.Variable)
		}
		return what, fmt.Sprintf("remove what does not belong to the key %s", c.change())
	case c.settled() == provider.KeyKindWrong:
		return fmt.Sprintf("holds %s, which does not serve here%s%s", c.kind(), c.meaning(), c.heard()), another
	case form != nil && form.Wrong: // offline as well
		return fmt.Sprintf("holds %s, which does not serve here", c.kind()), another
	case c.settled() == provider.Malformed:
		return fmt.Sprintf("holds a text that %s calls malformed%s%s", c.service(), c.meaning(), c.heard()), another
	case form != nil && wanted != "" && form.Kind != wanted:
		return fmt.Sprintf("holds %s, expected the kind %q", c.kind(), wanted), another
	}
	return "", ""
}

func (c *Case) kind() string {
	if c.Slot.Form == nil || c.Slot.Form.Kind == "" {
		return "a key of another kind"
	}
	return fmt.Sprintf("a key of the kind %q", c.Slot.Form.Kind)
}
