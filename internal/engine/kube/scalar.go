package kube

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// extent gives the bytes that a scalar stands in. Where they cannot be told for certain
// they reach to the end of the object, so that no origin is missed.
func (r *reader) extent(n *yaml.Node) (start, end int) {
	if r.extents != nil {
		at := r.extents[n]
		return at[0], at[1]
	}
	start = r.offset(n)
	if n.Kind != yaml.ScalarNode {
		return start, start
	}
	plain := n.Style&^yaml.TaggedStyle == 0
	if !(plain && n.Value == "") && (n.Anchor != "" || n.Style&yaml.TaggedStyle != 0) {
		start = skipProperties(r.raw[:r.end], start)
	}
	length, ok := scalarLength(r.raw[start:r.end], n)
	if !ok {
		return start, r.end
	}
	return start, start + length
}

// offset turns a place of the YAML parser into a byte offset.
func (r *reader) offset(n *yaml.Node) int {
	number, column := r.first+n.Line-1, n.Column-1
	if n.Line <= 1 {
		number, column = r.first, column+r.column
	}
	if number > len(r.lines) {
		return r.end
	}
	return min(r.index.Advance(r.lines[number-1], column), r.end)
}

// skipProperties moves over anchors and tags, and over the blanks and comments behind them.
func skipProperties(text string, at int) int {
	for at < len(text) && (text[at] == '&' || text[at] == '!') {
		for at < len(text) && !strings.ContainsRune(" \t\r\n", rune(text[at])) {
			at++
		}
		at = skipBlanks(text, at)
	}
	return at
}

func skipBlanks(text string, at int) int {
	for at < len(text) {
		switch text[at] {
		case ' ', '\t', '\r', '\n':
			at++
		case '#':
			for at < len(text) && text[at] != '\n' {
				at++
			}
		default:
			return at
		}
	}
	return at
}

// scalarLength is the length of the scalar at the start of text. It is certain only when
// reading these bytes gives the value that the parser gave.
func scalarLength(text string, n *yaml.Node) (int, bool) {
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return quoted(text, n.Value, '"')
	case n.Style&yaml.SingleQuotedStyle != 0:
		return quoted(text, n.Value, '\'')
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return block(text, n.Value, n.Style&yaml.FoldedStyle != 0)
	}
	return plainScalar(text, n.Value)
}

// plainScalar walks along text and value together; a line end in the text stands for a
// blank in the value, several for one less.
func plainScalar(text, value string) (int, bool) {
	i := 0
	for value != "" {
		if folded, length := fold(text[i:]); length > 0 {
			if !strings.HasPrefix(value, folded) {
				return 0, false
			}
			i, value = i+length, value[len(folded):]
			continue
		}
		if i >= len(text) || text[i] != value[0] {
			return 0, false
		}
		i, value = i+1, value[1:]
	}
	return i, true
}

// fold reads blanks around at least one line break. It gives what they stand for in a
// scalar that is not a block.
func fold(text string) (folded string, length int) {
	first, later, i := "", "", 0
	for i < len(text) {
		if n := breakLength(text[i:]); n > 0 {
			if first == "" {
				first = lineBreak(text[i : i+n])
			} else {
				later += lineBreak(text[i : i+n])
			}
			i += n
			continue
		}
		if text[i] != ' ' && text[i] != '\t' {
			break
		}
		i++
	}
	switch {
	case first == "":
		return "", 0
	case first != "\n":
		return first + later, i
	case later == "":
		return " ", i
	}
	return later, i
}

// lineBreak is a break as it arrives in a value: two of them stay as they are.
func lineBreak(text string) string {
	if text == "\u2028" || text == "\u2029" {
		return text
	}
	return "\n"
}

// quoted reads a scalar in quotes.
func quoted(text, value string, quote byte) (int, bool) {
	if text == "" || text[0] != quote {
		return 0, false
	}
	var b strings.Builder
	for i := 1; i < len(text); {
		if folded, length := fold(text[i:]); length > 0 {
			b.WriteString(folded)
			i += length
			continue
		}
		switch {
		case text[i] == quote && quote == '\'' && strings.HasPrefix(text[i+1:], "'"):
			b.WriteByte('\'')
			i += 2
		case text[i] == quote:
			return i + 1, b.String() == value
		case text[i] == '\\' && quote == '"':
			written, length, ok := escape(text[i:])
			if !ok {
				return 0, false
			}
			b.WriteString(written)
			i += length
		default:
			b.WriteByte(text[i])
			i++
		}
	}
	return 0, false
}

