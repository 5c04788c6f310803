package powershell

import (
	"strings"
	"unicode"

	"github.com/keyfit/keyfit/internal/session"
)

// parser reads a script by the rules of about_Parsing, about_Quoting_Rules and
// about_Special_Characters. It reads on without a result once something failed.
type parser struct {
	chars   []session.Char
	pos     int
	depth   int
	failed  *failure
	unix    bool // the lines of the script end with LF
	core    bool // PowerShell 7, and not Windows PowerShell
	noComma bool // a comma ends the expression
}

// failure is what the parser does not read.
type failure struct {
	at   int
	what string
}

const maxDepth = 400

func (p *parser) fail(at int, what string) {
	if p.failed == nil {
		p.failed = &failure{at: at, what: what}
	}
}

func (p *parser) bad() bool { return p.failed != nil }

// enter counts how deep the text nests.
func (p *parser) enter() bool {
	p.depth++
	if p.depth > maxDepth {
		p.fail(p.pos, "text that nests so deeply")
	}
	return !p.bad()
}

func (p *parser) leave() { p.depth-- }

// end is what peek gives behind the text.
const end rune = -1

func (p *parser) peek() rune { return p.at(0) }

func (p *parser) at(n int) rune {
	if p.pos+n >= len(p.chars) {
		return end
	}
	return p.chars[p.pos+n].Rune
}

func (p *parser) since(from int) extent { return extent{from: from, to: p.pos} }

func isBlank(c rune) bool {
	return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == 0x85 || c > 127 && unicode.Is(unicode.Z, c)
}

func isNewline(c rune) bool { return c == '\n' || c == '\r' }

// endsWord reports whether a character is never part of a bare word: the metacharacters of
// argument mode, of which < > @ # only count at the beginning of a word.
func endsWord(c rune) bool {
	switch c {
	case end, '\n', '\r', '&', '(', ')', ',', ';', '{', '|', '}':
		return true
	}
	return isBlank(c)
}

// Curly quotation marks count as plain ones.
func isSingle(c rune) bool {
	return c == '\'' || c == '\u2018' || c == '\u2019' || c == '\u201a' || c == '\u201b'
}

func isDouble(c rune) bool { return c == '"' || c == '\u201c' || c == '\u201d' || c == '\u201e' }

// isOtherDash reports whether c is one of the dashes that count as a hyphen.
func isOtherDash(c rune) bool { return c == '\u2013' || c == '\u2014' || c == '\u2015' }

// skipBlank goes to the next token: over blanks, comments, and lines that a backtick
// continues.
func (p *parser) skipBlank() {
	for {
		switch c := p.peek(); {
		case isBlank(c):
			p.pos++
		case c == '`' && p.at(1) == '\r' && p.at(2) == '\n':
			p.pos += 3
		case c == '`' && (isNewline(p.at(1)) || isBlank(p.at(1))):
			p.pos += 2
		case c == '#':
			for p.peek() != end && !isNewline(p.peek()) {
				p.pos++
			}
		case c == '<' && p.at(1) == '#':
			p.blockComment()
		default:
			return
		}
	}
}

func (p *parser) blockComment() {
	from := p.pos
	p.pos += 2
	for !(p.peek() == '#' && p.at(1) == '>') {
		if p.peek() == end {
			p.fail(from, "a comment that does not end")
			return
		}
		p.pos++
	}
	p.pos += 2
}

// skipLines is skipBlank over ends of lines as well.
func (p *parser) skipLines() {
	for p.skipBlank(); isNewline(p.peek()) && !p.bad(); p.skipBlank() {
		p.pos++
	}
}

// skipEnds is skipLines over semicolons as well.
func (p *parser) skipEnds() {
	for p.skipLines(); p.peek() == ';' && !p.bad(); p.skipLines() {
		p.pos++
	}
}

// escape is the character behind a backtick.
func (p *parser) escape() (session.Char, bool) {
	c := p.chars[p.pos]
	p.pos++
	switch c.Rune {
	case session.Mark:
		p.fail(p.pos-1, "a pasted text behind a backtick")
		return c, false
	case 'u', 'e': // of PowerShell 6 and later; before, it was the letter
		p.fail(p.pos-1, "the escape `"+string(c.Rune))
		return c, false
	}
	if to, ok := escapes[c.Rune]; ok {
		return c.With(to), true
	}
	return c, true
}

// escapes are those of about_Special_Characters that every version has.
var escapes = map[rune]rune{
	'0': 0, 'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v',
}

// builder puts the parts of a string together.
type builder struct{ parts []part }

func (b *builder) char(c session.Char) {
	if n := len(b.parts); n > 0 && b.parts[n-1].inner == nil && !b.parts[n-1].line {
		b.parts[n-1].chars = append(b.parts[n-1].chars, c)
		return
	}
	b.parts = append(b.parts, part{chars: []session.Char{c}})
}

func (b *builder) expand(x expr) { b.parts = append(b.parts, part{inner: x}) }

// newline adds the end of a line that stands in a string of several lines.
func (p *parser) newline(b *builder) {
	c := p.chars[p.pos]
	p.pos++
	if p.unix {
		b.char(c)
		return
	}
	if c.Rune == '\r' && p.peek() == '\n' {
		p.pos++
	} else if c.Rune == '\r' {
		b.char(c)
		return
	}
	b.parts = append(b.parts, part{line: true})
}

