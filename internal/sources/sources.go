// Package sources looks through the source files of a repository for the variables that the
// application reads: `process.env.NAME`, `os.environ["NAME"]`, `ENV.fetch("NAME")` and the like
// in a dozen languages. It is a search, no analysis: a name that is put together at run time is
// not seen.
package sources

import (
	"bytes"
	"context"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// The limits of a search. What is larger is not searched, and a set that is not whole says so.
const (
	maxEntries = 50_000
	maxDepth   = 14
	maxFiles   = 5_000
	maxFile    = 1 << 20
	maxTotal   = 32 << 20
)

// Set is what the sources hold. The zero value is that of a repository without any.
type Set struct {
	Reads []Read // each name once, where it is read first, in the order of files and lines
	// Whole reports whether all source files were searched. Where they were not, nothing
	// follows from a name that is missing.
	Whole bool

	named map[string]bool
}

// Read is one place where the application asks for a variable.
type Read struct {
	Name string
	At   pos.Span
}

// Names reports whether a source file holds the name, however it is spelt there: PAYMENT_KEY
// is in `paymentKey` and in `payment.key` too. It is for the names that Search was given.
func (s *Set) Names(name string) bool { return s.named[name] }

// Search looks through the files below dir for variables that are read, and for the given
// names. The files in deploys are left out: they hand names over. It stops when ctx ends.
func Search(ctx context.Context, files repo.Files, dir string, names, deploys []string) *Set {
	s := &search{
		ctx: ctx, files: files, left: maxEntries,
		set: &Set{Whole: true, named: map[string]bool{}}, seen: map[string]bool{}, wanted: map[string][]byte{},
		deploys: deploys,
	}
	for _, name := range names {
		s.wanted[name] = plain([]byte(name))
	}
	s.into(dir, 0)
	return s.set
}

type search struct {
	ctx     context.Context
	files   repo.Files
	deploys []string
	set     *Set
	seen    map[string]bool   // names that are read
	wanted  map[string][]byte // names that no file has held yet, in plain letters

	left, searched, total int
}

// passedOver are directories whose files are not the application's own, or do not run in a deploy.
var passedOver = []string{
	"node_modules", "vendor", "dist", "build", "target", "bower_components", "site-packages", "__pycache__", "third_party", "Pods", "venv",
	"test", "tests", "__tests__", "spec", "specs", "e2e", "testdata", "fixtures", "mocks", "__mocks__", "examples", "docs",
}

func (s *search) into(dir string, depth int) {
	entries, err := s.files.List(dir)
	if err != nil || depth > maxDepth {
		s.set.Whole = s.set.Whole && depth == 0
		return
	}
	for _, e := range entries {
		if s.left--; s.left < 0 || s.ctx.Err() != nil {
			s.set.Whole = false
			return
		}
		at := path.Join(dir, e.Name)
		switch {
		case e.Dir:
			if !strings.HasPrefix(e.Name, ".") && !slices.Contains(passedOver, e.Name) {
				s.into(at, depth+1)
			}
		case isSource(at) && !slices.Contains(s.deploys, at):
			s.file(at, e.Size)
		}
	}
}

func (s *search) file(name string, size int64) {
	if s.searched++; s.searched > maxFiles || size > maxFile || s.total+int(size) > maxTotal {
		s.set.Whole = false
		return
	}
	data, err := s.files.Read(name)
	if err != nil {
		s.set.Whole = false
		return
	}
	s.total += len(data)
	s.mentions(data)
	s.reads(name, data)
}

func (s *search) mentions(data []byte) {
	if len(s.wanted) == 0 {
		return
	}
	text := plain(data)
	for name, letters := range s.wanted {
		if bytes.Contains(text, letters) {
			s.set.named[name] = true
			delete(s.wanted, name)
		}
	}
}

// plain leaves the letters and digits of a text, in small letters.
func plain(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for _, c := range data {
		switch {
		case 'A' <= c && c <= 'Z':
			out = append(out, c+'a'-'A')
		case c != '_' && c != '-' && c != '.':
			out = append(out, c)
		}
	}
	return out
}

func (s *search) reads(name string, data []byte) {
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if !mayRead(line) || isComment(line) {
			continue
		}
		for _, found := range namesRead(line) {
			if text := string(line[found[0]:found[1]]); !s.seen[text] {
				s.seen[text] = true
				start := pos.Pos{Line: number, Column: found[0] + 1}
				s.set.Reads = append(s.set.Reads, Read{Name: text, At: pos.Span{
					File: name, Start: start, End: pos.Pos{Line: number, Column: found[1] + 1},
				}})
			}
		}
	}
}
