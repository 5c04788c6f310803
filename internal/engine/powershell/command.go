package powershell

import (
	"strings"
	"unicode"

	"github.com/keyfit/keyfit/internal/session"
)

// chained reads pipelines with && and || between them, or an assignment.
func (p *parser) chained() stmt {
	from := p.pos
	p.skipBlank()
	x := p.expression()
	if p.bad() {
		return nil
	}
	if x != nil {
		p.skipBlank()
		if op, size := p.assignOperator(); op != "" {
			p.pos += size
			p.skipLines()
			value := p.statement()
			return assignment{extent: p.since(from), target: x, op: op, value: value}
		}
	}
	var s stmt = p.pipeline(from, x)
	for !p.bad() {
		p.skipBlank()
		c := p.peek()
		if c != p.at(1) || c != '&' && c != '|' {
			break
		}
		if !p.core {
			p.fail(p.pos, "&& and ||, which Windows PowerShell does not have")
		}
		p.pos += 2
		p.skipLines()
		next := p.pos
		y := p.pipeline(next, p.expression())
		s = chain{extent: p.since(from), x: s, y: y, op: string(c) + string(c)}
	}
	return s
}

func (p *parser) assignOperator() (string, int) {
	switch c := p.peek(); c {
	case '=':
		return "=", 1
	case '+', '-', '*', '/', '%':
		if p.at(1) == '=' {
			return string(c) + "=", 2
		}
	case '?':
		if p.at(1) == '?' && p.at(2) == '=' {
			return "??=", 3
		}
	}
	return "", 0
}

// pipeline reads a pipeline whose first element may be the expression x.
func (p *parser) pipeline(from int, x expr) pipeline {
	var out pipeline
	for !p.bad() {
		start := p.pos
		var e element
		if x != nil {
			start = x.where().from
			e.x, x = x, nil
			p.redirections(&e)
		} else {
			p.command(&e)
		}
		e.extent = extent{from: start, to: p.pos}
		out.elems = append(out.elems, e)
		p.skipBlank()
		if p.peek() == '&' && p.at(1) != '&' {
			p.pos++
			out.background = true
			break
		}
		if p.peek() != '|' || p.at(1) == '|' {
			break
		}
		p.pos++
		p.skipLines()
	}
	out.extent = p.since(from)
	return out
}

func (p *parser) redirections(e *element) {
	for p.skipBlank(); !p.bad() && p.isRedirection(); p.skipBlank() {
		p.redirection(e)
	}
}

func (p *parser) isRedirection() bool {
	c := p.peek()
	return c == '>' || (c >= '1' && c <= '6' || c == '*') && p.at(1) == '>'
}

// redirection reads one, by about_Redirection.
func (p *parser) redirection(e *element) {
	r := redirection{from: '1'}
	start := p.pos
	if p.peek() != '>' {
		r.from = byte(p.peek())
		p.pos++
	}
	p.pos++
	if p.peek() == '>' {
		r.append = true
		p.pos++
	}
	if p.peek() == '&' && (p.at(1) == '1' || p.at(1) == '2') && !r.append {
		p.pos += 2
		r.merge = true
	} else {
		p.skipBlank()
		if endsWord(p.peek()) && p.peek() != '(' {
			p.fail(start, "this redirection")
			return
		}
		r.target = p.wordValue()
	}
	r.extent = p.since(start)
	e.redirs = append(e.redirs, r)
}

// command reads a command with its words, in argument mode.
func (p *parser) command(e *element) {
	start := p.pos
	if c := p.peek(); c == '&' && p.at(1) != '&' {
		e.op = "&"
		p.pos++
		p.skipBlank()
	} else if c == '.' && (isBlank(p.at(1)) || p.at(1) == '$' || isSingle(p.at(1)) || isDouble(p.at(1)) || p.at(1) == '(' || p.at(1) == '{') {
		e.op = "."
		p.pos++
		p.skipBlank()
	}
	for !p.bad() {
		before := p.pos
		p.skipBlank()
		switch c := p.peek(); {
		case c == end || isNewline(c) || c == ';' || c == '|' || c == ')' || c == '}' || c == '&':
			if len(e.words) == 0 {
				p.fail(start, "a command without a name")
			}
			return
		case c == '<':
			p.fail(p.pos, "a redirection with <")
		case p.isRedirection() && len(e.words) > 0:
			p.redirection(e)
		case c == ',':
			p.fail(p.pos, "a comma without a word in front of it")
		default:
			p.word(e, before == p.pos && len(e.words) > 0)
		}
	}
}

// word reads one word of a command line.
func (p *parser) word(e *element, glued bool) {
	w := word{glued: glued}
	start := p.pos
	first := len(e.words) == 0
	c := p.peek()
	switch {
	case first && e.op == "":
		w.x = p.commandName()
	case isOtherDash(c):
		p.fail(start, "a dash that is none")
	case c == '-' && (unicode.IsLetter(p.at(1)) || p.at(1) == '_' || p.at(1) == '?'):
		p.parameter(&w)
	default:
		w.x = p.commaWords()
	}
	if p.bad() {
		return
	}
	w.extent = p.since(start)
	if p.pos == start {
		p.fail(start, "this word")
		return
	}
	if s, ok := w.x.(stringExpr); ok && s.bare && len(s.parts) == 1 {
		if text, _ := session.Plain(s.parts[0].chars); text == "--%" {
			w.verbatim = true
			for !isNewline(p.peek()) && p.peek() != end && p.peek() != '|' {
				p.pos++
			}
			w.extent = p.since(start)
		}
	}
	e.words = append(e.words, w)
}

