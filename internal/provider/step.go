package provider

import (
	"cmp"
	"slices"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// Step is a further request, asked once the one before it accepted the key.
type Step struct {
	ID string `yaml:"id,required" doc:"a name for the step"`
	// Optional steps are left out when a part that they need is not known: those of a second,
	// administrator's credential, and those for keys of one kind.
	Optional bool     `yaml:"optional" doc:"left out when a part that it needs is not known"`
	Kinds    []string `yaml:"kinds" doc:"only for keys of these kinds, as the forms name them"`
	// Anyway is for a request that settles what the ones before it leave open.
	Anyway bool `yaml:"anyway" doc:"asked also when the answer before was ambiguous"`
	// Finds is for a request that is asked for what it saves alone.
	Finds string `yaml:"finds" doc:"the later step that this one finds a part for; it is asked when that one is, and decides nothing itself"`
	// Host is for vendors that answer at a second host. It is fixed, as all of the catalogue's are.
	Host    string  `yaml:"host" doc:"base URL of this request, where it is another host's"`
	Effect  string  `yaml:"effect" enum:"read|issues-token" doc:"what the request does at the vendor; default: the probe's"`
	Request Request `yaml:"request,required" doc:"what is sent"`
	// Pick takes one item of a list in the answer for the whole: the one that shows the key.
	Pick     *Pick               `yaml:"pick" doc:"which item of a list is the key's own"`
	Proves   RungList            `yaml:"proves" doc:"the rungs that an accepted answer proves"`
	Verdicts []Rule              `yaml:"verdicts,required" doc:"ordered; the first match wins; no match is 'could not verify'"`
	Identity Identity            `yaml:"identity" doc:"whose key it is"`
	Evidence Evidence            `yaml:"evidence" doc:"what the vendor's support asks for"`
	Save     map[string]*Extract `yaml:"save" doc:"parts that later steps need, taken out of an accepted answer; never shown"`

	At strict.Placed `yaml:"-"`
}

// Pick finds the item of a list that describes the key itself. Vendors show the beginning and
// the end of a key in such lists, with dots or stars between.
type Pick struct {
	List Path   `yaml:"list,required" doc:"the list, or one item where the answer holds no more"`
	Hint Path   `yaml:"hint" doc:"of an item: the key with its middle masked"`
	Key  Path   `yaml:"key" doc:"of an item: the whole key"`
	ID   Path   `yaml:"id" doc:"of an item: its id"`
	Part string `yaml:"part" doc:"the part that the id equals"`
}

// Chain gives the provider as it is for each of its requests, in their order: the same, with
// that request's rules as its probe. The first is the provider itself.
func (p *Provider) Chain(form *Form) []*Provider {
	out := []*Provider{p}
	for i := range p.Probe.Then {
		s := &p.Probe.Then[i]
		if len(s.Kinds) > 0 && (form == nil || !slices.Contains(s.Kinds, form.Kind)) {
			continue
		}
		out = append(out, p.view(s))
	}
	return out
}

// serves gives the step for whose sake this one is asked, itself for most.
func (s *Step) serves() string { return cmp.Or(s.Finds, s.ID) }

// IsLeftOut reports whether a further request is asked for certain answers only, and this is none.
func (p *Provider) IsLeftOut(s *Step, asked string) bool {
	return p.IsAskedFor(s.serves()) && asked != s.serves()
}

// IsAskedFor reports whether a further request is asked for certain answers only.
func (p *Provider) IsAskedFor(id string) bool {
	return slices.ContainsFunc(p.Probe.Verdicts, func(r Rule) bool { return r.Ask == id })
}

// ForStep gives the provider as it is for the request of that name; the empty name is the first.
func (p *Provider) ForStep(id string) (*Provider, bool) {
	if id == "" {
		return p, true
	}
	for i := range p.Probe.Then {
		if s := &p.Probe.Then[i]; s.ID == id {
			return p.view(s), true
		}
	}
	return nil, false
}

func (p *Provider) view(s *Step) *Provider {
	view := *p
	view.Probe = Probe{
		Effect: cmp.Or(s.Effect, p.Probe.Effect), Cost: p.Probe.Cost, Control: "never", Request: s.Request, Proves: s.Proves,
		Verdicts: s.Verdicts, Identity: s.Identity, Evidence: s.Evidence, Save: s.Save, Pick: s.Pick, Step: s, At: s.At,
	}
	if s.Evidence == (Evidence{}) {
		view.Probe.Evidence = p.Probe.Evidence
	}
	return &view
}

// Variables lists the other variables that any of the requests takes along, in order, each once.
func (p *Provider) Variables() []string {
	out := p.Probe.Request.Variables()
	for i := range p.Probe.Then {
		out = append(out, p.Probe.Then[i].Request.Variables()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// saved lists the parts that requests before step i save.
func (p *Provider) saved(i int) []string {
	var out []string
	for role := range p.Probe.Save {
		out = append(out, role)
	}
	for _, s := range p.Probe.Then[:i] {
		for role := range s.Save {
			out = append(out, role)
		}
	}
	return out
}

func (c *checker) steps() {
	c.pick(pos.Span(c.p.Probe.At), c.p.Probe.Pick)
	var ids []string
	for i := range c.p.Probe.Then {
		s := &c.p.Probe.Then[i]
		at := pos.Span(s.At)
		if !idForm().MatchString(s.ID) || slices.Contains(ids, s.ID) {
			c.fail(at, "give each step a name of its own, such as owner", "step %d has no name of its own", i+1)
		}
		ids = append(ids, s.ID)
		for _, kind := range s.Kinds {
			if !slices.ContainsFunc(c.p.Forms, func(f Form) bool { return f.Kind == kind }) {
				c.fail(at, "name the kind of one of the forms", "the step %s is for keys of a kind that no form has", strict.Name(s.ID))
			}
		}
		if s.Host != "" {
			if message, fix := hostMistake(s.Host, c.p.Insecure); message != "" {
				c.fail(at, fix, "the host of the step %s %s", strict.Name(s.ID), message)
			}
		}
		if s.Finds != "" && !slices.ContainsFunc(c.p.Probe.Then[i+1:], func(later Step) bool { return later.ID == s.Finds }) {
			c.fail(at, "name a step that follows", "the step %s finds something for a step that does not follow", strict.Name(s.ID))
		}
		c.pick(at, s.Pick)
		c.step(i)
	}
}

func (c *checker) pick(at pos.Span, p *Pick) {
	if p == nil {
		return
	}
	ways := 0
	for _, given := range []bool{p.Hint != "", p.Key != "", p.ID != "" && p.Part != ""} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		c.fail(at, "write {list: $.data, hint: $.hint}, {list: $.data, key: $.key} or {list: $.data, id: $.id, part: id}", "`pick` does not say which item it takes")
	}
}

// step checks one further request like the first, with what was saved before it as parts.
func (c *checker) step(i int) {
	view := *c.p
	s := &c.p.Probe.Then[i]
	view.Probe = Probe{Effect: c.p.Probe.Effect, Request: s.Request, Proves: s.Proves, Verdicts: s.Verdicts, Identity: s.Identity, Evidence: s.Evidence, At: s.At}
	view.Parts = map[string]Part{}
	for role, part := range c.p.Parts {
		view.Parts[role] = part
	}
	for _, role := range c.p.saved(i) {
		view.Parts[role] = Part{Secret: true}
	}
	inner := checker{p: &view, follow: true, settles: c.p.IsAskedFor(s.ID)}
	inner.request()
	inner.rules()
	inner.identity()
	c.out = append(c.out, inner.out...)
}
