package secret

import (
	"strings"
	"unicode"
)

const (
	// minVeiled is how long a text must be to be hidden, and minMixed how long the run of
	// letters and digits in it that makes it look like a key.
	minVeiled = 12
	minMixed  = 10
)

// Veil hides texts where they stand within others. It is the last of several defences: a
// name or a label that was put together from a key. The zero value hides nothing.
type Veil struct{ replacer *strings.Replacer }

// NewVeil hides those of the texts that look like keys: a long run that mixes letters and
// digits. A word such as staging is left alone, since it would hide names everywhere.
func NewVeil(texts []Text) Veil {
	var pairs []string
	for _, t := range texts {
		if text := t.Reveal(); len(text) >= minVeiled && isMixed(text) {
			pairs = append(pairs, text, Redacted)
		}
	}
	if len(pairs) == 0 {
		return Veil{}
	}
	return Veil{replacer: strings.NewReplacer(pairs...)}
}

// Hide gives text with every hidden one in it replaced.
func (v Veil) Hide(text string) string {
	if v.replacer == nil || len(text) < minVeiled {
		return text
	}
	return v.replacer.Replace(text)
}

// isMixed reports whether text holds a long run of letters and digits, with some of both.
func isMixed(text string) bool {
	for run := range strings.FieldsFuncSeq(text, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
		if len(run) >= minMixed && strings.ContainsFunc(run, unicode.IsLetter) && strings.ContainsFunc(run, unicode.IsDigit) {
			return true
		}
	}
	return false
}
