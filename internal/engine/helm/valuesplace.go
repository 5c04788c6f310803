package helm

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// places finds the scalars of one YAML text again. The parser gives only where a node
// starts, with anchor and tag, in lines as YAML 1.1 counts them.
type places struct {
	text  []byte
	lines []int // byte offset at which each line starts
	// An offset is often asked for the line of the one before it.
	line, column, offset int
}

func newPlaces(text []byte) *places {
	p := &places{text: text, lines: []int{0}}
	if bytes.HasPrefix(text, byteOrderMark) {
		p.lines[0] = len(byteOrderMark)
	}
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRune(text[i:])
		i += size
		if c == '\r' && i < len(text) && text[i] == '\n' {
			i++
		}
		if strings.ContainsRune("\r\n\u0085\u2028\u2029", c) {
			p.lines = append(p.lines, i)
		}
	}
	return p
}

// at turns a line and a column, both counted from 1, into an offset.
func (p *places) at(line, column int) int {
	if line < 1 || line > len(p.lines) {
		return len(p.text)
	}
	offset, from := p.lines[line-1], 1
	if line == p.line && column >= p.column {
		offset, from = p.offset, p.column
	}
	for ; from < column && offset < len(p.text); from++ {
		_, size := utf8.DecodeRune(p.text[offset:])
		offset += size
	}
	p.line, p.column, p.offset = line, column, offset
	return offset
}

// span gives the bytes of a scalar, quotes and the head of a block included, its anchor and
// tag left out; of anything else, and where the scalar is not found again, where it starts.
func (p *places) span(n *yaml.Node) (start, end int) {
	start = p.at(n.Line, n.Column)
	if n.Kind == yaml.AliasNode {
		return start, start
	}
	if n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		after := p.skipProperties(start)
		if n.Kind == yaml.ScalarNode && n.Value == "" && n.Style&^yaml.TaggedStyle == 0 {
			return start, start
		}
		start = after
	}
	if n.Kind != yaml.ScalarNode || start >= len(p.text) {
		return start, start
	}
	switch {
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		end = p.quoted(start)
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		end = p.block(start, n.Value)
	default:
		end = p.plainScalar(start, n.Value)
	}
	return start, max(start, end)
}

// quoted is the end of the quoted scalar at start; 0 when there is none.
func (p *places) quoted(start int) int {
	quote := p.text[start]
	if quote != '"' && quote != '\'' {
		return 0
	}
	for i := start + 1; i < len(p.text); i++ {
		switch {
		case p.text[i] == '\\' && quote == '"':
			i++
		case p.text[i] != quote:
		case quote == '\'' && i+1 < len(p.text) && p.text[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return 0
}

// plainScalar is the end of the plain scalar at start, whose lines may have been folded; 0
// when another text stands there.
func (p *places) plainScalar(start int, value string) int {
	i, j := start, 0
	for j < len(value) {
		switch {
		case i < len(p.text) && p.text[i] == value[j] && !isBlank(value[j]):
			i++
			j++
		case i < len(p.text) && isBlank(p.text[i]) && isBlank(value[j]):
			for i < len(p.text) && isBlank(p.text[i]) {
				i++
			}
			for j < len(value) && isBlank(value[j]) {
				j++
			}
		default:
			return 0
		}
	}
	return i
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// block is the end of the block scalar whose head stands at start: behind the last line of
// its content, without the line's own end; empty lines at the end count when the head keeps
// them.
func (p *places) block(start int, value string) int {
	if c := p.text[start]; c != '|' && c != '>' {
		return 0
	}
	head, rest := p.cutLine(start)
	end := start + len(bytes.TrimRight(head, " \t\r"))
	if at := bytes.Index(head, []byte(" #")); at >= 0 {
		end = start + len(bytes.TrimRight(head[:at], " \t"))
	}
	first := strings.TrimLeft(value, "\n")
	if first == "" {
		return end
	}
	keep, indent := bytes.ContainsRune(head[:end-start], '+'), -1
	for at := rest; at < len(p.text); {
		line, next := p.cutLine(at)
		trimmed := bytes.TrimLeft(line, " ")
		blank := len(bytes.TrimRight(trimmed, "\r")) == 0
		depth := len(line) - len(trimmed)
		if indent < 0 && !blank {
			indent = depth - (len(first) - len(strings.TrimLeft(first, " ")))
		}
		switch {
		case !blank && depth < indent:
			return end
		case !blank || keep || indent >= 0 && depth > indent:
			end = at + len(bytes.TrimRight(line, "\r"))
		}
		at = next
	}
	return end
}

// cutLine gives the line at start without its end, and where the next one starts.
func (p *places) cutLine(start int) (line []byte, next int) {
	if i := bytes.IndexByte(p.text[start:], '\n'); i >= 0 {
		return p.text[start : start+i], start + i + 1
	}
	return p.text[start:], len(p.text)
}

// skipProperties moves over anchors and tags, and over blanks and comments behind them.
func (p *places) skipProperties(at int) int {
	for at < len(p.text) && (p.text[at] == '&' || p.text[at] == '!') {
		for at < len(p.text) && !isBlank(p.text[at]) {
			at++
		}
		for at < len(p.text) && (isBlank(p.text[at]) || p.text[at] == '#') {
			if p.text[at] == '#' {
				line, _ := p.cutLine(at)
				at += len(line)
				continue
			}
			at++
		}
	}
	return at
}
