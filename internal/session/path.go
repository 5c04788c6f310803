package session

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// maxPath is the longest path that is looked for.
const maxPath = 1000

// PathOf is the place of a file of the repository; ok is false for a text that is not known, that
// leads elsewhere, or that holds one of the characters in special, which mean more in its
// language.
func (s *State) PathOf(files *repo.Overlay, t Text, special string) (at string, ok bool) {
	p, fromRoot, ok := t.Path()
	p = strings.ReplaceAll(p, `\`, "/")
	switch {
	case !ok || len(p)+len(s.Dir) > maxPath || p == "" && !fromRoot || strings.ContainsAny(p, special) || strings.HasPrefix(p, "/") && !fromRoot || s.Lost != nil && !fromRoot:
		return "", false
	case fromRoot:
		p = "./" + p
	default:
		p = path.Join(s.Dir, p)
	}
	cleaned, err := files.Clean(path.Clean(p))
	return cleaned, err == nil
}

// Content is the text of a file, with what the script wrote to it; shown is its name for a
// message.
func (s *State) Content(files *repo.Overlay, at, shown string) Text {
	if v, ok := s.Files[at]; ok {
		if v.State == model.Absent {
			return Unknown(model.WhyMissingFile, "a file that is not removed", model.Trail{})
		}
		return Of(v)
	}
	data, err := files.Read(at)
	if err != nil {
		return Unknown(model.WhyMissingFile, "the file "+shown, model.Trail{})
	}
	hop := model.Hop{At: pos.NewIndex(data).Span(at, 0, len(data)), Kind: model.KindFile, What: "the text of the file", Literal: true}
	return Of(model.KnownText(string(data), hop))
}
