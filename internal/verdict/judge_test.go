package verdict

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/strict"
)

// own reads a provider of the user's.
func own(t testing.TB, text string) *provider.Provider {
	t.Helper()
	p := &provider.Provider{}
	problems := strict.Decode("keyfit.yaml", []byte(text), p)
	problems = append(problems, p.Adopt("gateway", pos.Span{}, provider.Catalogue())...)
	for _, problem := range problems {
		t.Fatalf("%s: %s", problem.At, problem.Message)
	}
	return p
}

// gateway is the contract's own example, and more.
const gateway = `
hosts: {staging: https://payments.staging.example.com, production: https://payments.example.com}
probe:
  request:
    method: POST
    path: /path
    auth: {scheme: bearer}
    headers: {X-Tenant: "${TENANT_ID}"}
    json: {query: {userId: "${PAYMENT_USER_ID}"}}
  verdicts:
    - {when: {status: 200, json: {$.user.id: {exists: true}}}, reason: ok}
    - {when: {status: 401, json: {$.error.code: key_revoked}}, reason: key_revoked, says: it was revoked}
    - {when: {status: 401, json: {$.error.code: {in: [key_unknown, no_such_key]}}}, reason: key_unknown}
    - {when: {status: [403, 404], header: {X-Reason: {prefix: "user"}}}, reason: owner_disabled}
    - {when: {status: 403, json: {$.error.code: forbidden}}, reason: scope_missing, needs: $.error.required}
    - {when: {status: 403, json: {$.error.code: wrong_tenant}}, reason: tenant_mismatch}
    - {when: {status: 403, json: {$.error.code: wrong_env}}, reason: env_mismatch}
    - {when: {status: 410, text: gone for good}, reason: account_suspended}
    - {when: {status: 402}, reason: billing_inactive}
  identity: {user: $.user.id, name: $.user.name, kind: $.user.kind, active: $.user.active, tenant: $.tenant_id, account: $.account, mode: $.mode, scopes: $.scopes, expires: $.expires_at, created: $.created, admin: $.user.admin}
  evidence: {code: $.error.code, request-id: {header: X-Request-Id}}
`

// rungs writes the five answers as five letters.
func rungs(v Verdict) string {
	var b strings.Builder
	for _, a := range v.Rungs {
		b.WriteByte("-PF"[a])
	}
	return b.String()
}

func js(status int, body string) Response {
	return Response{Status: status, Header: ctype("application/json"), Body: []byte(body)}
}

func with(r Response, name, value string) Response {
	r.Header = map[string][]string{name: {value}, "Content-Type": r.Header["Content-Type"]}
	return r
}

