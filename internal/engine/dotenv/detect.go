package dotenv

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/repo"
)

// clue is one sign of who loads a file.
type clue struct {
	dialect Dialect // empty for a loader that keyfit does not read like
	text    string  // what it is and where, for people
}

// Detect looks for who loads the file: a library that a manifest beside it or above it
// names, a compose file or a script that names the file itself. Signs of several
// readers are no answer; evidence then lists them all.
func Detect(files repo.Files, name string) (d Dialect, evidence string, ok bool) {
	name = clean(files, name)
	s := &detective{files: files, name: name, base: path.Base(name)}
	s.manifests()
	s.composeFiles()
	s.scripts()
	return s.verdict()
}

// detective collects clues about one file.
type detective struct {
	files repo.Files
	name  string
	base  string
	clues []clue
	reads int
}

// Limits of the search.
const (
	maxDetectReads = 200
	maxDetectFile  = 1 << 20
)

func (s *detective) found(d Dialect, format string, args ...any) {
	s.clues = append(s.clues, clue{dialect: d, text: fmt.Sprintf(format, args...)})
}

func (s *detective) verdict() (Dialect, string, bool) {
	var dialects []Dialect
	var texts []string
	for _, c := range s.clues {
		if !slices.Contains(dialects, c.dialect) {
			dialects = append(dialects, c.dialect)
		}
		if !slices.Contains(texts, c.text) {
			texts = append(texts, c.text)
		}
	}
	evidence := strings.Join(texts, "; ")
	if len(dialects) == 1 && dialects[0] != "" {
		return dialects[0], evidence, true
	}
	return "", evidence, false
}

// read gives the text of a file; empty for one that is missing, large or binary.
func (s *detective) read(name string) string {
	if s.reads == maxDetectReads {
		return ""
	}
	s.reads++
	info, err := s.files.Stat(name)
	if err != nil || info.Dir || info.Size > maxDetectFile {
		return ""
	}
	data, err := s.files.Read(name)
	if err != nil || !repo.IsText(data) {
		return ""
	}
	return string(data)
}

// dirs lists the directory of the file and those above it, up to the root.
func (s *detective) dirs() []string {
	dir := path.Dir(s.name)
	dirs := []string{dir}
	for dir != "." && dir != "/" {
		dir = path.Dir(dir)
		dirs = append(dirs, dir)
	}
	return dirs
}

// manifests looks at the nearest directory that has a manifest with a sign in it.
func (s *detective) manifests() {
	for _, dir := range s.dirs() {
		before := len(s.clues)
		s.packageJSON(path.Join(dir, "package.json"))
		s.goMod(path.Join(dir, "go.mod"))
		s.python(dir)
		s.others(dir)
		if len(s.clues) > before {
			return
		}
	}
}

// names lists the files of a directory whose names match one of the patterns.
func (s *detective) names(dir string, patterns ...string) []string {
	entries, err := s.files.List(dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		matches := func(p string) bool { ok, _ := path.Match(p, e.Name); return ok }
		if !e.Dir && slices.ContainsFunc(patterns, matches) {
			out = append(out, path.Join(dir, e.Name))
		}
	}
	return out
}
