package jenkins

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// written is a text as it stands in the file.
type written struct {
	start, end int
	parts      []part
}

// isGString reports whether expressions stand in it: then Groovy makes a GString of it.
func (w *written) isGString() bool {
	for _, p := range w.parts {
		if p.code != nil {
			return true
		}
	}
	return false
}

// plain gives the text when no expression stands in it.
func (w *written) plain() (string, bool) {
	var b strings.Builder
	for _, p := range w.parts {
		if p.code != nil {
			return "", false
		}
		b.WriteString(p.text)
	}
	return b.String(), true
}

// part is a stretch of a text: what is written there, or an expression.
type part struct {
	text     string
	at, size int     // where it stands; of written text each byte stands at its own place when size is len(text)
	code     []token // of an expression
	expr     *node   // parsed from code
}

// quotes are how a kind of text begins and ends.
type quotes struct {
	end      string
	escapes  bool // \n, \t, …
	holds    bool // expressions
	slashy   bool
	dollar   bool
	multiple bool // may go over several lines
}

func (l *lexer) quotes() (opening string, q quotes) {
	rest := l.text[l.at:]
	for _, known := range []struct {
		opening string
		q       quotes
	}{
		{"'''", quotes{end: "'''", escapes: true, multiple: true}},
		{`"""`, quotes{end: `"""`, escapes: true, holds: true, multiple: true}},
		{"'", quotes{end: "'", escapes: true}},
		{`"`, quotes{end: `"`, escapes: true, holds: true}},
		{"$/", quotes{end: "/$", holds: true, dollar: true, multiple: true}},
		{"/", quotes{end: "/", holds: true, slashy: true, multiple: true}},
	} {
		if strings.HasPrefix(rest, known.opening) {
			return known.opening, known.q
		}
	}
	return "", quotes{}
}

// str reads a text.
func (l *lexer) str() *written {
	w := &written{start: l.at}
	opening, q := l.quotes()
	l.at += len(opening)
	for {
		switch {
		case l.at >= len(l.text):
			l.fail(w.start, "this text does not end, expected "+strconv.Quote(q.end))
			w.end = l.at
			return w
		case strings.HasPrefix(l.text[l.at:], q.end):
			l.at += len(q.end)
			w.end = l.at
			return w
		case !q.multiple && l.text[l.at] == '\n':
			l.fail(w.start, "this text does not end on its line, expected "+strconv.Quote(q.end))
			w.end = l.at
			return w
		}
		l.piece(w, q)
	}
}

func (w *written) put(text string, at, size int) {
	if n := len(w.parts); n > 0 && w.parts[n-1].code == nil {
		p := &w.parts[n-1]
		if p.size == len(p.text) && size == len(text) && p.at+p.size == at {
			p.text += text
			p.size += size
			return
		}
	}
	w.parts = append(w.parts, part{text: text, at: at, size: size})
}

// piece reads one rune, one escape or one expression of a text.
func (l *lexer) piece(w *written, q quotes) {
	at, rest := l.at, l.text[l.at:]
	switch {
	case strings.HasPrefix(rest, `\u`) && l.unicodeEscape(w):
	case rest[0] == '\\' && q.escapes:
		l.escape(w)
	case q.slashy && strings.HasPrefix(rest, `\/`):
		l.at += 2
		w.put("/", at, 2)
	case q.dollar && (strings.HasPrefix(rest, "$$") || strings.HasPrefix(rest, "$/")):
		l.at += 2
		w.put(rest[1:2], at, 2)
	case rest[0] == '$' && q.holds && l.expression(w):
	case strings.HasPrefix(rest, "\r\n"):
		l.at += 2
		w.put("\n", at, 2)
	default:
		l.plainText(w, q)
	}
}

// plainText reads plain text up to the next rune that may mean something.
func (l *lexer) plainText(w *written, q quotes) {
	at := l.at
	_, size := utf8.DecodeRuneInString(l.text[at:])
	l.at += size
	if n := strings.IndexAny(l.text[l.at:], "\\$/'\"\r\n"); n > 0 {
		l.at += n
	}
	w.put(l.text[at:l.at], at, l.at-at)
}

