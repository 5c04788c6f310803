package dotenv

import (
	"strings"
	"unicode/utf8"
)

// lexNode finds the assignments that dotenv's regular expression finds. It looks for
// one at the start of every line, and blank space in it may run over line ends.
func lexNode(l *lexer) {
	for !l.done() {
		start := skipRunes(l.text, l.pos, isJSSpace)
		if start == len(l.text) {
			return
		}
		t, end, ok := nodeStatement(l.text, start)
		if !ok {
			next := jsLineEnd(l.text, start)
			if l.text[start] != '#' {
				l.skipped(start, "dotenv leaves this line out: expected NAME=value", fixName)
			}
			l.pos = nextJSLine(l.text, next)
			continue
		}
		// A name that comes from Object.prototype cannot be set in the reader's map.
		if t.name != "__proto__" && !l.emit(t) {
			return
		}
		l.pos = nextJSLine(l.text, end)
	}
}

// nextJSLine gives the start of the line after the line end at i.
func nextJSLine(text string, i int) int {
	if i >= len(text) {
		return i
	}
	_, size := utf8.DecodeRuneInString(text[i:])
	return i + size
}

// nodeStatement reads one assignment at start. It ends at the end of a line.
func nodeStatement(text string, start int) (t token, end int, ok bool) {
	name := start
	if rest, found := strings.CutPrefix(text[start:], "export"); found {
		if n := skipRunes(rest, 0, isJSSpace); n > 0 && n < len(rest) && isNodeName(rest[n]) {
			name = start + len("export") + n
		}
	}
	i := name
	for i < len(text) && isNodeName(text[i]) {
		i++
	}
	if i == name {
		return t, 0, false
	}
	t = token{name: text[name:i], start: name, nameEnd: i}
	after, op := nodeOperator(text, i)
	if op == 0 {
		return t, 0, false
	}
	t.op = op
	return t, nodeValue(text, after, &t), true
}

func isNodeName(c byte) bool { return isWord(c) || c == '.' || c == '-' }

// nodeOperator reads "=" with blanks in front, or ":" with a blank behind.
func nodeOperator(text string, i int) (after int, op byte) {
	if i < len(text) && text[i] == ':' {
		r, size := utf8.DecodeRuneInString(text[i+1:])
		if size > 0 && isJSSpace(r) {
			return i + 1 + size, ':'
		}
		return 0, 0
	}
	i = skipRunes(text, i, isJSSpace)
	if i < len(text) && text[i] == '=' {
		return i + 1, '='
	}
	return 0, 0
}

// nodeValue reads the value from i on and gives the end of the statement.
func nodeValue(text string, i int, t *token) int {
	open := skipRunes(text, i, isJSSpace)
	if open < len(text) && strings.IndexByte("'\"`", text[open]) >= 0 {
		if closing, end, ok := nodeQuoted(text, open); ok {
			t.quote, t.valueStart, t.end = text[open], open, closing+1
			t.raw = text[open+1 : closing]
			t.text = nodeEscapes(t.raw, t.quote)
			return end
		}
	}
	end := lineEnd(text, i)
	if n := strings.IndexByte(text[i:end], '#'); n >= 0 {
		end = i + n
	}
	t.raw = strings.TrimFunc(text[i:end], isJSSpace)
	t.valueStart = i + strings.Index(text[i:end], t.raw)
	t.end = t.valueStart + len(t.raw)
	if t.text = t.raw; strings.Count(t.raw, "\u2028")+strings.Count(t.raw, "\u2029") > 100 {
		t.unsure = true
	} else {
		t.text = nodeUnquoted(t.raw)
	}
	if end == i { // no value: the pattern goes on over blank lines and a comment
		_, end, _ = nodeTail(text, i)
	} else if end < len(text) && text[end] == '#' {
		end = jsLineEnd(text, end)
	} else {
		_, end, _ = nodeTail(text, end)
	}
	return end
}

