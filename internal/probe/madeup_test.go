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
