package probe

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

// Limits of one request.
const (
	maxBody     = 1 << 20 // bytes of an answer; lists of models have hundreds of thousands
	maxAttempts = 3
	maxWait     = 30 * time.Second // longest wait that a vendor may ask for
	firstWait   = 500 * time.Millisecond
)

// flight is one request under way, or over; everyone who asks the same waits for it.
type flight struct {
	done    chan struct{}
	verdict verdict.Verdict
}

// once sends a request unless it was sent before, and gives the verdict on its answer.
func (c *Client) once(ctx context.Context, q *Question, r *request) verdict.Verdict {
	return c.fly(ctx, r.digest(q.Provider.ID), func() verdict.Verdict { return c.send(ctx, q, r) })
}

// fly asks a question unless it was asked before in the life of the client, and gives its verdict.
func (c *Client) fly(ctx context.Context, id identifier, ask func() verdict.Verdict) verdict.Verdict {
	c.mu.Lock()
	f, under := c.flights[id]
	if !under {
		f = &flight{done: make(chan struct{}), verdict: unsent(provider.AmbiguousCause, "keyfit failed while it read the answer; please report this")}
		c.flights[id] = f
	}
	c.mu.Unlock()
	if under {
		select {
		case <-f.done:
			return f.verdict
		case <-ctx.Done():
			return stopped(ctx)
		}
	}
	defer close(f.done) // also when reading the answer fails: no one must wait for ever
	f.verdict = ask()
	return f.verdict
}

// stopped is the verdict on a question that the end of the run left open.
func stopped(ctx context.Context) verdict.Verdict {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return unsent(provider.NetworkTimeout, "the time for the whole run was over before this key was answered")
	}
	return unsent(provider.NetworkTimeout, "the run was interrupted before this key was answered")
}

// send makes up to three attempts.
func (c *Client) send(ctx context.Context, q *Question, r *request) verdict.Verdict {
	release, ok := r.take(ctx, c.host(r.url))
	if !ok {
		return stopped(ctx)
	}
	defer release()
	began := c.options.Now()
	for attempt := 1; ; attempt++ {
		a, f := c.attempt(ctx, r)
		v := c.conclude(q, a, f)
		v.Evidence.Method, v.Evidence.Host, v.Evidence.Path = r.method, r.url.Host, r.shown
		v.Evidence.Attempts, v.Evidence.At, v.Evidence.Duration = attempt, began, c.options.Now().Sub(began)
		wait, again := c.again(q, &v, a, f, attempt)
		if !again || r.aside || q.Provider.Probe.Request.Retry == "never" || c.options.Sleep(ctx, wait) != nil {
			return c.distrust(v, r.url)
		}
	}
}

// answer is what came back.
type answer struct {
	status    int
	header    http.Header
	body      []byte
	truncated bool
}

// conclude judges an answer, or the lack of one.
func (c *Client) conclude(q *Question, a *answer, f *failure) verdict.Verdict {
	if f != nil {
		v := verdict.Judge(q.Provider, q.Form, verdict.Response{Failure: f.reason})
		v.Reason, v.Evidence.Failure, v.Evidence.Status = f.reason, f.text, f.status
		return v
	}
	hint := ""
	v := verdict.Judge(q.Provider, q.Form, verdict.Response{
		Status: a.status, Header: a.header, Body: a.body, Truncated: a.truncated,
		Part: c.shownPart(q), Is: func(text string) bool { return text == q.Key.Reveal() }, Shows: func(text string) bool {
			fits := shows(text, q.Key.Reveal())
			if fits && !q.Provider.Custom {
				hint = hintOf(q, text)
			}
			return fits
		},
	})
	v.Hint = hint
	return v
}

