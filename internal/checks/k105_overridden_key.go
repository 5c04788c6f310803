package checks

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/provider"
)

func overriddenKey() Check {
	return Check{
		ID: "K105", Name: "overridden-key", Severity: Warning, Run: overridden,
		Page: Page{
			Summary: "A later definition replaced the declared key with another value.",
			Why: "The key that stands in the environment's file is not the one that arrives. Whoever rotates or checks the file works on a dead line, " +
				"and the deploy goes on with a key that nobody looks at: often a developer's, left in a script.",
			Bad: `# .env.staging
PAYMENT_API_KEY=sk_test_CANARYstaging

# deploy.sh
source .env.staging
export PAYMENT_API_KEY=sk_test_CANARYdeveloper`,
			Good: `# .env.staging
PAYMENT_API_KEY=sk_test_CANARYstaging

# deploy.sh
set -a
source .env.staging
set +a`,
			Fix: "Define the key once. Remove the later assignment, or, if that one is right, the earlier. Where a default is meant, write it so: `${PAYMENT_API_KEY:-default}`.",
			Limits: "It fires when another mechanism or another line of the same file replaces the value: a script over a file, a file over the job's environment, the job's environment over a file. " +
				"Layers of one kind, such as `.env` and then `.env.staging`, a chart's `values.yaml` and then `values-staging.yaml`, `terraform.tfvars` and then `staging.tfvars`, the default of a variable of Terraform, or a base and then its overlay, replace each other on purpose and are no finding, unless the file that bears the environment's name is the one that lost; neither are secrets that the CI system keeps, of which a narrower scope or a line such as `export KEY=$STAGING_KEY` chooses one; neither is a definition with the same value, an empty one or a placeholder. " +
				"When the new value is unknown, it may be the same after all; the message says that it cannot be compared.",
			See: []string{"K106", "K205", "K107"},
		},
	}
}

func overridden(c *Case) (Finding, bool) {
	v := c.Slot.Value
	if c.missing() || v.Why == model.WhyAmbiguous {
		return Finding{}, false
	}
	loser, ok := c.replaced()
	if !ok {
		return Finding{}, false
	}
	return Finding{
		At:      firstPlace(v.Trail.At(), loser.At(), c.at()),
		Message: fmt.Sprintf("%s: %s", c.subject(), replacement(v, loser)),
		Fix:     onlyOne(v, loser),
		Related: c.shadowed(),
	}, true
}

// replaced gives the strongest definition with another content that was replaced by
// another mechanism or step. Each loser is judged by the definition right above it: of
// two layers below a script the script replaced only the upper.
func (c *Case) replaced() (model.Definition, bool) {
	v := c.Slot.Value
	above := v.Trail
	for _, d := range v.Losers {
		if differs(v, d.Value) && !stacked(above, d.Value.Trail, c.Slot.Environment) && declares(d.Value, c.Slot.Provider) && !chosen(v, d.Value) {
			return d, true
		}
		above = d.Value.Trail
	}
	return model.Definition{}, false
}

// chosen reports whether one secret that the CI system keeps was put in another one's place, as
// narrower scopes do, and lines such as `export KEY=$STAGING_KEY`: no text in the repository is dead.
func chosen(winner, loser model.Value) bool {
	return kept(winner) && kept(loser) && model.IsPipelineKind(definer(loser.Trail).Kind)
}

// kept reports whether a value comes from what a CI system keeps, and from nothing else.
func kept(v model.Value) bool {
	hops := v.Trail.Hops()
	if v.State == model.Unknown && v.Why != model.WhyCISecret || slices.ContainsFunc(hops, func(h model.Hop) bool { return h.Literal }) {
		return false
	}
	return slices.ContainsFunc(hops, func(h model.Hop) bool {
		return h.Kind == model.KindProcess || h.Kind == model.KindInput || model.IsPipelineKind(h.Kind)
	})
}

// differs reports whether two contents are, or may be, different. Two unknown ones have
// their own finding already.
func differs(v, w model.Value) bool {
	if v.State == model.Known && w.State == model.Known {
		return !v.Text.Equal(w.Text)
	}
	return v.State != w.State
}

// stacked reports whether one layer replaced another under the same name. What came
// after that, such as a script that exports the result, replaced nothing.
func stacked(winner, loser model.Trail, environment string) bool {
	own := definer(loser)
	if isVariableDefault(own) {
		return true
	}
	return slices.ContainsFunc(winner.Hops(), func(hop model.Hop) bool {
		switch {
		case isOverlay(hop, own):
			return !inverted(hop, own, environment)
		case !layered(hop, own) || !sameName(hop, own):
			return false
		case isFlag(hop):
			_, written := literal(winner)
			return !written || isChartDefault(own) && !inverted(hop, own, environment)
		}
		return !inverted(hop, own, environment)
	})
}

