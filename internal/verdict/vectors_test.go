package verdict

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/provider"
)

func headers(flat map[string]string) map[string][]string {
	out := map[string][]string{}
	for name, value := range flat {
		out[name] = []string{value}
	}
	return out
}

func response(v provider.Vector) Response {
	return Response{
		Status: v.Status, Header: headers(v.Headers), Body: []byte(v.Body),
		Shows: func(hint string) bool { return hint == v.Key },
		Is:    func(text string) bool { return text == v.Key },
		Part: func(role string) (string, bool) {
			if len(v.Parts) > 0 {
				text, ok := v.Parts[role]
				return text, ok
			}
			return v.Key, v.Key != ""
		},
	}
}

func formOf(v provider.Vector) *provider.Form {
	return &provider.Form{Kind: v.Kind, Mode: v.Mode}
}

// catalogue gives every provider with its vectors.
func catalogue(t testing.TB) []*provider.Provider {
	t.Helper()
	var out []*provider.Provider
	c := provider.Catalogue()
	for _, id := range c.IDs() {
		data, _ := c.Source(id)
		p, problems := provider.Load(id+".yaml", data)
		if len(problems) > 0 || len(p.Vectors) == 0 {
			t.Fatalf("%s does not load", id)
		}
		out = append(out, p)
	}
	return out
}

// TestVectors plays every answer of the catalogue.
func TestVectors(t *testing.T) {
	for _, p := range catalogue(t) {
		for _, vector := range p.Vectors {
			t.Run(p.ID+"/"+vector.Name, func(t *testing.T) {
				p, ok := p.ForStep(vector.Step)
				if !ok {
					t.Fatalf("there is no step %q", vector.Step)
				}
				got := Judge(p, formOf(vector), response(vector))
				if got.Reason != vector.Reason {
					t.Fatalf("got %s, want %s", got.Reason, vector.Reason)
				}
				if vector.Passes != nil {
					if diff := cmp.Diff([]string(vector.Passes), passed(got)); diff != "" {
						t.Errorf("rungs: %s", diff)
					}
				}
				if want := vector.Identity; len(want) > 0 {
					if diff := cmp.Diff(want, told(got.Identity)); diff != "" {
						t.Errorf("identity: %s", diff)
					}
				}
				if got.Needs != vector.Needs {
					t.Errorf("needs %q, want %q", got.Needs, vector.Needs)
				}
				consistent(t, got)
			})
		}
	}
}

// steps gives every request of the catalogue as a provider of its own.
func steps(t testing.TB) []*provider.Provider {
	t.Helper()
	var out []*provider.Provider
	for _, p := range catalogue(t) {
		out = append(out, p)
		for _, s := range p.Probe.Then {
			view, _ := p.ForStep(s.ID)
			out = append(out, view)
		}
	}
	return out
}

func stepOf(p *provider.Provider) string {
	if p.Probe.Step == nil {
		return ""
	}
	return p.Probe.Step.ID
}

func passed(v Verdict) []string {
	out := []string{}
	for r := provider.KnownKey; r < provider.Rungs; r++ {
		if v.Rungs[r] == Pass {
			out = append(out, r.String())
		}
	}
	return out
}

func told(id Identity) map[string]string {
	out := map[string]string{}
	put := func(name, value string) {
		if value != "" {
			out[name] = value
		}
	}
	put("user", id.User)
	put("name", id.Name)
	put("kind", id.Kind)
	put("tenant", id.Tenant)
	put("account", id.Account)
	put("mode", id.Mode)
	put("scopes", strings.Join(id.Scopes, " "))
	if id.Active != nil {
		put("active", fmt.Sprint(*id.Active))
	}
	for name, at := range map[string]time.Time{"expires": id.Expires, "created": id.Created} {
		if !at.IsZero() {
			put(name, at.Format(time.RFC3339))
		}
	}
	return out
}

// consistent checks what holds of every verdict: the reason tells the failing rung, and
// nothing passes above it.
func consistent(t *testing.T, v Verdict) {
	t.Helper()
	rung, refused := v.Reason.FailedRung()
	for r := range provider.Rungs {
		switch {
		case v.Rungs[r] == Fail && !(refused && r == rung) && !(r == provider.KnownKey && v.Reason.Class() == provider.Misfit):
			t.Errorf("%s fails the rung %s", v.Reason, r)
		case refused && r < rung && v.Rungs[r] != Pass:
			t.Errorf("%s does not pass the rung %s", v.Reason, r)
		case refused && r > rung && v.Rungs[r] != Unverified:
			t.Errorf("%s says something of the rung %s", v.Reason, r)
		case v.Reason.Class() == provider.Unverifiable && v.Rungs[r] != Unverified:
			t.Errorf("%s says something of the rung %s", v.Reason, r)
		}
	}
	if refused && v.Rungs[rung] != Fail {
		t.Errorf("%s does not fail the rung %s", v.Reason, rung)
	}
}

