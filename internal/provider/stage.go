package provider

import "slices"

// SameStage reports whether the names of environments speak of one stage, such as api-staging and
// web-staging do: they share a word for it.
func SameStage(environments []string) bool {
	if len(environments) == 0 {
		return false
	}
	return slices.ContainsFunc(wordsOf(environments[0]), func(word string) bool {
		if !isTestWord(word) && !isLiveWord(word) {
			return false
		}
		return !slices.ContainsFunc(environments[1:], func(other string) bool { return !slices.Contains(wordsOf(other), word) })
	})
}
