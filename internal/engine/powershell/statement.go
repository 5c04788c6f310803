package powershell

import (
	"strings"
	"unicode"

	"github.com/keyfit/keyfit/internal/session"
)

// script reads statements to the end of the text, or to what is not read.
func (p *parser) script() *scriptBlock {
	b := &scriptBlock{}
	p.skipEnds()
	p.paramBlock(b)
	for p.skipEnds(); p.peek() != end && !p.bad(); p.skipEnds() {
		if s := p.terminated(end); !p.bad() {
			b.stmts = append(b.stmts, s)
		}
	}
	return b
}

// block reads statements up to a closing bracket, and the bracket.
func (p *parser) block(closing rune) (out []stmt) {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	p.bracketed(func() {
		for p.skipEnds(); p.peek() != closing && !p.bad(); p.skipEnds() {
			out = append(out, p.terminated(closing))
		}
	})
	p.pos++
	return out
}

// terminated reads a statement and looks that it ends there.
func (p *parser) terminated(closing rune) stmt {
	from := p.pos
	if c := p.peek(); c == end || c == ')' || c == '}' || c == ']' {
		p.fail(from, "an unpaired bracket")
		return nil
	}
	s := p.statement()
	if p.bad() {
		return nil
	}
	p.skipBlank()
	c := p.peek()
	if c != end && c != closing && c != ';' && !isNewline(c) && isSimple(s) {
		p.fail(from, "this statement")
	}
	if p.pos == from {
		p.fail(from, "this statement")
	}
	return s
}

// isSimple reports whether a statement has to be followed by an end of a line or a
// semicolon.
func isSimple(s stmt) bool {
	switch s.(type) {
	case assignment, pipeline, chain, jump:
		return true
	}
	return false
}

// scriptBlock reads the body of a function or closure, behind its brace.
func (p *parser) scriptBlock(closing rune) *scriptBlock {
	b := &scriptBlock{}
	if !p.enter() {
		return b
	}
	defer p.leave()
	p.bracketed(func() {
		p.skipEnds()
		p.paramBlock(b)
		p.skipEnds()
		if p.namedBlocks(b) {
			return
		}
		for p.skipEnds(); p.peek() != closing && !p.bad(); p.skipEnds() {
			b.stmts = append(b.stmts, p.terminated(closing))
		}
		p.pos++
	})
	return b
}

// namedBlocks reads begin { }, process { } and end { }.
func (p *parser) namedBlocks(b *scriptBlock) bool {
	for p.skipEnds(); ; p.skipEnds() {
		name := p.keyword()
		if name != "begin" && name != "process" && name != "end" && name != "dynamicparam" && name != "clean" {
			break
		}
		b.strange = true
		p.pos += len(name)
		b.stmts = append(b.stmts, p.body()...)
	}
	if b.strange {
		if p.peek() != '}' {
			p.fail(p.pos, "this block")
		}
		p.pos++
	}
	return b.strange
}

// keyword is the word at the place in lower case, if it could be one that begins a
// statement; it does not move.
func (p *parser) keyword() string {
	n := 0
	for c := p.at(n); c < 128 && unicode.IsLetter(c); c = p.at(n) {
		n++
	}
	if n == 0 || !endsWord(p.at(n)) {
		return ""
	}
	text, _ := session.Plain(p.chars[p.pos : p.pos+n])
	return strings.ToLower(text)
}

// body reads { statements }.
func (p *parser) body() []stmt {
	p.skipLines()
	if p.peek() != '{' {
		p.fail(p.pos, "a statement without its braces")
		return nil
	}
	p.pos++
	return p.block('}')
}

