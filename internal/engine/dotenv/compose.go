package dotenv

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// lexCompose splits the text as compose-go does. It comes from godotenv and differs in
// the names, the comments, the escapes, and in that a bare name inherits its value.
func lexCompose(l *lexer) {
	for l.nextStatement() && l.composeStatement() {
	}
}

func (l *lexer) composeStatement() bool {
	if rest, ok := strings.CutPrefix(l.text[l.pos:], "export"); ok && rest != "" && strings.IndexByte("\t\n\f\r ", rest[0]) >= 0 {
		l.pos += len("export")
		l.skipFunc(isBlank)
	}
	if l.done() {
		return l.refuse(l.pos, "Docker Compose refuses the file here: expected a name after \"export\"", fixName)
	}
	t := token{start: l.pos}
	sep, ok := l.composeKey(t.start)
	if !ok {
		return false
	}
	if sep < len(l.text) {
		t.name = strings.TrimRightFunc(l.text[t.start:sep], unicode.IsSpace)
		l.pos = sep + 1
	}
	t.nameEnd = t.start + len(t.name)
	if strings.Contains(t.name, " ") {
		return l.refuse(t.start, "Docker Compose refuses the file here: a name holds a space", fixName)
	}
	l.skipFunc(isBlank)
	if sep < len(l.text) && l.text[sep] == '\n' {
		t.valueStart, t.end = t.nameEnd, t.nameEnd
		return t.name == "" || l.emit(t)
	}
	t.op = '='
	if sep < len(l.text) {
		t.op = l.text[sep]
	}
	if !l.composeValue(&t) {
		return false
	}
	return l.emit(t)
}

// composeKey finds what ends a name: "=", ":" or a newline.
func (l *lexer) composeKey(start int) (sep int, ok bool) {
	for i, r := range l.text[start:] {
		switch {
		case r == '=' || r == ':' || r == '\n':
			return start + i, true
		case isBlank(r), strings.ContainsRune("_.-[]", r), unicode.IsLetter(r), unicode.IsNumber(r):
		default:
			return 0, l.refuse(start+i, "Docker Compose refuses the file here: expected a name of letters, digits, \"_\", \".\", \"-\" and brackets, then \"=\"", fixName)
		}
	}
	return len(l.text), true
}

func (l *lexer) composeValue(t *token) bool {
	t.valueStart = l.pos
	if l.done() || l.text[l.pos] != '"' && l.text[l.pos] != '\'' {
		end := lineEnd(l.text, l.pos)
		value, _, _ := strings.Cut(l.text[l.pos:end], " #")
		t.raw = strings.TrimRightFunc(value, unicode.IsSpace)
		t.text = t.raw
		t.end = l.pos + len(t.raw)
		l.pos = min(end+1, len(l.text))
		return true
	}
	t.quote = l.text[l.pos]
	raw, end, ok := composeQuoted(l.text, l.pos)
	if !ok {
		return l.refuse(t.start, "Docker Compose refuses the file here: a quote is opened and not closed", "close the quote")
	}
	t.raw, t.text = raw, raw
	if t.quote == '"' {
		t.text = composeEscapes(raw)
	}
	l.pos, t.end = end, end
	return true
}

// composeQuoted reads a quoted value. Only a backslash in front of the quote itself goes.
func composeQuoted(text string, start int) (raw string, end int, ok bool) {
	quote := text[start]
	var out strings.Builder
	escaped := false
	for i := start + 1; i < len(text); i++ {
		c := text[i]
		switch {
		case c == quote && !escaped:
			return out.String(), i + 1, true
		case c == '\\' && !escaped:
			escaped = true
			continue
		case escaped && c != quote:
			out.WriteByte('\\')
		}
		escaped = false
		out.WriteByte(c)
	}
	return "", 0, false
}

// composeEscapes resolves the escapes of a double-quoted value. "\$" becomes "$$", which
// the expansion takes for a plain dollar.
func composeEscapes(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		seq := composeEscape(s[i:])
		if seq == "" {
			out.WriteByte(s[i])
			i++
			continue
		}
		out.WriteString(composeUnescape(seq))
		i += len(seq)
	}
	return out.String()
}

