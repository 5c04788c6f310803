package probe

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/keyfit/keyfit/internal/provider"
)

// Reach is whether a host can be spoken to from here. No key is sent to find out.
type Reach struct {
	Host     string
	Proxy    string          // the proxy on the way, without user and password; empty when there is none
	Reason   provider.Reason // ok for any answer in HTTP, else what stands in the way
	Failure  string          // the same in words; empty when the host answers
	Status   int
	Duration time.Duration
}

// Reach asks for the front page of each host that the providers declare for an
// environment, without a key, in the order of the providers. A host that two of them
// share is asked once; one that a key would not be sent to is not asked either.
func (c *Client) Reach(ctx context.Context, environment string, providers []*provider.Provider) []Reach {
	var out []Reach
	var targets []*url.URL
	seen := map[string]bool{}
	for _, p := range providers {
		base, ok := p.Hosts.For(environment)
		if !ok {
			continue
		}
		u, o := parseBase(p, base.Value)
		if o != nil || seen[u.Host] {
			continue
		}
		seen[u.Host] = true
		targets = append(targets, &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"})
	}
	out = make([]Reach, len(targets))
	var wg sync.WaitGroup
	for i, u := range targets {
		wg.Go(func() { out[i] = c.reach(ctx, u) })
	}
	wg.Wait()
	return out
}

func (c *Client) reach(ctx context.Context, u *url.URL) Reach {
	r := Reach{Host: u.Host, Reason: provider.OK}
	if c.options.Offline {
		r.Reason, r.Failure = provider.Offline, "nothing is sent with --offline"
		return r
	}
	if via, err := c.proxy(u); err == nil && via != nil {
		r.Proxy = (&url.URL{Scheme: via.Scheme, Host: via.Host}).String()
	}
	began := c.options.Now()
	a, f := c.attempt(ctx, &request{method: http.MethodHead, url: u, header: http.Header{}})
	r.Duration = c.options.Now().Sub(began)
	if f != nil {
		r.Reason, r.Failure = f.reason, f.text
		return r
	}
	r.Status = a.status
	return r
}
