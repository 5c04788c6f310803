package session

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// Ran says that a command was run which is not followed: it may have written to a channel of
// which it is told the path or the name, in its words or in a file that they name.
func (st *State) Ran(files repo.Files, args []Text) {
	for name := range st.Channels {
		if !slices.ContainsFunc(args, func(t Text) bool { return st.mentions(files, t, name) }) {
			continue
		}
		v := model.UnknownBecause(model.WhyCommandOutput, "what a command writes to "+name, model.Trail{})
		if last := st.Channels[name].last; last == nil || !last.text.Same(Of(v)) {
			st.WriteChannel(name, Of(v), true)
		}
	}
}

func (st *State) mentions(files repo.Files, t Text, channel string) bool {
	for _, p := range t.pieces {
		if p.outlet == channel || strings.Contains(p.value.Text.Reveal(), channel) {
			return true
		}
	}
	name, fromRoot, ok := t.Path()
	if !ok || name == "" || st.Lost != nil {
		return false
	}
	for _, at := range []string{name, name + ".js", path.Join(name, "package.json"), "package.json"} {
		at = strings.ReplaceAll(at, "\\", "/")
		if !fromRoot {
			at = path.Join(st.Dir, at)
		}
		if data, err := files.Read(strings.TrimPrefix(at, "/")); err == nil && strings.Contains(string(data), channel) {
			return true
		}
	}
	return false
}