// composeEscape gives the escape that s begins with: a backslash and a letter, or \0 and
// up to three digits.
func composeEscape(s string) string {
	if len(s) < 2 || s[0] != '\\' {
		return ""
	}
	if strings.IndexByte(`abcfnrtv$"\`, s[1]) >= 0 {
		return s[:2]
	}
	if s[1] != '0' {
		return ""
	}
	n := 2
	for n < len(s) && n < 5 && isDigit(s[n]) {
		n++
	}
	return s[:n]
}

func composeUnescape(seq string) string {
	if seq == `\$` {
		return "$$"
	}
	if seq[1] == '0' {
		seq = `\` + seq[2:] // Go writes octal without the leading 0
	}
	r, _, _, err := strconv.UnquoteChar(seq, '"')
	if err != nil {
		return seq // the 0 that was taken off stays off
	}
	return string(r)
}

// composeText expands a value: $NAME, ${NAME}, ${NAME:-word} and its kin, and $$.
func composeText(e *expansion, t token) string {
	if t.quote == '\'' {
		return t.text
	}
	return composeExpand(e, t.text, 0)
}

func composeExpand(e *expansion, s string, depth int) string {
	var out strings.Builder
	for !e.stopped() {
		i := strings.IndexByte(s, '$')
		if i < 0 || i+1 == len(s) {
			break
		}
		out.WriteString(s[:i])
		text, end := composeReference(e, s[i:], depth)
		out.WriteString(text)
		e.fits(out.Len())
		s = s[i+end:]
	}
	return out.String() + s
}

// composeReference expands what follows the $ at the start of s. It gives the text and
// how much of s it stands for.
func composeReference(e *expansion, s string, depth int) (text string, end int) {
	if s[1] == '$' {
		return "$", 2
	}
	if n := composeName(s[1:]); n > 0 {
		text, _ = e.get(s[1 : 1+n])
		return text, 1 + n
	}
	if s[1] == '{' {
		return composeBraced(e, s, depth)
	}
	return s[:1], 1
}

// composeName measures the name that s begins with. The reader's pattern ignores case
// in the way of Unicode, where two more letters fold into ASCII ones.
func composeName(s string) int {
	n := 0
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		letter := r == 0x17F || r == 0x212A || r < utf8.RuneSelf && (isLetter(byte(r)) || r == '_')
		if !letter && (n == 0 || r >= utf8.RuneSelf || !isDigit(byte(r))) {
			break
		}
		n += size
	}
	return n
}

func composeBraced(e *expansion, s string, depth int) (text string, end int) {
	n := 2 + composeName(s[2:])
	if n == 2 || n == len(s) {
		return "", e.refuse(composeBadExpansion)
	}
	name := s[2:n]
	if s[n] == '}' {
		text, _ = e.get(name)
		return text, n + 1
	}
	op := composeOperator(s[n:])
	// The reader's pattern is greedy: the expression goes up to the last brace of the line.
	last := strings.LastIndexByte(s[:lineEnd(s, 0)], '}')
	if op == "" || last < n+len(op) {
		return "", e.refuse(composeBadExpansion)
	}
	if depth > maxDepth || !e.step() {
		return "", e.limit()
	}
	whole, rest := s[:last+1], ""
	if i := composeClosing(whole); i >= 0 {
		whole, rest = whole[:i+1], whole[i+1:]
	}
	word := strings.TrimSuffix(whole[n+len(op):], "}")
	return composeOperate(e, name, op, word, depth) + composeExpand(e, rest, depth+1), last + 1
}

const composeBadExpansion = "Docker Compose refuses the file here: expected ${NAME} or ${NAME:-word} after \"$\""

func composeOperator(s string) string {
	n := 0
	if s[0] == ':' {
		n = 1
	}
	if n < len(s) && strings.IndexByte("-?+", s[n]) >= 0 {
		return s[:n+1]
	}
	return ""
}

// composeClosing finds the brace that closes the first one. The reader does not look at
// the byte after an opening brace.
func composeClosing(s string) int {
	open := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '}':
			open--
			if open == 0 {
				return i
			}
		case '{':
			open++
			i++
		}
	}
	return -1
}

func composeOperate(e *expansion, name, op, word string, depth int) string {
	text, set := e.get(name)
	if len(op) == 2 { // with a colon, an empty value counts as unset
		set = set && text != ""
	}
	switch op[len(op)-1] {
	case '-':
		if !set {
			e.fallback(name)
			return composeExpand(e, word, depth+1)
		}
		return text
	case '+':
		if set {
			return composeExpand(e, word, depth+1)
		}
		return ""
	}
	if !set && !e.asked[name] {
		e.refuse("Docker Compose refuses the file here: it requires a variable that is not set")
	}
	return text
}
