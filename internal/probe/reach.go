package probe

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/wire"
)

// Place is a host that a check would ask.
type Place struct {
	URL  *url.URL // scheme and host alone
	Wire string   // the protocol of a data store; empty for HTTP
	// Siblings are asked only when the key's own host rejects it.
	Sibling bool
	Public  bool // of the catalogue: its certificate should be one that the public trusts
	plain   bool // a data store may be asked without TLS
}

// Reach is whether a host can be spoken to from here. No key is sent to find out.
type Reach struct {
	Host      string
	Proxy     string          // the proxy on the way, without user and password; empty when there is none
	Reason    provider.Reason // ok for any answer in HTTP, else what stands in the way
	Failure   string          // the same in words; empty when the host answers
	Addresses []string        // of the host, where this machine looked them up
	TLS       *ReachTLS       // nil where no TLS was spoken, or none came to be
	Status    int
	Duration  time.Duration
	Skew      time.Duration // how far the host's clock is ahead of this machine's
	HasDate   bool          // the host told its clock
}

// Places lists the hosts that a question would be asked at, each once, the question's own
// first. A question without a key tells what can be told without one. why says why there is
// none.
func (c *Client) Places(q Question) (places []Place, why string) {
	if q.Provider == nil {
		return nil, "nobody knows whose key this is"
	}
	if q.Provider.Probe.Wire != "" {
		return storePlaces(&q)
	}
	bases, o := c.bases(&q)
	if o != nil {
		return nil, o.says
	}
	if role := secretInHost(q.Provider); role != "" {
		return nil, fmt.Sprintf("its host holds the part %q, which is secret", role)
	}
	for i, base := range bases {
		u, o := parseBase(q.Provider, base.URL)
		if o != nil && i == 0 {
			return nil, o.says
		}
		if o == nil {
			places = add(places, Place{URL: front(u), Sibling: i > 0, Public: !q.Provider.Custom})
		}
	}
	for _, view := range q.Provider.Chain(q.Form)[1:] {
		if u, o := parseBase(q.Provider, view.Probe.Step.Host); o == nil {
			places = add(places, Place{URL: front(u), Public: !q.Provider.Custom})
		}
	}
	return places, ""
}

// storePlaces are the hosts that are declared for a data store: a URL that leads elsewhere is
// not asked, so there is nothing to learn from it.
func storePlaces(q *Question) (places []Place, why string) {
	base, ok := q.Provider.Hosts.For(q.Environment)
	u, err := url.Parse(base.Value)
	if !ok || err != nil || u.Hostname() == "" {
		return nil, fmt.Sprintf("a data store is asked only at a host that keyfit.yaml declares: {extends: %s, hosts: {%s: …}}", q.Provider.ID, q.Environment)
	}
	return []Place{{URL: front(u), Wire: q.Provider.Probe.Wire, plain: q.Provider.Insecure || isLoopback(u)}}, ""
}

// secretInHost names a secret part that stands in the host of one of a provider's sites.
func secretInHost(p *provider.Provider) string {
	for i := range p.Sites {
		for _, role := range p.Sites[i].URL.Parts() {
			if isSecret(p, role) {
				return role
			}
		}
	}
	return ""
}

