// Package pos says where something stands: a file, a line, a column, a byte offset.
//
// It is the ground floor. Everything that keyfit reports carries a [Span], and every
// Span is made here or copied from one that was.
package pos

import (
	"cmp"
	"fmt"
	"sort"
	"unicode/utf8"
)

// Pos is one place in a text.
//
// The zero value means "nowhere" and prints as an empty string.
type Pos struct {
	Line   int // 1-based; 0 is nowhere
	Column int // 1-based, counted in Unicode code points
	Byte   int // 0-based offset from the start of the file
}

// IsValid reports whether p is a real place.
func (p Pos) IsValid() bool { return p.Line > 0 }

// Span is a half-open stretch of one file: End is the first place after it.
//
// File is slash-separated and relative to the repository's root. It is empty for
// what does not come from a file, such as a variable of the process.
type Span struct {
	File       string
	Start, End Pos
}

// IsValid reports whether s names a place in a file.
func (s Span) IsValid() bool { return s.File != "" }

// String gives file:line:column, as far as each is known.
func (s Span) String() string {
	switch {
	case s.File == "":
		return ""
	case s.Start.Line == 0:
		return s.File
	case s.Start.Column == 0:
		return fmt.Sprintf("%s:%d", s.File, s.Start.Line)
	}
	return fmt.Sprintf("%s:%d:%d", s.File, s.Start.Line, s.Start.Column)
}

// Compare orders spans by file, then by place. It is a strict order for sorting reports.
func Compare(a, b Span) int {
	return cmp.Or(
		cmp.Compare(a.File, b.File),
		cmp.Compare(a.Start.Line, b.Start.Line),
		cmp.Compare(a.Start.Column, b.Start.Column),
		cmp.Compare(a.End.Line, b.End.Line),
		cmp.Compare(a.End.Column, b.End.Column),
	)
}

// Index turns byte offsets of one text into places. Build it once per file.
type Index struct {
	text  []byte
	lines []int // byte offset at which each line starts
}

// NewIndex reads text once. A line ends after "\n"; a lone "\r" does not end a line.
func NewIndex(text []byte) *Index {
	lines := []int{0}
	for i, c := range text {
		if c == '\n' {
			lines = append(lines, i+1)
		}
	}
	return &Index{text: text, lines: lines}
}

// At gives the place of a byte offset. An offset outside the text is moved to its
// nearest end.
func (x *Index) At(offset int) Pos {
	offset = max(0, min(offset, len(x.text)))
	line := sort.SearchInts(x.lines, offset+1) - 1
	column := utf8.RuneCount(x.text[x.lines[line]:offset]) + 1
	return Pos{Line: line + 1, Column: column, Byte: offset}
}

// Span gives the span of the bytes from start up to end.
func (x *Index) Span(file string, start, end int) Span {
	return Span{File: file, Start: x.At(start), End: x.At(end)}
}

// Offset gives the byte offset of a line and column, both 1-based; the column counts
// code points. A place outside the text gives its nearest end.
func (x *Index) Offset(line, column int) int {
	if line < 1 {
		return 0
	}
	if line > len(x.lines) {
		return len(x.text)
	}
	at := x.lines[line-1]
	for ; column > 1 && at < len(x.text) && x.text[at] != '\n'; column-- {
		_, size := utf8.DecodeRune(x.text[at:])
		at += size
	}
	return at
}
