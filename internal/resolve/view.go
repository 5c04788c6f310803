package resolve

import (
	"github.com/keyfit/keyfit/internal/engine/shell"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// view is the repository as one command of a script finds it: with what the script had
// written by then.
type view struct {
	*repo.Overlay
	files  map[string]shell.Written
	unread map[string]bool // written, and nobody can tell what
}

// views makes them, one for all commands that see the same.
type views struct {
	base    *repo.Overlay // before the script
	outcome shell.Outcome
	doubt   *model.Value // why the script may not be run as it is read
	last    shell.Seen
	made    *view
}

// of is what command number i sees.
func (v *views) of(i int) *view {
	seen := v.outcome.Seen[i]
	if v.made != nil && seen.Same(v.last) {
		return v.made
	}
	files := seen.Files()
	if !seen.IsSure() {
		// What was written when is not known: only that it may have been written by then.
		for name := range v.outcome.Written {
			files[name] = shell.Written{Value: model.UnknownBecause(model.WhyLimit, "a script that writes fewer files", model.Trail{})}
		}
	}
	v.last, v.made = seen, viewOf(v.base, files)
	return v.made
}

func viewOf(base *repo.Overlay, files map[string]shell.Written) *view {
	out := &view{Overlay: base.Fork(), files: files, unread: map[string]bool{}}
	for name, w := range files {
		var err error
		switch w.Value.State {
		case model.Absent:
			err = out.Remove(name)
		case model.Known:
			err = out.Write(name, []byte(w.Value.Text.Reveal()))
		default:
			err, out.unread[name] = out.Write(name, nil), true
		}
		if err != nil {
			out.unread[name] = true
		}
	}
	return out
}

// Read gives the content of a file, unless nobody can tell what the script wrote into it.
func (v *view) Read(name string) ([]byte, error) {
	if v.unread[v.key(name)] {
		return nil, &repo.Error{Path: name, Kind: repo.ErrRead, Note: "what the script writes into it is not known"}
	}
	return v.Overlay.Read(name)
}

func (v *view) key(name string) string {
	if cleaned, err := v.Clean(name); err == nil {
		return cleaned
	}
	return name
}

// written gives what the script has written into a file, with its places; ok is false for
// a file that it did not write, or that it removed.
func (v *view) written(name string) (w shell.Written, ok bool) {
	w, ok = v.files[v.key(name)]
	return w, ok && w.Value.State != model.Absent
}