// statement reads one statement.
func (p *parser) statement() stmt {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	from := p.pos
	word := p.keyword()
	switch word {
	case "if":
		p.pos += 2
		return p.ifStatement(from)
	case "foreach", "for", "while", "switch", "do":
		if word == "foreach" && p.isCommandAfter(len(word)) {
			break
		}
		p.pos += len(word)
		return p.loop(from, word)
	case "try":
		p.pos += 3
		return p.try(from)
	case "return", "exit", "throw", "break", "continue":
		p.pos += len(word)
		return p.jump(from, word)
	case "function", "filter":
		p.pos += len(word)
		return p.function(from)
	case "trap", "class", "enum", "using", "workflow", "configuration", "data", "parallel", "sequence", "inlinescript",
		"begin", "process", "end", "dynamicparam", "clean", "param", "define", "var", "from", "else", "elseif", "catch", "finally", "until", "in":
		p.fail(from, "the statement "+word)
		return nil
	}
	if p.peek() == ':' {
		p.fail(from, "a label")
		return nil
	}
	return p.chained()
}

// isCommandAfter reports whether a word of n letters is followed by no parenthesis.
func (p *parser) isCommandAfter(n int) bool {
	for isBlank(p.at(n)) {
		n++
	}
	return p.at(n) != '('
}

func (p *parser) jump(from int, kind string) stmt {
	j := jump{kind: kind}
	p.skipBlank()
	if c := p.peek(); !endsWord(c) || c == '(' || c == '{' || c == '&' {
		j.value = p.chained()
	}
	j.extent = p.since(from)
	return j
}

// head reads ( … ).
func (p *parser) head() []stmt {
	p.skipLines()
	if p.peek() != '(' {
		p.fail(p.pos, "a statement without its parentheses")
		return nil
	}
	p.pos++
	return p.block(')')
}

func (p *parser) ifStatement(from int) stmt {
	var s ifStmt
	for !p.bad() {
		cond := p.head()
		if len(cond) != 1 {
			p.fail(from, "this condition")
			return nil
		}
		s.clauses = append(s.clauses, clause{cond: cond[0], body: p.body()})
		before := p.pos
		p.skipLines()
		switch p.keyword() {
		case "elseif":
			p.pos += len("elseif")
			continue
		case "else":
			p.pos += len("else")
			s.rest = p.body()
		default:
			p.pos = before
		}
		break
	}
	s.extent = p.since(from)
	return s
}

// loop reads a statement whose bodies are done any number of times.
func (p *parser) loop(from int, kind string) stmt {
	l := loop{kind: kind}
	switch kind {
	case "foreach":
		p.foreachHead(&l)
		l.bodies = append(l.bodies, p.body())
	case "switch":
		p.skipBlank()
		if p.peek() == '-' {
			p.fail(from, "an option of switch")
			return nil
		}
		l.over = p.head()
		p.cases(&l)
	case "do":
		l.bodies = append(l.bodies, p.body())
		p.skipLines()
		word := p.keyword()
		if word != "while" && word != "until" {
			p.fail(p.pos, "do without while or until")
			return nil
		}
		p.pos += len(word)
		l.over = p.head()
	default:
		l.over = p.head()
		l.bodies = append(l.bodies, p.body())
	}
	l.extent = p.since(from)
	return l
}

func (p *parser) foreachHead(l *loop) {
	p.skipLines()
	p.pos++ // the parenthesis
	p.skipLines()
	if p.peek() != '$' {
		p.fail(p.pos, "this foreach")
		return
	}
	l.variable = p.variable()
	p.skipLines()
	if p.keyword() != "in" {
		p.fail(p.pos, "foreach without in")
		return
	}
	p.pos += 2
	p.skipLines()
	l.over = p.block(')')
}

// cases reads the body of a switch.
func (p *parser) cases(l *loop) {
	p.skipLines()
	if p.peek() != '{' {
		p.fail(p.pos, "this switch")
		return
	}
	p.pos++
	for p.skipEnds(); p.peek() != '}' && !p.bad(); p.skipEnds() {
		from := p.pos
		if x := p.simple(); x == nil { // a bare word
			for !endsWord(p.peek()) {
				p.pos++
			}
		}
		if p.pos == from {
			p.fail(from, "this case of a switch")
			return
		}
		l.bodies = append(l.bodies, p.body())
	}
	p.pos++
}
