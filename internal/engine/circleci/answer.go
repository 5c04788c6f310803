package circleci

import "regexp"

// answer is what a condition gives: it may be that nobody can tell.
type answer uint8

const (
	maybe answer = iota
	no
	yes
)

func answerOf(b bool) answer {
	if b {
		return yes
	}
	return no
}

func (a answer) not() answer {
	switch a {
	case yes:
		return no
	case no:
		return yes
	}
	return maybe
}

func (a answer) and(b answer) answer {
	switch {
	case a == no || b == no:
		return no
	case a == yes && b == yes:
		return yes
	}
	return maybe
}

func (a answer) or(b answer) answer { return a.not().and(b.not()).not() }

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
	return answerOf(re.MatchString(text))
}
