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

// Index turns byte offsets of one text into places. Build it once per file. Looking a
// place up takes the same time on a line of any length.
type Index struct {
	text  []byte
	lines []int  // byte offset at which each line starts
	marks []mark // every markEvery bytes or so, where the counting of code points may start
}

// mark is the start of a code point, with the number of those before it.
type mark struct{ at, count int }

const markEvery = 1 << 10

// NewIndex reads text once. A line ends after "\n"; a lone "\r" does not end a line.
func NewIndex(text []byte) *Index {
	x := &Index{text: text, lines: []int{0}, marks: []mark{{}}}
	for at, count := 0, 0; at < len(text); count++ {
		if at-x.marks[len(x.marks)-1].at >= markEvery {
			x.marks = append(x.marks, mark{at, count})
		}
		if text[at] == '\n' {
			x.lines = append(x.lines, at+1)
		}
		_, size := utf8.DecodeRune(text[at:])
		at += size
	}
	return x
}

// At gives the place of a byte offset. An offset outside the text is moved to its
// nearest end.
func (x *Index) At(offset int) Pos {
	offset = max(0, min(offset, len(x.text)))
	line := sort.SearchInts(x.lines, offset+1) - 1
	column := x.count(offset) - x.count(x.lines[line]) + 1
	return Pos{Line: line + 1, Column: column, Byte: offset}
}

// count is the number of code points before offset.
func (x *Index) count(offset int) int {
	i := sort.Search(len(x.marks), func(i int) bool { return x.marks[i].at > offset })
	from := x.marks[i-1]
	return from.count + utf8.RuneCount(x.text[from.at:offset])
}

// Span gives the span of the bytes from start up to end.
func (x *Index) Span(file string, start, end int) Span {
	return Span{File: file, Start: x.At(start), End: x.At(end)}
}

// Offset gives the byte offset of a line and column, both 1-based; the column counts
// code points. A place outside the text gives its nearest end, one behind its line the
// end of the line.
func (x *Index) Offset(line, column int) int {
	if line < 1 {
		return 0
	}
	if line > len(x.lines) {
		return len(x.text)
	}
	end := len(x.text)
	if line < len(x.lines) {
		end = x.lines[line] - 1
	}
	return min(x.Advance(x.lines[line-1], column-1), end)
}

// Advance gives the byte offset that lies a number of code points behind offset, or the
// end of the text.
func (x *Index) Advance(offset, points int) int {
	if points <= 0 {
		return offset
	}
	want := x.count(offset) + points
	i := sort.Search(len(x.marks), func(i int) bool { return x.marks[i].count > want })
	if from := x.marks[i-1]; from.at > offset {
		offset, points = from.at, want-from.count
	}
	for ; points > 0 && offset < len(x.text); points-- {
		_, size := utf8.DecodeRune(x.text[offset:])
		offset += size
	}
	return offset
}
