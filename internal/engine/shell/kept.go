package shell

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/repo"
)

// Kept is what the steps of one session leave on their machine for those behind them,
// beside what is in the files of the repository: texts of which parts are not known, where
// pieces of texts come from, which files may be run. The zero value is nothing.
type Kept struct {
	files map[string]*file
	made  map[string]bool
	ran   bool
}

// kept is what the step leaves for the next one.
func (m *machine) kept(st *state) Kept {
	out := Kept{files: map[string]*file{}, made: map[string]bool{}, ran: st.ran}
	for key, f := range st.files {
		if !strings.HasPrefix(key, "\x00") {
			out.files[key] = &file{text: f.text.forLater(), gone: f.gone, exec: f.exec}
		}
	}
	for key := range st.made {
		if !strings.HasPrefix(key, "\x00") {
			out.made[key] = true
		}
	}
	return out
}

// forLater is a text without what only holds within one step.
func (s sym) forLater() sym {
	out := slices.Clone(s)
	for i, p := range out {
		if p.unk == nil || p.unk.prints == nil && p.unk.file == "" && len(p.unk.alts) == 0 {
			continue
		}
		u := *p.unk
		u.prints, u.file = nil, ""
		u.alts = slices.Clone(u.alts)
		for k, a := range u.alts {
			u.alts[k] = a.forLater()
		}
		out[i].unk = &u
	}
	return out
}

// takeUp begins with what the step before has left, where nothing has changed it since.
func (m *machine) takeUp(st *state) {
	for key, f := range m.step.Before.files {
		if m.isAsLeft(key, f) {
			st.files[key] = f
		}
	}
	st.ran = m.step.Ran || m.step.Before.ran
	if len(m.step.Before.made) > 0 {
		st.made = maps.Clone(m.step.Before.made)
	}
}

// isAsLeft compares a file with the repository's overlay. Of text that is not known there
// is nothing in it.
func (m *machine) isAsLeft(key string, f *file) bool {
	if outside(key) {
		return true
	}
	data, err := m.step.Files.Read(key)
	t, ok := f.text.known()
	if f.gone || !ok {
		return errors.Is(err, repo.ErrMissing)
	}
	return err == nil && string(data) == t
}
