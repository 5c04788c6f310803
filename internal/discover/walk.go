package discover

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/repo"
)

// The limits of the walk.
const (
	maxEntries = 200_000
	maxDepth   = 12
)

// passedOver are directories that hold no deploy of this repository.
var passedOver = []string{
	"node_modules", "vendor", "dist", "build", "target", "testdata", "bower_components", "site-packages", "__pycache__", "third_party", "Pods",
}

// hidden are the hidden directories that are looked into all the same.
var hidden = []string{".github", ".gitlab", ".circleci", ".buildkite", ".azure", ".azure-pipelines", ".bitbucket", ".deploy", ".k8s", ".helm", ".infra"}

// directory is what lies in one directory.
type directory struct {
	files, dirs []string
}

func (d *directory) has(file string) bool {
	_, ok := slices.BinarySearch(d.files, file)
	return ok
}

// walk lists the directories below the start, each once, in the order of their paths.
func (d *discovery) walk() {
	d.in = map[string]*directory{}
	w := &walker{discovery: d, left: maxEntries}
	w.into(".", 0)
	if w.unread {
		d.note("the directory %q cannot be listed, so nothing was looked for", d.dir)
	}
	if w.left < 0 {
		d.note("more than %d files: what lies behind the first of them was not looked at; start keyfit in a directory of it, or write keyfit.yaml", maxEntries)
	}
	if w.deep > 0 {
		d.note("%d directories lie deeper than %d levels and were not looked at", w.deep, maxDepth)
	}
}

type walker struct {
	*discovery
	left, deep int
	unread     bool
}

func (w *walker) into(dir string, depth int) {
	entries, err := w.entries(path.Join(w.dir, dir))
	if err != nil {
		w.unread = w.unread || dir == "."
		return
	}
	here := &directory{}
	w.dirs, w.in[dir] = append(w.dirs, dir), here
	for _, e := range entries {
		if w.left--; w.left < 0 {
			return
		}
		switch {
		case !e.Dir:
			here.files = append(here.files, e.Name)
		case !e.Link && !slices.Contains(passedOver, e.Name) && (!strings.HasPrefix(e.Name, ".") || slices.Contains(hidden, e.Name)):
			here.dirs = append(here.dirs, e.Name)
		}
	}
	for _, name := range here.dirs {
		if depth >= maxDepth {
			w.deep++
			continue
		}
		w.into(path.Join(dir, name), depth+1)
	}
}

// entries lists a directory. A link to a file is a file; one to a directory is not followed.
func (w *walker) entries(dir string) ([]repo.Entry, error) {
	if tree, ok := w.files.(interface {
		Entries(dir string) ([]repo.Entry, error)
	}); ok {
		return tree.Entries(dir)
	}
	infos, err := w.files.List(dir)
	var out []repo.Entry
	for _, info := range infos {
		out = append(out, repo.Entry{Name: info.Name, Dir: info.Dir})
	}
	return out, err
}
