// Package wire asks data stores who a connection's URL belongs to, over their own protocols and
// by their ordinary drivers: it logs in once, asks one question that only reads, and leaves.
//
// An answer is JSON, so that a provider's rules judge it like any other:
//
//	{"ok": true, "user": "app", "database": "shop", …}
//	{"ok": false, "code": "28P01", "message": "password authentication failed for user \"app\""}
//
// The codes are the server's own, but for a few that are keyfit's. What goes wrong on the way to it is an error instead.
package wire

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"time"
)

// Target is what is asked.
type Target struct {
	Protocol string   // postgres, mysql, redis, mongodb, amqp, nats, smtp
	URL      *url.URL // with user and password
	// Plain allows a connection without TLS, where the URL does not ask for it.
	Plain bool
	TLS   *tls.Config // with the roots to trust; ServerName is set here
	Dial  func(ctx context.Context, network, address string) (net.Conn, error)
	Time  time.Duration // for all of it
	Names Names         // for URLs whose hosts the DNS alone names
	// Control allows to try a made-up password after the real one, where that can lock nobody out.
	Control bool
}

// Answer is what a server said of a login.
type Answer map[string]any

// Accepted reports whether the login was accepted.
func (a Answer) Accepted() bool { return a["ok"] == true }

// Doubt says why it could not be told whether the server checks passwords at all; empty when it
// could.
func (a Answer) Doubt() string {
	text, _ := a["doubt"].(string)
	return text
}

// JSON gives the answer as the rules see it.
func (a Answer) JSON() []byte {
	data, _ := json.Marshal(a) // it holds texts, booleans and lists of texts
	return data
}

// ErrProtocol is what Ask gives for a protocol that there is not.
var ErrProtocol = errors.New("no such protocol")

// errNotTLS says that a server does not speak TLS, and that nothing was sent in plain text.
var errNotTLS = errors.New("the server does not offer TLS, so the password was not sent; allow-http in keyfit.yaml allows it")

// Ask logs in and asks. The error is that of the connection; a refusal is an answer.
func Ask(ctx context.Context, t Target) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, t.Time)
	defer cancel()
	t.TLS = t.TLS.Clone()
	t.TLS.ServerName = t.URL.Hostname()
	switch t.Protocol {
	case "postgres":
		return t.postgres(ctx)
	case "mysql":
		return t.mysql(ctx)
	case "redis":
		return t.redis(ctx)
	case "mongodb":
		return t.mongodb(ctx)
	case "amqp":
		return t.amqp(ctx)
	case "nats":
		return t.nats(ctx)
	case "smtp":
		return t.smtp(ctx)
	}
	return nil, ErrProtocol
}

// Port is the usual port of a protocol.
func Port(protocol, scheme string) string {
	switch scheme {
	case "amqps":
		return "5671"
	case "smtps":
		return "465"
	}
	return map[string]string{"postgres": "5432", "mysql": "3306", "redis": "6379", "mongodb": "27017", "amqp": "5672", "nats": "4222", "smtp": "587"}[protocol]
}

func (t Target) address() string {
	port := t.URL.Port()
	if port == "" {
		port = Port(t.Protocol, t.URL.Scheme)
	}
	return net.JoinHostPort(t.URL.Hostname(), port)
}

// open opens a connection that ends with ctx, which always has an end: see [Ask].
func (t Target) open(ctx context.Context) (net.Conn, error) {
	conn, err := t.Dial(ctx, "tcp", t.address())
	if err != nil {
		return nil, err
	}
	if end, ok := ctx.Deadline(); ok {
		err = conn.SetDeadline(end)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

func (t Target) user() string { return t.URL.User.Username() }

func (t Target) password() string {
	text, _ := t.URL.User.Password()
	return text
}

func (t Target) database() string {
	if len(t.URL.Path) < 2 {
		return ""
	}
	return t.URL.Path[1:]
}

// codeOpen is the code, of keyfit's own, of a server that lets anybody in.
const codeOpen = "open"

func refused(code, message string) Answer {
	return Answer{"ok": false, "code": code, "message": message}
}
