package probe

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/provider"
)

// authority is a CA of the test's own.
type authority struct {
	pem  []byte
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), cert: cert, key: key}
}

// issue gives a certificate for a name, valid from and until some time from now.
func (a *authority) issue(t testing.TB, name string, from, until time.Duration) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(until), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func serveTLS(t testing.TB, config *tls.Config, handler http.HandlerFunc) *target {
	t.Helper()
	s := &target{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		handler(w, r)
	}))
	s.TLS = config
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// leading dials the address given, whatever name was asked for.
func leading(address string) Dial {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, network, address)
	}
}

func TestTLS(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	const name = "payments.example.com"
	hour := time.Hour
	plain := serve(t, reply(200, accepted))
	for _, tt := range []struct {
		name   string
		config *tls.Config
		ca     []byte
		want   provider.Reason
		says   string
	}{
		{"good", &tls.Config{Certificates: []tls.Certificate{ca.issue(t, name, -hour, hour)}}, ca.pem, provider.OK, ""},
		{"unknown CA", &tls.Config{Certificates: []tls.Certificate{ca.issue(t, name, -hour, hour)}}, nil, provider.NetworkTLS, "--ca-file"},
		{"another CA", &tls.Config{Certificates: []tls.Certificate{other.issue(t, name, -hour, hour)}}, ca.pem, provider.NetworkTLS, "CA that this machine does not know"},
		{"expired", &tls.Config{Certificates: []tls.Certificate{ca.issue(t, name, -2*hour, -hour)}}, ca.pem, provider.NetworkTLS, "expired on"},
		{"not valid yet", &tls.Config{Certificates: []tls.Certificate{ca.issue(t, name, hour, 2*hour)}}, ca.pem, provider.NetworkTLS, "not valid before"},
		{"wrong name", &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "evil.example", -hour, hour)}}, ca.pem, provider.NetworkTLS, "not for the name payments.example.com"},
		{"too old", &tls.Config{MaxVersion: tls.VersionTLS11, Certificates: []tls.Certificate{ca.issue(t, name, -hour, hour)}}, ca.pem, provider.NetworkTLS, "TLS"},
		{"no TLS at all", nil, ca.pem, provider.NetworkTLS, "does not speak TLS"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := plain
			if tt.config != nil {
				s = serveTLS(t, tt.config, reply(200, accepted))
			}
			c := client(t, Options{CAFile: tt.ca, Dial: leading(s.Listener.Addr().String())})
			v := one(t, c, ask(gateway(t, map[string]string{"staging": "https://" + name})))
			wantReason(t, v, tt.want)
			if tt.want == provider.OK {
				return
			}
			nothingFails(t, v)
			if !strings.Contains(v.Evidence.Failure, tt.says) {
				t.Errorf("failure is %q, want it to say %q", v.Evidence.Failure, tt.says)
			}
			if got := s.asked.Load(); got != 0 || v.Evidence.Attempts != 1 {
				t.Errorf("%d requests arrived, %d attempts", got, v.Evidence.Attempts)
			}
		})
	}
}

// TestHTTP2IsNotOffered even by a server that would speak it.
func TestHTTP2IsNotOffered(t *testing.T) {
	ca := newAuthority(t)
	s := serveTLS(t, &tls.Config{NextProtos: []string{"h2", "http/1.1"}, Certificates: []tls.Certificate{ca.issue(t, "payments.example.com", -time.Hour, time.Hour)}},
		func(w http.ResponseWriter, r *http.Request) {
			if r.ProtoMajor != 1 {
				t.Errorf("asked over %s", r.Proto)
			}
			reply(200, accepted)(w, r)
		})
	v := one(t, client(t, Options{CAFile: ca.pem, Dial: leading(s.Listener.Addr().String())}), ask(gateway(t, map[string]string{"staging": "https://payments.example.com"})))
	wantReason(t, v, provider.OK)
}

// httpProxy forwards plain requests to one target, after a change.
func httpProxy(t testing.TB, to string, change func(*http.Request)) *target {
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(u)
		change(r.Out)
	}}
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host == "" {
			t.Error("the proxy was asked as if it were the target")
		}
		forward.ServeHTTP(w, r)
	})
}

const plainHTTP = "allow-http: true\n"

// strictGateway refuses requests without a key in words of its own, none of which says
// anything of a key.
func strictGateway(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") == "" {
		reply(401, `{"error":{"code":"credentials_missing"}}`)(w, r)
		return
	}
	reply(200, accepted)(w, r)
}

// TestProxyThatTakesTheKeyAway: what the API then says is nothing against the key.
func TestProxyThatTakesTheKeyAway(t *testing.T) {
	api := serve(t, strictGateway)
	for _, tt := range []struct {
		name   string
		change func(*http.Request)
		want   provider.Reason
	}{
		{"honest proxy", func(*http.Request) {}, provider.NetworkProxy}, // no one can tell that it is
		{"stripping proxy", func(r *http.Request) { r.Header.Del("Authorization") }, provider.AmbiguousCause},
	} {
		t.Run(tt.name, func(t *testing.T) {
			proxy := httpProxy(t, api.URL, tt.change)
			c := client(t, Options{Environ: map[string]string{"http_proxy": proxy.URL}})
			v := one(t, c, ask(gateway(t, map[string]string{"staging": "http://payments.example.com"}, plainHTTP)))
			wantReason(t, v, tt.want)
			nothingFails(t, v)
			if got := proxy.asked.Load(); got != 1 {
				t.Errorf("the proxy was asked %d times, want 1", got)
			}
		})
	}
}

