package provider

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// ownHeaders are set by the connection or by `auth`, never by hand.
var ownHeaders = []string{"host", "content-length", "transfer-encoding", "connection", "cookie", "proxy-authorization", "upgrade"}

func (c *checker) request() {
	r := &c.p.Probe.Request
	if c.p.Probe.Wire != "" {
		if r.Path != "" || r.Auth.Placement() != PlaceMissing {
			c.fail(r.At, "write `request: {}`", "a data store is not asked by HTTP")
		}
		return
	}
	if len(c.p.Hosts)+len(c.p.Sites) == 0 && r.Path == "" && !c.p.Custom {
		return // a provider to be extended: host and path are the user's
	}
	c.path(r)
	c.body(r)
	c.headers(r)
	if message, fix := r.Auth.mistake(); message != "" {
		c.fail(r.At, fix, "%s", message)
	}
	if d := time.Duration(r.Timeout); d > maxTimeout {
		c.fail(r.At, "write at most 60s", "one attempt may not take that long")
	}
	c.usedParts(r)
}

func (c *checker) path(r *Request) {
	path := string(r.Path)
	switch {
	case path == "":
		c.fail(r.At, "add `path:`", "the request has no path")
	case !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//"):
		c.fail(r.At, "begin it with one slash, such as /v1/me", "the path does not start with /")
	case strings.ContainsAny(path, "?#"):
		c.fail(r.At, "write parameters under `query`", "the path holds a query or a fragment")
	case strings.Contains(path+"/", "/../") || strings.ContainsAny(path, "\\ ") || hasControl(path):
		c.fail(r.At, "write the path as the API's documentation has it", "the path is not a plain one")
	}
}

func (c *checker) body(r *Request) {
	hasBody := r.JSON != nil || r.Form != nil || r.Auth.JSON != "" || r.Auth.Form != ""
	asJSON := r.JSON != nil || r.Auth.JSON != ""
	asForm := r.Form != nil || r.Auth.Form != ""
	switch {
	case hasBody && r.Method != "POST":
		c.fail(r.At, "add `method: POST`", "a %s request has no body", r.Method)
	case asJSON && asForm:
		c.fail(r.At, "keep one of `json` and `form`", "a request has one body, JSON or form")
	}
	if r.Auth.JSON == "" {
		return
	}
	var body any
	if r.JSON != nil {
		body = r.JSON.Value
	}
	if _, err := r.Auth.JSON.Set(body, ""); err != nil || r.Auth.JSON == "$" {
		c.fail(r.At, "name a field of the body, such as $.auth.key", "the key has no place in the body")
	}
}

func (c *checker) headers(r *Request) {
	inAuthorization := slices.Contains([]Placement{PlaceScheme, PlaceRaw, PlaceBasic}, r.Auth.Placement())
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		folded := strings.ToLower(name)
		switch {
		case !isToken(name):
			c.fail(r.At, "write it like X-Tenant", "a header's name is not one word")
		case slices.Contains(ownHeaders, folded):
			c.fail(r.At, "leave it out", "the header %s is not set by hand", strict.Name(name))
		case folded == strings.ToLower(r.Auth.Header), folded == "authorization" && inAuthorization:
			c.fail(r.At, "leave it to `auth`", "the header %s is where the key goes", strict.Name(name))
		case hasControl(string(r.Headers[name])):
			c.fail(r.At, "write it on one line", "the header %s holds a character that no header may hold", strict.Name(name))
		}
	}
	if _, taken := r.Query[r.Auth.Query]; taken && r.Auth.Query != "" {
		c.fail(r.At, "leave it to `auth`", "the parameter %s is where the key goes", strict.Name(r.Auth.Query))
	}
	if _, taken := r.Form[r.Auth.Form]; taken && r.Auth.Form != "" {
		c.fail(r.At, "leave it to `auth`", "the field %s is where the key goes", strict.Name(r.Auth.Form))
	}
}

