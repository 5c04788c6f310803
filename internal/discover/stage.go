package discover

import (
	"strings"
	"unicode"
)

// stages are the words for stages, by what they are counted as: words of one stage are
// spellings of each other.
var stages = map[string]string{
	"prod": "production", "production": "production", "prd": "production", "live": "production",
	"staging": "staging", "stage": "staging", "stg": "staging",
	"dev": "development", "develop": "development", "development": "development",
	"test": "test", "testing": "test", "tst": "test",
	"preprod": "preprod", "preproduction": "preprod", "ppe": "preprod",
	"qa": "qa", "uat": "uat", "sit": "sit", "sandbox": "sandbox", "sbx": "sandbox", "demo": "demo",
	"integration": "integration", "acceptance": "acceptance", "nonprod": "nonprod", "perf": "perf", "canary": "canary", "beta": "beta", "nightly": "nightly",
}

// inNames are those of the stages that the name of a job may hold without being about
// something else.
var inNames = []string{
	"prod", "production", "prd", "live", "staging", "stage", "stg", "dev", "develop", "development", "preprod", "preproduction", "qa", "uat", "sandbox", "demo",
}

// words are the words of a name, in small letters; digits behind a word are left out.
func words(name string) []string {
	var b strings.Builder
	var last rune
	for _, c := range name {
		if unicode.IsUpper(c) && unicode.IsLower(last) {
			b.WriteByte(' ')
		}
		last = c
		if unicode.IsLetter(c) {
			b.WriteRune(unicode.ToLower(c))
		} else {
			b.WriteByte(' ')
		}
	}
	return strings.Fields(b.String())
}

// isStage reports whether a name reads like that of an environment: its first or its last
// word is a stage, as in staging, prod-eu and eu-prod2.
func isStage(name string) bool {
	w := words(name)
	return len(w) > 0 && len(w) <= 4 && (stages[w[0]] != "" || stages[w[len(w)-1]] != "")
}

// sameAs is what all spellings of an environment's name have in common.
func sameAs(name string) string {
	var out []string
	for word := range strings.FieldsFuncSeq(strings.ToLower(name), func(c rune) bool { return strings.ContainsRune("-_./: ", c) }) {
		if stage := stages[word]; stage != "" {
			word = stage
		}
		out = append(out, word)
	}
	return strings.Join(out, "-")
}

// stageIn is the one stage that the name of a job speaks of, as it is spelled there; empty
// when there is none, or several.
func stageIn(name string) string {
	found := ""
	for _, w := range words(name) {
		if !contains(inNames, w) {
			continue
		}
		if found != "" && stages[found] != stages[w] {
			return ""
		}
		if found == "" {
			found = w
		}
	}
	return found
}

func contains(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}

// isEnvironmentName reports whether a configuration takes the name.
func isEnvironmentName(name string) bool {
	return name != "" && name == strings.TrimSpace(name) && len(name) <= 200 && !strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c == 0x7f || unicode.IsControl(c) })
}

// isDynamic reports whether a name is made anew for every run.
func isDynamic(name string) bool { return strings.ContainsAny(name, "$*{}<>") }
