package servers

import (
	"net/http"
	"net/url"
	"path/filepath"
	"testing"
)

// influx is an InfluxDB 1 that asks for logins.
type influx struct {
	admin
	t *testing.T
}

func startInfluxDB(t *testing.T) *influx {
	t.Helper()
	program := installed(t, "servers.sh", "influxd")
	dir, port, backup := scratch(t), freePort(t), freePort(t)
	config := write(t, filepath.Join(dir, "influxdb.conf"), `
reporting-disabled = true
bind-address = "127.0.0.1:`+backup+`"
[meta]
  dir = "`+dir+`/meta"
[data]
  dir = "`+dir+`/data"
  wal-dir = "`+dir+`/wal"
[http]
  bind-address = "127.0.0.1:`+port+`"
  auth-enabled = true
`)
	i := &influx{t: t, admin: admin{base: "http://127.0.0.1:" + port, authorise: basic("root", "CANARY-root")}}
	start(t, command(dir, program, "-config", config), answers(http.DefaultClient, i.base+"/ping", 204))
	i.query("CREATE USER root WITH PASSWORD 'CANARY-root' WITH ALL PRIVILEGES")
	return i
}

func (i *influx) query(text string) {
	i.t.Helper()
	i.call(i.t, "POST", "/query?q="+url.QueryEscape(text), "")
}

func askInfluxDB(t *testing.T, road *road) {
	i := startInfluxDB(t)
	f := road.to(t, "influxdb", i.base)
	for _, statement := range []string{
		"CREATE DATABASE teama", "CREATE DATABASE teamb", "CREATE USER alice WITH PASSWORD 'CANARY-alice'", "GRANT READ ON teama TO alice",
		"CREATE USER bob WITH PASSWORD 'CANARY-bob'", "CREATE USER carol WITH PASSWORD 'CANARY-carol'",
	} {
		i.query(statement)
	}
	as := func(user string, database ...string) map[string]string {
		out := map[string]string{"user": user}
		for _, d := range database {
			out["database"] = d
		}
		return out
	}
	const unknown = "key_unknown +-??? asked 1"
	askAll(t, road, f, own(t, "influxdb-v1", f.url), []state{
		{name: "active", key: "CANARY-alice", parts: as("alice"), want: "ok ++++? asked 2 user=alice"},
		{name: "its database", key: "CANARY-alice", parts: as("alice", "teama"), want: "ok ++++? asked 3 user=alice tenant=teama"},
		{name: "another's database", key: "CANARY-alice", parts: as("alice", "teamb"), want: "ok ++++? asked 3 user=alice"},
		{name: "without any grant", key: "CANARY-carol", parts: as("carol"), want: "ok ++++? asked 2 user=carol"},
		{name: "a wrong password", key: "CANARY-wrong", parts: as("alice"), want: unknown + " user=alice"},
		{name: "no such user", key: "CANARY-alice", parts: as("nobody"), want: unknown + " user=nobody"},
		{name: "the grant is taken away", do: func() { i.query("REVOKE READ ON teama FROM alice") },
			key: "CANARY-alice", parts: as("alice", "teama"), want: "ok ++++? asked 3 user=alice"},
		{name: "a changed password", do: func() { i.query("SET PASSWORD FOR carol = 'CANARY-new'") }, key: "CANARY-carol", parts: as("carol"), want: unknown + " user=carol"},
		{name: "dropped", do: func() { i.query("DROP USER bob") }, key: "CANARY-bob", parts: as("bob"), want: unknown + " user=bob"},
	})
}