// usedParts checks that every part is declared, and that the key is sent at all: an
// answer to a request without the key says nothing of the key.
func (c *checker) usedParts(r *Request) {
	declared := append(slices.Sorted(maps.Keys(c.p.Parts)), KeyPart)
	if r.Auth.HMAC != nil {
		declared = append(declared, SignedParts...)
	}
	for _, part := range r.Parts() {
		if !slices.Contains(declared, part) {
			c.fail(r.At, "declare it under `parts`; "+nearestOr(part, declared), "the request needs the part %s, which is not declared", strict.Name(part))
		}
	}
	if c.follow {
		return // it carries what the steps before it saved, or a second credential
	}
	if r.Auth.Placement() == PlaceNone && !c.carriesKey(r) {
		c.fail(r.At, "say where the key goes, by `auth` or by $key", "the request does not carry the key")
	}
	if user, password := r.Auth.Basic(); r.Auth.Placement() == PlaceBasic &&
		!slices.Contains(append(user.Parts(), password.Parts()...), KeyPart) {
		c.fail(r.At, "leave one of user and password out, or write $key there", "the request does not carry the key")
	}
}

// carriesKey reports whether a text of the request holds the key, or a part that is made of it.
func (c *checker) carriesKey(r *Request) bool {
	return slices.ContainsFunc(r.Parts(), func(role string) bool { return role == KeyPart || c.p.Parts[role].Derive != nil })
}

// templates lists every text of the request that may need something.
func (r *Request) templates() []Template {
	out := []Template{r.Path, r.Auth.User, r.Auth.Password}
	if s := r.Auth.SigV4; s != nil {
		out = append(out, s.Region, s.ID, s.Session, s.Secret)
	}
	if h := r.Auth.HMAC; h != nil {
		out = append(out, h.Text, h.Value)
		for _, name := range slices.Sorted(maps.Keys(h.Headers)) {
			out = append(out, h.Headers[name])
		}
	}
	for _, texts := range []map[string]Template{r.Headers, r.Query, r.Form} {
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			out = append(out, texts[name])
		}
	}
	return out
}

// Variables lists the other variables that the request needs, in order, each once.
func (r *Request) Variables() []string { return r.needs(Template.Variables, Body.Variables) }

// Parts lists the parts of the credential that the request's texts need, in order,
// each once; "key" among them when a text holds $key.
func (r *Request) Parts() []string { return r.needs(Template.Parts, Body.Parts) }

