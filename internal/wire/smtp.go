package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/smtp"
	"net/textproto"
	"strconv"
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
	if err := client.Auth(plain{t.user(), t.password()}); err != nil {
		return smtpRefusal(err)
	}
	_ = client.Quit()
	return Answer{"ok": true, "user": t.user()}, nil
}

// plain is the PLAIN mechanism (RFC 4616). That of the standard library refuses connections
// without TLS to other hosts than localhost, which was decided above.
type plain struct{ user, password string }

func (p plain) Start(*smtp.ServerInfo) (string, []byte, error) {
	return "PLAIN", []byte("\x00" + p.user + "\x00" + p.password), nil
}

func (p plain) Next([]byte, bool) ([]byte, error) { return nil, nil }

func smtpRefusal(err error) (Answer, error) {
	if e := (*textproto.Error)(nil); errors.As(err, &e) {
		return refused(strconv.Itoa(e.Code), e.Msg), nil
	}
	if e := net.Error(nil); errors.As(err, &e) {
		return nil, e
	}
	return nil, cause(err)
}
