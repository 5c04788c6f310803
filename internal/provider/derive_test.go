package provider

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/strict"
)

func TestDerivations(t *testing.T) {
	jwt := "x." + base64.RawURLEncoding.EncodeToString([]byte(`{"ref":"abcd","exp":1893456000,"aud":["a","b"]}`)) + ".y"
	email := expression(t, `([^@]+)@`)
	for _, c := range []struct {
		name string
		d    Derivation
		from string
		want string
	}{
		{"field", Derivation{JSON: "$.client_email"}, `{"client_email":"a@b"}`, "a@b"},
		{"field of JSON in base64", Derivation{JSON: "$.n"}, base64.StdEncoding.EncodeToString([]byte(`{"n":5}`)), "5"},
		{"field that is not there", Derivation{JSON: "$.x"}, `{"client_email":"a@b"}`, ""},
		{"no JSON", Derivation{JSON: "$.x"}, `nonsense`, ""},
		{"claim", Derivation{Claim: "ref"}, jwt, "abcd"},
		{"number in a claim", Derivation{Claim: "exp"}, jwt, "1893456000"},
		{"list in a claim", Derivation{Claim: "aud"}, jwt, ""},
		{"no token", Derivation{Claim: "ref"}, "a.b", ""},
		{"host", Derivation{URL: "host"}, "postgres://u:p@db.example.com:5432/shop?x=1", "db.example.com:5432"},
		{"password", Derivation{URL: "password"}, "postgres://u:p%40@db/shop", "p@"},
		{"path", Derivation{URL: "path"}, "postgres://u:p@db/shop", "shop"},
		{"regex", Derivation{Regex: email}, "me@example.com", "me"},
		// The example that descriptions of the scheme share.
		{"account", Derivation{AWSAccount: true}, "ASIAQNZGKIQY56JQ7WML", "029608264753"},
		{"account of an old id", Derivation{AWSAccount: true}, "AKIAIOSFODNN7EXAMPLE", ""},
		{"account of no id", Derivation{AWSAccount: true}, "AKIA", ""},
	} {
		if got := c.d.make(func(string) (string, bool) { return c.from, true }, time.Now()); got != c.want {
			t.Errorf("%s: %q, expected %q", c.name, got, c.want)
		}
	}
}

func expression(t *testing.T, text string) *Expression {
	t.Helper()
	p, problems := Load("a.yaml", []byte(strings.Replace(sited, "domain: {names: [ACME_DOMAIN]", "domain: {derive: {regex: '"+text+"'}", 1)))
	if len(problems) > 0 {
		t.Fatal(said(problems))
	}
	return p.Parts["domain"].Derive.Regex
}

// TestPartsOfParts derives a part of a part that is derived itself, and stops at a circle.
func TestPartsOfParts(t *testing.T) {
	p := &Provider{Parts: map[string]Part{
		"email": {Derive: &Derivation{JSON: "$.email"}}, "host": {Derive: &Derivation{From: "url", URL: "host"}},
		"url": {Derive: &Derivation{JSON: "$.url"}}, "a": {Derive: &Derivation{From: "b", JSON: "$.x"}}, "b": {Derive: &Derivation{From: "a", JSON: "$.x"}},
	}}
	part := p.PartsOf(map[string]string{KeyPart: `{"email":"a@b","url":"https://h/x"}`}, time.Now())
	for role, want := range map[string]string{"email": "a@b", "host": "h", "a": "", "other": ""} {
		if got, _ := part(role); got != want {
			t.Errorf("%s is %q, expected %q", role, got, want)
		}
	}
	given := p.PartsOf(map[string]string{KeyPart: `{"email":"a@b"}`, "email": "own"}, time.Now())
	if got, _ := given("email"); got != "own" {
		t.Error("a part that is given is derived all the same")
	}
}

