package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/sources"
)

func nameMismatch() Check {
	return Check{
		ID: "K108", Name: "name-mismatch", Severity: Warning, Run: misnamed,
		Page: Page{
			Summary: "The application reads another name than the one that is supplied.",
			Why: "The key is right and arrives, and the application never looks at it: it finds its own variable empty. That shows as a refused " +
				"request after the deploy, or not before the first customer pays.",
			Bad: `# deployment.yaml
env:
  - {name: STRIPE_KEY, valueFrom: {secretKeyRef: {name: stripe, key: api-key}}}

// src/pay.js
const stripe = new Stripe(process.env.STRIPE_API_KEY)`,
			Good: `# deployment.yaml
env:
  - {name: STRIPE_API_KEY, valueFrom: {secretKeyRef: {name: stripe, key: api-key}}}`,
			Fix: "Give the variable the name that the application reads, or let the application read the other one.",
			Limits: "It fires when no source file of the repository holds the supplied name in any spelling, when one of them reads a variable of nearly the same name " +
				"(`process.env.NAME`, `os.environ[\"NAME\"]`, `ENV.fetch(\"NAME\")` and the like), and when no consumer of the environment receives that one. " +
				"Names that are put together at run time are not seen, and a library may read a variable that no source names. " +
				"Sources of more than 5,000 files or 32 MB are not searched, and `keyfit hook` searches none.",
			See: []string{"K101", "K105"},
		},
	}
}

func misnamed(c *Case) (Finding, bool) {
	if c.missing() || c.Slot.File || c.Slot.Consumer.Kind == model.ConsumerCIStep {
		return Finding{}, false
	}
	set := c.Run.sources()
	if !set.Whole || set.Names(c.Slot.Variable) {
		return Finding{}, false
	}
	for _, read := range set.Reads {
		if isNear(c.Slot.Variable, read.Name) && !c.mayReceive(read.Name) {
			return Finding{
				At:      c.at(),
				Message: fmt.Sprintf("%s is read nowhere; the application reads %q, which nothing supplies", c.subject(), read.Name),
				Fix:     fmt.Sprintf("supply the key under the name %q, or read %q at %s", read.Name, c.Slot.Variable, place(read.At)),
				Related: []Related{{At: read.At, Message: "the application reads it here"}},
			}, true
		}
	}
	return Finding{}, false
}

// sources are those of the repository; an empty set, which is not whole, where none is given.
func (r *Run) sources() *sources.Set {
	if r == nil || r.Sources == nil {
		return &sources.Set{}
	}
	return r.Sources()
}

// mayReceive reports whether a consumer of the case's environment receives the variable, or may.
func (c *Case) mayReceive(variable string) bool {
	if receivesOrMay(c, variable) {
		return true
	}
	return slices.ContainsFunc(c.Run.slots(), func(o *Case) bool {
		return o.Slot.Environment == c.Slot.Environment && receivesOrMay(o, variable)
	})
}

func receivesOrMay(c *Case, variable string) bool {
	for _, consumer := range append([]model.Consumer{c.Slot.Consumer}, c.Slot.Also...) {
		v := consumer.Env.Get(variable)
		if v.State == model.Known || v.State == model.Unknown && v.Needs != model.ImageSets {
			return true
		}
	}
	return false
}

// general are the words that names of one key differ by.
var general = []string{
	"API", "KEY", "TOKEN", "SECRET", "ACCESS", "AUTH", "PRIVATE", "LIVE", "PROD", "PRODUCTION", "STAGING", "STAGE", "DEV", "DEVELOPMENT", "TEST",
}

// isNear reports whether two names may well be meant for the same key: STRIPE_KEY and
// STRIPE_API_KEY, PAYMENT_APIKEY and PAYMENT_API_KEY, SENDRGID_API_KEY and SENDGRID_API_KEY.
func isNear(a, b string) bool {
	a, b = strings.ToUpper(a), strings.ToUpper(b)
	if a == b {
		return false
	}
	if strings.ReplaceAll(a, "_", "") == strings.ReplaceAll(b, "_", "") || isMistyped(strings.Split(a, "_"), strings.Split(b, "_")) {
		return true
	}
	own := particular(a)
	return len(own) > 0 && slices.Equal(own, particular(b))
}

func particular(name string) []string {
	return slices.DeleteFunc(strings.Split(name, "_"), func(word string) bool { return word == "" || slices.Contains(general, word) })
}

// isMistyped reports whether two names differ by a slip in one longer word.
func isMistyped(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	slips := 0
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		if slips++; max(len(a[i]), len(b[i])) < 5 || !isSlip(a[i], b[i]) {
			return false
		}
	}
	return slips == 1
}

// isSlip reports whether one letter too many, one too few, a wrong one or two that changed places
// make one word of the other. Digits count: KEY1 and KEY2 are two names.
func isSlip(a, b string) bool {
	start := 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	a, b = a[start:], b[start:]
	for a != "" && b != "" && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if strings.ContainsAny(a+b, "0123456789") {
		return false
	}
	return len(a) <= 1 && len(b) <= 1 || len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
}
