package repo

import (
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// maxLinks is how many symbolic links one path may go through, as on Linux.
const maxLinks = 40

// resolve goes through the path p, which stands in the file as name, component by
// component. A symbolic link in front of .. is always followed, any other where follow
// says so; last tells it that nothing comes behind. What is not there stays as written.
func (t *Tree) resolve(name, p string, follow func(at string, last bool) bool) (string, error) {
	at, rest, links := ".", components(p), 0
	for len(rest) > 0 {
		next := rest[0]
		rest = rest[1:]
		up := next == ".."
		from := at
		if !up {
			from = path.Join(at, next)
		}
		if target, ok := t.link(from); ok && (up || follow(from, len(rest) == 0)) {
			if links++; links > maxLinks {
				return "", &Error{Path: name, Kind: ErrRead, Note: "too many levels of symbolic links"}
			}
			if path.IsAbs(target) {
				return "", &Error{Path: name, Kind: ErrOutside}
			}
			if up {
				rest = append([]string{".."}, rest...)
			}
			at, rest = path.Dir(from), append(components(target), rest...)
			continue
		}
		switch {
		case !up:
			at = from
		case at == ".":
			return "", &Error{Path: name, Kind: ErrOutside}
		default:
			at = path.Dir(at)
		}
	}
	return at, nil
}

func components(p string) []string {
	return slices.DeleteFunc(strings.Split(p, "/"), func(c string) bool { return c == "" || c == "." })
}

// link gives what a symbolic link holds.
func (t *Tree) link(p string) (target string, ok bool) {
	info, err := t.root.Lstat(filepath.FromSlash(p))
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return "", false
	}
	target, err = t.root.Readlink(filepath.FromSlash(p))
	return filepath.ToSlash(target), err == nil
}
