package checks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

func ambiguousKey() Check {
	return Check{
		ID: "K107", Name: "ambiguous-key", Severity: Warning, Run: ambiguous,
		Page: Page{
			Summary: "The value of a key depends on something undecided; all candidates are listed.",
			Why:     "Which key arrives is decided only while the deploy runs: by a condition, by the tool that happens to load a file, by whether a file exists. None of the candidates was tested as the one that arrives.",
			Bad: `# deploy.sh
if curl -fsS https://flags.example.com/new-key; then
  export PAYMENT_API_KEY="$NEW_PAYMENT_KEY"
else
  export PAYMENT_API_KEY="$OLD_PAYMENT_KEY"
fi`,
			Good: `# deploy.sh
export PAYMENT_API_KEY="$NEW_PAYMENT_KEY"`,
			Fix:    "Decide it before the deploy: by an argument of the script, by a variable of the environment, or by naming the dialect of a `.env` file under `dotenv` in `keyfit.yaml`.",
			Limits: "The candidates are named by their places, never by their values. Candidates with the same value count as one, and one candidate is no finding.",
			See:    []string{"K102", "K105"},
		},
	}
}

func ambiguous(c *Case) (Finding, bool) {
	v := c.Slot.Value
	if v.State != model.Unknown || v.Why != model.WhyAmbiguous {
		return Finding{}, false
	}
	f := Finding{
		At:      v.Trail.At(),
		Message: fmt.Sprintf("%s is one of %d candidates, and what decides is not known here", c.subject(), len(v.Alternatives)),
		Fix:     cmp.Or(notHanded(v.Alternatives), lacking(v), prefixed("decide what it depends on: ", v.Needs), "decide it before the deploy"),
	}
	for i, a := range v.Alternatives {
		f.Related = append(f.Related, Related{At: a.Trail.At(), Message: candidate(i+1, a)})
		f.At = firstPlace(f.At, a.Trail.At())
	}
	f.At = firstPlace(f.At, c.at())
	return f, true
}

// lacking says what one candidate needs, where nothing else decides.
func lacking(v model.Value) string {
	if slices.ContainsFunc(v.Alternatives, func(a model.Value) bool { return a.State == model.Unknown && a.Needs == v.Needs }) {
		return prefixed("supply what is missing here: ", v.Needs)
	}
	return ""
}

// notHanded names the secrets that keyfit's own step would have to be given, when that is why the
// candidates are not known.
func notHanded(candidates []model.Value) string {
	var names []string
	var at string
	for _, v := range candidates {
		if v.State == model.Known {
			continue
		}
		kept, named, ok := stored(v.Trail)
		if !ok || !strings.Contains(v.Needs, model.OwnStep) {
			return ""
		}
		names, at = append(names, kept.Name), place(named)
	}
	if len(names) == 0 {
		return ""
	}
	if len(names) == 1 {
		return fmt.Sprintf("add the secret %q to the `env` of keyfit's own step, as it is at %s", names[0], at)
	}
	return fmt.Sprintf("add the secrets %s to the `env` of keyfit's own step, as they are at %s", quoted(names), at)
}

func candidate(number int, v model.Value) string {
	switch {
	case v.State == model.Absent:
		return fmt.Sprintf("candidate %d: nothing, the variable stays unset", number)
	case v.State == model.Unknown:
		return fmt.Sprintf("candidate %d: not known either, %s", number, whyUnknown(v.Why))
	case v.Text.IsEmpty():
		return fmt.Sprintf("candidate %d: an empty text", number)
	}
	return fmt.Sprintf("candidate %d: the value of %s", number, source(v.Trail))
}
