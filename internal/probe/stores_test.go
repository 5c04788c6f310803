package probe

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
	"github.com/keyfit/keyfit/internal/verdict"
)

// server finds a program, on the PATH or where Debian puts it.
func server(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/" + name, "/usr/sbin/" + name} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[len(found)-1]
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: run scripts/install/stores.sh", name)
	}
	t.Skipf("%s is missing: run scripts/install/stores.sh", name)
	return ""
}

// unprivileged runs a command as a user that servers accept: they refuse to run as root.
func unprivileged(t *testing.T, dir, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(name, args...)
	if os.Getuid() == 0 {
		nobody, err := user.Lookup("nobody")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(nobody.Uid)
		if err := os.Chown(dir, uid, -1); err != nil {
			t.Fatal(err)
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	}
	cmd.Dir, cmd.Env = dir, []string{"LC_ALL=C", "HOME=" + dir, "PATH=" + os.Getenv("PATH")}
	return cmd
}

// data is a directory that other users can reach.
func data(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "keyfit-store")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// start starts a server and waits until it listens.
func start(t *testing.T, cmd *exec.Cmd, port string) {
	t.Helper()
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 600 {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			_ = conn.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the server does not listen: %s", out.String())
}

func must(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(cmd.Path), err, out)
	}
}

// store is a provider of one's own that extends one of the catalogue's, at a host of the test.
func store(t *testing.T, id, host string) *provider.Provider {
	t.Helper()
	var p provider.Provider
	problems := strict.Decode("keyfit.yaml", []byte("extends: "+id+"\nhosts: {staging: '"+host+"'}\n"), &p)
	for _, problem := range append(problems, p.Adopt("own", pos.Span{}, provider.Catalogue())...) {
		t.Fatalf("%s: %s", problem.At, problem.Message)
	}
	return &p
}

// login is one state of an account, and what is said of it.
type login struct {
	name, url string
	reason    provider.Reason
	user      string
}

func tryAll(t *testing.T, p *provider.Provider, logins []login) {
	t.Helper()
	for _, l := range logins {
		v := askStoreOf(t, p, l.url)
		if v.Reason != l.reason || v.Identity.User != l.user {
			t.Errorf("%s: %s, user %q, expected %s and %q (code %q, %s)", l.name, v.Reason, v.Identity.User, l.reason, l.user, v.Evidence.Code, v.Evidence.Failure)
		}
		if strings.Contains(fmt.Sprintf("%+v", v), "CANARY") {
			t.Errorf("%s: the verdict holds the password", l.name)
		}
	}
}

func askStoreOf(t *testing.T, p *provider.Provider, url string) verdict.Verdict {
	t.Helper()
	return client(t, Options{}).Ask(context.Background(), []Question{{Provider: p, Environment: "staging", Key: secret.New(url)}})[0]
}

