package probe

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
)

// moved gives a provider of the catalogue with all of its hosts on loopback.
func moved(t *testing.T, id, base string) *provider.Provider {
	t.Helper()
	data, ok := provider.Catalogue().Source(id)
	p, problems := provider.Load(id+".yaml", data)
	if !ok || len(problems) > 0 {
		t.Fatalf("%s does not load", id)
	}
	p.Hosts = provider.Hosts{"default": strict.At[string]{Value: base}}
	for i := range p.Probe.Then {
		if p.Probe.Then[i].Host != "" {
			p.Probe.Then[i].Host = base
		}
	}
	return p
}

// google answers as Google does for one service account; all that it was sent is kept.
type google struct {
	keys, token string
	mu          sync.Mutex
	sent        []string
}

func (g *google) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	g.mu.Lock()
	g.sent = append(g.sent, r.Method+" "+r.URL.Path+" "+fmt.Sprint(r.Header)+" "+string(body))
	g.mu.Unlock()
	answer := map[string]string{
		"/service_accounts/v1/jwk/deploy@acme.example": g.keys, "/token": g.token,
		"/tokeninfo": `200 {"azp":"1","email":"deploy@acme.example"}`,
	}[r.URL.Path]
	status, text, _ := strings.Cut(answer, " ")
	w.Header().Set("Content-Type", "application/json")
	code := http.StatusNotImplemented // a path that is not Google's
	_, _ = fmt.Sscan(status, &code)
	w.WriteHeader(code)
	fmt.Fprint(w, text)
}

// TestServiceAccount matches a service account's key to the public keys, and asks for a token.
func TestServiceAccount(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, _ := x509.MarshalPKCS8PrivateKey(private)
	armoured := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	fields, _ := json.Marshal(map[string]string{"project_id": "acme", "private_key_id": "k2CANARY", "private_key": armoured, "client_email": "deploy@acme.example"})
	document := "{\n  \"type\": \"service_account\"," + string(fields[1:]) + "\n"
	listed := fmt.Sprintf(`200 {"keys":[{"kid":"k1","kty":"RSA","n":"other"},{"kid":"k2CANARY","kty":"RSA","n":"%s"}]}`, base64.RawURLEncoding.EncodeToString(private.N.Bytes()))
	const (
		others  = `200 {"keys":[{"kid":"k1","kty":"RSA","n":"other"}]}`
		granted = `200 {"access_token":"ya29.CANARY-0123456789abcdef","expires_in":3599}`
		refused = `400 {"error":"invalid_grant","error_description":"Invalid JWT Signature."}`
	)
	for _, c := range []struct {
		name, key, keys, token string
		reason                 provider.Reason
		rungs                  string
		asked                  int
	}{
		{"listed", document, listed, granted, provider.OK, "pass pass pass pass unverified", 3},
		{"listed, in base64", base64.StdEncoding.EncodeToString([]byte(document)), listed, granted, provider.OK, "pass pass pass pass unverified", 3},
		{"listed, and no token to be had", document, listed, `403 {}`, provider.OK, "pass pass pass unverified unverified", 2},
		{"just created", document, others, granted, provider.OK, "pass pass pass pass unverified", 3},
		{"deleted, or seconds old", document, others, refused, provider.AmbiguousCause, "pass unverified unverified unverified unverified", 2},
		{"no such account", document, `404 {"error":{"code":404}}`, `400 {"error":"invalid_grant","error_description":"Invalid grant: account not found"}`, provider.OwnerMissing, "pass pass fail unverified unverified", 2},
		{"disabled", document, `404 {"error":{"code":404}}`, `400 {"error":"invalid_grant","error_description":"Robot is disabled."}`, provider.OwnerDisabled, "pass pass pass fail unverified", 2},
		{"nobody knows", document, others, `400 {}`, provider.AmbiguousCause, "pass unverified unverified unverified unverified", 2},
		{"cut short", strings.Replace(document, armoured[60:80], "", 1), listed, granted, provider.AmbiguousCause, "pass unverified unverified unverified unverified", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := &google{keys: c.keys, token: c.token}
			server := httptest.NewServer(g)
			defer server.Close()
			p := moved(t, "gcp-service-account", server.URL)
			v := client(t, Options{}).Ask(t.Context(), []Question{{Provider: p, Environment: "staging", Key: secret.New(c.key)}})[0]
			var rungs []string
			for _, r := range v.Rungs {
				rungs = append(rungs, r.String())
			}
			if diff := cmp.Diff(c.rungs, strings.Join(rungs, " ")); diff != "" || v.Reason != c.reason || len(g.sent) != c.asked {
				t.Errorf("%s after %d requests, rungs %s", v.Reason, len(g.sent), diff)
			}
			if v.Reason == provider.OK && (v.Identity.User != "deploy@acme.example" || v.Identity.Account != "acme" || v.Identity.Kind != "service") {
				t.Errorf("told user %q, account %q, kind %q", v.Identity.User, v.Identity.Account, v.Identity.Kind)
			}
			for _, sent := range g.sent {
				if strings.Contains(sent, "PRIVATE") || strings.Contains(sent, armoured[60:100]) {
					t.Error("the private key left the machine")
				}
			}
			if len(g.sent) > 0 && (strings.Contains(g.sent[0], "CANARY") || !strings.HasPrefix(g.sent[0], "GET ")) {
				t.Error("the first request carries something of the key")
			}
			if strings.Contains(fmt.Sprintf("%+v", v), "CANARY") {
				t.Error("the verdict holds a secret")
			}
		})
	}
}

// TestOwnerByAdmin looks a key up with an administrator's, in the project that the first answer named.
func TestOwnerByAdmin(t *testing.T) {
	const key, admin = "sk-svcacct-CANARYabcdefghijklmnopqrst", "sk-admin-CANARY0123456789abcdefgh"
	list := `{"object":"list","data":[{"object":"organization.project.api_key","redacted_value":"sk-svcac********qrst","owner_project_access":"active","created_at":1790000000,"owner":{"type":"service_account","service_account":{"id":"svc_1","name":"deploy-bot"}}}]}`
	var mu sync.Mutex
	asked := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path] = r.Header.Get("Authorization")
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/v1/models" {
			w.Header().Set("OpenAI-Organization", "acme")
			w.Header().Set("OpenAI-Project", "proj_1")
			fmt.Fprint(w, `{"object":"list","data":[]}`)
			return
		}
		fmt.Fprint(w, list)
	}))
	defer server.Close()
	for _, with := range []bool{false, true} {
		clear(asked)
		parts, want := map[string]secret.Text{}, map[string]string{"/v1/models": "Bearer " + key}
		user := ""
		if with {
			parts["admin"], user = secret.New(admin), "svc_1"
			want["/v1/organization/projects/proj_1/api_keys"] = "Bearer " + admin
		}
		v := client(t, Options{}).Ask(t.Context(), []Question{{Provider: moved(t, "openai", server.URL), Environment: "staging", Key: secret.New(key), Parts: parts}})[0]
		if !maps.Equal(want, asked) {
			t.Errorf("administrator %v: asked %d paths", with, len(asked))
		}
		if v.Reason != provider.OK || v.Identity.User != user || v.Identity.Tenant != "proj_1" || v.Identity.Account != "acme" {
			t.Errorf("administrator %v: %s, user %q, tenant %q, account %q", with, v.Reason, v.Identity.User, v.Identity.Tenant, v.Identity.Account)
		}
	}
}
