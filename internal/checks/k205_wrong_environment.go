package checks

import (
	"fmt"

	"github.com/keyfit/keyfit/internal/model"
)

const idWrongEnvironment = "K205"

func wrongEnvironment() Check {
	return Check{
		ID: idWrongEnvironment, Name: "wrong-environment", Severity: Error, Run: environmentMismatch,
		Page: Page{
			Summary: "This environment's API rejects the key and another environment's accepts it, or the API says so.",
			Why: "The key is fine, and it is the wrong one: every request of the deploy will be refused. The error that the application logs says `invalid key`, " +
				"so that people replace a key that was never broken.",
			Bad: `# .env.staging
PAYMENT_API_KEY=sk_test_CANARYstaging

# deploy.sh
source .env.staging
export PAYMENT_API_KEY=sk_test_CANARYdeveloper   # "just for a moment", last spring`,
			Good: `# deploy.sh
source .env.staging
export PAYMENT_API_KEY`,
			Fix: "Supply this environment's own key at the place that is named. Where the finding lists a definition that was replaced, that one is often the right key: removing the line that replaces it is enough.",
			Limits: "The other environments' hosts are asked only when this one's has rejected the key, and only when the provider declares several hosts; `siblings: never` forbids it. " +
				"A key that belongs to an environment that the provider does not declare is `K301`.",
			See: []string{"K105", "K201", "K301"},
		},
	}
}

func environmentMismatch(c *Case) (Finding, bool) {
	if !c.displaced() || c.foreign() {
		return Finding{}, false
	}
	return Finding{
		At:      c.at(),
		Message: c.subject() + " " + c.otherEnvironment(),
		Fix:     c.ownKey(),
		Related: append(c.twins(), c.shadowed()...),
	}, true
}

func (c *Case) otherEnvironment() string {
	e := c.Verdict.Elsewhere
	if e == nil {
		return fmt.Sprintf("holds a key that %s says is for another environment%s%s%s", c.service(), c.meaning(), c.heard(), c.itsOwner("belongs to"))
	}
	of := ""
	if o := owner(e.Identity); o != "" {
		of = " of " + o
	}
	return fmt.Sprintf("holds the %s key%s: the API of %s rejects it%s, and the API of %s accepts it",
		word(e.Environment), of, word(c.Slot.Environment), c.heard(), word(e.Environment))
}

// ownKey says where the right key is to be put, and which definition it may be.
func (c *Case) ownKey() string {
	fix := c.put(fmt.Sprintf("the key of %q", c.Slot.Environment))
	if at := c.Slot.Value.Trail.At(); at.IsValid() {
		for _, d := range c.Slot.Value.Losers {
			if d.Value.State == model.Known && differs(c.Slot.Value, d.Value) && declares(d.Value, c.Slot.Provider) {
				return fmt.Sprintf("remove the assignment at %s if the value of %s, which it replaces, is the right one; otherwise %s",
					place(at), source(d.Value.Trail), fix)
			}
		}
	}
	return fix
}

// twins lists where the environment that accepts the key gets the same one from.
func (c *Case) twins() []Related {
	if c.Verdict.Elsewhere == nil {
		return nil
	}
	var out []Related
	for _, o := range c.sameKey() {
		if o.Slot.Environment == c.Verdict.Elsewhere.Environment && o != c {
			out = append(out, Related{At: o.at(), Message: fmt.Sprintf("the same key, as %q in %q", o.Slot.Variable, o.Slot.Environment)})
		}
	}
	return out
}
