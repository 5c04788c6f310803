package probe

import (
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
)

func placeAt(t *testing.T, address string) Place {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return Place{URL: front(u)}
}

// nothingSecret fails when a request holds more than is needed to knock.
func nothingSecret(t *testing.T, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if r.Method != http.MethodHead || r.URL.String() != "/" || len(body) > 0 || err != nil {
		t.Errorf("asked %s with %d bytes", r.Method, len(body))
	}
	for name, values := range r.Header {
		if name != "User-Agent" && name != "Accept-Encoding" && name != "Connection" || strings.Contains(strings.Join(values, ""), "CANARY") {
			t.Errorf("the header %s went along", name)
		}
	}
}

func TestReach(t *testing.T) {
	up := serve(t, func(w http.ResponseWriter, r *http.Request) {
		nothingSecret(t, r)
		w.WriteHeader(http.StatusNotFound)
	})
	down := serve(t, hangUp)
	proxy := serve(t, reply(407, ""))
	address := proxy.Listener.Addr().String()
	c := client(t, Options{Environ: map[string]string{"HTTP_PROXY": "http://user:CANARY@" + address}})
	want := []Reach{
		{Host: up.Listener.Addr().String(), Reason: provider.OK, Status: 404, HasDate: true},
		{Host: down.Listener.Addr().String(), Reason: provider.NetworkConnect, Failure: down.Listener.Addr().String() + " closed the connection before the answer was complete"},
		{Host: "payments.example.com", Proxy: "http://" + address, Reason: provider.NetworkProxy, Status: 407, Failure: "the proxy asks for a user and a password (status 407)"},
	}
	places := []Place{placeAt(t, up.URL+"/v1"), placeAt(t, down.URL), placeAt(t, "http://payments.example.com")}
	got := c.Reach(t.Context(), places)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Reach{}, "Duration")); diff != "" {
		t.Errorf("reach (-want +got):\n%s", diff)
	}
	offline := client(t, Options{Offline: true, Dial: noDial(t)}).Reach(t.Context(), places[:1])
	if len(offline) != 1 || offline[0].Reason != provider.Offline {
		t.Errorf("offline gives %+v", offline)
	}
}

func TestReachTellsOfTLS(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { nothingSecret(t, r) }))
	defer s.Close()
	s.Config.ErrorLog = nil
	own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	p := placeAt(t, s.URL)
	p.Public = true

	r := client(t, Options{CAFile: own}).Reach(t.Context(), []Place{p})[0]
	if r.Reason != provider.OK || r.TLS == nil || r.TLS.Version != "TLS 1.3" || r.TLS.Issuer != "Acme Co" || !r.TLS.Own || !r.TLS.Inspected() || r.TLS.Expires.IsZero() {
		t.Errorf("with the CA: %+v %+v", r, r.TLS)
	}
	r = client(t, Options{}).Reach(t.Context(), []Place{p})[0]
	if r.Reason != provider.NetworkTLS || r.TLS == nil || r.TLS.Issuer != "Acme Co" || r.TLS.Version != "" {
		t.Errorf("without the CA: %+v %+v", r, r.TLS)
	}
}

func TestSkew(t *testing.T) {
	now := time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ date, want time.Duration }{
		{0, 0}, {-time.Second, 0}, {3 * time.Second, 0}, {-91 * time.Second, -90 * time.Second}, {304 * time.Second, 300 * time.Second},
	} {
		if got := skew(now.Add(tt.date), now, now.Add(4*time.Second)); got != tt.want {
			t.Errorf("a date %s off gives %s, want %s", tt.date, got, tt.want)
		}
	}
}

