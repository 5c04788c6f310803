package probe

import (
	"context"
	"crypto/rand"
	"net/url"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/verdict"
)

// control is the question whether a host checks keys at all: the same request with a
// made-up key. It is asked once per provider and host, after a real key was accepted,
// beside everything else.
type control struct {
	done chan struct{}
	open bool
}

// isOpen waits for the answer. Without one, nothing is said against the host.
func (k *control) isOpen(ctx context.Context) bool {
	if k == nil {
		return false
	}
	select {
	case <-k.done:
		return k.open
	case <-ctx.Done():
		return false
	}
}

// controlFor starts the control of a host when its first key is accepted, and gives the
// one that is under way to every later key. It is nil where none is wanted.
func (c *Client) controlFor(ctx context.Context, q *Question, base *url.URL, v verdict.Verdict) *control {
	if v.Reason.Class() != provider.Accepted || !wantsControl(q.Provider) {
		return nil
	}
	id := q.Provider.ID + " " + base.String()
	c.mu.Lock()
	defer c.mu.Unlock()
	if k, ok := c.controls[id]; ok {
		return k
	}
	k := &control{done: make(chan struct{})}
	c.controls[id] = k
	go func() {
		defer close(k.done)
		k.open = c.acceptsAnything(ctx, q, base)
	}()
	return k
}

func wantsControl(p *provider.Provider) bool {
	if p.Probe.Request.Auth.Placement() == provider.PlaceNone {
		return false // no key is sent, so none can be made up
	}
	return p.Probe.Control == "once" || p.Probe.Control == "" && p.Custom
}

// acceptsAnything asks with a made-up key, and made-up secrets for its other parts.
func (c *Client) acceptsAnything(ctx context.Context, q *Question, base *url.URL) (open bool) {
	defer func() {
		if recover() != nil {
			open = false
		}
	}()
	made := *q
	made.Parts = make(map[string]secret.Text, len(q.Parts))
	for role, text := range q.Parts {
		if isSecret(q.Provider, role) {
			text = madeUp(len(text.Reveal()))
		}
		made.Parts[role] = text
	}
	made.Key = madeUp(len(q.Key.Reveal()))
	r, o := render(&made, base)
	if o != nil {
		return false
	}
	return c.once(ctx, &made, r).Reason.Class() == provider.Accepted
}

// madeUp gives a text that says what it is, about as long as the one that it stands for.
func madeUp(length int) secret.Text {
	text := "keyfit-control-" + rand.Text()
	for len(text) < length && len(text) < 200 {
		text += rand.Text()
	}
	if length >= 32 && length < len(text) {
		text = text[:length]
	}
	return secret.New(text)
}
