package strict

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/pos"
)

// Span gives the place of a node: of a plain or quoted scalar on one line all of it,
// quotes included, of anything else its first character. Anchors and tags in front of
// a node do not belong to it.
func (r *Reader) Span(n *yaml.Node) pos.Span {
	start := r.offset(n.Line, n.Column)
	empty := n.Kind == yaml.ScalarNode && n.Value == "" && n.Style&^yaml.TaggedStyle == 0
	if !empty && (n.Anchor != "" || n.Style&yaml.TaggedStyle != 0) {
		start = r.skipProperties(start)
	}
	return r.index.Span(r.file, start, start+r.length(n, start))
}

func (r *Reader) length(n *yaml.Node, start int) int {
	rest := r.text[start:]
	switch {
	case n.Kind != yaml.ScalarNode || len(rest) == 0:
		return 0
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		return quotedLength(rest)
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 && bytes.HasPrefix(rest, []byte(n.Value)):
		return len(n.Value)
	}
	return 0
}

// quotedLength is the length of the quoted scalar at the start of text.
func quotedLength(text []byte) int {
	quote := text[0]
	if quote != '"' && quote != '\'' {
		return 0
	}
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote == '"':
			i++
		case text[i] == quote && quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++
		case text[i] == quote:
			return i + 1
		}
	}
	return 0
}

// skipProperties moves over anchors and tags, and over the blanks and comments behind them.
func (r *Reader) skipProperties(at int) int {
	for at < len(r.text) && (r.text[at] == '&' || r.text[at] == '!') {
		for at < len(r.text) && !strings.ContainsRune(" \t\r\n", rune(r.text[at])) {
			at++
		}
		at = r.skipBlanks(at)
	}
	return at
}

func (r *Reader) skipBlanks(at int) int {
	for at < len(r.text) {
		switch r.text[at] {
		case ' ', '\t', '\r', '\n':
			at++
		case '#':
			for at < len(r.text) && r.text[at] != '\n' {
				at++
			}
		default:
			return at
		}
	}
	return at
}

const byteOrderMark = "\uFEFF"

// yamlLines gives the offsets at which the lines start as YAML 1.1 counts them: a lone
// carriage return and three further characters of Unicode end a line as well. A byte
// order mark at the start has no column.
func yamlLines(text []byte) []int {
	lines := []int{0}
	if bytes.HasPrefix(text, []byte(byteOrderMark)) {
		lines[0] = len(byteOrderMark)
	}
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRune(text[i:])
		i += size
		switch c {
		case '\r':
			if i < len(text) && text[i] == '\n' {
				i++
			}
			lines = append(lines, i)
		case '\n', '\u0085', '\u2028', '\u2029':
			lines = append(lines, i)
		}
	}
	return lines
}

// offset turns a place of the YAML parser into a byte offset. A place outside the text
// gives its nearest end.
func (r *Reader) offset(line, column int) int {
	if line < 1 {
		return 0
	}
	if line > len(r.lines) {
		return len(r.text)
	}
	return r.index.Advance(r.lines[line-1], column-1)
}