// TestEveryRuleHasAVector keeps rules from being written that no answer shows.
func TestEveryRuleHasAVector(t *testing.T) {
	for _, p := range steps(t) {
		hit := map[int]bool{}
		for _, vector := range p.Vectors {
			a := read(response(vector))
			a.pick(p.Probe.Pick)
			if i := deciding(p, formOf(vector), a); i >= 0 && vector.Step == stepOf(p) {
				hit[i] = true
			}
		}
		for i, rule := range p.Probe.Verdicts {
			if !hit[i] {
				t.Errorf("%s: no vector is decided by the rule for %s at line %d", p.ID, rule.Reason, rule.At.Start.Line)
			}
		}
	}
}

// matrix is what any API may answer, its own and things on the way.
var matrix = []struct {
	name string
	want []provider.Reason // any of these; empty: anything that fails nothing
	r    Response
}{
	{"bare 400", nil, Response{Status: 400}},
	{"bare 401", []provider.Reason{"ambiguous"}, Response{Status: 401}},
	{"bare 403", []provider.Reason{"ambiguous"}, Response{Status: 403}},
	{"bare 404", []provider.Reason{"ambiguous"}, Response{Status: 404}},
	{"401 of a page", []provider.Reason{"intermediary"}, page(401)},
	{"403 of a page", []provider.Reason{"intermediary"}, page(403)},
	{"200 of a page", []provider.Reason{"intermediary"}, page(200)},
	{"404 of a page", []provider.Reason{"intermediary"}, page(404)},
	{"200 of an undeclared page", []provider.Reason{"intermediary"}, Response{Status: 200, Body: []byte("\n <!DOCTYPE html><title>Sign in</title>")}},
	{"page with the vendor's words", []provider.Reason{"intermediary"}, Response{Status: 401, Header: ctype("text/html"),
		Body: []byte("<html><body>missing or invalid token; invalid_api_key; Bad credentials; token is expired; the app(x) is disabled</body></html>")}},
	{"401 in plain words", []provider.Reason{"ambiguous", "intermediary"}, Response{Status: 401, Header: ctype("text/plain"), Body: []byte("Unauthorized")}},
	{"401 of a firewall's JSON", []provider.Reason{"ambiguous"}, Response{Status: 401, Header: ctype("application/json"), Body: []byte(`{"message":"Unauthorized"}`)}},
	{"403 of a firewall's JSON", []provider.Reason{"ambiguous"}, Response{Status: 403, Header: ctype("application/json"), Body: []byte(`{"message":"Forbidden"}`)}},
	{"407", []provider.Reason{"network_proxy"}, Response{Status: 407}},
	{"511", []provider.Reason{"network_proxy"}, page(511)},
	{"429", []provider.Reason{"rate_limited"}, Response{Status: 429}},
	{"429 with a wait", []provider.Reason{"rate_limited"}, Response{Status: 429, Header: map[string][]string{"Retry-After": {"7"}}}},
	{"500", []provider.Reason{"provider_down"}, Response{Status: 500}},
	{"502 of a page", []provider.Reason{"provider_down"}, page(502)},
	{"503", []provider.Reason{"provider_down"}, Response{Status: 503, Body: []byte(`{"error":"busy"}`)}},
	{"529", []provider.Reason{"provider_down"}, Response{Status: 529}},
	{"301", []provider.Reason{"intermediary"}, Response{Status: 301, Header: map[string][]string{"Location": {"https://example.com"}}}},
	{"302 of a page", []provider.Reason{"intermediary"}, page(302)},
	{"cut JSON", []provider.Reason{"ambiguous", "ok"}, Response{Status: 200, Header: ctype("application/json"), Body: []byte(`{"ok":tr`), Truncated: true}},
	{"cut JSON of a 401", []provider.Reason{"ambiguous"}, Response{Status: 401, Body: []byte(`{"error":{"code":"invalid_api_key","message":"Bad credentials"`), Truncated: true}},
	{"broken JSON", []provider.Reason{"intermediary", "ok"}, Response{Status: 200, Header: ctype("application/json"), Body: []byte(`{"ok":tru`)}},
	{"words in JSON that goes on", []provider.Reason{"intermediary", "ambiguous"}, Response{Status: 401, Body: []byte(`{"error":{"code":"invalid_api_key"}} trailing`)}},
	{"a picture", []provider.Reason{"intermediary", "ok"}, Response{Status: 200, Header: ctype("image/png"), Body: []byte("\x89PNG\r\n")}},
	{"error inside 200", []provider.Reason{"ambiguous", "ok"}, Response{Status: 200, Header: ctype("application/json"), Body: []byte(`{"error":"nope"}`)}},
	{"empty 200", []provider.Reason{"intermediary", "ok"}, Response{Status: 200}},
	{"204", []provider.Reason{"intermediary", "ok"}, Response{Status: 204}},
	{"list where an object is expected", []provider.Reason{"ambiguous", "ok"}, Response{Status: 200, Body: []byte(`[1,2]`)}},
	{"418", []provider.Reason{"ambiguous"}, Response{Status: 418}},
	{"no status", nil, Response{}},
}

