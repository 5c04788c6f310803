package servers

import (
	"net/http"
	"net/url"
	"path/filepath"
	"testing"
)

// askOIDC asks an OpenID provider for tokens, and about tokens.
func askOIDC(t *testing.T, r *road) {
	port := freePort(t)
	library := installed(t, "servers.sh", filepath.Join(tools(t), "servers/npm/node_modules/oidc-provider/lib/index.js"))
	script, err := filepath.Abs("testdata/oidc.mjs")
	if err != nil {
		t.Fatal(err)
	}
	start(t, command(scratch(t), installed(t, "servers.sh", "node"), script, port, library), listens(port))
	f := r.to(t, "oidc", "http://127.0.0.1:"+port)
	askClients(t, r, f)
	askTokens(t, r, f, "http://127.0.0.1:"+port)
}

func askClients(t *testing.T, r *road, f *front) {
	client := func(id string, more ...string) map[string]string {
		out := map[string]string{"client_id": id}
		for i := 0; i < len(more); i += 2 {
			out[more[i]] = more[i+1]
		}
		return out
	}
	askAll(t, r, f, own(t, "oauth2-client-credentials", f.url, "probe: {request: {path: /token}}\n"), []state{
		{name: "a client", key: "CANARY-secret-of-shop", parts: client("shop"), want: "ok +++?? asked 2 user=shop"},
		{name: "a scope that it may have", key: "CANARY-secret-of-shop", parts: client("shop", "scope", "api:read"), want: "ok +++?? asked 2 user=shop scopes=api:read"},
		{name: "a scope that it may not have", key: "CANARY-secret-of-shop", parts: client("shop", "scope", "api:write"), want: "ambiguous ????? asked 1"},
		{name: "a wrong secret", key: "CANARY-secret-of-nobody", parts: client("shop"), want: "ambiguous ????? asked 1"},
		{name: "no such client", key: "CANARY-secret-of-shop", parts: client("nobody"), want: "ambiguous ????? asked 1"},
		{name: "another client's secret", key: "CANARY-secret-of-watch", parts: client("shop"), want: "ambiguous ????? asked 1"},
	})
}

func askTokens(t *testing.T, r *road, f *front, base string) {
	// post is the client's own call.
	post := func(path string, form url.Values) map[string]any {
		a := admin{base: base, authorise: func(r *http.Request) {
			r.SetBasicAuth("shop", "CANARY-secret-of-shop")
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}}
		return a.call(t, "POST", path, form.Encode())
	}
	token := func() string {
		return at(t, post("/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"api:read"}}), "access_token")
	}
	watch := map[string]string{"client_id": "watch", "client_secret": "CANARY-secret-of-watch"}
	wrong := map[string]string{"client_id": "watch", "client_secret": "CANARY-wrong"}
	p := own(t, "oauth2-introspection", f.url, "probe: {request: {path: /token/introspection}}\n")
	short, revoked := token(), token()
	good := "ok +++?? asked 2 user=shop name=shop tenant=" + base + " account=shop scopes=api:read expires=soon"
	askAll(t, r, f, p, []state{
		{name: "active", key: short, parts: watch, want: good},
		{name: "no such token", key: "CANARY-garbage", parts: watch, want: "ambiguous ????? asked 1"},
		{name: "revoked", do: func() { post("/token/revocation", url.Values{"token": {revoked}}) }, key: revoked, parts: watch, want: "ambiguous ????? asked 1"},
		{name: "expired", do: func() {
			soon(t, "the token expires", func() bool { return post("/token/introspection", url.Values{"token": {short}})["active"] == false })
		}, key: short, parts: watch, want: "ambiguous ????? asked 1"},
		{name: "the client that asks is refused", key: "CANARY-garbage", parts: wrong, want: "ambiguous ????? asked 1"},
	})
}
