package wire

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// whoPostgres asks for what a login of PostgreSQL is. It only reads.
// Source: https://www.postgresql.org/docs/current/view-pg-roles.html
const whoPostgres = `SELECT current_user, current_database(), r.rolsuper::text, CASE WHEN isfinite(r.rolvaliduntil) THEN to_char(r.rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') ELSE '' END FROM pg_roles r WHERE r.rolname = current_user`

func (t Target) postgres(ctx context.Context) (Answer, error) {
	// The driver makes its settings from a text alone; all that it would take from the
	// environment, or from files in the home directory, is replaced.
	config, err := pgconn.ParseConfig("host=localhost user=x sslmode=disable passfile=/nonexistent servicefile=/nonexistent")
	if err != nil {
		return nil, err
	}
	mode := t.URL.Query().Get("sslmode")
	config.Host, config.Port = t.URL.Hostname(), portNumber(t)
	config.User, config.Password, config.Database = t.user(), t.password(), t.database()
	config.RuntimeParams = map[string]string{}
	config.Fallbacks, config.TLSConfig = nil, t.TLS
	if t.Plain && slices.Contains([]string{"", "disable", "allow", "prefer"}, mode) {
		config.TLSConfig = nil
	}
	config.DialFunc = t.Dial
	config.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	config.OnNotice = func(*pgconn.PgConn, *pgconn.Notice) {}
	var login postgresLogin
	config.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		login.Writer = w
		return pgproto3.NewFrontend(r, &login)
	}
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return postgresRefusal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if !login.asked {
		return refused(codeOpen, "the server lets this user in and does not ask for the password"), nil
	}
	results, err := conn.Exec(ctx, "BEGIN READ ONLY; "+whoPostgres+"; ROLLBACK").ReadAll()
	if err != nil {
		return postgresRefusal(err)
	}
	out := Answer{"ok": true, "user": config.User, "database": config.Database}
	if len(results) > 1 && len(results[1].Rows) == 1 {
		row := results[1].Rows[0]
		out["user"], out["database"], out["superuser"] = string(row[0]), string(row[1]), string(row[2]) == "true"
		if until := string(row[3]); until != "" {
			out["expires"] = until
		}
	}
	return out, nil
}

// postgresLogin notes whether a server asked for the password: with the method trust, peer or cert
// it lets the user in with any. All answers to its question are messages of the type p.
// Source: https://www.postgresql.org/docs/current/protocol-message-formats.html
type postgresLogin struct {
	io.Writer
	asked bool
}

func (l *postgresLogin) Write(message []byte) (int, error) {
	l.asked = l.asked || len(message) > 0 && message[0] == 'p'
	return l.Writer.Write(message)
}

func postgresRefusal(err error) (Answer, error) {
	if e := (*pgconn.PgError)(nil); errors.As(err, &e) {
		return refused(e.Code, e.Message), nil
	}
	return nil, cause(err)
}
