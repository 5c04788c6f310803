package batch

import (
	"strings"

	"github.com/keyfit/keyfit/internal/session"
)

type redirection struct {
	from   rune // '1', '2', …
	input  bool
	append bool
	merge  bool
	target []session.Char // without its quotes
	at     []session.Char
}

// redirections reads those behind a block.
func (p *parser) redirections() []redirection {
	var out []redirection
	for p.fail == nil {
		for isBlank(p.peek()) {
			p.pos++
		}
		c := p.peek()
		switch {
		case c == '>' || c == '<':
			out = append(out, p.redirection(0))
		case c >= '0' && c <= '9' && (p.at(1) == '>' || p.at(1) == '<'):
			p.pos++
			out = append(out, p.redirection(c))
		default:
			return out
		}
	}
	return out
}

// redirection reads one, at its > or <; from is the digit in front of it, if there is one.
func (p *parser) redirection(from rune) redirection {
	r := redirection{from: from}
	start := p.pos
	if r.from == 0 {
		r.from = '1'
	}
	r.input = p.peek() == '<'
	p.pos++
	if p.peek() == '>' && !r.input {
		r.append = true
		p.pos++
	}
	if p.peek() == '&' && p.at(1) >= '0' && p.at(1) <= '9' {
		p.pos += 2
		r.merge = true
		return r
	}
	p.skipBlanks()
	quoted := false
	for c := p.peek(); c != end && c != '\n' && (quoted || !isDelimiter(c) && !strings.ContainsRune("&|<>()", c)); c = p.peek() {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '^' && !quoted:
			p.failed("^ in the name of a file")
			return r
		default:
			r.target = append(r.target, p.chars[p.pos])
		}
		p.pos++
	}
	if c := p.peek(); c == '(' || len(r.target) == 0 {
		p.failed("the name of this file")
	}
	r.at = p.chars[start:p.pos]
	return r
}

// handle takes off the digit right in front of a redirection, which is the number of the
// handle when a blank stands in front of it. Behind another delimiter it may also be text,
// which makes no difference to where a 1 leads.
func (p *parser) handle(s *simple) rune {
	n := len(s.chars)
	if n == 0 || s.chars[n-1].plain || s.chars[n-1].Rune < '0' || s.chars[n-1].Rune > '9' {
		return 0
	}
	last := s.chars[n-1]
	blank := n == 1 || !s.chars[n-2].plain && isBlank(s.chars[n-2].Rune)
	switch {
	case blank:
		s.chars = s.chars[:n-1]
	case s.chars[n-2].plain || !isDelimiter(s.chars[n-2].Rune):
		return 0
	case last.Rune == '1':
		digit := session.Either("a blank, or a file of its own, between a digit and >", session.Literal("1"), session.Text{})
		marked := p.f.src.Append(nil, digit, p.f.src.Add(digit), last.Char)
		s.chars = append(s.chars[:n-1:n-1], char{marked[0], true})
	default:
		p.failed("a digit in front of > that may be the number of a handle")
	}
	return last.Rune
}
