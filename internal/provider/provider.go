// Package provider is the catalogue: what a key of each API looks like, where it may
// be sent, what is asked, and what the answers mean.
//
// A provider is data. The built-in ones are the files in catalogue/, one each; the
// user's own stand in keyfit.yaml in the same language. Loading is strict, and a rule
// that would call a key unknown, revoked or expired on a bare status does not load:
// only the vendor's own words can fail a key.
package provider

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// Provider is one API that keys belong to.
type Provider struct {
	ID   string `yaml:"id" doc:"identifier, as used under keys.X.provider"`
	Name string `yaml:"name" doc:"the name that people know"`
	// Extends names a provider of the catalogue whose forms, parts, request, rules and
	// identity this one takes over, for an API that the vendor lets people host
	// themselves. What is written here replaces what is inherited; rules come first.
	Extends string `yaml:"extends" doc:"a provider of the catalogue to take everything from that is not written here"`
	Docs    string `yaml:"docs" doc:"the vendor's page about authentication"`

	// Names are globs of variable names that usually hold such a key. A match by name
	// is weaker than one by form.
	Names []string `yaml:"names" doc:"names of variables that usually hold this key; * stands for any text"`
	// NotNames are globs of names that hold keys of another vendor's with the very same form:
	// such a key must not be sent here.
	NotNames []string `yaml:"not-names" doc:"names of variables that hold another vendor's keys of the same form; * stands for any text"`
	Forms    []Form   `yaml:"forms" doc:"what a key looks like; the first match wins"`
	// OtherForms says that the forms are not all: what has none of them may be a key all the same.
	OtherForms bool `yaml:"other-forms" doc:"the API has keys of further forms, so that a text of none of these is no damaged one"`
	// Parts are the further pieces of a credential, by role; the key itself is "key".
	Parts map[string]Part `yaml:"parts" doc:"further pieces of the credential, such as a client id, by role"`

	// Sites are for vendors with several base URLs: which one a key belongs to follows from its
	// form, its parts and the environment. They take the place of Hosts.
	Sites    []Site `yaml:"sites" doc:"the vendor's base URLs, where there are several: live and sandbox, regions, tenants"`
	Hosts    Hosts  `yaml:"hosts" doc:"base URLs, by environment; 'default' serves every other environment"`
	Siblings string `yaml:"siblings" enum:"on-reject|never" doc:"whether other environments' hosts may be asked when this one's rejects the key"`
	Insecure bool   `yaml:"allow-http" doc:"allow http to a host that is not on loopback"`
	Probe    Probe  `yaml:"probe" doc:"the one cheap read-only request"`

	Verified []Verified `yaml:"verified" doc:"where the facts of this file come from"`
	Vectors  []Vector   `yaml:"vectors" doc:"answers and the verdicts they must give"`
	Notes    string     `yaml:"notes" doc:"what a reader of the provider's page should know"`

	Custom bool     `yaml:"-"` // declared in keyfit.yaml
	At     pos.Span `yaml:"-"` // where it is declared
}

// Form is one kind of key.
type Form struct {
	Pattern   Pattern `yaml:"pattern,required" doc:"regular expression that the whole key matches"`
	Kind      string  `yaml:"kind,required" doc:"what the vendor calls such a key"`
	Mode      string  `yaml:"mode" enum:"test|live" doc:"the mode that the form itself tells"`
	Principal string  `yaml:"principal" enum:"person|service|project|account" doc:"who stands behind such a key, where the form itself tells"`
	// Weak marks a form that other texts have too (32 hexadecimal digits): it confirms
	// a key whose provider is already known, and recognises none.
	Weak bool `yaml:"weak" doc:"the form alone does not prove the provider"`
	// Shared marks a form that other vendors gave their keys too: unless the variable's name, or
	// keyfit.yaml, says whose it is, such a key is sent nowhere. What the form itself tells, such
	// as the mode, counts all the same.
	Shared bool `yaml:"shared" doc:"other vendors' keys have the form too: it is sent only where the variable's name, or keys.X.provider, says whose it is"`
	// Refuse says why a key of this kind is not sent anywhere; the slot is then
	// not_probeable, or key_kind_wrong when Wrong is set.
	Refuse string `yaml:"refuse" doc:"why a key of this kind is never sent"`
	Wrong  bool   `yaml:"wrong" doc:"no application should receive a key of this kind"`
	Admin  bool   `yaml:"admin" doc:"a key with more rights than an application should hold"`
	// Instead completes "create …" in the advice on a key with too many rights.
	Instead string `yaml:"instead" doc:"of such a key: what an application should hold in its place"`
	// Public marks what the vendor does not call a secret: always, as a publishable key, or where
	// browsers get it, as a key that the vendor ties to sites. A weak form that is never public is
	// a secret under a name that hands it to browsers, too.
	Public string `yaml:"public" enum:"always|browser|never" doc:"who may read such a key: everybody, or only under a name that hands it to browsers, such as VITE_X, or nobody even then"`
	// Document marks a form of several lines, such as JSON or PEM, in which blanks and line
	// breaks are no defect.
	Document bool `yaml:"document" doc:"a document such as JSON or PEM: line breaks belong to it"`

	At strict.Placed `yaml:"-"`
}

