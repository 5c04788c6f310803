package shell

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// maxVariants bounds how many candidates of one text are told apart.
const maxVariants = 16

// mode says what the shell still does to a piece of a word.
type mode uint8

const (
	quoted   mode = iota // nothing: it is plain text
	bare                 // literal text without quotes: patterns are active
	expanded             // an expansion without quotes: it is split, and patterns are active
)

// piece is a stretch of text from one source.
type piece struct {
	text  string
	unk   *unknown // when set, the text is not known
	mode  mode
	trail model.Trail
}

// unknown is text that only a run could tell.
type unknown struct {
	why    model.Reason
	needs  string
	alts   []sym    // all that it may be; empty: any text
	multi  bool     // it may stand for a whole list of words, and not only for one
	file   string   // it is the path of a file of the script's own, known by this key
	names  []string // as a script, it sets only these variables
	prints *output  // it is all that one command prints; nil for any other text
	word   bool     // it is one word of plain characters, or empty
	field  bool     // it is one word where it stands without quotes, or empty
	filled bool     // it is not empty
	root   bool     // it is the absolute path of the repository's root
}

// place reports whether the text is a path that leads somewhere although it is not known.
func (u *unknown) place() bool { return u.file != "" || u.root }

// output is what one command prints.
type output struct {
	record int // of the command, counted from 1
	// doubtful says that it counted as the same as what another command prints, so that
	// either may be meant.
	doubtful bool
}

// anyOf is the unknown for any word of a list that u is in: it may be a word of another
// place too, so that u's candidates are not all of its own.
func (u *unknown) anyOf() *unknown {
	if u == nil {
		return nil
	}
	return &unknown{why: u.why, needs: u.needs, multi: u.multi}
}

// sym is symbolic text. The empty sym is the empty text.
type sym []piece

func text(s string) sym {
	if s == "" {
		return nil
	}
	return sym{{text: s}}
}

func textVia(s string, trail model.Trail) sym { return sym{{text: s, trail: trail}} }

func mystery(why model.Reason, needs string, trails ...model.Trail) sym {
	return sym{{unk: &unknown{why: why, needs: needs}, trail: mergeTrails(trails)}}
}

// begun is the text without empty pieces in front.
func (s sym) begun() sym {
	for len(s) > 1 && s[0].unk == nil && s[0].text == "" {
		s = s[1:]
	}
	return s
}

// isPlace reports whether the text begins with a path that leads somewhere although it is
// not known.
func (s sym) isPlace() bool { return len(s) > 0 && s[0].isPlace() }

// known gives the text when every piece is known.
func (s sym) known() (string, bool) {
	if len(s) == 1 {
		return s[0].text, s[0].unk == nil
	}
	var b strings.Builder
	for _, p := range s {
		if p.unk != nil {
			return "", false
		}
		b.WriteString(p.text)
	}
	return b.String(), true
}

func (s sym) isKnown() bool {
	return !slices.ContainsFunc(s, func(p piece) bool { return p.unk != nil })
}

func (s sym) is(want string) bool {
	got, ok := s.known()
	return ok && got == want
}

// size is the length of the known text.
func (s sym) size() int {
	n := 0
	for _, p := range s {
		n += len(p.text)
	}
	return n
}

// nonEmpty reports whether the text is certainly not empty.
func (s sym) nonEmpty() bool {
	for _, p := range s {
		if p.unk == nil && p.text != "" {
			return true
		}
		if p.unk != nil && p.unk.filled {
			return true
		}
		if p.unk != nil && len(p.unk.alts) > 0 && !slices.ContainsFunc(p.unk.alts, func(a sym) bool { return !a.nonEmpty() }) {
			return true
		}
	}
	return false
}

func (s sym) isEmpty() bool { return s.isKnown() && s.size() == 0 }

// trail is the journey of the whole text.
func (s sym) trail() model.Trail {
	trails := make([]model.Trail, 0, len(s))
	for _, p := range s {
		trails = append(trails, p.trail)
	}
	return mergeTrails(trails)
}

// cat joins texts, and pieces that have the same source.
func cat(texts ...sym) sym {
	var out sym
	for _, s := range texts {
		for _, p := range s {
			if n := len(out); n > 0 && p.unk == nil && out[n-1].unk == nil &&
				out[n-1].mode == p.mode && out[n-1].trail == p.trail {
				out[n-1].text += p.text
				continue
			}
			if n := len(out); n > 0 && p.isBlank() && out[n-1].isBlank() && out[n-1].mode == p.mode {
				if out[n-1].unk.prints != nil { // it is more than that now
					more := *out[n-1].unk
					more.prints = nil
					out[n-1].unk = &more
				}
				out[n-1].trail = mergeTrails([]model.Trail{out[n-1].trail, p.trail})
				continue
			}
			out = append(out, p)
		}
	}
	return out
}

// isBlank reports whether a piece may be any text, so that another such piece behind it
// adds nothing.
func (p piece) isBlank() bool {
	return p.unk != nil && len(p.unk.alts) == 0 && p.unk.file == "" && len(p.unk.names) == 0 && !p.unk.multi && !p.unk.word && !p.unk.field && !p.unk.root
}

// slice cuts known text; i and j are byte offsets.
func (s sym) slice(i, j int) sym {
	var out sym
	at := 0
	for _, p := range s {
		from, to := max(i-at, 0), min(j-at, len(p.text))
		at += len(p.text)
		if from < to {
			p.text = p.text[from:to]
			out = append(out, p)
		}
	}
	if out == nil && len(s) > 0 {
		return sym{{trail: s[0].trail, mode: s[0].mode}}
	}
	return out
}