func TestProxyEnvironment(t *testing.T) {
	api := serve(t, strictGateway)
	proxy := httpProxy(t, api.URL, func(*http.Request) {})
	for _, tt := range []struct {
		name    string
		environ map[string]string
		host    string
		proxied bool
	}{
		{"upper case", map[string]string{"HTTP_PROXY": proxy.URL}, "http://payments.example.com", true},
		{"without a scheme", map[string]string{"HTTP_PROXY": strings.TrimPrefix(proxy.URL, "http://")}, "http://payments.example.com", true},
		{"for https only", map[string]string{"HTTPS_PROXY": proxy.URL}, "http://payments.example.com", false},
		{"excepted by name", map[string]string{"HTTP_PROXY": proxy.URL, "NO_PROXY": "other.example, payments.example.com"}, "http://payments.example.com", false},
		{"excepted by domain", map[string]string{"HTTP_PROXY": proxy.URL, "no_proxy": ".example.com"}, "http://payments.example.com", false},
		{"excepted all", map[string]string{"HTTP_PROXY": proxy.URL, "NO_PROXY": "*"}, "http://payments.example.com", false},
		{"loopback", map[string]string{"HTTP_PROXY": proxy.URL}, api.URL, false},
		{"under CGI", map[string]string{"HTTP_PROXY": proxy.URL, "REQUEST_METHOD": "GET"}, "http://payments.example.com", false},
		{"none", nil, "http://payments.example.com", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := proxy.asked.Load()
			proxyAddress := proxy.Listener.Addr().String()
			c := client(t, Options{Environ: tt.environ, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				if address != proxyAddress {
					address = api.Listener.Addr().String()
				}
				return (&net.Dialer{}).DialContext(ctx, network, address)
			}})
			v := one(t, c, ask(gateway(t, map[string]string{"staging": tt.host}, plainHTTP)))
			want := provider.OK
			if tt.proxied {
				want = provider.NetworkProxy
			}
			wantReason(t, v, want)
			if got := proxy.asked.Load() > before; got != tt.proxied {
				t.Errorf("through the proxy: %t, want %t", got, tt.proxied)
			}
		})
	}
}

// tunnel is a proxy for https: it connects to one target, or answers with a status.
func tunnel(t testing.TB, to string, status int) *target {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Header.Get("Authorization") != "" {
			t.Errorf("the proxy got %s", r.Method)
		}
		if status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
		out, err := net.Dial("tcp", to)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer out.Close()
		in, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer in.Close()
		_, _ = io.WriteString(in, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			_, _ = io.Copy(out, in)
			out.Close()
		}()
		_, _ = io.Copy(in, out)
	})
}

func TestTunnel(t *testing.T) {
	ca := newAuthority(t)
	api := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "payments.example.com", -time.Hour, time.Hour)}}, reply(200, accepted))
	inspected := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{newAuthority(t).issue(t, "payments.example.com", -time.Hour, time.Hour)}}, reply(200, accepted))
	const user = "proxyuser:CANARYproxy"
	for _, tt := range []struct {
		name   string
		to     string
		status int
		want   provider.Reason
		says   string
		asked  int64
	}{
		{"good", api.Listener.Addr().String(), 200, provider.OK, "", 1},
		{"wants a login", "", 407, provider.NetworkProxy, "407", 1},
		{"forbids the host", "", 403, provider.NetworkProxy, "does not allow connections to payments.example.com", 1},
		{"cannot reach the host", "", 502, provider.NetworkProxy, "502", 3},
		{"inspects TLS", inspected.Listener.Addr().String(), 200, provider.NetworkTLS, "--ca-file", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			proxy := tunnel(t, tt.to, tt.status)
			environ := map[string]string{"HTTPS_PROXY": strings.Replace(proxy.URL, "http://", "http://"+user+"@", 1)}
			v := one(t, client(t, Options{CAFile: ca.pem, Environ: environ}), ask(gateway(t, map[string]string{"staging": "https://payments.example.com"})))
			wantReason(t, v, tt.want)
			noCanary(t, v, user, "CANARYproxy", base64.StdEncoding.EncodeToString([]byte(user)))
			if !strings.Contains(v.Evidence.Failure, tt.says) {
				t.Errorf("failure is %q, want it to say %q", v.Evidence.Failure, tt.says)
			}
			if got := proxy.asked.Load(); got != tt.asked {
				t.Errorf("the proxy was asked %d times, want %d", got, tt.asked)
			}
		})
	}
}

func TestProxyThatIsNotThere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	for _, scheme := range []string{"http", "socks5"} {
		environ := map[string]string{"HTTPS_PROXY": scheme + "://user:CANARYproxy@" + listener.Addr().String()}
		v := one(t, client(t, Options{Environ: environ}), ask(gateway(t, map[string]string{"staging": "https://payments.example.com"})))
		wantReason(t, v, provider.NetworkProxy)
		noCanary(t, v, "CANARYproxy")
		if !strings.Contains(v.Evidence.Failure, "the proxy refused the connection") {
			t.Errorf("failure is %q", v.Evidence.Failure)
		}
	}
}

// TestLocalhostStaysHere: the resolver has no say in where a key without TLS goes.
func TestLocalhostStaysHere(t *testing.T) {
	var dialled atomic.Value
	s := serve(t, reply(200, accepted))
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	c := client(t, Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled.Store(address)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}})
	v := one(t, c, ask(gateway(t, map[string]string{"staging": "http://api.localhost:" + port})))
	wantReason(t, v, provider.OK)
	if got := dialled.Load(); got != "127.0.0.1:"+port {
		t.Errorf("dialled %v", got)
	}
}
