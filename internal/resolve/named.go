package resolve

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// namedElsewhere looks for what comes from outside under the name of another stage than the
// one that is deployed: secrets.STRIPE_STAGING_KEY in production. It is the one hint that
// there is when the text itself is not known.
func namedElsewhere(environment string, consumers []model.Consumer) []model.Problem {
	here := stage(environment)
	if here == "" {
		return nil
	}
	var problems []model.Problem
	for _, c := range consumers {
		for name, v := range c.Env.All() {
			if p, ok := misnamed(environment, here, name, v); ok {
				problems = append(problems, p)
			}
		}
	}
	return problems
}

func misnamed(environment, here, variable string, v model.Value) (model.Problem, bool) {
	at := v.Trail.At()
	for _, hop := range v.Trail.Hops() {
		name, err := strconv.Unquote(hop.What)
		if hop.Kind != model.KindInput || err != nil || !at.IsValid() {
			continue
		}
		prefix, plain, ok := strings.Cut(name, ".")
		if meant := stageInName(plain); ok && meant != "" && meant != here {
			return model.Problem{
				At:      at,
				Message: fmt.Sprintf("%s receives %s in a deploy to %q, and that is named after %s", strict.Name(variable), hop.What, environment, meant),
				Fix:     fmt.Sprintf("hand over the one of %q among the %s, or rename it if it serves both", environment, prefix),
			}, true
		}
	}
	return model.Problem{}, false
}

// stageWords are the words in the name of a secret that tell its stage. Others, such as test
// and stage, are as often a part of what it is.
var stageWords = map[string]string{
	"dev": "development", "development": "development", "stg": "staging", "staging": "staging", "preprod": "staging",
	"prd": "production", "prod": "production", "production": "production",
}

// stageInName gives the stage that a name tells; empty when it tells none, or several.
func stageInName(name string) string {
	found := ""
	for word := range strings.FieldsFuncSeq(strings.ToLower(name), func(c rune) bool { return strings.ContainsRune("_-. /", c) }) {
		if s := stageWords[word]; s != "" {
			if found != "" && found != s {
				return ""
			}
			found = s
		}
	}
	return found
}
