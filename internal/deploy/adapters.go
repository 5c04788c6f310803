package deploy

import (
	"path"

	"github.com/keyfit/keyfit/internal/model"
)

// adapters lists every tool that is known. It is the one place where they are listed.
func adapters() []Adapter {
	return []Adapter{}
}

// name is the command's name without a directory; ok is false when it is not known.
func (c Call) name() (string, bool) {
	if len(c.Args) == 0 || c.Args[0].State != model.Known {
		return "", false
	}
	return path.Base(c.Args[0].Text.Reveal()), true
}
