package repo

import (
	"cmp"
	"io/fs"
	"path/filepath"

	"github.com/keyfit/keyfit/internal/order"
)

// Entry is one name in a directory, as it stands there: a symbolic link is not followed.
type Entry struct {
	Name string
	Dir  bool
	Link bool
}

// Entries gives what is in a directory in the order of the names, without looking at each
// entry itself: it is for walks over many files.
func (t *Tree) Entries(dir string) ([]Entry, error) {
	p, err := t.Clean(dir)
	if err != nil {
		return nil, err
	}
	if info, err := t.Stat(p); err != nil {
		return nil, err
	} else if !info.Dir { // opening a pipe would wait for its other end
		return nil, &Error{Path: p, Kind: ErrNotDirectory}
	}
	f, err := t.root.Open(filepath.FromSlash(p))
	if err != nil {
		return nil, explain(p, err)
	}
	defer f.Close()
	found, err := f.ReadDir(-1)
	if err != nil {
		return nil, explain(p, err)
	}
	out := make([]Entry, 0, len(found))
	for _, e := range found {
		out = append(out, Entry{Name: e.Name(), Dir: e.IsDir(), Link: e.Type()&fs.ModeSymlink != 0})
	}
	order.By(out, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}
