package wire

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
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
	if err != nil {
		// Servers before version 6 have no users, and a user may be kept from asking. One that may
		// not even do this was let in all the same.
		if _, err := redis.DoContext(conn, ctx, "PING"); err != nil && !isRedis(err, "NOPERM") {
			return redisRefusal(err)
		}
		if user = t.user(); user == "" {
			user = "default"
		}
	}
	out := Answer{"ok": true, "user": user}
	if len(login) > 1 {
		out = t.redisChecks(ctx, conn, out)
	}
	return out, nil
}

// redisChecks finds out whether any password is as good as the one that was accepted: a user may
// be set up so (nopass), which the server tells who may read users. Else a made-up password says
// it: Redis locks nobody out, and keeps the login that a connection has. The form of AUTH without
// a user needs none of this: it is refused where the default user has no password.
// Source: https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/
func (t Target) redisChecks(ctx context.Context, conn redis.Conn, accepted Answer) Answer {
	told, err := redis.Values(redis.DoContext(conn, ctx, "ACL", "GETUSER", accepted["user"]))
	for i := 0; err == nil && i+1 < len(told); i += 2 {
		if name, _ := redis.String(told[i], nil); name != "flags" {
			continue
		}
		if flags, err := redis.Strings(told[i+1], nil); err == nil {
			return unlessOpen(accepted, slices.Contains(flags, "nopass"))
		}
	}
	if t.Control {
		_, err = redis.DoContext(conn, ctx, "AUTH", t.user(), "keyfit-control-"+rand.Text())
		if err == nil || isRedis(err, "WRONGPASS") {
			return unlessOpen(accepted, err == nil)
		}
	}
	accepted["doubt"] = "whether the server checks this user's password at all could not be told: the user may not read its own settings (ACL GETUSER)"
	return accepted
}

func isRedis(err error, code string) bool {
	e := redis.Error("")
	return errors.As(err, &e) && strings.HasPrefix(string(e), code+" ")
}

func unlessOpen(accepted Answer, open bool) Answer {
	if open {
		return refused(codeOpen, "the server lets this user in with any password")
	}
	return accepted
}

// redisRefusal takes the first word of an error for its code, as clients do.
func redisRefusal(err error) (Answer, error) {
	if e := redis.Error(""); errors.As(err, &e) {
		code, _, _ := strings.Cut(string(e), " ")
		return refused(code, string(e)), nil
	}
	return nil, cause(err)
}