func TestJudge(t *testing.T) {
	p := own(t, gateway)
	plain := func(status int, media, body string) Response {
		return Response{Status: status, Header: ctype(media), Body: []byte(body)}
	}
	for _, c := range []struct {
		name   string
		r      Response
		reason provider.Reason
		rungs  string
	}{
		{"accepted", js(200, `{"user":{"id":"u1","active":true}}`), "ok", "PPPPP"},
		{"active is not told", js(200, `{"user":{"id":"u1"}}`), "ok", "PPP-P"},
		{"active is no yes or no", js(200, `{"user":{"id":"u1","active":"perhaps"}}`), "ok", "PPP-P"},
		{"not active", js(200, `{"user":{"id":"u1","active":false}}`), "owner_disabled", "PPPF-"},
		{"no owner is told", js(200, `{"user":{"id":"","active":true}}`), "ok", "PP-PP"},
		{"an owner by tenant", js(200, `{"user":{"id":"","active":true},"tenant_id":"t"}`), "ok", "PPPPP"},
		{"revoked", js(401, `{"error":{"code":"key_revoked"}}`), "key_revoked", "PF---"},
		{"unknown", js(401, `{"error":{"code":"no_such_key"}}`), "key_unknown", "PF---"},
		{"by header", with(js(403, `{}`), "x-reason", "user disabled"), "owner_disabled", "PPPF-"},
		{"by header on 404", with(js(404, ``), "X-REASON", "user gone"), "owner_disabled", "PPPF-"},
		{"by header on a page", with(plain(403, "text/html", "<html>"), "X-Reason", "user x"), "owner_disabled", "PPPF-"},
		{"header of another text", with(js(403, `{}`), "X-Reason", "a user"), "ambiguous", "-----"},
		{"scope", js(403, `{"error":{"code":"forbidden","required":"charges:write"}}`), "scope_missing", "PPPPF"},
		{"tenant", js(403, `{"error":{"code":"wrong_tenant"}}`), "tenant_mismatch", "PP---"},
		{"environment", js(403, `{"error":{"code":"wrong_env"}}`), "env_mismatch", "PF---"},
		{"text", plain(410, "text/plain", "It is gone for good."), "account_suspended", "PPPF-"},
		{"text under a media type for pages, and no page", plain(410, "text/html", "gone for good"), "account_suspended", "PPPF-"},
		{"text inside a page", plain(410, "text/html", "<html>gone for good</html>"), "intermediary", "-----"},
		{"text inside an undeclared page", plain(410, "", "<!doctype html><p>gone for good"), "intermediary", "-----"},
		{"bare status that a rule names", js(402, `{"any":1}`), "billing_inactive", "PPPF-"},
		{"bare status without a body", Response{Status: 402}, "billing_inactive", "PPPF-"},
		{"bare status of a page", page(402), "intermediary", "-----"},
		{"bare status in somebody's words", plain(402, "text/plain", "pay here"), "ambiguous", "-----"},
		{"bare 401", Response{Status: 401}, "ambiguous", "-----"},
		{"401 in plain words", plain(401, "text/plain", "nope"), "ambiguous", "-----"},
		{"JSON under a media type for pages", plain(200, "text/html", `{"user":{"id":"u1","active":true}}`), "ok", "PPPPP"},
		{"JSON without a media type", Response{Status: 200, Body: []byte("\ufeff {\"user\":{\"id\":\"u1\",\"active\":true}}\n")}, "ok", "PPPPP"},
		{"a captive portal", page(200), "intermediary", "-----"},
		{"an empty success", js(200, ``), "intermediary", "-----"},
		{"success of another API", js(200, `{"status":"ok"}`), "ambiguous", "-----"},
		{"a quoted word", js(200, `"ok"`), "intermediary", "-----"},
		{"cut", Response{Status: 200, Body: []byte(`{"user":{"id":"u1"}}`), Truncated: true}, "ambiguous", "-----"},
		{"cut text", Response{Status: 410, Body: []byte("gone for good"), Truncated: true}, "ambiguous", "-----"},
		{"redirect", with(js(302, ``), "Location", "https://login.example.com"), "intermediary", "-----"},
		{"proxy", Response{Status: 407}, "network_proxy", "-----"},
		{"limit", js(429, `{"error":{"code":"slow"}}`), "rate_limited", "-----"},
		{"down", page(503), "provider_down", "-----"},
	} {
		got := Judge(p, nil, c.r)
		if got.Reason != c.reason || rungs(got) != c.rungs {
			t.Errorf("%s: got %s %s, want %s %s", c.name, got.Reason, rungs(got), c.reason, c.rungs)
		}
		if got.Evidence.Status != c.r.Status {
			t.Errorf("%s: status %d", c.name, got.Evidence.Status)
		}
		consistent(t, got)
	}
}

