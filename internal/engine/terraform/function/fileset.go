package function

import (
	"errors"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// maxListed is how many entries of directories one fileset goes through.
const maxListed = 100_000

// fileset gives the files that match a pattern, as paths from where it starts.
func (c Context) fileset(args []cty.Value) (cty.Value, error) {
	set := cty.Set(cty.String)
	from, stop := c.locate(args[0].AsString(), set)
	if stop != cty.NilVal {
		return stop, nil
	}
	pattern := path.Join(from, args[1].AsString())
	if strings.HasPrefix(pattern, "../") || path.IsAbs(pattern) {
		return unread(set), nil
	}
	if !doublestar.ValidatePattern(pattern) {
		return cty.NilVal, complaint("expected a pattern of files")
	}
	base, _ := doublestar.SplitPattern(pattern)
	w := walk{c: c, pattern: pattern}
	switch w.dir(base); {
	case w.listed > maxListed:
		return unknown(set, model.WhyLimit, "a narrower pattern of files"), nil
	case w.doubt != cty.NilVal:
		return w.doubt, nil
	}
	var out []cty.Value
	for _, name := range w.found {
		out = append(out, cty.StringVal(relative(from, name)))
	}
	if len(out) == 0 {
		return cty.SetValEmpty(cty.String), nil
	}
	return cty.SetVal(out), nil
}

// walk goes through directories. It looks for each file at whether the pattern matches.
type walk struct {
	c       Context
	pattern string
	found   []string
	listed  int
	doubt   cty.Value
}

func (w *walk) dir(dir string) {
	if w.c.Doubt != nil {
		if m, doubt := w.c.Doubt(dir); doubt {
			w.doubt = cty.UnknownVal(cty.Set(cty.String))
			if m != nil {
				w.doubt = w.doubt.Mark(m)
			}
			return
		}
	}
	entries, err := w.c.Files.List(dir)
	if err != nil && !errors.Is(err, repo.ErrMissing) && !errors.Is(err, repo.ErrNotDirectory) {
		w.doubt = unread(cty.Set(cty.String))
	}
	for _, e := range entries {
		if w.listed++; w.listed > maxListed || w.doubt != cty.NilVal {
			return
		}
		name := path.Join(dir, e.Name)
		matches := doublestar.MatchUnvalidated(w.pattern, name)
		switch {
		case e.Dir && strings.Count(name, "/") < maxDepth:
			w.dir(name)
		case e.Broken && matches:
			w.doubt = unread(cty.Set(cty.String))
		case !e.Dir && matches:
			w.found = append(w.found, name)
		}
	}
}

// relative writes a path as seen from a directory; both are within the repository.
func relative(from, name string) string {
	up := ""
	for from != "." {
		if rest, ok := strings.CutPrefix(name, from+"/"); ok {
			return up + rest
		}
		up, from = up+"../", path.Dir(from)
	}
	return up + name
}