// nodeQuoted finds the quote that closes the one at open. It is the first that no
// backslash stands in front of, unless something other than a comment follows it; then
// the ones with a backslash come into question, from the last one back.
func nodeQuoted(text string, open int) (closing, end int, ok bool) {
	quote := text[open]
	var escaped []int
	for i := open + 1; i < len(text); i++ {
		if text[i] != quote {
			continue
		}
		if text[i-1] == '\\' && i-1 > open {
			escaped = append(escaped, i)
			continue
		}
		if _, end, ok = nodeTail(text, i+1); ok {
			return i, end, true
		}
		break
	}
	for n := len(escaped) - 1; n >= 0; n-- {
		if _, end, ok = nodeTail(text, escaped[n]+1); ok {
			return escaped[n], end, true
		}
	}
	return 0, 0, false
}

// nodeTail matches what may follow a value: blanks, over line ends too, and a comment,
// up to the end of a line.
func nodeTail(text string, i int) (comment, end int, ok bool) {
	stop := skipRunes(text, i, isJSSpace)
	switch {
	case stop == len(text):
		return stop, stop, true
	case text[stop] == '#':
		return stop, jsLineEnd(text, stop), true
	}
	// Back to the last line end within the blanks.
	for stop > i {
		r, size := utf8.DecodeLastRuneInString(text[i:stop])
		stop -= size
		if isJSLineEnd(r) {
			return stop, stop, true
		}
	}
	return 0, 0, false
}

// nodeUnquoted takes quotes off an unquoted value that happens to begin and end with
// the same one, and resolves newlines if it begins with a double quote.
func nodeUnquoted(s string) string {
	if s == "" || !strings.ContainsAny(s, "'\"`") {
		return s
	}
	return nodeEscapes(nodeStrip(s), s[0])
}

// nodeStrip takes the quotes off. The separators of Unicode count as line ends here, so
// that quotes may stand at the ends of what looks like lines.
func nodeStrip(s string) string {
	var out strings.Builder
	for s != "" {
		if closing := nodeLineQuote(s); closing > 0 {
			out.WriteString(s[1:closing])
			s = s[closing+1:]
		}
		next := nextJSLine(s, jsLineEnd(s, 0))
		out.WriteString(s[:next])
		s = s[next:]
	}
	return out.String()
}

// nodeLineQuote finds the last quote like the one that s begins with which stands at
// the end of a line.
func nodeLineQuote(s string) int {
	if strings.IndexByte("'\"`", s[0]) < 0 {
		return 0
	}
	for i := len(s) - 1; i > 0; i-- {
		if s[i] != s[0] {
			continue
		}
		if r, size := utf8.DecodeRuneInString(s[i+1:]); size == 0 || isJSLineEnd(r) {
			return i
		}
	}
	return 0
}

func nodeEscapes(s string, quote byte) string {
	if quote != '"' || !strings.Contains(s, `\`) {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, `\n`, "\n"), `\r`, "\r")
}

// isJSSpace is \s of JavaScript, and what its trim takes off.
func isJSSpace(r rune) bool {
	switch {
	case r >= '\t' && r <= '\r', r == ' ', r == 0xA0, r == 0x1680, r >= 0x2000 && r <= 0x200A:
		return true
	}
	return r == 0x2028 || r == 0x2029 || r == 0x202F || r == 0x205F || r == 0x3000 || r == 0xFEFF
}

// isJSLineEnd is what ^ and $ of JavaScript see as the end of a line.
func isJSLineEnd(r rune) bool { return r == '\n' || r == '\r' || r == 0x2028 || r == 0x2029 }

func jsLineEnd(text string, i int) int {
	return skipRunes(text, i, func(r rune) bool { return !isJSLineEnd(r) })
}

// plainText is the value of a reader that expands nothing.
func plainText(_ *expansion, t token) string { return t.text }