func TestRedis(t *testing.T) {
	program, dir, port := server(t, "redis-server"), data(t), freePort(t)
	users := filepath.Join(dir, "users.acl")
	_ = os.WriteFile(users, []byte("user default on >CANARYdefault ~* +@all\nuser app on >CANARYapp ~app:* +get +set +acl|whoami\n"+
		"user gone off >CANARYgone ~* +@all\nuser dumb on >CANARYdumb ~* -@all\n"+
		"user open on nopass ~* +@all\nuser quiet on nopass ~* +ping\nuser asks on >CANARYasks ~* +@all\n"), 0o644)
	start(t, unprivileged(t, dir, program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--aclfile", users), port)
	at := "127.0.0.1:" + port
	tryAll(t, store(t, "redis", "redis://"+at), []login{
		{"the default user", "redis://:CANARYdefault@" + at, provider.OK, "default"},
		{"a user", "redis://app:CANARYapp@" + at + "/0", provider.OK, "app"},
		{"a wrong password", "redis://app:CANARYwrong@" + at, provider.KeyUnknown, ""},
		{"a user that is off", "redis://gone:CANARYgone@" + at, provider.KeyUnknown, ""},
		{"no such user", "redis://nobody:CANARY@" + at, provider.KeyUnknown, ""},
		{"a user that may do nothing", "redis://dumb:CANARYdumb@" + at, provider.OK, "dumb"},
		{"another host", "redis://app:CANARYapp@127.0.0.1:1", provider.NotProbeable, ""},
		{"a user that may read users", "redis://asks:CANARYasks@" + at, provider.OK, "asks"},
		{"a user with any password", "redis://open:CANARYany@" + at, provider.AmbiguousCause, ""},
		{"a user with any password that may not read users", "redis://quiet:CANARYany@" + at, provider.AmbiguousCause, ""},
	})
	for user, doubts := range map[string]bool{"app": true, "asks": false} {
		p := store(t, "redis", "redis://"+at)
		p.Probe.Control = "never"
		v := askStoreOf(t, p, "redis://"+user+":CANARY"+user+"@"+at)
		if v.Reason != provider.OK || (v.Doubt != "") != doubts {
			t.Errorf("%s, no made-up password: %s, doubt %q", user, v.Reason, v.Doubt)
		}
	}
}

func TestPostgres(t *testing.T) {
	program, dir, port := server(t, "postgres"), data(t), freePort(t)
	setup, password := filepath.Join(dir, "setup.sql"), filepath.Join(dir, "password")
	_ = os.WriteFile(password, []byte("CANARYroot\n"), 0o644)
	initdb := unprivileged(t, dir, server(t, "initdb"), "-D", filepath.Join(dir, "db"), "-U", "root", "--auth=scram-sha-256", "--pwfile="+password, "--no-sync", "-E", "UTF8")
	must(t, initdb)
	rules := filepath.Join(dir, "db", "pg_hba.conf")
	trusting, err := os.ReadFile(rules)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(rules, append([]byte("host all anybody 127.0.0.1/32 trust\n"), trusting...), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, unprivileged(t, dir, program, "-D", filepath.Join(dir, "db"), "-p", port, "-h", "127.0.0.1", "-k", dir, "-F"), port)
	at := "127.0.0.1:" + port
	for range 100 { // it listens before it takes logins
		if v := askStoreOf(t, store(t, "postgres", "postgres://"+at), "postgres://root:CANARYroot@"+at+"/postgres"); v.Reason == provider.OK {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	_ = os.WriteFile(setup, []byte(`
CREATE ROLE app LOGIN PASSWORD 'CANARYapp'; CREATE ROLE locked NOLOGIN PASSWORD 'CANARYlocked';
CREATE ROLE old LOGIN PASSWORD 'CANARYold' VALID UNTIL '2020-01-01'; CREATE ROLE soon LOGIN PASSWORD 'CANARYsoon' VALID UNTIL '2099-01-01';
CREATE ROLE anybody LOGIN PASSWORD 'CANARYanybody'; CREATE ROLE busy LOGIN PASSWORD 'CANARYbusy' CONNECTION LIMIT 0; CREATE DATABASE closed; REVOKE CONNECT ON DATABASE closed FROM PUBLIC;
`), 0o644)
	psql := unprivileged(t, dir, server(t, "psql"), "-h", "127.0.0.1", "-p", port, "-U", "root", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-q", "-f", setup)
	psql.Env = append(psql.Env, "PGPASSWORD=CANARYroot")
	must(t, psql)
	tryAll(t, store(t, "postgres", "postgres://"+at), []login{
		{"a role", "postgres://app:CANARYapp@" + at + "/postgres", provider.OK, "app"},
		{"the other scheme", "postgresql://app:CANARYapp@" + at + "/postgres?sslmode=disable", provider.OK, "app"},
		{"a role that ends", "postgres://soon:CANARYsoon@" + at + "/postgres", provider.OK, "soon"},
		{"a superuser", "postgres://root:CANARYroot@" + at + "/postgres", provider.OK, "root"},
		{"a role that is not asked for its password", "postgres://anybody:CANARYanybody@" + at + "/postgres", provider.AmbiguousCause, ""},
		{"a wrong password", "postgres://app:CANARYwrong@" + at + "/postgres", provider.KeyUnknown, ""},
		{"no such role", "postgres://nobody:CANARY@" + at + "/postgres", provider.KeyUnknown, ""},
		{"a role whose password has ended", "postgres://old:CANARYold@" + at + "/postgres", provider.KeyUnknown, ""},
		{"a role that may not log in", "postgres://locked:CANARYlocked@" + at + "/postgres", provider.OwnerDisabled, ""},
		{"no such database", "postgres://app:CANARYapp@" + at + "/none", provider.ResourceNotGranted, ""},
		{"a closed database", "postgres://app:CANARYapp@" + at + "/closed", provider.ScopeMissing, ""},
		{"no further connection", "postgres://busy:CANARYbusy@" + at + "/postgres", provider.ProviderDown, ""},
	})
	if v := askStoreOf(t, store(t, "postgres", "postgres://"+at), "postgres://soon:CANARYsoon@"+at+"/postgres"); v.Identity.Expires.Year() != 2099 {
		t.Errorf("the end of the role is %s", v.Identity.Expires)
	}
	if v := askStoreOf(t, store(t, "postgres", "postgres://"+at), "postgres://root:CANARYroot@"+at+"/postgres"); !v.Identity.Admin {
		t.Error("a superuser is no administrator")
	}
	if v := askStoreOf(t, store(t, "postgres", "postgres://"+at), "postgres://app:CANARYapp@"+at+"/postgres?sslmode=require"); v.Reason != provider.NetworkTLS && v.Reason != provider.NetworkConnect {
		t.Errorf("TLS that the server does not have: %s", v.Reason)
	}
}

func TestMariaDB(t *testing.T) {
	program, dir, port := server(t, "mariadbd"), data(t), freePort(t)
	must(t, unprivileged(t, dir, server(t, "mariadb-install-db"), "--datadir="+filepath.Join(dir, "db"), "--auth-root-authentication-method=normal", "--skip-test-db", "--cross-bootstrap"))
	setup := filepath.Join(dir, "setup.sql")
	lines := []string{
		"CREATE DATABASE shop", "CREATE USER app@'%' IDENTIFIED BY 'CANARYapp'", "GRANT SELECT ON shop.* TO app@'%'",
		"CREATE USER locked@'%' IDENTIFIED BY 'CANARYlocked' ACCOUNT LOCK", "CREATE USER old@'%' IDENTIFIED BY 'CANARYold' PASSWORD EXPIRE",
		"CREATE USER far@'10.9.8.7' IDENTIFIED BY 'CANARYfar'", "CREATE USER none@'%' IDENTIFIED BY 'CANARYnone'",
	}
	if err := os.WriteFile(setup, []byte(strings.Join(lines, ";\n")+";\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	start(t, unprivileged(t, dir, program, "--no-defaults", "--datadir="+filepath.Join(dir, "db"), "--port="+port, "--bind-address=127.0.0.1",
		"--socket="+filepath.Join(dir, "s"), "--pid-file="+filepath.Join(dir, "p"), "--init-file="+setup, "--skip-name-resolve", "--disconnect-on-expired-password=ON"), port)
	at := "127.0.0.1:" + port
	tryAll(t, store(t, "mysql", "mysql://"+at), []login{
		{"a user", "mysql://app:CANARYapp@" + at + "/shop", provider.OK, "app@%"},
		{"a wrong password", "mysql://app:CANARYwrong@" + at + "/shop", provider.AmbiguousCause, ""},
		{"no such user", "mysql://nobody:CANARY@" + at + "/shop", provider.AmbiguousCause, ""},
		{"another host", "mysql://far:CANARYfar@" + at + "/shop", provider.AmbiguousCause, ""},
		{"a user without rights", "mysql://none:CANARYnone@" + at + "/shop", provider.ResourceNotGranted, ""},
		{"a locked user", "mysql://locked:CANARYlocked@" + at + "/shop", provider.OwnerDisabled, ""},
		{"a password that has ended", "mysql://old:CANARYold@" + at + "/shop", provider.KeyExpired, ""},
	})
}

// TestSMTP logs in to a small mail server of the test's own.
func TestSMTP(t *testing.T) {
	at := mailServer(t, "PLAIN LOGIN")
	for _, c := range []struct {
		name, url string
		reason    provider.Reason
	}{
		{"accepted", "smtp://app:CANARYapp@" + at, provider.OK},
		{"refused", "smtp://app:CANARYwrong@" + at, provider.AmbiguousCause},
		{"busy", "smtp://busy:CANARY@" + at, provider.ProviderDown},
		{"a server that hangs up", "smtp://hang:CANARY@" + at, provider.NetworkConnect},
		{"accepted, by LOGIN alone", "smtp://app:CANARYapp@" + mailServer(t, "LOGIN XOAUTH2"), provider.OK},
		{"refused, by LOGIN alone", "smtp://app:CANARYwrong@" + mailServer(t, "LOGIN"), provider.AmbiguousCause},
		{"no login that is spoken here", "smtp://app:CANARYapp@" + mailServer(t, "XOAUTH2 GSSAPI"), provider.AmbiguousCause},
	} {
		u, _ := url.Parse(c.url)
		v := askStoreOf(t, store(t, "smtp", "smtp://"+u.Host), c.url)
		if v.Reason != c.reason || (v.Doubt != "") != (c.reason == provider.OK) {
			t.Errorf("%s: %s, code %s, %s, doubt %q", c.name, v.Reason, v.Evidence.Code, v.Evidence.Failure, v.Doubt)
		}
	}
}

// mailServer starts a server that offers these ways to log in, and gives its address.
func mailServer(t *testing.T, ways string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go mail(conn, ways)
		}
	}()
	return l.Addr().String()
}

// mail answers as RFC 4954 has it.
func mail(conn net.Conn, ways string) {
	defer conn.Close()
	fmt.Fprint(conn, "220 mail ESMTP\r\n")
	answers := map[string]string{
		"AUTH PLAIN AGFwcABDQU5BUllhcHA=": "235 2.7.0 ok", "AUTH PLAIN AGJ1c3kAQ0FOQVJZ": "454 4.7.0 later", "QUIT": "221 bye",
		"AUTH LOGIN": "334 VXNlcm5hbWU6", "YXBw": "334 UGFzc3dvcmQ6", "Q0FOQVJZYXBw": "235 2.7.0 ok",
	}
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "EHLO"):
			fmt.Fprint(conn, "250-mail\r\n250 AUTH "+ways+"\r\n")
		case line == "AUTH PLAIN AGhhbmcAQ0FOQVJZ":
			return
		case answers[line] != "":
			fmt.Fprint(conn, answers[line]+"\r\n")
		default:
			fmt.Fprint(conn, "535 5.7.8 Authentication credentials invalid\r\n")
		}
	}
}
