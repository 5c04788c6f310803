package powershell

import (
	"strings"
	"unicode"

	"github.com/keyfit/keyfit/internal/session"
)

func (p *parser) try(from int) stmt {
	t := tryStmt{body: p.body()}
	for !p.bad() {
		before := p.pos
		p.skipLines()
		switch p.keyword() {
		case "catch":
			p.pos += len("catch")
			p.catchTypes()
			t.catches = append(t.catches, p.body())
			continue
		case "finally":
			p.pos += len("finally")
			t.finally = p.body()
			continue
		}
		if !strings.HasPrefix(p.catchWord(), "catch") {
			p.pos = before
			break
		}
		p.pos += len("catch")
		p.catchTypes()
		t.catches = append(t.catches, p.body())
	}
	t.extent = p.since(from)
	return t
}

// catchWord is the word at the place when a type follows it at once.
func (p *parser) catchWord() string {
	n := 0
	for c := p.at(n); c < 128 && unicode.IsLetter(c); c = p.at(n) {
		n++
	}
	if p.at(n) != '[' || p.pos+n > len(p.chars) {
		return ""
	}
	text, _ := session.Plain(p.chars[p.pos : p.pos+n])
	return strings.ToLower(text)
}

// catchTypes reads the types behind catch.
func (p *parser) catchTypes() {
	for p.skipLines(); p.peek() == '[' && !p.bad(); p.skipLines() {
		if _, ok := p.typeName(); !ok {
			p.fail(p.pos, "this type")
			return
		}
		p.skipLines()
		if p.peek() == ',' {
			p.pos++
		}
	}
}

// function reads name { … } or name (parameters) { … }.
func (p *parser) function(from int) stmt {
	p.skipBlank()
	start := p.pos
	for !endsWord(p.peek()) {
		p.pos++
	}
	name, ok := session.Plain(p.chars[start:p.pos])
	if !ok || name == "" || strings.ContainsAny(name, "$`'\"") {
		p.fail(from, "this function")
		return nil
	}
	_, rest, scoped := cutScope(name)
	if !scoped {
		p.fail(from, "this function")
		return nil
	}
	f := function{name: strings.ToLower(rest)}
	p.skipLines()
	var params []param
	if p.peek() == '(' {
		p.pos++
		params = p.params()
		p.skipLines()
	}
	if p.peek() != '{' {
		p.fail(from, "this function")
		return nil
	}
	p.pos++
	f.body = p.scriptBlock('}')
	f.body.params = append(f.body.params, params...)
	f.extent = p.since(from)
	return f
}

// paramBlock reads param ( … ) with the attributes in front of it.
func (p *parser) paramBlock(b *scriptBlock) {
	before := p.pos
	for p.peek() == '[' && !p.bad() {
		if !p.attribute() {
			p.pos = before
			return
		}
		p.skipEnds()
	}
	if p.keyword() != "param" {
		p.pos = before
		return
	}
	p.pos += len("param")
	p.skipLines()
	if p.peek() != '(' {
		p.fail(p.pos, "this param block")
		return
	}
	p.pos++
	b.params = p.params()
}

// params reads parameters, behind the parenthesis.
func (p *parser) params() []param {
	var out []param
	for p.skipLines(); p.peek() != ')' && !p.bad(); p.skipLines() {
		out = append(out, p.param())
		p.skipLines()
		if p.peek() == ',' {
			p.pos++
		} else if p.peek() != ')' {
			p.fail(p.pos, "this parameter")
		}
	}
	p.pos++
	return out
}

func (p *parser) param() param {
	var out param
	for p.skipLines(); p.peek() == '[' && !p.bad(); p.skipLines() {
		before := p.pos
		if name, ok := p.typeName(); ok {
			out.typ = name
			continue
		}
		p.pos = before
		if !p.attribute() {
			p.fail(before, "this parameter")
		}
	}
	if p.peek() != '$' {
		p.fail(p.pos, "this parameter")
		return out
	}
	v := p.variable()
	out.name = strings.ToLower(v.name)
	if v.scope != "" {
		p.fail(p.pos, "this parameter")
	}
	p.skipLines()
	if p.peek() == '=' {
		p.pos++
		p.skipLines()
		if out.def = p.argument(); out.def == nil {
			p.fail(p.pos, "this parameter")
		}
	}
	return out
}

// attribute reads [Name(…)]; what it says does not matter here.
func (p *parser) attribute() bool {
	before := p.pos
	depth := 0
	for {
		switch c := p.peek(); {
		case c == end:
			p.pos = before
			return false
		case isSingle(c) || isDouble(c):
			p.quoted()
			if p.bad() {
				return false
			}
			continue
		case c == '[' || c == '(' || c == '{':
			depth++
		case c == ']' || c == ')' || c == '}':
			depth--
		}
		p.pos++
		if depth == 0 {
			text, _ := session.Plain(p.chars[before:p.pos])
			return strings.Contains(text, "(")
		}
	}
}