func ctype(text string) map[string][]string { return map[string][]string{"Content-Type": {text}} }

func page(status int) Response {
	return Response{Status: status, Header: ctype("text/html; charset=utf-8"), Body: []byte("<html><head><title>Sign in</title></head><body>Please log in</body></html>")}
}

// TestDeterminacy plays the matrix against every provider: what no rule of the vendor's
// knows must never fail a key, and where the vendor speaks JSON nothing else passes one.
func TestDeterminacy(t *testing.T) {
	for _, p := range steps(t) {
		for _, c := range matrix {
			t.Run(p.ID+stepOf(p)+"/"+c.name, func(t *testing.T) {
				got := Judge(p, nil, c.r)
				consistent(t, got)
				if got.Reason.Class() == provider.Refused || got.Reason.Class() == provider.Misfit {
					t.Fatalf("%s on an answer that says nothing", got.Reason)
				}
				if got.Reason == provider.OK && p.SpeaksJSON() {
					t.Fatalf("passed without the vendor's JSON")
				}
				ok := len(c.want) == 0
				for _, want := range c.want {
					ok = ok || got.Reason == want
				}
				// An API that accepts by words which are no JSON does not take every success for one.
				if ok = ok || !p.SpeaksJSON() && got.Reason == provider.AmbiguousCause && slices.Contains(c.want, provider.OK); !ok {
					t.Errorf("got %s, want one of %v", got.Reason, c.want)
				}
			})
		}
	}
}

func TestNoAnswer(t *testing.T) {
	p, _ := provider.Catalogue().Get("stripe")
	for why, want := range map[provider.Reason]provider.Reason{
		provider.NetworkDNS: provider.NetworkDNS, provider.NetworkTLS: provider.NetworkTLS, provider.NetworkTimeout: provider.NetworkTimeout,
		provider.OK: provider.AmbiguousCause, provider.KeyUnknown: provider.AmbiguousCause, "nonsense": provider.AmbiguousCause,
	} {
		got := Judge(p, nil, Response{Failure: why, Status: 200, Body: []byte(`{"object":"account"}`)})
		if got.Reason != want || got.Rungs != [provider.Rungs]Answer{} {
			t.Errorf("%s: got %s %v", why, got.Reason, got.Rungs)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	p, _ := provider.Catalogue().Get("stripe")
	for _, c := range []struct {
		header map[string][]string
		want   time.Duration
	}{
		{map[string][]string{"retry-after": {"7"}}, 7 * time.Second},
		{map[string][]string{"Retry-After": {"1.5"}}, 1500 * time.Millisecond},
		{map[string][]string{"Retry-After": {"-3"}}, 0},
		{map[string][]string{"Retry-After": {"999999999"}}, 24 * time.Hour},
		{map[string][]string{"Retry-After": {"soon"}}, 0},
		{map[string][]string{"Retry-After": {"Sat, 21 Nov 2026 10:00:30 GMT"}, "Date": {"Sat, 21 Nov 2026 10:00:00 GMT"}}, 30 * time.Second},
		{map[string][]string{"Retry-After": {"Sat, 21 Nov 2026 10:00:30 GMT"}}, 0},
		{nil, 0},
	} {
		if got := Judge(p, nil, Response{Status: 429, Header: c.header}).Evidence.RetryAfter; got != c.want {
			t.Errorf("%v: got %v, want %v", c.header, got, c.want)
		}
	}
}

func TestNotSent(t *testing.T) {
	known := [provider.Rungs]Answer{Pass, Fail}
	for _, c := range []struct {
		form *provider.Form
		want provider.Reason
		ok   bool
		r    [provider.Rungs]Answer
	}{
		{nil, "", false, [provider.Rungs]Answer{}},
		{&provider.Form{Kind: "secret key"}, "", false, [provider.Rungs]Answer{}},
		{&provider.Form{Refuse: "why"}, provider.NotProbeable, true, [provider.Rungs]Answer{Pass}},
		{&provider.Form{Refuse: "why", Wrong: true}, provider.KeyKindWrong, true, known},
	} {
		got, ok := NotSent(c.form)
		if ok != c.ok || got.Reason != c.want || got.Rungs != c.r {
			t.Errorf("%+v: got %v %v %v", c.form, got.Reason, got.Rungs, ok)
		}
	}
}
