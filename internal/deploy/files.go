package deploy

import (
	"path"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// wholeFile is the hop of a value that is the content of a file.
func wholeFile(name string, data []byte) model.Hop {
	return model.Hop{At: pos.NewIndex(data).Span(path.Clean(name), 0, len(data)), Kind: model.KindFile, What: path.Base(name), Literal: true}
}
