package probe

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
	"github.com/keyfit/keyfit/internal/wire"
)

// askStore asks a data store, whose key is a URL that names its own host. It is asked only at a
// host that the provider declares: else whoever can change the URL could have its password.
func (c *Client) askStore(ctx context.Context, q *Question) result {
	u, err := url.Parse(strings.TrimSpace(q.Key.Reveal()))
	if err != nil || u.Hostname() == "" || u.User == nil {
		return result{verdict: (&obstacle{provider.Malformed, "what arrives is no URL with a user, a password and a host"}).verdict(q)}
	}
	environment, o := declaredStore(q, u)
	if o != nil {
		return result{verdict: o.verdict(q)}
	}
	v := withFormat(q, c.storeOnce(ctx, q, u))
	r := result{verdict: v}
	r.note(verdict.AskedKey, "", "", v)
	if environment == q.Environment {
		return r
	}
	if !knows(v) {
		return result{asked: r.asked, verdict: withFormat(q, unsent(provider.NotProbeable, fmt.Sprintf("the URL leads to the host of %q, and its answer does not tell whose login it is", environment)))}
	}
	r.sibling = &result{verdict: v, environment: environment}
	return r
}

// declaredStore gives the environment whose host a URL leads to, the question's own first.
func declaredStore(q *Question, u *url.URL) (string, *obstacle) {
	hosts := q.Provider.Hosts
	if len(hosts) == 0 {
		return "", &obstacle{provider.NotProbeable, fmt.Sprintf("a data store is asked only at a host that keyfit.yaml declares: {extends: %s, hosts: {%s: …}}", q.Provider.ID, q.Environment)}
	}
	if own, ok := hosts.For(q.Environment); ok && sameStore(q, own.Value, u) {
		return q.Environment, nil
	}
	for _, name := range slices.Sorted(maps.Keys(hosts)) {
		if sameStore(q, hosts[name].Value, u) {
			return name, nil
		}
	}
	return "", &obstacle{provider.NotProbeable, "the URL leads to a host that none of the provider's hosts is"}
}

func sameStore(q *Question, base string, u *url.URL) bool {
	declared, err := url.Parse(base)
	byDNS := func(u *url.URL) bool { return strings.HasSuffix(u.Scheme, "+srv") } // whose hosts are other ones
	return err == nil && storeAddress(q, declared) == storeAddress(q, u) && byDNS(declared) == byDNS(u)
}

func storeAddress(q *Question, u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = wire.Port(q.Provider.Probe.Wire, u.Scheme)
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// storeOnce logs in once in the life of the client, whatever comes of it: logins lock.
func (c *Client) storeOnce(ctx context.Context, q *Question, u *url.URL) verdict.Verdict {
	id := identifier(sha256.Sum256([]byte(q.Provider.ID + "\x00" + u.String())))
	return c.fly(ctx, id, func() verdict.Verdict { return c.logIn(ctx, q, u) })
}

func (c *Client) logIn(ctx context.Context, q *Question, u *url.URL) verdict.Verdict {
	release, ok := take(ctx, c.slots)
	if !ok {
		return stopped(ctx)
	}
	defer release()
	timeout := time.Duration(q.Provider.Probe.Request.Timeout)
	if timeout <= 0 {
		timeout = c.options.Timeout
	}
	began := c.options.Now()
	a, err := wire.Ask(ctx, wire.Target{
		Protocol: q.Provider.Probe.Wire, URL: u, Plain: q.Provider.Insecure || isLoopback(u), Time: timeout,
		TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.transport.TLSClientConfig.RootCAs}, Dial: pinLocalhost(c.options.Dial),
		Names: wire.Names{SRV: net.DefaultResolver.LookupSRV, TXT: net.DefaultResolver.LookupTXT}, Control: q.Provider.Probe.Control != "never",
	})
	var v verdict.Verdict
	if err != nil {
		f := classify(err, u.Host)
		v = verdict.Judge(q.Provider, q.Form, verdict.Response{Failure: f.reason})
		v.Reason, v.Evidence.Failure = f.reason, cmp.Or(wire.Words(err), f.text)
	} else {
		v = verdict.Judge(q.Provider, q.Form, storeResponse(c, q, a))
		v.Doubt = a.Doubt()
	}
	v.Evidence.Method, v.Evidence.Host, v.Evidence.Path = q.Provider.Probe.Wire, u.Host, "/"+strings.TrimPrefix(u.Path, "/")
	v.Evidence.Attempts, v.Evidence.At, v.Evidence.Duration = 1, began, c.options.Now().Sub(began)
	return v
}

// storeResponse has an answer look like one of an API: 200 for a login that was accepted, 401
// for one that was refused.
func storeResponse(c *Client, q *Question, a wire.Answer) verdict.Response {
	status := 401
	if a.Accepted() {
		status = 200
	}
	return verdict.Response{
		Status: status, Header: map[string][]string{"Content-Type": {"application/json"}}, Body: a.JSON(), Part: c.shownPart(q),
	}
}