func front(u *url.URL) *url.URL { return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"} }

func add(places []Place, p Place) []Place {
	if slices.ContainsFunc(places, func(q Place) bool { return q.URL.Host == p.URL.Host }) {
		return places
	}
	return append(places, p)
}

// Reach knocks at each place: it asks for the front page, without a key and without any header
// of the provider's, or opens a connection to a data store and closes it again.
func (c *Client) Reach(ctx context.Context, places []Place) []Reach {
	out := make([]Reach, len(places))
	var wg sync.WaitGroup
	for i, p := range places {
		wg.Go(func() {
			release, ok := take(ctx, c.slots)
			if !ok {
				out[i] = Reach{Host: p.URL.Host, Reason: provider.NetworkTimeout, Failure: interrupted(ctx).text}
				return
			}
			defer release()
			out[i] = c.reach(ctx, p)
		})
	}
	wg.Wait()
	return out
}

func (c *Client) reach(ctx context.Context, p Place) Reach {
	r := Reach{Host: p.URL.Host, Reason: provider.OK}
	if c.options.Offline {
		r.Reason, r.Failure = provider.Offline, "nothing is sent with --offline"
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	began := c.options.Now()
	if p.Wire != "" {
		c.knock(ctx, p, &r)
	} else {
		r.Proxy = c.via(p.URL)
		c.look(ctx, p, &r, began)
	}
	r.Duration = c.options.Now().Sub(began)
	return r
}

// look asks for the front page.
func (c *Client) look(ctx context.Context, p Place, r *Reach, began time.Time) {
	var mu sync.Mutex
	asks := false
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart: func(i httptrace.DNSStartInfo) { mu.Lock(); asks = i.Host == p.URL.Hostname(); mu.Unlock() },
		DNSDone: func(i httptrace.DNSDoneInfo) {
			mu.Lock()
			defer mu.Unlock()
			if asks && r.Proxy == "" {
				r.Addresses = addresses(i.Addrs)
			}
		},
	})
	request := &request{method: http.MethodHead, url: p.URL, header: http.Header{}}
	response, err := c.roundTrip(traced, request)
	mu.Lock()
	defer mu.Unlock()
	if err != nil {
		r.fail(c.failed(ctx, err, p.URL), ctx)
		r.TLS = refusedTLS(err)
		return
	}
	defer response.Body.Close()
	answered := c.options.Now()
	r.Status, r.TLS = response.StatusCode, c.spokenTLS(response.TLS, p)
	if response.StatusCode == http.StatusProxyAuthRequired {
		r.fail(proxyAnswer(response.StatusCode, p.URL.Host), ctx)
		return
	}
	if date, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		r.HasDate = true
		r.Skew = skew(date, began, answered)
	}
}

// skew is how far a clock that tells whole seconds is ahead of this machine's. The answer was
// written at some time between question and answer: what lies in between is no skew.
func skew(date, began, answered time.Time) time.Duration {
	switch {
	case date.Add(time.Second).Before(began):
		return date.Add(time.Second).Sub(began)
	case date.After(answered):
		return date.Sub(answered)
	}
	return 0
}

func (r *Reach) fail(f *failure, ctx context.Context) {
	r.Reason, r.Failure = f.reason, f.text
	if ctx.Err() != nil {
		r.Reason, r.Failure = provider.NetworkTimeout, r.Host+" did not answer in time"
	}
}

func addresses(list []net.IPAddr) []string {
	var out []string
	for _, a := range list {
		out = append(out, a.String())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// knock opens a connection to a data store, speaks TLS where that comes first, and says nothing.
func (c *Client) knock(ctx context.Context, p Place, r *Reach) {
	port := p.URL.Port()
	if port == "" {
		port = wire.Port(p.Wire, p.URL.Scheme)
	}
	r.Host = net.JoinHostPort(p.URL.Hostname(), port)
	if p.URL.Scheme == "mongodb+srv" {
		r.Reason, r.Failure = provider.NotProbeable, "its servers are found by records of the DNS, and are not looked up here"
		return
	}
	conn, err := pinLocalhost(c.options.Dial)(ctx, "tcp", r.Host)
	if err != nil {
		r.fail(c.failed(ctx, err, &url.URL{Host: r.Host}), ctx)
		return
	}
	defer conn.Close()
	if host, _, err := net.SplitHostPort(cmp.Or(conn.RemoteAddr().String(), r.Host)); err == nil && host != p.URL.Hostname() {
		r.Addresses = []string{host}
	}
	if !p.beginsWithTLS() {
		return
	}
	session := tls.Client(conn, &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.transport.TLSClientConfig.RootCAs, ServerName: p.URL.Hostname()})
	if err := session.HandshakeContext(ctx); err != nil {
		r.fail(c.failed(ctx, err, &url.URL{Host: r.Host}), ctx)
		r.TLS = refusedTLS(err)
		return
	}
	state := session.ConnectionState()
	r.TLS = c.spokenTLS(&state, p)
}

// beginsWithTLS reports whether TLS comes first at a data store. Elsewhere it is agreed on in
// the store's own protocol, which is spoken only with a login.
func (p Place) beginsWithTLS() bool {
	switch p.URL.Scheme {
	case "rediss", "amqps", "smtps":
		return true
	}
	return !p.plain && (p.Wire == "redis" || p.Wire == "amqp")
}

// Via gives the proxy on the way to a host that is asked over https, as scheme and host; empty
// when there is none. The user and password of a proxy are never told.
func (c *Client) Via(host string) string { return c.via(&url.URL{Scheme: "https", Host: host}) }

func (c *Client) via(u *url.URL) string {
	via, err := c.proxy(u)
	if err != nil || via == nil {
		return ""
	}
	return (&url.URL{Scheme: via.Scheme, Host: via.Host}).String()
}
