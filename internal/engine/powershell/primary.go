package powershell

import (
	"strings"
	"unicode"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/session"
)

// primary reads a string, a number, a variable or a bracketed expression, and its members.
func (p *parser) primary() expr {
	x := p.simple()
	if x == nil || p.bad() {
		return nil
	}
	return p.members(x, false)
}

func (p *parser) simple() expr {
	from := p.pos
	switch c := p.peek(); {
	case isSingle(c) || isDouble(c):
		return p.quoted()
	case c == '$' && p.at(1) == '(':
		p.pos += 2
		body := p.block(')')
		return group{extent: p.since(from), open: "$(", body: body}
	case c == '$' && (isVariableStart(p.at(1)) || p.at(1) == '{'):
		return p.variable()
	case c == '$':
		p.fail(from, "this use of $")
	case c == '(':
		p.pos++
		body := p.block(')')
		return group{extent: p.since(from), open: "(", body: body}
	case c == '@':
		return p.atSign()
	case c == '{':
		p.pos++
		body := p.scriptBlock('}')
		return closure{extent: p.since(from), body: body}
	case unicode.IsDigit(c):
		return p.number()
	}
	return nil
}

// quoted reads a string with its quotes.
func (p *parser) quoted() expr {
	from := p.pos
	var b builder
	opening := p.peek()
	p.pos++
	if isSingle(opening) {
		p.single(&b)
	} else {
		p.double(&b)
	}
	return stringExpr{extent: p.since(from), parts: b.parts}
}

// numberForm is a number by about_Numeric_Literals; the first group is a plain one.
var numberForm = lazy.Regexp(`^-?(?:(0|[1-9][0-9]{0,8})|(?:0x[0-9a-fA-F]+|0b[01]+|[0-9]+(?:\.[0-9]+)?(?:[eE][0-9]+)?)[a-zA-Z]{0,4})$`)

// number reads a number. What only begins like one is the name of a command. Of any but a
// plain one, the text is not told.
func (p *parser) number() expr {
	from := p.pos
	if p.peek() == '-' {
		p.pos++
	}
	for c := p.peek(); c < 128 && (unicode.IsDigit(c) || unicode.IsLetter(c)) || c == '.' && unicode.IsDigit(p.at(1)); c = p.peek() {
		p.pos++
	}
	text, _ := session.Plain(p.chars[from:p.pos])
	match := numberForm().FindStringSubmatch(text)
	if match == nil || !endsWord(p.peek()) && !strings.ContainsRune("!#%*+-./<=>]", p.peek()) {
		p.pos = from
		return nil
	}
	if match[1] == "" {
		text = ""
	}
	return number{extent: p.since(from), text: text}
}

// atSign reads what begins with @: a here-string, a list, a table, or a splatted variable.
func (p *parser) atSign() expr {
	from := p.pos
	switch c := p.at(1); {
	case isSingle(c) || isDouble(c):
		return p.hereString()
	case c == '(':
		p.pos += 2
		body := p.block(')')
		return group{extent: p.since(from), open: "@(", body: body}
	case c == '{':
		p.pos += 2
		return p.table(from)
	case isVariableRune(c):
		v := p.variable()
		return splat{extent: p.since(from), name: v.name}
	}
	p.fail(from, "this use of @")
	return nil
}

// table reads @{ key = value … }, behind the brace.
func (p *parser) table(from int) expr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	h := hash{}
	for p.skipEnds(); p.peek() != '}' && !p.bad(); p.skipEnds() {
		key := p.key()
		p.skipBlank()
		if key == nil || p.peek() != '=' {
			p.fail(p.pos, "this table")
			return nil
		}
		p.pos++
		p.skipLines()
		h.keys, h.values = append(h.keys, key), append(h.values, p.statement())
	}
	p.pos++
	h.extent = p.since(from)
	return h
}

func (p *parser) key() expr {
	from := p.pos
	if x := p.simple(); x != nil || p.bad() {
		return x
	}
	for isVariableRune(p.peek()) && p.peek() != '?' {
		p.pos++
	}
	if p.pos == from {
		return nil
	}
	return stringExpr{extent: p.since(from), parts: []part{{chars: p.chars[from:p.pos]}}}
}

