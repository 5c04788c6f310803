package servers

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// redmine is a Redmine with data of its own.
type redmine struct {
	admin
	t    *testing.T
	data string // its database
}

func startRedmine(t *testing.T) *redmine {
	t.Helper()
	program := filepath.Dir(filepath.Dir(installed(t, "servers.sh", "/usr/share/redmine/bin/rails")))
	empty := installed(t, "servers.sh", filepath.Join(tools(t), "servers/redmine.sqlite3"))
	dir, port := scratch(t), freePort(t)
	home, data := filepath.Join(dir, "redmine"), filepath.Join(dir, "data.sqlite3")
	must(t, exec.Command("cp", "-r", program+"/.", home))
	must(t, exec.Command("cp", empty, data))
	for _, link := range []string{"Gemfile.lock", "instances", "config/database.yml"} {
		_ = os.Remove(filepath.Join(home, link)) // they lead to the data of the system's own
	}
	for _, folder := range []string{"tmp", "log", "files"} {
		write(t, filepath.Join(home, "instances/default", folder, ".keep"), "")
		write(t, filepath.Join(home, folder, ".keep"), "")
	}
	database := "production: {adapter: sqlite3, database: " + data + ", timeout: 20000}\n"
	write(t, filepath.Join(home, "config/database.yml"), database)
	write(t, filepath.Join(home, "instances/default/config/database.yml"), database)
	write(t, filepath.Join(home, "instances/default/config/secret_key.txt"), strings.Repeat("CANARY", 16))
	write(t, filepath.Join(home, "Gemfile.local"), "gem \"webrick\"\ngem \"sqlite3\", \"~> 1.4.0\"\n")
	must(t, command(home, "bundle", "lock", "--local"))
	r := &redmine{t: t, data: data, admin: admin{base: "http://127.0.0.1:" + port, authorise: basic("admin", "admin")}}
	r.sql(`update users set must_change_passwd=0 where login='admin'`)
	r.sql(`insert into settings(name, value, updated_on) values('rest_api_enabled', '1', datetime('now'))`)
	server := command(home, "ruby", "bin/rails", "server", "-e", "production", "-b", "127.0.0.1", "-p", port, "-u", "webrick", "-P", filepath.Join(dir, "pid"))
	server.Env = append(server.Env, "RAILS_ENV=production")
	start(t, server, answers(http.DefaultClient, r.base+"/login", 200))
	return r
}

// sql changes what no request can.
func (r *redmine) sql(statement string) {
	r.t.Helper()
	must(r.t, exec.Command("sqlite3", "-cmd", ".timeout 20000", r.data, statement))
}

// user makes an active user and gives the id and the key.
func (r *redmine) user(login string) (id, key string) {
	r.t.Helper()
	made := r.call(r.t, "POST", "/users.json", fmt.Sprintf(
		`{"user":{"login":%q,"firstname":"CANARY","lastname":"user","mail":"%s@shop.invalid","password":"CANARY-%s"}}`, login, login, login))
	id = at(r.t, made, "user", "id")
	return id, at(r.t, r.call(r.t, "GET", "/users/"+id+".json", ""), "user", "api_key")
}

func (r *redmine) set(id, fields string) func() {
	return func() { r.call(r.t, "PUT", "/users/"+id+".json", `{"user":{`+fields+`}}`) }
}

