package bitbucket

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// withText is a known piece cut down to a part of its text.
func withText(piece model.Value, text string) model.Value {
	return model.Value{State: model.Known, Text: secret.New(text), Trail: piece.Trail, DecidedBy: piece.DecidedBy}
}

// joined is the value that pieces make together. A last line without its end is whole.
func joined(pieces []model.Value) model.Value {
	if len(pieces) == 1 {
		return pieces[0]
	}
	var text strings.Builder
	var trails []model.Trail
	out := model.Value{State: model.Known, Parts: pieces}
	for _, p := range pieces {
		trails = append(trails, p.Trail)
		if p.State != model.Known {
			out = model.Value{State: model.Unknown, Why: p.Why, Needs: p.Needs, Parts: pieces}
			break
		}
		text.WriteString(p.Text.Reveal())
	}
	if out.State == model.Known {
		out.Text = secret.New(text.String())
	}
	out.Trail = model.Join(trails...)
	return out
}
