package helm

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/model"
)

// char is a character of a --set text with the piece of the text that it belongs to.
type char struct {
	r     rune // unknownChar for a piece that is not known
	piece int
}

const unknownChar = -1

func hasUnknown(chars []char) bool {
	for _, c := range chars {
		if c.r == unknownChar {
			return true
		}
	}
	return false
}

func str(chars []char) string {
	var b strings.Builder
	for _, c := range chars {
		if c.r != unknownChar {
			b.WriteRune(c.r)
		}
	}
	return b.String()
}

// typed is the type that --set gives to a text.
func typed(text string) any {
	switch {
	case strings.EqualFold(text, "true"):
		return true
	case strings.EqualFold(text, "false"):
		return false
	case strings.EqualFold(text, "null"):
		return nil
	case text == "0":
		return int64(0)
	case text != "" && text[0] != '0':
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return i
		}
	}
	return text
}

// chars splits a text into characters of its pieces. Without pieces, the text is one.
func chars(v model.Value) (out []char, pieces []model.Value, ok bool) {
	pieces = v.Parts
	if len(pieces) == 0 && v.State != model.Known {
		return nil, nil, false
	}
	if len(pieces) == 0 || v.State == model.Known && joined(pieces) != v.Text.Reveal() {
		pieces = []model.Value{v}
	}
	for i, piece := range pieces {
		if piece.State == model.Unknown {
			out = append(out, char{unknownChar, i})
			continue
		}
		text := piece.Text.Reveal()
		for len(text) > 0 {
			r, size := utf8.DecodeRuneInString(text)
			out = append(out, char{r, i})
			text = text[size:]
		}
	}
	return out, pieces, true
}
