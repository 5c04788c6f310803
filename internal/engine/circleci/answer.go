package circleci

import (
	"regexp"

	"github.com/keyfit/keyfit/internal/pipeline/tree"
)

// answer is what a condition gives.
type answer = tree.Answer

const (
	maybe = tree.Maybe
	no    = tree.No
	yes   = tree.Yes
)

// maxPattern bounds regular expressions of the file.
const maxPattern = 1000

// matchesWhole matches all of a text with an expression of Java. What reads differently
// there, or is not known here, is left open.
func matchesWhole(pattern, text string) answer { return match(`^(?:`+pattern+`)$`, text) }

func match(pattern, text string) answer {
	if len(pattern) > maxPattern {
		return maybe
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return maybe
	}
	return tree.AnswerOf(re.MatchString(text))
}
