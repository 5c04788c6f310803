package strict

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
)

var (
	yamlLine = lazy.Regexp(`^(?:yaml: )?line (\d+): (.*)$`)
	// The parser quotes punctuation that it expected, and names out of the file.
	quotedText = lazy.Regexp("(?s)\\s*(?:'[A-Za-z0-9_]|`|\").*$")
	control    = lazy.Regexp("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
)

// syntaxProblem takes the line out of the parser's message, or finds it. The message
// itself names what is wrong; from the first piece of the file on it is cut off.
func (r *Reader) syntaxProblem(err error) *model.Problem {
	message, line := strings.TrimPrefix(err.Error(), "yaml: "), 1
	if m := yamlLine().FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = m[2]
		if strings.HasPrefix(message, "did not find") {
			line++ // the parser counts these lines from 0, others from 1
		}
	}
	start := r.lineStart(line)
	if _, name, ok := strings.Cut(message, "unknown anchor '"); ok {
		name, _, _ = strings.Cut(name, "'")
		start = max(0, bytes.Index(r.text, []byte("*"+name)))
	}
	if at := control().FindIndex(r.text); at != nil && strings.HasPrefix(message, "control characters") {
		start = at[0]
	}
	return &model.Problem{
		At:      r.index.Span(r.file, start, start),
		Message: "is not valid YAML: " + quotedText().ReplaceAllString(message, ""),
		Fix:     "correct the YAML syntax",
	}
}

// lineStart gives the start of a line, or of the last one that holds anything.
func (r *Reader) lineStart(line int) int {
	last := len(yamlLines(bytes.TrimRight(r.text, "\r\n\t ")))
	return r.offset(max(1, min(line, last)), 1)
}
