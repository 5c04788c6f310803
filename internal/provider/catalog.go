package provider

import (
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

// Get gives a provider by its id. The caller must not change it.
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
	name := path.Join(catalogueDir, id+".yaml")
	data, err := fs.ReadFile(c.files, name)
	if err != nil {
		return nil
	}
	p := decode(name, data)
	return p.provider
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

type decoded struct {
	provider *Provider
	problems []model.Problem
}

func decode(file string, data []byte) decoded {
	p := &Provider{}
	problems := strict.Decode(file, data, p)
	p.complete()
	return decoded{p, problems}
}

// Load reads one file of the catalogue and reports everything that is wrong with it.
func Load(file string, data []byte) (*Provider, []model.Problem) {
	d := decode(file, data)
	return d.provider, model.SortProblems(append(d.problems, d.provider.Check()...))
}
