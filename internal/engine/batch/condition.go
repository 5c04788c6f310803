package batch

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/session"
)

// ifCommand reads an if, behind the word; see `if /?`.
func (p *parser) ifCommand() node {
	var c choice
	for {
		p.skipBlanks()
		switch word := p.word(); {
		case word == "not":
			c.cond.not = !c.cond.not
			p.pos += len(word)
			continue
		case p.peek() == '/' && p.at(1)|0x20 == 'i' && isBlank(p.at(2)):
			c.cond.folded = true
			p.pos += 2
			continue
		}
		break
	}
	p.condition(&c.cond)
	if p.fail != nil {
		return nil
	}
	c.then, c.rest = p.ways()
	return c
}

// ways reads the command behind a condition, and the one behind else. What is no block goes
// on to the end of the line.
func (p *parser) ways() (then, rest node) {
	p.skipBlanks()
	if p.peek() != '(' {
		return p.needed(), nil
	}
	then = p.block()
	for isBlank(p.peek()) {
		p.pos++
	}
	if p.word() == "else" {
		p.pos += len("else")
		p.skipBlanks()
		if p.peek() == '(' {
			rest = p.block()
			p.blockEnds()
			return then, rest
		}
		return then, p.needed()
	}
	p.blockEnds()
	return then, nil
}

func (p *parser) needed() node {
	n := p.line()
	if n == nil {
		p.failed("an if without a command")
	}
	return n
}

// blockEnds looks that nothing follows a block of an if.
func (p *parser) blockEnds() {
	for isBlank(p.peek()) {
		p.pos++
	}
	if c := p.peek(); c != end && c != '\n' && (c != ')' || p.paren == 0) {
		p.failed("what follows the block of an if")
	}
}

func (p *parser) condition(c *condition) {
	switch word := p.word(); word {
	case "defined", "exist", "errorlevel", "cmdextversion":
		p.pos += len(word)
		p.skipBlanks()
		c.kind, c.x = word, p.operand()
		return
	}
	c.x = p.operand()
	for isBlank(p.peek()) {
		p.pos++
	}
	if p.peek() == '=' && p.at(1) == '=' {
		p.pos += 2
		c.kind = "=="
	} else {
		c.kind = p.word()
		if !strings.Contains(" equ neq lss leq gtr geq ", " "+c.kind+" ") || c.kind == "" {
			p.failed("this condition")
			return
		}
		p.pos += len(c.kind)
	}
	p.skipBlanks()
	c.y = p.operand()
}

// operand reads a word of a condition, with its quotes.
func (p *parser) operand() []session.Char {
	start, quoted := p.pos, false
	for c := p.peek(); c != end && c != '\n' && (quoted || !isDelimiter(c)); c = p.peek() {
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted && strings.ContainsRune("^&|<>()", c):
			p.failed("a special character in a condition")
			return nil
		}
		p.pos++
	}
	if p.pos == start || quoted {
		p.failed("a condition in which a word is missing")
	}
	return p.chars[start:p.pos]
}

// tri is the answer to a question that may have none.
type tri uint8

const (
	maybe tri = iota
	yes
	no
)

func triOf(b bool) tri {
	if b {
		return yes
	}
	return no
}

func (t tri) not() tri {
	switch t {
	case yes:
		return no
	case no:
		return yes
	}
	return maybe
}

// decide says which way a condition goes; status says that it asks for the status of a
// command.
func (f *follower) decide(st *state, c condition) (answer tri, status bool) {
	x, y := f.src.Text(c.x), f.src.Text(c.y)
	switch c.kind {
	case "errorlevel":
		return maybe, true
	case "defined":
		answer = f.isDefined(st, x)
	case "exist":
		answer = f.exists(st, x)
	case "cmdextversion":
		return maybe, false
	default:
		answer, status = compareAny(c, x, y), asksStatus(x) || asksStatus(y)
	}
	if c.not {
		answer = answer.not()
	}
	return answer, status
}

func asksStatus(t session.Text) bool {
	v := t.Value()
	return v.State == model.Unknown && v.Why == model.WhyExitStatus
}

func (f *follower) isDefined(st *state, name session.Text) tri {
	text, ok := name.Known()
	if !ok || strings.ContainsAny(text, `"`) {
		return maybe
	}
	switch v := st.Lookup(text); v.State {
	case model.Known:
		if !v.Text.IsEmpty() {
			return yes
		}
	case model.Absent:
		if f.lookup(st, text).IsEmpty() {
			return no
		}
	case model.Unknown:
		if session.Of(v).NonEmpty() {
			return yes
		}
	}
	return maybe
}

// exists asks whether a file is there. What is not in the repository may have been made.
func (f *follower) exists(st *state, name session.Text) tri {
	at, ok := f.pathOf(st, unquoted(name))
	if !ok {
		return maybe
	}
	for written := range st.Files {
		if written == at || strings.HasPrefix(at, written+"/") || strings.HasPrefix(written, at+"/") {
			return maybe
		}
	}
	if _, err := f.step.Files.Stat(at); err != nil || st.wild != nil {
		return maybe
	}
	return yes
}

// compareAny compares texts, of which either may have a few candidates.
func compareAny(c condition, x, y session.Text) tri {
	var all tri
	first := true
	for _, a := range candidates(x) {
		for _, b := range candidates(y) {
			answer := compare(c, a, b)
			if answer == maybe || !first && answer != all {
				return maybe
			}
			all, first = answer, false
		}
	}
	return all
}

func candidates(t session.Text) []session.Text {
	v := t.Value()
	if v.State != model.Unknown || len(v.Alternatives) == 0 {
		return []session.Text{t}
	}
	var out []session.Text
	for _, a := range v.Alternatives {
		out = append(out, session.Of(a))
	}
	return out
}

func compare(c condition, x, y session.Text) tri {
	a, aok := x.Known()
	b, bok := y.Known()
	switch {
	case !aok || !bok:
		return maybe
	case c.kind == "==":
		return sameText(a, b, c.folded)
	case isNumber(a) && isNumber(b):
		return triOf(inOrder(c.kind, a, b))
	case looksNumeric(a) && looksNumeric(b):
		return maybe
	case c.kind == "equ":
		return sameText(a, b, c.folded)
	case c.kind == "neq":
		return sameText(a, b, c.folded).not()
	}
	return maybe
}

func sameText(a, b string, folded bool) tri {
	switch {
	case a == b:
		return yes
	case !folded:
		return no
	case !isPlain(a) || !isPlain(b):
		return maybe
	}
	return triOf(strings.EqualFold(a, b))
}

// isNumber reports whether a text is a plain decimal number; others may be octal or hexadecimal.
func isNumber(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && len(s) < 9 && strconv.Itoa(n) == s
}

func looksNumeric(s string) bool {
	s = strings.TrimLeft(s, "+-~!")
	return s != "" && s[0] >= '0' && s[0] <= '9'
}

func inOrder(op, a, b string) bool {
	x, _ := strconv.Atoi(a)
	y, _ := strconv.Atoi(b)
	switch op {
	case "equ":
		return x == y
	case "neq":
		return x != y
	case "lss":
		return x < y
	case "leq":
		return x <= y
	case "gtr":
		return x > y
	}
	return x >= y
}
