package origin

import (
	"slices"
	"sort"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
)

// Text is a text with the origins of its pieces. It may hold secrets, so it cannot be
// printed.
//
// The zero value is an empty text that comes from nowhere.
type Text struct {
	text   secret.Text
	pieces []Piece
	outer  []int // for each piece the one that it lies in, -1 for none
	marks  *Marks
	file   string // of a text that stands in a file as it is
}

// FromFile is the content of a file of the repository, as it is.
func FromFile(name string, data []byte) Text {
	return Text{text: secret.New(string(data)), file: name}
}

// FromMarked is a text that was put together from marked pieces. When the beginning of a
// mark was lost on the way, any source that is not known may lie behind any of the text.
func FromMarked(marked string, m *Marks) Text {
	if m == nil {
		m = &Marks{}
	}
	plain, pieces, torn := strip(marked)
	if id, ok := m.unknown(); ok && torn && plain != "" {
		pieces = append([]Piece{{End: len(plain), ID: id}}, pieces...)
	}
	return Text{text: secret.New(plain), pieces: pieces, outer: outers(pieces), marks: m}
}

// outers finds the piece that each piece lies in. Pieces never overlap in part.
func outers(pieces []Piece) []int {
	out := make([]int, len(pieces))
	var open []int
	for i, p := range pieces {
		for len(open) > 0 && pieces[open[len(open)-1]].End <= p.Start {
			open = open[:len(open)-1]
		}
		out[i] = -1
		if len(open) > 0 {
			out[i] = open[len(open)-1]
		}
		open = append(open, i)
	}
	return out
}

// FromPieces is a text with the sources of its pieces, for engines that know them without
// marks in the text. The pieces are ordered by their start, and of two that start together
// the longer one comes first. Not to be changed any more.
func FromPieces(text string, pieces []Piece, m *Marks) Text {
	return Text{text: secret.New(text), pieces: pieces, outer: outers(pieces), marks: m}
}

// FromValue is a text of which one value is the origin as a whole, such as what a script
// pipes into a command. The value must be known; of an unknown one the text is empty.
func FromValue(v model.Value) Text {
	text := v.Text.Reveal()
	m := &Marks{}
	id := m.Add(v)
	return Text{text: v.Text, pieces: []Piece{{End: len(text), ID: id}}, outer: []int{-1}, marks: m}
}

// Secret is the text without marks.
func (t Text) Secret() secret.Text { return t.text }

// Matches reports whether the text is exactly plain: whether marking changed nothing.
func (t Text) Matches(plain string) bool { return t.text.Equal(secret.New(plain)) }

// File names the file that the text stands in as it is; empty for one that was put
// together.
func (t Text) File() string { return t.file }

// Span gives the place of the bytes from start up to end in the file; the zero Span for a
// text that was put together. The index must be one of this text.
func (t Text) Span(x *pos.Index, start, end int) pos.Span {
	if t.file == "" {
		return pos.Span{}
	}
	return x.Span(t.file, start, end)
}

// Sources lists the values that the bytes from start up to end come from, in the order of
// the text, each once; outer pieces before those within them. It is empty for a text that
// stands in a file.
func (t Text) Sources(start, end int) []model.Value {
	var out []model.Value
	seen := map[ID]bool{}
	for _, i := range t.within(start, end) {
		if id := t.pieces[i].ID; !seen[id] {
			seen[id] = true
			out = append(out, t.marks.Source(id))
		}
	}
	return out
}

// within lists the pieces that share bytes with those from start up to end, in order. It
// looks at those alone, so that asking for every scalar of a large text takes no longer
// than reading it.
func (t Text) within(start, end int) []int {
	first := sort.Search(len(t.pieces), func(i int) bool { return t.pieces[i].Start >= start })
	var out []int
	for i := first - 1; i >= 0; i = t.outer[i] {
		if t.pieces[i].End > start && t.pieces[i].Start < end {
			out = append(out, i)
		}
	}
	slices.Reverse(out)
	for i := first; i < len(t.pieces) && t.pieces[i].Start < end; i++ {
		out = append(out, i)
	}
	return out
}

// Gaps lists the stretches whose sources are not known, in order.
func (t Text) Gaps() []Piece {
	var out []Piece
	for _, p := range t.pieces {
		if t.marks.Source(p.ID).State == model.Unknown {
			out = append(out, p)
		}
	}
	return out
}

// Assuming is the text when the stretches that drop tells are there for certain: they are no
// longer a source of what lies in them.
func (t Text) Assuming(drop func(Piece) bool) Text {
	t.pieces = slices.DeleteFunc(slices.Clone(t.pieces), func(p Piece) bool { return p.Maybe && drop(p) })
	t.outer = outers(t.pieces)
	return t
}

// Unknown gives the first source of the bytes from start up to end that is not known, if
// there is one: then the bytes only stand for a text that is not known.
func (t Text) Unknown(start, end int) (model.Value, bool) {
	for _, v := range t.Sources(start, end) {
		if v.State == model.Unknown {
			return v, true
		}
	}
	return model.Value{}, false
}

// Document is one stream of manifests: YAML, of which "---" separates the objects.
type Document struct {
	Name string // for messages: the file, or the template that it was rendered from
	Text Text
}
