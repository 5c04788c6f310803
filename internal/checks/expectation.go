package checks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/provider"
)

// Unconfirmed is something that is expected of a key and that nothing told.
type Unconfirmed struct {
	Field string // as under `expect`
	What  string // what is expected, as a clause: its tenant is "acme"
	Why   string // why that is not known, as a clause

	identity string // of one's own provider: the field of its identity that should tell it
	fix      string // of one's own provider: what else would have it told
}

// ExpectsScopes is the field of [Unconfirmed] that is about the rung authorised.
const ExpectsScopes = "scopes"

// deliveryField is the field of [Unconfirmed] that is about a deploy tool which stands for what it
// deploys; nobody writes it under `expect`.
const deliveryField = "delivery"

// Unconfirmed lists what is expected of a key that the API accepts, and what neither its answer
// nor the form of the key tells. A key that was refused or never asked about has a doubt of its
// own, and what is told and differs is a finding.
func (c *Case) Unconfirmed() []Unconfirmed {
	if c.Verdict.Reason.Class() != provider.Accepted || !c.arrives() || c.foreign() || c.displaced() || c.Verdict.Open {
		return nil
	}
	var out []Unconfirmed
	if c.Slot.Consumer.StandsIn {
		out = append(out, Unconfirmed{
			Field: deliveryField, What: fmt.Sprintf("what %s deploys receives it", keys.Label(c.Slot.Consumer)),
			Why: cmp.Or(c.Slot.Consumer.Unshown, "that is not in the repository"),
		})
	}
	for _, u := range c.expectations() {
		if !u.told {
			out = append(out, c.explained(u))
		}
	}
	return out
}

// expectation is one field of `expect` that is set.
type expectation struct {
	field, what string
	told        bool
	heard       string // what was told instead and can be compared with nothing
	of          func(*provider.Identity) *provider.Extract
	identity    string // the field of a provider's identity that would tell it
}

func (c *Case) expectations() []expectation {
	e, id := c.expect(), c.identity()
	var out []expectation
	add := func(expected bool, x expectation) {
		if expected {
			out = append(out, x)
		}
	}
	is := func(field, want, told string, of func(*provider.Identity) *provider.Extract) {
		add(want != "", expectation{field: field, what: fmt.Sprintf("its %s is %q", field, want), told: told != "", of: of, identity: field})
	}
	add(e.Mode != "", expectation{field: "mode", what: fmt.Sprintf("it is a %s key", e.Mode), told: c.mode() != "", heard: id.Mode,
		of: func(i *provider.Identity) *provider.Extract { return i.Mode }, identity: "mode"})
	is("account", e.Account, id.Account, func(i *provider.Identity) *provider.Extract { return i.Account })
	is("tenant", e.Tenant, id.Tenant, func(i *provider.Identity) *provider.Extract { return i.Tenant })
	is("user", e.User, id.User, func(i *provider.Identity) *provider.Extract { return i.User })
	add(e.Owner == "service" || e.Owner == "person", expectation{field: "owner", what: "it is " + owners[e.Owner], told: c.tellsOwner(e.Owner), heard: c.principal(),
		of: func(i *provider.Identity) *provider.Extract { return i.Kind }, identity: "kind"})
	add(e.Kind != "", expectation{field: "kind", what: fmt.Sprintf("it is of the kind %q", e.Kind), told: c.Slot.Form != nil})
	add(len(e.Scopes) > 0, expectation{field: ExpectsScopes, what: "it has " + quoted(e.Scopes), told: len(id.Scopes) > 0,
		of: func(i *provider.Identity) *provider.Extract { return i.Scopes }, identity: "scopes"})
	add(e.ExpiresAfter > 0, expectation{field: "expires-after", what: "it holds for " + length(time.Duration(e.ExpiresAfter)), told: c.tellsEnd(),
		of: func(i *provider.Identity) *provider.Extract { return i.Expires }, identity: "expires"})
	return out
}

var neither = map[string]string{"mode": "test nor live", "owner": "a person nor a service account"}

var owners = map[string]string{"service": "a service account's", "person": "a person's"}

// explained says why an expectation is not confirmed, and what to do.
func (c *Case) explained(x expectation) Unconfirmed {
	u := Unconfirmed{Field: x.field, What: x.what}
	p := c.Slot.Provider
	custom := p != nil && p.Custom
	places := c.places(x)
	switch {
	case x.of == nil:
		u.Why = "the text has no form that is known of " + c.service()
		u.fix = "declare the form under forms of the provider"
	case x.heard != "":
		u.Why = fmt.Sprintf("the answer says %q, which names neither %s", x.heard, neither[x.field])
		u.fix = fmt.Sprintf("translate the word with map under identity.%s of the provider", x.identity)
	case len(places) > 0:
		u.Why = "the answer holds nothing usable " + strings.Join(places, " or ")
		u.identity = x.identity
	case custom:
		u.Why = fmt.Sprintf("identity of the provider %q has no %q", p.ID, x.identity)
		u.identity = x.identity
	default:
		u.Why = "no answer of " + c.service() + " tells it"
	}
	if !custom {
		u.identity, u.fix = "", ""
	}
	return u
}

