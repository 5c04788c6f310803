package wire

import (
	"context"
	"errors"
	"net"
	"strconv"

	amqp "github.com/rabbitmq/amqp091-go"
)

func (t Target) amqp(ctx context.Context) (Answer, error) {
	u := *t.URL
	if u.Scheme = "amqps"; t.Plain && t.URL.Scheme == "amqp" {
		u.Scheme = "amqp"
	}
	config := amqp.Config{
		SASL:            []amqp.Authentication{&amqp.PlainAuth{Username: t.user(), Password: t.password()}},
		TLSClientConfig: t.TLS, Properties: amqp.Table{"product": "keyfit", "connection_name": "keyfit"},
		Dial: func(string, string) (net.Conn, error) { return t.open(ctx) },
	}
	conn, err := amqp.DialConfig(u.String(), config)
	if err != nil {
		return amqpRefusal(err)
	}
	defer func() { _ = conn.Close() }()
	return Answer{"ok": true, "user": t.user(), "database": conn.Config.Vhost}, nil
}

// amqpRefusal reads the reply codes of AMQP 0-9-1. The driver says of a bad login, and of a
// closed connection in its place, ErrCredentials, and of a virtual host that is closed ErrVhost.
func amqpRefusal(err error) (Answer, error) {
	if e := (*amqp.Error)(nil); errors.As(err, &e) && e.Code >= 300 {
		code := strconv.Itoa(e.Code)
		if errors.Is(err, amqp.ErrVhost) || e == amqp.ErrVhost {
			code = "vhost"
		}
		return refused(code, e.Reason), nil
	}
	return nil, cause(err)
}