func askRedmine(t *testing.T, road *road) {
	r := startRedmine(t)
	f := road.to(t, "redmine", r.base)
	id, key := r.user("alice")
	gone, goneKey := r.user("bob")
	reset, resetKey := r.user("carol")
	other, otherKey := r.user("dave")
	root := at(t, r.call(t, "GET", "/users/current.json", ""), "user", "api_key")
	r.call(t, "POST", "/projects.json", `{"project":{"name":"Shop","identifier":"shop","is_public":false}}`)
	r.call(t, "POST", "/projects/shop/memberships.json", `{"membership":{"user_id":`+id+`,"role_ids":[`+r.role()+`]}}`)
	shop := map[string]string{"project": "shop"}
	looked := func(user string) map[string]string { return map[string]string{"user_id": user, "admin": root} }
	const (
		stranger = "4f1ca9be07d63558a41c09e7d2b86f3150ac9de0"
		fresh    = "9de04f1ca9be07d63558a41c09e7d2b86f3150ac"
	)
	const alice = "ok ++++? asked 2 user=alice name=alice"
	askAll(t, road, f, own(t, "redmine", f.url), []state{
		{name: "active", key: key, want: alice},
		{name: "no such key", key: stranger, want: "ambiguous +???? asked 1"},
		{name: "locked", do: r.set(id, `"status":3`), key: key, want: "ambiguous +???? asked 1"},
		{name: "not activated yet", do: r.set(id, `"status":2`), key: key, want: "ambiguous +???? asked 1"},
		{name: "active again", do: r.set(id, `"status":1`), key: key, want: alice},
		{name: "a password that must be changed", do: r.set(id, `"must_change_passwd":true`), key: key, want: alice},
		{name: "deleted", do: func() { r.call(t, "DELETE", "/users/"+gone+".json", "") }, key: goneKey, want: "ambiguous +???? asked 1"},
		{name: "reset", do: func() {
			r.sql(`update tokens set value='` + fresh + `' where action='api' and user_id=(select id from users where login='carol')`)
		}, key: resetKey, want: "ambiguous +???? asked 1"},
		{name: "the key that came after it", key: fresh, want: "ok ++++? asked 2 user=carol name=carol"},
		{name: "active, and looked up", key: otherKey, parts: looked(other), want: "ok ++++? asked 3 user=dave name=dave@shop.invalid"},
		{name: "locked, and looked up", do: r.set(other, `"status":3`), key: otherKey, parts: looked(other), want: "owner_disabled +++-? asked 2 user=dave name=dave@shop.invalid"},
		{name: "not activated yet, and looked up", do: r.set(other, `"status":2`), key: otherKey, parts: looked(other), want: "owner_disabled +++-? asked 2 user=dave name=dave@shop.invalid"},
		{name: "active again, and looked up", do: r.set(other, `"status":1`), key: otherKey, parts: looked(other), want: "ok ++++? asked 3 user=dave name=dave@shop.invalid"},
		{name: "reset, and looked up", key: resetKey, parts: looked(reset), want: "ambiguous +???? asked 2"},
		{name: "deleted, and looked up", key: goneKey, parts: looked(gone), want: "ambiguous +???? asked 2"},
		{name: "looked up by one who may not", key: key, parts: map[string]string{"user_id": id, "admin": otherKey}, want: "ok ++++? asked 3 user=alice name=alice"},
		{name: "administrator", key: root, want: "ok ++++? asked 2 user=admin name=admin@example.net admin=true"},
		{name: "its project", key: key, parts: shop, want: "ok ++++? asked 3 user=alice name=alice tenant=shop"},
		{name: "another's private project", key: otherKey, parts: shop, want: "ok ++++? asked 3 user=dave name=dave"},
	})
	// This list is given to everybody, and says so of a made-up key too.
	askAll(t, road, f, own(t, "redmine", f.url, `
probe:
  request: {path: /projects.json}
  verdicts:
    - {when: {status: 200, json: {$.projects: {exists: true}}}, reason: ok}
`), []state{
		{name: "a list that everybody may read", key: key, want: "ok +???? asked 2 open"},
		{name: "the same without a key of its own", key: stranger, want: "ok +???? asked 2 open"},
	})
	askAll(t, road, f, own(t, "redmine", f.url), []state{
		{name: "the interface is off", do: func() {
			r.sql(`update settings set value='0', updated_on=datetime('now', '+1 minute') where name='rest_api_enabled'`)
		}, key: key, want: "ambiguous +???? asked 1"},
	})
}

// role makes a role that may look at projects.
func (r *redmine) role() string {
	r.t.Helper()
	r.sql(`insert into roles(name, position, assignable, builtin, permissions) values('reader', 9, 1, 0, '---` + "\n- :view_issues\n" + `')`)
	return must(r.t, exec.Command("sqlite3", r.data, `select id from roles where name='reader'`))
}