// A data store is knocked at, and told nothing.
func TestReachOfStores(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	said := make(chan int, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			said <- -1
			return
		}
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, _ := conn.Read(make([]byte, 100))
		said <- n
	}()
	p := placeAt(t, "postgres://"+l.Addr().String())
	p.Wire = "postgres"
	r := client(t, Options{}).Reach(t.Context(), []Place{p})[0]
	if n := <-said; r.Reason != provider.OK || n != 0 {
		t.Errorf("reach is %+v, and %d bytes were said", r, n)
	}
	_ = l.Close()
	if r := client(t, Options{}).Reach(t.Context(), []Place{p})[0]; r.Reason != provider.NetworkConnect {
		t.Errorf("without a server: %+v", r)
	}
	tlsFirst := placeAt(t, serve(t, reply(200, "")).URL)
	tlsFirst.Wire, tlsFirst.URL.Scheme = "redis", "rediss"
	if r := client(t, Options{}).Reach(t.Context(), []Place{tlsFirst})[0]; r.Reason != provider.NetworkTLS {
		t.Errorf("without TLS: %+v", r)
	}
}

func TestPlaces(t *testing.T) {
	c := client(t, Options{Dial: noDial(t)})
	hosts := map[string]string{"staging": "https://pay.staging.example.com/v1", "production": "https://pay.example.com"}
	own := gateway(t, hosts)
	own.Custom = true
	stripe, ok := provider.Catalogue().Get("stripe")
	if !ok {
		t.Fatal("there is no stripe")
	}
	postgres, ok := provider.Catalogue().Get("postgres")
	if !ok {
		t.Fatal("there is no postgres")
	}
	for _, tt := range []struct {
		name string
		q    Question
		want string // hosts; those of other environments in brackets
	}{
		{"own", Question{Provider: own, Environment: "staging"}, "pay.staging.example.com (pay.example.com)"},
		{"a key changes nothing", Question{Provider: own, Environment: "staging", Key: secret.New(canary)}, "pay.staging.example.com (pay.example.com)"},
		{"no host", Question{Provider: own, Environment: "qa"}, "gateway declares no host"},
		{"catalogue", Question{Provider: stripe, Environment: "staging"}, "api.stripe.com"},
		{"store", Question{Provider: postgres, Environment: "staging"}, "only at a host that keyfit.yaml declares"},
		{"nobody", Question{}, "nobody knows"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			places, why := c.Places(tt.q)
			var got []string
			for _, p := range places {
				host := p.URL.Host
				if p.Sibling {
					host = "(" + host + ")"
				}
				got = append(got, host)
			}
			if text := strings.Join(got, " ") + why; !strings.Contains(text, tt.want) {
				t.Errorf("places are %q, want %q", text, tt.want)
			}
		})
	}
}

func TestProxySettings(t *testing.T) {
	got := ProxySettings(map[string]string{"https_proxy": "user:CANARY@proxy.example:3128", "HTTP_PROXY": "ftp://CANARY", "NO_PROXY": ".example.com"})
	want := []ProxySetting{
		{Name: "https_proxy", Value: "http://proxy.example:3128"}, {Name: "HTTP_PROXY", Bad: true}, {Name: "NO_PROXY", Value: ".example.com"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestReadCAFile(t *testing.T) {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	good := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	for _, tt := range []struct {
		text    string
		now     time.Time
		want    CAFile
		problem string
	}{
		{string(good) + string(good), time.Now(), CAFile{Certificates: 2}, ""},
		{string(good), s.Certificate().NotAfter.Add(time.Hour), CAFile{Certificates: 1, Expired: 1}, ""},
		{"CANARY", time.Now(), CAFile{}, "holds no certificate"},
		{"-----BEGIN CERTIFICATE-----\nQ0FOQVJZ\n-----END CERTIFICATE-----\n", time.Now(), CAFile{}, "cannot be read"},
	} {
		got, err := ReadCAFile([]byte(tt.text), tt.now)
		if got != tt.want || (err == nil) != (tt.problem == "") || err != nil && !strings.Contains(err.Error(), tt.problem) {
			t.Errorf("gives %+v and %v, want %+v and %q", got, err, tt.want, tt.problem)
		}
	}
}
