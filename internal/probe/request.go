package probe

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/icholy/digest"
	"golang.org/x/net/http/httpguts"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
)

// request is one HTTP request with everything filled in.
type request struct {
	method  string
	url     *url.URL
	header  http.Header
	body    []byte
	shown   string // the path as a report may show it
	timeout time.Duration
	aside   bool // a control: made once, and never in the way of the real requests

	signer signer          // signs each attempt anew; nil for a request without a signature
	login  *digest.Options // of HTTP digest; nil for any other
}

// obstacle is why a question is not sent.
type obstacle struct {
	reason provider.Reason
	says   string
}

// renderer fills one question into its provider's request for one base URL.
type renderer struct {
	provider *provider.Provider
	parts    map[string]string // the key under provider.KeyPart
	names    map[string]string // variables
	missing  []string
	now      func() time.Time
}

// render makes the request, or says why there is none.
func render(q *Question, base *url.URL, now func() time.Time) (*request, *obstacle) {
	return newRenderer(q, q.Key.Reveal(), now).request(base)
}

func newRenderer(q *Question, key string, now func() time.Time) *renderer {
	r := &renderer{provider: q.Provider, now: now, parts: map[string]string{}, names: map[string]string{}}
	for role, text := range q.Parts {
		r.parts[role] = text.Reveal()
	}
	for name, text := range q.Variables {
		r.names[name] = text.Reveal()
	}
	r.parts[provider.KeyPart] = key
	part := q.Provider.PartsOf(r.parts, now())
	derived := map[string]string{}
	for role, p := range q.Provider.Parts {
		if text, ok := part(role); ok && (p.Derive != nil || p.Default != "") {
			derived[role] = text
		}
	}
	maps.Copy(r.parts, derived)
	return r
}

func (r *renderer) request(base *url.URL) (*request, *obstacle) {
	spec := r.provider.Probe.Request
	out := &request{method: spec.Method, header: http.Header{}, timeout: time.Duration(spec.Timeout)}
	if out.method == "" {
		out.method = http.MethodGet
	}
	out.header.Set("Accept", "application/json")
	r.headers(out.header)
	query := r.values(spec.Query)
	r.authorise(out.header, query)
	target := r.target(base, query)
	body, contentType := r.body()
	if out.body = body; contentType != "" {
		out.header.Set("Content-Type", contentType)
	}
	out.signer, out.login = r.signer(), r.login()
	if o := r.obstacle(); o != nil {
		return nil, o
	}
	var err error
	if out.url, err = url.Parse(target); err != nil || !sameHost(out.url, base) || hasDots(out.url) {
		return nil, &obstacle{provider.Unresolved, "the variables that go into the path do not make a path"}
	}
	out.shown = r.shownPath(base)
	for name, values := range out.header {
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(values[0]) {
			return nil, &obstacle{provider.Unresolved, fmt.Sprintf("what goes into the header %q holds a line break or another control character", name)}
		}
	}
	return out, nil
}

// obstacle tells what is missing.
func (r *renderer) obstacle() *obstacle {
	slices.Sort(r.missing)
	if len(r.missing) == 0 {
		return nil
	}
	text := "the request needs " + described(r.missing) + ", and what that holds is not known"
	if set := r.settable(); len(set) > 0 {
		text += " (set " + listed(set) + ")"
	}
	return &obstacle{provider.Unresolved, text}
}

