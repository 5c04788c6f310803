package probe

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// TestDoubt: a control that comes to nothing is no sign that keys are checked.
func TestDoubt(t *testing.T) {
	for _, tt := range []struct {
		name    string
		control http.HandlerFunc
		says    string // empty: no doubt
	}{
		{"refused", reply(401, unknownKey), ""},
		{"refused without a word", reply(401, ""), ""},
		{"refused in other words", reply(403, `{"message":"no"}`), ""},
		{"known and disabled", reply(403, disabledKey), ""},
		{"accepted", reply(200, accepted), ""},
		{"fault", reply(500, "{}"), "the control request got HTTP 500"},
		{"too many", reply(429, "{}"), "the control request got HTTP 429"},
		{"redirect", reply(302, "", "Location", "/login"), "the control request got HTTP 302: the answer is a redirect"},
		{"page", reply(200, "<html>", "Content-Type", "text/html"), "the control request got HTTP 200: the answer is a page"},
		{"firewall", reply(403, "<html>", "Content-Type", "text/html"), "the control request got HTTP 403: the answer is a page"},
		{"other JSON", reply(200, `{"status":"ok"}`), "the control request got HTTP 200"},
		{"close", hangUp, "closed the connection"},
		{"hang", hang, "the control request got no answer in time"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, keyed(map[string]http.HandlerFunc{canary: reply(200, accepted)}, tt.control))
			p := controlled(t, map[string]string{"staging": s.URL})
			began := time.Now()
			v := one(t, client(t, Options{Timeout: 30 * time.Second}), ask(p))
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("the control cost %s", took)
			}
			wantReason(t, v, provider.OK)
			switch {
			case tt.says == "" && v.Doubt != "":
				t.Errorf("doubts without a cause: %s", v.Doubt)
			case tt.says != "" && (!strings.Contains(v.Doubt, tt.says) || !strings.HasPrefix(v.Doubt, "whether the API checks keys at all could not be told: ")):
				t.Errorf("doubt is %q, want it to say %q", v.Doubt, tt.says)
			}
			if tt.says != "" {
				wantRung(t, v, provider.Authorised, verdict.Pass)
			}
		})
	}
}

// TestDoubtOfManyHosts: controls that hang are waited for together.
func TestDoubtOfManyHosts(t *testing.T) {
	s := serve(t, keyed(map[string]http.HandlerFunc{canary: reply(200, accepted)}, hang))
	var questions []Question
	for _, path := range []string{"/a", "/b", "/c"} {
		questions = append(questions, ask(controlled(t, map[string]string{"staging": s.URL + path})))
	}
	began := time.Now()
	c := client(t, Options{PerHost: 1})
	for _, v := range c.Ask(t.Context(), questions) {
		if !strings.Contains(v.Doubt, "in time") {
			t.Errorf("doubt is %q", v.Doubt)
		}
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("the controls cost %s", took)
	}
}

// TestDoubtOfASibling: that it owns the key rests on its control, too.
func TestDoubtOfASibling(t *testing.T) {
	staging := serve(t, reply(401, unknownKey))
	production := serve(t, keyed(map[string]http.HandlerFunc{canary: reply(200, accepted)}, reply(500, "{}")))
	v := one(t, client(t, Options{}), ask(controlled(t, map[string]string{"staging": staging.URL, "production": production.URL})))
	wantReason(t, v, provider.EnvMismatch)
	if want := "whether the API of production checks keys at all could not be told: the control request got HTTP 500"; v.Doubt != want {
		t.Errorf("doubt is %q, want %q", v.Doubt, want)
	}
}
