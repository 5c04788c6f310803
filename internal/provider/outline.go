package provider

import (
	"bytes"
	"regexp/syntax"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/lazy"
)

// outline is the part of a catalogue file that tells whose key a variable may hold: the
// names, and the fixed beginnings of the forms that prove the provider. Reading it costs
// a tenth of the whole file, and most files are of APIs that a deploy does not use.
type outline struct {
	id        string
	names     []string // in small letters
	beginning []string // of the forms that are not weak; an empty one is any text's
}

// shape is what an outline needs of a form.
type shape struct {
	Pattern string
	Weak    bool
}

// readOutline reads two sections of a file. What cannot be read makes the provider a
// candidate for every variable: the whole file then decides.
func readOutline(id string, data []byte) outline {
	written := slices.Concat(section(data, "names"), section(data, "forms"))
	names, forms, ok := scanOutline(string(written))
	if !ok {
		var light struct {
			Names []string
			Forms []shape
		}
		if yaml.Unmarshal(written, &light) != nil {
			return outline{id: id, names: []string{"*"}, beginning: []string{""}}
		}
		names, forms = light.Names, light.Forms
	}
	out := outline{id: id}
	for _, name := range names {
		out.names = append(out.names, strings.ToLower(name))
	}
	for _, form := range forms {
		if form.Weak {
			continue
		}
		tree, _ := syntax.Parse(form.Pattern, syntax.Perl)
		prefix, _ := literal(tree)
		out.beginning = append(out.beginning, prefix)
	}
	return out
}

// scanOutline reads the two sections as the catalogue writes them, ten times as fast as
// YAML is read: names in one line, each form with its pattern first and in single quotes.
// ok is false for anything else.
func scanOutline(text string) (names []string, forms []shape, ok bool) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		list, isNames := strings.CutPrefix(line, "names: ")
		item, isForm := strings.CutPrefix(line, "- ")
		switch {
		case line == "" || line == "forms:" || strings.HasPrefix(line, "#"):
		case isNames:
			if names, ok = scanNames(list); !ok {
				return nil, nil, false
			}
		case isForm:
			form, ok := scanForm(item)
			if !ok {
				return nil, nil, false
			}
			forms = append(forms, form)
		case len(forms) > 0 && isField().MatchString(line): // goes on with the last form
			forms[len(forms)-1].Weak = forms[len(forms)-1].Weak || strings.HasPrefix(line, "weak: true")
		default:
			return nil, nil, false
		}
	}
	return names, forms, true
}

var (
	isField  = lazy.Regexp(`^(?:kind|mode|principal|weak|shared|public|refuse|wrong|admin|document): [^>|&*!{}\[\]]`)
	isName   = lazy.Regexp(`^[A-Za-z0-9_]+$`)
	isQuoted = lazy.Regexp(`^"[A-Za-z0-9_*]+"$`)
)

func scanNames(list string) (names []string, ok bool) {
	inner, opened := strings.CutPrefix(list, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	for name := range strings.SplitSeq(inner, ", ") {
		switch {
		case isName().MatchString(name):
		case isQuoted().MatchString(name):
			name = strings.Trim(name, `"`)
		default:
			return nil, false
		}
		names = append(names, name)
	}
	return names, opened && closed
}

func scanForm(item string) (form shape, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimPrefix(item, "{"), "pattern: '")
	pattern, rest, closed := strings.Cut(rest, "'")
	if !ok || !closed || strings.HasPrefix(rest, "'") {
		return shape{}, false
	}
	return shape{Pattern: pattern, Weak: strings.Contains(rest, "weak: true")}, true
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

// hasName reports whether [Provider.HasName] may hold; name is in small letters.
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
