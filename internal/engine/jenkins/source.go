package jenkins

import (
	"github.com/keyfit/keyfit/internal/pos"
)

// source is one Groovy file.
type source struct {
	name  string
	text  string
	index *pos.Index
}

func newSource(name string, data []byte) *source {
	return &source{name: name, text: string(data), index: pos.NewIndex(data)}
}

// span is the place of a stretch of the file.
func (s *source) span(start, end int) pos.Span {
	if s == nil {
		return pos.Span{}
	}
	return s.index.Span(s.name, start, max(start, end))
}