func TestWhatIsTold(t *testing.T) {
	p := own(t, gateway)
	yes, no := true, false
	got := Judge(p, nil, with(js(200, `{"user":{"id":4217,"name":" Jane\u001b[31m ","kind":"person","active":true,"admin":true},
		"tenant_id":"t1","account":"a1","mode":"test","scopes":"charges:write charges:read","expires_at":"2027-01-31T10:00:00+02:00","created":1767225600}`), "X-Request-Id", "req_1"))
	want := Identity{User: "4217", Name: "Jane[31m", Kind: "person", Active: &yes, Tenant: "t1", Account: "a1", Mode: "test",
		Scopes: []string{"charges:write", "charges:read"}, Expires: time.Date(2027, 1, 31, 8, 0, 0, 0, time.UTC), Created: time.Unix(1767225600, 0).UTC(), Admin: true}
	if diff := cmp.Diff(want, got.Identity); diff != "" {
		t.Error(diff)
	}
	if got.Evidence.RequestID != "req_1" || got.Evidence.Code != "" {
		t.Errorf("evidence %+v", got.Evidence)
	}
	refused := Judge(p, nil, js(401, `{"error":{"code":"key_revoked"},"user":{"id":"u9","active":false},"scopes":["a",7,null,"b"]}`))
	if diff := cmp.Diff(Identity{User: "u9", Active: &no, Scopes: []string{"a", "7", "b"}}, refused.Identity); diff != "" {
		t.Error(diff)
	}
	if refused.Says != "it was revoked" || refused.Evidence.Code != "key_revoked" {
		t.Errorf("says %q, code %q", refused.Says, refused.Evidence.Code)
	}
	scope := Judge(p, nil, js(403, `{"error":{"code":"forbidden","required":"charges:write"}}`))
	if scope.Needs != "charges:write" {
		t.Errorf("needs %q", scope.Needs)
	}
	unsure := Judge(p, nil, js(403, `{"user":{"id":"somebody"}}`))
	if !unsure.Identity.IsZero() || len(unsure.Causes) == 0 {
		t.Errorf("an answer that nobody knows tells %+v, causes %v", unsure.Identity, unsure.Causes)
	}
	long := Judge(p, nil, js(200, `{"user":{"id":"`+strings.Repeat("u", 5000)+`","active":true}}`))
	if len(long.Identity.User) != maxText {
		t.Errorf("a text of %d characters was kept", len(long.Identity.User))
	}
}

// TestProves goes through what may narrow an accepted answer.
func TestProves(t *testing.T) {
	const head = "hosts: {default: https://a.example}\nprobe:\n  request: {path: /, auth: {scheme: bearer}}\n"
	for _, c := range []struct{ text, want string }{
		{head + "  verdicts: [{when: {status: 200}, reason: ok}]", "PPPPP"},
		{head + "  proves: [known]\n  verdicts: [{when: {status: 200}, reason: ok}]", "PP---"},
		{head + "  proves: [known, active]\n  verdicts: [{when: {status: 200}, reason: ok}]", "PP-P-"},
		{head + "  proves: [known, linked, active]\n  verdicts: [{when: {status: 200}, reason: ok, proves: [linked]}]", "PPP--"},
		{head + "  proves: [known, linked]\n  identity: {account: $.nope}\n  verdicts: [{when: {status: 200}, reason: ok}]", "PP---"},
		{head + "  identity: {active: $.nope}\n  verdicts: [{when: {status: 200}, reason: ok}]", "PPP-P"},
		{head + "  proves: []\n  verdicts: [{when: {status: 200}, reason: ok}]", "PP---"},
	} {
		if got := Judge(own(t, c.text), nil, js(200, `{"a":1}`)); rungs(got) != c.want {
			t.Errorf("%s: got %s, want %s", c.text, rungs(got), c.want)
		}
	}
	builtin := own(t, head+"  identity: {account: $.a, active: $.b}\n  verdicts: [{when: {status: 200}, reason: ok}]")
	builtin.Custom = false
	if got := Judge(builtin, nil, js(200, `{"a":"x","b":true}`)); rungs(got) != "PPPP-" {
		t.Errorf("a provider of the catalogue proves %s", rungs(got))
	}
}

func TestModeAndKind(t *testing.T) {
	p := own(t, "forms: [{pattern: 'live_[a-z]+', kind: root, mode: live}]\nhosts: {default: https://a.example}\nprobe:\n  request: {path: /, auth: {scheme: bearer}}\n"+
		"  verdicts: [{when: {status: 200, mode: live, kind: root}, reason: ok}, {when: {status: 200, mode: test}, reason: rate_limited}]")
	for _, c := range []struct {
		form *provider.Form
		want provider.Reason
	}{
		{&provider.Form{Mode: "live", Kind: "root"}, "ok"}, {&provider.Form{Mode: "test", Kind: "root"}, "rate_limited"}, {&provider.Form{Mode: "live"}, "ambiguous"}, {nil, "ambiguous"},
	} {
		if got := Judge(p, c.form, js(200, `{}`)); got.Reason != c.want {
			t.Errorf("%+v: got %s, want %s", c.form, got.Reason, c.want)
		}
	}
}

