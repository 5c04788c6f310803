package session

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// Value is the text as one value.
func (t Text) Value() model.Value {
	if len(t.pieces) == 1 && !t.pieces[0].line {
		return t.pieces[0].value
	}
	if s, ok := t.Known(); ok {
		return model.Value{State: model.Known, Text: secret.New(s), Trail: trailOf(t)}
	}
	variants, ok := t.variants()
	if !ok || len(variants) < 2 {
		return Blurred(t.needs(), t).pieces[0].value
	}
	var candidates []model.Value
	for _, v := range variants {
		candidates = append(candidates, v.Value())
	}
	out := model.Ambiguous(t.needs(), candidates...)
	if out.State == model.Unknown && out.Trail.IsEmpty() {
		out.Trail = trailOf(t)
	}
	return out
}

func (t Text) needs() string {
	for _, p := range t.pieces {
		if p.value.State == model.Unknown && p.value.Needs != "" {
			return p.value.Needs
		}
	}
	return "whether the lines of the script end with CR LF"
}

// variants lists all texts that t may be, when there are only a few.
func (t Text) variants() ([]Text, bool) {
	out := []Text{{}}
	if slices.ContainsFunc(t.pieces, func(p piece) bool { return p.line }) {
		return t.lineVariants()
	}
	for _, p := range t.pieces {
		choices := []Text{{pieces: []piece{p}}}
		if p.value.State != model.Known {
			if len(p.value.Alternatives) == 0 {
				return nil, false
			}
			choices = nil
			for _, a := range p.value.Alternatives {
				choices = append(choices, Of(a))
			}
		}
		if len(out)*len(choices) > maxVariants {
			return nil, false
		}
		var next []Text
		for _, head := range out {
			for _, c := range choices {
				next = append(next, Cat(head, c))
			}
		}
		out = next
	}
	return out, true
}

// lineVariants has the lines end all in the one way or all in the other.
func (t Text) lineVariants() ([]Text, bool) {
	var out []Text
	for _, end := range []string{"\n", "\r\n"} {
		one := Text{pieces: slices.Clone(t.pieces)}
		for i, p := range one.pieces {
			if p.line {
				one.pieces[i].line, one.pieces[i].value.Text = false, secret.New(end)
			}
		}
		more, ok := one.variants()
		if !ok {
			return nil, false
		}
		out = append(out, more...)
	}
	return out, len(out) <= maxVariants
}

// Word is Value for a word of a command line, whose pieces are told apart: which of several
// variables a command delivers is known even where a text is not.
func (t Text) Word() model.Value {
	v := t.Value()
	if len(t.pieces) < 2 {
		return v
	}
	v.Parts = t.parts()
	return v
}

// Channel is Value for a text that is read line by line, with its Parts: either end of a
// line is given as LF. Nothing at all is absent.
func (t Text) Channel() model.Value {
	if len(t.pieces) == 0 {
		return model.Value{State: model.Absent}
	}
	flat := Text{pieces: slices.Clone(t.pieces)}
	for i := range flat.pieces {
		flat.pieces[i].line = false
	}
	v := flat.Value()
	v.Parts = flat.parts()
	return v
}

func (t Text) parts() []model.Value {
	var out []model.Value
	for _, p := range t.pieces {
		v := p.value
		if v.State == model.Known && v.Text.IsEmpty() {
			continue
		}
		v.Losers = nil
		if len(v.Alternatives) > 0 {
			v.Alternatives = slices.Clone(v.Alternatives)
			for i, a := range v.Alternatives {
				if len(a.Parts) == 0 && a.State != model.Absent {
					v.Alternatives[i].Parts = []model.Value{a}
				}
			}
		}
		out = append(out, v)
	}
	return out
}

// Either is a text that is one of two. What both begin with is told apart from the rest.
func Either(needs string, a, b Text) Text {
	n := 0
	for n < len(a.pieces) && n < len(b.pieces) && samePiece(a.pieces[n], b.pieces[n]) {
		n++
	}
	if n == len(a.pieces) && n == len(b.pieces) {
		return a
	}
	head := Text{pieces: a.pieces[:n:n]}
	x, y := Text{pieces: a.pieces[n:]}, Text{pieces: b.pieces[n:]}
	joined := model.Ambiguous(needs, x.alternative(), y.alternative())
	if joined.State == model.Unknown && joined.Trail.IsEmpty() {
		joined.Trail = trailOf(x, y)
	}
	return Text{pieces: append(head.pieces, piece{value: joined})}
}

func (t Text) alternative() model.Value {
	v := t.Value()
	if len(t.pieces) == 0 {
		v = model.Value{State: model.Known}
	}
	if len(v.Alternatives) == 0 {
		v.Parts = t.parts()
	}
	return v
}

func samePiece(p, q piece) bool {
	return p.line == q.line && p.outlet == q.outlet && p.value.Same(q.value) && p.value.Trail.Equal(q.value.Trail)
}

// Same reports whether both are put together alike, trails included.
func (t Text) Same(u Text) bool { return slices.EqualFunc(t.pieces, u.pieces, samePiece) }

// EndsPlainly reports whether the end of the text is known: then it is no variable alone.
func (t Text) EndsPlainly() bool {
	if len(t.pieces) == 0 {
		return true
	}
	last := t.pieces[len(t.pieces)-1].value
	return last.State == model.Known && !last.Text.IsEmpty()
}
