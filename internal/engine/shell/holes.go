package shell

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"mvdan.cc/sh/v3/syntax"
)

// A hole is a value that something else than the shell pasted into the text of a script.
// A known one is read as if its text stood there, which is what the shell sees. For one
// that is not known the parser reads a word of its own, a name that no script has: so it
// is a part of a word where a text would be, and the name of a variable where one would
// be. Where the tree is followed, the word is taken out again, and the value put in.

// holeMark begins the word that stands for a hole; holeLetters more make it one of many.
const (
	holeMark    = "KfH0le"
	holeLetters = 4
	holeLen     = len(holeMark) + holeLetters
)

// maxHoles bounds how many holes there are in all texts of one step.
const maxHoles = 60_000

// hole is what is known of a value that was pasted.
type hole struct {
	piece piece
	odd   bool // it may be more than one word of plain characters
}

func holeWord(i int) string {
	b := []byte(holeMark + "aaaa")
	for k := len(b) - 1; i > 0; k-- {
		b[k], i = byte('a'+i%26), i/26
	}
	return string(b)
}

// nextHole finds the first hole in a text: where it stands, and which it is.
func nextHole(t string) (at, which int) {
	for from := 0; ; {
		i := strings.Index(t[from:], holeMark)
		if i < 0 {
			return -1, 0
		}
		at = from + i
		if which = holeNumber(t[at:]); which >= 0 {
			return at, which
		}
		from = at + len(holeMark)
	}
}

// holeNumber reads the word at the beginning of t; -1 when it is none.
func holeNumber(t string) int {
	if len(t) < holeLen {
		return -1
	}
	n := 0
	for _, c := range []byte(t[len(holeMark):holeLen]) {
		if c < 'a' || c > 'z' {
			return -1
		}
		n = n*26 + int(c-'a')
	}
	return n
}

// holed reports whether a text of the running script holds a hole.
func (sh *shell) holed(t string) bool {
	return sh.src.holed && strings.Contains(t, holeMark)
}

// holeIn is the unknown of something that depends on the first hole in t.
func (sh *shell) holeIn(t, needs string) sym {
	if at, which := nextHole(t); at >= 0 && which < len(sh.m.holes) {
		p := sh.m.holes[which].piece
		if p.unk.needs != "" {
			needs = p.unk.needs
		}
		return mystery(p.unk.why, needs, p.trail)
	}
	return unsupported(needs)
}

