package batch

import (
	"strings"

	"github.com/keyfit/keyfit/internal/session"
)

// char is a character of a command with what became of it: one that is quoted or escaped
// means only itself.
type char struct {
	session.Char
	plain bool
}

// node is a command, or several that belong together.
type node interface{}

// The kinds of nodes.
type (
	simple struct {
		chars  []char
		redirs []redirection
	}
	block struct {
		nodes  []node
		redirs []redirection
	}
	// both is two commands with &, &&, || or | between them.
	both struct {
		op   string
		x, y node
	}
	choice struct {
		cond condition
		then node
		rest node // or nil
	}
	// strange is what is read over but not followed.
	strange struct {
		what  string
		chars []session.Char
	}
)

// condition is that of an if.
type condition struct {
	kind   string // "==", "defined", "exist", "errorlevel", or one of equ, neq, …
	not    bool
	folded bool // without regard to case
	x, y   []session.Char
}

// parser reads one command with all the lines that belong to it.
type parser struct {
	f     *follower
	st    *state // the variables as they are before the command
	chars []session.Char
	pos   int
	paren int // how many blocks are open
	depth int
	fail  *failure
}

const (
	end      rune = -1
	maxDepth int  = 100
)

func (p *parser) peek() rune {
	if p.pos >= len(p.chars) {
		return end
	}
	return p.chars[p.pos].Rune
}

func (p *parser) at(n int) rune {
	if p.pos+n >= len(p.chars) {
		return end
	}
	return p.chars[p.pos+n].Rune
}

func (p *parser) failed(what string) {
	if p.fail == nil {
		from := min(p.pos, len(p.chars))
		p.fail = &failure{what, p.chars[max(0, from-1):from]}
	}
}

// isDelimiter reports whether c stands between words.
func isDelimiter(c rune) bool { return strings.ContainsRune(" \t,;=\v\f\u00a0", c) }

func isBlank(c rune) bool { return c == ' ' || c == '\t' }

// more appends the next line of the script. It reports false at the end.
func (p *parser) more() bool {
	line, ok := p.f.nextLine()
	if !ok || p.fail != nil {
		return false
	}
	out, fail := p.f.expand(p.st, line)
	if fail != nil {
		p.fail = fail
		return false
	}
	p.chars = append(p.chars, session.Char{}.With('\n'))
	p.chars = append(p.chars, out...)
	return len(p.chars) < maxLine
}

// maxLine bounds one command with all its lines.
const maxLine = 256 << 10

func (p *parser) skipBlanks() {
	for isDelimiter(p.peek()) {
		p.pos++
	}
}

// line reads a whole line: commands with & between them, the weakest of the operators.
func (p *parser) line() node { return p.operators(0) }

// operators are those between commands, the weakest first.
var operators = []string{"&", "||", "&&", "|"}

func (p *parser) operators(level int) node {
	if level == len(operators) {
		return p.command()
	}
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth*len(operators) {
		p.failed("blocks that nest so deeply")
		return nil
	}
	x := p.operators(level + 1)
	for p.fail == nil && p.isOperator(operators[level]) {
		p.pos += len(operators[level])
		p.skipBlanks()
		if p.peek() == end || p.peek() == '\n' || p.paren > 0 && p.peek() == ')' {
			if operators[level] != "&" {
				p.failed("an operator without a command behind it")
			}
			return x // a & at the end of a line means nothing
		}
		x = both{op: operators[level], x: x, y: p.operators(level + 1)}
	}
	return x
}

func (p *parser) isOperator(op string) bool {
	c := rune(op[0])
	return p.peek() == c && (p.at(1) == c) == (len(op) == 2)
}

// command reads one command, a block, or an if.
func (p *parser) command() node {
	p.skipBlanks()
	for p.peek() == '@' {
		p.pos++
		p.skipBlanks()
	}
	switch c := p.peek(); {
	case c == end || c == '\n':
		return nil
	case c == '(':
		return p.block()
	case c == ')' && p.paren == 0:
		p.failed("a parenthesis that closes nothing")
		return nil
	case c == ':':
		return p.label()
	case c == '&' || c == '|':
		p.failed("an operator without a command in front of it")
		return nil
	}
	switch word := p.word(); word {
	case "if":
		p.pos += len(word)
		return p.ifCommand()
	case "for":
		return p.forCommand()
	case "rem":
		return p.remark()
	case "else", "do":
		p.failed("the word " + word + " here")
		return nil
	}
	return p.simple()
}

