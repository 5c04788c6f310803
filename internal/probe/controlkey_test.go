package probe

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/verdict"
)

// A control key goes to the host at which the other key failed, once, and nowhere else.
func TestControlKey(t *testing.T) {
	staging := serve(t, reply(200, `{"user": {"id": "u_control", "name": "`+canary+`"}}`))
	production := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("production was asked") })
	p := gateway(t, map[string]string{"staging": staging.URL, "production": production.URL})
	c := client(t, Options{})
	q := Question{Provider: p, Environment: "staging", Key: secret.New("pgk_CANARYcontrol0001")}
	host := strings.TrimPrefix(staging.URL, "http://")
	for range 2 {
		v := c.AskControlKey(t.Context(), q, host, []Question{ask(p)})
		if v.Reason != provider.OK || v.Identity.User != "u_control" || strings.Contains(v.Identity.Name, "CANARY") {
			t.Errorf("the verdict is %+v", v)
		}
	}
	if n := staging.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	v := c.AskControlKey(t.Context(), q, "elsewhere.example.com", nil)
	if v.Reason != provider.NotProbeable || v.Evidence.Attempts != 0 {
		t.Errorf("at another host: %+v", v)
	}
	offline := client(t, Options{Offline: true, Dial: noDial(t)})
	if v := offline.AskControlKey(t.Context(), q, host, nil); v.Reason != provider.Offline {
		t.Errorf("offline: %+v", v)
	}
}

// Where the control key is refused, no other host is tried.
func TestControlKeyHasNoSiblings(t *testing.T) {
	staging := serve(t, reply(401, `{"error": {"code": "key_unknown"}}`))
	production := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("production was asked") })
	p := gateway(t, map[string]string{"staging": staging.URL, "production": production.URL})
	v := client(t, Options{}).AskControlKey(t.Context(), ask(p), strings.TrimPrefix(staging.URL, "http://"), nil)
	if v.Reason != provider.KeyUnknown {
		t.Errorf("the verdict is %+v", v)
	}
}

func TestAskedListsEveryRequest(t *testing.T) {
	refuse := reply(401, `{"error": {"code": "key_unknown"}}`)
	staging, production := serve(t, refuse), serve(t, reply(200, `{"user": {"id": "u"}}`))
	p := gateway(t, map[string]string{"staging": staging.URL, "production": production.URL})
	v := client(t, Options{}).Ask(t.Context(), []Question{ask(p)})[0]
	var got []string
	for _, a := range v.Asked {
		got = append(got, string(a.What)+" "+a.Environment+" "+string(a.Reason))
		if a.Evidence.At.IsZero() {
			t.Error("a request without its time")
		}
	}
	if text := strings.Join(got, ", "); text != "key  key_unknown, elsewhere production ok" {
		t.Errorf("asked %s", text)
	}
	open := httptest.NewServer(reply(200, `{"user": {"id": "u"}}`))
	defer open.Close()
	checked := gateway(t, map[string]string{"staging": open.URL})
	checked.Probe.Control = "once"
	v = client(t, Options{}).Ask(t.Context(), []Question{ask(checked)})[0]
	if n := len(v.Asked); n != 2 || v.Asked[1].What != verdict.AskedControlRequest || !v.Open {
		t.Errorf("asked %+v", v.Asked)
	}
}

// A hint is what the vendor shows and never more: neither a long end, nor more than the
// beginning that all such keys share.
func TestHint(t *testing.T) {
	stripe, ok := provider.Catalogue().Get("stripe")
	if !ok {
		t.Fatal("there is no stripe")
	}
	form := func(text string) *provider.Form { return stripe.FormOf(secret.New(text)) }
	const long = "sk_test_51CANARYabcdefghijklmnopqrstuvwxyz0123"
	for _, tt := range []struct{ key, shown, want string }{
		{long, "sk_test_51...0123", "sk_test_...0123"},
		{long, "sk_test_51CANARYabcdefghijklmnopqrst***uvwxyz0123", "sk_test_...0123"},
		{long, "s***123", "...123"},
		{"CANARY-short-123", "CAN***123", ""},
	} {
		if got := hintOf(&Question{Provider: stripe, Key: secret.New(tt.key), Form: form(tt.key)}, tt.shown); got != tt.want {
			t.Errorf("shown %d characters, the hint has %d, want %q", len(tt.shown), len(got), tt.want)
		}
	}
}
