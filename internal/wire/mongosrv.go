package wire

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Names looks up what the DNS says of a name, as the methods of [net.Resolver] do. It is no interface,
// because all that a Resolver can would then become part of the program.
type Names struct {
	SRV func(ctx context.Context, service, proto, name string) (cname string, records []*net.SRV, err error)
	TXT func(ctx context.Context, name string) ([]string, error)
}

// maxSRV bounds how many hosts of a cluster are tried until one answers; one alone is logged in to.
const maxSRV = 3

// errStray says that the DNS led out of a URL's own domain.
var errStray = errors.New("the DNS names a host outside of the URL's domain, so the password was not sent")

// srv finds the hosts of a URL of the scheme mongodb+srv, which the DNS alone names. They must lie in
// the domain of the URL's own host, and are spoken to over TLS.
// Source: https://github.com/mongodb/specifications/blob/master/source/initial-dns-seedlist-discovery/initial-dns-seedlist-discovery.md
func (t Target) srv(ctx context.Context) ([]Target, error) {
	host, query := strings.ToLower(t.URL.Hostname()), t.URL.Query()
	_, records, err := t.Names.SRV(ctx, cmp.Or(query.Get("srvServiceName"), "mongodb"), "tcp", host)
	if err != nil {
		return nil, err
	}
	options, err := t.options(ctx, host)
	if err != nil {
		return nil, err
	}
	for name, values := range query { // what the URL says goes before
		options[name] = values
	}
	if options.Get("tls")+options.Get("ssl") == "" {
		options.Set("tls", "true")
	}
	var out []Target
	for _, r := range records[:min(len(records), maxSRV)] {
		target := strings.ToLower(strings.TrimSuffix(r.Target, "."))
		if !strings.HasSuffix(target, "."+parentDomain(host)) {
			return nil, errStray
		}
		u := *t.URL
		u.Scheme, u.Host, u.RawQuery = "mongodb", net.JoinHostPort(target, strconv.Itoa(int(r.Port))), options.Encode()
		one := t
		one.URL, one.TLS = &u, t.TLS.Clone()
		one.TLS.ServerName = target
		out = append(out, one)
	}
	if len(out) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return out, nil
}

// options gives those of a URL's options that the DNS may set. Most names have none.
func (t Target) options(ctx context.Context, host string) (url.Values, error) {
	out := url.Values{}
	texts, err := t.Names.TXT(ctx, host)
	if missing := (*net.DNSError)(nil); err != nil && !(errors.As(err, &missing) && missing.IsNotFound) {
		return nil, err
	}
	for _, text := range texts {
		values, _ := url.ParseQuery(text)
		for _, name := range []string{"authSource", "loadBalanced"} {
			if values.Has(name) {
				out.Set(name, values.Get(name))
			}
		}
	}
	return out, nil
}

// parentDomain is the domain in which the hosts of a cluster must lie. A name of two labels is one.
func parentDomain(host string) string {
	if _, parent, found := strings.Cut(host, "."); found && strings.Contains(parent, ".") {
		return parent
	}
	return host
}

// anyOf opens a connection to the first host that takes one.
func anyOf(ctx context.Context, targets []Target) (t Target, conn net.Conn, err error) {
	for _, t = range targets {
		if conn, err = t.open(ctx); err == nil {
			return t, conn, nil
		}
	}
	return t, nil, err
}