// settable lists the variables that would supply what is missing, each once. For a part
// that is the first of its usual names that is written out.
func (r *renderer) settable() []string {
	var out []string
	for _, name := range r.missing {
		if role, ok := strings.CutPrefix(name, "$"); ok {
			names := r.namesOf(role)
			i := slices.IndexFunc(names, func(name string) bool { return !strings.Contains(name, "*") })
			if i < 0 {
				continue
			}
			name = names[i]
		}
		if isVariable(name) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// namesOf lists the usual names of a part; of one that is made of another part, that one's too.
func (r *renderer) namesOf(role string) []string {
	part := r.provider.Parts[role]
	if part.Derive == nil || part.Derive.From == "" {
		return part.Names
	}
	return slices.Concat(part.Names, r.provider.Parts[part.Derive.From].Names)
}

// isVariable tells a variable's name from a description such as "a body that is JSON".
func isVariable(name string) bool { return name != "" && !strings.Contains(name, " ") }

// described names variables, and parts that are written $name in templates.
func described(names []string) string {
	var out []string
	for _, name := range slices.Compact(names) {
		if role, ok := strings.CutPrefix(name, "$"); ok {
			name = fmt.Sprintf("the part %q", role)
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

// expand fills in a template; every value passes through escape first. ok is false when
// something is missing. An empty text is as good as none: no request can use it.
func (r *renderer) expand(t provider.Template, escape func(string) string) (text string, ok bool) {
	lookup := func(from map[string]string) func(string) (string, bool) {
		return func(name string) (string, bool) { return escape(from[name]), from[name] != "" }
	}
	text, missing := t.Expand(lookup(r.names), lookup(r.parts))
	return text, len(missing) == 0
}

// need fills in a template that the request cannot do without.
func (r *renderer) need(t provider.Template, escape func(string) string) string {
	text, ok := r.expand(t, escape)
	if !ok {
		r.lack(t)
	}
	return text
}

func (r *renderer) lack(t provider.Template) {
	for _, name := range t.Variables() {
		if r.names[name] == "" {
			r.missing = append(r.missing, name)
		}
	}
	for _, role := range t.Parts() {
		if r.parts[role] == "" {
			r.missing = append(r.missing, "$"+role)
		}
	}
}

// offer fills in a template that is left out when nothing but optional parts are missing.
func (r *renderer) offer(t provider.Template) (string, bool) {
	text, ok := r.expand(t, asIs)
	if ok {
		return text, true
	}
	optional := !slices.ContainsFunc(t.Variables(), func(name string) bool { return r.names[name] == "" })
	for _, role := range t.Parts() {
		optional = optional && (r.parts[role] != "" || r.provider.Parts[role].Optional)
	}
	if !optional {
		r.lack(t)
	}
	return "", false
}

func (r *renderer) headers(h http.Header) {
	for _, name := range slices.Sorted(maps.Keys(r.provider.Probe.Request.Headers)) {
		if text, ok := r.offer(r.provider.Probe.Request.Headers[name]); ok {
			h.Set(name, text)
		}
	}
}

func (r *renderer) values(templates map[string]provider.Template) url.Values {
	out := url.Values{}
	for _, name := range slices.Sorted(maps.Keys(templates)) {
		if text, ok := r.offer(templates[name]); ok {
			out.Set(name, text)
		}
	}
	return out
}

// authorise puts the key where the provider wants it. Keys in bodies are [renderer.body]'s.
func (r *renderer) authorise(h http.Header, query url.Values) {
	auth := r.provider.Probe.Request.Auth
	key := "$" + provider.Template(provider.KeyPart)
	switch auth.Placement() {
	case provider.PlaceScheme:
		h.Set("Authorization", auth.Word()+" "+r.need(key, asIs))
	case provider.PlaceRaw:
		h.Set("Authorization", r.need(key, asIs))
	case provider.PlaceBasic:
		h.Set("Authorization", "Basic "+r.basic(auth))
	case provider.PlaceHeader:
		h.Set(auth.Header, auth.Prefix+r.need(key, asIs))
	case provider.PlaceQuery:
		query.Set(auth.Query, r.need(key, asIs))
	}
}

func (r *renderer) basic(auth provider.Auth) string {
	user, password := auth.Basic()
	return base64.StdEncoding.EncodeToString([]byte(r.need(user, asIs) + ":" + r.need(password, asIs)))
}

// target puts base, path and query together. Values are escaped as one segment each, so
// that none can reach another path, and the base comes first, so that none can reach
// another host.
func (r *renderer) target(base *url.URL, query url.Values) string {
	path, fixed, _ := strings.Cut(string(r.provider.Probe.Request.Path), "?")
	target := strings.TrimSuffix(base.String(), "/") + "/" + strings.TrimPrefix(r.need(provider.Template(path), url.PathEscape), "/")
	pieces := []string{r.need(provider.Template(fixed), url.QueryEscape), query.Encode()}
	pieces = slices.DeleteFunc(pieces, func(p string) bool { return p == "" })
	if len(pieces) > 0 {
		target += "?" + strings.Join(pieces, "&")
	}
	return target
}

// shownPath is the path with everything secret taken out.
func (r *renderer) shownPath(base *url.URL) string {
	path, _, _ := strings.Cut(string(r.provider.Probe.Request.Path), "?")
	text, _ := provider.Template(path).Expand(
		func(name string) (string, bool) { return url.PathEscape(r.names[name]), true },
		func(role string) (string, bool) {
			if isSecret(r.provider, role) {
				return secret.Redacted, true
			}
			return url.PathEscape(r.parts[role]), true
		})
	return strings.TrimSuffix(base.EscapedPath(), "/") + "/" + strings.TrimPrefix(text, "/")
}

// isSecret reports whether a part must not be shown: the key, what is declared secret,
// and what is not declared at all.
func isSecret(p *provider.Provider, role string) bool {
	part, declared := p.Parts[role]
	return role == provider.KeyPart || !declared || part.Secret
}

func (r *renderer) body() (data []byte, contentType string) {
	spec := r.provider.Probe.Request
	key := "$" + provider.Template(provider.KeyPart)
	switch {
	case spec.JSON != nil || spec.Auth.Placement() == provider.PlaceJSON:
		var doc any = map[string]any{}
		if spec.JSON != nil {
			doc = r.document(spec.JSON)
		}
		if spec.Auth.Placement() == provider.PlaceJSON {
			var err error
			if doc, err = spec.Auth.JSON.Set(doc, r.need(key, asIs)); err != nil {
				r.missing = append(r.missing, "a place for the key in the body")
			}
		}
		data, err := json.Marshal(doc)
		if err != nil {
			r.missing = append(r.missing, "a body that is JSON")
		}
		return data, "application/json"
	case len(spec.Form) > 0 || spec.Auth.Placement() == provider.PlaceForm:
		form := r.values(spec.Form)
		if spec.Auth.Placement() == provider.PlaceForm {
			form.Set(spec.Auth.Form, r.need(key, asIs))
		}
		return []byte(form.Encode()), "application/x-www-form-urlencoded"
	}
	return nil, ""
}

func (r *renderer) document(body *provider.Body) any {
	lookup := func(from map[string]string) func(string) (string, bool) {
		return func(name string) (string, bool) { return from[name], from[name] != "" }
	}
	doc, missing := body.Expand(lookup(r.names), lookup(r.parts))
	r.missing = append(r.missing, missing...)
	return doc
}

func asIs(text string) string { return text }

func isControl(c rune) bool { return c < ' ' || c == 0x7f }

// sameHost reports whether a URL still leads where its base does.
func sameHost(u, base *url.URL) bool {
	return u.Scheme == base.Scheme && u.Host == base.Host && u.User == nil && u.Fragment == ""
}

// hasDots reports whether a segment of the path would climb, be it only after a server
// on the way decodes it.
func hasDots(u *url.URL) bool {
	slash := func(c rune) bool { return c == '/' || c == '\\' }
	return slices.ContainsFunc(strings.FieldsFunc(u.Path, slash), func(segment string) bool {
		return segment == "." || segment == ".."
	})
}

// identifier tells requests apart without keeping their texts: what is asked once is not
// asked again.
type identifier [sha256.Size]byte

func (r *request) digest(provider string) identifier {
	h := sha256.New()
	if r.signer != nil {
		fmt.Fprintf(h, "%q", r.signer.texts())
	}
	if r.login != nil {
		fmt.Fprintf(h, "%q%q", r.login.Username, r.login.Password)
	}
	for _, piece := range []string{provider, r.method, r.url.String(), string(r.body)} {
		fmt.Fprintf(h, "%d:%s", len(piece), piece)
	}
	for _, name := range slices.Sorted(maps.Keys(r.header)) {
		fmt.Fprintf(h, "%d:%s%q", len(name), name, r.header[name])
	}
	return identifier(h.Sum(nil))
}

// build makes a request for the wire. It asks for the plain text of the answer, keeps
// no cookies and names no referrer.
func (r *request) build(ctx context.Context, userAgent string) *http.Request {
	req := &http.Request{
		Method: r.method, URL: r.url, Host: r.url.Host, Header: r.header.Clone(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", userAgent)
	}
	req.Header.Set("Accept-Encoding", "identity")
	if r.body != nil {
		req.ContentLength = int64(len(r.body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.body)), nil }
		req.Body, _ = req.GetBody()
	}
	if r.signer != nil {
		r.signer.sign(req, r.body)
	}
	return req.WithContext(ctx)
}
