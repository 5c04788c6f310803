package tree

import (
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
)

// Gap stands in [Text.String] for a piece that is not known.
const Gap = '\U0010FFFD'

// Text is a text that is put together from what stands in a file and from values. It may
// hold secrets: its String is for those who evaluate it, never for a message.
//
// The zero value is the empty text.
type Text struct{ pieces []piece }

type piece struct {
	text  string      // what stands here; of a value that is not known, a [Gap]
	value model.Value // where it comes from; not for a literal one
	from  *Node       // of a literal: where it stands,
	start int         // and from which byte on
	hop   model.Hop   // of a literal: what it is called
	site  pos.Span    // of a value: where it was put in
	paste bool        // it is never a hole of a script
}

// Literal is the text of a scalar, as it stands in the file. The hop says for people what it is.
func Literal(n *Node, kind, what string) Text {
	if n.Text() == "" {
		return Text{}
	}
	return Text{[]piece{{text: n.Value, from: n, hop: model.Hop{At: n.At, Kind: kind, What: what, Literal: true}}}}
}

// Of is a text that is one value, put in at site. An absent value gives the empty text.
func Of(v model.Value, site pos.Span) Text {
	switch {
	case v.State == model.Absent, v.State == model.Known && v.Text.IsEmpty():
		return Text{}
	case v.State == model.Known:
		return Text{[]piece{{text: v.Text.Reveal(), value: v, site: site}}}
	}
	return Text{[]piece{{text: string(Gap), value: v, site: site}}}
}

// Pasted is a text that a reader adds itself, such as the name of a command, put in at site.
func Pasted(text string, site pos.Span) Text {
	if text == "" {
		return Text{}
	}
	v := model.Value{State: model.Known, Text: secret.New(text)}
	return Text{[]piece{{text: text, value: v, site: site, paste: true}}}
}

// Paste is the text with all that is known of it as a script has to be read: no hole stands
// for it.
func (t Text) Paste() Text {
	out := Text{slices.Clone(t.pieces)}
	for i := range out.pieces {
		out.pieces[i].paste = true
	}
	return out
}

// Pieces is the text of a value by its Parts, so that what stands between those that are not
// known can be read. A part that is one of several texts counts as not known.
func Pieces(v model.Value) Text {
	if len(v.Parts) == 0 {
		return Of(v, v.Trail.At())
	}
	var out Text
	for _, part := range v.Parts {
		out.pieces = append(out.pieces, Of(part, part.Trail.At()).pieces...)
	}
	return out
}

// Join puts texts one behind the other.
func Join(texts ...Text) Text {
	var out Text
	for _, t := range texts {
		out.pieces = append(out.pieces, t.pieces...)
	}
	return out
}

// String is the text, with a [Gap] for each piece that is not known.
func (t Text) String() string {
	if len(t.pieces) == 1 {
		return t.pieces[0].text
	}
	var b strings.Builder
	for _, p := range t.pieces {
		b.WriteString(p.text)
	}
	return b.String()
}

func (p piece) literal() bool { return p.from != nil }

func (p piece) unknown() bool { return !p.literal() && p.value.State == model.Unknown }

// Known reports whether no piece is unknown.
func (t Text) Known() bool {
	_, unknown := t.Unknown()
	return !unknown
}

// Unknown gives the first piece that is not known.
func (t Text) Unknown() (model.Value, bool) {
	for _, p := range t.pieces {
		if p.unknown() {
			return p.value, true
		}
	}
	return model.Value{}, false
}

// IsLiteral reports whether all of the text stands in a file as it is.
func (t Text) IsLiteral() bool {
	for _, p := range t.pieces {
		if !p.literal() {
			return false
		}
	}
	return true
}

// Slice is the part from one byte of String up to another.
func (t Text) Slice(from, to int) Text {
	var out Text
	at := 0
	for _, p := range t.pieces {
		a, b := max(from-at, 0), min(to-at, len(p.text))
		at += len(p.text)
		if a >= b {
			continue
		}
		cut := p
		if !p.unknown() {
			cut.text, cut.start = p.text[a:b], p.start+a
			if !p.literal() && b-a < len(p.text) {
				cut.value = model.Value{State: model.Known, Text: secret.New(cut.text), Trail: p.value.Trail, DecidedBy: p.value.DecidedBy}
			}
		}
		out.pieces = append(out.pieces, cut)
	}
	return out
}

// Trim takes white space away at both ends.
func (t Text) Trim() Text {
	s := t.String()
	from := len(s) - len(strings.TrimLeft(s, " \t\r\n"))
	return t.Slice(from, from+len(strings.TrimSpace(s)))
}

// Map changes the text of all known pieces, each on its own.
func (t Text) Map(change func(string) string) Text {
	var out Text
	for _, p := range t.pieces {
		if p.unknown() {
			out.pieces = append(out.pieces, p)
			continue
		}
		v := p.known()
		v.Text = secret.New(change(p.text))
		out.pieces = append(out.pieces, Of(v, p.at()).pieces...)
	}
	return out
}

// known is the value of a piece that is known.
func (p piece) known() model.Value {
	if !p.literal() {
		return p.value
	}
	hop := p.hop
	hop.At = p.at()
	return model.KnownText(p.text, hop)
}

// at is the place of the whole piece.
func (p piece) at() pos.Span {
	if !p.literal() {
		return p.site
	}
	if p.start == 0 && len(p.text) == len(p.from.Value) {
		return p.from.At
	}
	return p.from.Place(p.start, p.start+len(p.text))
}

