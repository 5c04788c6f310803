package buildkite

import (
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
)

// fileText is the text of a whole file, line by line, so that each has its place.
func fileText(at pos.Span, data string) tree.Text {
	index := pos.NewIndex([]byte(data))
	var out tree.Text
	start := 0
	for i := range len(data) {
		if data[i] != '\n' && i < len(data)-1 {
			continue
		}
		place := index.Span(at.File, start, i+1)
		out = tree.Join(out, tree.Of(model.KnownText(data[start:i+1], hop(place, "a line of the hook")), place))
		start = i + 1
	}
	return out
}
