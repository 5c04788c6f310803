package kustomize

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/keyfit/keyfit/internal/repo"
)

// mount is where the repository lies for the library. What is not below it is outside.
const mount = "/keyfit/repository"

var errReadOnly = errors.New("the repository is only read")

// confined shows the files of a repository to the library, and nothing else. Some of them
// may have another content there: without what cannot be built, or with marks.
type confined struct {
	files  repo.Files
	served map[string][]byte // by path relative to the root
}

// inside gives the path relative to the repository's root.
func inside(name string) (string, error) {
	p := path.Clean(filepath.ToSlash(name))
	switch {
	case p == mount:
		return ".", nil
	case strings.HasPrefix(p, mount+"/"):
		return strings.TrimPrefix(p, mount+"/"), nil
	}
	return "", &repo.Error{Path: path.Base(p), Kind: repo.ErrOutside}
}

// outside is the other way round.
func outside(p string) string { return path.Join(mount, p) }

// behindLinks follows symbolic links, if the files have any.
func behindLinks(files repo.Files, p string) (string, error) {
	if linked, ok := files.(interface{ Real(string) (string, error) }); ok {
		return linked.Real(p)
	}
	return path.Clean(p), nil
}

func (c confined) ReadFile(name string) ([]byte, error) {
	p, err := inside(name)
	if err != nil {
		return nil, err
	}
	if p, err = behindLinks(c.files, p); err != nil {
		return nil, err
	}
	if data, ok := c.served[p]; ok {
		return data, nil
	}
	return c.files.Read(p)
}

func (c confined) stat(name string) (repo.Info, error) {
	p, err := inside(name)
	if err != nil {
		return repo.Info{}, err
	}
	return c.files.Stat(p)
}

func (c confined) IsDir(name string) bool {
	info, err := c.stat(name)
	return err == nil && info.Dir
}

func (c confined) Exists(name string) bool {
	_, err := c.stat(name)
	return err == nil
}

func (c confined) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	p, err := inside(name)
	if err != nil {
		return "", "", err
	}
	if p, err = behindLinks(c.files, p); err != nil {
		return "", "", err
	}
	info, err := c.files.Stat(p)
	if err != nil {
		return "", "", err
	}
	if info.Dir {
		return filesys.ConfirmedDir(outside(p)), "", nil
	}
	return filesys.ConfirmedDir(outside(path.Dir(p))), path.Base(p), nil
}

func (c confined) ReadDir(name string) ([]string, error) {
	p, err := inside(name)
	if err != nil {
		return nil, err
	}
	infos, err := c.files.List(p)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, info := range infos {
		names = append(names, info.Name)
	}
	return names, nil
}

func (confined) Glob(string) ([]string, error)        { return nil, nil }
func (confined) Open(string) (filesys.File, error)    { return nil, errReadOnly }
func (confined) Create(string) (filesys.File, error)  { return nil, errReadOnly }
func (confined) Mkdir(string) error                   { return errReadOnly }
func (confined) MkdirAll(string) error                { return errReadOnly }
func (confined) RemoveAll(string) error               { return errReadOnly }
func (confined) WriteFile(string, []byte) error       { return errReadOnly }
func (confined) Walk(string, filepath.WalkFunc) error { return fs.ErrInvalid }
