package dotenv

import (
	"strings"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/pos"
)

// Limits. Beyond them the file counts as unreadable, or the value as unknown.
const (
	maxFile        = 4 << 20  // bytes of one file
	maxAssignments = 20_000   // in one file
	maxValue       = 1 << 20  // bytes of one expanded value
	maxGrowth      = 32 << 20 // bytes of all expanded values of one list of files
	maxSteps       = 1_000    // replacements in one value
	maxAllSteps    = 200_000  // replacements in one list of files
	maxDepth       = 100      // values within values
	maxHops        = 1 << 20  // hops carried over into trails, in one list of files
)

// token is one assignment as it is written. All places are offsets in the source's text.
type token struct {
	name       string
	start      int // of the name
	nameEnd    int
	valueStart int // with its quotes
	end        int // of the value, with its quotes
	op         byte
	quote      byte   // '"', '\'', '`', or 0 without quotes
	raw        string // the text of the value without quotes and comment, escapes still in it
	text       string // raw with the escapes resolved, before any expansion
	parts      []part // of a word of the shell, instead of text
	unsure     bool   // keyfit does not follow the reader here: the value is unknown
}

// bare says that the line is a name and nothing else.
func (t token) bare() bool { return t.op == 0 }

// note is something that the reader leaves out or does not take.
type note struct {
	at      int      // in the text
	where   pos.Span // instead of at, where the text is out of reach
	message string
	fix     string
}

// halt is why a reader does not take a file as a whole.
type halt struct {
	note
	// foreign says that the reader takes the file, and that keyfit cannot tell what it
	// makes of it. Otherwise the reader refuses the file.
	foreign bool
	script  bool // of a foreign file: it may define names that nothing in it shows
}

// lexer goes through the text of one file.
type lexer struct {
	src    *source
	text   string
	pos    int
	rules  *rules
	tokens []token
	notes  []note
	halt   *halt
}

func newLexer(src *source, r *rules) *lexer {
	lines := strings.Count(src.text, "\n") + 1
	return &lexer{src: src, text: src.text, rules: r, tokens: make([]token, 0, min(lines, maxAssignments))}
}

// emit adds a token. It reports false when the file has too many.
func (l *lexer) emit(t token) bool {
	if len(l.tokens) == maxAssignments {
		l.halt = &halt{foreign: true, note: note{at: t.start, message: "more than 20000 assignments in one file, the limit", fix: "split the file"}}
		return false
	}
	l.tokens = append(l.tokens, t)
	return true
}

// refuse says that the real reader does not take the file.
func (l *lexer) refuse(at int, message, fix string) bool {
	l.halt = &halt{note: note{at: at, message: message, fix: fix}}
	return false
}

// skipped notes a line that the reader leaves out.
func (l *lexer) skipped(at int, message, fix string) {
	if len(l.notes) < 100 {
		l.notes = append(l.notes, note{at: at, message: message, fix: fix})
	}
}

func (l *lexer) done() bool { return l.pos >= len(l.text) }

// skipFunc moves past all runes that f holds for.
func (l *lexer) skipFunc(f func(rune) bool) { l.pos = skipRunes(l.text, l.pos, f) }

// skipRunes gives the offset of the first rune from i on that f does not hold for.
func skipRunes(text string, i int, f func(rune) bool) int {
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !f(r) {
			return i
		}
		i += size
	}
	return i
}

// lineEnd gives the offset of the next newline from i on, or the end of the text.
func lineEnd(text string, i int) int {
	if n := strings.IndexByte(text[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(text)
}

// isLetter, isDigit and isWord know ASCII only.
func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isWord(c byte) bool   { return isLetter(c) || isDigit(c) || c == '_' }

// isBlank is what godotenv and its descendants take for a space within a line.
func isBlank(r rune) bool {
	switch r {
	case '\t', '\v', '\f', '\r', ' ', 0x85, 0xA0:
		return true
	}
	return false
}
