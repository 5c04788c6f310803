package shell

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"mvdan.cc/sh/v3/syntax"
)

// singleQuoted is '…' and $'…'.
func (sh *shell) singleQuoted(p *syntax.SglQuoted) sym {
	if p.Dollar && strings.Contains(p.Value, `\`) {
		if sh.holed(p.Value) {
			return sh.holeIn(p.Value, "a text with escapes").with(quoted)
		}
		return sym{{text: ansiC(p.Value), mode: quoted, trail: sh.litTrail(p)}}
	}
	return sh.plainStretches(p.Value, p)
}

// plainStretches is the text of a literal in which every character stands for itself.
func (sh *shell) plainStretches(value string, n syntax.Node) sym {
	out := sym{}
	for _, s := range sh.stretches(value, n) {
		p := piece{text: s.text, trail: s.trail}
		if s.hole != nil {
			p = s.hole.piece
		}
		p.mode = quoted
		out = append(out, p)
	}
	if len(out) == 0 {
		out = sym{{mode: quoted, trail: sh.litTrail(n)}}
	}
	return out
}

// literal reads a literal: backslashes, and a tilde at its beginning.
func (sh *shell) literal(st *state, p *syntax.Lit, c site, first bool) sym {
	v := p.Value
	if !c.quotes && (first && strings.HasPrefix(v, "~") || c.assign && strings.Contains(v, ":~")) {
		return sh.tildes(st, p, c, first)
	}
	list := sh.stretches(v, p)
	if c.quotes && len(list) == 0 {
		return sym{{mode: quoted, trail: sh.litTrail(p)}}
	}
	var out sym
	for i, s := range list {
		switch {
		case s.hole != nil && c.quotes:
			sh.oddHole(st, p, s.hole)
			out = append(out, s.hole.piece.as(quoted))
		case s.hole != nil:
			more, whole := sh.bareHole(st, p, s.hole, list[i+1:], first && i == 0, c)
			if out = append(out, more); whole {
				return out
			}
		case c.doc:
			for _, line := range sh.documentLines(s) {
				out = append(out, piece{text: unescapeQuoted(line.text, true), mode: quoted, trail: line.trail})
			}
		case c.quotes:
			out = append(out, piece{text: unescapeQuoted(s.text, false), mode: quoted, trail: s.trail})
		default:
			out = append(out, s.bare(i+1 < len(list))...)
		}
	}
	return out
}

func (p piece) as(m mode) piece {
	p.mode = m
	return p
}

// bareHole is a hole outside of quotes. whole says that the rest of the literal belongs to
// it: a tilde behind it counts when it is empty.
func (sh *shell) bareHole(st *state, n syntax.Node, h *hole, rest []stretch, first bool, c site) (p piece, whole bool) {
	next := ""
	if len(rest) > 0 {
		next = rest[0].text
	}
	u := *h.piece.unk
	u.word, u.field, u.alts = false, false, nil
	switch {
	case h.odd:
		sh.oddHole(st, n, h)
		u.multi = true
		return piece{unk: &u, trail: h.piece.trail, mode: expanded}, false
	case (first || c.assign) && strings.HasPrefix(next, "~"):
		return piece{unk: &u, trail: h.piece.trail}, true
	case first && !c.assign && strings.HasPrefix(next, "#") && !h.piece.unk.filled:
		sh.giveUp(st, n, "a # behind a pasted value, which begins a comment when that is empty")
		return piece{unk: &u, trail: h.piece.trail, mode: anyFields}, true
	}
	return h.piece.as(bare), false
}

// bare reads the backslashes of a stretch outside of quotes. With more behind it in the
// literal, the one at its end belongs to that.
func (s stretch) bare(more bool) sym {
	var out sym
	v := s.text
	for v != "" {
		i := strings.IndexByte(v, '\\')
		if i < 0 {
			return append(out, piece{text: v, mode: bare, trail: s.trail})
		}
		if i > 0 {
			out = append(out, piece{text: v[:i], mode: bare, trail: s.trail})
		}
		v = v[i+1:]
		if v == "" {
			if !more {
				out = append(out, piece{text: "\\", mode: quoted, trail: s.trail})
			}
			break
		}
		n := runeLen(v)
		if v[:n] != "\n" {
			out = append(out, piece{text: v[:n], mode: quoted, trail: s.trail})
		}
		v = v[n:]
	}
	return out
}

func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

func unescapeQuoted(v string, doc bool) string {
	if !strings.Contains(v, "\\") {
		return v
	}
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		if v[i] == '\\' && i+1 < len(v) {
			switch v[i+1] {
			case '\n':
				i++
				continue
			case '$', '`', '\\':
				i++
			case '"':
				if !doc {
					i++
				}
			}
		}
		b.WriteByte(v[i])
	}
	return b.String()
}

// tildes expands ~ and ~/ from HOME. Whose home ~name is cannot be told.
func (sh *shell) tildes(st *state, p *syntax.Lit, c site, first bool) sym {
	trail := sh.litTrail(p)
	segments := []string{p.Value}
	if c.assign {
		segments = strings.SplitAfter(p.Value, ":")
	}
	var out sym
	for i, s := range segments {
		at := first && i == 0 || i > 0
		name, rest, slash := strings.Cut(strings.TrimSuffix(s, ":"), "/")
		if !at || !strings.HasPrefix(s, "~") || strings.Contains(name, "\\") {
			out = append(out, sh.literal(st, &syntax.Lit{Value: s}, site{}, false).withTrail(trail)...)
			continue
		}
		home := sh.home(st, name)
		out = append(out, home.with(quoted)...)
		if slash {
			rest = "/" + rest
		}
		if strings.HasSuffix(s, ":") {
			rest += ":"
		}
		out = append(out, sh.literal(st, &syntax.Lit{Value: rest}, site{}, false).withTrail(trail)...)
	}
	return out
}

// withTrail gives all known text a trail.
func (s sym) withTrail(t model.Trail) sym {
	for i := range s {
		if s[i].unk == nil {
			s[i].trail = t
		}
	}
	return s
}
