package expression

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The runner compares texts without regard to case, character by character. Which
// characters belong together differs between its library and other implementations, so of
// texts with letters beyond ASCII only that is sure which two ways of folding agree on.

// upper folds a text to upper case, letter by letter.
func upper(text string) string {
	if isASCII(text) {
		return strings.ToUpper(text)
	}
	return strings.Map(func(c rune) rune {
		if c == 'ı' { // stays apart from I
			return c
		}
		return unicode.ToUpper(c)
	}, text)
}

func lower(text string) string {
	return strings.Map(unicode.ToLower, text)
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// folded tests two texts without regard to case, and says whether the answer is sure.
func folded(test func(a, b string) bool, a, b string) (answer, sure bool) {
	first := test(upper(a), upper(b))
	if isASCII(a) && isASCII(b) {
		return first, true
	}
	return first, first == test(lower(a), lower(b))
}

// before compares the order of two texts without regard to case.
func before(a, b string) (answer, sure bool) {
	if upper(a) == upper(b) {
		return folded(func(a, b string) bool { return a < b }, a, b)
	}
	return upper(a) < upper(b), isASCII(a) && isASCII(b)
}
