package provider

import (
	"bytes"
	"regexp/syntax"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// outline is the part of a catalogue file that tells whose key a variable may hold: the
// names, and the fixed beginnings of the forms that prove the provider. Reading it costs
// a tenth of the whole file, and most files are of APIs that a deploy does not use.
type outline struct {
	id        string
	names     []string // in small letters
	beginning []string // of the forms that are not weak; an empty one is any text's
}

// readOutline reads two sections of a file. What cannot be read makes the provider a
// candidate for every variable: the whole file then decides.
func readOutline(id string, data []byte) outline {
	var light struct {
		Names []string
		Forms []struct {
			Pattern string
			Weak    bool
		}
	}
	if yaml.Unmarshal(slices.Concat(section(data, "names"), section(data, "forms")), &light) != nil {
		return outline{id: id, names: []string{"*"}, beginning: []string{""}}
	}
	out := outline{id: id}
	for _, name := range light.Names {
		out.names = append(out.names, strings.ToLower(name))
	}
	for _, form := range light.Forms {
		if form.Weak {
			continue
		}
		tree, _ := syntax.Parse(form.Pattern, syntax.Perl)
		prefix, _ := literal(tree)
		out.beginning = append(out.beginning, prefix)
	}
	return out
}

// section gives the lines of one entry of a file's outermost mapping, its name included.
func section(data []byte, name string) []byte {
	head := []byte("\n" + name + ":")
	start := bytes.Index(data, head)
	if start < 0 {
		return nil
	}
	rest := data[start+1:]
	for end := 0; ; {
		line := bytes.IndexByte(rest[end:], '\n')
		if line < 0 {
			return append(slices.Clip(rest), '\n')
		}
		if end += line + 1; end < len(rest) && !strings.ContainsRune(" #-\n", rune(rest[end])) {
			return rest[:end]
		}
	}
}

// mayHave reports whether a text may have one of the forms that prove the provider.
func (o *outline) mayHave(key string) bool {
	return slices.ContainsFunc(o.beginning, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
}

// hasName reports what [Provider.HasName] does; name is in small letters.
func (o *outline) hasName(name string) bool {
	return slices.ContainsFunc(o.names, func(glob string) bool { return Glob(glob, name) })
}

// candidates gives the catalogue's providers that a variable's name or text speaks for,
// in the order of their ids. Every other one would not be recognised.
func (c *Catalog) candidates(name, key string) []*Provider {
	name = strings.ToLower(name)
	var out []*Provider
	for _, o := range c.outlines() {
		if !o.mayHave(key) && !o.hasName(name) {
			continue
		}
		if p, ok := c.Get(o.id); ok {
			out = append(out, p)
		}
	}
	return out
}

// outlines reads the outline of every file, once.
func (c *Catalog) outlines() []outline {
	c.outlined.Do(func() {
		for _, id := range c.IDs() {
			if data, ok := c.Source(id); ok {
				c.outline = append(c.outline, readOutline(id, data))
			}
		}
	})
	return c.outline
}
