package probe

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/keyfit/keyfit/internal/provider"
)

func TestReach(t *testing.T) {
	up := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodHead || r.URL.Path != "/" || r.Header.Get("Authorization") != "" {
			t.Errorf("asked %s %s with %d headers", r.Method, r.URL.Path, len(r.Header))
		}
		w.WriteHeader(http.StatusNotFound)
	})
	down := serve(t, hangUp)
	proxy := serve(t, reply(407, ""))
	providers := []*provider.Provider{
		gateway(t, map[string]string{"staging": up.URL}),
		gateway(t, map[string]string{"staging": up.URL + "/v2", "production": "https://never.invalid"}),
		gateway(t, map[string]string{"staging": down.URL}),
		gateway(t, map[string]string{"production": "https://never.invalid"}),
		gateway(t, map[string]string{"staging": "http://payments.example.com"}, plainHTTP),
	}
	c := client(t, Options{Environ: map[string]string{"HTTP_PROXY": "http://user:CANARY@" + proxy.Listener.Addr().String()}})
	want := []Reach{
		{Host: up.Listener.Addr().String(), Reason: provider.OK, Status: 404},
		{Host: down.Listener.Addr().String(), Reason: provider.NetworkConnect, Failure: down.Listener.Addr().String() + " closed the connection before the answer was complete"},
		{Host: "payments.example.com", Proxy: "http://" + proxy.Listener.Addr().String(), Reason: provider.NetworkProxy, Failure: "the proxy asks for a user and a password (status 407)"},
	}
	got := c.Reach(t.Context(), "staging", providers)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Reach{}, "Duration")); diff != "" {
		t.Errorf("reach (-want +got):\n%s", diff)
	}
	if up.asked.Load() != 1 {
		t.Errorf("asked %d times, want once", up.asked.Load())
	}
	offline := client(t, Options{Offline: true, Dial: noDial(t)}).Reach(t.Context(), "staging", providers[:1])
	if len(offline) != 1 || offline[0].Reason != provider.Offline {
		t.Errorf("offline gives %+v", offline)
	}
}
