package tree

import (
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/pos"
)

// places gives the places within the text of a scalar: a text on one line without escapes
// stands in the file as it is, and so does each line of a literal block behind its
// indentation. It gives nil for a text that is written in another way; then all of it has
// the place of its beginning.
func (l *loader) places(out *Node, n *yaml.Node) func(start, end int) pos.Span {
	from := out.At.Start.Byte
	if from < 0 || from >= len(l.text) {
		return nil
	}
	rest := l.text[from:min(len(l.text), from+len(n.Value)+1)]
	switch {
	case n.Style&yaml.LiteralStyle != 0:
		return l.blockPlaces(n.Value, from)
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		if len(rest) < 1 || rest[1:] != n.Value {
			return nil
		}
		from++
	case n.Style&yaml.FoldedStyle != 0 || !strings.HasPrefix(rest, n.Value):
		return nil
	}
	return func(start, end int) pos.Span {
		start, end = within(start, len(n.Value)), within(end, len(n.Value))
		return l.index.Span(l.name, from+start, from+end)
	}
}

func within(n, length int) int { return min(max(n, 0), length) }

func (l *loader) blockPlaces(value string, from int) func(start, end int) pos.Span {
	starts, places := blockLines(l.text, from, strings.Split(value, "\n"))
	if places == nil {
		return nil
	}
	place := func(n int) int {
		n = within(n, len(value))
		i := sort.SearchInts(starts, n+1) - 1
		return min(places[i]+n-starts[i], len(l.text))
	}
	return func(start, end int) pos.Span { return l.index.Span(l.name, place(start), place(end)) }
}

// blockLines finds the lines of a text behind the line of data in which from lies: the
// offset of each line in the text, and in data; nil when they do not stand there.
func blockLines(data string, from int, lines []string) (starts, places []int) {
	at, indent, offset := from, -1, 0
	for i, line := range lines {
		last := i == len(lines)-1 && line == ""
		n := strings.IndexByte(data[at:], '\n')
		if n < 0 {
			if !last {
				return nil, nil
			}
			n = len(data) - at
		}
		at = min(at+n+1, len(data))
		written, _, _ := strings.Cut(data[at:], "\n")
		written = strings.TrimSuffix(written, "\r")
		if indent < 0 && line != "" {
			indent = len(written) - len(line)
		}
		skip := min(max(indent, 0), len(written))
		if last {
			skip = 0
		} else if written[skip:] != line || strings.Trim(written[:skip], " ") != "" {
			return nil, nil
		}
		starts, places = append(starts, offset), append(places, at+skip)
		offset += len(line) + 1
	}
	return starts, places
}
