package resolve

import (
	"sort"
	"strings"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// blockPositions gives the places within a `run: |` text: each of its lines stands in the
// file as it is, behind the block's indentation. It gives nil for a text that is written
// in any other way; then the whole text has the one place of its beginning.
func blockPositions(files *repo.Overlay, text strict.At[string]) func(start, end int) pos.Span {
	data, err := files.Read(text.Span.File)
	from := text.Span.Start.Byte
	if err != nil || from < 0 || from >= len(data) || data[from] != '|' {
		return nil
	}
	starts, places := blockLines(string(data), from, strings.Split(text.Value, "\n"))
	if places == nil {
		return nil
	}
	index := pos.NewIndex(data)
	place := func(n int) int {
		n = min(max(n, 0), len(text.Value))
		i := sort.SearchInts(starts, n+1) - 1
		return min(places[i]+n-starts[i], len(data))
	}
	return func(start, end int) pos.Span {
		return index.Span(text.Span.File, place(start), place(end))
	}
}

// blockLines finds the lines of a text behind the line of data in which from lies. It
// gives the offset of each line in the text, and in data; nil when they do not stand
// there.
func blockLines(data string, from int, lines []string) (starts, places []int) {
	at, indent, offset := from, -1, 0
	for i, line := range lines {
		n := strings.IndexByte(data[at:], '\n')
		if n < 0 {
			n = len(data) - at
			if i < len(lines)-1 || line != "" {
				return nil, nil
			}
		}
		at = min(at+n+1, len(data))
		written, _, _ := strings.Cut(data[at:], "\n")
		written = strings.TrimSuffix(written, "\r")
		if indent < 0 && line != "" {
			indent = len(written) - len(line)
		}
		skip := min(max(indent, 0), len(written))
		last := i == len(lines)-1 && line == ""
		if !last && (written[skip:] != line || strings.Trim(written[:skip], " ") != "") {
			return nil, nil
		}
		if last {
			skip = 0
		}
		starts, places = append(starts, offset), append(places, at+skip)
		offset += len(line) + 1
	}
	return starts, places
}