// isPlainText reports whether a pasted text is read as part of one word wherever it stands.
func isPlainText(t string) bool {
	for i := range len(t) {
		c := t[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte("_./:@%+=,-", c) < 0 {
			return false
		}
	}
	return true
}

// holeOf is the hole of a value that is not known.
func holeOf(v model.Value, filled bool) hole {
	alone := hole{piece: piece{trail: v.Trail, unk: &unknown{why: v.Why, needs: v.Needs, word: true, filled: filled}}}
	if len(v.Alternatives) == 0 {
		return alone
	}
	var alts []sym
	for _, a := range v.Alternatives {
		switch {
		case a.State == model.Absent:
			alts = append(alts, nil)
		case a.State == model.Unknown && len(a.Alternatives) > 0: // too deep to be told apart
			return alone
		case a.State == model.Unknown:
			alts = append(alts, sym{{trail: a.Trail, unk: &unknown{why: a.Why, needs: a.Needs, word: true}}})
		case !isPlainText(a.Text.Reveal()):
			alone.odd = true
			return alone
		default:
			alts = append(alts, textVia(a.Text.Reveal(), a.Trail))
		}
	}
	s := choose(alts...)
	if len(s) != 1 || s[0].unk == nil {
		return alone
	}
	u := *s[0].unk
	u.needs = v.Needs
	return hole{piece: piece{unk: &u, trail: s[0].trail}}
}

// pasted is a text with what was pasted into it.
type pasted struct {
	text    string
	origins []origin
	moves   []move
	holed   bool
}

// move is a stretch of a pasted text, and the one that it took the place of.
type move struct{ start, end, oldStart, oldEnd int }

// paste puts the holes of the step into its line. It reports false when the line holds
// the words by which holes are known.
func (m *machine) paste() (pasted, bool) {
	out := pasted{text: m.step.Line}
	if len(m.step.Holes) == 0 {
		out.origins = originsOfParts(m.step.Parts, m.step.Line)
		return out, true
	}
	first := m.step.Hole
	if first == 0 {
		first = DefaultHole
	}
	for i, v := range m.step.Holes {
		m.holes = append(m.holes, hole{})
		if v.State == model.Unknown {
			m.holes[i] = holeOf(v, i < len(m.step.Filled) && m.step.Filled[i])
		}
	}
	var b strings.Builder
	taken := 0
	for at, r := range m.step.Line {
		i := int(r - first)
		if r < first || i >= len(m.step.Holes) {
			continue
		}
		b.WriteString(m.step.Line[taken:at])
		taken = at + len(string(r))
		start := b.Len()
		out.fill(&b, i, m.step.Holes[i])
		out.moves = append(out.moves, move{start, b.Len(), at, taken})
	}
	b.WriteString(m.step.Line[taken:])
	out.text = b.String()
	return out, !strings.Contains(m.step.Line, holeMark) && !slices.ContainsFunc(m.step.Holes, marked)
}

// originsOfParts keeps the journeys of the pieces of a line; none, when they are not all of it.
func originsOfParts(parts []model.Value, line string) []origin {
	var out []origin
	at := 0
	for _, p := range parts {
		text := p.Text.Reveal()
		if p.State != model.Known || !strings.HasPrefix(line[at:], text) {
			return nil
		}
		if text != "" && !p.Trail.IsEmpty() {
			out = append(out, origin{start: at, end: at + len(text), trail: p.Trail})
		}
		at += len(text)
	}
	if at != len(line) {
		return nil
	}
	return out
}

func marked(v model.Value) bool { return strings.Contains(v.Text.Reveal(), holeMark) }

// fill writes the i-th hole. Of a known text whose pieces are known each has its own trail.
func (p *pasted) fill(b *strings.Builder, i int, v model.Value) {
	if v.State == model.Unknown {
		start := b.Len()
		b.WriteString(holeWord(i))
		p.holed = true
		p.origins = append(p.origins, origin{start: start, end: b.Len(), trail: v.Trail})
		return
	}
	for _, part := range partsOf(v) {
		start := b.Len()
		b.WriteString(part.Text.Reveal())
		if !part.Trail.IsEmpty() && start < b.Len() {
			p.origins = append(p.origins, origin{start: start, end: b.Len(), trail: part.Trail})
		}
	}
}

// partsOf are the pieces of a known value, if they are all of it.
func partsOf(v model.Value) []model.Value {
	whole := ""
	for _, p := range v.Parts {
		if p.State != model.Known || p.Trail.IsEmpty() {
			return []model.Value{v}
		}
		whole += p.Text.Reveal()
	}
	if len(v.Parts) == 0 || whole != v.Text.Reveal() {
		return []model.Value{v}
	}
	return v.Parts
}

// positions gives the places of stretches of the pasted text.
func (p pasted) positions(old func(start, end int) pos.Span) func(start, end int) pos.Span {
	if old == nil || len(p.moves) == 0 {
		return old
	}
	return func(start, end int) pos.Span { return old(p.before(start, false), p.before(end, true)) }
}

// before is an offset of the text before anything was pasted.
func (p pasted) before(at int, end bool) int {
	out := at
	for _, m := range p.moves {
		switch {
		case m.end <= at:
			out = m.oldEnd + at - m.end
		case m.start < at && end:
			return m.oldEnd
		case m.start < at:
			return m.oldStart
		default:
			return out
		}
	}
	return out
}

// holeKey tells pieces apart that stand for the same unknown.
type holeKey struct {
	unk   *unknown
	trail model.Trail
}

// code writes a text as one that is read as a script: what in it is not known, but one
// word of plain characters, is a hole there. It reports false for any other text.
func (m *machine) code(s sym) (pasted, bool) {
	if t, ok := s.known(); ok {
		return pasted{text: t, origins: originsOf(s)}, true
	}
	var b strings.Builder
	out := pasted{holed: true}
	for _, p := range s {
		word := p.text
		if p.unk != nil {
			which, ok := m.register(p)
			if !ok {
				return pasted{}, false
			}
			word = holeWord(which)
		} else if strings.Contains(word, holeMark) {
			return pasted{}, false
		}
		if !p.trail.IsEmpty() {
			out.origins = append(out.origins, origin{start: b.Len(), end: b.Len() + len(word), trail: p.trail})
		}
		b.WriteString(word)
	}
	out.text = b.String()
	return out, true
}

// register makes a piece one of the holes of the step.
func (m *machine) register(p piece) (int, bool) {
	if !p.unk.word || p.unk.place() {
		return 0, false
	}
	key := holeKey{unk: p.unk, trail: p.trail}
	which, ok := m.holeNumbers[key]
	if !ok {
		if len(m.holes) >= maxHoles {
			return 0, false
		}
		which = len(m.holes)
		p.mode = quoted
		m.holes = append(m.holes, hole{piece: p})
		m.holeNumbers[key] = which
	}
	return which, true
}

// oddHole gives up at a pasted text that may be any piece of a script.
func (sh *shell) oddHole(st *state, n syntax.Node, h *hole) {
	if h.odd {
		sh.skip(st, n, "a pasted value that may be more than one word")
	}
}
