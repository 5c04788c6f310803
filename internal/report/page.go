package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// page collects plain text for a terminal. No line of it starts with foreign text: a
// runner that obeys commands at the start of a line finds only keyfit's own characters
// there, wrapped lines included.
type page struct {
	b   strings.Builder
	opt Options
}

func (p *page) writeTo(w io.Writer) error {
	_, err := io.WriteString(w, p.b.String())
	return err
}

func (p *page) line(parts ...string) {
	p.b.WriteString(strings.TrimRight(strings.Join(parts, ""), " "))
	p.b.WriteByte('\n')
}

// Colours, as the parameters of the terminal's own sequences.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	blue   = "34"
	faint  = "2"
	bold   = "1"
)

func (p *page) paint(color, text string) string {
	if !p.opt.Color || text == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// glyph gives the drawing character, or its plain substitute.
func (p *page) glyph(fancy, plain string) string {
	if p.opt.ASCII {
		return plain
	}
	return fancy
}

// rungMark draws the answer of one rung.
func (p *page) rungMark(answer string) string {
	switch answer {
	case "pass":
		return p.paint(green, p.glyph("✓", "+"))
	case "fail":
		return p.paint(red, p.glyph("✗", "x"))
	}
	return p.paint(yellow, p.glyph("·", "-"))
}

// mark draws the outcome of a slot.
func (p *page) mark(outcome string) string {
	switch outcome {
	case Passed:
		return p.rungMark("pass")
	case Failed:
		return p.rungMark("fail")
	}
	return p.paint(yellow, "?")
}

// text makes foreign text fit for the page: with plain drawing, the rest of Unicode is
// written as its code.
func (p *page) text(s string) string {
	if !p.opt.ASCII {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '·':
			b.WriteByte('/')
		case r > '~':
			fmt.Fprintf(&b, "<U+%04X>", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// note writes "   = label: text", wrapped to the width.
func (p *page) note(label, text string) {
	if text == "" {
		return
	}
	head := "   = " + label + ": "
	for i, piece := range p.wrap(p.text(text), utf8.RuneCountInString(head)) {
		if i > 0 {
			p.line("   ", p.paint(blue, "|"), strings.Repeat(" ", len(head)-4), piece)
			continue
		}
		p.line("   ", p.paint(blue, "="), " ", p.paint(bold, label+":"), " ", piece)
	}
}

// wrap breaks text at spaces so that each piece fits beside an indentation. A single
// long word stays whole: a broken path or URL could not be clicked.
func (p *page) wrap(text string, indent int) []string {
	room := p.opt.Width - indent
	if p.opt.Width == 0 || utf8.RuneCountInString(text) <= room || room < 20 {
		return []string{text}
	}
	var pieces []string
	line, length := "", 0
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		if length > 0 && length+1+n > room {
			pieces = append(pieces, line)
			line, length = "", 0
		}
		if length > 0 {
			line, length = line+" ", length+1
		}
		line, length = line+word, length+n
	}
	return append(pieces, line)
}

// cut shortens text to n characters, with an ellipsis.
func (p *page) cut(text string, n int) string {
	if n <= 0 || utf8.RuneCountInString(text) <= n {
		return text
	}
	dots := p.glyph("…", "...")
	runes := []rune(text)
	return string(runes[:max(1, n-utf8.RuneCountInString(dots))]) + dots
}

// columns pads each column of rows to its widest cell. The last column is not padded.
func columns(rows [][]string) []string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], visibleWidth(cell))
		}
	}
	lines := make([]string, 0, len(rows))
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-visibleWidth(cell)+2))
			}
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return lines
}

// visibleWidth counts characters; the page's own colours take no room.
func visibleWidth(cell string) int {
	if !strings.Contains(cell, "\x1b") {
		return utf8.RuneCountInString(cell)
	}
	return utf8.RuneCountInString(dropSequences(cell))
}
