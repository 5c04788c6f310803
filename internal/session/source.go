package session

import (
	"strings"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
)

// Mark is the rune that stands for a text that is not known. It is no character, so no
// script holds it as itself.
const Mark rune = 0x10FFFE

// Char is one character of a script, with what it comes from.
type Char struct {
	Rune rune
	at   int32 // byte offset in the script as it was handed over
	size int32 // bytes there
	// from is the number of its source, counted from 1; 0: it stands in the script itself.
	from int32
}

// Source is a text that is followed, with the sources of what was pasted into it.
type Source struct {
	chars []Char
	from  []Text
	span  func(start, end int) pos.Span
	// pasted is how many of the sources were there from the beginning.
	pasted int
}

// Script is a text with the values that were pasted into it: the rune Hole+i stands for
// Holes[i].
type Script struct {
	Text      string
	Holes     []model.Value
	Hole      rune
	At        pos.Span
	Positions func(start, end int) pos.Span // nil: all of it stands at At
	// Plain says that only ASCII is certain to be read as it stands: the shell decodes the
	// file by the code page of the machine.
	Plain bool
}

// NewSource pastes the values of a script into it: the text of a known one is read as if it
// stood there, as the tool that pastes it has it.
func NewSource(in Script) *Source {
	s := &Source{span: in.Positions}
	if s.span == nil {
		s.span = func(int, int) pos.Span { return in.At }
	}
	numbers := map[rune]int32{}
	for at := 0; at < len(in.Text); {
		c, size := utf8.DecodeRuneInString(in.Text[at:])
		place := Char{Rune: c, at: int32(at), size: int32(size)}
		at += size
		t, special := pasted(c, size, in)
		if !special {
			s.chars = append(s.chars, place)
			continue
		}
		n, seen := numbers[c]
		if !seen {
			n = s.Add(t)
			numbers[c] = n
		}
		s.chars = s.Append(s.chars, t, n, place)
	}
	s.pasted = len(s.from)
	return s
}

// pasted is the text that a character of the script stands for, if it is none of the
// script's own.
func pasted(c rune, size int, in Script) (Text, bool) {
	if i := int(c - in.Hole); in.Hole != 0 && c >= in.Hole && i < len(in.Holes) {
		return Of(in.Holes[i]), true
	}
	switch {
	case in.Hole != 0 && c >= in.Hole && c < in.Hole+maxHole:
		return Unknown(model.WhyUnsupported, "the text that was pasted here", model.Trail{}), true
	case c == utf8.RuneError && size == 1:
		return Unknown(model.WhyUnsupported, "a script in UTF-8", model.Trail{}), true
	case c == Mark, c == 0, in.Plain && c >= utf8.RuneSelf:
		return Unknown(model.WhyUnsupported, "a script of plain characters", model.Trail{}), true
	}
	return Text{}, false
}

// maxHole is how many values may be pasted into one text.
const maxHole = 0xFFF0

// Add gives a source a number for [Source.Append].
func (s *Source) Add(t Text) int32 {
	s.from = append(s.from, t)
	return int32(len(s.from))
}

// Append adds what stands for the text of source n, at the place of another character: its
// own characters as far as they are known, and a Mark for what is not.
func (s *Source) Append(to []Char, t Text, n int32, place Char) []Char {
	text, ok := t.Known()
	if !ok {
		return append(to, Char{Rune: Mark, at: place.at, size: place.size, from: n})
	}
	for _, c := range text {
		to = append(to, Char{Rune: c, at: place.at, size: place.size, from: n})
	}
	return to
}

// Chars is the whole text.
func (s *Source) Chars() []Char { return s.chars }

// Span is the place of some characters in their file.
func (s *Source) Span(chars []Char) pos.Span {
	if len(chars) == 0 {
		return s.span(0, 0)
	}
	start, end := chars[0].at, chars[0].at
	for _, c := range chars {
		start, end = min(start, c.at), max(end, c.at+c.size)
	}
	return s.span(int(start), int(end))
}

// Text is what some characters stand for, with the sources of its pieces.
func (s *Source) Text(chars []Char) Text {
	var texts []Text
	for i := 0; i < len(chars); {
		j := i + 1
		if chars[i].Rune == Mark {
			texts = append(texts, s.from[chars[i].from-1])
			i = j
			continue
		}
		for j < len(chars) && chars[j].from == chars[i].from && chars[j].Rune != Mark {
			j++
		}
		texts = append(texts, s.stretch(chars[i:j]))
		i = j
	}
	return Cat(texts...)
}

func (s *Source) stretch(chars []Char) Text {
	var b strings.Builder
	for _, c := range chars {
		b.WriteRune(c.Rune)
	}
	if chars[0].from == 0 {
		return Literal(b.String())
	}
	return Of(model.Value{State: model.Known, Text: secret.New(b.String()), Trail: trailOf(s.from[chars[0].from-1])})
}

// Source is what a Mark stands for.
func (s *Source) Source(c Char) Text { return s.from[c.from-1] }

// Plain gives the characters as a string, and reports whether all of them are known.
func Plain(chars []Char) (string, bool) {
	var b strings.Builder
	for _, c := range chars {
		if c.Rune == Mark {
			return "", false
		}
		b.WriteRune(c.Rune)
	}
	return b.String(), true
}

// With is the character with another rune, at the same place and of the same source.
func (c Char) With(r rune) Char {
	c.Rune = r
	return c
}

// Own reports whether the character stands in the script itself.
func (c Char) Own() bool { return c.from == 0 }

// Pasted reports whether what a Mark stands for was pasted into the script, rather than
// found by it.
func (s *Source) Pasted(c Char) bool { return c.from > 0 && int(c.from) <= s.pasted }