// hereString reads @"…"@ or @'…'@: the lines between the two marks.
func (p *parser) hereString() expr {
	from := p.pos
	expands := isDouble(p.at(1))
	p.pos += 2
	for isBlank(p.peek()) {
		p.pos++
	}
	if p.peek() == '\r' && p.at(1) == '\n' {
		p.pos++
	}
	if !isNewline(p.peek()) {
		p.fail(from, "a here-string that does not begin on a line of its own")
		return nil
	}
	p.pos++
	var b builder
	if p.footer(expands) {
		return stringExpr{extent: p.since(from)}
	}
	for !p.bad() {
		switch c := p.peek(); {
		case c == end:
			p.fail(from, "a here-string that does not end")
		case isNewline(c):
			kept := len(b.parts)
			p.newline(&b)
			if p.footer(expands) {
				b.dropLine(kept)
				return stringExpr{extent: p.since(from), parts: b.parts}
			}
		case expands:
			p.expandable(&b, false)
		default:
			b.char(p.chars[p.pos])
			p.pos++
		}
	}
	return nil
}

// dropLine takes the end of a line off again, that was added when there were kept parts.
func (b *builder) dropLine(kept int) {
	if len(b.parts) > kept {
		b.parts = b.parts[:kept]
		return
	}
	last := &b.parts[kept-1]
	last.chars = last.chars[:len(last.chars)-1]
}

// footer reads the closing mark of a here-string at the beginning of a line.
func (p *parser) footer(expands bool) bool {
	c := p.peek()
	if p.at(1) != '@' || expands && !isDouble(c) || !expands && !isSingle(c) {
		return false
	}
	p.pos += 2
	return true
}

// members reads .name, ::name and […] behind an expression, without blanks in between.
func (p *parser) members(x expr, argument bool) expr {
	from := x.where().from
	for !p.bad() {
		c := p.peek()
		_, isType := x.(typeExpr)
		switch {
		case c == '.' && p.at(1) != '.' && !(argument && (isBlank(p.at(1)) || isNewline(p.at(1)) || p.at(1) == end)):
			p.pos++
			x = p.member(x, from, false)
		case c == ':' && p.at(1) == ':' && (isType || !argument || !isBlank(p.at(2))):
			p.pos += 2
			x = p.member(x, from, true)
		case c == '[':
			p.pos++
			p.skipLines()
			var at expr
			p.bracketed(func() { at = p.expression() })
			p.skipLines()
			if at == nil || p.peek() != ']' {
				p.fail(from, "this index")
				return nil
			}
			p.pos++
			x = index{extent: p.since(from), of: x, at: at}
		case c == '?' && (p.at(1) == '.' || p.at(1) == '['):
			p.fail(p.pos, "the operator ?.")
		case c == '+' && p.at(1) == '+' || c == '-' && p.at(1) == '-' && !argument:
			op := string(c) + string(c)
			p.pos += 2
			x = unary{extent: p.since(from), op: op, x: x}
		default:
			return x
		}
	}
	return nil
}

// member reads a name behind . or ::, and the arguments when it is called.
func (p *parser) member(of expr, from int, static bool) expr {
	start := p.pos
	for isVariableRune(p.peek()) && p.peek() != '?' {
		p.pos++
	}
	name, _ := session.Plain(p.chars[start:p.pos])
	if name == "" || unicode.IsDigit(rune(name[0])) || p.peek() == session.Mark {
		p.fail(start, "this member")
		return nil
	}
	m := member{of: of, name: strings.ToLower(name), static: static}
	if p.peek() == '(' {
		p.pos++
		m.call = true
		m.args = p.arguments()
	}
	m.extent = p.since(from)
	return m
}

// arguments reads those of a method, behind the parenthesis.
func (p *parser) arguments() []expr {
	var out []expr
	for p.skipLines(); p.peek() != ')' && !p.bad(); p.skipLines() {
		x := p.argument()
		if x == nil {
			p.fail(p.pos, "this argument")
			return nil
		}
		out = append(out, x)
		p.skipLines()
		if p.peek() == ',' {
			p.pos++
		} else if p.peek() != ')' {
			p.fail(p.pos, "this argument")
		}
	}
	p.pos++
	return out
}

// argument is an expression in which a comma is none of its own.
func (p *parser) argument() expr {
	outer := p.noComma
	p.noComma = true
	defer func() { p.noComma = outer }()
	return p.expression()
}

// bracketed reads what stands within brackets, where commas count again.
func (p *parser) bracketed(read func()) {
	outer := p.noComma
	p.noComma = false
	read()
	p.noComma = outer
}
