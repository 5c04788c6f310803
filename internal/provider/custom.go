package provider

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// Adopt makes a provider that was decoded from keyfit.yaml ready for use: it gets its
// id, what it inherits, and the defaults; then it is checked. at is where its name
// stands.
func (p *Provider) Adopt(id string, at pos.Span, catalog *Catalog) []model.Problem {
	p.ID, p.Custom = id, true
	p.Name = cmp.Or(p.Name, id)
	if at.IsValid() {
		p.At = at
	}
	var problems []model.Problem
	if p.Extends != "" {
		base, ok := catalog.Get(p.Extends)
		if !ok {
			return []model.Problem{unknownBase(p, catalog)}
		}
		p.inherit(base)
	}
	p.complete()
	return model.SortProblems(append(problems, p.Check()...))
}

func unknownBase(p *Provider, catalog *Catalog) model.Problem {
	ids := catalog.IDs()
	fix := "name one of: " + strings.Join(ids, ", ")
	if near := strict.Nearest(p.Extends, ids); near != "" {
		fix = fmt.Sprintf("did you mean %q?", near)
	}
	return model.Problem{At: p.At, Message: `"extends" names no provider of the catalogue`, Fix: fix}
}

// complete fills in the defaults.
func (p *Provider) complete() {
	probe := &p.Probe
	probe.Request.Method = cmp.Or(probe.Request.Method, "GET")
	p.Siblings = cmp.Or(p.Siblings, "on-reject")
	probe.Cost = cmp.Or(probe.Cost, "unknown")
	if p.Custom {
		// The user wrote the request for this very purpose, and the contract's own
		// example declares no effect.
		probe.Effect = cmp.Or(probe.Effect, "read")
		probe.Control = cmp.Or(probe.Control, "once")
		p.weaken()
	}
	probe.Control = cmp.Or(probe.Control, "never")
	for name, base := range p.Hosts {
		base.Value = strings.TrimRight(base.Value, "/")
		p.Hosts[name] = base
	}
}

// weaken marks the forms without a fixed beginning: [A-Z0-9]{32} describes the user's
// keys well and is found in any other text too.
func (p *Provider) weaken() {
	for i := range p.Forms {
		if f := &p.Forms[i]; !f.Weak && !f.provesProvider() {
			f.Weak = true
		}
	}
}

// minPrefix is how much fixed text a form must begin with to prove its provider.
const minPrefix = 3

func (f *Form) provesProvider() bool { return len(f.Pattern.Prefix()) >= minPrefix }

// inherit takes over from base what is not written in p. Names of variables are not
// taken over: a key for one's own host must not be guessed from the vendor's names.
func (p *Provider) inherit(base *Provider) {
	p.Docs = cmp.Or(p.Docs, base.Docs)
	if p.Forms == nil {
		p.Forms, p.OtherForms = base.Forms, p.OtherForms || base.OtherForms
	}
	sameHosts := p.Hosts == nil && p.Sites == nil
	if sameHosts {
		p.Hosts, p.Sites = maps.Clone(base.Hosts), base.Sites
	}
	p.Parts = merge(base.Parts, p.Parts)
	own, from := &p.Probe, &base.Probe
	own.Effect = cmp.Or(own.Effect, from.Effect)
	own.Wire = cmp.Or(own.Wire, from.Wire)
	own.Cost, own.Leaves = cmp.Or(own.Cost, from.Cost), cmp.Or(own.Leaves, from.Leaves)
	own.Verdicts = slices.Concat(own.Verdicts, from.Verdicts)
	if own.Proves == nil {
		own.Proves = from.Proves
	}
	same := own.Request.Path == "" || from.Request.Path == ""
	if same && own.Pick == nil {
		own.Pick = from.Pick
	}
	if same && own.Save == nil && own.Then == nil {
		own.Save, own.Then = from.Save, from.Then
		if i := slices.IndexFunc(own.Then, func(s Step) bool { return s.Host != "" }); i >= 0 && !sameHosts {
			own.Then = own.Then[:i:i] // what belongs to one's own hosts is nothing for the vendor's
		}
	}
	own.forget(from)
	own.Request.inherit(&from.Request)
	own.Identity.inherit(&from.Identity)
	own.Evidence.Code = cmp.Or(own.Evidence.Code, from.Evidence.Code)
	own.Evidence.RequestID = cmp.Or(own.Evidence.RequestID, from.Evidence.RequestID)
}

// forget takes out of the rules that are taken over what they say of requests that are not.
func (own *Probe) forget(from *Probe) {
	for i := len(own.Verdicts) - len(from.Verdicts); i < len(own.Verdicts); i++ {
		rule := &own.Verdicts[i] // of a list of one's own: see slices.Concat
		if !slices.ContainsFunc(own.Then, func(s Step) bool { return s.ID == rule.Ask }) {
			rule.Ask = ""
		}
	}
}

func (r *Request) inherit(base *Request) {
	// Another path or method is another question: its body and query are its own. A path that
	// the catalogue leaves to the user is none.
	if (r.Path == "" || base.Path == "") && r.Method == "" && r.JSON == nil && r.Form == nil {
		r.Method, r.JSON, r.Form = base.Method, base.JSON, base.Form
		r.Query = merge(base.Query, r.Query)
	}
	r.Path = cmp.Or(r.Path, base.Path)
	r.Headers = merge(base.Headers, r.Headers)
	r.Timeout = cmp.Or(r.Timeout, base.Timeout)
	r.Retry = cmp.Or(r.Retry, base.Retry)
	if r.Auth.Placement() == PlaceMissing {
		r.Auth = base.Auth
	}
}

func (i *Identity) inherit(base *Identity) {
	i.User = cmp.Or(i.User, base.User)
	i.Name = cmp.Or(i.Name, base.Name)
	i.Kind = cmp.Or(i.Kind, base.Kind)
	i.Active = cmp.Or(i.Active, base.Active)
	i.Tenant = cmp.Or(i.Tenant, base.Tenant)
	i.Account = cmp.Or(i.Account, base.Account)
	i.Mode = cmp.Or(i.Mode, base.Mode)
	i.Scopes = cmp.Or(i.Scopes, base.Scopes)
	i.Expires = cmp.Or(i.Expires, base.Expires)
	i.Created = cmp.Or(i.Created, base.Created)
	i.Admin = cmp.Or(i.Admin, base.Admin)
}

func merge[V any](base, own map[string]V) map[string]V {
	if base == nil {
		return own
	}
	out := maps.Clone(base)
	maps.Copy(out, own)
	return out
}
