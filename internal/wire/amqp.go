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
	properties := amqp.Table{"product": "keyfit", "connection_name": "keyfit"}
	config := amqp.Config{
		SASL:            []amqp.Authentication{outspoken{&amqp.PlainAuth{Username: t.user(), Password: t.password()}, properties}},
		TLSClientConfig: t.TLS, Properties: properties,
		Dial: func(string, string) (net.Conn, error) { return t.open(ctx) },
	}
	conn, err := amqp.DialConfig(u.String(), config)
	if err != nil {
		return amqpRefusal(err)
	}
	defer func() { _ = conn.Close() }()
	return Answer{"ok": true, "user": t.user(), "database": conn.Config.Vhost}, nil
}

// outspoken is a plain login that asks the broker to refuse it in words. Without that, brokers
// close the connection as a broken network does. The driver writes down what it can do before it
// asks for the login, and does not offer this.
type outspoken struct {
	*amqp.PlainAuth
	properties amqp.Table
}

func (l outspoken) Response() string {
	if can, ok := l.properties["capabilities"].(amqp.Table); ok {
		can["authentication_failure_close"] = true
	}
	return l.PlainAuth.Response()
}

// amqpRefusal reads the reply codes of AMQP 0-9-1. Where a broker closes the connection without
// a word, as some do all the same, the driver takes a guess; that has a code of its own.
func amqpRefusal(err error) (Answer, error) {
	e := (*amqp.Error)(nil)
	switch isReply := errors.As(err, &e); {
	case isReply && e.Server && e.Code >= 300:
		return refused(strconv.Itoa(e.Code), e.Reason), nil
	case e == amqp.ErrCredentials:
		return refused("closed at the login", ""), nil
	case e == amqp.ErrVhost:
		return refused("closed at the virtual host", ""), nil
	}
	return nil, cause(err)
}
