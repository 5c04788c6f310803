package servers

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/probe"
)

// names are the servers that a road leads to; each is at NAME.keyfit.test.
var names = []string{"redmine", "rabbitmq", "oidc", "mock", "stripe", "gitea", "minio", "kubernetes", "etcd", "influxdb"}

// road is how a key gets to a server in a company's network: through a forward proxy, and over
// TLS with a certificate of the company's own authority.
type road struct {
	authority *authority
	proxy     string // its address
}

// newRoad starts the proxy: the real one, which alone knows where the names lead.
func newRoad(t *testing.T) *road {
	t.Helper()
	dir, port := scratch(t), freePort(t)
	var hosts string
	for _, name := range names {
		hosts += "127.0.0.1 " + name + ".keyfit.test\n"
	}
	config := write(t, filepath.Join(dir, "squid.conf"), `
http_port 127.0.0.1:`+port+`
hosts_file `+write(t, filepath.Join(dir, "hosts"), hosts)+`
dns_nameservers 127.0.0.1
dns_timeout 1 second
dns_retransmit_interval 1 second
retry_on_error off
udp_outgoing_address 127.0.0.1
cache deny all
access_log none
cache_log /dev/null
pid_filename none
http_access allow localhost
shutdown_lifetime 0 seconds
coredump_dir `+dir+`
`)
	squid := installed(t, "servers.sh", "squid", "/usr/sbin/squid")
	start(t, unprivileged(t, command(dir, squid, "-N", "-f", config)), listens(port))
	return &road{authority: newAuthority(t), proxy: "127.0.0.1:" + port}
}

// front is the TLS end of a server, which counts what it is asked.
type front struct {
	url   string
	asked atomic.Int64
}

// to puts a front before a server.
func (r *road) to(t *testing.T, name, upstream string) *front {
	t.Helper()
	target, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{}
	forward := &httputil.ReverseProxy{
		Rewrite:   func(p *httputil.ProxyRequest) { p.SetURL(target); p.Out.Host = p.In.Host },
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: r.authority.pool()}},
		ErrorLog:  log.New(io.Discard, "", 0),
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		f.asked.Add(1)
		forward.ServeHTTP(w, q)
	}))
	host := name + ".keyfit.test"
	s.TLS = &tls.Config{Certificates: []tls.Certificate{r.authority.issue(t, host)}}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	f.url = "https://" + host + ":" + port
	return f
}

// noResolver knows no name, as a machine whose proxy looks names up.
func noResolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("there is no name server here")
	}}
}

// traveller is a client on the road, which remembers whom it was connected to.
type traveller struct {
	*probe.Client
	mu     sync.Mutex
	dialed []string
}

func (r *road) client(t *testing.T, change ...func(*probe.Options)) *traveller {
	t.Helper()
	out := &traveller{}
	o := probe.Options{
		CAFile: r.authority.pem, Environ: map[string]string{"HTTPS_PROXY": "http://" + r.proxy}, Timeout: time.Minute,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			out.mu.Lock()
			out.dialed = append(out.dialed, address)
			out.mu.Unlock()
			return (&net.Dialer{Resolver: noResolver()}).DialContext(ctx, network, address)
		},
	}
	for _, c := range change {
		c(&o)
	}
	client, err := probe.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	out.Client = client
	return out
}

// strayed lists the addresses besides the proxy's that the client connected to.
func (c *traveller) strayed(proxy string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.dialed), func(address string) bool { return address == proxy })
}

// authority is a certificate authority of the test's own.
type authority struct {
	pem  []byte
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a company's authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
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

// pool trusts the authority alone.
func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// issue gives a certificate for a name, which is good on loopback too.
func (a *authority) issue(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		DNSNames: []string{name, "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// files writes a certificate for a server that reads it from files.
func (a *authority) files(t *testing.T, dir, name string) (ca, cert, key string) {
	t.Helper()
	issued := a.issue(t, name)
	der, err := x509.MarshalPKCS8PrivateKey(issued.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	ca, cert, key = filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, data := range map[string][]byte{
		ca:   a.pem,
		cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issued.Certificate[0]}),
		key:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
	} {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return ca, cert, key
}