// Part is one further piece of a credential.
type Part struct {
	Names    []string `yaml:"names" doc:"names of variables that usually hold it"`
	Pattern  Pattern  `yaml:"pattern" doc:"regular expression that the whole text matches"`
	Secret   bool     `yaml:"secret" doc:"must not be shown"`
	Optional bool     `yaml:"optional" doc:"the request can do without"`
	// Admin marks a second credential that looks the key up. It is never a variable of the
	// deploy: keyfit's own process holds it, under the name that keys.X.admin gives.
	Admin   bool        `yaml:"admin" doc:"a second credential, of keyfit's own process, that looks the key up"`
	Default string      `yaml:"default" doc:"what it is when no variable holds it"`
	Derive  *Derivation `yaml:"derive" doc:"how it follows from the key, or from another part"`

	At strict.Placed `yaml:"-"`
}

// Hosts maps an environment's name, or "default", to a base URL without a trailing slash.
type Hosts map[string]strict.At[string]

// For gives the base URL of an environment; ok is false when none is declared.
func (h Hosts) For(environment string) (base strict.At[string], ok bool) {
	if base, ok = h[environment]; ok {
		return base, true
	}
	base, ok = h["default"]
	return base, ok
}

// Probe is the question that is asked, and what its answers mean.
type Probe struct {
	Effect string `yaml:"effect" enum:"read|issues-token" doc:"what the request does at the vendor; only these two are ever sent"`
	Cost   string `yaml:"cost" enum:"free|metered|unknown" doc:"what a request costs"`
	// Leaves is for what is no change and still not nothing, such as an entry in a log.
	Leaves string `yaml:"leaves" doc:"what a request leaves behind or uses up, in one clause"`
	// Wire is set for what does not speak HTTP: the key is then a URL such as
	// postgres://user:password@host/database, and must lead to a host that is declared.
	Wire    string   `yaml:"wire" enum:"postgres|mysql|redis|mongodb|amqp|nats|smtp" doc:"the protocol of a data store; the key is a URL that leads to one of the hosts, and request is {}"`
	Request Request  `yaml:"request,required" doc:"what is sent"`
	Proves  RungList `yaml:"proves" doc:"the rungs that an accepted answer proves; default: all that its identity supports"`
	// Control asks once per host with a random key, after a real key was accepted, to
	// learn whether the endpoint checks keys at all. Default: once for the user's own
	// APIs, never for the catalogue's.
	Control  string   `yaml:"control" enum:"once|never" doc:"ask once with a random key, to see whether the API checks keys at all"`
	Verdicts []Rule   `yaml:"verdicts" doc:"ordered; the first match wins; no match is 'could not verify'"`
	Identity Identity `yaml:"identity" doc:"where the answer says whose key it is; read from refusals too"`
	Evidence Evidence `yaml:"evidence" doc:"what a vendor's support asks for"`
	// Save keeps parts for the steps of Then, such as a token that was issued.
	Save map[string]*Extract `yaml:"save" doc:"parts that later steps need, taken out of an accepted answer; never shown"`
	Then []Step              `yaml:"then" doc:"further requests, each asked once the one before accepted the key"`

	Pick *Pick         `yaml:"pick" doc:"which item of a list in the answer is the key's own"`
	Step *Step         `yaml:"-"` // which one this is; nil for the first
	At   strict.Placed `yaml:"-"`
}

