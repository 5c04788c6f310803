// Package provider is the catalogue: what a key of each API looks like, where it may
// be sent, what is asked, and what the answers mean.
//
// A provider is data. The built-in ones are the files in catalogue/, one each; the
// user's own stand in keyfit.yaml in the same language. Loading is strict, and a rule
// that would call a key unknown, revoked or expired on a bare status does not load:
// only the vendor's own words can fail a key.
package provider

import (
	"regexp"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// Provider is one API that keys belong to.
type Provider struct {
	ID   string `yaml:"id" doc:"identifier, as used under keys.X.provider"`
	Name string `yaml:"name" doc:"the name that people know"`
	Docs string `yaml:"docs" doc:"the vendor's page about authentication"`

	// Names are globs of variable names that usually hold such a key. A match by name
	// is weaker than one by form.
	Names []string `yaml:"names" doc:"names of variables that usually hold this key; * stands for any text"`
	Forms []Form   `yaml:"forms" doc:"what a key looks like; the first match wins"`
	// Parts are the further pieces of a credential, by role; the key itself is "key".
	Parts map[string]Part `yaml:"parts" doc:"further pieces of the credential, such as a client id, by role"`

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
	// Refuse says why a key of this kind is not sent anywhere; the slot is then
	// not_probeable, or key_kind_wrong when Wrong is set.
	Refuse string `yaml:"refuse" doc:"why a key of this kind is never sent"`
	Wrong  bool   `yaml:"wrong" doc:"no application should receive a key of this kind"`
	Admin  bool   `yaml:"admin" doc:"a key with more rights than an application should hold"`
}

// Part is one further piece of a credential.
type Part struct {
	Names    []string `yaml:"names" doc:"names of variables that usually hold it"`
	Pattern  Pattern  `yaml:"pattern" doc:"regular expression that the whole text matches"`
	Secret   bool     `yaml:"secret" doc:"must not be shown"`
	Optional bool     `yaml:"optional" doc:"the request can do without"`
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
	Effect  string   `yaml:"effect" enum:"read|issues-token" doc:"what the request does at the vendor; only these two are ever sent"`
	Cost    string   `yaml:"cost" enum:"free|metered|unknown"`
	Request Request  `yaml:"request,required"`
	Proves  []string `yaml:"proves" enum:"known|linked|active|authorised" doc:"the rungs that an accepted answer proves; default: all that its identity supports"`
	// Control asks once per host with a random key, after a real key was accepted, to
	// learn whether the endpoint checks keys at all. Default: once for the user's own
	// APIs, never for the catalogue's.
	Control  string   `yaml:"control" enum:"once|never" doc:"ask once with a random key, to see whether the API checks keys at all"`
	Verdicts []Rule   `yaml:"verdicts,required" doc:"ordered; the first match wins; no match is 'could not verify'"`
	Identity Identity `yaml:"identity" doc:"where the answer says whose key it is; read from refusals too"`
	Evidence Evidence `yaml:"evidence" doc:"what a vendor's support asks for"`
}

// Request is one HTTP request. Texts may hold ${NAME}, another variable of the same
// consumer, and $part, another part of the credential.
type Request struct {
	Method  string              `yaml:"method" enum:"GET|HEAD|POST"`
	Path    Template            `yaml:"path,required"`
	Auth    Auth                `yaml:"auth"`
	Headers map[string]Template `yaml:"headers"`
	Query   map[string]Template `yaml:"query"`
	JSON    *Body               `yaml:"json" doc:"body, sent as application/json"`
	Form    map[string]Template `yaml:"form" doc:"body, sent as application/x-www-form-urlencoded"`
	Timeout Duration            `yaml:"timeout" doc:"for one attempt; default 10s"`
}

// Auth says where the key goes.
//
//	{scheme: bearer}                   Authorization: Bearer KEY
//	{scheme: token}                    Authorization: token KEY; any other word likewise
//	{scheme: raw}                      Authorization: KEY
//	{scheme: basic}                    KEY as the user, no password
//	{scheme: basic, user: "$id"}       a part as the user, KEY as the password
//	{scheme: basic, password: "$pw"}   KEY as the user, a part as the password
//	{header: X-Api-Key}                that header, with prefix before KEY
//	{query: key}                       that query parameter
//	{json: $.auth.key}                 that field of the JSON body
//	{form: key}                        that field of the form body
//	{scheme: none}                     not at all
type Auth struct {
	Scheme   string   `yaml:"scheme"`
	User     Template `yaml:"user"`
	Password Template `yaml:"password"`
	Header   string   `yaml:"header"`
	Prefix   string   `yaml:"prefix"`
	Query    string   `yaml:"query"`
	JSON     Path     `yaml:"json"`
	Form     string   `yaml:"form"`
}

// Rule maps answers to a reason.
type Rule struct {
	When   When          `yaml:"when,required"`
	Reason Reason        `yaml:"reason,required"`
	Causes []string      `yaml:"causes" doc:"of reason 'ambiguous': what it may be"`
	Says   string        `yaml:"says" doc:"what the vendor means by this answer, in one clause"`
	Needs  *Extract      `yaml:"needs" doc:"of a missing permission: where the answer names it"`
	Source string        `yaml:"source" enum:"doc|issue|source|measured|memory" doc:"where the rule is known from"`
	At     strict.Placed `yaml:"-"`
}

// When is a condition on an answer: all of its parts must hold, and at least one stands.
type When struct {
	Status      Statuses         `yaml:"status" doc:"a number, a list, or 4xx"`
	JSON        map[Path]Match   `yaml:"json"`
	Header      map[string]Match `yaml:"header"`
	Text        *Match           `yaml:"text" doc:"the body as text; a plain word must be contained in it"`
	ContentType *Match           `yaml:"content-type"`
}

// Match is a condition on one text or JSON value. Exactly one of its parts is set; a
// plain scalar in the file is Equals (Contains for a body's text).
type Match struct {
	Equals   any // string, bool, int, float64; nil is JSON's null when HasEquals
	HasEqual bool
	Exists   *bool
	In       []any
	Prefix   *string
	Contains *string
	Regex    *regexp.Regexp
	GT, LT   *float64
}

// Identity says where an answer tells whose key it is. Every field is optional.
type Identity struct {
	User    *Extract `yaml:"user" doc:"the principal's id"`
	Name    *Extract `yaml:"name" doc:"the principal's name"`
	Kind    *Extract `yaml:"kind" doc:"person, service, bot, …"`
	Active  *Extract `yaml:"active" doc:"whether the principal is active"`
	Tenant  *Extract `yaml:"tenant"`
	Account *Extract `yaml:"account"`
	Mode    *Extract `yaml:"mode" doc:"test or live"`
	Scopes  *Extract `yaml:"scopes"`
	Expires *Extract `yaml:"expires"`
	Created *Extract `yaml:"created"`
	Admin   *Extract `yaml:"admin" doc:"whether the key has administrator's rights"`
}

// Evidence says where an answer names itself.
type Evidence struct {
	Code      *Extract `yaml:"code" doc:"the vendor's error code"`
	RequestID *Extract `yaml:"request-id"`
}

// Extract reads one piece out of an answer. In the file, a plain text such as
// $.user.id is a JSON path.
type Extract struct {
	JSON   Path           `yaml:"json"`
	Header string         `yaml:"header"`
	Const  string         `yaml:"const" doc:"this text, when the answer was accepted"`
	Regex  *regexp.Regexp `yaml:"regex" doc:"the first group is taken"`
	Split  string         `yaml:"split" doc:"a list in one text, separated by this"`
	// In turns the piece into yes or no: whether it is one of these texts.
	In  []string          `yaml:"in"`
	Map map[string]string `yaml:"map" doc:"translates the vendor's words"`
}

// Verified is one source of the facts in a file.
type Verified struct {
	Date   string `yaml:"date,required"`
	How    string `yaml:"how,required" enum:"live|doc|spec|source|issue|memory"`
	Source string `yaml:"source,required"`
}

// Vector is one answer with the verdict that it must give.
type Vector struct {
	Name     string            `yaml:"name,required"`
	Status   int               `yaml:"status,required"`
	Headers  map[string]string `yaml:"headers"`
	Body     string            `yaml:"body"`
	Reason   Reason            `yaml:"reason,required"`
	Identity map[string]string `yaml:"identity" doc:"what must be extracted"`
	Needs    string            `yaml:"needs"`
}

// Pattern is an anchored regular expression: it must match the whole text.
type Pattern struct{ re *regexp.Regexp }

// Match reports whether the whole text has this form. The zero Pattern matches everything.
func (p Pattern) Match(text string) bool { return p.re == nil || p.re.MatchString(text) }

// DecodeStrict compiles the expression and anchors it at both ends.
func (p *Pattern) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	var text string
	r.Decode(n, &text)
	re, err := regexp.Compile(`\A(?:` + text + `)\z`)
	if err != nil {
		r.Fail(n, "write it in RE2 syntax", "is not a regular expression")
		return
	}
	p.re = re
}
