package probe

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
)

func requestProvider(t testing.TB, request string, more ...string) *provider.Provider {
	return decodeProvider(t, "hosts: {staging: https://api.example.com/base}\n"+strings.Join(more, "")+
		"probe:\n  request: "+request+gatewayRules)
}

func question(p *provider.Provider, key string, parts, variables map[string]string) Question {
	q := Question{Provider: p, Environment: "staging", Key: secret.New(key), Parts: map[string]secret.Text{}, Variables: map[string]secret.Text{}}
	for role, text := range parts {
		q.Parts[role] = secret.New(text)
	}
	for name, text := range variables {
		q.Variables[name] = secret.New(text)
	}
	return q
}

// onWire is what a server would see.
type onWire struct {
	Method, URL, Body string
	Header            map[string]string
}

func rendered(t *testing.T, q Question) (onWire, *obstacle) {
	t.Helper()
	base, err := url.Parse(q.Provider.Hosts["staging"].Value)
	if err != nil {
		t.Fatal(err)
	}
	r, o := render(&q, base, time.Now)
	if o != nil {
		return onWire{}, o
	}
	req := r.build(t.Context(), "keyfit/test")
	w := onWire{Method: req.Method, URL: req.URL.String(), Header: map[string]string{}}
	if req.Body != nil {
		body, _ := io.ReadAll(req.Body)
		w.Body = string(body)
	}
	for name, values := range req.Header {
		w.Header[name] = strings.Join(values, ",")
	}
	return w, nil
}

