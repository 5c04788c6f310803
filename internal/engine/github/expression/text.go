package expression

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

const (
	// maxText is how long a text may become, in bytes. The runner's own limit for all that
	// an expression computes is 10 MiB.
	maxText = 1 << 20
	// maxParts is how many pieces of a text keep a journey of their own.
	maxParts = 256
)

// Model is the text that the value is pasted as: true and false, a number with at most 15
// digits, nothing for null, and the word Array or Object for these.
func (v Value) Model() model.Value {
	switch v.kind {
	case KindString:
		return v.text
	case KindNull:
		return v.pasted("")
	case KindBool:
		if v.flag {
			return v.pasted("true")
		}
		return v.pasted("false")
	case KindNumber:
		text, sure := formatNumber(v.number)
		if !sure {
			return model.UnknownBecause(model.WhyUnsupported, "a number that every runner writes the same way", v.text.Trail)
		}
		return v.pasted(text)
	case KindArray:
		return v.pasted("Array")
	case KindObject:
		return v.pasted("Object")
	}
	return v.unknownModel()
}

// pasted is a known text with the value's own journey.
func (v Value) pasted(text string) model.Value {
	return model.Value{State: model.Known, Text: secret.New(text), Trail: v.text.Trail, Losers: v.text.Losers, DecidedBy: v.text.DecidedBy}
}

func (v Value) unknownModel() model.Value {
	out := v.text
	out.State, out.Text = model.Unknown, secret.Text{}
	out.Why = cmp.Or(out.Why, model.WhyUnsupported)
	if v.count() == 1 || len(out.Alternatives) > 0 {
		return out
	}
	list := v.candidates()
	texts := make([]model.Value, len(list))
	for i, c := range list {
		texts[i] = c.Model()
	}
	needs := cmp.Or(v.text.Needs, "what the expression depends on")
	joint := model.Ambiguous(needs, texts...)
	if joint.Why == model.WhyAmbiguous && joint.Trail.IsEmpty() {
		joint.Trail = v.text.Trail
	}
	joint.DecidedBy = decided(joint.DecidedBy, v.text.DecidedBy)
	return joint
}

// compose is one text of several pieces. It is known when all of them are.
func compose(pieces []model.Value) Value {
	flat := tidy(pieces)
	switch {
	case len(flat) == 0:
		return String("")
	case len(flat) == 1 && flat[0].State == model.Known:
		return Text(flat[0])
	case len(flat) == 1:
		return Unknown(flat[0], KindString)
	}
	var b strings.Builder
	var trails []model.Trail
	out := model.Value{State: model.Known}
	for _, p := range flat {
		if p.State != model.Known && out.State == model.Known {
			out.State, out.Why, out.Needs = model.Unknown, p.Why, p.Needs
		}
		b.WriteString(p.Text.Reveal())
		if !p.Trail.IsEmpty() {
			trails = append(trails, p.Trail)
		}
		out.DecidedBy = decided(out.DecidedBy, p.DecidedBy)
	}
	if b.Len() > maxText {
		return tooMuch()
	}
	if len(trails) > maxParts {
		trails = trails[:maxParts]
	}
	out.Trail = joined(trails)
	if len(flat) <= maxParts {
		out.Parts = flat
	}
	if out.State == model.Known {
		out.Text = secret.New(b.String())
		return Text(out)
	}
	return Unknown(out, KindString)
}

// tidy flattens pieces of pieces, joins neighbours that come from nowhere, and drops what
// is empty. Of too many pieces, known neighbours become one.
func tidy(pieces []model.Value) []model.Value {
	flat := flattened(pieces)
	out := make([]model.Value, 0, len(flat))
	var open gathered
	for _, p := range flat {
		switch {
		case isKnown(p) && p.Text.IsEmpty():
		case isKnown(p) && (isBare(p) || len(flat) > maxParts):
			open.add(p)
		default:
			out = append(open.into(out), p)
		}
	}
	return open.into(out)
}

// flattened lists the pieces of all pieces, as long as there are not too many of them.
func flattened(pieces []model.Value) []model.Value {
	out := make([]model.Value, 0, len(pieces))
	for _, p := range pieces {
		if len(p.Parts) == 0 || len(out)+len(p.Parts) > maxPieces {
			p.Parts = nil
			out = append(out, p)
			continue
		}
		for _, part := range p.Parts {
			part.DecidedBy = decided(part.DecidedBy, p.DecidedBy)
			out = append(out, part)
		}
	}
	return out
}

// maxPieces is how many pieces are looked at one by one.
const maxPieces = 16 * maxParts

// gathered is one known piece that is made of several.
type gathered struct {
	text     strings.Builder
	trails   []model.Trail
	deciders []model.Hop
}

func (g *gathered) add(p model.Value) {
	g.text.WriteString(p.Text.Reveal())
	if !p.Trail.IsEmpty() && len(g.trails) < maxParts {
		g.trails = append(g.trails, p.Trail)
	}
	g.deciders = decided(g.deciders, p.DecidedBy)
}

// into appends the piece, if there is any, and begins a new one.
func (g *gathered) into(list []model.Value) []model.Value {
	if g.text.Len() > 0 {
		list = append(list, model.Value{State: model.Known, Text: secret.New(g.text.String()), Trail: joined(g.trails), DecidedBy: g.deciders})
	}
	*g = gathered{}
	return list
}

func isKnown(v model.Value) bool { return v.State == model.Known }

func isBare(v model.Value) bool { return v.Trail.IsEmpty() && len(v.DecidedBy) == 0 }

// tooMuch is what is beyond a limit.
func tooMuch() Value {
	return Unknown(model.UnknownBecause(model.WhyLimit, "an expression that computes less", model.Trail{}))
}

// shape is what is known of a text: the pieces between what is not known of it.
type shape struct {
	pieces []string // the first begins the text, the last ends it; one piece is all of it
}

func (s shape) prefix() string { return s.pieces[0] }
func (s shape) suffix() string { return s.pieces[len(s.pieces)-1] }
func (s shape) whole() bool    { return len(s.pieces) == 1 }

// letters is how many characters the text has at least.
func (s shape) letters() int {
	count := 0
	for _, p := range s.pieces {
		count += utf8.RuneCountInString(p)
	}
	return count
}

// shapeOf tells what is known of the text that v is pasted as, and whether some character
// of it surely is.
func shapeOf(v Value) (s shape, holds bool) {
	if v.kind != KindUnknown {
		m := v.Model()
		if !isKnown(m) {
			return shape{pieces: []string{"", ""}}, true
		}
		return shape{pieces: []string{m.Text.Reveal()}}, !m.Text.IsEmpty()
	}
	s.pieces = []string{""}
	if !v.possible().within(1<<KindString) || len(v.text.Parts) == 0 {
		return shape{pieces: []string{"", ""}}, false
	}
	for _, p := range v.text.Parts {
		if !isKnown(p) {
			s.pieces = append(s.pieces, "")
			continue
		}
		text := p.Text.Reveal()
		holds = holds || text != ""
		s.pieces[len(s.pieces)-1] += text
	}
	return s, holds
}
