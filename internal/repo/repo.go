// Package repo reads the files of one repository and nothing outside it.
//
// A [Tree] refuses paths and symbolic links that lead out of its root, reads each file
// once, and stops at a size limit. Engines write into an [Overlay], never to the disk.
package repo

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// MaxFile is the largest file that is read, in bytes.
const MaxFile = 16 << 20

// What can be wrong with a file. Every error of this package wraps one of these, so that
// callers can tell a missing file, which is often fine, from a broken one.
var (
	ErrMissing      = errors.New("no such file")
	ErrOutside      = errors.New("lies outside the repository")
	ErrDirectory    = errors.New("is a directory, expected a file")
	ErrNotDirectory = errors.New("is a file, expected a directory")
	ErrSpecial      = errors.New("is not a regular file")
	ErrTooLarge     = fmt.Errorf("is larger than %d MiB, the limit for one file", MaxFile>>20)
	ErrBinary       = errors.New("is binary, expected text")
	ErrRead         = errors.New("cannot be read")
)

// Error is a path with what is wrong with it. It never holds content of the file.
type Error struct {
	Path string // as asked for
	Kind error  // one of the Err values
	Note string // the operating system's word, without the path; may be empty
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%q %s", e.Path, e.Kind)
	if e.Note != "" {
		text += ": " + e.Note
	}
	return text
}

// Unwrap gives the kind, for errors.Is.
func (e *Error) Unwrap() error { return e.Kind }

// Files is what engines read from: a Tree, or an Overlay over one. Paths are
// slash-separated and relative to the repository's root, or absolute within it.
type Files interface {
	// Read gives the whole content of a file. The caller must not change it.
	Read(name string) ([]byte, error)
	// Stat tells whether name exists, and whether it is a directory.
	Stat(name string) (Info, error)
	// List gives the sorted names within a directory.
	List(dir string) ([]Info, error)
}

// Info is one entry of the tree.
type Info struct {
	Name       string // last element of the path
	Dir        bool
	Size       int64
	Executable bool
	Broken     bool // a link that leads nowhere or out of the root
}

// Tree is a repository on the disk, or one of its commits: see [Snapshot]. It is safe for
// concurrent use.
type Tree struct {
	dir  string // absolute, for telling absolute paths within from those outside
	root disk

	mu    sync.Mutex
	cache map[string]cached
}

type cached struct {
	data []byte
	err  error
}

// Open opens the directory that is to be the root. Close it when done.
func Open(dir string) (*Tree, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, err
	}
	return &Tree{dir: filepath.ToSlash(abs), root: onDisk{root}, cache: map[string]cached{}}, nil
}

// Close releases the root.
func (t *Tree) Close() error { return t.root.Close() }

// Dir is the absolute path of the root, slash-separated. It is for telling the user
// where files lie; it is not part of any Span.
func (t *Tree) Dir() string { return t.dir }

// Clean turns a path as written into one relative to the root, in its shortest form.
// A path out of the root gives an *Error of kind ErrOutside. As for the operating
// system, link/.. is the directory above the one that the link leads to.
func (t *Tree) Clean(name string) (string, error) {
	p := name
	if filepath.Separator == '\\' {
		p = strings.ReplaceAll(name, "\\", "/")
	}
	if path.IsAbs(p) || filepath.IsAbs(name) {
		rel, ok := strings.CutPrefix(path.Clean(p)+"/", strings.TrimSuffix(t.dir, "/")+"/")
		if !ok {
			return "", &Error{Path: name, Kind: ErrOutside}
		}
		p = strings.TrimSuffix(rel, "/")
	}
	if !strings.Contains("/"+p+"/", "/../") {
		return path.Clean(p), nil
	}
	return t.resolve(name, p, func(string, bool) bool { return false })
}

// Real gives the path of a file or directory behind all symbolic links on the way. What
// is not there stays as written.
func (t *Tree) Real(name string) (string, error) {
	p, err := t.Clean(name)
	if err != nil {
		return "", err
	}
	return t.resolve(name, p, func(string, bool) bool { return true })
}

// Read gives the content of a file. It is read from the disk once.
func (t *Tree) Read(name string) ([]byte, error) {
	p, err := t.Clean(name)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if c, ok := t.cache[p]; ok {
		return c.data, c.err
	}
	data, err := t.load(p)
	t.cache[p] = cached{data: data, err: err}
	return data, err
}

// FilesRead lists the files that were read so far, in the order of their paths.
func (t *Tree) FilesRead() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []string
	for p, c := range t.cache {
		if c.err == nil {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

func (t *Tree) load(p string) ([]byte, error) {
	if err := t.regular(p); err != nil {
		return nil, err
	}
	f, err := t.root.Open(filepath.FromSlash(p))
	if err != nil {
		return nil, explain(p, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, explain(p, err)
	}
	if len(data) > MaxFile {
		return nil, &Error{Path: p, Kind: ErrTooLarge}
	}
	return data, nil
}

// regular looks before opening: opening a pipe would wait for its other end.
func (t *Tree) regular(p string) error {
	info, err := t.root.Stat(filepath.FromSlash(p))
	switch {
	case err != nil:
		return explain(p, err)
	case info.IsDir():
		return &Error{Path: p, Kind: ErrDirectory}
	case !info.Mode().IsRegular():
		return &Error{Path: p, Kind: ErrSpecial}
	case info.Size() > MaxFile:
		return &Error{Path: p, Kind: ErrTooLarge}
	}
	return nil
}

// Stat tells about a file or directory, following symbolic links within the root.
func (t *Tree) Stat(name string) (Info, error) {
	p, err := t.Clean(name)
	if err != nil {
		return Info{}, err
	}
	info, err := t.root.Stat(filepath.FromSlash(p))
	if err != nil {
		return Info{}, explain(p, err)
	}
	return toInfo(path.Base(p), info), nil
}

func toInfo(name string, info fs.FileInfo) Info {
	return Info{Name: name, Dir: info.IsDir(), Size: info.Size(), Executable: info.Mode()&0o111 != 0}
}

// List gives the entries of a directory in the order of their names. A symbolic link
// is listed as what it leads to, or as broken.
func (t *Tree) List(dir string) ([]Info, error) {
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
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil, explain(p, err)
	}
	slices.Sort(names)
	var out []Info
	for _, name := range names {
		info, err := t.Stat(path.Join(p, name))
		if err != nil {
			info = Info{Name: name, Broken: true}
		}
		out = append(out, info)
	}
	return out, nil
}

func explain(p string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR): // below what is a file there is none
		return &Error{Path: p, Kind: ErrMissing}
	case strings.Contains(err.Error(), "escapes from parent"):
		return &Error{Path: p, Kind: ErrOutside}
	}
	note := err
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		note = pe.Err
	}
	return &Error{Path: p, Kind: ErrRead, Note: note.Error()}
}

// IsText reports whether data can be read as text: no NUL byte in its first 8 KiB.
// Callers give [ErrBinary] when it is not.
func IsText(data []byte) bool {
	return !slices.Contains(data[:min(len(data), 8<<10)], 0)
}
