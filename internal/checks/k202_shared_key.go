package checks

import (
	"fmt"
	"slices"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
)

const idSharedKey = "K202"

func sharedKey() Check {
	return Check{
		ID: idSharedKey, Name: "shared-key", Severity: Error, Run: shared, Weighs: sharedWeighs,
		Page: Page{
			Summary: "One key serves two environments.",
			Why: "Whoever can read staging's secrets has production's, and a load test in staging uses up production's quota. " +
				"When the key has to be replaced in one environment, the other one stops working.",
			Bad: `# .env.staging
PAYMENT_API_KEY=sk_live_CANARYshared

# .env.production
PAYMENT_API_KEY=sk_live_CANARYshared`,
			Good: `# .env.staging
PAYMENT_API_KEY=sk_test_CANARYstaging

# .env.production
PAYMENT_API_KEY=sk_live_CANARYproduction`,
			Fix: "Create a key of its own for each environment at the vendor and define it there. Where one key is meant to serve several environments, `policy: {reuse: allow}` in `keyfit.yaml` says so for all keys.",
			Limits: "Only known values are compared, under whatever names they stand, and each group of slots with one key is reported once. " +
				"Environments whose names speak of one stage, such as `api-staging` and `web-staging`, get a warning. " +
				"Two environments that both take the key from the same variable of keyfit's own process are not reported: there the same run merely looks at both. `keyfit merge` compares the reports of several runs, such as jobs with a secret each.",
			See: []string{"K106", "K205"},
		},
	}
}

func shared(c *Case) (Finding, bool) {
	if c.Run.file().Policy.Reuse == "allow" || !c.arrives() {
		return Finding{}, false
	}
	group := c.sameKey()
	if len(group) < 2 || slices.MinFunc(group, compareCases) != c || !conflicting(group) {
		return Finding{}, false
	}
	return reuse(group), true
}

// sharedWeighs: the parts of one stage that share its key endanger no other stage.
func sharedWeighs(c *Case) Severity { return reuseWeighs(c.sameKey()) }

func reuseWeighs(group []*Case) Severity {
	var names []string
	for _, o := range group {
		names = append(names, o.Slot.Environment)
	}
	if provider.SameStage(names) {
		return Warning
	}
	return Error
}

// reuse tells of the first of several cases that they all hold one key.
func reuse(group []*Case) Finding {
	order.By(group, compareCases)
	c := group[0]
	return Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s holds the same key of %s as %s", c.subject(), c.service(), quoted(c.others(group))),
		Fix:     fmt.Sprintf("create a key for each environment at %s and define it there, or set policy.reuse to allow", c.service()),
		Related: c.elsewhere(group),
	}
}

// Reuse is the finding about cases that hold one key, as the fingerprints of saved reports
// tell. That it is not one run that was shown one variable for all of them is for the caller to
// know.
func Reuse(group []*Case) Finding {
	group = slices.Clone(group)
	check := sharedKey()
	check.Weighs = func(*Case) Severity { return reuseWeighs(group) }
	return completed(reuse(group), check, group[0])
}

// sameKey lists the cases that receive this case's text, itself included.
func (c *Case) sameKey() []*Case {
	return slices.DeleteFunc(c.Run.slots(), func(o *Case) bool {
		return o != c && (!o.arrives() || !o.Slot.Value.Text.Equal(c.Slot.Value.Text))
	})
}

// conflicting reports whether two environments really have the key each, rather than
// both being shown the same variable of keyfit's process.
func conflicting(group []*Case) bool {
	for i, a := range group {
		for _, b := range group[i+1:] {
			if a.Slot.Environment != b.Slot.Environment && !sameProcessVariable(a, b) {
				return true
			}
		}
	}
	return false
}

func sameProcessVariable(a, b *Case) bool {
	x, y := a.Slot.Value.Trail.Origin(), b.Slot.Value.Trail.Origin()
	return x.Kind == model.KindProcess && y.Kind == model.KindProcess && x.What == y.What
}

// others lists the further environments of a group.
func (c *Case) others(group []*Case) []string {
	var names []string
	for _, o := range group {
		if o.Slot.Environment != c.Slot.Environment {
			names = append(names, o.Slot.Environment)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// elsewhere lists where the other environments get the key from, each place once.
func (c *Case) elsewhere(group []*Case) []Related {
	type placed struct {
		environment, variable string
		at                    pos.Span
	}
	var out []Related
	seen := map[placed]bool{}
	for _, o := range group {
		key := placed{o.Slot.Environment, o.Slot.Variable, o.at()}
		if o.Slot.Environment == c.Slot.Environment || seen[key] {
			continue
		}
		seen[key] = true
		out = append(out, Related{At: o.at(), Message: fmt.Sprintf("the same key, as %q in %q", o.Slot.Variable, o.Slot.Environment)})
	}
	return out
}
