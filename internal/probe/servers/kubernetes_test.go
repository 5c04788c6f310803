//go:build heavy

package servers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"testing"
	"time"
)

// cluster is an API server of Kubernetes with its etcd. There is no controller: what it would
// make, such as default service accounts, is not there.
type cluster struct {
	admin
	t      *testing.T
	signer *ecdsa.PrivateKey // of the tokens of service accounts
}

const clusterAdmin, clusterGuest = "CANARY-admin-token-0000", "CANARY-guest-token-0000"

func startKubernetes(t *testing.T, a *authority, more ...string) *cluster {
	t.Helper()
	program := installed(t, "heavy.sh", filepath.Join(tools(t), "bin/kube-apiserver"))
	dir, port, store := scratch(t), freePort(t), startEtcd(t)
	_, cert, key := a.files(t, dir, "kubernetes.keyfit.test")
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(signer)
	if err != nil {
		t.Fatal(err)
	}
	signing := write(t, filepath.Join(dir, "accounts.key"), string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private})))
	users := write(t, filepath.Join(dir, "tokens.csv"), clusterAdmin+`,root,uid-root,"system:masters"`+"\n"+clusterGuest+`,guest,uid-guest,"guests"`+"\n")
	base := "https://127.0.0.1:" + port
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: a.pool()}}}
	args := append([]string{"--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--secure-port", port,
		"--etcd-servers", store.base, "--cert-dir", filepath.Join(dir, "certs"), "--tls-cert-file", cert, "--tls-private-key-file", key,
		"--service-account-issuer", "https://kubernetes.keyfit.test", "--service-account-key-file", signing, "--service-account-signing-key-file", signing,
		"--api-audiences", "https://kubernetes.keyfit.test", "--token-auth-file", users, "--authorization-mode", "RBAC",
		"--service-cluster-ip-range", "10.0.0.0/24", "--endpoint-reconciler-type", "none"}, more...)
	c := &cluster{t: t, signer: signer, admin: admin{base: base, client: client, authorise: header("Authorization", "Bearer "+clusterAdmin)}}
	start(t, command(dir, program, args...), c.isReady)
	return c
}

// isReady asks as the administrator: who asks without a token may be refused.
func (c *cluster) isReady() error {
	r, err := http.NewRequestWithContext(c.t.Context(), "GET", c.base+"/readyz", nil)
	if err != nil {
		return err
	}
	c.authorise(r)
	res, err := c.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != 200 {
		return fmt.Errorf("it answers %d", res.StatusCode)
	}
	return nil
}

func (c *cluster) make(path, body string) map[string]any {
	c.t.Helper()
	return c.call(c.t, "POST", path, body)
}

// account makes a service account, or makes it again.
func (c *cluster) account(namespace, name string) (uid string) {
	c.t.Helper()
	made := c.make("/api/v1/namespaces/"+namespace+"/serviceaccounts", fmt.Sprintf(`{"metadata":{"name":%q}}`, name))
	return at(c.t, made, "metadata", "uid")
}

// token asks for a token of a service account; spec says for whom, and what it is bound to.
func (c *cluster) token(namespace, name, spec string) string {
	c.t.Helper()
	made := c.make("/api/v1/namespaces/"+namespace+"/serviceaccounts/"+name+"/token", `{"spec":{"expirationSeconds":600`+spec+`}}`)
	return at(c.t, made, "status", "token")
}

