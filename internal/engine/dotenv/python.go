package dotenv

import (
	"strings"
	"unicode/utf8"
)

// lexPython splits the text as python-dotenv does: bindings, of which a bad one costs
// the rest of its line.
func lexPython(l *lexer) {
	for {
		l.skipFunc(isPySpace)
		if l.done() {
			return
		}
		t, ok := l.pythonBinding()
		if !ok {
			l.skipped(t.start, "python-dotenv leaves this line out: expected NAME=value", fixName)
			l.pos = min(lineEnd(l.text, l.pos)+1, len(l.text))
			continue
		}
		if strings.Contains(t.name, "=") && !t.bare() && l.halt == nil { // load_dotenv fails; the lexer goes on for the names
			l.refuse(t.start, "python-dotenv fails here: a name in quotes holds \"=\"", fixName)
		}
		if t.name != "" && !l.emit(t) {
			return
		}
	}
}

// pythonBinding reads a binding, or a comment, up to the end of its line. After a
// mistake the lexer stands where the reader noticed it.
func (l *lexer) pythonBinding() (token, bool) {
	if rest, ok := strings.CutPrefix(l.text[l.pos:], "export"); ok {
		if n := skipRunes(rest, 0, isPyBlank); n > 0 {
			l.pos += len("export") + n
		}
	}
	t := token{start: l.pos}
	if !l.pythonKey(&t) {
		return t, false
	}
	t.valueStart, t.end = t.nameEnd, t.nameEnd
	l.skipFunc(isPyBlank)
	if !l.done() && l.text[l.pos] == '=' {
		t.op = '='
		l.pos++
		l.skipFunc(isPyBlank)
		if !l.pythonValue(&t) {
			return t, false
		}
	}
	return t, l.pythonLineEnd()
}

// pythonKey reads a name, plain or in single quotes. A comment has none.
func (l *lexer) pythonKey(t *token) bool {
	rest := l.text[l.pos:]
	switch {
	case rest != "" && rest[0] == '#':
	case rest != "" && rest[0] == '\'':
		n := strings.IndexByte(rest[1:], '\'')
		if n < 1 {
			return false
		}
		t.name = rest[1 : 1+n]
		l.pos += n + 2
	default:
		n := skipRunes(rest, 0, func(r rune) bool { return r != '=' && r != '#' && !isPySpace(r) })
		if n == 0 {
			return false
		}
		t.name = rest[:n]
		l.pos += n
	}
	t.nameEnd = l.pos
	return true
}

func (l *lexer) pythonValue(t *token) bool {
	t.valueStart, t.end = l.pos, l.pos
	if l.done() || l.text[l.pos] == '\n' {
		return true
	}
	if quote := l.text[l.pos]; quote == '\'' || quote == '"' {
		end := pythonClosing(l.text, l.pos)
		if end < 0 {
			return false
		}
		t.quote, t.end = quote, end+1
		t.raw = l.text[l.pos+1 : end]
		t.text = pythonEscapes(t.raw, quote)
		l.pos = end + 1
		return true
	}
	end := lineEnd(l.text, l.pos)
	t.raw = strings.TrimRightFunc(pythonUncomment(l.text[l.pos:end]), isPySpace)
	t.text, t.end = t.raw, l.pos+len(t.raw)
	l.pos = end
	return true
}

// pythonClosing finds the quote that closes the one at open: the first without a
// backslash in front, else the last one of all.
func pythonClosing(text string, open int) int {
	last := -1
	for i := open + 1; i < len(text); i++ {
		if text[i] != text[open] {
			continue
		}
		last = i
		if text[i-1] != '\\' || i-1 == open {
			return i
		}
	}
	return last
}

// pythonUncomment cuts the line at the first # that blanks stand in front of, and the
// blanks with it.
func pythonUncomment(line string) string {
	for i := 0; i < len(line); i++ {
		if line[i] != '#' {
			continue
		}
		if r, _ := utf8.DecodeLastRuneInString(line[:i]); i > 0 && isPySpace(r) {
			return strings.TrimRightFunc(line[:i], isPySpace)
		}
	}
	return line
}

// pythonLineEnd reads a comment and the end of the line.
func (l *lexer) pythonLineEnd() bool {
	i := skipRunes(l.text, l.pos, isPyBlank)
	if i < len(l.text) && l.text[i] == '#' {
		i = lineEnd(l.text, i)
		l.pos = i
	}
	if i < len(l.text) && l.text[i] != '\n' {
		return false
	}
	l.pos = min(i+1, len(l.text))
	return true
}

func pythonEscapes(s string, quote byte) string {
	letters, values := `\'"abfnrtv`, "\\'\"\a\b\f\n\r\t\v"
	if quote == '\'' {
		letters, values = `\'`, `\'`
	}
	if !strings.Contains(s, `\`) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if k := strings.IndexByte(letters, s[i+1]); k >= 0 {
				out.WriteByte(values[k])
				i++
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// pythonText expands ${NAME} and ${NAME:-word}, whatever quotes the value stands in.
func pythonText(e *expansion, t token) string {
	s := t.text
	var out strings.Builder
	for {
		i := strings.Index(s, "${")
		if i < 0 || !strings.Contains(s[i:], "}") || !e.fits(out.Len()) || !e.step() {
			return out.String() + s
		}
		name, word, end, ok := pythonReference(s[i:])
		if !ok {
			out.WriteString(s[:i+2])
			s = s[i+2:]
			continue
		}
		text, set := e.get(name)
		if !set {
			if text = word; word != "" {
				e.fallback(name)
			}
		}
		out.WriteString(s[:i] + text)
		s = s[i+end:]
	}
}

// pythonReference reads ${NAME} or ${NAME:-word} at the start of s. Both may be any text
// without a closing brace; the name has no colon.
func pythonReference(s string) (name, word string, end int, ok bool) {
	closing := strings.IndexByte(s, '}')
	if closing < 0 {
		return "", "", 0, false
	}
	name, word, found := strings.Cut(s[2:closing], ":")
	if found {
		if word, ok = strings.CutPrefix(word, "-"); !ok {
			return "", "", 0, false
		}
	}
	return name, word, closing + 1, true
}

// isPySpace is what Python takes for white space in a string.
func isPySpace(r rune) bool {
	switch {
	case r >= '\t' && r <= '\r', r >= 0x1C && r <= ' ', r == 0x85, r == 0xA0, r == 0x1680, r >= 0x2000 && r <= 0x200A:
		return true
	}
	return r == 0x2028 || r == 0x2029 || r == 0x202F || r == 0x205F || r == 0x3000
}

func isPyBlank(r rune) bool { return r != '\n' && r != '\r' && isPySpace(r) }
