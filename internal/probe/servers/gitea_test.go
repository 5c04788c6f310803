//go:build heavy

package servers

import (
	"fmt"
	"net/http"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
)

// gitea is a Gitea with data of its own.
type gitea struct {
	admin
	t    *testing.T
	root string // the administrator's token
}

func startGitea(t *testing.T) *gitea {
	t.Helper()
	program := installed(t, "heavy.sh", filepath.Join(tools(t), "bin/gitea"))
	files := installed(t, "heavy.sh", filepath.Join(tools(t), "servers/gitea"))
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir, port := scratch(t), freePort(t)
	g := &gitea{t: t, admin: admin{base: "http://127.0.0.1:" + port}}
	config := write(t, filepath.Join(dir, "app.ini"), `
RUN_USER = `+me.Username+`
RUN_MODE = prod
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
WORK_PATH = `+dir+`
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = `+port+`
ROOT_URL = `+g.base+`/
STATIC_ROOT_PATH = `+files+`
DISABLE_SSH = true
OFFLINE_MODE = true
LFS_START_SERVER = false
[database]
DB_TYPE = sqlite3
PATH = `+dir+`/data.sqlite3
[security]
INSTALL_LOCK = true
SECRET_KEY = CANARY-secret-key
INTERNAL_TOKEN = CANARY-internal-token
[oauth2]
JWT_SECRET = `+strings.Repeat("CANARY0", 6)+`c
[cron]
ENABLED = false
[log]
LEVEL = Error
`)
	run := func(args ...string) string {
		out := must(t, command(dir, program, append([]string{"-c", config}, args...)...))
		return out[strings.LastIndexByte(out, '\n')+1:] // warnings come first
	}
	run("migrate")
	run("admin", "user", "create", "--admin", "--username", "root1", "--password", "CANARY-root1", "--email", "root1@shop.invalid", "--must-change-password=false")
	g.root = run("admin", "user", "generate-access-token", "--username", "root1", "--token-name", "test", "--scopes", "all", "--raw")
	g.authorise = header("Authorization", "token "+g.root)
	start(t, command(dir, program, "-c", config, "web"), answers(http.DefaultClient, g.base+"/api/v1/version", 200))
	return g
}

// user makes a user, and a token of it for each list of scopes.
func (g *gitea) user(name string, scopes ...string) (tokens []string) {
	g.t.Helper()
	g.call(g.t, "POST", "/api/v1/admin/users", fmt.Sprintf(`{"username":%q,"email":"%s@shop.invalid","password":"CANARY-%s","must_change_password":false}`, name, name, name))
	for i, scope := range scopes {
		made := g.as(name).call(g.t, "POST", "/api/v1/users/"+name+"/tokens", fmt.Sprintf(`{"name":"t%d","scopes":[%q]}`, i, scope))
		tokens = append(tokens, at(g.t, made, "sha1"))
	}
	return tokens
}

// as calls the server as a user.
func (g *gitea) as(name string) admin {
	return admin{base: g.base, authorise: basic(name, "CANARY-"+name)}
}

// set changes a user.
func (g *gitea) set(name, fields string) func() {
	return func() {
		g.call(g.t, "PATCH", "/api/v1/admin/users/"+name, fmt.Sprintf(`{"login_name":%q,"source_id":0,%s}`, name, fields))
	}
}

func askGitea(t *testing.T, road *road) {
	g := startGitea(t)
	f := road.to(t, "gitea", g.base)
	alice := g.user("alice", "all", "read:repository", "read:user", "read:user")
	bob := g.user("bob", "all")
	dave := g.user("dave", "all")
	for _, owner := range []string{"alice", "bob"} {
		g.as(owner).call(t, "POST", "/api/v1/user/repos", `{"name":"shop","private":true}`)
	}
	repository := func(owner, name string) map[string]string {
		return map[string]string{"repository_owner": owner, "repository": name}
	}
	const (
		active   = "ok ++++? asked 2 user=alice active=true"
		disabled = "owner_disabled +++-? asked 1"
		unknown  = "key_unknown +-??? asked 1"
	)
	askAll(t, road, f, own(t, "gitea", f.url), []state{
		{name: "active", key: alice[0], want: active},
		{name: "no such token", key: "4f1ca9be07d63558a41c09e7d2b86f3150ac9de0", want: unknown},
		{name: "may not read its own user", key: alice[1], want: "ok ++??? asked 2 scopes=read:repository"},
		{name: "administrator", key: g.root, want: "ok ++++? asked 2 user=root1 active=true admin=true"},
		{name: "its own repository", key: alice[0], parts: repository("alice", "shop"), want: "ok +++++ asked 3 user=alice active=true"},
		{name: "another's private repository", key: alice[0], parts: repository("bob", "shop"), want: "resource_not_granted ++++- asked 3 user=alice active=true"},
		{name: "no such repository", key: alice[0], parts: repository("alice", "none"), want: "resource_not_granted ++++- asked 3 user=alice active=true"},
		{name: "not for repositories", key: alice[2], parts: repository("alice", "shop"), want: "scope_missing ++++- asked 3 user=alice active=true needs=read:repository"},
		{name: "inactive", do: g.set("alice", `"active":false`), key: alice[0], want: disabled},
		{name: "active again", do: g.set("alice", `"active":true`), key: alice[0], want: active},
		{name: "may not sign in", do: g.set("alice", `"prohibit_login":true`), key: alice[0], want: disabled},
		{name: "may sign in again", do: g.set("alice", `"prohibit_login":false`), key: alice[0], want: active},
		{name: "restricted", do: g.set("alice", `"restricted":true`), key: alice[0], want: active},
		{name: "the token is deleted", do: func() { g.as("alice").call(t, "DELETE", "/api/v1/users/alice/tokens/t3", "") }, key: alice[3], want: unknown},
		{name: "the others are not", key: alice[2], want: active},
		{name: "must change its password", do: g.set("bob", `"must_change_password":true`), key: bob[0], want: disabled},
		{name: "the user is deleted", do: func() { g.call(t, "DELETE", "/api/v1/admin/users/dave", "") }, key: dave[0], want: unknown},
	})
	// What only administrators may read is refused to a good token.
	askAll(t, road, f, own(t, "gitea", f.url, `
probe:
  request: {path: /api/v1/admin/users}
  verdicts:
    - {when: {status: 200, json: {"$[0].id": {exists: true}}}, reason: ok}
    - {when: {status: 403, json: {$.message: user should be the site admin}}, reason: scope_missing}
`), []state{
		{name: "administrators only", key: alice[0], want: "scope_missing ++++- asked 1"},
	})
}
