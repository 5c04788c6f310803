package sandbox

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
)

// The states of users and keys.
const (
	Active    = "active"
	Suspended = "suspended" // of a user
	Deleted   = "deleted"   // of a user
	Revoked   = "revoked"   // of a key
	Expired   = "expired"   // of a key
)

// World is everything that the gateway knows when it starts. No two environments share
// anything: each has its own tenants, users and keys.
type World struct {
	Environments map[string]*Environment `yaml:"environments,required" doc:"the gateway's environments, each with a directory of its own"`
}

// Environment is one installation of the gateway.
type Environment struct {
	Listen   string             `yaml:"listen" doc:"loopback address and port; default: a free port of 127.0.0.1"`
	Requires []string           `yaml:"requires" doc:"scopes that a key needs for POST /path"`
	Tenants  map[string]*Tenant `yaml:"tenants" doc:"customers of the gateway, by id"`
	Users    map[string]*User   `yaml:"users" doc:"people and service accounts, by id"`
	Keys     map[string]*Key    `yaml:"keys" doc:"keys, by id"`

	// Lenient gateways let suspended users in and only say so: 200 with active: false.
	Lenient bool `yaml:"lenient" doc:"answer 200 for suspended users, with active: false"`
	// Opaque gateways refuse with a bare status and say nothing.
	Opaque bool   `yaml:"opaque" doc:"refuse with an empty body"`
	Open   bool   `yaml:"open" doc:"accept any key"`
	Fault  *Fault `yaml:"fault" doc:"what goes wrong from the start"`

	At pos.Span `yaml:"-"`
}

// Tenant is a customer of the gateway.
type Tenant struct {
	Name string `yaml:"name,required"`
}

// User is whoever stands behind a key.
type User struct {
	Name    string   `yaml:"name,required"`
	Kind    string   `yaml:"kind" enum:"person|service" doc:"default: person"`
	State   string   `yaml:"state" enum:"active|suspended|deleted" doc:"default: active"`
	Tenant  string   `yaml:"tenant,required"`
	Account string   `yaml:"account"`
	Mode    string   `yaml:"mode" enum:"test|live"`
	At      pos.Span `yaml:"-"`
}

// Key is one key, linked to a user.
type Key struct {
	Key     Fixture  `yaml:"key,required" doc:"the text itself: made up, with the word CANARY in it"`
	User    string   `yaml:"user,required" doc:"id of the user it belongs to"`
	State   string   `yaml:"state" enum:"active|revoked|expired" doc:"default: active"`
	Scopes  []string `yaml:"scopes"`
	Expires Moment   `yaml:"expires" doc:"2027-01-31 or 2027-01-31T12:00:00Z"`
	At      pos.Span `yaml:"-"`
}

// Fixture is the text of a made-up key.
type Fixture struct{ secret.Text }

// DecodeStrict takes the text and refuses any that is not marked as made up, so that no
// world ever holds a real key.
func (f *Fixture) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	if n.Kind != yaml.ScalarNode || !strings.Contains(n.Value, "CANARY") {
		r.Fail(n, "make up a text with the word CANARY in it; a real key never belongs here", "expected a made-up key")
		return
	}
	f.Text = secret.New(n.Value)
}

// Moment is a day or a time; the zero value is never.
type Moment struct{ time.Time }

// DecodeStrict reads the moment.
func (m *Moment) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, n.Value); err == nil {
			m.Time = t.UTC()
			return
		}
	}
	r.Fail(n, "write 2027-01-31 or 2027-01-31T12:00:00Z", "is not a day or a time")
}