// TestAssertions checks the signatures with the public keys.
func TestAssertions(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, _ := x509.MarshalPKCS8PrivateKey(private)
	ec, _ := x509.MarshalECPrivateKey(curve)
	inPEM := func(kind string, data []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}))
	}
	now := time.Date(2026, 11, 22, 10, 20, 30, 0, time.UTC)
	part := func(role string) (string, bool) { return map[string]string{"email": "a@b"}[role], role == "email" }
	for _, c := range []struct {
		name, alg, key string
		verify         func(sum, signature []byte) bool
	}{
		{"RSA", "RS256", inPEM("PRIVATE KEY", pkcs8), func(sum, s []byte) bool {
			return rsa.VerifyPKCS1v15(&private.PublicKey, crypto.SHA256, sum, s) == nil
		}},
		{"RSA on one line", "RS256", strings.ReplaceAll(inPEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(private)), "\n", `\n`), func(sum, s []byte) bool {
			return rsa.VerifyPKCS1v15(&private.PublicKey, crypto.SHA256, sum, s) == nil
		}},
		{"curve", "ES256", inPEM("EC PRIVATE KEY", ec), func(sum, s []byte) bool {
			return len(s) == 64 && ecdsa.Verify(&curve.PublicKey, sum, new(big.Int).SetBytes(s[:32]), new(big.Int).SetBytes(s[32:]))
		}},
	} {
		a := Assertion{Algorithm: c.alg, Claims: map[string]Template{"iss": "$email", "aud": "https://api.example.com"}}
		token, err := a.sign(c.key, part, now)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		again, _ := a.sign(c.key, part, now.Add(20*time.Second))
		if body := token[:strings.LastIndexByte(token, '.')]; !strings.HasPrefix(again, body) {
			t.Errorf("%s: two tokens of one minute differ", c.name)
		} else {
			sum := sha256.Sum256([]byte(body))
			signature, _ := base64.RawURLEncoding.DecodeString(token[len(body)+1:])
			if !c.verify(sum[:], signature) {
				t.Errorf("%s: the signature does not fit", c.name)
			}
		}
		data, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
		var claims map[string]any
		if json.Unmarshal(data, &claims) != nil || claims["iss"] != "a@b" || claims["exp"].(float64)-claims["iat"].(float64) != 300 {
			t.Errorf("%s: claims %v", c.name, claims)
		}
	}
	for name, a := range map[string]Assertion{
		"no key":       {Algorithm: "RS256", Claims: map[string]Template{"iss": "x"}},
		"wrong kind":   {Algorithm: "ES256", Claims: map[string]Template{"iss": "x"}},
		"missing part": {Algorithm: "HS256", Claims: map[string]Template{"iss": "$gone"}},
	} {
		key := "CANARY"
		if name == "wrong kind" {
			key = inPEM("PRIVATE KEY", pkcs8)
		}
		if _, err := a.sign(key, part, now); err == nil || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRSAModulus finds a private key among public ones, as a vendor lists them.
func TestRSAModulus(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, _ := x509.MarshalPKCS8PrivateKey(private)
	curve, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ec, _ := x509.MarshalECPrivateKey(curve)
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	public, _ := x509.MarshalPKIXPublicKey(&private.PublicKey)
	sum := sha256.Sum256(public)
	for _, c := range []struct{ name, key, want, fingerprint string }{
		{"RSA", text, base64.RawURLEncoding.EncodeToString(private.N.Bytes()), base64.StdEncoding.EncodeToString(sum[:])},
		{"cut short", text[:len(text)/2], "", ""},
		{"a curve", string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: ec})), "", ""},
		{"no key", "CANARY", "", ""},
	} {
		p := &Provider{Parts: map[string]Part{
			"modulus": {Derive: &Derivation{RSAModulus: true}}, "print": {Derive: &Derivation{RSAFingerprint: true}},
		}}
		part := p.PartsOf(map[string]string{KeyPart: c.key}, time.Now())
		if got, _ := part("modulus"); got != c.want {
			t.Errorf("%s: a modulus of %d characters, expected %d", c.name, len(got), len(c.want))
		}
		if got, _ := part("print"); got != c.fingerprint {
			t.Errorf("%s: a fingerprint of %d characters, expected %d", c.name, len(got), len(c.fingerprint))
		}
	}
}

// TestSnowflakeToken: the token names the account without its region and the user, both in
// capital letters, and the fingerprint of the public key.
func TestSnowflakeToken(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, _ := x509.MarshalPKCS8PrivateKey(private)
	public, _ := x509.MarshalPKIXPublicKey(&private.PublicKey)
	sum := sha256.Sum256(public)
	p, _ := Catalogue().Get("snowflake-key-pair")
	now := time.Date(2026, 11, 22, 12, 0, 30, 0, time.UTC)
	part := p.PartsOf(map[string]string{
		KeyPart: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})), "account": "xy12345.eu-west-1", "user": "deploy",
	}, now)
	token, ok := part("assertion")
	if !ok {
		t.Fatal("no token is made")
	}
	for name, want := range map[string]string{
		"iss": "XY12345.DEPLOY.SHA256:" + base64.StdEncoding.EncodeToString(sum[:]), "sub": "XY12345.DEPLOY", "exp": "1795349100",
	} {
		if got := claim(token, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// TestFurtherHosts lists a further request's host, refuses one that is no base URL, and keeps a
// vendor's second host from those who extend its provider for hosts of their own.
func TestFurtherHosts(t *testing.T) {
	step := func(host string) Step { return Step{ID: "token", Host: host, At: strict.Placed{}} }
	p := &Provider{Hosts: Hosts{"default": {Value: "https://api.example.com"}}, Probe: Probe{Then: []Step{step("https://id.example.com")}}}
	if diff := cmp.Diff([]string{"api.example.com", "id.example.com"}, p.Egress()); diff != "" {
		t.Error(diff)
	}
	mine := &Provider{Hosts: Hosts{"default": {Value: "https://api.example.org"}}}
	if mine.inherit(p); len(mine.Probe.Then) != 0 {
		t.Error("the vendor's second host is asked for one's own")
	}
	same := &Provider{}
	if same.inherit(p); len(same.Probe.Then) != 1 || len(p.Probe.Then) != 1 {
		t.Error("the further request is not inherited, or the catalogue was changed")
	}
	c := &checker{p: &Provider{Probe: Probe{Then: []Step{step("https://user:CANARY@id.example.com")}, Pick: &Pick{List: "$.keys"}}}}
	c.steps()
	text := said(c.out)
	for _, want := range []string{"holds a user or password", "does not say which item it takes"} {
		if !strings.Contains(text, want) || strings.Contains(text, "CANARY") {
			t.Errorf("missing %q", want)
		}
	}
}
