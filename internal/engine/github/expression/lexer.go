package expression

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokenEnd      tokenKind = iota
	tokenMark               // an operator, a bracket, a comma, a point or a star: see text
	tokenLiteral            // see value
	tokenName               // of a context or a function
	tokenProperty           // behind a point
)

type token struct {
	kind       tokenKind
	start, end int
	text       string
	value      Value
}

// is reports whether the token is that mark.
func (t token) is(mark string) bool { return t.kind == tokenMark && t.text == mark }

// what names the token in a message. It never repeats a literal, which may be a key.
func (t token) what() string {
	switch {
	case t.kind == tokenEnd:
		return "the end"
	case t.kind == tokenLiteral && t.value.kind == KindString:
		return "a text"
	case t.kind == tokenLiteral:
		return "a literal"
	case t.kind == tokenMark:
		return `"` + t.text + `"`
	}
	return "a name"
}

type lexer struct {
	text string
	at   int
	last token
}

// boundaries are the characters that end a name or a number, beside blanks.
const boundaries = "([)],.!><=&|"

func (l *lexer) next() (token, error) {
	for l.at < len(l.text) {
		c, size := utf8.DecodeRuneInString(l.text[l.at:])
		if !unicode.IsSpace(c) {
			break
		}
		l.at += size
	}
	t, err := l.read()
	l.last = t
	return t, err
}

func (l *lexer) read() (token, error) {
	start := l.at
	if start >= len(l.text) {
		return token{start: start, end: start}, nil
	}
	switch c := l.text[start]; {
	case c == '\'':
		return l.quoted()
	case strings.IndexByte("([)],*", c) >= 0:
		return l.mark(1), nil
	case strings.IndexByte("!><=&|", c) >= 0:
		return l.operator()
	case c == '.' && !l.startsNumber():
		return l.mark(1), nil
	case c == '.' || c == '-' || c == '+' || c >= '0' && c <= '9':
		return l.numeral()
	}
	return l.word()
}

func (l *lexer) mark(length int) token {
	t := token{kind: tokenMark, start: l.at, end: l.at + length, text: l.text[l.at : l.at+length]}
	l.at = t.end
	return t
}

func (l *lexer) operator() (token, error) {
	rest := l.text[l.at:]
	for _, two := range []string{"!=", ">=", "<=", "==", "&&", "||"} {
		if strings.HasPrefix(rest, two) {
			return l.mark(2), nil
		}
	}
	switch rest[0] {
	case '!', '>', '<':
		return l.mark(1), nil
	}
	double := rest[:1] + rest[:1]
	return token{}, &Error{Offset: l.at, Message: `expected "` + double + `", found a single "` + rest[:1] + `"`, Fix: `write "` + double + `"`}
}

// startsNumber reports whether a point begins a number: where no value stands before it.
func (l *lexer) startsNumber() bool {
	switch l.last.kind {
	case tokenEnd:
		return true
	case tokenMark:
		return !strings.Contains(")]*.", l.last.text)
	}
	return false
}

// run gives the stretch up to the next boundary.
func (l *lexer) run(points bool) string {
	rest := l.text[l.at:]
	for i, c := range rest {
		if i > 0 && (unicode.IsSpace(c) || strings.ContainsRune(boundaries, c) && (c != '.' || !points)) {
			return rest[:i]
		}
	}
	return rest
}

func (l *lexer) numeral() (token, error) {
	text := l.run(true)
	f := parseNumber(text)
	if math.IsNaN(f) {
		return token{}, &Error{Offset: l.at, Message: "expected a number", Fix: "write a number, or put a text into single quotes"}
	}
	t := token{kind: tokenLiteral, start: l.at, end: l.at + len(text), value: Number(f)}
	l.at = t.end
	return t, nil
}

func (l *lexer) word() (token, error) {
	text := l.run(false)
	if !isWord(text) {
		return token{}, l.badWord()
	}
	t := token{kind: tokenName, start: l.at, end: l.at + len(text), text: text}
	l.at = t.end
	if l.last.is(".") {
		t.kind = tokenProperty
		return t, nil
	}
	if v, ok := constant(text); ok {
		t.kind, t.value = tokenLiteral, v
	}
	return t, nil
}

func (l *lexer) badWord() error {
	if l.text[l.at] == '"' {
		return &Error{Offset: l.at, Message: "expected a value, found a double quote", Fix: "put texts into single quotes"}
	}
	return &Error{Offset: l.at, Message: "expected a name, a number or a text in single quotes", Fix: "put texts into single quotes"}
}

func constant(text string) (Value, bool) {
	switch text {
	case "null":
		return Null(), true
	case "true":
		return Bool(true), true
	case "false":
		return Bool(false), true
	case "NaN":
		return Number(math.NaN()), true
	case "Infinity":
		return Number(math.Inf(1)), true
	}
	return Value{}, false
}

// isWord reports whether text is a letter or underscore, then letters, digits, underscores
// and hyphens.
func isWord(text string) bool {
	for i := range len(text) {
		c := text[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return text != ""
}

// quoted reads a text in single quotes, in which two of them stand for one.
func (l *lexer) quoted() (token, error) {
	var b strings.Builder
	start := l.at
	for i := start + 1; i < len(l.text); i++ {
		if l.text[i] == '\'' {
			if i+1 >= len(l.text) || l.text[i+1] != '\'' {
				l.at = i + 1
				return token{kind: tokenLiteral, start: start, end: l.at, value: String(b.String())}, nil
			}
			i++
		}
		b.WriteByte(l.text[i])
	}
	return token{}, &Error{Offset: start, Message: "expected a closing quote", Fix: "end the text with a single quote; a quote within it is written twice"}
}
