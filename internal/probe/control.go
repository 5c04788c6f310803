package probe

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/verdict"
)

// controlTimeout is how long an answer to a control is waited for, and how much longer
// than the real answers all of them together may take.
const controlTimeout = 3 * time.Second

// control is the question whether a host checks keys at all: the same request with a
// made-up key. It is asked once per provider and host, after a real key was accepted,
// beside everything else.
type control struct {
	done    chan struct{}
	verdict verdict.Verdict // on the made-up key
}

// isOpen waits for the answer and reports whether the made-up key was accepted.
func (k *control) isOpen(ctx context.Context) bool {
	return k.answer(ctx).Reason.Class() == provider.Accepted
}

// isFooled reports whether the host seemed to know the made-up key.
func (k *control) isFooled(ctx context.Context) bool { return knows(k.answer(ctx)) }

// doubt says why it could not be told whether a host checks keys; empty when it could,
// and where no control is wanted. To be refused, in whatever words, is to be checked.
func (k *control) doubt(ctx context.Context, api string) string {
	v := k.answer(ctx)
	status := v.Evidence.Status
	switch {
	case k == nil, v.Reason.Class() != provider.Unverifiable, refusesPlainly(&v):
		return ""
	}
	text := "whether " + api + " checks keys at all could not be told: the control request "
	switch {
	case status == 0 && (v.Evidence.Failure == "" || v.Reason == provider.NetworkTimeout):
		return text + "got no answer in time"
	case status == 0:
		return text + "failed: " + v.Evidence.Failure
	case v.Reason == provider.Intermediary && v.Says != "":
		return fmt.Sprintf("%sgot HTTP %d: %s", text, status, v.Says)
	}
	return fmt.Sprintf("%sgot HTTP %d", text, status)
}

// refusesPlainly reports whether an answer turns a request down without the vendor's
// words for the cause. For a real key that is no verdict; a made-up one it tells apart.
func refusesPlainly(v *verdict.Verdict) bool {
	status := v.Evidence.Status
	return v.Reason == provider.AmbiguousCause && v.Evidence.Failure == "" && status >= 400 && status < 500 &&
		status != http.StatusRequestTimeout && !isPassing(status)
}

func (k *control) answer(ctx context.Context) verdict.Verdict {
	if k == nil {
		return verdict.Verdict{}
	}
	select {
	case <-k.done:
		return k.verdict
	default:
	}
	select {
	case <-k.done:
		return k.verdict
	case <-ctx.Done():
		return verdict.Verdict{}
	}
}

// controlFor starts the control of a host when it first knows a key, and gives the one
// that is under way to every later key. It is nil where none is wanted.
func (c *Client) controlFor(ctx context.Context, q *Question, base *url.URL) *control {
	if !wantsControl(q.Provider) {
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
		k.verdict = c.askMadeUp(ctx, q, base)
	}()
	return k
}

func wantsControl(p *provider.Provider) bool {
	if p.Probe.Request.Auth.Placement() == provider.PlaceNone {
		return false // no key is sent, so none can be made up
	}
	return p.Probe.Control == "once" || p.Probe.Control == "" && p.Custom
}

// askMadeUp asks with a made-up key. The other secrets stay as they are: who asks for a token to
// be described logs in for that, and a host that looks at this login alone checks no tokens.
func (c *Client) askMadeUp(ctx context.Context, q *Question, base *url.URL) (v verdict.Verdict) {
	defer func() {
		if recover() != nil {
			v = verdict.Verdict{}
		}
	}()
	made := *q
	made.Key = madeUpKey(q)
	made.Parts = make(map[string]secret.Text, len(q.Parts))
	for role, text := range q.Parts {
		if text.Reveal() == q.Key.Reveal() {
			text = made.Key
		}
		made.Parts[role] = text
	}
	r, o := render(&made, base, c.options.Now)
	if o != nil {
		return verdict.Verdict{}
	}
	r.aside = true // a run is not held up for it
	if r.timeout <= 0 {
		r.timeout = c.options.Timeout
	}
	r.timeout = min(r.timeout, controlTimeout)
	return c.once(ctx, &made, r)
}

// madeUpKey gives a key that was never issued. It has the form of the real one where that begins
// with fixed text: some servers look at nothing else.
func madeUpKey(q *Question) secret.Text {
	made := madeUp(len(q.Key.Reveal()))
	if q.Form == nil || q.Form.Weak {
		return made
	}
	like := q.Form.Pattern.Prefix() + strings.ReplaceAll(made.Reveal(), "-", "")
	if !q.Form.Pattern.Match(like) {
		return made
	}
	return secret.New(like)
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
