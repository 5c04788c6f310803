package servers

import (
	"encoding/binary"
	"net"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/keyfit/keyfit/internal/probe"
)

// rabbit is a broker: its management interface, AMQP, and AMQP over TLS.
type rabbit struct {
	admin
	t             *testing.T
	plain, secure string // addresses
}

func startRabbitMQ(t *testing.T, a *authority) *rabbit {
	t.Helper()
	program := installed(t, "servers.sh", "/usr/lib/rabbitmq/bin/rabbitmq-server")
	dir := scratch(t)
	names, web, plain, secure, nodes := freePort(t), freePort(t), freePort(t), freePort(t), freePort(t)
	ca, cert, key := a.files(t, dir, "localhost")
	write(t, filepath.Join(dir, "rabbitmq.conf"), `
listeners.tcp.1 = 127.0.0.1:`+plain+`
listeners.ssl.1 = 127.0.0.1:`+secure+`
ssl_options.cacertfile = `+ca+`
ssl_options.certfile = `+cert+`
ssl_options.keyfile = `+key+`
ssl_options.verify = verify_none
management.tcp.ip = 127.0.0.1
management.tcp.port = `+web+`
`)
	write(t, filepath.Join(dir, "enabled_plugins"), "[rabbitmq_management].\n")
	env := []string{
		"ERL_EPMD_PORT=" + names, "ERL_EPMD_ADDRESS=127.0.0.1", "RABBITMQ_DIST_PORT=" + nodes, "RABBITMQ_NODENAME=keyfit@localhost",
		"RABBITMQ_MNESIA_BASE=" + dir + "/mnesia", "RABBITMQ_LOG_BASE=" + dir + "/log", "RABBITMQ_CONFIG_FILE=" + dir + "/rabbitmq",
		"RABBITMQ_ENABLED_PLUGINS_FILE=" + dir + "/enabled_plugins", "RABBITMQ_CONF_ENV_FILE=/dev/null",
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1}",
	}
	// Its name server would stay behind if the broker started it.
	mapper := unprivileged(t, command(dir, installed(t, "servers.sh", "epmd")))
	mapper.Env = append(mapper.Env, env...)
	start(t, mapper, listens(names))
	server := unprivileged(t, command(dir, program))
	server.Env = append(server.Env, env...)
	r := &rabbit{t: t, plain: "127.0.0.1:" + plain, secure: "localhost:" + secure,
		admin: admin{base: "http://127.0.0.1:" + web, authorise: basic("guest", "guest")}}
	start(t, server, answers(http.DefaultClient, r.base+"/api/whoami", 401))
	return r
}

// user makes a user with a password of its name, or changes its tags.
func (r *rabbit) user(name, tags string) {
	r.t.Helper()
	r.call(r.t, "PUT", "/api/users/"+name, `{"password":"CANARY-`+name+`","tags":"`+tags+`"}`)
}

func (r *rabbit) permit(vhost, name string) {
	r.t.Helper()
	r.call(r.t, "PUT", "/api/permissions/"+vhost+"/"+name, `{"configure":".*","write":".*","read":".*"}`)
}

func askRabbitMQ(t *testing.T, road *road) {
	r := startRabbitMQ(t, road.authority)
	f := road.to(t, "rabbitmq", r.base)
	for _, vhost := range []string{"team-a", "team-b"} {
		r.call(t, "PUT", "/api/vhosts/"+vhost, "{}")
	}
	for _, name := range []string{"alice", "bob", "carol", "dave"} {
		r.user(name, "management")
		r.permit("team-a", name)
	}
	r.user("root", "administrator")
	askAMQP(t, road, r) // first: what follows changes the users
	askManagement(t, road, r, f)
}

func askManagement(t *testing.T, road *road, r *rabbit, f *front) {
	as := func(user string, vhost ...string) map[string]string {
		out := map[string]string{"user": user}
		for _, v := range vhost {
			out["vhost"] = v
		}
		return out
	}
	const alice, unknown = "ok ++++? asked 2 user=alice scopes=management", "ambiguous ????? asked 1"
	askAll(t, road, f, own(t, "rabbitmq-management", f.url), []state{
		{name: "active", key: "CANARY-alice", parts: as("alice"), want: alice},
		{name: "its own virtual host", key: "CANARY-alice", parts: as("alice", "team-a"), want: "ok ++++? asked 3 user=alice tenant=team-a scopes=management"},
		{name: "another's virtual host", key: "CANARY-alice", parts: as("alice", "team-b"), want: "resource_not_granted ++++- asked 3 user=alice tenant=team-b scopes=management"},
		{name: "no such virtual host", key: "CANARY-alice", parts: as("alice", "team-z"), want: "tenant_mismatch ++++? asked 3 user=alice tenant=team-z scopes=management"},
		{name: "no longer permitted", do: func() { r.call(t, "DELETE", "/api/permissions/team-a/alice", "") },
			key: "CANARY-alice", parts: as("alice", "team-a"), want: "resource_not_granted ++++- asked 3 user=alice tenant=team-a scopes=management"},
		{name: "without the tag, said with 401", do: func() { r.user("alice", "") }, key: "CANARY-alice", parts: as("alice"), want: "scope_missing ++++- asked 1 needs=management"},
		{name: "with the tag again", do: func() { r.user("alice", "management") }, key: "CANARY-alice", parts: as("alice"), want: alice},
		{name: "a wrong password", key: "CANARY-wrong", parts: as("alice"), want: unknown},
		{name: "no such user", key: "CANARY-alice", parts: as("nobody"), want: unknown},
		{name: "a rotated password", do: func() { r.call(t, "PUT", "/api/users/bob", `{"password":"CANARY-new","tags":"management"}`) },
			key: "CANARY-bob", parts: as("bob"), want: unknown},
		{name: "the new one", key: "CANARY-new", parts: as("bob"), want: "ok ++++? asked 2 user=bob scopes=management"},
		{name: "a cleared password", do: func() { r.call(t, "PUT", "/api/users/carol", `{"password_hash":"","tags":"management"}`) },
			key: "CANARY-carol", parts: as("carol"), want: unknown},
		{name: "deleted", do: func() { r.call(t, "DELETE", "/api/users/dave", "") }, key: "CANARY-dave", parts: as("dave"), want: unknown},
		{name: "administrator", key: "CANARY-root", parts: as("root"), want: "ok ++++? asked 2 user=root scopes=administrator admin=true"},
	})
	// What only administrators may read is refused with 401 as well.
	askAll(t, road, f, own(t, "rabbitmq-management", f.url, `
probe:
  request: {path: /api/users}
  verdicts: [{when: {status: 200, json: {"$[0].name": {exists: true}}}, reason: ok}]
`), []state{
		{name: "administrators only", key: "CANARY-alice", parts: as("alice"), want: "scope_missing ++++- asked 1 needs=administrator"},
	})
}

