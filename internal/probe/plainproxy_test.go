package probe

import (
	"net/http"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

// TestNothingIsLearnedThroughAPlainProxy: it may take the key out, or answer itself.
func TestNothingIsLearnedThroughAPlainProxy(t *testing.T) {
	production := serve(t, reply(200, accepted))
	for _, answer := range []http.HandlerFunc{
		reply(401, unknownKey), reply(200, accepted), reply(403, disabledKey),
		reply(401, `{"error":{"code":"key_revoked"}}`), reply(200, `{"user":{"id":"u_1","active":false}}`),
	} {
		api := serve(t, answer)
		proxy := httpProxy(t, api.URL, func(r *http.Request) { r.Header.Del("Authorization") })
		c := client(t, Options{Environ: map[string]string{"HTTP_PROXY": proxy.URL}})
		p := gateway(t, map[string]string{"staging": "http://payments.example.com", "production": production.URL}, plainHTTP)
		p.Probe.Control = "once"
		v := one(t, c, ask(p))
		wantReason(t, v, provider.NetworkProxy)
		nothingFails(t, v)
		if v.Elsewhere != nil || !v.Identity.IsZero() || v.Open || v.Doubt != "" {
			t.Errorf("something was learned: %+v", v)
		}
		const cause = "the answer came through a plain-text proxy, which may have taken the key out or answered itself"
		if v.Says != cause || !strings.Contains(v.Evidence.Failure, cause) || v.Evidence.Status == 0 {
			t.Errorf("says %q, failure %q", v.Says, v.Evidence.Failure)
		}
		if proxy.asked.Load() != 1 || production.asked.Load() != 0 {
			t.Errorf("the proxy was asked %d times, the sibling %d times", proxy.asked.Load(), production.asked.Load())
		}
	}
}

// TestSiblingBehindAPlainProxy owns no key either.
func TestSiblingBehindAPlainProxy(t *testing.T) {
	staging, api := serve(t, reply(401, unknownKey)), serve(t, reply(200, accepted))
	proxy := httpProxy(t, api.URL, func(*http.Request) {})
	p := gateway(t, map[string]string{"staging": staging.URL, "production": "http://payments.example.com"}, plainHTTP)
	v := one(t, client(t, Options{Environ: map[string]string{"HTTP_PROXY": proxy.URL}}), ask(p))
	wantReason(t, v, provider.KeyUnknown)
	wantRung(t, v, provider.KnownKey, verdict.Fail)
	if v.Elsewhere != nil || proxy.asked.Load() != 1 {
		t.Errorf("elsewhere is %+v, the proxy was asked %d times", v.Elsewhere, proxy.asked.Load())
	}
}

// TestFaultsThroughAPlainProxy keep their own names.
func TestFaultsThroughAPlainProxy(t *testing.T) {
	for _, tt := range []struct {
		answer http.HandlerFunc
		want   provider.Reason
		asked  int64
	}{{reply(503, "{}"), provider.ProviderDown, 3}, {reply(429, `{"error":{"code":"quota"}}`), provider.NetworkProxy, 1}, {reply(429, "{}"), provider.RateLimited, 3}} {
		api := serve(t, tt.answer)
		proxy := httpProxy(t, api.URL, func(*http.Request) {})
		c := client(t, Options{Environ: map[string]string{"HTTP_PROXY": proxy.URL}})
		v := one(t, c, ask(gateway(t, map[string]string{"staging": "http://payments.example.com"}, plainHTTP)))
		wantReason(t, v, tt.want)
		if got := proxy.asked.Load(); got != tt.asked {
			t.Errorf("the proxy was asked %d times, want %d", got, tt.asked)
		}
	}
}
