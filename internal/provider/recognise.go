package provider

import (
	"fmt"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/secret"
)

// maxKey bounds what is compared with forms; the longest keys are JSON documents.
const maxKey = 64 << 10

// Strength is how sure a recognition is.
type Strength uint8

// The strengths, weakest first.
const (
	NotRecognised Strength = iota
	ByName                 // the variable's name is one that usually holds such a key
	ByNameAndForm          // that, and the text has a form of that provider
	ByForm                 // the text has a form that only such keys have
)

// FormOf gives the first form that the text has; nil when it has none.
func (p *Provider) FormOf(text secret.Text) *Form { return p.formOf(text.Reveal()) }

func (p *Provider) formOf(text string) *Form {
	if text == "" || len(text) > maxKey {
		return nil
	}
	for i := range p.Forms {
		if f := &p.Forms[i]; !f.Pattern.IsZero() && f.Pattern.Match(text) {
			return f
		}
	}
	return nil
}

// strongForm gives the first form that proves the provider.
func (p *Provider) strongForm(text string) *Form {
	if f := p.formOf(text); f != nil && !f.Weak {
		return f
	}
	return nil
}

// Recognise tells whose key a variable holds: by the text's form, and where several
// providers have it, by the name as well; else by the name alone. An unknown value is
// passed as the empty text. The user's own providers go before the catalogue's, except
// that a form which one of them inherited proves nothing: the vendor's keys look alike
// on every host.
//
// Where several vendors share a form and the name does not say the same, the form that is given
// refuses to be sent: see [Form.Shared].
func (c *Catalog) Recognise(name string, text secret.Text, custom ...*Provider) (*Provider, *Form, Strength) {
	key := text.Reveal()
	all := c.ordered(custom, name, key)
	var first *Provider
	for _, p := range all {
		form := p.strongForm(key)
		if form == nil || p.isAnothers(name) || p.isOnlyAddress(key) {
			continue
		}
		if p.HasName(name) {
			return p, form, ByForm
		}
		if first == nil {
			first = p
		}
	}
	if first != nil {
		return first, first.formOf(key).unclear(first), ByForm
	}
	return byName(all, name, key)
}

// byName prefers, of several providers that share a name, the one whose keys look like
// this one: DATABASE_URL holds the address of any data store.
func byName(all []*Provider, name, key string) (*Provider, *Form, Strength) {
	var first *Provider
	for _, p := range all {
		if !p.HasName(name) || p.isOnlyAddress(key) {
			continue
		}
		if f := p.formOf(key); f != nil {
			return p, f, ByNameAndForm
		}
		if first == nil {
			first = p
		}
		if first.Custom || len(first.Forms) == 0 {
			break // the user's own goes first, and any text may be a key of no form
		}
	}
	if first == nil {
		return nil, nil, NotRecognised
	}
	return first, nil, ByName
}

// ByForm gives the provider that the text's form alone proves.
func (c *Catalog) ByForm(text secret.Text, custom ...*Provider) (*Provider, *Form) {
	p, f, strength := c.Recognise("", text, custom...)
	if strength != ByForm {
		return nil, nil
	}
	return p, f
}

// unclear gives the form as it is where nothing but itself speaks for its provider.
func (f *Form) unclear(p *Provider) *Form {
	if !f.Shared || f.Refuse != "" {
		return f
	}
	out := *f
	out.Refuse = fmt.Sprintf("keys of other vendors look like those of %s, and the variable's name does not say whose this one is; if it is, say so in keyfit.yaml: `provider: %s`", p.Name, p.ID)
	return &out
}

// ordered lists the user's providers, the catalogue's that come into question, and last
// those that inherit.
func (c *Catalog) ordered(custom []*Provider, name, key string) []*Provider {
	var own, inheriting []*Provider
	for _, p := range custom {
		if p.Extends == "" {
			own = append(own, p)
		} else {
			inheriting = append(inheriting, p)
		}
	}
	return slices.Concat(own, c.candidates(name, key), inheriting)
}

// Glob reports whether the text matches a pattern in which * stands for any text, a slash
// included. No other character of the pattern is special.
func Glob(pattern, name string) bool {
	pieces := strings.Split(pattern, "*")
	if len(pieces) == 1 {
		return pattern == name
	}
	last := len(pieces) - 1
	if !strings.HasPrefix(name, pieces[0]) {
		return false
	}
	name = name[len(pieces[0]):]
	for _, piece := range pieces[1:last] {
		i := strings.Index(name, piece)
		if i < 0 {
			return false
		}
		name = name[i+len(piece):]
	}
	return strings.HasSuffix(name, pieces[last])
}