// with gives every piece the mode m.
func (s sym) with(m mode) sym {
	out := slices.Clone(s)
	for i := range out {
		out[i].mode = m
	}
	return out
}

// derived gives a text computed from others: it has the hops of all of them.
func derived(s string, from ...sym) sym { return textVia(s, trailOf(from...)) }

func trailOf(from ...sym) model.Trail {
	var trails []model.Trail
	for _, f := range from {
		for _, p := range f {
			trails = append(trails, p.trail)
		}
	}
	return mergeTrails(trails)
}

// unknownFrom is the unknown that a computation on unknown texts gives. A reason
// of its own stands before "ambiguous", which only repeats another place's reason.
func unknownFrom(from ...sym) sym {
	var first *unknown
	for _, f := range from {
		for _, p := range f {
			if p.unk != nil && (first == nil || first.why == model.WhyAmbiguous) {
				first = p.unk
			}
		}
	}
	if first == nil {
		first = &unknown{why: model.WhyUnsupported}
	}
	return mystery(first.why, first.needs, trailOf(from...))
}

// unsupported is the unknown of something that keyfit does not compute.
func unsupported(needs string, from ...sym) sym {
	return mystery(model.WhyUnsupported, needs, trailOf(from...))
}

// variants lists all texts that s may be, none of which has a choice left in it.
// It reports false when there are too many.
func (s sym) variants() ([]sym, bool) {
	out := []sym{nil}
	var run sym // pieces without a choice, put together at once: there may be many
	join := func() {
		for i := range out {
			out[i] = cat(out[i], run)
		}
		run = nil
	}
	for _, p := range s {
		if p.unk == nil || len(p.unk.alts) == 0 {
			run = append(run, p)
			continue
		}
		join()
		var next []sym
		for _, alt := range p.unk.alts {
			for _, head := range out {
				next = append(next, cat(head, alt.with(p.mode)))
			}
		}
		if len(next) > maxVariants {
			return nil, false
		}
		out = next
	}
	join()
	return out, true
}

// mapKnown applies f to the text, or to each of the texts that it may be.
func mapKnown(s sym, f func(known string, s sym) sym) sym {
	if t, ok := s.known(); ok {
		return f(t, s)
	}
	all, ok := s.variants()
	if !ok {
		return unknownFrom(s)
	}
	var out []sym
	for _, v := range all {
		t, ok := v.known()
		if !ok {
			return unknownFrom(s)
		}
		out = append(out, f(t, v))
	}
	return choose(out...)
}

// choose is a text that is one of the candidates. Candidates with the same text are one.
func choose(candidates ...sym) sym {
	var distinct []sym
	for _, c := range candidates {
		vs, ok := c.variants()
		if !ok {
			return unknownFrom(candidates...)
		}
		for _, v := range vs {
			if !slices.ContainsFunc(distinct, v.same) {
				distinct = append(distinct, v)
			}
		}
	}
	switch {
	case len(distinct) == 1:
		return distinct[0]
	case len(distinct) > maxVariants:
		return mystery(model.WhyAmbiguous, "", trailOf(candidates...))
	}
	return sym{{unk: &unknown{why: model.WhyAmbiguous, alts: distinct}, trail: trailOf(candidates...)}}
}

// same reports whether both are written alike: equal known texts, or the same unknowns
// with the same origin. Two unknowns that are the same need not be equal in a run.
func (s sym) same(t sym) bool {
	a, aok := s.known()
	b, bok := t.known()
	if aok || bok {
		return aok && bok && a == b
	}
	s, t = s.compact(), t.compact()
	return slices.EqualFunc(s, t, samePiece)
}

func samePiece(p, q piece) bool {
	if (p.unk == nil) != (q.unk == nil) || p.text != q.text {
		return false
	}
	if p.unk == nil || p.unk == q.unk {
		return true
	}
	same := p.unk.why == q.unk.why && p.unk.needs == q.unk.needs && p.unk.multi == q.unk.multi && p.unk.file == q.unk.file &&
		p.unk.word == q.unk.word && p.unk.field == q.unk.field && p.unk.filled == q.unk.filled && p.unk.root == q.unk.root &&
		slices.EqualFunc(p.unk.alts, q.unk.alts, sym.same)
	if same && p.unk.prints != q.unk.prints {
		p.unk.prints.doubt()
		q.unk.prints.doubt()
	}
	return same
}

func (o *output) doubt() {
	if o != nil {
		o.doubtful = true
	}
}

// compact joins neighbouring known pieces whatever their source, for comparing.
func (s sym) compact() sym {
	var out sym
	for _, p := range s {
		if p.unk == nil && p.text == "" {
			continue
		}
		if n := len(out); n > 0 && p.unk == nil && out[n-1].unk == nil {
			out[n-1].text += p.text
			continue
		}
		out = append(out, piece{text: p.text, unk: p.unk})
	}
	return out
}

// bounded replaces what is larger than limit by an unknown, and merges pieces when
// there are very many of them.
func (s sym) bounded(limit int) (sym, bool) {
	if s.size() > limit {
		return mystery(model.WhyLimit, "a shorter text", s.trail()), false
	}
	if len(s) > 1 && s.limited() {
		return unknownFrom(s), true // nothing can be made of it any more
	}
	if len(s) <= maxPieces {
		return s, true
	}
	if t, ok := s.known(); ok {
		return textVia(t, s.trail()), true
	}
	return unknownFrom(s), true
}

// limited reports whether a part of the text is unknown because of a limit.
func (s sym) limited() bool {
	for _, p := range s {
		if p.unk != nil && p.unk.why == model.WhyLimit {
			return true
		}
	}
	return false
}
