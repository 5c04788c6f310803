package jenkins

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxNesting bounds how deep brackets, strings and expressions may stand within each other.
const maxNesting = 150

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenNewline
	tokenName
	tokenNumber
	tokenString
	tokenSign
)

// token is one word of Groovy.
type token struct {
	kind       tokenKind
	start, end int
	text       string // of a name, a number or a sign
	str        *written
	spaced     bool // a blank stands before it
}

func (t token) is(sign string) bool     { return t.kind == tokenSign && t.text == sign }
func (t token) isName(name string) bool { return t.kind == tokenName && t.text == name }

// mistake is the place where a file is no Groovy.
type mistake struct {
	at, end int
	message string
}

// lexer splits a file into tokens.
type lexer struct {
	src    *source
	text   string
	at     int
	depth  int
	tokens []token
	open   []byte // brackets that are not closed yet
	wrong  *mistake
}

// signs are the operators of more than one rune, the longest first.
var signs = []string{
	">>>=", "<=>", "**=", "<<=", ">>=", ">>>", "...", "..<", "===", "!==", "==~",
	"=~", "==", "!=", "<=", ">=", "&&", "||", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=",
	"?.", "?:", "*.", ".&", ".@", "->", "<<", ">>", "**", "..", "::",
}

// lex splits the whole file.
func lex(src *source) ([]token, *mistake) {
	l := &lexer{src: src, text: src.text}
	if strings.HasPrefix(l.text, "\ufeff") {
		l.at = len("\ufeff")
	}
	if strings.HasPrefix(l.text[l.at:], "#!") {
		l.skipLine()
	}
	l.run(false)
	l.add(token{kind: tokenEnd, start: l.at, end: l.at})
	return l.tokens, l.wrong
}

func (l *lexer) fail(at int, message string) {
	if l.wrong == nil {
		l.wrong = &mistake{at: at, end: min(at+1, len(l.text)), message: message}
	}
	l.at = len(l.text)
}

func (l *lexer) add(t token) {
	if t.kind == tokenNewline && (len(l.tokens) == 0 || l.last().kind == tokenNewline) {
		return
	}
	l.tokens = append(l.tokens, t)
}

func (l *lexer) last() token {
	if len(l.tokens) == 0 {
		return token{}
	}
	return l.tokens[len(l.tokens)-1]
}

// run reads tokens up to the end, or, within a string, up to the brace that closes the
// expression. That one is left.
func (l *lexer) run(within bool) {
	base := len(l.open)
	for l.at < len(l.text) {
		spaced := l.blank()
		if l.at >= len(l.text) {
			break
		}
		if within && l.text[l.at] == '}' && len(l.open) == base {
			return
		}
		l.next(spaced)
	}
	if within {
		l.fail(len(l.text), "the expression within this text does not end, expected \"}\"")
	}
}

// blank skips blanks and comments, and tells whether there were any.
func (l *lexer) blank() bool {
	from := l.at
	for l.at < len(l.text) {
		rest := l.text[l.at:]
		switch c := rest[0]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\f':
			l.at++
		case strings.HasPrefix(rest, "\\\n"):
			l.at += 2
		case strings.HasPrefix(rest, "\\\r\n"):
			l.at += 3
		case strings.HasPrefix(rest, "//"):
			l.skipLine()
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				l.fail(l.at, "this comment does not end, expected \"*/\"")
				return true
			}
			l.at += end + 4
		default:
			return l.at > from
		}
	}
	return l.at > from
}

func (l *lexer) skipLine() {
	if n := strings.IndexByte(l.text[l.at:], '\n'); n >= 0 {
		l.at += n
		return
	}
	l.at = len(l.text)
}

func (l *lexer) next(spaced bool) {
	start, c := l.at, l.text[l.at]
	switch {
	case c == '\n':
		l.at++
		if len(l.open) == 0 || l.open[len(l.open)-1] == '{' {
			l.add(token{kind: tokenNewline, start: start, end: l.at})
		}
	case c == '\'' || c == '"' || (c == '/' || strings.HasPrefix(l.text[start:], "$/")) && !l.endsOperand():
		str := l.str()
		l.add(token{kind: tokenString, start: start, end: l.at, str: str, spaced: spaced})
	case c >= '0' && c <= '9':
		l.number()
		l.add(token{kind: tokenNumber, start: start, end: l.at, text: l.text[start:l.at], spaced: spaced})
	case isNameStart(l.rune()):
		l.name()
		l.add(token{kind: tokenName, start: start, end: l.at, text: l.text[start:l.at], spaced: spaced})
	default:
		l.sign(spaced)
	}
}

func (l *lexer) rune() rune {
	r, _ := utf8.DecodeRuneInString(l.text[l.at:])
	return r
}

func isNameStart(r rune) bool {
	return r == '_' || r == '$' || r < utf8.RuneSelf && unicode.IsLetter(r) || r >= utf8.RuneSelf && r != utf8.RuneError && unicode.IsLetter(r)
}

func isNamePart(r rune) bool { return isNameStart(r) || r >= '0' && r <= '9' }

func (l *lexer) name() {
	for l.at < len(l.text) {
		r, size := utf8.DecodeRuneInString(l.text[l.at:])
		if !isNamePart(r) {
			return
		}
		l.at += size
	}
}

func (l *lexer) number() {
	for l.at < len(l.text) {
		c := l.text[l.at]
		digit := c >= '0' && c <= '9' || c == '_' || unicode.IsLetter(rune(c)) && c < utf8.RuneSelf
		point := c == '.' && l.at+1 < len(l.text) && l.text[l.at+1] >= '0' && l.text[l.at+1] <= '9'
		if !digit && !point {
			return
		}
		l.at++
	}
}

// endsOperand reports whether a slash divides here, rather than beginning a text.
func (l *lexer) endsOperand() bool {
	switch t := l.last(); t.kind {
	case tokenNumber, tokenString:
		return true
	case tokenName:
		return !slices.Contains([]string{"return", "case", "in", "assert", "else", "throw", "instanceof", "as"}, t.text)
	case tokenSign:
		return t.text == ")" || t.text == "]" || t.text == "}" || t.text == "++" || t.text == "--"
	}
	return false
}

func (l *lexer) sign(spaced bool) {
	start := l.at
	text := string(l.rune())
	if l.rune() == utf8.RuneError {
		text = l.text[start : start+1]
	}
	for _, s := range signs {
		if strings.HasPrefix(l.text[start:], s) {
			text = s
			break
		}
	}
	l.at += len(text)
	l.bracket(text, start)
	l.add(token{kind: tokenSign, start: start, end: start + len(text), text: text, spaced: spaced})
}

// bracket keeps track of what is open: newlines count between braces only.
func (l *lexer) bracket(sign string, at int) {
	switch sign {
	case "(", "[", "{":
		if len(l.open) >= maxNesting {
			l.fail(at, "this is nested too deeply to be read")
			return
		}
		l.open = append(l.open, sign[0])
	case ")", "]", "}":
		want := map[string]byte{")": '(', "]": '[', "}": '{'}[sign]
		if len(l.open) == 0 || l.open[len(l.open)-1] != want {
			l.fail(at, "\""+sign+"\" closes nothing here")
			return
		}
		l.open = l.open[:len(l.open)-1]
	}
}