// Request is one HTTP request. Texts may hold ${NAME}, another variable of the same
// consumer, and $part, another part of the credential.
type Request struct {
	Method  string              `yaml:"method" enum:"GET|HEAD|POST" doc:"default: GET"`
	Path    Template            `yaml:"path" doc:"starts with /; follows the base URL"`
	Auth    Auth                `yaml:"auth" doc:"how the key is sent"`
	Headers map[string]Template `yaml:"headers" doc:"further headers"`
	Query   map[string]Template `yaml:"query" doc:"parameters of the query"`
	JSON    *Body               `yaml:"json" doc:"body, sent as application/json"`
	Form    map[string]Template `yaml:"form" doc:"body, sent as application/x-www-form-urlencoded"`
	Timeout Duration            `yaml:"timeout" doc:"for one attempt; default 10s"`
	// Retry is never for logins that lock after a few failures.
	Retry string `yaml:"retry" enum:"passing|never" doc:"whether what may pass (no connection, 429, 5xx) is tried again; default passing"`

	At strict.Placed `yaml:"-"`
}

// Rule maps answers to a reason.
type Rule struct {
	When   When     `yaml:"when,required" doc:"what the answer must be like"`
	Reason Reason   `yaml:"reason,required" doc:"what it then means"`
	Causes []string `yaml:"causes" doc:"of reason 'ambiguous': what it may be"`
	Says   string   `yaml:"says" doc:"what the vendor means by this answer, in one clause"`
	Needs  *Extract `yaml:"needs" doc:"of a missing permission: where the answer names it"`
	// Proves narrows what an accepted answer of this rule proves.
	Proves RungList `yaml:"proves" doc:"of reason 'ok': the rungs that this answer proves; default: the probe's"`
	// Elsewhere is for answers that may mean another site's key: one that knows it settles it.
	Elsewhere bool `yaml:"elsewhere" doc:"of reason 'ambiguous': ask the other sites or environments too, as after a rejection"`
	// Ask is for an answer whose causes one more request tells apart.
	Ask    string        `yaml:"ask" doc:"of reason 'ambiguous': the further request, one that is asked anyway, that may settle it; it is asked for such answers only"`
	Source string        `yaml:"source" enum:"doc|issue|source|measured|memory" doc:"where the rule is known from"`
	At     strict.Placed `yaml:"-"`
}

// When is a condition on an answer: all of its parts must hold, and at least one stands.
type When struct {
	Status      Statuses         `yaml:"status" doc:"a number, a list, or 4xx"`
	JSON        Fields           `yaml:"json" doc:"conditions on a JSON body, by path"`
	Header      map[string]Match `yaml:"header" doc:"headers, by name"`
	Text        *TextMatch       `yaml:"text" doc:"the body as text; a plain word must be contained in it"`
	ContentType *Match           `yaml:"content-type" doc:"the media type without parameters, in small letters"`
	// Mode limits a rule to keys whose form tells this mode.
	Mode string `yaml:"mode" enum:"test|live" doc:"only for keys whose form tells this mode"`
	// Kind limits a rule to keys of one kind, as the form names it.
	Kind string `yaml:"kind" doc:"only for keys of this kind, as a form names it"`
	// Parts limit a rule by what else the credential consists of: one answer may mean several
	// things, of which the parts leave one.
	Parts map[string]Match `yaml:"parts" doc:"conditions on parts of the credential that are not secret, by role"`
	// Picked limits a rule to answers in whose list the key's own item was found, or was not.
	Picked *bool `yaml:"picked" doc:"whether the list of the answer holds the key's own item"`
}

// Fields are conditions on a JSON body, by path.
type Fields map[Path]Match

// DecodeStrict reads the paths as well as the conditions.
func (f *Fields) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	pairs, _ := r.Pairs(n)
	*f = make(Fields, len(pairs))
	for _, p := range pairs {
		checkPath(r, p.Key, Path(p.Key.Value))
		var m Match
		r.Decode(p.Value, &m)
		(*f)[Path(p.Key.Value)] = m
	}
}

