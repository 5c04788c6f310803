package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/smtp"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
)

// smtp logs in to a mail server and quits: no message is begun. Source: RFC 4954.
func (t Target) smtp(ctx context.Context) (Answer, error) {
	conn, err := t.open(ctx)
	if err != nil {
		return nil, cause(err)
	}
	defer func() { _ = conn.Close() }()
	secure := t.URL.Scheme == "smtps"
	if secure {
		conn = tls.Client(conn, t.TLS)
	}
	client, err := smtp.NewClient(conn, t.URL.Hostname())
	if err != nil {
		return smtpRefusal(err)
	}
	if starts, _ := client.Extension("STARTTLS"); starts && !secure {
		if err := client.StartTLS(t.TLS); err != nil {
			return smtpRefusal(err)
		}
		secure = true
	}
	if !secure && !t.Plain {
		return nil, errNotTLS
	}
	login := t.smtpLogin(client)
	if login == nil {
		return refused("no login", "the server offers no login that is spoken here"), nil
	}
	if err := client.Auth(login); err != nil {
		return smtpRefusal(err)
	}
	_ = client.Quit()
	return Answer{"ok": true, "user": t.user(), "doubt": "a mail server that takes any password answers the same, and a made-up one is not tried, because it might lock the account"}, nil
}

// smtpLogin chooses a way to log in among those that the server offers; nil when there is none.
func (t Target) smtpLogin(client *smtp.Client) smtp.Auth {
	_, offered := client.Extension("AUTH")
	ways := strings.Fields(strings.ToUpper(offered))
	switch {
	case slices.Contains(ways, "PLAIN"):
		return plain{t.user(), t.password()}
	case slices.Contains(ways, "LOGIN"):
		return &inTurn{answers: []string{t.user(), t.password()}}
	}
	return nil
}

// plain is the PLAIN mechanism (RFC 4616). That of the standard library refuses connections
// without TLS to other hosts than localhost, which was decided above.
type plain struct{ user, password string }

func (p plain) Start(*smtp.ServerInfo) (string, []byte, error) {
	return "PLAIN", []byte("\x00" + p.user + "\x00" + p.password), nil
}

func (p plain) Next([]byte, bool) ([]byte, error) { return nil, nil }

// inTurn is the mechanism LOGIN, which servers of Microsoft's offer alone: the server asks for the
// user, then for the password. The standard library has none.
// Source: https://datatracker.ietf.org/doc/html/draft-murchison-sasl-login-00
type inTurn struct{ answers []string }

func (l *inTurn) Start(*smtp.ServerInfo) (string, []byte, error) { return "LOGIN", nil, nil }

func (l *inTurn) Next(_ []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	if len(l.answers) == 0 {
		return nil, errOther
	}
	next := l.answers[0]
	l.answers = l.answers[1:]
	return []byte(next), nil
}

func smtpRefusal(err error) (Answer, error) {
	if e := (*textproto.Error)(nil); errors.As(err, &e) {
		return refused(strconv.Itoa(e.Code), e.Msg), nil
	}
	if e := net.Error(nil); errors.As(err, &e) {
		return nil, e
	}
	return nil, cause(err)
}