const escapes = "0\x00a\ab\bt\t\t\tn\nv\vf\fr\re\x1b  \"\"//\\\\"

// escape reads what a backslash begins in a scalar in double quotes.
func escape(text string) (written string, length int, ok bool) {
	if len(text) < 2 {
		return "", 0, false
	}
	for i := 0; i < len(escapes); i += 2 {
		if escapes[i] == text[1] {
			return escapes[i+1 : i+2], 2, true
		}
	}
	switch text[1] {
	case 'N':
		return "\u0085", 2, true
	case '_':
		return "\u00A0", 2, true
	case 'L':
		return "\u2028", 2, true
	case 'P':
		return "\u2029", 2, true
	case 'x':
		return codePoint(text, 2)
	case 'u':
		return codePoint(text, 4)
	case 'U':
		return codePoint(text, 8)
	}
	if n := breakLength(text[1:]); n > 0 {
		return continued(text, 1+n)
	}
	return "", 0, false
}

func codePoint(text string, digits int) (string, int, bool) {
	if len(text) < 2+digits {
		return "", 0, false
	}
	r := rune(0)
	for _, c := range []byte(text[2 : 2+digits]) {
		digit := strings.IndexByte("0123456789abcdef", c|0x20)
		if digit < 0 {
			return "", 0, false
		}
		r = r<<4 + rune(digit)
	}
	if !utf8.ValidRune(r) {
		return "", 0, false
	}
	return string(r), 2 + digits, true
}

// continued reads what follows an escaped line end: blanks vanish, empty lines count.
func continued(text string, at int) (string, int, bool) {
	written := ""
	for at < len(text) {
		if n := breakLength(text[at:]); n > 0 {
			written += lineBreak(text[at : at+n])
			at += n
			continue
		}
		if text[at] != ' ' && text[at] != '\t' {
			break
		}
		at++
	}
	return written, at, true
}

// block reads a scalar behind | or >. Its lines are indented more than what is around it,
// by as much as its first line, or by as much as its header says.
func block(text, value string, folded bool) (int, bool) {
	if text == "" || text[0] != '|' && text[0] != '>' {
		return 0, false
	}
	header := strings.IndexAny(text, "\r\n")
	if header < 0 {
		return len(text), strings.Trim(value, "\n") == ""
	}
	body := header + breakLength(text[header:])
	indent := firstIndent(text[body:])
	if !strings.ContainsAny(strings.SplitN(text[:header], "#", 2)[0], "123456789") {
		return blockLength(text, body, indent, value, folded)
	}
	for ; indent > 0; indent-- { // the first line may be indented further than the others
		if end, ok := blockLength(text, body, indent, value, folded); ok {
			return end, true
		}
	}
	return 0, false
}

func firstIndent(text string) int {
	indent := 0
	for i := 0; i < len(text); {
		switch n := breakLength(text[i:]); {
		case n > 0:
			indent, i = 0, i+n
		case text[i] == ' ':
			indent, i = indent+1, i+1
		default:
			return indent
		}
	}
	return 0
}

// blockLength is where the last line with this indentation ends, if the lines up to there
// are the value.
func blockLength(text string, body, indent int, value string, folded bool) (int, bool) {
	var b strings.Builder
	end := strings.IndexAny(text, "\r\n")
	for at := body; at < len(text); {
		stop := at
		for stop < len(text) && breakLength(text[stop:]) == 0 {
			stop++
		}
		line := text[at:stop]
		spaces := len(line) - len(strings.TrimLeft(line, " "))
		switch {
		case spaces >= indent && indent > 0:
			b.WriteString(line[indent:])
			if len(line) > indent {
				end = stop
			}
		case spaces < len(line): // less indented: the block is over
			return end, sameBlock(b.String(), value, folded)
		}
		n := breakLength(text[stop:])
		if n > 0 {
			b.WriteString(lineBreak(text[stop : stop+n]))
		}
		at = stop + max(n, 1)
	}
	return end, sameBlock(b.String(), value, folded)
}

// sameBlock compares the lines of a block with its value. How many line ends there are at
// its end is the business of the header; those within a folded one may be blanks.
func sameBlock(lines, value string, folded bool) bool {
	if folded {
		return strings.Join(strings.Fields(lines), "") == strings.Join(strings.Fields(value), "")
	}
	return strings.TrimRight(lines, "\n") == strings.TrimRight(value, "\n")
}
