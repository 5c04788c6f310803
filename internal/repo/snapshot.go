package repo

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"
)

// Object is one file of a commit: its path from the root, and where its content is kept.
type Object struct {
	Path string
	Mode fs.FileMode // permissions; fs.ModeSymlink for a link, fs.ModeDir for a submodule, which is empty
	ID   string
	Size int64
}

// Snapshot is a Tree over the files of a commit instead of those on the disk. dir is where
// the repository lies, for telling absolute paths within from those outside; nothing in it
// is read. Content comes from read, once for each file that somebody asks for.
func Snapshot(dir string, objects []Object, read func(id string) ([]byte, error)) *Tree {
	s := &snapshot{root: &node{Object: Object{Mode: fs.ModeDir | 0o755}, in: map[string]*node{}}, read: read}
	for _, o := range objects {
		s.add(o)
	}
	return &Tree{dir: filepath.ToSlash(dir), root: s, cache: map[string]cached{}}
}

// disk is what a Tree reads from: an [os.Root], or a snapshot. Names have the separators
// of the operating system.
type disk interface {
	Open(name string) (file, error)
	Stat(name string) (fs.FileInfo, error)
	Lstat(name string) (fs.FileInfo, error)
	Readlink(name string) (string, error)
	Close() error
}

// file is an open file or directory.
type file interface {
	io.ReadCloser
	ReadDir(n int) ([]fs.DirEntry, error)
	Readdirnames(n int) ([]string, error)
}

type onDisk struct{ *os.Root }

func (d onDisk) Open(name string) (file, error) { return d.Root.Open(name) }

// node is a file or a directory of a snapshot. It is its own fs.FileInfo.
type node struct {
	Object
	name string
	in   map[string]*node // of a directory
}

func (n *node) Name() string               { return n.name }
func (n *node) Size() int64                { return n.Object.Size }
func (n *node) Mode() fs.FileMode          { return n.Object.Mode }
func (n *node) ModTime() time.Time         { return time.Time{} }
func (n *node) IsDir() bool                { return n.in != nil }
func (n *node) Sys() any                   { return nil }
func (n *node) Type() fs.FileMode          { return n.Object.Mode.Type() }
func (n *node) Info() (fs.FileInfo, error) { return n, nil }

type snapshot struct {
	root *node
	read func(id string) ([]byte, error)
}

func (s *snapshot) add(o Object) {
	at := s.root
	dirs, name := path.Split(path.Clean(o.Path))
	for _, dir := range components(dirs) {
		next := at.in[dir]
		if next == nil || next.in == nil {
			next = &node{Object: Object{Mode: fs.ModeDir | 0o755}, name: dir, in: map[string]*node{}}
			at.in[dir] = next
		}
		at = next
	}
	n := &node{Object: o, name: name}
	if o.Mode.IsDir() {
		n.in = map[string]*node{}
	}
	at.in[name] = n
}

func (s *snapshot) Close() error { return nil }

func (s *snapshot) Stat(name string) (fs.FileInfo, error)  { return s.find("stat", name, true) }
func (s *snapshot) Lstat(name string) (fs.FileInfo, error) { return s.find("lstat", name, false) }

func (s *snapshot) Readlink(name string) (string, error) {
	n, err := s.find("readlink", name, false)
	if err != nil {
		return "", err
	}
	return s.target(n)
}

func (s *snapshot) Open(name string) (file, error) {
	n, err := s.find("open", name, true)
	if err != nil {
		return nil, err
	}
	if n.in != nil {
		return &opened{node: n, Reader: bytes.NewReader(nil)}, nil
	}
	data, err := s.read(n.ID)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errNotKept}
	}
	return &opened{node: n, Reader: bytes.NewReader(data)}, nil
}

var (
	errNotKept = errors.New("git does not give its content")
	errEscapes = errors.New("path escapes from parent") // as os.Root says it
	errLoop    = errors.New("too many levels of symbolic links")
)

// find goes to a name as the operating system would, within the snapshot alone.
func (s *snapshot) find(op, name string, followLast bool) (*node, error) {
	fail := func(err error) (*node, error) { return nil, &fs.PathError{Op: op, Path: name, Err: err} }
	at, rest, links := []*node{s.root}, components(filepath.ToSlash(name)), 0
	for len(rest) > 0 {
		next, here := rest[0], at[len(at)-1]
		rest = rest[1:]
		if next == ".." {
			if len(at) == 1 {
				return fail(errEscapes)
			}
			at = at[:len(at)-1]
			continue
		}
		n := here.in[next]
		if n == nil {
			return fail(fs.ErrNotExist)
		}
		if n.Type() == fs.ModeSymlink && (followLast || len(rest) > 0) {
			target, err := s.target(n)
			if links++; links > maxLinks {
				err = errLoop
			}
			if err == nil && path.IsAbs(target) {
				err = errEscapes
			}
			if err != nil {
				return fail(err)
			}
			rest = append(components(target), rest...)
			continue
		}
		at = append(at, n)
	}
	return at[len(at)-1], nil
}

func (s *snapshot) target(n *node) (string, error) {
	if n.Type() != fs.ModeSymlink {
		return "", fs.ErrInvalid
	}
	data, err := s.read(n.ID)
	return string(data), err
}

// opened is an open file or directory of a snapshot.
type opened struct {
	*bytes.Reader
	node *node
}

func (*opened) Close() error { return nil }

func (o *opened) ReadDir(int) ([]fs.DirEntry, error) {
	out := make([]fs.DirEntry, 0, len(o.node.in))
	for _, n := range o.node.in {
		out = append(out, n)
	}
	return out, nil
}

func (o *opened) Readdirnames(int) ([]string, error) {
	return slices.Collect(maps.Keys(o.node.in)), nil
}
