package servers

import (
	"os/exec"
	"syscall"
	"testing"

	"github.com/keyfit/keyfit/internal/probe"
)

// startNATS starts a server with this configuration and gives its port.
func startNATS(t *testing.T, dir, config string) (port string, cmd *exec.Cmd) {
	t.Helper()
	program := installed(t, "servers.sh", "nats-server", "/usr/sbin/nats-server")
	port = freePort(t)
	cmd = command(dir, program, "-c", write(t, dir+"/"+port+".conf", "listen: 127.0.0.1:"+port+"\n"+config))
	start(t, cmd, listens(port))
	return port, cmd
}

// askNATS logs in over the protocol of NATS, in which a forward proxy has no part.
func askNATS(t *testing.T, road *road) {
	const users = `
accounts {
  A: {users: [{user: alice, password: CANARY-alice}, {user: bob, password: CANARY-bob, permissions: {publish: {deny: ">"}, subscribe: {deny: ">"}}}]}
  B: {users: [{user: other, password: CANARY-other}]}
}
`
	dir := scratch(t)
	port, server := startNATS(t, dir, users)
	_, cert, key := road.authority.files(t, dir, "localhost")
	secure, _ := startNATS(t, dir, "authorization {token: CANARY-token}\ntls {cert_file: '"+cert+"', key_file: '"+key+"'}\n")
	open, _ := startNATS(t, dir, "")
	const unknown = "ambiguous +???? asked 0"
	ask := func(name, host, url, want string, change ...func(*probe.Options)) {
		t.Helper()
		s := state{name: name, key: url + "@" + host}
		v := road.client(t, change...).Ask(t.Context(), []probe.Question{question(own(t, "nats", "nats://"+host), &s)})[0]
		if got := told(&v, 0); got != want {
			t.Errorf("%s:\n got %s\nwant %s\n(code %q, %s)", name, got, want, v.Evidence.Code, v.Evidence.Failure)
		}
		leaks(t, &s, &v)
	}
	at := "127.0.0.1:" + port
	ask("active", at, "nats://alice:CANARY-alice", "ok +++?? asked 0 user=alice")
	ask("another account", at, "nats://other:CANARY-other", "ok +++?? asked 0 user=other")
	ask("may do nothing", at, "nats://bob:CANARY-bob", "ok +++?? asked 0 user=bob")
	ask("a wrong password", at, "nats://alice:CANARY-wrong", unknown)
	ask("no such user", at, "nats://nobody:CANARY-alice", unknown)
	ask("TLS that the server does not have", at, "tls://alice:CANARY-alice", "network_connect +???? asked 0")
	ask("a server that asks nobody for a login", "127.0.0.1:"+open, "nats://alice:CANARY-alice", "ambiguous +???? asked 0")
	ask("a token, over TLS", "localhost:"+secure, "tls://CANARY-token", "ok ++??? asked 0")
	ask("a wrong token, over TLS", "localhost:"+secure, "nats://CANARY-wrong", unknown)
	ask("an authority that nobody trusts", "localhost:"+secure, "nats://CANARY-token", "network_tls +???? asked 0", func(o *probe.Options) { o.CAFile = nil })
	write(t, dir+"/"+port+".conf", "listen: 127.0.0.1:"+port+"\naccounts {B: {users: [{user: other, password: CANARY-other}]}}\n")
	if err := server.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	soon(t, "the user is removed", func() bool {
		s := state{key: "nats://alice:CANARY-alice@" + at}
		return road.client(t).Ask(t.Context(), []probe.Question{question(own(t, "nats", "nats://"+at), &s)})[0].Reason != "ok"
	})
	ask("removed", at, "nats://alice:CANARY-alice", unknown)
	ask("the others are not", at, "nats://other:CANARY-other", "ok +++?? asked 0 user=other")
}