// word is the first word of a command in lower case, without moving.
func (p *parser) word() string {
	n := 0
	for c := p.at(n); c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'; c = p.at(n) {
		n++
	}
	if c := p.at(n); c != end && c != '\n' && c != '(' && c != '&' && c != '|' && c != '<' && c != '>' && c != '/' && !isDelimiter(c) {
		return ""
	}
	text, _ := session.Plain(p.chars[p.pos : p.pos+n])
	return strings.ToLower(text)
}

// label reads over a label. Behind :: it is a remark. Within a block, cmd reads labels in
// ways of its own.
func (p *parser) label() node {
	if p.paren > 0 {
		p.failed("a label or :: within a block")
		return nil
	}
	p.restOfLine()
	return nil
}

// remark reads over rem. A special character right behind it would count.
func (p *parser) remark() node {
	p.pos += len("rem")
	if c := p.peek(); c != end && c != '\n' && !isBlank(c) {
		p.failed("rem with something right behind it")
		return nil
	}
	p.skipBlanks()
	for n := 0; ; n++ {
		c := p.at(n)
		if c == end || c == '\n' || isDelimiter(c) {
			break
		}
		if strings.ContainsRune("&|<>^()\"", c) {
			p.failed("rem with a special character in its first word")
			return nil
		}
	}
	p.restOfLine()
	return nil
}

func (p *parser) restOfLine() {
	for p.peek() != end && p.peek() != '\n' {
		p.pos++
	}
	if p.pos > 0 && p.chars[p.pos-1].Rune == '^' {
		p.failed("a remark that ends with ^")
	}
}

// block reads ( … ), over several lines.
func (p *parser) block() node {
	p.pos++
	p.paren++
	var b block
	for p.fail == nil {
		p.skipBlanks()
		switch c := p.peek(); {
		case c == end:
			if !p.more() {
				p.failed("a block that does not end")
			}
			continue
		case c == '\n':
			p.pos++
			continue
		case c == ')':
			p.pos++
			p.paren--
			b.redirs = p.redirections()
			return b
		}
		if n := p.line(); n != nil {
			b.nodes = append(b.nodes, n)
		}
		if c := p.peek(); c != end && c != '\n' && c != ')' {
			p.failed("this command")
		}
	}
	return nil
}

// simple reads a command up to an operator, with its redirections taken out.
func (p *parser) simple() node {
	s := simple{}
	quoted := false
	for p.fail == nil {
		c := p.peek()
		switch {
		case c == end || c == '\n':
			return s
		case c == '"':
			quoted = !quoted
			s.chars = append(s.chars, char{p.chars[p.pos], quoted})
			p.pos++
		case quoted:
			s.chars = append(s.chars, char{p.chars[p.pos], true})
			p.pos++
		case c == '^':
			p.caret(&s)
		case c == '&' || c == '|' || c == ')' && p.paren > 0:
			return s
		case c == '<' || c == '>':
			s.redirs = append(s.redirs, p.redirection(p.handle(&s)))
		default:
			s.chars = append(s.chars, char{p.chars[p.pos], false})
			p.pos++
		}
	}
	return nil
}

// caret reads ^ and the character that it escapes; at the end of a line, that is the first one
// of the next line.
func (p *parser) caret(s *simple) {
	p.pos++
	if p.peek() == end {
		if !p.more() {
			return
		}
		p.pos++ // the end of the line goes
		if c := p.peek(); c == end || c == '\n' || strings.ContainsRune("&|<>^()\"", c) {
			p.failed("^ in front of a line that is empty or begins with a special character")
			return
		}
	}
	if p.peek() == '\n' {
		p.failed("^ at the end of a line of a block")
		return
	}
	s.chars = append(s.chars, char{p.chars[p.pos], true})
	p.pos++
}

// forCommand reads over a loop.
func (p *parser) forCommand() node {
	from := p.pos
	p.readOver()
	return strange{"a for loop", p.chars[from:min(from+3, len(p.chars))]}
}

// readOver goes to the end of a command that is not followed, with the blocks in it.
func (p *parser) readOver() {
	depth, quoted := 0, false
	for p.fail == nil {
		switch c := p.peek(); {
		case c == end:
			if depth == 0 || !p.more() {
				return
			}
			quoted = false
			continue
		case c == '\n':
			quoted = false
			if depth == 0 {
				return
			}
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '^':
			p.pos++
		case c == '(':
			depth++
		case c == ')':
			if depth == 0 && p.paren > 0 {
				return
			}
			depth--
		}
		p.pos = min(p.pos+1, len(p.chars))
	}
}
