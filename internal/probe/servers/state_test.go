package servers

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/probe"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
	"github.com/keyfit/keyfit/internal/verdict"
)

// TestServers asks every server, each started once, all at the same time.
func TestServers(t *testing.T) {
	r := newRoad(t)
	all := map[string]func(*testing.T, *road){
		"redmine": askRedmine, "rabbitmq": askRabbitMQ, "oidc": askOIDC, "mock": askMock, "stripe": askStripe,
		"nats": askNATS, "etcd": askEtcd, "influxdb": askInfluxDB, "stores": askStores, "road": askTheRoad,
	}
	maps.Copy(all, heavy())
	for name, ask := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ask(t, r)
		})
	}
}

// state is one state of a key, how it is brought about, and what is said of it.
type state struct {
	name  string
	do    func() // brings it about; nil: it is so already
	key   string
	parts map[string]string
	with  func(*probe.Options) // nil: as on any other machine
	// want is the verdict as [told] writes it.
	want string
}

// told writes a verdict on one line: the reason, the five rungs (+ passes, - fails, ? unverified),
// how many requests reached the server, and what was told of the owner.
func told(v *verdict.Verdict, asked int64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s ", v.Reason)
	for _, answer := range v.Rungs {
		b.WriteByte("?+-"[answer])
	}
	fmt.Fprintf(&b, " asked %d", asked)
	tell := func(name, text string) {
		if text != "" {
			fmt.Fprintf(&b, " %s=%s", name, text)
		}
	}
	id := v.Identity
	tell("user", id.User)
	tell("name", id.Name)
	tell("kind", id.Kind)
	if id.Active != nil {
		tell("active", fmt.Sprint(*id.Active))
	}
	tell("tenant", id.Tenant)
	tell("account", id.Account)
	tell("mode", id.Mode)
	tell("scopes", strings.Join(id.Scopes, ","))
	if !id.Expires.IsZero() {
		tell("expires", "soon")
	}
	if id.Admin {
		tell("admin", "true")
	}
	tell("needs", v.Needs)
	if v.Open {
		b.WriteString(" open")
	}
	return b.String()
}

// own is a provider of one's own that extends one of the catalogue's, at a host.
func own(t *testing.T, id, host string, more ...string) *provider.Provider {
	t.Helper()
	return declare(t, "extends: "+id+"\nhosts: {staging: '"+host+"'}\n"+strings.Join(more, ""))
}

// declare reads a provider as it stands in keyfit.yaml.
func declare(t *testing.T, text string) *provider.Provider {
	t.Helper()
	var p provider.Provider
	problems := strict.Decode("keyfit.yaml", []byte(text), &p)
	for _, problem := range append(problems, p.Adopt("own", pos.Span{}, provider.Catalogue())...) {
		t.Fatalf("%s: %s", problem.At, problem.Message)
	}
	return &p
}

func question(p *provider.Provider, s *state) probe.Question {
	q := probe.Question{Provider: p, Environment: "staging", Key: secret.New(s.key), Parts: map[string]secret.Text{}}
	for role, text := range s.parts {
		q.Parts[role] = secret.New(text)
	}
	return q
}

// askAll goes through states in their order, each with a client of its own, over the road.
func askAll(t *testing.T, r *road, f *front, p *provider.Provider, states []state) {
	t.Helper()
	for i := range states {
		s := &states[i]
		if s.do != nil {
			s.do()
		}
		with := s.with
		if with == nil {
			with = func(*probe.Options) {}
		}
		client := r.client(t, with)
		before := f.asked.Load()
		v := client.Ask(t.Context(), []probe.Question{question(p, s)})[0]
		if got := told(&v, f.asked.Load()-before); got != s.want {
			t.Errorf("%s:\n got %s\nwant %s\n(HTTP %d, code %q, %s, %s)", s.name, got, s.want, v.Evidence.Status, v.Evidence.Code, v.Says, v.Evidence.Failure)
		}
		if away := client.strayed(r.proxy); len(away) > 0 {
			t.Errorf("%s: it went around the proxy, to %s", s.name, away)
		}
		leaks(t, s, &v)
	}
}

// leaks fails the test when a verdict holds a key or a secret part, as it is or encoded.
func leaks(t *testing.T, s *state, v *verdict.Verdict) {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data) + fmt.Sprintf("%+v", *v)
	secrets := []string{s.key}
	for _, part := range s.parts {
		if strings.Contains(part, "CANARY") {
			secrets = append(secrets, part)
		}
	}
	for _, key := range secrets {
		for form, written := range map[string]string{
			"as it is": key, "in base64": base64.StdEncoding.EncodeToString([]byte(key)), "in hexadecimal": hex.EncodeToString([]byte(key)),
			"escaped": url.QueryEscape(key),
		} {
			if key != "" && strings.Contains(text, written) {
				t.Errorf("%s: the verdict holds the key, %s", s.name, form)
			}
		}
	}
	if strings.Contains(text, "CANARY") {
		t.Errorf("%s: the verdict holds a canary", s.name)
	}
}

// soon waits for what a server does a little later.
func soon(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 300 {
		if done() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("it does not come about: %s", what)
}