// again tells whether another attempt may help, and how long to wait before it.
func (c *Client) again(q *Question, v *verdict.Verdict, a *answer, f *failure, attempt int) (time.Duration, bool) {
	wait := c.backoff(attempt)
	if f != nil {
		harmless := !f.sent || q.Provider.Probe.Effect != "issues-token"
		return wait, f.again && harmless && attempt < maxAttempts
	}
	if v.Reason.Class() != provider.Unverifiable || !isPassing(a.status) {
		return 0, false
	}
	if asked, ok := retryAfter(a.header, c.options.Now()); ok {
		v.Evidence.RetryAfter = asked
		if asked > maxWait {
			v.Evidence.Failure = "the API asks to wait " + asked.Round(time.Second).String() + ", longer than " + maxWait.String()
			return 0, false
		}
		wait = max(wait, asked)
	}
	return wait, attempt < maxAttempts
}

// isPassing reports whether a status speaks of a state that may pass.
func isPassing(status int) bool {
	if status == http.StatusNotImplemented || status == http.StatusHTTPVersionNotSupported || status == http.StatusNetworkAuthenticationRequired {
		return false
	}
	return status == http.StatusTooManyRequests || status >= 500
}

// backoff doubles with each attempt and is spread by half either way, so that many
// jobs that failed together do not come back together.
func (c *Client) backoff(attempt int) time.Duration {
	wait := firstWait << (attempt - 1)
	return wait/2 + time.Duration(float64(wait)*c.options.Rand())
}

// retryAfter reads the header in both of its forms. A date is measured against the
// answer's own clock, where it tells one.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(0, until.Sub(now)), true
}

// attempt sends a request once.
func (c *Client) attempt(ctx context.Context, r *request) (*answer, *failure) {
	release, ok := r.take(ctx, c.slots)
	if !ok {
		return nil, interrupted(ctx)
	}
	defer release()
	timeout := r.timeout
	if timeout <= 0 {
		timeout = c.options.Timeout
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	response, err := c.roundTrip(limited, r)
	if err != nil {
		return nil, c.failed(ctx, err, r.url)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusProxyAuthRequired {
		return nil, proxyAnswer(response.StatusCode, r.url.Host)
	}
	a := &answer{status: response.StatusCode, header: response.Header}
	if a.body, a.truncated, err = readBody(response); err != nil {
		return nil, c.failed(ctx, err, r.url).after(response.StatusCode)
	}
	return a, nil
}

// after notes that a status arrived before things went wrong. One that decides, such as
// 401, is final: asking again would count as another failed login.
func (f *failure) after(status int) *failure {
	f.status = status
	f.again = f.again && (status < 300 || status == http.StatusRequestTimeout || isPassing(status))
	return f
}

func (c *Client) failed(ctx context.Context, err error, u *url.URL) *failure {
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	return classify(err, u.Host)
}

func interrupted(ctx context.Context) *failure {
	v := stopped(ctx)
	return &failure{reason: v.Reason, text: v.Evidence.Failure}
}

// readBody reads as much of a body as is looked at. Some servers compress without being
// asked; what comes out is bounded just the same.
func readBody(response *http.Response) (body []byte, truncated bool, err error) {
	var from io.Reader = response.Body
	if strings.EqualFold(response.Header.Get("Content-Encoding"), "gzip") {
		zip, err := gzip.NewReader(from)
		if err == io.EOF {
			return nil, false, nil // an empty body, as the answer to HEAD has
		}
		if err != nil {
			return nil, false, err
		}
		from = zip
	}
	body, err = io.ReadAll(io.LimitReader(from, maxBody+1))
	if len(body) > maxBody {
		return slices.Clip(body[:maxBody]), true, nil
	}
	return body, false, err
}

// host gives the slots of one host.
func (c *Client) host(u *url.URL) chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	slots, ok := c.hosts[u.Host]
	if !ok {
		slots = make(chan struct{}, c.options.PerHost)
		c.hosts[u.Host] = slots
	}
	return slots
}

// take waits for a slot, unless the request goes beside the others.
func (r *request) take(ctx context.Context, slots chan struct{}) (release func(), ok bool) {
	if r.aside {
		return func() {}, ctx.Err() == nil
	}
	return take(ctx, slots)
}

// take waits for one of some slots; ok is false when ctx ends first.
func take(ctx context.Context, slots chan struct{}) (release func(), ok bool) {
	if ctx.Err() != nil {
		return nil, false
	}
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, true
	case <-ctx.Done():
		return nil, false
	}
}