func TestRenderPlacesTheKey(t *testing.T) {
	const parts = "parts: {id: {}, pw: {secret: true}}\n"
	for _, tt := range []struct {
		name, request string
		want          onWire
	}{
		{"bearer", `{path: /me, auth: {scheme: bearer}}`, onWire{URL: "/me", Header: map[string]string{"Authorization": "Bearer K/=1"}}},
		{"another word", `{path: /me, auth: {scheme: SSWS}}`, onWire{URL: "/me", Header: map[string]string{"Authorization": "SSWS K/=1"}}},
		{"raw", `{path: /me, auth: {scheme: raw}}`, onWire{URL: "/me", Header: map[string]string{"Authorization": "K/=1"}}},
		{"basic, key alone", `{path: /me, auth: {scheme: basic}}`, onWire{URL: "/me", Header: map[string]string{"Authorization": "Basic Sy89MTo="}}},
		{"basic with user", `{path: /me, auth: {scheme: basic, user: "$id"}}`, onWire{URL: "/me", Header: map[string]string{"Authorization": "Basic aWQ6Sy89MQ=="}}},
		{"basic with password", `{path: /me, auth: {scheme: basic, password: "$pw"}}`, onWire{URL: "/me", Header: map[string]string{"Authorization": "Basic Sy89MTpwdw=="}}},
		{"header with prefix", `{path: /me, auth: {header: X-Api-Key, prefix: "key="}}`, onWire{URL: "/me", Header: map[string]string{"X-Api-Key": "key=K/=1"}}},
		{"query", `{path: /me, auth: {query: key}, query: {limit: "1"}}`, onWire{URL: "/me?key=K%2F%3D1&limit=1"}},
		{"path", `{path: "/bot$key/me", auth: {scheme: none}}`, onWire{URL: "/botK%2F=1/me"}},
		{"json", `{method: POST, path: /me, auth: {json: $.auth.key}, json: {a: [1, true, "${NAME}"]}}`,
			onWire{Method: "POST", URL: "/me", Body: `{"a":[1,true,"v\"\u0026"],"auth":{"key":"K/=1"}}`, Header: map[string]string{"Content-Type": "application/json"}}},
		{"form", `{method: POST, path: /me, auth: {form: key}, form: {id: "$id", name: "${NAME}"}}`,
			onWire{Method: "POST", URL: "/me", Body: "id=id&key=K%2F%3D1&name=v%22%26", Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}},
		{"variables everywhere", `{path: "/t/${NAME}", auth: {scheme: bearer}, headers: {X-Tenant: "${NAME}", Accept: text/plain}, query: {n: "${NAME}"}}`,
			onWire{URL: "/t/v%22&?n=v%22%26", Header: map[string]string{"Authorization": "Bearer K/=1", "X-Tenant": `v"&`, "Accept": "text/plain"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := question(requestProvider(t, tt.request, parts), "K/=1", map[string]string{"id": "id", "pw": "pw"}, map[string]string{"NAME": `v"&`})
			got, o := rendered(t, q)
			if o != nil {
				t.Fatalf("not sent: %s", o.says)
			}
			want := tt.want
			want.URL = "https://api.example.com/base" + want.URL
			if want.Method == "" {
				want.Method = http.MethodGet
			}
			header := map[string]string{"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "keyfit/test"}
			for name, value := range want.Header {
				header[name] = value
			}
			want.Header = header
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOptionalPartsAreLeftOut(t *testing.T) {
	p := requestProvider(t, `{path: /me, auth: {scheme: bearer}, headers: {X-Org: "$org"}, query: {org: "$org"}}`, "parts: {org: {optional: true}}\n")
	got, o := rendered(t, question(p, "K", nil, nil))
	if o != nil {
		t.Fatalf("not sent: %s", o.says)
	}
	if _, there := got.Header["X-Org"]; there || strings.Contains(got.URL, "org") {
		t.Errorf("sent %v to %s", got.Header, got.URL)
	}
}

func TestNothingIsSentWhenSomethingIsMissing(t *testing.T) {
	const parts = "parts: {id: {}, org: {optional: true}}\n"
	for _, tt := range []struct{ name, request, says string }{
		{"header", `{path: /me, auth: {scheme: bearer}, headers: {X-Tenant: "${TENANT_ID}"}}`, "TENANT_ID"},
		{"query", `{path: /me, auth: {scheme: bearer}, query: {t: "${TENANT_ID}"}}`, "TENANT_ID"},
		{"path", `{path: "/${TENANT_ID}", auth: {scheme: bearer}}`, "TENANT_ID"},
		{"body", `{method: POST, path: /me, auth: {scheme: bearer}, json: {t: "${TENANT_ID}"}}`, "TENANT_ID"},
		{"form", `{method: POST, path: /me, auth: {scheme: bearer}, form: {t: "${TENANT_ID}"}}`, "TENANT_ID"},
		{"part", `{path: /me, auth: {scheme: basic, user: "$id"}}`, `the part "id"`},
		{"optional part beside a variable", `{path: /me, auth: {scheme: bearer}, headers: {X-Both: "$org ${TENANT_ID}"}}`, "TENANT_ID"},
		{"optional part in the path", `{path: "/$org", auth: {scheme: bearer}}`, `the part "org"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := client(t, Options{Dial: noDial(t)})
			for _, variables := range []map[string]string{nil, {"TENANT_ID": ""}} {
				v := one(t, c, question(requestProvider(t, tt.request, parts), canary, nil, variables))
				wantReason(t, v, provider.Unresolved)
				if !strings.Contains(v.Evidence.Failure, tt.says) || strings.Contains(v.Evidence.Failure, "optional") {
					t.Errorf("failure is %q, want it to name %s", v.Evidence.Failure, tt.says)
				}
			}
		})
	}
}

// TestInjection: whatever a key or variable holds, it stays where it was put.
func TestInjection(t *testing.T) {
	evil := []string{"a\r\nX-Evil: 1", "a\nb", "a\x00b", "a\x7fb", "a\tb", "a\rb"}
	for _, auth := range []string{"{scheme: bearer}", "{scheme: raw}", "{header: X-Api-Key}", "{query: key}", "{scheme: basic}"} {
		p := requestProvider(t, "{path: /me, auth: "+auth+"}")
		for _, key := range evil {
			v := one(t, client(t, Options{Dial: noDial(t)}), question(p, canary+key, nil, nil))
			wantReason(t, v, provider.Malformed)
			wantRung(t, v, provider.Format, 2)
		}
	}
	p := requestProvider(t, `{path: /me, auth: {scheme: bearer}, headers: {X-Tenant: "${T}"}}`)
	for _, value := range evil {
		if value == "a\tb" {
			continue // a tab may stand in a header
		}
		v := one(t, client(t, Options{Dial: noDial(t)}), question(p, canary, nil, map[string]string{"T": value}))
		wantReason(t, v, provider.Unresolved)
	}
}

func noDial(t testing.TB) Dial {
	return func(context.Context, string, string) (net.Conn, error) {
		t.Error("a connection was opened")
		return nil, io.EOF
	}
}

// TestThePathCannotLeave tries to reach another host or path through a variable.
func TestThePathCannotLeave(t *testing.T) {
	p := requestProvider(t, `{path: "/v1/${T}/me", auth: {scheme: bearer}}`)
	for _, value := range []string{
		"@evil.example", "//evil.example/", "/../../admin", "a/b", "a?b=c", "a#b", "https://evil.example", `..\..\x`, "%2e%2e", "a%2Fb", ":80@x", "é", "a b", "..", ".", "../x", `x\..`,
	} {
		got, o := rendered(t, question(p, "K", nil, map[string]string{"T": value}))
		if o != nil {
			if o.reason != provider.Unresolved || !strings.Contains(value, "..") && value != "." {
				t.Errorf("%q is not sent: %s", value, o.says)
			}
			continue
		}
		u, err := url.Parse(got.URL)
		if err != nil {
			t.Fatal(err)
		}
		if u.Host != "api.example.com" || u.RawQuery != "" || u.Fragment != "" || !strings.HasSuffix(u.EscapedPath(), "/me") || strings.Count(u.EscapedPath(), "/") != 4 {
			t.Errorf("%q leads to %s", value, got.URL)
		}
	}
}

func FuzzRender(f *testing.F) {
	f.Add("pgk_CANARY", "../..", "\r\nHost: evil")
	f.Add("@evil", "//evil/", "%0d%0a")
	f.Fuzz(func(t *testing.T, key, path, header string) {
		p := requestProvider(t, `{method: POST, path: "/v1/${P}/$key", auth: {query: key}, headers: {X-H: "${H}"}, json: {a: "${H}"}}`)
		q := question(p, key, nil, map[string]string{"P": path, "H": header})
		base, _ := url.Parse("https://api.example.com/base")
		r, o := render(&q, base, time.Now)
		if o != nil {
			return
		}
		var b strings.Builder
		if err := r.build(t.Context(), "keyfit/test").Write(&b); err != nil {
			t.Fatalf("the request cannot be written: %d bytes of key", len(key))
		}
		head, _, _ := strings.Cut(b.String(), "\r\n\r\n")
		lines := strings.Split(head, "\r\n")
		if len(lines) != 8 || lines[1] != "Host: api.example.com" || !strings.HasPrefix(lines[0], "POST /base/v1/") || !strings.HasSuffix(lines[0], " HTTP/1.1") {
			t.Fatalf("the head has %d lines", len(lines))
		}
		if strings.Count(lines[0], " ") != 2 || strings.ContainsFunc(strings.Join(lines, ""), func(c rune) bool { return isControl(c) && c != '\t' }) {
			t.Fatal("the request line has more than three words, or the head a control character")
		}
	})
}

// TestShownPath: a report shows the path without the key and without the query.
func TestShownPath(t *testing.T) {
	s := serve(t, reply(200, accepted))
	p := decodeProvider(t, fmt.Sprintf("hosts: {staging: %q}\nparts: {id: {}, pw: {secret: true}}\n", s.URL+"/base")+
		`probe: {control: never, request: {path: "/bot$key/$id/$pw/${T}", auth: {scheme: none}, query: {k: "$key"}}, `+strings.TrimLeft(strings.ReplaceAll(flow, "\n", ""), " ")+"}")
	v := one(t, client(t, Options{}), question(p, canary, map[string]string{"id": "AC 1", "pw": "s3cretPART"}, map[string]string{"T": "acme"}))
	wantReason(t, v, provider.OK)
	if want := "/base/bot[redacted]/AC%201/[redacted]/acme"; v.Evidence.Path != want {
		t.Errorf("path is %q, want %q", v.Evidence.Path, want)
	}
	noCanary(t, v, "s3cretPART")
}

const flow = `verdicts: [{when: {status: 200, json: {$.user.id: {exists: true}}}, reason: ok}]`
