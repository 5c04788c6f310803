package wire

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"github.com/go-sql-driver/mysql"
)

func (t Target) mysql(ctx context.Context) (Answer, error) {
	config := mysql.NewConfig()
	config.User, config.Passwd, config.DBName = t.user(), t.password(), t.database()
	config.Net, config.Addr = "tcp", t.address()
	config.Timeout, config.ReadTimeout, config.WriteTimeout = t.Time, t.Time, t.Time
	config.DialFunc = t.Dial
	config.Logger = &mysql.NopLogger{}
	config.AllowNativePasswords = true
	config.TLS = t.TLS
	if mode := t.URL.Query().Get("tls"); t.Plain && (mode == "" || mode == "false" || mode == "preferred") {
		config.TLS = nil
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	defer func() { _ = db.Close() }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return mysqlRefusal(err)
	}
	defer func() { _ = conn.Close() }()
	var user string
	var database sql.NullString
	if err := conn.QueryRowContext(ctx, "SELECT CURRENT_USER(), DATABASE()").Scan(&user, &database); err != nil {
		return mysqlRefusal(err)
	}
	return Answer{"ok": true, "user": user, "database": database.String}, nil
}

func mysqlRefusal(err error) (Answer, error) {
	if e := (*mysql.MySQLError)(nil); errors.As(err, &e) {
		return refused(strconv.Itoa(int(e.Number)), e.Message), nil
	}
	if errors.Is(err, mysql.ErrNoTLS) {
		return nil, errNotTLS
	}
	return nil, cause(err)
}
