package shell

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"mvdan.cc/sh/v3/syntax"
)

// stretch is a part of a literal that comes from one source.
type stretch struct {
	text  string
	trail model.Trail
	hole  *hole
	at    []int // where each of its bytes stands in the script; nil when that is not wanted
}

// stretches cuts the text of a literal, in which nothing is expanded yet, where its
// source changes.
func (sh *shell) stretches(value string, n syntax.Node) []stretch {
	start, end := int(n.Pos().Offset()), int(n.End().Offset())
	places := newPlaces(sh.src, value, start, end, sh.tells())
	if !sh.src.holed || !strings.Contains(value, holeMark) {
		return sh.sources(nil, value, 0, places)
	}
	var out []stretch
	for at := 0; at < len(value); {
		i, which := nextHole(value[at:])
		if i < 0 || which >= len(sh.m.holes) {
			return sh.sources(out, value[at:], at, places)
		}
		if i > 0 {
			out = sh.sources(out, value[at:at+i], at, places)
		}
		h := &sh.m.holes[which]
		out = append(out, stretch{trail: h.piece.trail, hole: h})
		at += i + holeLen
	}
	return out
}

// sources adds a known text, which begins at an offset of its literal, cut by its sources.
func (sh *shell) sources(out []stretch, text string, at int, places places) []stretch {
	for text != "" {
		trail, n := places.source(at, len(text))
		for n < len(text) && oddBackslashes(text[:n]) { // an escape is not torn apart
			n += runeLen(text[n:])
		}
		next := stretch{text: text[:n], trail: trail}
		if places.at != nil {
			next.at = places.at[at : at+n]
		}
		out = append(out, next)
		text, at = text[n:], at+n
	}
	return out
}

func oddBackslashes(t string) bool {
	return (len(t)-len(strings.TrimRight(t, `\`)))%2 == 1
}

// places knows from which source each byte of a literal comes.
type places struct {
	src   *source
	whole model.Trail // of all of it, where the bytes cannot be told apart
	first []origin    // those that touch the literal
	at    []int       // offset in the source of each byte; nil: as whole
}

func newPlaces(src *source, value string, start, end int, exact bool) places {
	p := places{src: src, first: src.touching(start, end)}
	switch {
	case len(p.first) == 0 && !exact:
		return p
	case len(p.first) == 1 && p.first[0].start <= start && end <= p.first[0].end:
		p.whole, p.first = p.first[0].trail, nil
		return p
	}
	p.whole = src.trail(start, end)
	if end <= len(src.text) && start <= end {
		p.at = align(value, src.text[start:end], start)
	}
	return p
}

// source gives the trail of the text at an offset, and for how many bytes it is the same.
func (p places) source(at, most int) (model.Trail, int) {
	if len(p.first) == 0 || p.at == nil {
		return p.whole, most
	}
	from := p.at[at]
	for _, o := range p.first {
		switch {
		case o.end <= from:
		case o.start <= from:
			return o.trail, p.until(at, most, o.end)
		default:
			return model.Trail{}, p.until(at, most, o.start)
		}
	}
	return model.Trail{}, most
}

// until counts the bytes from at on that stand before an offset of the source.
func (p places) until(at, most, end int) int {
	n := 1
	for n < most && p.at[at+n] < end {
		n++
	}
	return n
}

// align finds for each byte of a literal's text where it stands in the source, which has
// backslashes and tabs that the parser has left out. It gives nil when that fails.
func align(value, raw string, start int) []int {
	out := make([]int, len(value))
	k := 0
	for i := range len(value) {
		for k < len(raw) && raw[k] != value[i] {
			switch {
			case strings.HasPrefix(raw[k:], "\\\n"):
				k += 2
			case raw[k] == '\\' || raw[k] == '\t' || raw[k] == '\'' || raw[k] == '$':
				k++
			default:
				return nil
			}
		}
		if k >= len(raw) {
			return nil
		}
		out[i] = start + k
		k++
	}
	return out
}
