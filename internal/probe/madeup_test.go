package probe

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
)

// TestMadeUpKeyHasTheForm: a server that looks at the form alone is found out; where the form is
// weak, or not to be met, the key says what it is and no more.
func TestMadeUpKeyHasTheForm(t *testing.T) {
	for _, tt := range []struct{ forms, key, prefix string }{
		{"forms: [{pattern: 'pgk_[A-Za-z0-9_]{8,}', kind: key}]\n", "pgk_CANARY_123456", "pgk_keyfitcontrol"},
		{"forms: [{pattern: 'pgk_[A-Za-z0-9_]{16}', kind: key}]\n", "pgk_CANARY_123456789", "keyfit-control-"},
		{"forms: [{pattern: '[A-Za-z0-9_]{8,}', kind: key, weak: true}]\n", "CANARY_123456", "keyfit-control-"},
		{"", "CANARY_123456", "keyfit-control-"},
	} {
		var (
			mu   sync.Mutex
			made []string
		)
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			made = append(made, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
			mu.Unlock()
			reply(200, accepted)(w, r)
		})
		p := decodeProvider(t, tt.forms+"hosts: {staging: '"+s.URL+"'}\n"+gatewayRequest+gatewayRules)
		v := client(t, Options{}).Ask(t.Context(), []Question{{Provider: p, Environment: "staging", Key: secret.New(tt.key)}})[0]
		mu.Lock()
		if v.Reason != provider.OK || !v.Open || len(made) != 2 || !strings.HasPrefix(made[1], tt.prefix) {
			t.Errorf("%q: %s, open is %t, after %d requests", tt.forms, v.Reason, v.Open, len(made))
		}
		mu.Unlock()
	}
}

// TestMadeUpKeyAlone: a server that looks at the login of whoever asks, and at no token, is found
// out; what holds the key's own text is made up with it.
func TestMadeUpKeyAlone(t *testing.T) {
	var (
		mu    sync.Mutex
		again int
	)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("client_secret") != "CANARY-client" {
			reply(401, `{"error":"invalid_client"}`)(w, r)
			return
		}
		if r.FormValue("copy") == "CANARY-token" {
			mu.Lock()
			again++
			mu.Unlock()
		}
		reply(200, `{"active":true,"sub":"u"}`)(w, r)
	})
	p := decodeProvider(t, `parts: {client_secret: {secret: true}, copy: {secret: true}}
hosts: {staging: '`+s.URL+`'}
probe:
  effect: read
  request: {method: POST, path: /introspect, auth: {form: token}, form: {client_secret: $client_secret, copy: $copy}}
  verdicts: [{when: {status: 200, json: {$.active: true}}, reason: ok}]
`)
	parts := map[string]secret.Text{"client_secret": secret.New("CANARY-client"), "copy": secret.New("CANARY-token")}
	v := client(t, Options{}).Ask(t.Context(), []Question{{Provider: p, Environment: "staging", Key: secret.New("CANARY-token"), Parts: parts}})[0]
	if !v.Open || again != 1 || s.asked.Load() != 2 {
		t.Errorf("open is %t, the key's text arrived %d times in %d requests", v.Open, again, s.asked.Load())
	}
}