// places says where the answers should have told it.
func (c *Case) places(x expectation) []string {
	if c.Slot.Provider == nil || x.of == nil {
		return nil
	}
	var out []string
	for _, e := range c.Slot.Provider.Extracts(x.of) {
		if place := e.Place(); place != "" {
			out = append(out, place)
		}
	}
	return slices.Compact(out)
}

// confirming says what to do about all of them.
func (c *Case) confirming(list []Unconfirmed) string {
	var steps, identity, fields []string
	for _, u := range list {
		if u.Field == deliveryField {
			steps = append(steps, c.showing())
			continue
		}
		fields = append(fields, u.Field)
		switch {
		case u.identity != "":
			identity = append(identity, "identity."+u.identity)
		case u.fix != "" && !slices.Contains(steps, u.fix):
			steps = append(steps, u.fix)
		}
	}
	if len(identity) > 0 {
		steps = slices.Insert(steps, 0, fmt.Sprintf("correct %s of the provider %q", listed(identity), c.Slot.Provider.ID))
	}
	if len(c.Verdict.Unproven) > 0 {
		steps = append(steps, "run the check again")
	}
	if len(fields) == 0 {
		return strings.Join(steps, "; ")
	}
	if len(steps) == 0 {
		return fmt.Sprintf("look it up at %s, and leave %s out of expect", c.service(), listed(fields))
	}
	return fmt.Sprintf("%s, or leave %s out of expect", strings.Join(steps, "; "), listed(fields))
}

// showing says how a deploy shows who receives a key.
func (c *Case) showing() string {
	step := "keep a copy of what is deployed in the repository (helm pull --untar)"
	if c.Slot.Consumer.Unshown != "" {
		step = fmt.Sprintf("hand it on by name where %s says what it deploys", keys.Label(c.Slot.Consumer))
	}
	return step + ", or write down who receives the key as a step of its own"
}

// tellsEnd reports whether it is known when the key ends, or that it never does. APIs of the
// catalogue that tell the end of a key leave it out of those that have none, as long as the
// request that tells it was answered.
func (c *Case) tellsEnd() bool {
	id, p := c.identity(), c.Slot.Provider
	if !id.Expires.IsZero() || id.Endless {
		return true
	}
	asked := p != nil && len(p.Extracts(func(i *provider.Identity) *provider.Extract { return i.Expires })) > 0
	return asked && !(p.Custom && p.Extends == "") && len(c.Verdict.Unproven) == 0
}

// principal is who stands behind the key, in the word of the API or else of the key's form.
func (c *Case) principal() string {
	kind := c.identity().Kind
	if kind == "" && c.Slot.Form != nil {
		kind = c.Slot.Form.Principal
	}
	return kind
}

// tellsOwner reports whether it is known that a person, or a service account, stands behind
// the key. The catalogue translates its vendors' words: one that it leaves is no person's.
func (c *Case) tellsOwner(wanted string) bool {
	kind := c.principal()
	if wanted == "service" && kind != "" && c.Slot.Provider != nil && !c.Slot.Provider.Custom {
		return true
	}
	return isPerson(kind) || isMachine(kind)
}

func isPerson(kind string) bool {
	return slices.Contains([]string{"person", "user", "human"}, strings.ToLower(kind))
}

// isMachine reports whether a word names what is surely no person.
func isMachine(kind string) bool {
	word := strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(kind))
	return slices.Contains([]string{
		"service", "serviceaccount", "serviceuser", "serviceprincipal", "bot", "robot", "machine", "machineuser", "app", "application", "appinstance",
		"client", "integration", "system", "project", "account", "organisation", "organization", "workspace", "team", "group", "tenant",
		"role", "daemon", "workload", "agent", "ci", "automation", "api", "apikey", "installation", "deploykey",
	}, word)
}

// unconfirmed is the finding about expectations that nothing told: the key is accepted, and
// whether it is the right one is open.
func (c *Case) unconfirmed() (Finding, bool) {
	list := c.Unconfirmed()
	if len(list) == 0 {
		return Finding{}, false
	}
	clauses := make([]string, len(list))
	for i, u := range list {
		clauses[i] = fmt.Sprintf("that %s: %s", u.What, u.Why)
	}
	f := Finding{
		At:      c.at(),
		Message: fmt.Sprintf("%s is accepted by %s, and it could not be verified %s%s", c.subject(), c.service(), strings.Join(clauses, "; nor "), c.further()),
		Fix:     c.confirming(list),
		Related: c.expectedAt(),
	}
	if c.Slot.Expect != nil && c.Slot.Expect.At.IsValid() && list[len(list)-1].Field != deliveryField {
		f.At, f.Related = c.Slot.Expect.At, []Related{{At: c.at(), Message: "the key comes from here"}}
	}
	return f, true
}

// further names the requests that came to nothing and might have told.
func (c *Case) further() string {
	if len(c.Verdict.Unproven) == 0 {
		return ""
	}
	return "; further requests came to nothing: " + strings.Join(c.Verdict.Unproven, ", ")
}
