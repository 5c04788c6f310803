package servers

import (
	"encoding/base64"
	"net/http"
	"testing"
)

// etcd is a cluster of one, asked by its gateway for JSON.
type etcd struct {
	admin
	t *testing.T
}

func startEtcd(t *testing.T) *etcd {
	t.Helper()
	program := installed(t, "servers.sh", "etcd")
	dir, port, peers := scratch(t), freePort(t), freePort(t)
	here, peer := "http://127.0.0.1:"+port, "http://127.0.0.1:"+peers
	start(t, command(dir, program, "--data-dir", dir+"/data", "--listen-client-urls", here, "--advertise-client-urls", here,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default="+peer, "--logger", "zap"),
		answers(http.DefaultClient, here+"/health", 200))
	return &etcd{t: t, admin: admin{base: here, authorise: func(*http.Request) {}}}
}

// post calls the server as root. A token of etcd's ends whenever roles change.
func (e *etcd) post(path, body string) {
	e.t.Helper()
	token := e.call(e.t, "POST", "/v3/auth/authenticate", `{"name":"root","password":"CANARY-root"}`)
	a := e.admin
	a.authorise = header("Authorization", at(e.t, token, "token"))
	a.call(e.t, "POST", "/v3/"+path, body)
}

func askEtcd(t *testing.T, road *road) {
	e := startEtcd(t)
	f := road.to(t, "etcd", e.base)
	p := own(t, "etcd", f.url, "probe: {request: {}, identity: {tenant: $.none}}\n")
	key := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	as := func(user string, keys ...string) map[string]string {
		out := map[string]string{"user": user}
		for _, k := range keys {
			out["probe_key"] = key(k)
		}
		return out
	}
	askAll(t, road, f, p, []state{
		{name: "a cluster that asks nobody for a login", key: "CANARY-alice", parts: as("alice"), want: "ambiguous ????? asked 1"},
	})
	for _, call := range [][2]string{
		{"auth/user/add", `{"name":"root","password":"CANARY-root"}`}, {"auth/role/add", `{"name":"root"}`},
		{"auth/user/grant", `{"user":"root","role":"root"}`}, {"auth/role/add", `{"name":"app"}`},
		{"auth/role/grant", `{"name":"app","perm":{"permType":"READ","key":"` + key("/app/") + `","range_end":"` + key("/app0") + `"}}`},
		{"auth/user/add", `{"name":"alice","password":"CANARY-alice"}`}, {"auth/user/grant", `{"user":"alice","role":"app"}`},
		{"auth/user/add", `{"name":"bob","password":"CANARY-bob"}`}, {"auth/enable", "{}"},
	} {
		e.call(t, "POST", "/v3/"+call[0], call[1])
	}
	const alice, unknown = "ok ++++? asked 2 user=alice", "key_unknown +-??? asked 1"
	askAll(t, road, f, p, []state{
		{name: "active", key: "CANARY-alice", parts: as("alice"), want: alice},
		{name: "a key of its role", key: "CANARY-alice", parts: as("alice", "/app/x"), want: "ok +++++ asked 3 user=alice"},
		{name: "another's key", key: "CANARY-alice", parts: as("alice", "/other/x"), want: "resource_not_granted ++++- asked 3 user=alice"},
		{name: "a wrong password, said with 400", key: "CANARY-wrong", parts: as("alice"), want: unknown + " user=alice"},
		{name: "no such user", key: "CANARY-alice", parts: as("nobody"), want: unknown + " user=nobody"},
		{name: "the role is taken away", do: func() { e.post("auth/user/revoke", `{"name":"alice","role":"app"}`) },
			key: "CANARY-alice", parts: as("alice", "/app/x"), want: "resource_not_granted ++++- asked 3 user=alice"},
		{name: "deleted", do: func() { e.post("auth/user/delete", `{"name":"bob"}`) }, key: "CANARY-bob", parts: as("bob"), want: unknown + " user=bob"},
	})
}