// unicodeEscape reads \u0041, which means a letter everywhere in a file.
func (l *lexer) unicodeEscape(w *written) bool {
	at := l.at
	digits := strings.TrimLeft(l.text[at+1:min(len(l.text), at+20)], "u")
	from := at + 1 + len(l.text[at+1:min(len(l.text), at+20)]) - len(digits)
	if len(digits) < 4 {
		return false
	}
	n, err := strconv.ParseUint(digits[:4], 16, 16)
	if err != nil {
		return false
	}
	l.at = from + 4
	w.put(string(rune(n)), at, l.at-at)
	return true
}

// escape reads what stands behind a backslash.
func (l *lexer) escape(w *written) {
	at, rest := l.at, l.text[l.at:]
	if len(rest) < 2 {
		l.at++
		return
	}
	for _, newline := range []string{"\\\r\n", "\\\n"} {
		if strings.HasPrefix(rest, newline) {
			l.at += len(newline)
			w.put("", at, len(newline))
			return
		}
	}
	if n := octal(rest[1:]); n > 0 {
		code, _ := strconv.ParseUint(rest[1:1+n], 8, 16)
		l.at += 1 + n
		w.put(string(rune(code)), at, 1+n)
		return
	}
	c, size := utf8.DecodeRuneInString(rest[1:])
	l.at += 1 + size
	text := string(c)
	if meant, ok := map[rune]string{'n': "\n", 't': "\t", 'r': "\r", 'b': "\b", 'f': "\f"}[c]; ok {
		text = meant
	}
	w.put(text, at, 1+size)
}

// octal is the number of octal digits that belong to an escape.
func octal(s string) int {
	n := 0
	for n < len(s) && n < 3 && s[n] >= '0' && s[n] <= '7' {
		n++
	}
	if n == 3 && s[0] > '3' {
		n = 2
	}
	return n
}

// expression reads ${…} or $name.name. It is false when the dollar stands for itself.
func (l *lexer) expression(w *written) bool {
	at := l.at
	if strings.HasPrefix(l.text[at:], "${") {
		l.at += 2
		w.parts = append(w.parts, part{at: at, code: l.inner()})
		if l.at < len(l.text) {
			l.at++ // the closing brace
		}
		w.parts[len(w.parts)-1].size = l.at - at
		return true
	}
	l.at++
	code := l.path()
	if code == nil {
		l.at = at
		return false
	}
	w.parts = append(w.parts, part{at: at, size: l.at - at, code: code})
	return true
}

// inner reads the tokens within ${…}.
func (l *lexer) inner() []token {
	if l.depth >= maxNesting/5 {
		l.fail(l.at, "texts are nested too deeply here to be read")
		return []token{{kind: tokenEnd, start: l.at, end: l.at}}
	}
	in := &lexer{src: l.src, text: l.text, at: l.at, depth: l.depth + 1, open: []byte{'{'}}
	in.run(true)
	in.add(token{kind: tokenEnd, start: in.at, end: in.at})
	l.at = in.at
	if in.wrong != nil {
		l.fail(in.wrong.at, in.wrong.message)
	}
	return in.tokens
}

// path reads name.name.name, as it may stand behind a dollar.
func (l *lexer) path() []token {
	var out []token
	for {
		start := l.at
		for l.at < len(l.text) {
			r, size := utf8.DecodeRuneInString(l.text[l.at:])
			if r == '$' || !isNamePart(r) || l.at == start && !isNameStart(r) {
				break
			}
			l.at += size
		}
		if l.at == start {
			if len(out) > 0 { // the point belongs to the text
				l.at--
				out = out[:len(out)-1]
				break
			}
			return nil
		}
		out = append(out, token{kind: tokenName, start: start, end: l.at, text: l.text[start:l.at]})
		if l.at >= len(l.text) || l.text[l.at] != '.' {
			break
		}
		out = append(out, token{kind: tokenSign, start: l.at, end: l.at + 1, text: "."})
		l.at++
	}
	return append(out, token{kind: tokenEnd, start: l.at, end: l.at})
}
