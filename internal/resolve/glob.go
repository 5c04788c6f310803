package resolve

import (
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/repo"
)

// The limits of one pattern.
const (
	maxMatches = 5_000
	maxLooked  = 100_000
)

var (
	errTooMany = errors.New("more than 5000 files match, the limit")
	errPattern = errors.New("a bracket is not closed")
)

// glob lists the files that a pattern names, sorted: * and ? stand for letters within one
// name, ** for any directories. A directory stands for the manifests right in it.
func glob(files repo.Files, pattern string) ([]string, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, errPattern
	}
	if !strings.ContainsAny(pattern, `*?[\`) {
		return manifestsAt(files, pattern, false)
	}
	g := &globbing{files: files, found: map[string]bool{}}
	parts := strings.Split(path.Clean(pattern), "/")
	root := "."
	for len(parts) > 1 && !strings.ContainsAny(parts[0], `*?[\`) {
		if parts[0] == "" {
			root = "/"
		}
		root, parts = path.Join(root, parts[0]), parts[1:]
	}
	if err := g.in(root, parts); err != nil {
		return nil, err
	}
	var out []string
	for name := range g.found {
		out = append(out, name)
	}
	slices.Sort(out)
	return out, nil
}

type globbing struct {
	files  repo.Files
	found  map[string]bool
	looked int
}

// in looks for the rest of a pattern below a directory.
func (g *globbing) in(dir string, parts []string) error {
	entries, err := g.files.List(dir)
	if err != nil {
		return nil // not a directory, or not there: nothing matches
	}
	if parts[0] == "**" && len(parts) > 1 {
		if err := g.in(dir, parts[1:]); err != nil {
			return err
		}
	}
	for _, entry := range entries {
		if g.looked++; g.looked > maxLooked {
			return errTooMany
		}
		if err := g.entry(path.Join(dir, entry.Name), entry, parts); err != nil {
			return err
		}
	}
	return nil
}

func (g *globbing) entry(name string, entry repo.Info, parts []string) error {
	last := len(parts) == 1
	switch {
	case parts[0] == "**" && entry.Dir:
		if strings.HasPrefix(entry.Name, ".") {
			return nil
		}
		return g.in(name, parts)
	case parts[0] == "**":
		return g.take(name, last && isManifest(name))
	}
	if ok, _ := path.Match(parts[0], entry.Name); !ok || strings.HasPrefix(entry.Name, ".") && !strings.HasPrefix(parts[0], ".") {
		return nil
	}
	if entry.Dir && !last {
		return g.in(name, parts[1:])
	}
	return g.take(name, last && !entry.Dir)
}

func (g *globbing) take(name string, matches bool) error {
	if matches {
		g.found[name] = true
	}
	if len(g.found) > maxMatches {
		return errTooMany
	}
	return nil
}

func isManifest(name string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name))
}

// manifestsAt lists a file, or the manifests in a directory as kubectl does: those right
// in it, or with recursive all below it. A file that is named counts whatever its name.
func manifestsAt(files repo.Files, name string, recursive bool) ([]string, error) {
	info, err := files.Stat(name)
	if err != nil {
		return nil, nil
	}
	if !info.Dir {
		return []string{name}, nil
	}
	entries, err := files.List(name)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, entry := range entries {
		child := path.Join(name, entry.Name)
		switch {
		case entry.Dir && recursive:
			below, err := manifestsAt(files, child, true)
			if err != nil {
				return nil, err
			}
			out = append(out, below...)
		case !entry.Dir && isManifest(child):
			out = append(out, child)
		}
		if len(out) > maxMatches {
			return nil, errTooMany
		}
	}
	return out, nil
}