// At is the place of a stretch of String.
func (t Text) At(from, to int) pos.Span {
	var out pos.Span
	at := 0
	for _, p := range t.pieces {
		a, b := from-at, to-at
		at += len(p.text)
		if a >= len(p.text) || b < 0 || b == 0 && a != 0 {
			continue
		}
		out = span(out, p.stretch(max(a, 0), min(b, len(p.text))))
	}
	return out
}

func (p piece) stretch(a, b int) pos.Span {
	if !p.literal() {
		return p.site
	}
	return p.from.Place(p.start+a, p.start+b)
}

// span is the stretch from the beginning of one place to the end of another.
func span(a, b pos.Span) pos.Span {
	switch {
	case !a.IsValid():
		return b
	case a.File == b.File && b.End.Byte > a.End.Byte:
		a.End = b.End
	}
	return a
}

// Value is the text as one value that arrives at hop. A text that stands in the file as it is
// begins its journey there.
func (t Text) Value(hop model.Hop) model.Value {
	switch {
	case len(t.pieces) == 0:
		hop.Literal = true
		return model.KnownText("", hop)
	case len(t.pieces) == 1 && t.pieces[0].literal():
		hop.Literal, hop.At = true, t.pieces[0].at()
		return model.KnownText(t.pieces[0].text, hop)
	case len(t.pieces) == 1:
		return t.pieces[0].value.Via(hop)
	}
	return t.compose(hop)
}

func (t Text) compose(hop model.Hop) model.Value {
	var parts []model.Value
	var trails []model.Trail
	var first *model.Value
	unknowns := 0
	v := model.Value{State: model.Known, Text: secret.New(t.String())}
	for _, p := range t.pieces {
		part := p.value
		if !p.unknown() {
			part = p.known()
		} else if unknowns++; first == nil {
			first = &part
		}
		parts, v.DecidedBy = append(parts, part), append(v.DecidedBy, part.DecidedBy...)
		if !p.literal() {
			trails = append(trails, part.Trail)
		}
	}
	if first != nil {
		v = model.Value{State: model.Unknown, Why: first.Why, Needs: first.Needs, DecidedBy: v.DecidedBy}
		if unknowns == 1 {
			v.Alternatives = t.alternatives(hop)
		}
	}
	v.Parts, v.Trail = parts, model.Join(trails...).Append(hop)
	if unknowns == 1 && t.pieces[0].unknown() {
		v.InRepo = below(t.pieces[0].value.InRepo, Text{t.pieces[1:]}.String())
	}
	return v
}

// below is the file of the repository that a path behind a directory of it names.
func below(dir, rest string) string {
	if dir == "" || !strings.HasPrefix(rest, "/") {
		return ""
	}
	name := path.Join(dir, rest)
	if name == ".." || strings.HasPrefix(name, "../") {
		return ""
	}
	return name
}

// maxAlternatives bounds how many candidates are told of one text.
const maxAlternatives = 16

// alternatives are the whole texts, when the one piece that is not known has candidates.
func (t Text) alternatives(hop model.Hop) []model.Value {
	for i, p := range t.pieces {
		if !p.unknown() {
			continue
		}
		if len(p.value.Alternatives) == 0 || len(p.value.Alternatives) > maxAlternatives {
			return nil
		}
		var out []model.Value
		for _, a := range p.value.Alternatives {
			whole := Join(Text{t.pieces[:i]}, Of(a, p.site), Text{t.pieces[i+1:]})
			out = append(out, whole.Value(hop))
		}
		return out
	}
	return nil
}

// Script is the text as a script in which values stand as holes: the rune first+i for the
// value i of holes. A known value that a shell would not read as one plain word is pasted as
// its text, as the CI system does it.
func (t Text) Script(first rune, most int) (text string, holes []model.Value, positions func(start, end int) pos.Span) {
	var b strings.Builder
	var pasted Text
	add := func(p piece, shown string) {
		b.WriteString(shown)
		p.text = shown
		pasted.pieces = append(pasted.pieces, p)
	}
	hole := func(p piece) {
		shown := string(first + rune(len(holes)))
		holes = append(holes, p.value)
		add(piece{value: p.value, site: p.at()}, shown)
	}
	for _, p := range t.pieces {
		if len(holes) >= most {
			u := model.UnknownBecause(model.WhyLimit, "a script with fewer values in it", model.Trail{})
			return string(first), []model.Value{u}, pasted.At
		}
		switch {
		case p.unknown() || !p.literal() && !p.paste && plainWord(p.text):
			hole(p)
		case strings.ContainsFunc(p.text, func(c rune) bool { return c >= first }):
			// It cannot be told from a hole.
			hole(piece{value: model.UnknownBecause(model.WhyUnsupported, "a text without characters for private use", p.known().Trail), site: p.at()})
		default:
			add(p, p.text)
		}
	}
	return b.String(), holes, pasted.At
}

// plainWord reports whether a shell reads a text as a part of one word, wherever it stands.
func plainWord(text string) bool {
	return strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+=,-") == "" && utf8.ValidString(text)
}

// Values are the pieces of the text: those that stand in a file begin there, and the others
// have hop at the end of their journey.
func (t Text) Values(hop model.Hop) []model.Value {
	var out []model.Value
	for _, p := range t.pieces {
		if p.literal() {
			out = append(out, p.known())
		} else {
			out = append(out, p.value.Via(hop))
		}
	}
	return out
}
