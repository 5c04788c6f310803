package provider

import (
	"slices"
	"strings"
)

// The modes of keys.
const (
	testMode = "test"
	liveMode = "live"
)

// UsualMode is the mode that keys have in an environment of such a name: "live", "test", or empty
// when the name does not tell. It is the one place that reads a mode out of a name. Digits and
// all that is no letter part words: prod2 and eu.prod are production, e2e is for tests. A name
// that speaks of both, such as perf-prod, tells nothing, and preprod and non-production are for
// tests.
func UsualMode(environment string) string {
	words := wordsOf(environment)
	live, test := false, false
	for i, w := range words {
		switch {
		case isBeforeLive(w), i > 0 && isLiveWord(w) && slices.Contains(beforeLive, words[i-1]):
			return testMode
		case isLikeLive(w):
			return ""
		case isLiveWord(w):
			live = true
		case isTestWord(w):
			test = true
		}
	}
	switch {
	case live && !test:
		return liveMode
	case test && !live:
		return testMode
	}
	return ""
}

// wordsOf splits a name at all that is no letter, and where a capital follows a small letter.
func wordsOf(name string) []string {
	var b strings.Builder
	var last rune
	for _, r := range strings.NewReplacer("e2e", "testing", "E2E", "testing").Replace(name) {
		if 'A' <= r && r <= 'Z' && 'a' <= last && last <= 'z' {
			b.WriteByte(' ')
		}
		last = r
		b.WriteRune(r)
	}
	return strings.FieldsFunc(strings.ToLower(b.String()), func(r rune) bool { return r < 'a' || 'z' < r })
}

// beforeLive are the words that make something else of production.
var beforeLive = []string{"pre", "non", "not"}

// isBeforeLive reports whether a word is one of preprod, nonproduction, prelive and the like.
func isBeforeLive(word string) bool {
	return slices.ContainsFunc(beforeLive, func(start string) bool {
		rest, ok := strings.CutPrefix(word, start)
		return ok && isLiveWord(rest)
	})
}

// isLikeLive reports whether a word says that something is made after something else: prod-like, prodcopy.
func isLikeLive(word string) bool {
	for _, start := range []string{"", "prod", "production", "live"} {
		if rest, ok := strings.CutPrefix(word, start); ok && slices.Contains([]string{"like", "copy", "clone", "mirror", "shadow", "replica"}, rest) {
			return true
		}
	}
	return false
}

// isLiveWord reports whether a word stands for production, also with a region in front of it or
// behind it: prodeu, euprod. A product is none.
func isLiveWord(word string) bool {
	rest, begins := strings.CutPrefix(word, "prod")
	switch {
	case begins && !strings.HasPrefix(rest, "uc") && !strings.HasPrefix(rest, "ig"), strings.HasPrefix(word, "production"), strings.HasPrefix(word, "prd"):
		return true
	}
	for _, w := range []string{"live", "prod", "production", "prd"} {
		if word == w || isRegionWith(word, w) {
			return true
		}
	}
	return false
}

// testWords stand for environments in which nothing is real.
var testWords = []string{
	"dev", "devel", "develop", "development", "developer", "devs", "test", "tests", "testing", "tst", "qa", "stag", "stage", "staging", "stg",
	"sandbox", "sandboxes", "sbx", "preview", "previews", "review", "reviews", "local", "localhost", "localdev", "ci", "demo", "demos", "uat", "sit",
	"int", "integration", "acc", "acceptance", "perf", "performance", "load", "loadtest", "autotest", "ephemeral", "playground", "feature", "pr", "nightly", "ppe",
}

// testStarts begin other words for such environments; none of them begins an ordinary one.
var testStarts = []string{"devel", "testing", "testenv", "staging", "stage", "sandbox", "preview"}

func isTestWord(word string) bool {
	return slices.Contains(testWords, word) ||
		slices.ContainsFunc(testStarts, func(start string) bool { return strings.HasPrefix(word, start) }) ||
		slices.ContainsFunc([]string{"dev", "test", "qa", "stg", "uat", "demo"}, func(w string) bool { return isRegionWith(word, w) }) ||
		strings.HasSuffix(word, "staging") || strings.HasSuffix(word, "sandbox")
}

// isRegionWith reports whether a text is a word with a region in front of it or behind it.
func isRegionWith(text, word string) bool {
	for _, region := range []string{"eu", "us", "uk", "de", "ap", "apac", "emea", "na", "sa", "au", "jp", "ca", "cn", "ch", "fr", "sg", "br", "east", "west", "north", "south", "central", "global"} {
		if text == region+word || text == word+region {
			return true
		}
	}
	return false
}
