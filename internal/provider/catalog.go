package provider

import (
	"bytes"
	"embed"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

//go:embed catalogue/*.yaml
var catalogueFiles embed.FS

const catalogueDir = "catalogue"

// Catalog is the built-in providers. A file is parsed when its provider is first asked
// for. It is safe for concurrent use.
type Catalog struct {
	files fs.FS
	mu    sync.Mutex
	read  map[string]*Provider // nil for one that cannot be used

	outlined sync.Once
	outline  []outline
}

// Catalogue gives the built-in providers. It costs nothing until one is asked for.
func Catalogue() *Catalog { return &Catalog{files: catalogueFiles, read: map[string]*Provider{}} }

// IDs lists the providers in alphabetical order, without parsing any.
func (c *Catalog) IDs() []string {
	entries, _ := fs.ReadDir(c.files, catalogueDir)
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return out
}

// Get gives a provider by its id, without its vectors. The caller must not change it.
func (c *Catalog) Get(id string) (*Provider, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, known := c.read[id]
	if !known {
		p = c.load(id)
		c.read[id] = p
	}
	return p, p != nil
}

func (c *Catalog) load(id string) *Provider {
	data, ok := c.Source(id)
	if !ok {
		return nil
	}
	// The vectors are half of a file and are for tests alone.
	data, _, _ = bytes.Cut(data, []byte("\nvectors:\n"))
	p, _ := decode(path.Join(catalogueDir, id+".yaml"), data)
	return p
}

// Source gives a provider's file as it was written, its vectors included, for [Load].
func (c *Catalog) Source(id string) (data []byte, ok bool) {
	data, err := fs.ReadFile(c.files, path.Join(catalogueDir, id+".yaml"))
	return data, err == nil
}

// All gives every provider, in the order of their ids.
func (c *Catalog) All() []*Provider {
	var out []*Provider
	for _, id := range c.IDs() {
		if p, ok := c.Get(id); ok {
			out = append(out, p)
		}
	}
	return out
}

func decode(file string, data []byte) (*Provider, []model.Problem) {
	p := &Provider{}
	problems := strict.Decode(file, data, p)
	p.complete()
	return p, problems
}

// Load reads one file of the catalogue and reports everything that is wrong with it.
func Load(file string, data []byte) (*Provider, []model.Problem) {
	p, problems := decode(file, data)
	return p, model.SortProblems(append(problems, p.Check()...))
}
