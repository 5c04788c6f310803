package probe

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

// AskControlKey asks about a key that is known to be good at the host at which another key of
// the same provider failed, and nowhere else, with the manners of any question. It is asked
// once, however many keys it is to be compared with. secrets are questions whose keys the
// answer must not repeat.
//
// It is not the control request, which sends a random key: see control.go.
func (c *Client) AskControlKey(ctx context.Context, q Question, host string, secrets []Question) (v verdict.Verdict) {
	defer func() {
		if recover() != nil {
			v = unsent(provider.AmbiguousCause, "keyfit failed while it read the answer; please report this")
		}
	}()
	v = c.askControlKey(ctx, &q, host)
	if v.Evidence.Attempts > 0 {
		cleanVerdict(&v, runScrubber(slices.Concat([]Question{q}, secrets, c.options.Neighbours)))
		cleanVerdict(&v, keyScrubber(&q))
	}
	return v
}

func (c *Client) askControlKey(ctx context.Context, q *Question, host string) verdict.Verdict {
	if q.Form == nil {
		q.Form = q.Provider.FormOf(q.Key)
	}
	if v, decided := c.withoutAsking(q); decided {
		return v
	}
	if q.Provider.Probe.Wire != "" {
		return c.askControlStore(ctx, q, host)
	}
	bases, o := c.bases(q)
	if o != nil {
		return o.verdict(q)
	}
	for _, base := range bases {
		u, err := url.Parse(base.URL)
		if err == nil && base.URL != "" && strings.EqualFold(u.Host, host) {
			r := c.askAt(ctx, q, base.URL, never)
			return c.askFurther(ctx, q, base.URL, r).verdict
		}
	}
	return unsent(provider.NotProbeable, "the control key belongs to another host than "+host+", by its form or its parts")
}

// askControlStore logs in with the control key's URL, where that leads to the same host.
func (c *Client) askControlStore(ctx context.Context, q *Question, host string) verdict.Verdict {
	u, err := url.Parse(strings.TrimSpace(q.Key.Reveal()))
	if err != nil || !strings.EqualFold(u.Host, host) {
		return unsent(provider.NotProbeable, fmt.Sprintf("the control key is no URL that leads to %s", host))
	}
	return c.askStore(ctx, q).verdict
}
