package azure

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
)

// looker finds what the names of an expression stand for. What it does not know it does not
// find.
type looker interface {
	look(name string, at pos.Span) (value, bool)
	// index gives a member of what a name stands for, such as variables['X'].
	index(of value, key string, at pos.Span) value
	status(function string, at pos.Span) (value, bool)
}

// The limits of one expression.
const (
	maxTokens = 1000
	maxNested = 50
)

var tokenForm = lazy.Regexp(`^(?:\s+|'(?:[^']|'')*'|[(),\[\]*]|\d+\.\d+\.\d+(?:\.\d+)?|-?(?:\d+(?:\.\d+)?|\.\d+)|[A-Za-z_][\w-]*|\.)`)

func scan(s string) ([]string, bool) {
	var out []string
	for s != "" {
		m := tokenForm().FindString(s)
		if m == "" || len(out) > maxTokens {
			return nil, false
		}
		if strings.TrimSpace(m) != "" {
			out = append(out, m)
		}
		s = s[len(m):]
	}
	return out, len(out) > 0
}

// evaluate reads an expression; ok is false for a text that is none.
func evaluate(expression string, l looker, at pos.Span) (value, bool) {
	tokens, ok := scan(expression)
	if !ok {
		return value{}, false
	}
	p := &parser{l: l, at: at, tokens: tokens}
	v := p.operand()
	return v, !p.failed && len(p.tokens) == 0
}

// parser evaluates while it reads.
type parser struct {
	l      looker
	at     pos.Span
	tokens []string
	depth  int
	failed bool
}

func (p *parser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *parser) next() string {
	t := p.peek()
	if t != "" {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *parser) expect(t string) {
	if p.next() != t {
		p.failed = true
	}
}

func (p *parser) operand() value {
	if p.depth++; p.depth > maxNested {
		p.failed, p.tokens = true, nil
		return value{}
	}
	defer func() { p.depth-- }()
	t := p.next()
	switch {
	case t == "":
		p.failed = true
		return value{}
	case t[0] == '\'':
		return textValue(tree.Pasted(strings.ReplaceAll(t[1:len(t)-1], "''", "'"), p.at))
	case t[0] == '-' || t[0] == '.' && len(t) > 1 || t[0] >= '0' && t[0] <= '9':
		return literalNumber(t, p.at)
	case strings.EqualFold(t, "true") || strings.EqualFold(t, "false"):
		return boolValue(strings.EqualFold(t, "true"))
	case strings.EqualFold(t, "null"):
		return value{kind: null}
	case t[0] == '_' || t[0] >= 'A' && t[0] <= 'Z' || t[0] >= 'a' && t[0] <= 'z':
		return p.name(t)
	}
	p.failed = true
	return value{}
}

func literalNumber(t string, at pos.Span) value {
	if strings.Count(t, ".") > 1 {
		return value{kind: version, text: tree.Pasted(t, at)}
	}
	n, err := strconv.ParseFloat(t, 64)
	if err != nil {
		return value{}
	}
	return value{kind: number, num: n}
}

// name is a function with its arguments, or a name with what is looked up in it.
func (p *parser) name(name string) value {
	if p.peek() == "(" {
		return p.call(name)
	}
	v, ok := p.l.look(name, p.at)
	if !ok {
		p.failed = true
	}
	for {
		switch p.peek() {
		case ".":
			p.next()
			key := p.next()
			if key == "" || key != "*" && !isName(key) {
				p.failed = true
				return value{}
			}
			v = p.member(v, key)
		case "[":
			p.next()
			key := p.operand()
			p.expect("]")
			if key.kind == unsure || key.kind == object {
				v = because(v, key)
				continue
			}
			v = p.member(v, key.plain())
		default:
			return v
		}
	}
}

func isName(t string) bool {
	return t != "" && (t[0] == '_' || t[0] >= 'A' && t[0] <= 'Z' || t[0] >= 'a' && t[0] <= 'z' || t[0] >= '0' && t[0] <= '9')
}

func (p *parser) member(v value, key string) value {
	if key == "*" {
		return value{} // filtered arrays are not followed
	}
	return p.l.index(v, key, p.at)
}

func (p *parser) call(name string) value {
	p.expect("(")
	var args []value
	for p.peek() != ")" && !p.failed {
		if len(args) > 0 {
			p.expect(",")
		}
		args = append(args, p.operand())
	}
	p.expect(")")
	if p.failed {
		return value{}
	}
	if v, ok := p.l.status(strings.ToLower(name), p.at); ok {
		return v
	}
	f, ok := functions()[strings.ToLower(name)]
	if !ok || len(args) < f.least || f.most >= 0 && len(args) > f.most {
		p.failed = true
		return value{}
	}
	return f.apply(args, p.at)
}
