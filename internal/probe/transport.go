package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// Limits of one connection.
const (
	dialTimeout    = 3 * time.Second
	tlsTimeout     = 5 * time.Second
	maxHeaderBytes = 64 << 10
)

// Dial opens a connection, as [net.Dialer.DialContext] does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// newTransport makes the one transport of a client: HTTP/1.1, no compression (so that a
// small answer is small), TLS 1.2 or later, certificates always verified. Each request
// has a connection of its own: on one that is kept, net/http repeats requests by itself,
// and it prints what a server says there unasked, which may be the key.
func newTransport(o Options, proxy proxyFunc) (*http.Transport, error) {
	roots, err := rootCAs(o.CAFile)
	if err != nil {
		return nil, err
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return proxy(r.URL) },
		OnProxyConnectResponse: onProxyConnect,
		DialContext:            pinLocalhost(o.Dial),
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ClientSessionCache: tls.NewLRUClientSessionCache(0)},
		TLSHandshakeTimeout:    tlsTimeout,
		Protocols:              protocols,
		DisableCompression:     true,
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}, nil
}

// rootCAs adds the CAs of a PEM file to the system's; nil is the system's alone.
func rootCAs(pem []byte) (*x509.CertPool, error) {
	if len(pem) == 0 {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("the CA file holds no certificate, expected PEM blocks that start with -----BEGIN CERTIFICATE-----")
	}
	return pool, nil
}

// pinLocalhost keeps "localhost" and the names below it on loopback, whatever the
// resolver says: keys go there without TLS.
func pinLocalhost(dial Dial) Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil || !isLocalhost(host) {
			return dial(ctx, network, address)
		}
		conn, err := dial(ctx, network, net.JoinHostPort("127.0.0.1", port))
		if err != nil && ctx.Err() == nil {
			if six, err6 := dial(ctx, network, net.JoinHostPort("::1", port)); err6 == nil {
				return six, nil
			}
		}
		return conn, err
	}
}

// isLoopback reports whether a URL's host is on this machine.
func isLoopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return isLocalhost(u.Hostname()) || ip != nil && ip.IsLoopback()
}

func isLocalhost(host string) bool {
	host = strings.ToLower(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// proxyRefusal is what a proxy says instead of opening a tunnel.
type proxyRefusal struct{ status int }

func (e proxyRefusal) Error() string { return fmt.Sprintf("the proxy answered %d", e.status) }

func onProxyConnect(_ context.Context, _ *url.URL, _ *http.Request, res *http.Response) error {
	if res.StatusCode != http.StatusOK {
		return proxyRefusal{res.StatusCode}
	}
	return nil
}

type proxyFunc func(*url.URL) (*url.URL, error)

// newProxyFunc reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in either case, out of an
// environment. A proxy that cannot be understood is an error: going without it could
// send a key around it.
func newProxyFunc(environ map[string]string) (proxyFunc, error) {
	config := httpproxy.Config{
		HTTPProxy:  either(environ, "HTTP_PROXY"),
		HTTPSProxy: either(environ, "HTTPS_PROXY"),
		NoProxy:    either(environ, "NO_PROXY"),
		CGI:        environ["REQUEST_METHOD"] != "", // HTTP_PROXY may then come from a request's header
	}
	if config.CGI {
		config.HTTPProxy = ""
	}
	for _, p := range []struct{ name, value, scheme string }{
		{"HTTP_PROXY", config.HTTPProxy, "http"},
		{"HTTPS_PROXY", config.HTTPSProxy, "https"},
	} {
		if p.value != "" && !isProxyURL(p.value) {
			return nil, fmt.Errorf("%s is not the URL of a proxy, expected one like http://proxy.example:3128", p.name)
		}
	}
	return config.ProxyFunc(), nil
}

func either(environ map[string]string, name string) string {
	if value := environ[name]; value != "" {
		return value
	}
	return environ[strings.ToLower(name)]
}

func isProxyURL(text string) bool {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	return err == nil && u.Hostname() != "" && slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme)
}
