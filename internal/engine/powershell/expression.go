package powershell

import (
	"strings"
	"unicode"
)

// precedence gives the strength of binary operators, by about_Operator_Precedence.
var precedence = map[string]int{
	"..": 13, "f": 12, "*": 10, "/": 10, "%": 10, "+": 9, "-": 9, "??": 7,
	"band": 2, "bor": 2, "bxor": 2, "shl": 2, "shr": 2, "and": 1, "or": 1, "xor": 1,
}

// comparisons are the operators that also have forms with c and i in front.
const comparisons = " eq ne ge gt le lt like notlike match notmatch replace contains notcontains in notin split "

func operatorStrength(op string) int {
	if n, ok := precedence[op]; ok {
		return n
	}
	for _, plain := range []string{op, strings.TrimPrefix(op, "c"), strings.TrimPrefix(op, "i")} {
		if plain != "" && strings.Contains(comparisons, " "+plain+" ") {
			return 5
		}
	}
	if op == "join" || op == "is" || op == "isnot" || op == "as" {
		return 5
	}
	return 0
}

// operator reads the operator at the place, without moving; size is that of its text.
func (p *parser) operator() (op string, size int) {
	switch c := p.peek(); c {
	case '.':
		if p.at(1) == '.' {
			return "..", 2
		}
	case '?':
		if p.at(1) == '?' && p.at(2) != '=' {
			return "??", 2
		}
	case '*', '/', '%', '+':
		if p.at(1) != '=' && !(c == '+' && p.at(1) == '+') && !(c == '*' && p.at(1) == '>') {
			return string(c), 1
		}
	case '-':
		return p.dashOperator()
	}
	return "", 0
}

func (p *parser) dashOperator() (string, int) {
	n := 1
	var name []rune
	for c := p.at(n); c < 128 && unicode.IsLetter(c); c = p.at(n) {
		name = append(name, unicode.ToLower(c))
		n++
	}
	switch {
	case len(name) > 0:
		return string(name), n
	case p.at(1) == '=' || p.at(1) == '-':
		return "", 0
	}
	return "-", 1
}

// expression reads an expression. It gives nil where none begins.
func (p *parser) expression() expr { return p.binary(1) }

func (p *parser) binary(least int) expr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	x := p.items()
	for x != nil && !p.bad() {
		before := p.pos
		p.skipBlank()
		op, size := p.operator()
		strength := operatorStrength(op)
		if strength == 0 || strength < least {
			if p.peek() == '?' && op == "" && !(p.at(1) == '?' && p.at(2) == '=') {
				p.fail(p.pos, "the operator ?")
			}
			p.pos = before
			return x
		}
		at := p.pos
		p.pos += size
		p.skipLines()
		y := p.binary(strength + 1)
		if y == nil {
			p.fail(at, "an operator without an operand")
			return nil
		}
		x = binary{extent: extent{from: x.where().from, to: p.pos}, op: op, x: x, y: y}
	}
	return x
}

// items reads a list with commas, or the one expression that is none.
func (p *parser) items() expr {
	x := p.unary()
	if x == nil || p.bad() || p.noComma {
		return x
	}
	all := []expr{x}
	for !p.bad() {
		before := p.pos
		p.skipBlank()
		if p.peek() != ',' {
			p.pos = before
			break
		}
		p.pos++
		p.skipLines()
		next := p.unary()
		if next == nil {
			p.fail(p.pos, "a comma without an expression behind it")
			return nil
		}
		all = append(all, next)
	}
	if len(all) == 1 {
		return x
	}
	return list{extent: extent{from: x.where().from, to: p.pos}, items: all}
}

// unary reads an expression with the operators in front of it.
func (p *parser) unary() expr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	p.skipBlank()
	from := p.pos
	op, size := "", 0
	switch c := p.peek(); {
	case c == '!' && (isBlank(p.at(1)) || p.at(1) == '$' || p.at(1) == '('):
		op, size = "!", 1
	case c == '-':
		if op, size = p.dashOperator(); op != "not" && op != "join" && op != "split" {
			if !unicode.IsDigit(p.at(1)) {
				if op != "" && op != "-" { // a parameter, or a command that begins with a dash
					return nil
				}
				p.fail(from, "this operator")
				return nil
			}
			return p.number()
		}
	case c == '+' || c == ',' || isOtherDash(c):
		p.fail(from, "this operator")
		return nil
	case c == '[':
		return p.typed()
	default:
		return p.primary()
	}
	p.pos += size
	x := p.unary()
	if x == nil {
		p.fail(from, "an operator without an operand")
		return nil
	}
	return unary{extent: p.since(from), op: op, x: x}
}

// typed reads a type, and what is converted to it or a member of it.
func (p *parser) typed() expr {
	from := p.pos
	name, ok := p.typeName()
	if !ok {
		p.fail(from, "this type")
		return nil
	}
	if p.peek() == ':' && p.at(1) == ':' {
		return p.members(typeExpr{extent: p.since(from), name: name}, false)
	}
	p.skipBlank()
	if endsWord(p.peek()) && p.peek() != '(' && p.peek() != '{' {
		return typeExpr{extent: p.since(from), name: name}
	}
	x := p.unary()
	if x == nil {
		p.fail(from, "this type")
		return nil
	}
	return cast{extent: p.since(from), to: name, x: x}
}

// typeName reads [name], where the brackets may stand within the name.
func (p *parser) typeName() (string, bool) {
	var name []rune
	depth := 0
	for {
		c := p.peek()
		switch {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '.' && c != '_' && c != '+':
			return "", false
		}
		p.pos++
		name = append(name, unicode.ToLower(c))
		if depth == 0 {
			return strings.TrimPrefix(string(name[1:len(name)-1]), "system."), len(name) > 2
		}
	}
}
