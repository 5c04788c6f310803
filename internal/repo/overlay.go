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

// Real is [Tree.Real], of what the overlay makes of the tree.
func (o *Overlay) Real(name string) (string, error) { return o.key(name, true) }

// key is the one path by which a file is known here, whichever symbolic links lead to
// it. A link that was removed or written over is none any more. To remove a link itself,
// it is not followed at the end.
func (o *Overlay) key(name string, followLast bool) (string, error) {
	p, err := o.Clean(name)
	if err != nil {
		return "", err
	}
	return o.under.resolve(name, p, func(at string, last bool) bool {
		_, changed := o.written[at]
		return !changed && (followLast || !last)
	})
}

// Write replaces the content of a file, in memory only. It takes over data. A symbolic
// link is written through.
func (o *Overlay) Write(name string, data []byte) error {
	p, err := o.key(name, true)
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

// Remove makes a file, a symbolic link, or a directory with all in it look missing.
func (o *Overlay) Remove(name string) error {
	p, err := o.key(name, false)
	if err != nil {
		return err
	}
	o.size -= len(o.written[p])
	o.written[p] = nil
	return nil
}

// IsWritten reports whether the file's content comes from the overlay.
func (o *Overlay) IsWritten(name string) bool {
	p, err := o.key(name, true)
	return err == nil && o.written[p] != nil
}

// Read gives what was written, or else what lies under it.
func (o *Overlay) Read(name string) ([]byte, error) {
	p, err := o.key(name, true)
	if err != nil {
		return nil, err
	}
	switch data, ok := o.written[p]; {
	case data != nil:
		return data, nil
	case o.holds(p):
		return nil, &Error{Path: p, Kind: ErrDirectory}
	case ok || o.removed(p):
		return nil, &Error{Path: p, Kind: ErrMissing}
	}
	return o.under.Read(p)
}

// holds reports whether something was written below p, which makes p a directory.
func (o *Overlay) holds(p string) bool {
	for w, data := range o.written {
		if data != nil && below(w, p) {
			return true
		}
	}
	return false
}

func below(name, dir string) bool { return dir == "." || strings.HasPrefix(name, dir+"/") }

// removed reports whether a directory above p was removed.
func (o *Overlay) removed(p string) bool {
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if data, ok := o.written[dir]; ok && data == nil {
			return true
		}
	}
	return false
}

// Stat tells about what was written, or else what lies under it.
func (o *Overlay) Stat(name string) (Info, error) {
	p, err := o.key(name, true)
	if err != nil {
		return Info{}, err
	}
	switch data, ok := o.written[p]; {
	case data != nil:
		return Info{Name: path.Base(p), Size: int64(len(data))}, nil
	case p != "." && o.holds(p):
		return Info{Name: path.Base(p), Dir: true}, nil
	case ok || o.removed(p):
		return Info{}, &Error{Path: p, Kind: ErrMissing}
	}
	return o.under.Stat(p)
}

// List gives the entries of a directory, written ones included.
func (o *Overlay) List(dir string) ([]Info, error) {
	p, err := o.key(dir, true)
	if err != nil {
		return nil, err
	}
	if info, err := o.Stat(p); err != nil {
		return nil, err
	} else if !info.Dir {
		return nil, &Error{Path: p, Kind: ErrNotDirectory}
	}
	names := map[string]bool{}
	broken := map[string]bool{} // links under it that lead nowhere: who follows links must hear of them
	if _, gone := o.written[p]; !gone && !o.removed(p) {
		under, _ := o.under.List(p) // an error means that the directory is only written
		for _, info := range under {
			names[info.Name], broken[info.Name] = true, info.Broken
		}
	}
	for w, data := range o.written {
		if data != nil && below(w, p) {
			first, _, _ := strings.Cut(strings.TrimPrefix(w, p+"/"), "/")
			names[first] = true
		}
	}
	var out []Info
	for _, name := range slices.Sorted(maps.Keys(names)) {
		at := path.Join(p, name)
		info, err := o.Stat(at)
		if _, gone := o.written[at]; err != nil && broken[name] && !gone {
			info, err = Info{Name: name, Broken: true}, nil
		}
		if err == nil {
			out = append(out, info)
		}
	}
	return out, nil
}
