// Package probe asks APIs whose keys they are. It is the only package that opens
// connections, and these are its manners:
//
// A key is sent to the hosts that its provider declares and nowhere else, over TLS
// unless the host is on loopback or allowed by name, and never after a redirect. The
// same request is sent once in the life of a [Client]. A definite answer is final; what
// may pass (no connection, 429, 5xx) is tried at most twice more, and a vendor that asks
// to wait is obeyed. Nothing that comes back (a verdict, an error) holds any form of a key.
//
// Only the vendor's own words fail a key. Whatever goes wrong on the way there is named,
// and leaves the key unverified.
package probe

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/verdict"
)

// Defaults of [Options].
const (
	DefaultConcurrency = 16
	DefaultPerHost     = 8
	DefaultTimeout     = 10 * time.Second
)

// Question is one key to ask about.
type Question struct {
	Provider    *provider.Provider
	Form        *provider.Form // nil: the first of the provider's forms that the key has, if any
	Environment string         // where the key is used; its host is the one that is asked
	Key         secret.Text
	Parts       map[string]secret.Text // further pieces of the credential, by role
	Variables   map[string]secret.Text // what ${NAME} stands for; leave out what is not known
}

// Options are what a client needs to know of the world. The zero value is ready to use.
type Options struct {
	Offline     bool              // decide what can be decided without the network
	CAFile      []byte            // PEM; these CAs are trusted beside the system's
	Concurrency int               // requests at a time; default 16
	PerHost     int               // requests at a time to one host; default 8
	Timeout     time.Duration     // of one attempt, unless the provider says otherwise; default 10s
	UserAgent   string            // keyfit/VERSION
	Environ     map[string]string // where HTTPS_PROXY, HTTP_PROXY and NO_PROXY are looked up
	Progress    func(done, total int)
	Neighbours  []Question // that are asked elsewhere: their keys are taken out of answers too

	Dial  Dial                                             // default: a net.Dialer
	Now   func() time.Time                                 // default: time.Now
	Sleep func(ctx context.Context, d time.Duration) error // default: a timer
	Rand  func() float64                                   // jitter, from 0 up to 1; default: math/rand
}

// Client asks questions. It remembers every request that it sent, and its verdict.
// It is safe for concurrent use.
type Client struct {
	options   Options
	proxy     proxyFunc
	transport *http.Transport
	slots     chan struct{}

	mu       sync.Mutex
	hosts    map[string]chan struct{}
	flights  map[identifier]*flight
	controls map[string]*control
}

// New makes a client. It opens no connection. Errors are the user's: a CA file without
// a certificate, a proxy that is no URL.
func New(o Options) (*Client, error) {
	o = withDefaults(o)
	if o.Concurrency < 0 || o.PerHost < 0 || o.Timeout < 0 {
		return nil, errors.New("concurrency and timeout must not be negative")
	}
	proxy, err := newProxyFunc(o.Environ)
	if err != nil {
		return nil, err
	}
	transport, err := newTransport(o, proxy)
	if err != nil {
		return nil, fmt.Errorf("--ca-file: %w", err)
	}
	return &Client{
		options: o, proxy: proxy, transport: transport,
		slots:    make(chan struct{}, o.Concurrency),
		hosts:    map[string]chan struct{}{},
		flights:  map[identifier]*flight{},
		controls: map[string]*control{},
	}, nil
}

func withDefaults(o Options) Options {
	if o.Concurrency == 0 {
		o.Concurrency = DefaultConcurrency
	}
	if o.PerHost == 0 {
		o.PerHost = DefaultPerHost
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.UserAgent == "" {
		o.UserAgent = "keyfit"
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	return o
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close lets go of what the client holds open.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Ask answers all questions, in their order. It always returns one verdict for each:
// when ctx ends early, what was not answered yet is unverified.
func (c *Client) Ask(ctx context.Context, questions []Question) []verdict.Verdict {
	ctx, stop := context.WithCancel(ctx)
	defer stop() // a control that hangs must not stand in the way of the next questions
	results := make([]result, len(questions))
	report := c.progress(len(questions))
	var wg sync.WaitGroup
	for i := range questions {
		wg.Go(func() {
			results[i] = c.ask(ctx, &questions[i])
			report()
		})
	}
	wg.Wait()
	out := make([]verdict.Verdict, len(questions))
	waiting, cancel := context.WithTimeout(ctx, controlTimeout)
	defer cancel()
	all := runScrubber(slices.Concat(questions, c.options.Neighbours))
	for i := range questions {
		v := c.finish(waiting, results[i])
		// Where nothing was sent, every word is keyfit's own; a key as short as a letter
		// would only tear holes into them, and so tell what it is.
		if v.Evidence.Attempts > 0 {
			cleanVerdict(&v, all)
			cleanVerdict(&v, keyScrubber(&questions[i]))
		}
		out[i] = v
	}
	return out
}

// progress counts answered questions and tells the caller, one call at a time.
func (c *Client) progress(total int) func() {
	var mu sync.Mutex
	done := 0
	return func() {
		if c.options.Progress == nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		done++
		c.options.Progress(done, total)
	}
}
