package servers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/probe"
)

// secured is a data store that speaks TLS, with a user app.
type secured struct{ provider, url string } // the URL has no login

// askStores logs in to data stores over TLS with a certificate of one's own authority. The states
// of their users are tried in internal/probe.
func askStores(t *testing.T, road *road) {
	for name, begin := range map[string]func(*testing.T, *authority) secured{"redis": secureRedis, "postgres": securePostgres, "mariadb": secureMariaDB} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t, road.authority)
			refused := "key_unknown +-??? asked 0"
			if s.provider == "mysql" { // it says the same of a host that is not allowed
				refused = "ambiguous +???? asked 0"
			}
			scheme, rest, _ := strings.Cut(s.url, "://")
			address, query, _ := strings.Cut(rest, "/")
			ask := func(name, login string, trust []byte) string {
				t.Helper()
				key := state{name: name, key: scheme + "://" + login + "@" + address + "/" + query}
				client := road.client(t, func(o *probe.Options) { o.CAFile = trust })
				v := client.Ask(t.Context(), []probe.Question{question(own(t, s.provider, scheme+"://"+address), &key)})[0]
				leaks(t, &key, &v)
				return told(&v, 0)
			}
			soon(t, "the store takes logins", func() bool { return strings.HasPrefix(ask("start", "app:CANARY-app", road.authority.pem), "ok ") })
			for _, c := range []struct {
				name, login string
				trust       []byte
				want        string
			}{
				{"a wrong password", "app:CANARY-wrong", road.authority.pem, refused},
				{"an authority that nobody trusts", "app:CANARY-app", nil, "network_tls +???? asked 0"},
				{"another authority", "app:CANARY-app", newAuthority(t).pem, "network_tls +???? asked 0"},
			} {
				if got := ask(c.name, c.login, c.trust); got != c.want {
					t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
				}
			}
		})
	}
}

// debian is where Debian puts a store's program, if it is not on the PATH.
func debian(t *testing.T, name string) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	return installed(t, "stores.sh", append([]string{name, "/usr/sbin/" + name}, found...)...)
}

func secureRedis(t *testing.T, a *authority) secured {
	t.Helper()
	dir, port := scratch(t), freePort(t)
	ca, cert, key := a.files(t, dir, "localhost")
	users := write(t, filepath.Join(dir, "users.acl"), "user default off\nuser app on >CANARY-app ~* +@all\n")
	start(t, unprivileged(t, command(dir, debian(t, "redis-server"), "--port", "0", "--tls-port", port, "--bind", "127.0.0.1", "--save", "", "--aclfile", users,
		"--tls-ca-cert-file", ca, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no")), listens(port))
	return secured{"redis", "rediss://localhost:" + port}
}

func securePostgres(t *testing.T, a *authority) secured {
	t.Helper()
	dir, port := scratch(t), freePort(t)
	_, cert, key := a.files(t, dir, "localhost")
	if err := os.Chmod(key, 0o600); err != nil {
		t.Fatal(err)
	}
	password := write(t, filepath.Join(dir, "password"), "CANARY-app\n")
	data := filepath.Join(dir, "data")
	must(t, unprivileged(t, command(dir, debian(t, "initdb"), "-D", data, "-U", "app", "--auth=scram-sha-256", "--pwfile="+password, "--no-sync", "-E", "UTF8")))
	start(t, unprivileged(t, command(dir, debian(t, "postgres"), "-D", data, "-p", port, "-h", "127.0.0.1", "-k", dir, "-F",
		"-c", "ssl=on", "-c", "ssl_cert_file="+cert, "-c", "ssl_key_file="+key)), listens(port))
	return secured{"postgres", "postgres://localhost:" + port + "/postgres?sslmode=verify-full"}
}

func secureMariaDB(t *testing.T, a *authority) secured {
	t.Helper()
	dir, port := scratch(t), freePort(t)
	ca, cert, key := a.files(t, dir, "localhost")
	data := filepath.Join(dir, "data")
	must(t, unprivileged(t, command(dir, debian(t, "mariadb-install-db"), "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db", "--cross-bootstrap")))
	setup := write(t, filepath.Join(dir, "setup.sql"), "CREATE DATABASE shop;\nCREATE USER app@'%' IDENTIFIED BY 'CANARY-app' REQUIRE SSL;\nGRANT SELECT ON shop.* TO app@'%';\n")
	start(t, unprivileged(t, command(dir, debian(t, "mariadbd"), "--no-defaults", "--datadir="+data, "--port="+port, "--bind-address=127.0.0.1",
		"--socket="+filepath.Join(dir, "s"), "--pid-file="+filepath.Join(dir, "p"), "--init-file="+setup, "--skip-name-resolve",
		"--ssl-ca="+ca, "--ssl-cert="+cert, "--ssl-key="+key)), listens(port))
	return secured{"mysql", "mysql://localhost:" + port + "/shop?tls=true"}
}
