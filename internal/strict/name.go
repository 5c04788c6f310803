package strict

import (
	"strconv"
	"strings"
	"unicode"
)

const (
	maxName = 40
	maxWord = 14 // letters of one word; "authentication" has so many
)

// hiddenName stands for a name that may be a key.
const hiddenName = "(not shown here, it may be a key)"

// hiddenPath stands for a path that may be a key.
const hiddenPath = "(not shown here)"

// Name repeats a name of the file in quotes, but not one that may be a key.
func Name(name string) string {
	if !IsName(name) {
		return hiddenName
	}
	return strconv.Quote(name)
}

// Path repeats a path, or an address, in quotes, but not one that may be a key: a script that
// hands over a key where a path belongs must not make it show.
func Path(path string) string {
	rest := path
	if scheme, behind, ok := strings.Cut(path, "://"); ok && IsName(scheme) {
		rest = behind
	}
	for element := range strings.SplitSeq(rest, "/") {
		if strings.Trim(element, ".") != "" && !IsName(element) {
			return hiddenPath
		}
	}
	return strconv.Quote(path)
}

// IsName reports whether text reads like a name that a person chose, and so may be
// repeated in a message: words of plain letters in one case, such as PAYMENT_API_KEY,
// expires-after, Staging or "secret key", with short ones that may hold digits, such as
// eu1. Keys of any vendor mix cases or hold digits all over; what is longer than three
// words with blanks between may be a passphrase.
func IsName(text string) bool {
	if text == "" || len(text) > maxName || strings.Count(text, " ") > 2 || text != strings.TrimSpace(text) {
		return false
	}
	for word := range strings.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune("-_./ ", c) }) {
		if !isWord(word) {
			return false
		}
	}
	return strings.ContainsFunc(text, unicode.IsLetter)
}

func isWord(word string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if strings.Trim(word, letters) != "" {
		return len(word) <= 3 && strings.Trim(word, letters+"0123456789") == ""
	}
	rest := word[1:]
	oneCase := word == strings.ToUpper(word) || rest == strings.ToLower(rest)
	return oneCase && len(word) <= maxWord
}

// keyRun is how many letters and digits in a row make a text look like a key when they are
// mixed. The hash that a tool puts behind a name is shorter.
const keyRun = 20

// IsKeyRun reports whether a run of letters and digits looks like a key.
func IsKeyRun(run string) bool {
	return len(run) >= keyRun && strings.ContainsAny(run, "0123456789") && strings.ContainsFunc(run, unicode.IsLetter)
}

// HoldsKey reports whether a name that people gave, and that would be repeated, looks like a key
// all the same.
func HoldsKey(name string) bool {
	for run := range strings.FieldsFuncSeq(name, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
		if IsKeyRun(run) {
			return true
		}
	}
	return false
}
