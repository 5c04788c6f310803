package probe

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/icholy/digest"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/verdict"
)

const okRule = "  verdicts: [{when: {status: 200, json: {$.id: {exists: true}}}, reason: ok}]\n  identity: {user: $.id}\n  control: never\n"

// askOne puts one question to a server and gives the verdict.
func askOne(t *testing.T, server *httptest.Server, spec string, q Question) verdict.Verdict {
	t.Helper()
	p := decodeProvider(t, hostsYAML(map[string]string{"default": server.URL})+spec)
	q.Provider, q.Environment = p, "staging"
	client, err := New(Options{Now: at})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	return client.Ask(t.Context(), []Question{q})[0]
}

// TestSigV4 asks with the credentials and the moment of AWS's published example of a signed
// request: GET iam.amazonaws.com ListUsers, 2015-08-30. The signature depends on the host, so it
// is signed here by the steps that the documentation lists.
func TestSigV4(t *testing.T) {
	var got http.Header
	var host string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, host = r.Header.Clone(), r.Host
		fmt.Fprint(w, `{"id":1}`)
	}))
	defer server.Close()
	v := askOne(t, server, `
parts:
  id: {names: [ID]}
probe:
  request: {path: /, query: {Action: ListUsers, Version: "2010-05-08"}, auth: {sigv4: {service: iam, region: us-east-1, id: $id}}}
`+okRule, Question{
		Key: secret.New("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), Parts: map[string]secret.Text{"id": secret.New("AKIDEXAMPLE")},
	})
	if v.Reason != provider.OK {
		t.Fatalf("%s %s", v.Reason, v.Evidence.Failure)
	}
	authorization := got.Get("Authorization")
	credential, rest, _ := strings.Cut(strings.TrimPrefix(authorization, "AWS4-HMAC-SHA256 Credential="), ", SignedHeaders=")
	signed, signature, _ := strings.Cut(rest, ", Signature=")
	if credential != "AKIDEXAMPLE/20261122/us-east-1/iam/aws4_request" || got.Get("X-Amz-Date") != "20261122T102030Z" {
		t.Fatalf("credential %s at %s", credential, got.Get("X-Amz-Date"))
	}
	var headers strings.Builder
	for name := range strings.SplitSeq(signed, ";") {
		value := got.Get(name)
		if name == "host" {
			value = host
		}
		fmt.Fprintf(&headers, "%s:%s\n", name, value)
	}
	empty := sha256.Sum256(nil)
	canonical := "GET\n/\nAction=ListUsers&Version=2010-05-08\n" + headers.String() + "\n" + signed + "\n" + hex.EncodeToString(empty[:])
	sum := sha256.Sum256([]byte(canonical))
	text := "AWS4-HMAC-SHA256\n20261122T102030Z\n20261122/us-east-1/iam/aws4_request\n" + hex.EncodeToString(sum[:])
	key := []byte("AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
	for _, piece := range []string{"20261122", "us-east-1", "iam", "aws4_request", text} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(piece))
		key = mac.Sum(nil)
	}
	if signature != hex.EncodeToString(key) {
		t.Errorf("the signature is not the one of the documentation's steps")
	}
}

func TestHMAC(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, []byte(canary))
		mac.Write([]byte(r.Header.Get("X-Time") + "." + r.Method + "." + r.URL.RequestURI() + "." + string(body)))
		if r.Header.Get("Authorization") != "APP me:"+hex.EncodeToString(mac.Sum(nil)) || r.Header.Get("X-Time") != "1795342830" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		fmt.Fprint(w, `{"id":1}`)
	}))
	defer server.Close()
	spec := `
parts:
  app: {names: [APP]}
probe:
  request:
    method: POST
    path: /v1/who
    query: {a: b}
    json: {x: 1}
    auth: {hmac: {text: "$timestamp.$method.$path.$body", header: Authorization, value: "APP $app:$signature", headers: {X-Time: $timestamp}}}
` + okRule
	v := askOne(t, server, spec, Question{Key: secret.New(canary), Parts: map[string]secret.Text{"app": secret.New("me")}})
	if v.Reason != provider.OK {
		t.Errorf("%s, status %d", v.Reason, v.Evidence.Status)
	}
	v = askOne(t, server, spec, Question{Key: secret.New(canary)})
	if v.Reason != provider.Unresolved || !strings.Contains(v.Evidence.Failure, `the part "app"`) {
		t.Errorf("without the part: %s %s", v.Reason, v.Evidence.Failure)
	}
}

// TestDigest asks a server that wants HTTP digest: the first request carries no key.
func TestDigest(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		credentials, err := digest.ParseCredentials(r.Header.Get("Authorization"))
		if err != nil {
			w.Header().Set("WWW-Authenticate", `Digest realm="MMS Public API", domain="", nonce="n1", algorithm=MD5, qop="auth", stale=false`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		want, _ := digest.Digest(&digest.Challenge{Realm: "MMS Public API", Nonce: "n1", Algorithm: "MD5", QOP: []string{"auth"}}, digest.Options{
			Method: r.Method, URI: r.URL.RequestURI(), Username: "pub", Password: canary, Cnonce: credentials.Cnonce, Count: 1,
		})
		if credentials.Response != want.Response {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"errorCode":"UNAUTHORIZED"}`)
			return
		}
		fmt.Fprint(w, `{"id":1}`)
	}))
	defer server.Close()
	spec := "\nparts: {public: {names: [PUB]}}\nprobe:\n  request: {path: /me, auth: {scheme: digest, user: $public}}\n" + okRule
	parts := map[string]secret.Text{"public": secret.New("pub")}
	if v := askOne(t, server, spec, Question{Key: secret.New(canary), Parts: parts}); v.Reason != provider.OK {
		t.Errorf("%s, status %d", v.Reason, v.Evidence.Status)
	}
	if requests.Load() != 2 {
		t.Errorf("%d requests", requests.Load())
	}
	if v := askOne(t, server, spec, Question{Key: secret.New("CANARY-wrong"), Parts: parts}); v.Reason != provider.AmbiguousCause || v.Evidence.Status != 401 {
		t.Errorf("a wrong key: %s, status %d", v.Reason, v.Evidence.Status)
	}
}

func at() time.Time { return time.Date(2026, 11, 22, 10, 20, 30, 0, time.UTC) }