// askAMQP logs in to the broker itself, plainly on loopback and over TLS. A forward proxy has no
// part in it.
func askAMQP(t *testing.T, road *road, r *rabbit) {
	r.user("idle", "")
	r.permit("team-a", "idle")
	r.user("full", "")
	r.permit("team-a", "full")
	r.call(t, "PUT", "/api/user-limits/full/max-connections", `{"value":0}`)
	r.user("late", "")
	r.call(t, "DELETE", "/api/users/late", "")
	for scheme, host := range map[string]string{"amqp": r.plain, "amqps": r.secure} {
		p := own(t, "amqp", scheme+"://"+host)
		for _, s := range []state{
			{name: "active", key: "alice:CANARY-alice@" + host + "/team-a", want: "ok +++?? asked 0 user=alice tenant=team-a"},
			{name: "without a tag", key: "idle:CANARY-idle@" + host + "/team-a", want: "ok +++?? asked 0 user=idle tenant=team-a"},
			{name: "another's virtual host", key: "alice:CANARY-alice@" + host + "/team-b", want: "resource_not_granted ++++- asked 0"},
			{name: "no such virtual host", key: "alice:CANARY-alice@" + host + "/team-z", want: "tenant_mismatch ++??? asked 0"},
			{name: "a wrong password", key: "alice:CANARY-wrong@" + host + "/team-a", want: "ambiguous +???? asked 0"},
			{name: "no such user", key: "nobody:CANARY-alice@" + host + "/team-a", want: "ambiguous +???? asked 0"},
			{name: "deleted", key: "late:CANARY-late@" + host + "/team-a", want: "ambiguous +???? asked 0"},
			{name: "as guest", key: "guest:CANARY-guest@" + host + "/team-a", want: "ambiguous +???? asked 0"},
			{name: "one connection too many", key: "full:CANARY-full@" + host + "/team-a", want: "rate_limited +???? asked 0"},
			{name: "another host", key: "alice:CANARY-alice@127.0.0.1:1/team-a", want: "not_probeable +???? asked 0"},
		} {
			s.name, s.key = scheme+", "+s.name, scheme+"://"+s.key
			v := road.client(t).Ask(t.Context(), []probe.Question{question(p, &s)})[0]
			if got := told(&v, 0); got != s.want {
				t.Errorf("%s:\n got %s\nwant %s\n(code %q, %s, %s)", s.name, got, s.want, v.Evidence.Code, v.Says, v.Evidence.Failure)
			}
			leaks(t, &s, &v)
		}
	}
	askSilence(t, road)
	s := state{name: "amqps, an authority that nobody trusts", key: "amqps://alice:CANARY-alice@" + r.secure + "/team-a"}
	v := road.client(t, func(o *probe.Options) { o.CAFile = nil }).Ask(t.Context(), []probe.Question{question(own(t, "amqp", "amqps://"+r.secure), &s)})[0]
	if got := told(&v, 0); got != "network_tls +???? asked 0" {
		t.Errorf("%s: %s (%s)", s.name, got, v.Evidence.Failure)
	}
	leaks(t, &s, &v)
}

// askSilence has a connection end in the middle of the login: that is no refusal.
func askSilence(t *testing.T, road *road) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 8)) // "AMQP" and a version
			_, _ = conn.Write(amqpStart())
			_, _ = conn.Read(make([]byte, 4096)) // the login
			_ = conn.Close()
		}
	}()
	host := l.Addr().String()
	s := state{name: "a connection that ends in the login", key: "amqp://alice:CANARY-alice@" + host + "/team-a"}
	v := road.client(t).Ask(t.Context(), []probe.Question{question(own(t, "amqp", "amqp://"+host), &s)})[0]
	if got := told(&v, 0); got != "ambiguous +???? asked 0" {
		t.Errorf("%s: %s (%s)", s.name, got, v.Evidence.Failure)
	}
	leaks(t, &s, &v)
}

// amqpStart is the frame that a broker of AMQP 0-9-1 begins with.
func amqpStart() []byte {
	method := []byte{0, 10, 0, 10, 0, 9, 0, 0, 0, 0} // connection.start, version 0-9, no properties
	for _, text := range []string{"PLAIN", "en_US"} {
		method = append(binary.BigEndian.AppendUint32(method, uint32(len(text))), text...)
	}
	frame := binary.BigEndian.AppendUint32([]byte{1, 0, 0}, uint32(len(method)))
	return append(append(frame, method...), 0xce)
}