// JSONSchema describes the conditions.
func (f Fields) JSONSchema() map[string]any {
	return map[string]any{"type": "object", "propertyNames": Path("").JSONSchema(), "additionalProperties": Match{}.JSONSchema()}
}

// Identity says where an answer tells whose key it is. Every field is optional.
type Identity struct {
	User    *Extract `yaml:"user" doc:"the principal's id"`
	Name    *Extract `yaml:"name" doc:"the principal's name"`
	Kind    *Extract `yaml:"kind" doc:"person, service, bot, …"`
	Active  *Extract `yaml:"active" doc:"whether the principal is active"`
	Tenant  *Extract `yaml:"tenant" doc:"the tenant"`
	Account *Extract `yaml:"account" doc:"the account, project or organisation"`
	Mode    *Extract `yaml:"mode" doc:"test or live"`
	Scopes  *Extract `yaml:"scopes" doc:"what the key may do"`
	Expires *Extract `yaml:"expires" doc:"when the key expires"`
	Created *Extract `yaml:"created" doc:"when the key was made"`
	Admin   *Extract `yaml:"admin" doc:"whether the key has administrator's rights"`
}

// Evidence says where an answer names itself.
type Evidence struct {
	Code      *Extract `yaml:"code" doc:"the vendor's error code"`
	RequestID *Extract `yaml:"request-id" doc:"what the vendor's support asks for"`
}

// Verified is one source of the facts in a file.
type Verified struct {
	Date   string `yaml:"date,required" doc:"when it was looked up"`
	How    string `yaml:"how,required" enum:"live|doc|spec|source|issue|memory" doc:"how it is known"`
	Source string `yaml:"source,required" doc:"where it stands"`
}

// Vector is one answer with the verdict that it must give.
type Vector struct {
	Name     string            `yaml:"name,required" doc:"what the answer is"`
	Status   int               `yaml:"status,required" doc:"its status"`
	Headers  map[string]string `yaml:"headers" doc:"its headers"`
	Body     string            `yaml:"body" doc:"its body"`
	Kind     string            `yaml:"kind" doc:"the kind of key that was sent, as a form names it"`
	Mode     string            `yaml:"mode" enum:"test|live" doc:"the mode that the key's form tells"`
	Step     string            `yaml:"step" doc:"which request it answers: the id of a step; default: the first"`
	Key      string            `yaml:"key" doc:"the key that was sent, where a step looks it up in a list"`
	Parts    map[string]string `yaml:"parts" doc:"parts of the credential, by role, where a rule looks at them"`
	Reason   Reason            `yaml:"reason,required" doc:"the reason that it must give"`
	Passes   RungList          `yaml:"passes" doc:"the rungs above format that must pass; unchecked when left out"`
	Identity map[string]string `yaml:"identity" doc:"what must be extracted"`
	Needs    string            `yaml:"needs" doc:"the permission that must be named as missing"`
	At       strict.Placed     `yaml:"-"`
}

// SpeaksJSON reports whether every accepted answer of this API is told by its JSON, so
// that an answer without JSON is not the API's own.
func (p *Provider) SpeaksJSON() bool {
	accepting := 0
	for i := range p.Probe.Verdicts {
		rule := &p.Probe.Verdicts[i]
		if rule.Reason != OK {
			continue
		}
		if accepting++; len(rule.When.JSON) == 0 {
			return false
		}
	}
	return accepting > 0
}

// Reads reports whether a rule or an extract looks into a field of this name, wherever
// in the JSON of an answer it stands.
func (p *Provider) Reads(name string) bool {
	for i := range p.Probe.Verdicts {
		rule := &p.Probe.Verdicts[i]
		for path := range rule.When.JSON {
			if path.through(name) {
				return true
			}
		}
		if rule.Needs.reads(name) {
			return true
		}
	}
	id, evidence := &p.Probe.Identity, &p.Probe.Evidence
	return slices.ContainsFunc([]*Extract{
		id.User, id.Name, id.Kind, id.Active, id.Tenant, id.Account, id.Mode, id.Scopes, id.Expires, id.Created, id.Admin,
		evidence.Code, evidence.RequestID,
	}, func(e *Extract) bool { return e.reads(name) })
}