// Fault is what goes wrong instead of an answer. The zero value of a field changes nothing.
type Fault struct {
	Times       int               `yaml:"times" doc:"how many requests it hits; default: all"`
	Delay       provider.Duration `yaml:"delay" doc:"wait that long before anything else"`
	Hang        bool              `yaml:"hang" doc:"never answer"`
	Close       bool              `yaml:"close" doc:"close the connection without an answer"`
	Status      int               `yaml:"status" doc:"answer with this status"`
	RetryAfter  string            `yaml:"retry-after" doc:"the header of that name"`
	ContentType string            `yaml:"content-type"`
	Body        string            `yaml:"body" doc:"default: the gateway's own envelope"`
	Location    string            `yaml:"location" doc:"the header of that name"`
}

// Decode reads a world from YAML, strictly. It returns every mistake with its place.
func Decode(file string, data []byte) (World, []model.Problem) {
	var w World
	problems := strict.Decode(file, data, &w)
	if len(problems) == 0 {
		problems = w.problems()
	}
	return w, model.SortProblems(problems)
}

// problems lists what does not fit together.
func (w World) problems() []model.Problem {
	if len(w.Environments) == 0 {
		return []model.Problem{{Message: "has no environment, expected at least one", Fix: "add one under `environments:`"}}
	}
	var out []model.Problem
	for _, name := range slices.Sorted(maps.Keys(w.Environments)) {
		env := w.Environments[name]
		if env == nil {
			out = append(out, model.Problem{Message: fmt.Sprintf("environment %q is empty", name)})
			continue
		}
		if _, err := loopback(env.Listen); err != nil {
			out = append(out, model.Problem{At: env.At, Message: err.Error(), Fix: "write 127.0.0.1 and a port, or leave it out"})
		}
		out = append(out, env.userProblems()...)
		out = append(out, env.keyProblems()...)
		if f := env.Fault; f != nil && f.Status != 0 && (f.Status < 200 || f.Status > 599) {
			out = append(out, model.Problem{At: env.At, Message: "the fault's status is outside 200 to 599"})
		}
	}
	return out
}

func (e *Environment) userProblems() []model.Problem {
	var out []model.Problem
	for _, id := range slices.Sorted(maps.Keys(e.Users)) {
		user := e.Users[id]
		if user == nil {
			out = append(out, model.Problem{At: e.At, Message: fmt.Sprintf("user %q is empty", id)})
			continue
		}
		if _, ok := e.Tenants[user.Tenant]; !ok {
			out = append(out, unknownName(user.At, "tenant", user.Tenant, slices.Sorted(maps.Keys(e.Tenants))))
		}
	}
	return out
}

func (e *Environment) keyProblems() []model.Problem {
	var out []model.Problem
	ids := slices.Sorted(maps.Keys(e.Keys))
	for i, id := range ids {
		key := e.Keys[id]
		if key == nil || key.Key.IsEmpty() {
			out = append(out, model.Problem{At: e.At, Message: fmt.Sprintf("key %q has no text", id)})
			continue
		}
		if _, ok := e.Users[key.User]; !ok {
			out = append(out, unknownName(key.At, "user", key.User, slices.Sorted(maps.Keys(e.Users))))
		}
		for _, other := range ids[:i] {
			if o := e.Keys[other]; o != nil && o.Key.Equal(key.Key.Text) {
				out = append(out, model.Problem{At: key.At, Message: fmt.Sprintf("key %q has the same text as key %q", id, other)})
			}
		}
	}
	return out
}

func unknownName(at pos.Span, what, name string, known []string) model.Problem {
	p := model.Problem{At: at, Message: fmt.Sprintf("there is no %s %q", what, name), Fix: "declare it, or name one of: " + strings.Join(known, ", ")}
	if near := strict.Nearest(name, known); near != "" {
		p.Fix = fmt.Sprintf("did you mean %q?", near)
	}
	return p
}

// loopback gives the address to listen on. Anything that other machines could reach is
// refused: the gateway has no other protection.
func loopback(listen string) (string, error) {
	if listen == "" {
		return "127.0.0.1:0", nil
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", errors.New("the address to listen on is not host:port")
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return "", errors.New("the address to listen on is not on loopback, expected 127.0.0.1 or ::1")
	}
	return net.JoinHostPort(host, port), nil
}
