package wire

import (
	"context"
	"errors"
	"strings"

	"github.com/gomodule/redigo/redis"
)

func (t Target) redis(ctx context.Context) (Answer, error) {
	conn, err := redis.DialContext(ctx, "tcp", t.address(),
		redis.DialContextFunc(t.Dial), redis.DialUseTLS(!t.Plain || t.URL.Scheme == "rediss"), redis.DialTLSConfig(t.TLS),
		redis.DialReadTimeout(t.Time), redis.DialWriteTimeout(t.Time))
	if err != nil {
		return nil, cause(err)
	}
	defer func() { _ = conn.Close() }()
	login := []any{t.password()}
	if t.user() != "" && t.user() != "default" || t.password() == "" {
		login = []any{t.user(), t.password()}
	}
	if _, err := redis.DoContext(conn, ctx, "AUTH", login...); err != nil {
		return redisRefusal(err)
	}
	user, err := redis.String(redis.DoContext(conn, ctx, "ACL", "WHOAMI"))
	if err == nil {
		return Answer{"ok": true, "user": user}, nil
	}
	// Servers before version 6 have no users, and a user may be kept from asking.
	if _, err := redis.DoContext(conn, ctx, "PING"); err != nil {
		return redisRefusal(err)
	}
	name := t.user()
	if name == "" {
		name = "default"
	}
	return Answer{"ok": true, "user": name}, nil
}

// redisRefusal takes the first word of an error for its code, as clients do.
func redisRefusal(err error) (Answer, error) {
	if e := redis.Error(""); errors.As(err, &e) {
		code, _, _ := strings.Cut(string(e), " ")
		return refused(code, string(e)), nil
	}
	return nil, cause(err)
}
