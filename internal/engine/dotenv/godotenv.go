package dotenv

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	fixQuote = "write NAME=\"value\", with the whole value in quotes"
	fixName  = "write the line as NAME=value, or put # in front of it"
)

// lexGodotenv splits the text as godotenv does: a stream of statements, in which a
// newline ends only an unquoted value.
func lexGodotenv(l *lexer) {
	for l.nextStatement() && l.godotenvStatement() {
	}
}

// nextStatement skips blank lines and comments. It reports false at the end.
func (l *lexer) nextStatement() bool {
	for {
		l.skipFunc(unicode.IsSpace)
		if l.done() || l.text[l.pos] != '#' {
			return !l.done()
		}
		l.pos = lineEnd(l.text, l.pos)
	}
}

func (l *lexer) godotenvStatement() bool {
	l.skipExport()
	if l.done() {
		return l.refuse(l.pos, "godotenv refuses the file here: expected a name after \"export\"", fixName)
	}
	t := token{start: l.pos}
	sep, ok := l.godotenvKey(t.start)
	if !ok {
		return false
	}
	if sep < len(l.text) {
		t.name = strings.TrimRightFunc(l.text[t.start:sep], unicode.IsSpace)
		t.op = l.text[sep]
		l.pos = sep + 1
	} else { // a name that ends the file: its text becomes the value of the empty name
		t.op = '='
	}
	t.nameEnd = t.start + len(t.name)
	l.skipFunc(isBlank)
	if !l.godotenvValue(&t) {
		return false
	}
	return l.emit(t)
}

// skipExport skips the word export, when a blank follows it.
func (l *lexer) skipExport() {
	rest, ok := strings.CutPrefix(l.text[l.pos:], "export")
	if r, _ := utf8.DecodeRuneInString(rest); ok && rest != "" && isBlank(r) {
		l.pos += len("export")
		l.skipFunc(isBlank)
	}
}

// godotenvKey finds the separator after a name. The reader looks at single bytes, as if
// the text were Latin-1. Without a separator it gives the end of the text.
func (l *lexer) godotenvKey(start int) (sep int, ok bool) {
	for i := start; i < len(l.text); i++ {
		c := l.text[i]
		r := rune(c)
		switch {
		case c == '=' || c == ':':
			return i, true
		case isBlank(r), c == '_', c == '.', unicode.IsLetter(r), unicode.IsNumber(r):
		default:
			return i, l.refuse(i, "godotenv refuses the file here: expected a name of letters, digits, \"_\" and \".\", then \"=\"", fixName)
		}
	}
	return len(l.text), true
}

func (l *lexer) godotenvValue(t *token) bool {
	if l.done() || l.text[l.pos] != '"' && l.text[l.pos] != '\'' {
		l.godotenvUnquoted(t)
		return true
	}
	t.quote, t.valueStart = l.text[l.pos], l.pos
	for i := l.pos + 1; i < len(l.text); i++ {
		if l.text[i] != t.quote || l.text[i-1] == '\\' {
			continue
		}
		// Every quote at either end goes, an escaped one before the last included.
		t.raw = strings.Trim(l.text[l.pos:i], string(t.quote))
		t.text = t.raw
		if t.quote == '"' {
			t.text = godotenvEscapes(t.raw)
		}
		l.pos, t.end = i+1, i+1
		return true
	}
	return l.refuse(t.start, "godotenv refuses the file here: a quote is opened and not closed", "close the quote")
}

func (l *lexer) godotenvUnquoted(t *token) {
	end := len(l.text)
	if n := strings.IndexAny(l.text[l.pos:], "\r\n"); n >= 0 {
		end = l.pos + n
	}
	line := l.text[l.pos:end]
	// The last # with a blank in front of it starts the comment.
	for i := len(line) - 1; i > 0; i-- {
		if line[i] != '#' {
			continue
		}
		if r, _ := utf8.DecodeLastRuneInString(line[:i]); isBlank(r) {
			line = line[:i]
			break
		}
	}
	t.raw = strings.TrimFunc(line, isBlank)
	t.text = t.raw
	t.valueStart, t.end = l.pos, l.pos+len(t.raw)
	l.pos = end
}

// godotenvEscapes resolves \n and \r, then takes the backslash off everything but $.
func godotenvEscapes(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	return dropBackslashes(godotenvNewlines(s))
}

func godotenvNewlines(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) || s[i+1] == '\n' {
			out.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 'n':
			out.WriteByte('\n')
		case 'r':
			out.WriteByte('\r')
		default:
			out.WriteString(s[i-1 : i+1])
		}
	}
	return out.String()
}

func dropBackslashes(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && s[i+1] != '$' {
			i++
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// godotenvText expands $NAME and ${NAME}, where NAME is of capitals, digits and "_",
// from what the file has defined so far.
func godotenvText(e *expansion, t token) string {
	if t.quote == '\'' {
		return t.text
	}
	s := t.text
	var out strings.Builder
	for {
		i := strings.IndexByte(s, '$')
		if i < 0 || !e.fits(out.Len()) {
			return out.String() + s
		}
		name, end := godotenvReference(s, i)
		switch {
		case i > 0 && s[i-1] == '\\':
			out.WriteString(s[:i-1] + s[i:end])
		case name == "":
			out.WriteString(s[:end])
		default:
			text, _ := e.get(name)
			out.WriteString(s[:i] + text)
		}
		s = s[end:]
	}
}

// godotenvReference gives the name after the $ at i, and the end of all that goes with
// it: an opening parenthesis or brace, and a closing brace.
func godotenvReference(s string, i int) (name string, end int) {
	i++
	for _, c := range []byte("({") {
		if i < len(s) && s[i] == c {
			i++
		}
	}
	start := i
	for i < len(s) && ('A' <= s[i] && s[i] <= 'Z' || isDigit(s[i]) || s[i] == '_') {
		i++
	}
	name = s[start:i]
	if i < len(s) && s[i] == '}' {
		i++
	}
	return name, i
}
