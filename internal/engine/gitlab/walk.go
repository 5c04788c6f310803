package gitlab

import (
	"path"
	"regexp"
	"strings"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// maxWalked is how many entries of directories are looked at for a pattern.
const maxWalked = 20_000

// matching lists the files of the repository that a path with * and ** means.
func (l *loader) matching(pattern string) []string {
	text := regexp.QuoteMeta(pattern)
	text = strings.ReplaceAll(text, `\*\*`, `.*?`)
	text = strings.ReplaceAll(text, `\*`, `[^/]*?`)
	re, err := regexp.Compile("^(?s:" + text + ")$")
	if err != nil {
		return nil
	}
	fixed, _, _ := strings.Cut(pattern, "*")
	dir := "."
	if i := strings.LastIndexByte(fixed, '/'); i >= 0 {
		dir = fixed[:i]
	}
	var out []string
	all := walk(l.files, dir, func(name string) bool {
		if re.MatchString(name) {
			out = append(out, name)
		}
		return false
	})
	if !all {
		l.lacks(pos.Span{}, "include of too many files")
	}
	return out
}

// walk goes through the files below dir until stop says so. It reports whether it came to
// the end.
func walk(files repo.Files, dir string, stop func(name string) bool) bool {
	left := maxWalked
	var below func(dir string, depth int) bool
	below = func(dir string, depth int) bool {
		infos, err := files.List(dir)
		if err != nil {
			return true
		}
		for _, info := range infos {
			name := path.Join(dir, info.Name)
			if left--; left < 0 || depth > maxDepth {
				return false
			}
			switch {
			case info.Dir && info.Name == ".git":
			case info.Dir:
				if !below(name, depth+1) {
					return false
				}
			case stop(name):
				left = 0
				return false
			}
		}
		return true
	}
	return below(dir, 0)
}
