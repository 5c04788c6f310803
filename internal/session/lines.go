package session

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// brokenLines puts what is not known of the ends of lines into a text of NAME=value lines.
// Whoever reads such a text takes LF and CR LF for the same, but within a value of several
// lines, NAME<<END, the one that is there stays in the value.
func brokenLines(t Text, system System) Text {
	text, ok := t.Lines()
	if !ok || system == Unix || !strings.Contains(text, "<<") {
		return t
	}
	var inner []int // offsets of the ends of lines within values
	end, first := "", false
	at := 0
	for line := range strings.Lines(text) {
		at += len(line)
		line = strings.TrimRight(line, "\r\n")
		switch {
		case end == "":
			if name, word, here := strings.Cut(line, "<<"); here && !strings.Contains(name, "=") {
				end, first = word, true
			}
		case line == end:
			end = ""
			if n := len(inner); n > 0 && !first {
				inner = inner[:n-1] // the last one ends the value
			}
		default:
			first = false
			inner = append(inner, at-1)
		}
	}
	return t.doubtLines(inner)
}

// doubtLines puts a CR that may be there in front of some LFs.
func (t Text) doubtLines(at []int) Text {
	if len(at) == 0 {
		return t
	}
	cr := Of(model.Ambiguous("whether the script runs on Windows", Literal("\r").Value(), model.Value{State: model.Absent}))
	var out []Text
	offset := 0
	for _, p := range t.pieces {
		text := p.value.Text.Reveal()
		from := 0
		for len(at) > 0 && at[0] < offset+len(text) {
			out = append(out, p.part(text[from:at[0]-offset]), cr)
			from, at = at[0]-offset, at[1:]
		}
		out = append(out, p.part(text[from:]))
		offset += len(text)
	}
	return Cat(out...)
}

func (p piece) part(text string) Text {
	t := Literal(text)
	if len(t.pieces) > 0 {
		t.pieces[0].value.Trail = p.value.Trail
	}
	return t
}