func (r *Request) needs(ofText func(Template) []string, ofBody func(Body) []string) []string {
	var out []string
	for _, t := range r.templates() {
		out = append(out, ofText(t)...)
	}
	if r.JSON != nil {
		out = append(out, ofBody(*r.JSON)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// notOfAnswers are reasons that no answer can give: they are about what came before.
var notOfAnswers = []Reason{Unresolved, Offline, NotProbeable}

func (c *checker) rules() {
	rules := c.p.Probe.Verdicts
	if !c.settles && !slices.ContainsFunc(rules, func(r Rule) bool { return r.Reason == OK }) {
		at := c.p.Probe.At
		c.fail(at, "add one, such as {when: {status: 200, json: {$.id: {exists: true}}}, reason: ok}", "no rule has the reason ok, so no key could ever pass")
	}
	for i := range rules {
		c.rule(&rules[i])
	}
}

func (c *checker) rule(r *Rule) {
	w := &r.When
	if r.Reason == "" {
		return // reported when it was read
	}
	switch {
	case len(w.Status) == 0 && len(w.JSON) == 0 && len(w.Header) == 0 && w.Text == nil && w.ContentType == nil:
		c.fail(r.At, "add status, json, header, text or content-type", "a rule without a condition holds for every answer")
	case slices.Contains(notOfAnswers, r.Reason):
		c.fail(r.At, "use another reason, or leave the rule out", "%q is nothing that an answer can say", r.Reason)
	case failsKnown(r.Reason) && !w.hasWords():
		c.fail(r.At, "add json, header or text with the vendor's own words; a bare status may come from anything on the way",
			"%q fails a key without the vendor's words", r.Reason)
	case r.Reason == OK && !w.hasWords() && !onlySuccess(w.Status):
		c.fail(r.At, "name a status of 200 to 299, or add json, header or text", "%q accepts a key on a status that is no success", OK)
	}
	if w.Kind != "" && !slices.ContainsFunc(c.p.Forms, func(f Form) bool { return f.Kind == w.Kind }) {
		c.fail(r.At, "name the kind of one of the forms", "a rule is for keys of the kind %s, which no form has", strict.Name(w.Kind))
	}
	c.ruleFields(r)
	c.ruleHeaders(r.At, w)
	c.ruleParts(r.At, w)
}

func (c *checker) ruleParts(at pos.Span, w *When) {
	for _, role := range slices.Sorted(maps.Keys(w.Parts)) {
		if part, declared := c.p.Parts[role]; !declared || part.Secret {
			c.fail(at, "name a part that is declared and not secret", "a rule looks at the part %s, which it may not", strict.Name(role))
		}
	}
}

func (c *checker) ruleFields(r *Rule) {
	if r.Reason == AmbiguousCause && len(r.Causes) == 0 {
		c.fail(r.At, "add `causes: [one, another]`", "%q needs the causes that it may have", r.Reason)
	}
	if len(r.Causes) > 0 && r.Reason.Class() != Unverifiable {
		c.fail(r.At, "leave `causes` out, or use the reason ambiguous", "%q is one cause and has no list of causes", r.Reason)
	}
	if len(r.Proves) > 0 && r.Reason != OK {
		c.fail(r.At, "leave it out: the reason tells the rungs", `"proves" goes with the reason ok only`)
	}
	if r.Elsewhere && r.Reason != AmbiguousCause {
		c.fail(r.At, "leave it out", `"elsewhere" goes with the reason ambiguous only`)
	}
	if r.Ask != "" && (r.Reason != AmbiguousCause || !slices.ContainsFunc(c.p.Probe.Then, func(s Step) bool { return s.ID == r.Ask && s.Anyway })) {
		c.fail(r.At, "name a step with `anyway: true`", `"ask" goes with the reason ambiguous only, and names a step that is asked anyway`)
	}
	if rung, _ := r.Reason.FailedRung(); r.Needs != nil && rung != Authorised {
		c.fail(r.At, "leave it out", `"needs" goes with a missing permission only`)
	}
}

func (c *checker) ruleHeaders(at pos.Span, w *When) {
	for _, name := range slices.Sorted(maps.Keys(w.Header)) {
		switch {
		case strings.EqualFold(name, "content-type"):
			c.fail(at, "write it under `content-type`", "the media type is not a header of the vendor's own")
		case !isToken(name):
			c.fail(at, "write it like X-Reason", "a header's name is not one word")
		}
	}
}

// failsKnown reports whether a reason says that the API does not take the key at all.
func failsKnown(r Reason) bool {
	rung, refused := r.FailedRung()
	return (refused && rung <= KnownKey) || r == EnvMismatch || r == RegionMismatch
}

// anyonesHeaders are on answers of proxies and load balancers as well: that they are
// there says nothing.
var anyonesHeaders = []string{
	"date", "server", "via", "connection", "content-length", "content-type", "content-encoding", "cache-control",
	"transfer-encoding", "vary", "etag", "keep-alive", "age", "expires", "pragma", "location", "set-cookie", "www-authenticate",
	"proxy-authenticate", "retry-after", "strict-transport-security", "x-powered-by", "x-cache", "x-request-id", "x-frame-options",
	"x-content-type-options", "cf-ray", "alt-svc", "x-amzn-requestid", "x-amz-cf-id", "x-forwarded-for", "allow",
}

// hasWords reports whether a condition can hold only for words of the vendor's own.
func (w *When) hasWords() bool {
	for path, m := range w.JSON {
		if !m.isAbsence() && (path != "$" || m.Exists == nil) {
			return true
		}
	}
	for name, m := range w.Header {
		bare := m.Exists != nil || m.Text("", true)
		if !m.isAbsence() && !(bare && slices.Contains(anyonesHeaders, strings.ToLower(name))) {
			return true
		}
	}
	return w.Text != nil && !w.Text.isAbsence() && !w.Text.Match.Text("", true)
}

func (m Match) isAbsence() bool { return m.Exists != nil && !*m.Exists }

func onlySuccess(s Statuses) bool {
	for _, r := range s {
		if r.First < 200 || r.Last > 299 {
			return false
		}
	}
	return len(s) > 0
}
