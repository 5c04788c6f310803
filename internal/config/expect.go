package config

import (
	"fmt"
	"slices"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/strict"
)

// told are the fields of an expectation with what of a provider can ever tell them: a field of
// its identity, or what the forms of its keys say.
var told = []struct {
	field, identity string
	set             func(*Expect) bool
	of              func(*provider.Identity) *provider.Extract
	form            func(*provider.Form) bool
}{
	{
		"mode", "mode", func(e *Expect) bool { return e.Mode != "" },
		func(i *provider.Identity) *provider.Extract { return i.Mode }, func(f *provider.Form) bool { return f.Mode != "" },
	},
	{"account", "account", func(e *Expect) bool { return e.Account != "" }, func(i *provider.Identity) *provider.Extract { return i.Account }, nil},
	{"tenant", "tenant", func(e *Expect) bool { return e.Tenant != "" }, func(i *provider.Identity) *provider.Extract { return i.Tenant }, nil},
	{"user", "user", func(e *Expect) bool { return e.User != "" }, func(i *provider.Identity) *provider.Extract { return i.User }, nil},
	{
		"owner", "kind", func(e *Expect) bool { return e.Owner != "" && e.Owner != "any" },
		func(i *provider.Identity) *provider.Extract { return i.Kind }, func(f *provider.Form) bool { return f.Principal != "" },
	},
	{"kind", "", func(e *Expect) bool { return e.Kind != "" }, nil, func(f *provider.Form) bool { return f.Kind != "" }},
	{"scopes", "scopes", func(e *Expect) bool { return len(e.Scopes) > 0 }, func(i *provider.Identity) *provider.Extract { return i.Scopes }, nil},
	{"expires-after", "expires", func(e *Expect) bool { return e.ExpiresAfter > 0 }, func(i *provider.Identity) *provider.Extract { return i.Expires }, nil},
}

// tellable refuses to expect of one's own API what nothing in its declaration can tell: no key
// could ever pass. What the catalogue's cannot tell may be written; it stays unverified.
func (c *checker) tellable(entry strict.Pair, key *Key) {
	p, expect := c.file.Providers[key.Provider.Value], key.Expect[entry.Key.Value]
	if p == nil || expect == nil || c.r.FailedIn(entry.Value) || c.brokenProvider(key.Provider.Value) {
		return
	}
	for _, t := range told {
		at, written := strict.Find(entry.Value, t.field)
		if !written || !t.set(expect) || tells(p, t.of, t.form) {
			continue
		}
		if t.of == nil {
			c.r.Fail(at.Value, fmt.Sprintf("declare the form with its kind under providers.%s.forms, or leave %q out", p.ID, t.field),
				"nothing tells it: the provider %q declares no form of its keys", p.ID)
			continue
		}
		c.r.Fail(at.Value, fmt.Sprintf("say where the answer tells it under providers.%s.probe.identity.%s, or leave %q out", p.ID, t.identity, t.field),
			"no answer can tell it: identity of the provider %q has no %q", p.ID, t.identity)
	}
}

func tells(p *provider.Provider, of func(*provider.Identity) *provider.Extract, form func(*provider.Form) bool) bool {
	if of != nil && len(p.Extracts(of)) > 0 {
		return true
	}
	return form != nil && slices.ContainsFunc(p.Forms, func(f provider.Form) bool { return form(&f) })
}

// brokenProvider reports whether something in a provider's declaration has failed already.
func (c *checker) brokenProvider(id string) bool {
	at, ok := strict.Find(c.root, "providers", id)
	return ok && c.r.FailedIn(at.Value)
}
