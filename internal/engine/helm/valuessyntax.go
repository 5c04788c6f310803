package helm

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/pos"
)

// syntaxError is a text that is no YAML, or no map.
type syntaxError struct {
	line    int    // from 1; 0 when the parser does not tell
	message string // the parser's word, without anything of the text; may be empty
}

func (e *syntaxError) Error() string {
	if e.message == "" {
		return "is not valid YAML, expected a map of values"
	}
	return "is not valid YAML: " + e.message
}

// syntaxOf takes the line and the reason out of the message of the YAML library. From the
// first piece of the text on the message is cut off.
func syntaxOf(err error) *syntaxError {
	_, rest, ok := strings.Cut(err.Error(), "yaml: line ")
	if !ok {
		return &syntaxError{}
	}
	number, message, _ := strings.Cut(rest, ": ")
	line, notNumber := strconv.Atoi(number)
	if notNumber != nil {
		return &syntaxError{}
	}
	if strings.HasPrefix(message, "did not find") {
		line++ // the library counts these lines from 0, others from 1
	}
	if i := strings.IndexAny(message, "`\"\n"); i >= 0 {
		message = message[:i]
	}
	return &syntaxError{line: line, message: strings.TrimSpace(message)}
}

// in is the place of the mistake in a file; of one in an archive there are no lines.
func (e *syntaxError) in(f File) pos.Span {
	at := pos.Span{File: f.Path}
	if f.Inner == "" && e.line > 0 {
		at.Start, at.End = pos.Pos{Line: e.line, Column: 1}, pos.Pos{Line: e.line, Column: 1}
	}
	return at
}
