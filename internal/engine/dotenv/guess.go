package dotenv

import "github.com/keyfit/keyfit/internal/model"

// guess finds the names that a file seems to define, for a reader that does not take the
// file: every line that begins like an assignment. The values are for the caller to set.
func guess(in input) []definition {
	src := newSource(in.name, in.data, &rules{newlines: anyLines})
	var out []definition
	rd := &reading{src: src}
	for start := 0; start < len(src.text) && len(out) < maxAssignments; {
		end := lineEnd(src.text, start)
		if t, ok := guessLine(src.text[:end], start); ok {
			d, _ := rd.define(t)
			d.Value = model.Value{}
			out = append(out, d)
		}
		start = end + 1
	}
	return out
}

// guessLine reads NAME= or export NAME= at the start of a line.
func guessLine(text string, i int) (token, bool) {
	i = skipRunes(text, i, isJSSpace)
	if rest := text[i:]; len(rest) > 7 && rest[:6] == "export" && isBlank(rune(rest[6])) {
		i = skipRunes(text, i+6, isBlank)
	}
	start := i
	for i < len(text) && isWord(text[i]) {
		i++
	}
	end := i
	i = skipRunes(text, i, isBlank)
	if end == start || isDigit(text[start]) || i == len(text) || text[i] != '=' && text[i] != ':' {
		return token{}, false
	}
	return token{name: text[start:end], start: start, nameEnd: end, valueStart: i + 1, end: len(text), op: text[i]}, true
}