// single reads a verbatim string, behind its opening quote, into b.
func (p *parser) single(b *builder) {
	from := p.pos
	for !p.bad() {
		switch c := p.peek(); {
		case c == end:
			p.fail(from, "a string that does not end")
		case isSingle(c) && isSingle(p.at(1)):
			b.char(p.chars[p.pos+1])
			p.pos += 2
		case isSingle(c):
			p.pos++
			return
		case isNewline(c):
			p.newline(b)
		default:
			b.char(p.chars[p.pos])
			p.pos++
		}
	}
}

// double reads an expandable string, behind its opening quote, into b.
func (p *parser) double(b *builder) {
	from := p.pos
	for !p.bad() {
		switch c := p.peek(); {
		case c == end:
			p.fail(from, "a string that does not end")
		case isDouble(c) && isDouble(p.at(1)):
			b.char(p.chars[p.pos+1])
			p.pos += 2
		case isDouble(c):
			p.pos++
			return
		default:
			p.expandable(b, true)
		}
	}
}

// expandable reads one character of an expandable text, or what is expanded there. Within
// double quotes, quotes in what is expanded would be doubled.
func (p *parser) expandable(b *builder, quoted bool) {
	switch c := p.peek(); {
	case c == '$':
		p.dollar(b, quoted)
	case c == '`' && p.at(1) == end:
		p.fail(p.pos, "a backtick at the end")
	case c == '`' && isNewline(p.at(1)): // the end of the line stays in the string
		p.pos++
		p.newline(b)
	case c == '`':
		p.pos++
		if e, ok := p.escape(); ok {
			b.char(e)
		}
	case isNewline(c):
		p.newline(b)
	default:
		b.char(p.chars[p.pos])
		p.pos++
	}
}

// dollar reads what a $ within an expandable text begins: a variable, a subexpression, or
// nothing.
func (p *parser) dollar(b *builder, quoted bool) {
	from := p.pos
	switch c := p.at(1); {
	case c == '(':
		p.pos += 2
		body := p.block(')')
		x := group{extent: p.since(from), open: "$(", body: body}
		switch {
		case p.bad():
		case quoted && p.doubled(x.extent): // they are read as one quotation mark
			p.fail(from, "doubled quotation marks in a subexpression of a string")
		case !p.balanced(x.extent): // where it ends is found by counting, whatever is quoted
			p.fail(from, "an unpaired parenthesis in a subexpression of a string")
		}
		b.expand(x)
	case c == '{' || isVariableStart(c):
		if v := p.variable(); !p.bad() {
			b.expand(v)
		}
	case c == session.Mark:
		p.fail(from, "a variable whose name is a pasted text")
	default:
		b.char(p.chars[p.pos])
		p.pos++
	}
}

// balanced reports whether the parentheses of a subexpression close at its end, and not
// before.
func (p *parser) balanced(e extent) bool {
	depth := 0
	for i := e.from; i < e.to; i++ {
		switch p.chars[i].Rune {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i == e.to-1
			}
		}
	}
	return false
}

func (p *parser) doubled(e extent) bool {
	for i := e.from; i+1 < e.to; i++ {
		if (isDouble(p.chars[i].Rune) || p.chars[i].Rune == '`') && isDouble(p.chars[i+1].Rune) {
			return true
		}
	}
	return false
}

func isVariableStart(c rune) bool {
	return c == '_' || c == '$' || c == '?' || c == '^' || c == ':' || unicode.IsLetter(c) || unicode.IsDigit(c)
}

func isVariableRune(c rune) bool {
	return c == '_' || c == '?' || unicode.IsLetter(c) || unicode.IsDigit(c)
}

// variable reads a variable, from its $ on.
func (p *parser) variable() variable {
	from := p.pos
	p.pos++
	var name []rune
	switch c := p.peek(); {
	case c == '{':
		p.pos++
		return p.braced(from)
	case c == '$' || c == '?' || c == '^':
		p.pos++
		return variable{extent: p.since(from), name: string(c)}
	}
	for {
		c := p.peek()
		if !isVariableRune(c) && (c != ':' || p.at(1) == ':') {
			break
		}
		name = append(name, c)
		p.pos++
	}
	if p.peek() == session.Mark {
		p.fail(from, "a variable whose name goes on in a pasted text")
	}
	return p.named(from, string(name), false)
}

// braced reads ${name}, behind the brace.
func (p *parser) braced(from int) variable {
	var name []rune
	for p.peek() != '}' && !p.bad() {
		switch c := p.peek(); c {
		case end, '{', '`', '"', '\n', '\r', session.Mark:
			p.fail(from, "this name of a variable")
			return variable{}
		default:
			name = append(name, c)
			p.pos++
		}
	}
	p.pos++
	return p.named(from, string(name), true)
}

// named takes the scope, or the drive, off a variable's name.
func (p *parser) named(from int, name string, braced bool) variable {
	v := variable{extent: p.since(from), braced: braced}
	scope, rest, scoped := cutScope(name)
	v.scope, v.name = scope, rest
	if rest == "" || !scoped {
		p.fail(from, "this name of a variable")
	}
	return v
}

func cutScope(name string) (scope, rest string, ok bool) {
	before, after, found := strings.Cut(name, ":")
	if !found {
		return "", name, true
	}
	switch scope = strings.ToLower(before); scope {
	case "env", "global", "local", "script", "private", "using", "variable":
		return scope, after, !strings.Contains(after, ":")
	}
	return "", name, false
}
