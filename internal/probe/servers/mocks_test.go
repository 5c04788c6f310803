package servers

import (
	"path/filepath"
	"testing"

	"github.com/keyfit/keyfit/internal/probe"
)

// startMock starts the server that says yes to everything.
func startMock(t *testing.T) string {
	t.Helper()
	port := freePort(t)
	script := installed(t, "servers.sh", filepath.Join(tools(t), "servers/npm/node_modules/oauth2-mock-server/dist/oauth2-mock-server.mjs"))
	node := installed(t, "servers.sh", "node")
	start(t, command(scratch(t), node, script, "-a", "127.0.0.1", "-p", port), listens(port))
	return "http://127.0.0.1:" + port
}

// askMock asks a server that accepts any key: no answer of it may count.
func askMock(t *testing.T, r *road) {
	f := r.to(t, "mock", startMock(t))
	askAll(t, r, f, declare(t, `
hosts: {staging: '`+f.url+`'}
probe:
  request: {path: /userinfo, auth: {scheme: bearer}}
  verdicts:
    - {when: {status: 200, json: {$.sub: {exists: true}}}, reason: ok}
  identity: {user: $.sub}
`), []state{
		{name: "any key", key: "CANARY-anything", want: "ok +???? asked 2 user=johndoe open"},
		{name: "another key", key: "CANARY-nothing", want: "ok +???? asked 2 user=johndoe open"},
	})
	askAll(t, r, f, declare(t, `
hosts: {staging: '`+f.url+`'}
probe:
  effect: read
  request: {method: POST, path: /introspect, auth: {form: token}}
  verdicts:
    - {when: {status: 200, json: {$.active: true}}, reason: ok}
`), []state{
		{name: "any token", key: "CANARY-anything", want: "ok +???? asked 2 open"},
	})
}

// askStripe asks Stripe's own mock, which knows no users: it looks at the form of a test key, and
// repeats a key that it refuses.
func askStripe(t *testing.T, r *road) {
	dir, port, secure := scratch(t), freePort(t), freePort(t)
	mock := installed(t, "servers.sh", filepath.Join(tools(t), "bin/stripe-mock"))
	start(t, command(dir, mock, "-http-addr", "127.0.0.1:"+port, "-https-addr", "127.0.0.1:"+secure), listens(port))
	f := r.to(t, "stripe", "http://127.0.0.1:"+port)
	askAll(t, r, f, own(t, "stripe", f.url, "probe: {request: {}, identity: {account: {json: $.id, regex: '^(acct_)'}}}\n"), []state{
		{name: "a test key", key: "sk_test_CANARY12345", want: "ok +???? asked 2 account=acct_ open"},
		{name: "a live key, which the refusal repeats", key: "sk_live_CANARY12345", want: "ambiguous +???? asked 1"},
		{name: "a text that is no key", key: "CANARY-nothing", want: "malformed -???? asked 0"},
	})
}

// askTheRoad loses the way: what goes wrong there is never said of the key.
func askTheRoad(t *testing.T, r *road) {
	f := r.to(t, "mock", startMock(t))
	p := declare(t, `
hosts: {staging: '`+f.url+`'}
probe:
  request: {path: /userinfo, auth: {scheme: bearer}}
  verdicts:
    - {when: {status: 200, json: {$.sub: {exists: true}}}, reason: ok}
`)
	s := state{key: "CANARY-anything"}
	for _, c := range []struct {
		name   string
		change func(*probe.Options)
		want   string
	}{
		{"an authority that nobody trusts", func(o *probe.Options) { o.CAFile = nil }, "network_tls ????? asked 0"},
		{"another authority", func(o *probe.Options) { o.CAFile = newAuthority(t).pem }, "network_tls ????? asked 0"},
		{"no proxy, so nobody knows the name", func(o *probe.Options) { o.Environ = nil }, "network_dns ????? asked 0"},
		{"no proxy for this name", func(o *probe.Options) { o.Environ["NO_PROXY"] = ".keyfit.test" }, "network_dns ????? asked 0"},
		{"a proxy that is down", func(o *probe.Options) { o.Environ["HTTPS_PROXY"] = "http://127.0.0.1:1" }, "network_proxy ????? asked 0"},
	} {
		v := r.client(t, c.change).Ask(t.Context(), []probe.Question{question(p, &s)})[0]
		if got := told(&v, f.asked.Load()); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s (%s)", c.name, got, c.want, v.Evidence.Failure)
		}
		leaks(t, &s, &v)
	}
	lost := declare(t, `
hosts: {staging: 'https://unheard-of.keyfit.test'}
probe:
  request: {path: /userinfo, auth: {scheme: bearer}}
  verdicts:
    - {when: {status: 200, json: {$.sub: {exists: true}}}, reason: ok}
`)
	v := r.client(t).Ask(t.Context(), []probe.Question{question(lost, &s)})[0]
	if got := told(&v, 0); got != "network_proxy ????? asked 0" {
		t.Errorf("a name that the proxy does not know: %s (%s)", got, v.Evidence.Failure)
	}
}