// TestParts: what goes along decides among the meanings of one answer.
func TestParts(t *testing.T) {
	p := own(t, "parts: {region: {}}\nhosts: {default: https://a.example}\nprobe:\n  request: {path: /, auth: {scheme: bearer}}\n"+
		"  verdicts:\n    - {when: {status: 200, json: {$.id: {exists: true}}}, reason: ok}\n"+
		"    - {when: {status: 403, json: {$.code: no}, parts: {region: {prefix: eu-}}}, reason: key_unknown}\n"+
		"    - {when: {status: 403, json: {$.code: no}, parts: {region: {absent: true}}}, reason: rate_limited}")
	for _, c := range []struct {
		part func(string) (string, bool)
		want provider.Reason
	}{
		{nil, provider.RateLimited},
		{func(string) (string, bool) { return "", false }, provider.RateLimited},
		{func(role string) (string, bool) { return "eu-1", role == "region" }, provider.KeyUnknown},
		{func(string) (string, bool) { return "us-1", true }, provider.AmbiguousCause},
	} {
		r := js(403, `{"code":"no"}`)
		r.Part = c.part
		if got := Judge(p, nil, r); got.Reason != c.want {
			t.Errorf("got %s, want %s", got.Reason, c.want)
		}
	}
}

func TestMoment(t *testing.T) {
	day := time.Date(2027, 1, 31, 10, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2027-01-31T10:00:00Z": day, "2027-01-31T12:00:00+02:00": day, "2027-01-31 10:00:00 UTC": day, "2027-01-31 12:00:00 +0200": day,
		"2027-01-31T12:00:00+0200": day, "2027-01-31": day.Add(-10 * time.Hour), "1801389600": day, "1801389600000": day, "1801389600.0": day,
		"2027-01-31T10:00:00.250Z": day.Add(250 * time.Millisecond), "Sun, 31 Jan 2027 10:00:00 GMT": day,
		"0": {}, "-1": {}, "never": {}, "": {}, "NaN": {}, "Inf": {}, "1e300": {}, "2027-13-01": {}, "31.01.2027": {},
	} {
		if got := moment(text); !got.Equal(want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// FuzzJudge: whatever comes, no panic; a key is failed on the rung known only by a rule
// that looks at the vendor's words; and what no rule holds for claims nothing.
func FuzzJudge(f *testing.F) {
	var all []*provider.Provider
	all = append(all, catalogue(f)...)
	all = append(all, own(f, gateway))
	for i, p := range all {
		for _, v := range p.Vectors {
			f.Add(byte(i), v.Status, v.Headers["Content-Type"], "X-Reason", "user", v.Body, false)
		}
	}
	for _, c := range matrix {
		f.Add(byte(0), c.r.Status, "text/html", "Retry-After", "5", string(c.r.Body), c.r.Truncated)
	}
	f.Fuzz(func(t *testing.T, which byte, status int, media, name, value, body string, cut bool) {
		p := all[int(which)%len(all)]
		r := Response{Status: status, Header: map[string][]string{"Content-Type": {media}, name: {value}}, Body: []byte(body), Truncated: cut}
		got := Judge(p, nil, r)
		consistent(t, got)
		i := deciding(p, nil, read(r))
		if i < 0 && got.Rungs != [provider.Rungs]Answer{} {
			t.Fatalf("%s claims %s without a rule", got.Reason, rungs(got))
		}
		if got.Rungs[provider.KnownKey] != Fail {
			return
		}
		w := p.Probe.Verdicts[i].When
		isJSON := json.Valid([]byte(strings.TrimPrefix(body, "\ufeff")))
		if !(len(w.JSON) > 0 && isJSON && !cut) && len(w.Header) == 0 && !(w.Text != nil && !cut) {
			t.Fatalf("%s fails a key without the vendor's words", got.Reason)
		}
	})
}

// FuzzRepeated compares with a reading of the tokens.
func FuzzRepeated(f *testing.F) {
	f.Add(`{"a":1,"a":2}`)
	f.Add(`[{"a":{"b":[1,{"c":"\"c\":"}]},"\u0061":0}]`)
	f.Add(`{"":0,"":[],"x":"","\\":1,"\\":2}`)
	f.Fuzz(func(t *testing.T, body string) {
		if _, ok := decode([]byte(body)); !ok || !utf8.ValidString(body) {
			return
		}
		got, want := repeated([]byte(body)), repeatedTokens([]byte(body))
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", body, diff)
		}
	})
}

func repeatedTokens(body []byte) []string {
	var out []string
	var open []map[string]bool // nil for a list
	isName := false
	for d := newDecoder(body); ; {
		token, err := d.Token()
		if err != nil {
			return out
		}
		switch token {
		case json.Delim('{'):
			open, isName = append(open, map[string]bool{}), true
			continue
		case json.Delim('['):
			open, isName = append(open, nil), false
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		default:
			if name, ok := token.(string); ok && isName {
				if names := open[len(open)-1]; names[name] {
					out = append(out, name)
				} else {
					names[name] = true
				}
				isName = false
				continue
			}
		}
		isName = len(open) > 0 && open[len(open)-1] != nil
	}
}

func BenchmarkJudge(b *testing.B) {
	p, _ := provider.Catalogue().Get("openai")
	r := js(200, `{"object":"list","data":[`+strings.Repeat(`{"id":"gpt-x","object":"model","created":1,"owned_by":"openai"},`, 100)+`{"id":"last"}]}`)
	for b.Loop() {
		Judge(p, nil, r)
	}
}

// TestNullIsNoIdentity: a field that is there and says nothing proves nothing.
func TestNullIsNoIdentity(t *testing.T) {
	v := Judge(own(t, gateway), nil, js(200, `{"user":{"id":null}}`))
	if v.Reason != provider.AmbiguousCause || rungs(v) != "-----" {
		t.Errorf("got %s %s", v.Reason, rungs(v))
	}
}

// TestNamesGivenTwice: of an answer that contradicts itself, nothing is believed.
func TestNamesGivenTwice(t *testing.T) {
	p := own(t, gateway)
	for _, tt := range []struct {
		status int
		body   string
		twice  string // empty: the answer is read as it is
		want   provider.Reason
	}{
		{200, `{"user":{"id":"u","active":false,"active":true}}`, "active", provider.AmbiguousCause},
		{200, `{"user":{"id":"u","active":false,"\u0061ctive":true}}`, "active", provider.AmbiguousCause},
		{200, `{"user":{"id":"a"},"x":[1,{"y":{}}],"user":{"id":"b"}}`, "user", provider.AmbiguousCause},
		{401, `{"error":{"code":"key_revoked","code":"key_unknown"}}`, "code", provider.AmbiguousCause},
		{403, `{"error":{"code":"forbidden","required":"a","required":"b"}}`, "required", provider.AmbiguousCause},
		{200, `{"user":{"id":"u"},"trace":1,"trace":2}`, "", provider.OK},
		{200, `{"user":{"id":"u"},"list":[{"id":1},{"id":2},"id","id"],"other":{"id":3,"more":{"id":4}}}`, "", provider.OK},
		{200, `{"user":{"id":"id","name":"id","kind":"name"}}`, "", provider.OK},
		{200, `{"user":{"id":"u","name":"a \"id\": b, \\","kind":"{\"id\":1,"},"x":"\"","y":[]}`, "", provider.OK},
		{200, "\ufeff" + `{"x":{},"user":{"id":"u"},"y":[{},[],{"user":1}],"user":{"id":"u"}}`, "user", provider.AmbiguousCause},
		{500, `{"user":1,"user":2}`, "", provider.ProviderDown},
	} {
		v := Judge(p, nil, js(tt.status, tt.body))
		if v.Reason != tt.want {
			t.Errorf("%s: got %s, want %s", tt.body, v.Reason, tt.want)
		}
		if tt.twice == "" {
			continue
		}
		if diff := cmp.Diff([]string{`the answer names "` + tt.twice + `" twice`}, v.Causes); diff != "" || rungs(v) != "-----" || !v.Identity.IsZero() || v.Evidence.Status != tt.status {
			t.Errorf("%s: rungs %s, identity %+v, causes (-want +got):\n%s", tt.body, rungs(v), v.Identity, diff)
		}
	}
}
