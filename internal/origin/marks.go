// Package origin keeps, for a text that an engine put together, where each piece of it
// came from.
//
// Engines that only move strings around (templates, overlays) do not tell where a text
// came from. So the texts that go in are wrapped in marks: characters of the private-use
// planes that no ordinary file holds. They travel with the text, through engines that know
// nothing of them, and are taken out again at the end. That may lose precision, and must
// never change a result: every engine also runs without marks, and the marked run counts
// only if it gives the same text once the marks are taken out. See [Text.Matches].
package origin

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/model"
)

// A mark is an opening sequence, the text, and the closing character. The opening sequence
// is the number of the source in digits of 14 bits, lowest first: the last digit lies in the
// range of last digits, all before it in the range of earlier ones.
const (
	earlier   = 0xF0000  // up to 0xF3FFF: a digit that another one follows
	lastDigit = 0xF4000  // up to 0xF7FFF
	closing   = 0x100000 // plane 16
	digitBits = 14
)

// ID is the number of a source in its [Marks]. The zero value is no source.
type ID int

// Marks numbers the sources of texts. The zero value is ready for use. It is not safe for
// concurrent use.
type Marks struct {
	sources []model.Value
}

// Add gives a source a number. Of the value, all but its text matters: state, reason,
// trail, losers and what decided.
func (m *Marks) Add(v model.Value) ID {
	m.sources = append(m.sources, v)
	return ID(len(m.sources))
}

// Source is the value that was added under id; the zero Value, which is unknown, for a
// number that was never given.
func (m *Marks) Source(id ID) model.Value {
	if id < 1 || int(id) > len(m.sources) {
		return model.Value{}
	}
	return m.sources[id-1]
}

// unknown is the first source that is not known.
func (m *Marks) unknown() (ID, bool) {
	i := slices.IndexFunc(m.sources, func(v model.Value) bool { return v.State == model.Unknown })
	return ID(i + 1), i >= 0
}

// Len is how many sources there are.
func (m *Marks) Len() int { return len(m.sources) }

// Wrap marks text as coming from id. An empty text stays empty, since to mark it would
// make it count as true; so does a text without a source.
func Wrap(id ID, text string) string {
	if text == "" || id < 1 {
		return text
	}
	var b strings.Builder
	n := int(id)
	for ; n >= 1<<digitBits; n >>= digitBits {
		b.WriteRune(rune(earlier + n&(1<<digitBits-1)))
	}
	b.WriteRune(rune(lastDigit + n))
	b.WriteString(text)
	b.WriteRune(closing)
	return b.String()
}

// WrapAll marks text as coming from every one of ids.
func WrapAll(ids []ID, text string) string {
	for _, id := range slices.Backward(ids) {
		text = Wrap(id, text)
	}
	return text
}

// CanMark reports whether text holds no character that marks are made of, nor bytes that
// are not UTF-8. Only such texts may be marked.
func CanMark(text string) bool {
	return utf8.ValidString(text) && !IsMarked(text)
}

// IsMarked reports whether text holds a mark.
func IsMarked(text string) bool {
	return strings.IndexFunc(text, isMark) >= 0
}

// IsWhole reports whether every mark of a text opens and closes within it. Pieces of a text
// that was cut may reach further than what they came with.
func IsWhole(text string) bool {
	depth := 0
	for _, r := range text {
		switch {
		case r >= lastDigit && r < lastDigit+1<<digitBits:
			depth++
		case r == closing:
			depth--
		}
		if depth < 0 {
			return false
		}
	}
	return depth == 0
}

func isMark(r rune) bool { return r >= earlier && r < lastDigit+1<<digitBits || r == closing }

// Piece is a stretch of a text that comes from a source. Pieces may lie within others.
type Piece struct {
	Start, End int // bytes
	ID         ID
	// Maybe says that the piece belongs to text that is there whole, or not at all, and that
	// nothing around it depends on that: the stretch Whole, of which this may be a part.
	Maybe bool
	Whole Range
}

// Range is a stretch of a text, in bytes. It is set for a [Piece] that may be missing.
type Range struct{ Start, End int }

// Covers reports whether the bytes from start up to end lie within.
func (r Range) Covers(start, end int) bool { return r.Start <= start && end <= r.End }

// Touches reports whether any of the bytes from start up to end lies within.
func (r Range) Touches(start, end int) bool { return r.Start < end && start < r.End }

// Strip takes the marks out of a text. The pieces are ordered by their start; of two that
// start together the longer one comes first. Marks that were torn apart, so that they open
// or close nothing, are dropped; one that is never closed reaches to the end.
func Strip(text string) (plain string, pieces []Piece) {
	plain, pieces, _ = strip(text)
	return plain, pieces
}

// strip also says whether the text holds the end of a mark whose beginning was lost: then
// some of it comes from a source that cannot be told.
func strip(text string) (plain string, pieces []Piece, torn bool) {
	if !IsMarked(text) {
		return text, nil, false
	}
	var b strings.Builder
	b.Grow(len(text))
	var open []int // indices in pieces
	number, shift := 0, 0
	for i, r := range text {
		switch {
		case r >= earlier && r < lastDigit:
			number |= int(r-earlier) << shift
			shift += digitBits
		case r >= lastDigit && r < lastDigit+1<<digitBits:
			open = append(open, len(pieces))
			pieces = append(pieces, Piece{Start: b.Len(), End: -1, ID: ID(number | int(r-lastDigit)<<shift)})
			number, shift = 0, 0
		case r == closing:
			number, shift = 0, 0
			if len(open) == 0 {
				torn = true
				continue
			}
			pieces[open[len(open)-1]].End = b.Len()
			open = open[:len(open)-1]
		default:
			number, shift = 0, 0 // of a mark whose last digit was lost
			_, size := utf8.DecodeRuneInString(text[i:])
			b.WriteString(text[i : i+size])
		}
	}
	for _, i := range open {
		pieces[i].End = b.Len()
	}
	return b.String(), slices.DeleteFunc(pieces, func(p Piece) bool { return p.Start == p.End }), torn
}

// Plain is the text without its marks.
func Plain(text string) string {
	plain, _ := Strip(text)
	return plain
}

// IDs lists the sources of a marked text, each once, in the order of their first place.
func IDs(text string) []ID {
	_, pieces := Strip(text)
	var ids []ID
	for _, p := range pieces {
		if !slices.Contains(ids, p.ID) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}
