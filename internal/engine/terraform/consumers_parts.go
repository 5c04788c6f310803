package terraform

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// The beginning and the end of what stands in a text for a piece that is not known, with
// its number between them.
const (
	gapOpen  = "\uE000"
	gapClose = "\uE001"
)

// parted is a text of JSON with the pieces that it was put together from. A piece that is
// not known counts as part of the text that it stands in, or as a whole value.
type parted struct {
	whole model.Value
	text  string
	parts []model.Value
	ends  []int // of the parts within the text
}

// parted takes a text apart; ok is false when too little of it is known.
func (t *tree) parted() (p parted, ok bool) {
	p.whole = t.val()
	text, known := t.text()
	if known && (!t.pieced || !isSum(p.whole.Parts, text)) {
		p.parts = []model.Value{p.whole}
	} else if p.parts = p.whole.Parts; !t.pieced || len(p.parts) == 0 {
		return p, false
	}
	var b strings.Builder
	quoted := false
	for i, part := range p.parts {
		text := part.Text.Reveal()
		if part.State != model.Known {
			text = gapOpen + strconv.Itoa(i) + gapClose
			if !quoted {
				text = `"` + text + `"`
			}
		} else if strings.Contains(text, gapOpen) || strings.Contains(text, gapClose) {
			return p, false
		} else {
			quoted = endsQuoted(text, quoted)
		}
		b.WriteString(text)
		p.ends = append(p.ends, b.Len())
	}
	p.text = b.String()
	return p, true
}

func isSum(parts []model.Value, text string) bool {
	var b strings.Builder
	for _, p := range parts {
		if p.State != model.Known {
			return false
		}
		b.WriteString(p.Text.Reveal())
	}
	return len(parts) > 0 && b.String() == text
}

// endsQuoted reports whether the end of a piece of JSON lies within a text.
func endsQuoted(text string, quoted bool) bool {
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == '\\' && quoted:
			i++
		}
	}
	return quoted
}

// leaf is a scalar of the text.
func (p parted) leaf(start, end int, _ []string, text string) func() model.Value {
	return func() model.Value {
		if strings.Contains(text, gapOpen) {
			return p.filled(text)
		}
		var around []model.Value
		from := 0
		for i, part := range p.parts {
			if from < end && p.ends[i] > start {
				around = append(around, part)
			}
			from = p.ends[i]
		}
		if len(around) == 1 {
			return within(around[0], text)
		}
		v := composed(around)
		v.State, v.Text = model.Known, secret.New(text)
		return v
	}
}

// filled is a scalar with pieces in it that are not known.
func (p parted) filled(text string) model.Value {
	var pieces []model.Value
	for text != "" {
		before, rest, found := strings.Cut(text, gapOpen)
		if before != "" {
			pieces = append(pieces, model.Value{State: model.Known, Text: secret.New(before), Trail: p.whole.Trail})
		}
		if !found {
			break
		}
		number, after, _ := strings.Cut(rest, gapClose)
		if i, err := strconv.Atoi(number); err == nil && i < len(p.parts) {
			pieces = append(pieces, p.parts[i])
		}
		text = after
	}
	if len(pieces) == 1 {
		return pieces[0]
	}
	return composed(pieces)
}

// gap says whether a scalar is not known, and the declaration that it stands for when it is
// nothing but a piece.
func (p parted) gap(text string) (source string, unknown bool) {
	if !strings.Contains(text, gapOpen) {
		return "", false
	}
	inner, whole := strings.CutPrefix(text, gapOpen)
	inner, ended := strings.CutSuffix(inner, gapClose)
	if i, err := strconv.Atoi(inner); whole && ended && err == nil && i < len(p.parts) {
		return sourceOfValue(p.parts[i]), true
	}
	return "", true
}
