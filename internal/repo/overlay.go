package repo

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// MaxOverlay is how much an overlay may hold in all, in bytes.
const MaxOverlay = 64 << 20

// Overlay is a Tree with files written over it in memory: what a script would have
// written. It is not safe for concurrent use. [Overlay.Fork] gives an independent copy.
type Overlay struct {
	under   *Tree
	written map[string][]byte // nil content: removed
	size    int
}

// NewOverlay lays an empty overlay over t.
func NewOverlay(t *Tree) *Overlay { return &Overlay{under: t, written: map[string][]byte{}} }

// Tree is what lies under the overlay.
func (o *Overlay) Tree() *Tree { return o.under }

// Fork gives a copy that can be written without changing o.
func (o *Overlay) Fork() *Overlay {
	return &Overlay{under: o.under, written: maps.Clone(o.written), size: o.size}
}

// Clean is [Tree.Clean].
func (o *Overlay) Clean(name string) (string, error) { return o.under.Clean(name) }

// Write replaces the content of a file, in memory only. It takes over data.
func (o *Overlay) Write(name string, data []byte) error {
	p, err := o.Clean(name)
	if err != nil {
		return err
	}
	if info, err := o.Stat(p); err == nil && info.Dir {
		return &Error{Path: p, Kind: ErrDirectory}
	}
	size := o.size - len(o.written[p]) + len(data)
	if len(data) > MaxFile || size > MaxOverlay {
		return &Error{Path: p, Kind: ErrTooLarge}
	}
	if data == nil {
		data = []byte{}
	}
	o.written[p], o.size = data, size
	return nil
}

// Remove makes a file look missing.
func (o *Overlay) Remove(name string) error {
	p, err := o.Clean(name)
	if err != nil {
		return err
	}
	o.size -= len(o.written[p])
	o.written[p] = nil
	return nil
}

// IsWritten reports whether the file's content comes from the overlay.
func (o *Overlay) IsWritten(name string) bool {
	p, err := o.Clean(name)
	return err == nil && o.written[p] != nil
}

// Read gives what was written, or else what lies under it.
func (o *Overlay) Read(name string) ([]byte, error) {
	p, err := o.Clean(name)
	if err != nil {
		return nil, err
	}
	if data, ok := o.written[p]; ok {
		if data == nil {
			return nil, &Error{Path: p, Kind: ErrMissing}
		}
		return data, nil
	}
	return o.under.Read(p)
}

// Stat tells about what was written, or else what lies under it.
func (o *Overlay) Stat(name string) (Info, error) {
	p, err := o.Clean(name)
	if err != nil {
		return Info{}, err
	}
	if data, ok := o.written[p]; ok {
		if data == nil {
			return Info{}, &Error{Path: p, Kind: ErrMissing}
		}
		return Info{Name: path.Base(p), Size: int64(len(data))}, nil
	}
	for w, data := range o.written {
		if data != nil && strings.HasPrefix(w, p+"/") {
			return Info{Name: path.Base(p), Dir: true}, nil
		}
	}
	return o.under.Stat(p)
}

// List gives the entries of a directory, written ones included.
func (o *Overlay) List(dir string) ([]Info, error) {
	p, err := o.Clean(dir)
	if err != nil {
		return nil, err
	}
	byName := map[string]Info{}
	under, listErr := o.under.List(p)
	for _, info := range under {
		byName[info.Name] = info
	}
	for w, data := range o.written {
		if path.Dir(w) != p {
			continue
		}
		delete(byName, path.Base(w))
		if data != nil {
			byName[path.Base(w)] = Info{Name: path.Base(w), Size: int64(len(data))}
		}
	}
	if listErr != nil && len(byName) == 0 {
		return nil, listErr
	}
	out := make([]Info, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		out = append(out, byName[name])
	}
	return out, nil
}
