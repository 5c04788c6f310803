package dotenv

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/pos"
)

const byteOrderMark = "\uFEFF"

// source is one file as a dialect sees it, with the way back to the bytes on the disk.
type source struct {
	file string
	data []byte  // the file
	text string  // what the dialect sees
	at   []int32 // for each byte of text, and for its end, the offset in data; nil when text is data[skip:]
	skip int     // bytes of data in front of text
	last pos.Pos // the place that was asked for last: places are asked for in order
}

// newSource applies what a reader does to the whole text before it looks at it.
func newSource(file string, data []byte, r *rules) *source {
	s := &source{file: file, data: data, last: pos.Pos{Line: 1, Column: 1}}
	if r.cutBOM && bytes.HasPrefix(data, []byte(byteOrderMark)) {
		s.skip = len(byteOrderMark)
	}
	s.text = string(data[s.skip:])
	if r.newlines != keepLines && strings.Contains(s.text, "\r") {
		s.foldLines(r.newlines)
	}
	return s
}

// foldLines rewrites the ends of lines and remembers where each byte came from.
func (s *source) foldLines(how newlines) {
	old := s.text
	var text strings.Builder
	text.Grow(len(old))
	s.at = make([]int32, 0, len(old)+1)
	for i := 0; i < len(old); i++ {
		c := old[i]
		if c == '\r' {
			pair := i+1 < len(old) && old[i+1] == '\n'
			switch {
			case how == dropCR, pair: // of a pair, the \n follows
				continue
			case how == anyLines:
				c = '\n'
			}
		}
		s.at = append(s.at, int32(s.skip+i))
		text.WriteByte(c)
	}
	s.at = append(s.at, int32(len(s.data)))
	s.text = text.String()
}

// offset is the place in the file of a place in the text.
func (s *source) offset(i int) int {
	if s.at == nil {
		return s.skip + i
	}
	return int(s.at[i])
}

// place gives the position of a place in the text. It counts on from the place before,
// so that a file with one long line does not take quadratic time.
func (s *source) place(i int) pos.Pos {
	to := s.offset(i)
	if to < s.last.Byte {
		s.last = pos.Pos{Line: 1, Column: 1}
	}
	between := s.data[s.last.Byte:to]
	if n := bytes.Count(between, []byte{'\n'}); n > 0 {
		s.last.Line += n
		s.last.Column = 1
		between = between[bytes.LastIndexByte(between, '\n')+1:]
	}
	s.last.Column += utf8.RuneCount(between)
	s.last.Byte = to
	return s.last
}

// span gives the stretch of the file for a stretch of the text.
func (s *source) span(start, end int) pos.Span {
	return pos.Span{File: s.file, Start: s.place(start), End: s.place(end)}
}
