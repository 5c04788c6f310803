package tree

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
)

// Environments are the words by which people name where a deploy goes.
func Environments() []string {
	return []string{
		"production", "prod", "prd", "live", "staging", "stage", "stg", "development", "dev", "testing", "test",
		"tst", "qa", "uat", "preprod", "preview", "integration", "int", "sandbox", "demo", "acceptance", "acc", "canary",
	}
}

// ofTests are those of them that say as often what a job does, or what it does it with, so
// that they name an environment only where a deploy is spoken of.
func ofTests() []string {
	return []string{"testing", "test", "tst", "integration", "int", "acceptance", "acc"}
}

// OfJob is Environment for the name of a job: "deploy-test" goes to test, and "e2e-test" goes
// nowhere.
func OfJob(name string) string {
	found := Environment(name)
	if slices.Contains(ofTests(), found) && !DeployName(name) {
		return ""
	}
	return found
}

// Environment finds the word for an environment in a name such as "deploy-prod"; empty when
// there is none, or more than one.
func Environment(name string) string {
	words := strings.FieldsFunc(separated(name), func(c rune) bool { return strings.ContainsRune("-_./: ()", c) })
	found := ""
	for i, w := range words {
		if w == "pre" && i+1 < len(words) && strings.HasPrefix(words[i+1], "prod") {
			words[i+1] = "preprod"
		}
		if !slices.Contains(Environments(), w) || w == found {
			continue
		}
		if found != "" {
			return ""
		}
		found = w
	}
	return found
}

// separated puts a dash between the words of a name like deployProd.
func separated(name string) string {
	var b strings.Builder
	for i, c := range name {
		if i > 0 && c >= 'A' && c <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z' {
			b.WriteByte('-')
		}
		b.WriteRune(c)
	}
	return strings.ToLower(b.String())
}

var deployName = lazy.Regexp(`(?i)deploy|rollout|promote|(?:^|[-_ ])(?:ship|release)(?:$|[-_ ])`)

// DeployName reports whether the name of a job says that it deploys.
func DeployName(name string) bool { return deployName().MatchString(name) }