// sign makes a token as the server does, which ends when it is told to.
func (c *cluster) sign(uid string, expires time.Time) string {
	c.t.Helper()
	claims, err := json.Marshal(map[string]any{
		"iss": "https://kubernetes.keyfit.test", "aud": []string{"https://kubernetes.keyfit.test"}, "sub": "system:serviceaccount:team-a:app",
		"iat": expires.Add(-time.Hour).Unix(), "nbf": expires.Add(-time.Hour).Unix(), "exp": expires.Unix(),
		"kubernetes.io": map[string]any{"namespace": "team-a", "serviceaccount": map[string]any{"name": "app", "uid": uid}},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	digest := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, c.signer, digest[:])
	if err != nil {
		c.t.Fatal(err)
	}
	signature := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// ended waits until the server takes a token no longer. It remembers good tokens for ten seconds,
// so it must be another one than the token that is asked about.
func (c *cluster) ended(token string) {
	c.t.Helper()
	soon(c.t, "the token ends", func() bool {
		review := c.make("/apis/authentication.k8s.io/v1/tokenreviews", fmt.Sprintf(`{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","spec":{"token":%q}}`, token))
		status, _ := review["status"].(map[string]any)
		return status["authenticated"] != true
	})
}

func askKubernetes(t *testing.T, road *road) {
	c := startKubernetes(t, road.authority)
	f := road.to(t, "kubernetes", c.base)
	for _, namespace := range []string{"team-a", "team-b"} {
		c.make("/api/v1/namespaces", fmt.Sprintf(`{"metadata":{"name":%q}}`, namespace))
	}
	uid := c.account("team-a", "app")
	c.account("team-a", "idle")
	c.account("team-b", "app")
	const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/team-a/"
	c.make(rbac+"roles", `{"metadata":{"name":"reader"},"rules":[{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}]}`)
	c.make(rbac+"rolebindings", `{"metadata":{"name":"reader"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"reader"},"subjects":[{"kind":"ServiceAccount","namespace":"team-a","name":"app"}]}`)
	app, idle, other := c.token("team-a", "app", ""), c.token("team-a", "idle", ""), c.token("team-b", "app", "")
	vault := c.token("team-a", "app", `,"audiences":["vault"]`)
	bound := c.make("/api/v1/namespaces/team-a/secrets", `{"metadata":{"name":"bound"}}`)
	to := fmt.Sprintf(`,"boundObjectRef":{"kind":"Secret","apiVersion":"v1","name":"bound","uid":%q}`, at(t, bound, "metadata", "uid"))
	revoked, witness := c.token("team-a", "app", to), c.token("team-a", "app", to)
	gone, watcher := c.token("team-a", "idle", ""), c.token("team-a", "idle", "")
	may := func(verb string) map[string]string {
		return map[string]string{"namespace": "team-a", "verb": verb, "resource": "secrets"}
	}
	said := func(start, namespace, name string) string {
		return start + " user=system:serviceaccount:" + namespace + ":" + name + " kind=service tenant=" + namespace +
			" account=https://kubernetes.keyfit.test scopes=system:serviceaccounts,system:serviceaccounts:" + namespace + ",system:authenticated expires=soon"
	}
	const refused = "key_unknown +-??? asked 2" // and nothing of what the token says of itself
	p := own(t, "kubernetes-token", f.url)
	gaveUp := func() { // the account's deletion ends the token that is asked about, and the one that is watched
		c.call(t, "DELETE", "/api/v1/namespaces/team-a/serviceaccounts/idle", "")
		c.ended(watcher)
	}
	expired := c.sign(uid, time.Now().Add(-time.Minute))
	askAll(t, road, f, p, []state{
		{name: "active", key: app, want: said("ok ++++? asked 2", "team-a", "app")},
		{name: "may do what the deploy does", key: app, parts: may("get"), want: said("ok +++++ asked 3", "team-a", "app")},
		{name: "may not", key: app, parts: may("delete"), want: said("scope_missing ++++- asked 3", "team-a", "app") + " needs=secrets"},
		{name: "no role", key: idle, parts: may("get"), want: said("scope_missing ++++- asked 3", "team-a", "idle") + " needs=secrets"},
		{name: "another tenant", key: other, parts: may("get"), want: said("scope_missing ++++- asked 3", "team-b", "app") + " needs=secrets"},
		{name: "a user without rights", key: clusterGuest, want: "ok ++++? asked 2 user=guest scopes=guests,system:authenticated"},
		{name: "administrator", key: clusterAdmin, want: "ok ++++? asked 2 user=root scopes=system:masters,system:authenticated admin=true"},
		{name: "no such token", key: "CANARY-garbage", want: "ambiguous ????? asked 1"},
		{name: "another audience", key: vault, want: refused},
		{name: "signed by the server, in time", key: c.sign(uid, time.Now().Add(time.Hour)), want: said("ok ++++? asked 2", "team-a", "app")},
		{name: "expired", key: expired, want: refused},
	})
	with := map[string]string{"admin": clusterAdmin}
	askAll(t, road, f, p, []state{
		{name: "active, and reviewed", key: app, parts: with, want: said("ok ++++? asked 3", "team-a", "app")},
		{name: "garbage, and reviewed", key: "CANARY-garbage", parts: with, want: "key_unknown +-??? asked 2"},
		{name: "another audience, and reviewed", key: vault, parts: with, want: "key_kind_wrong +-??? asked 2"},
		{name: "expired, and reviewed", key: expired, parts: with, want: "key_expired +-??? asked 2"},
		{name: "expired, and reviewed by one who may not", key: expired, parts: map[string]string{"admin": clusterGuest}, want: "key_unknown +-??? asked 3"},
		{name: "the role is taken away", do: func() {
			c.call(t, "DELETE", rbac+"rolebindings/reader", "")
			soon(t, "the role is gone", func() bool { return !c.may(app, "get", "secrets") })
		}, key: app, parts: may("get"), want: said("scope_missing ++++- asked 3", "team-a", "app") + " needs=secrets"},
		{name: "revoked", do: func() {
			c.call(t, "DELETE", "/api/v1/namespaces/team-a/secrets/bound", "")
			c.ended(witness)
		}, key: revoked, want: refused},
		{name: "revoked, and reviewed", key: revoked, parts: with, want: "key_revoked +-??? asked 2"},
		{name: "the account is deleted", do: gaveUp, key: gone, want: refused},
		{name: "the account is deleted, and reviewed", key: gone, parts: with, want: "owner_missing ++-?? asked 2"},
		{name: "and made again under its name", do: func() { c.account("team-a", "idle") }, key: gone, want: refused},
		{name: "and made again, and reviewed", key: gone, parts: with, want: "owner_missing ++-?? asked 2"},
	})
	askAnotherCluster(t, road, c, f)
}

// may asks the server, as the holder of a token, what its holder may do.
func (c *cluster) may(token, verb, resource string) bool {
	c.t.Helper()
	a := c.admin
	a.authorise = header("Authorization", "Bearer "+token)
	review := a.call(c.t, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
		fmt.Sprintf(`{"spec":{"resourceAttributes":{"namespace":"team-a","verb":%q,"resource":%q}}}`, verb, resource))
	status, _ := review["status"].(map[string]any)
	return status["allowed"] == true
}

// askAnotherCluster has production in a cluster of its own, which refuses anonymous requests.
func askAnotherCluster(t *testing.T, road *road, staging *cluster, f *front) {
	production := startKubernetes(t, road.authority, "--anonymous-auth=false")
	g := road.to(t, "kubernetes", production.base)
	production.make("/api/v1/namespaces", `{"metadata":{"name":"shop"}}`)
	production.account("shop", "app")
	token := production.token("shop", "app", "")
	both := declare(t, "extends: kubernetes-token\nhosts: {staging: '"+f.url+"', production: '"+g.url+"'}\n")
	alone := own(t, "kubernetes-token", f.url)
	with := map[string]string{"admin": clusterAdmin}
	askAll(t, road, f, both, []state{
		{name: "production's token in staging", key: token, want: "env_mismatch +-??? asked 2"},
	})
	askAll(t, road, f, alone, []state{
		{name: "another cluster's token", key: token, want: "key_unknown +-??? asked 2"},
		{name: "another cluster's token, and reviewed", key: token, parts: with, want: "key_unknown +-??? asked 2"},
	})
	foreign := staging.token("team-a", "app", "")
	// Where no key arrives, one of the clusters says so, and the other gives the answer for a bad one.
	deaf := road.to(t, "kubernetes", withoutKeys(t, staging))
	askAll(t, road, deaf, own(t, "kubernetes-token", deaf.url), []state{
		{name: "no token arrives, anonymous requests allowed", key: foreign, want: "ambiguous +???? asked 1"},
	})
	deaf = road.to(t, "kubernetes", withoutKeys(t, production))
	askAll(t, road, deaf, own(t, "kubernetes-token", deaf.url), []state{
		{name: "no token arrives, anonymous requests refused", key: token, want: "ambiguous +???? asked 2"},
	})
	askAll(t, road, g, own(t, "kubernetes-token", g.url), []state{
		{name: "active, anonymous requests refused", key: token, want: "ok ++++? asked 2 user=system:serviceaccount:shop:app kind=service tenant=shop" +
			" account=https://kubernetes.keyfit.test scopes=system:serviceaccounts,system:serviceaccounts:shop,system:authenticated expires=soon"},
		{name: "another cluster's token, anonymous requests refused", key: foreign, want: "ambiguous +???? asked 2"},
		{name: "the same, and reviewed", key: foreign, parts: with, want: "key_unknown +-??? asked 2"},
		{name: "garbage, anonymous requests refused", key: "CANARY-garbage", want: "ambiguous ????? asked 1"},
	})
}

// withoutKeys is something on the way to a cluster that takes keys out of requests.
func withoutKeys(t *testing.T, c *cluster) string {
	t.Helper()
	target, err := url.Parse(c.base)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:   func(p *httputil.ProxyRequest) { p.SetURL(target); p.Out.Header.Del("Authorization") },
		Transport: c.client.Transport,
	})
	t.Cleanup(s.Close)
	return s.URL
}
