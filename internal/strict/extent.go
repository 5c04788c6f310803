package strict

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// ScalarEnd gives the byte offset at which the scalar n ends in text, which it begins in at
// start. Of a scalar that goes over several lines without quotes only the first line is
// counted; of a block, its header and all of its lines are.
func ScalarEnd(text string, start int, n *yaml.Node) int {
	rest := text[min(max(start, 0), len(text)):]
	switch {
	case n.Kind != yaml.ScalarNode:
		return start
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return start + blockLength(rest)
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		return start + propertiesLength(rest) + quotedLengthOf(rest[propertiesLength(rest):])
	case strings.HasPrefix(rest, n.Value):
		return start + len(n.Value)
	}
	return start + min(len(rest), len(n.Value)+1)
}

// propertiesLength is how far anchors and tags reach in front of a value.
func propertiesLength(text string) int {
	at := 0
	for at < len(text) && (text[at] == '&' || text[at] == '!') {
		i := strings.IndexAny(text[at:], " \t\n")
		if i < 0 {
			return len(text)
		}
		at += i
		at += len(text[at:]) - len(strings.TrimLeft(text[at:], " \t\n"))
	}
	return at
}

// quotedLengthOf is the length of the quoted scalar that text begins with, or all of it.
func quotedLengthOf(text string) int {
	if n := quotedLength([]byte(text + " ")); n > 0 {
		return n
	}
	return len(text)
}

func blockLength(text string) int {
	header := strings.IndexByte(text, '\n')
	if header < 0 {
		return len(text)
	}
	end, indent := header+1, -1
	for end < len(text) {
		line, _, _ := strings.Cut(text[end:], "\n")
		words := strings.TrimLeft(line, " ")
		if words != "" {
			if indent < 0 {
				indent = len(line) - len(words)
			}
			if len(line)-len(words) < indent || indent == 0 {
				break
			}
		}
		end += len(line) + 1
	}
	return min(end, len(text))
}