// commandName reads the name of a command. Without & nothing is expanded in it.
func (p *parser) commandName() expr {
	from := p.pos
	switch c := p.peek(); {
	case isSingle(c) || isDouble(c) || c == '$' || c == '@' || c == '(' || c == '{':
		p.fail(from, "this beginning of a statement")
		return nil
	}
	x := p.generic(nil)
	if s, ok := x.(stringExpr); ok && !p.bad() {
		for _, part := range s.parts {
			if part.inner != nil {
				p.fail(from, "a $ in the name of a command")
			}
		}
	}
	return x
}

// parameter reads -name, -name=text or -name: with the value that follows it at once.
func (p *parser) parameter(w *word) {
	from := p.pos
	p.pos++
	for c := p.peek(); !endsWord(c) && c != '.' && c != '[' && c != ':' && c != '\x00'; c = p.peek() {
		if isSingle(c) || isDouble(c) { // no parameter, but a word: what stands before the quote is literal
			var b builder
			for _, before := range p.chars[from:p.pos] {
				if before.Rune == '$' || before.Rune == '`' {
					p.fail(from, "a word such as -name$x\"text\"")
					return
				}
				b.char(before)
			}
			w.x = p.generic(&b)
			return
		}
		if c == session.Mark || c == '`' {
			p.fail(from, "this parameter")
			return
		}
		p.pos++
	}
	if p.peek() == ':' {
		p.pos++
		w.param, _ = session.Plain(p.chars[from:p.pos])
		before := p.pos
		p.skipBlank()
		if c := p.peek(); endsWord(c) && c != '(' && c != '{' {
			p.fail(from, "a parameter with a colon and no value")
			return
		}
		w.tight = before == p.pos
		w.x = p.commaWords()
		return
	}
	w.param, _ = session.Plain(p.chars[from:p.pos])
}

// commaWords reads a word, or several with commas between them.
func (p *parser) commaWords() expr {
	from := p.pos
	x := p.wordValue()
	if x == nil || p.bad() {
		return nil
	}
	all := list{items: []expr{x}, bare: true}
	for !p.bad() {
		before := p.pos
		p.skipBlank()
		if p.peek() != ',' {
			p.pos = before
			break
		}
		p.pos++
		between := p.pos
		p.skipLines()
		if before+1 != between || between != p.pos {
			all.bare = false
		}
		start := p.pos
		next := p.wordValue()
		if next == nil || p.pos == start {
			p.fail(from, "a comma without a word behind it")
			return nil
		}
		all.items = append(all.items, next)
	}
	if len(all.items) == 1 {
		return x
	}
	all.extent = p.since(from)
	return all
}

// wordValue reads the value of one word in argument mode.
func (p *parser) wordValue() expr {
	from := p.pos
	switch c := p.peek(); {
	case isSingle(c) || isDouble(c):
		return p.members(p.quoted(), true)
	case c == '@' && p.at(1) != session.Mark:
		x := p.atSign()
		if x == nil || p.bad() {
			return nil
		}
		return p.members(x, true)
	case c == '(' || c == '{':
		return p.primaryWord()
	case c == '$' && p.at(1) == '(':
		return p.primaryWord()
	case c == '$' && (isVariableStart(p.at(1)) || p.at(1) == '{'):
		v := p.variable()
		if p.bad() {
			return nil
		}
		if c := p.peek(); endsWord(c) || c == '.' || c == '[' || c == ':' && p.at(1) == ':' || c == '=' {
			return p.members(v, true)
		}
		p.pos = from // the variable is but the beginning of the word
	}
	return p.generic(nil)
}

func (p *parser) primaryWord() expr {
	x := p.simple()
	if x == nil || p.bad() {
		return nil
	}
	return p.members(x, true)
}

// generic reads a bare word: an expandable text that may have quoted pieces. What has been
// read of it is in b.
func (p *parser) generic(b *builder) expr {
	from := p.pos
	if b == nil {
		b = &builder{}
	}
	for c := p.peek(); !endsWord(c) && !p.bad(); c = p.peek() {
		switch {
		case isSingle(c):
			p.pos++
			p.single(b)
		case isDouble(c):
			p.pos++
			p.double(b)
		default:
			p.expandable(b, true)
		}
	}
	return stringExpr{extent: p.since(from), parts: b.parts, bare: true}
}

// literal gives the text of a string in which nothing is expanded or unknown.
func literal(x expr) (string, bool) {
	s, ok := x.(stringExpr)
	if !ok {
		return "", false
	}
	var b strings.Builder
	for _, part := range s.parts {
		text, known := session.Plain(part.chars)
		if part.inner != nil || part.line || !known {
			return "", false
		}
		b.WriteString(text)
	}
	return b.String(), true
}
