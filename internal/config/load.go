package config

import (
	"cmp"
	"errors"
	"path"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// LoadOptions is what the rest of the program knows and a configuration may name.
type LoadOptions struct {
	// ProviderIDs are the providers of the catalogue. Nil: those of Catalog.
	ProviderIDs []string
	// Catalog is what `extends` and `parts` are looked up in. Nil: the built-in one.
	Catalog *provider.Catalog
	// FindingIDs are the findings that can be ignored. Nil: anything like K105.
	FindingIDs []string
	// Environments are those that were discovered; they count where the file itself
	// declares none. Nil: any name is taken for one then.
	Environments []string
	// Thorough also refuses what no key could ever meet: an expectation of one's own API that
	// nothing in its declaration can tell. A check takes such a file, and its slots stay unverified.
	Thorough bool
}

// names are the places of a configuration in one directory, strongest first.
var names = []string{"keyfit.yaml", ".keyfit.yaml", ".github/keyfit.yaml"}

// Find looks for a configuration in the directory start and then in each one above it,
// up to the repository's root. start is slash-separated and relative to the root.
func Find(files repo.Files, start string) (found string, ok bool) {
	dir, err := clean(files, start)
	if err != nil {
		return "", false
	}
	for {
		for _, name := range names {
			candidate := path.Join(dir, name)
			info, err := files.Stat(candidate)
			// What is there and cannot be read is found: loading says what is wrong.
			if err == nil && !info.Dir || err != nil && !errors.Is(err, repo.ErrMissing) {
				return candidate, true
			}
		}
		if dir == "." || dir == "/" {
			return "", false
		}
		dir = path.Dir(dir)
	}
}

// clean gives the shortest form of a path, relative to the root where files can tell.
func clean(files repo.Files, name string) (string, error) {
	if t, ok := files.(interface{ Clean(string) (string, error) }); ok {
		return t.Clean(name)
	}
	return path.Clean(name), nil
}

// Load reads a configuration and reports everything that is wrong with it. What could
// be read is in the File, which is never nil; with any problem it must not be used to
// decide what is sent.
func Load(files repo.Files, name string, o LoadOptions) (*File, []model.Problem) {
	file := &File{Path: name}
	if cleaned, err := clean(files, name); err == nil {
		file.Path = cleaned
	}
	data, err := files.Read(name)
	if err != nil {
		return file, []model.Problem{unreadable(file.Path, err)}
	}
	l := &loading{file: file, options: o.withDefaults()}
	problems := strict.Decode(file.Path, data, l)
	if !l.decoded && len(problems) == 0 {
		problems = []model.Problem{{
			At: pos.Span{File: file.Path}, Message: "is empty, expected `version: 1` at least",
			Fix: "write `version: 1`, or remove the file to have everything discovered",
		}}
	}
	return file, problems
}

func unreadable(name string, err error) model.Problem {
	p := model.Problem{At: pos.Span{File: name}, Message: "cannot be read", Fix: "name a readable YAML file within the repository"}
	if e := (*repo.Error)(nil); errors.As(err, &e) {
		p.Message = e.Kind.Error()
		if e.Note != "" {
			p.Message += ": " + e.Note
		}
	}
	return p
}

func (o LoadOptions) withDefaults() LoadOptions {
	if o.Catalog == nil {
		o.Catalog = provider.Catalogue()
	}
	if o.ProviderIDs == nil {
		o.ProviderIDs = o.Catalog.IDs()
	}
	o.ProviderIDs = slices.Clone(o.ProviderIDs)
	return o
}

// loading decodes a File and then checks what only the whole of it can tell.
type loading struct {
	file    *File
	options LoadOptions
	decoded bool
}

// DecodeStrict reads the file, then checks it.
func (l *loading) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	l.decoded = true
	r.Decode(n, l.file)
	c := &checker{r: r, root: n, file: l.file, options: l.options}
	c.check()
}

// environments lists the names that count as environments; nil when any name does.
func (c *checker) environments() []string {
	if len(c.file.Environments) > 0 {
		return sortedKeys(c.file.Environments)
	}
	return c.options.Environments
}

// providers lists the names that count as providers, the user's own first.
func (c *checker) providers() []string {
	return append(sortedKeys(c.file.Providers), c.options.ProviderIDs...)
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
