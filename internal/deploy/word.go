package deploy

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// blank stands in a word for a piece that is not known.
const blank = "\uE0F1"

// word is one argument of a command as text. Pieces that are not known stand in it as
// blanks, so that what surrounds them can still be read.
type word struct {
	text  string
	parts []part // in order, side by side, over all of text
}

type part struct {
	start, end int
	value      model.Value
}

func wordOf(v model.Value) word {
	pieces := v.Parts
	if len(pieces) == 0 {
		pieces = []model.Value{v}
	}
	var w word
	for _, p := range pieces {
		w.add(p)
	}
	return w
}

func wordsOf(values []model.Value) []word {
	out := make([]word, len(values))
	for i, v := range values {
		out[i] = wordOf(v)
	}
	return out
}

func (w *word) add(v model.Value) {
	text := ""
	switch v.State {
	case model.Known:
		text = v.Text.Reveal()
	case model.Unknown:
		text = blank
	}
	v.Parts = nil
	w.parts = append(w.parts, part{start: len(w.text), end: len(w.text) + len(text), value: v})
	w.text += text
}

// known gives the text when all of it is known.
func (w word) known() (string, bool) {
	if w.unknown() != nil {
		return "", false
	}
	return w.text, true
}

func (w word) is(texts ...string) bool {
	t, ok := w.known()
	return ok && slices.Contains(texts, t)
}

// unknown is the first piece that is not known.
func (w word) unknown() *model.Value {
	for _, p := range w.parts {
		if p.value.State == model.Unknown {
			return &p.value
		}
	}
	return nil
}

// head is the known text before the first piece that is not known.
func (w word) head() string {
	for _, p := range w.parts {
		if p.value.State == model.Unknown {
			return w.text[:p.start]
		}
	}
	return w.text
}

// mayHold is a piece that is not known and may hold one of chars, and so change what the
// word means beyond its own place.
func (w word) mayHold(chars string) *model.Value {
	for _, p := range w.parts {
		if p.value.State != model.Unknown {
			continue
		}
		if len(p.value.Alternatives) == 0 || slices.ContainsFunc(p.value.Alternatives, func(a model.Value) bool {
			return a.State != model.Known || strings.ContainsAny(a.Text.Reveal(), chars)
		}) {
			return &p.value
		}
	}
	return nil
}

// cut splits the word at the first sep. It is not ok when there is none, or when a piece
// before it is not known.
func (w word) cut(sep string) (before string, after word, ok bool) {
	i := strings.Index(w.head(), sep)
	if i < 0 {
		return "", word{}, false
	}
	return w.text[:i], w.slice(i+len(sep), len(w.text)), true
}

// slice is the stretch of the word between two byte offsets.
func (w word) slice(start, end int) word {
	var out word
	for _, p := range w.parts {
		from, to := max(p.start, start), min(p.end, end)
		if from >= to {
			continue
		}
		if from > p.start || to < p.end {
			p.value = model.Value{State: p.value.State, Text: secret.New(w.text[from:to]), Trail: p.value.Trail}
		}
		out.add(p.value)
	}
	if len(out.parts) > 0 {
		return out
	}
	for _, p := range w.parts { // an empty text comes from somewhere, too
		if p.start == p.end && start <= p.start && p.end <= end && !p.value.Trail.IsEmpty() {
			out.add(p.value)
		}
	}
	return out
}

// value is what the word holds, with the trail of the pieces that it is made of.
func (w word) value() model.Value {
	switch len(w.parts) {
	case 0:
		return model.Value{State: model.Known}
	case 1:
		return w.parts[0].value
	}
	if v, ok := w.choice(); ok {
		return v
	}
	return w.as(w.text)
}

// as is the value that the tool makes of the word: text, when all of the word is known.
func (w word) as(text string) model.Value {
	var trails []model.Trail
	for _, p := range w.parts {
		if !p.value.Trail.IsEmpty() {
			trails = append(trails, p.value.Trail)
		}
	}
	if u := w.unknown(); u != nil {
		return model.UnknownBecause(u.Why, u.Needs, model.Join(trails...))
	}
	if len(w.parts) == 1 && w.parts[0].value.State == model.Known && w.text == text {
		return w.parts[0].value
	}
	return model.Value{State: model.Known, Text: secret.New(text), Trail: model.Join(trails...)}
}

// pieces are the values of the parts, when there is more than one.
func (w word) pieces() []model.Value {
	if len(w.parts) < 2 {
		return nil
	}
	var out []model.Value
	for _, p := range w.parts {
		out = append(out, p.value)
	}
	return out
}

// choice multiplies out a word of which exactly one piece is ambiguous.
func (w word) choice() (model.Value, bool) {
	at := -1
	for i, p := range w.parts {
		if p.value.State != model.Unknown {
			continue
		}
		if at >= 0 || len(p.value.Alternatives) == 0 {
			return model.Value{}, false
		}
		at = i
	}
	if at < 0 {
		return model.Value{}, false
	}
	var all []model.Value
	for _, a := range w.parts[at].value.Alternatives {
		var one word
		for i, p := range w.parts {
			if i == at {
				p.value = a
			}
			one.add(p.value)
		}
		all = append(all, one.as(one.text))
	}
	return model.Ambiguous(w.parts[at].value.Needs, all...), true
}