// isOverlay reports whether a kustomization changes what a base says, which is what it is
// for.
func isOverlay(winner, loser model.Hop) bool {
	return winner.Kind == model.KindKustomize && winner.At.File != loser.At.File &&
		slices.Contains([]string{model.KindKustomize, model.KindManifest, model.KindSecret, model.KindConfigMap, model.KindDotenv}, loser.Kind)
}

// isFlag reports whether a value of a chart was set on the command line: to hand over a
// key from outside, or to write one over that of a file.
func isFlag(hop model.Hop) bool { return hop.Kind == model.KindHelmValues && !hop.Literal }

// isChartDefault reports whether a definition is one that every environment is meant to
// replace.
func isChartDefault(hop model.Hop) bool {
	return hop.Kind == model.KindHelmValues && path.Base(hop.At.File) == "values.yaml"
}

// isVariableDefault reports the same of a variable of Terraform.
func isVariableDefault(hop model.Hop) bool {
	return hop.Kind == model.KindTerraform && hop.Literal && strings.HasPrefix(hop.What, "var.")
}

// sameName reports whether two hops define the same name. A chart's own values stand
// below its name where another chart contains it.
func sameName(winner, loser model.Hop) bool {
	a, b := nameIn(winner), nameIn(loser)
	return a == b || winner.Kind == model.KindHelmValues && loser.Kind == model.KindHelmValues &&
		(strings.HasSuffix(a, "."+b) || strings.HasSuffix(b, "."+a))
}

// inverted reports whether the environment's own file lost to a general one.
func inverted(winner, loser model.Hop, environment string) bool {
	return environment != "" && strings.Contains(loser.At.File, environment) && !strings.Contains(winner.At.File, environment)
}

// nameIn is the name that a hop defines: the last word of what it says.
func nameIn(hop model.Hop) string {
	words := strings.Fields(hop.What)
	if len(words) == 0 {
		return ""
	}
	name, _, _ := strings.Cut(words[len(words)-1], "=")
	return name
}

// layered reports whether a definition replaces another of its own kind, as files are
// stacked on purpose. Two lines of one file are not.
func layered(winner, loser model.Hop) bool {
	if isEnvFile(winner.At.File) && isEnvFile(loser.At.File) {
		return winner.At.File != loser.At.File
	}
	if winner.Kind == model.KindInput && loser.Kind == model.KindProcess {
		return true // keyfit.yaml says what the deploy gets instead of this job's own
	}
	if winner.Kind != loser.Kind {
		return false
	}
	switch winner.Kind {
	case model.KindShell, model.KindJenkins:
		return false
	case model.KindManifest, model.KindSecret, model.KindConfigMap:
		// The same object is applied once more. Otherwise two objects supply one variable.
		return winner.What == loser.What && winner.At.File != loser.At.File
	}
	return winner.At.File != loser.At.File || winner.At.File == ""
}

// declares reports whether a definition means anything: an empty one and a placeholder
// wait to be replaced.
func declares(v model.Value, p *provider.Provider) bool {
	if v.State != model.Known {
		return true
	}
	return !v.Text.IsEmpty() && len(standIns(provider.Inspect(v.Text, p))) == 0
}

func replacement(v model.Value, loser model.Definition) string {
	with := "another one"
	if v.State != model.Known || loser.Value.State != model.Known {
		with = "one that cannot be compared here"
	}
	if definer(v.Trail).Kind == model.KindProcess {
		return fmt.Sprintf("the value of %s never arrives, because %s holds %s", source(loser.Value.Trail), source(v.Trail), with)
	}
	return fmt.Sprintf("%s replaces the value of %s with %s", source(v.Trail), source(loser.Value.Trail), with)
}

func onlyOne(v model.Value, loser model.Definition) string {
	if definer(v.Trail).Kind == model.KindProcess {
		return fmt.Sprintf("unset %s, or remove the value of %s, which never arrives", source(v.Trail), source(loser.Value.Trail))
	}
	if by := definer(v.Trail); model.IsPipelineKind(by.Kind) && !by.Literal {
		return fmt.Sprintf("remove the value of %s, which never arrives; or what stands at %s, and it does", source(loser.Value.Trail), source(v.Trail))
	}
	return fmt.Sprintf("remove the assignment at %s, and the value of %s arrives; or remove the latter, which never does", source(v.Trail), source(loser.Value.Trail))
}

// shadowed lists the definitions that lost to the value.
func (c *Case) shadowed() []Related {
	var out []Related
	v := c.Slot.Value
	for _, d := range v.Losers {
		if d.Value.State == model.Known && d.Value.Text.IsEmpty() {
			continue // an empty default is meant to be replaced
		}
		message := "replaced: this definition has another value"
		switch {
		case v.State == model.Known && d.Value.State == model.Known && v.Text.Equal(d.Value.Text):
			message = "replaced: this definition has the same value"
		case v.State != model.Known && v.State != model.Absent, d.Value.State != model.Known:
			message = "replaced: this definition cannot be compared here"
		}
		if !d.At().IsValid() {
			message += ", in " + source(d.Value.Trail)
		}
		out = append(out, Related{At: d.At(), Message: message})
	}
	return out
}
