package probe

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/verdict"
)

func TestSiblings(t *testing.T) {
	const key = "pgk_CANARY_of_production"
	ok := map[string]http.HandlerFunc{key: reply(200, accepted)}
	type want struct {
		reason      provider.Reason
		elsewhere   string
		asked       [3]int64 // staging, production, qa
		knownAnswer verdict.Answer
	}
	for _, tt := range []struct {
		name                    string
		staging, production, qa http.HandlerFunc
		extra                   string
		want                    want
	}{
		{"accepted by one", reply(401, unknownKey), keyed(ok, reply(401, unknownKey)), reply(401, unknownKey), "",
			want{provider.EnvMismatch, "production", [3]int64{1, 1, 0}, verdict.Fail}},
		{"accepted by the last", reply(401, unknownKey), reply(401, unknownKey), keyed(ok, reply(401, unknownKey)), "",
			want{provider.EnvMismatch, "qa", [3]int64{1, 1, 1}, verdict.Fail}},
		{"accepted by none", reply(401, unknownKey), reply(401, unknownKey), reply(401, `{"message":"no"}`), "",
			want{provider.KeyUnknown, "", [3]int64{1, 1, 1}, verdict.Fail}},
		{"known to one", reply(401, unknownKey), reply(401, unknownKey), reply(403, disabledKey), "",
			want{provider.EnvMismatch, "qa", [3]int64{1, 1, 1}, verdict.Fail}},
		{"forbidden", reply(401, unknownKey), keyed(ok, reply(401, unknownKey)), reply(401, unknownKey), "siblings: never\n",
			want{provider.KeyUnknown, "", [3]int64{1, 0, 0}, verdict.Fail}},
		{"accepted at home", reply(200, accepted), reply(200, accepted), reply(200, accepted), "",
			want{provider.OK, "", [3]int64{1, 0, 0}, verdict.Pass}},
		{"revoked at home", reply(401, `{"error":{"code":"key_revoked"}}`), reply(200, accepted), reply(200, accepted), "",
			want{provider.KeyRevoked, "", [3]int64{1, 0, 0}, verdict.Fail}},
		{"disabled at home", reply(403, disabledKey), reply(200, accepted), reply(200, accepted), "",
			want{provider.OwnerDisabled, "", [3]int64{1, 0, 0}, verdict.Pass}},
		{"ambiguous at home", reply(401, `{"message":"no"}`), reply(200, accepted), reply(200, accepted), "",
			want{provider.AmbiguousCause, "", [3]int64{1, 0, 0}, verdict.Unverified}},
		{"no connection at home", hangUp, reply(200, accepted), reply(200, accepted), "",
			want{provider.NetworkConnect, "", [3]int64{3, 0, 0}, verdict.Unverified}},
		{"sibling down", reply(401, unknownKey), reply(500, ""), keyed(ok, reply(401, unknownKey)), "",
			want{provider.EnvMismatch, "qa", [3]int64{1, 3, 1}, verdict.Fail}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			staging, production, qa := serve(t, tt.staging), serve(t, tt.production), serve(t, tt.qa)
			p := gateway(t, map[string]string{"staging": staging.URL, "staging2": staging.URL, "production": production.URL, "qa": qa.URL}, tt.extra)
			v := one(t, client(t, Options{}), question(p, key, nil, nil))
			got := want{v.Reason, "", [3]int64{staging.asked.Load(), production.asked.Load(), qa.asked.Load()}, v.Rungs[provider.KnownKey]}
			if v.Elsewhere != nil {
				got.elsewhere = v.Elsewhere.Environment
				if v.Elsewhere.Identity.User != "u_1" || v.Elsewhere.Evidence.Status == 0 || v.Evidence.Status != 401 {
					t.Errorf("elsewhere is %+v", *v.Elsewhere)
				}
			}
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// TestElsewhere asks the other hosts after an ambiguous answer, where its rule says that they may
// know the key. Nobody knowing it, the answer stays what it is.
func TestElsewhere(t *testing.T) {
	const refused = `{"code":"refused"}`
	for _, tt := range []struct {
		name       string
		production http.HandlerFunc
		rule       string
		reason     provider.Reason
		asked      int64
	}{
		{"known there", reply(200, accepted), ", elsewhere: true", provider.EnvMismatch, 1},
		{"refused there too", reply(401, refused), ", elsewhere: true", provider.AmbiguousCause, 1},
		{"not to be asked there", reply(200, accepted), "", provider.AmbiguousCause, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			staging, production := serve(t, reply(401, refused)), serve(t, tt.production)
			rules := strings.Replace(gatewayRules, "verdicts:", "verdicts:\n    - {when: {status: 401, json: {$.code: refused}}, reason: ambiguous, causes: [unknown or of another host]"+tt.rule+"}", 1)
			p := decodeProvider(t, hostsYAML(map[string]string{"staging": staging.URL, "production": production.URL})+gatewayRequest+"  control: never"+rules)
			v := one(t, client(t, Options{}), ask(p))
			if v.Reason != tt.reason || staging.asked.Load() != 1 || production.asked.Load() != tt.asked {
				t.Errorf("%s after %d and %d requests, want %s", v.Reason, staging.asked.Load(), production.asked.Load(), tt.reason)
			}
			if known := v.Reason == provider.EnvMismatch; known != (v.Elsewhere != nil) {
				t.Errorf("elsewhere is %+v", v.Elsewhere)
			}
		})
	}
}

// TestGuessedSite: where nothing says at which of a vendor's sites a key is, the site that knows
// it is its own, and it is unknown only when all of them say so.
func TestGuessedSite(t *testing.T) {
	const named = "eu"
	for _, tt := range []struct {
		name, region string
		us, eu       http.HandlerFunc
		reason       provider.Reason
		user         string
		asked        [2]int64 // us, eu
	}{
		{"known at the first", "", reply(200, accepted), hangUp, provider.OK, "u_1", [2]int64{1, 0}},
		{"known at the second", "", reply(401, unknownKey), reply(200, accepted), provider.OK, "u_1", [2]int64{1, 1}},
		{"disabled at the second", "", reply(401, unknownKey), reply(403, disabledKey), provider.OwnerDisabled, "u_1", [2]int64{1, 1}},
		{"known at none", "", reply(401, unknownKey), reply(401, unknownKey), provider.KeyUnknown, "", [2]int64{1, 1}},
		{"the second is out of reach", "", reply(401, unknownKey), hangUp, provider.AmbiguousCause, "", [2]int64{1, 3}},
		{"the second says something else", "", reply(401, unknownKey), reply(403, `{}`), provider.AmbiguousCause, "", [2]int64{1, 1}},
		{"named, and known at the other", named, reply(200, accepted), reply(401, unknownKey), provider.EnvMismatch, "", [2]int64{1, 1}},
		{"named, and the other is out of reach", named, hangUp, reply(401, unknownKey), provider.KeyUnknown, "", [2]int64{3, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			us, eu := serve(t, tt.us), serve(t, tt.eu)
			p := decodeProvider(t, "parts: {region: {names: [X_REGION], optional: true}}\nsites:\n  - {name: us, url: '"+us.URL+"'}\n  - {name: eu, url: '"+eu.URL+"', when: {region: eu}}\n"+
				gatewayRequest+"  control: never"+gatewayRules)
			q := ask(p)
			if tt.region != "" {
				q.Parts = map[string]secret.Text{"region": secret.New(tt.region)}
			}
			v := one(t, client(t, Options{}), q)
			asked := [2]int64{us.asked.Load(), eu.asked.Load()}
			if v.Reason != tt.reason || v.Identity.User != tt.user || asked != tt.asked {
				t.Errorf("got %s of %q after %v, want %s of %q after %v", v.Reason, v.Identity.User, asked, tt.reason, tt.user, tt.asked)
			}
			if elsewhere := tt.reason == provider.EnvMismatch; elsewhere != (v.Elsewhere != nil) {
				t.Errorf("elsewhere is %+v", v.Elsewhere)
			}
		})
	}
}

// TestSiblingOnPlainHTTP: the rules for hosts hold for siblings too.
func TestSiblingOnPlainHTTP(t *testing.T) {
	s := serve(t, reply(401, unknownKey))
	p := gateway(t, map[string]string{"staging": s.URL, "production": "https://api.example.com"})
	host := p.Hosts["production"]
	host.Value = "http://api.example.com"
	p.Hosts["production"] = host
	v := one(t, client(t, Options{}), ask(p))
	wantReason(t, v, provider.KeyUnknown)
}

func controlled(t testing.TB, hosts map[string]string) *provider.Provider {
	p := gateway(t, hosts)
	p.Probe.Control = "once"
	return p
}

func TestControl(t *testing.T) {
	for _, tt := range []struct {
		name   string
		others http.HandlerFunc // what keys that no one was given get
		open   bool
	}{
		{"checks keys", reply(401, unknownKey), false},
		{"accepts everything", reply(200, accepted), true},
		{"down for the control", reply(500, ""), false},
		{"says nothing to the control", hangUp, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var mu sync.Mutex
			controls := 0
			s := serve(t, keyed(map[string]http.HandlerFunc{canary: reply(200, accepted), canary + "2": reply(200, accepted)}, func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer keyfit-control-") {
					t.Error("a key that is neither real nor a control was sent")
				}
				controls++
				tt.others(w, r)
			}))
			p := controlled(t, map[string]string{"staging": s.URL})
			c := client(t, Options{})
			questions := []Question{question(p, canary, nil, nil), question(p, canary+"2", nil, nil), question(p, canary, nil, nil)}
			for range 2 {
				for _, v := range c.Ask(t.Context(), questions) {
					wantReason(t, v, provider.OK)
					if v.Open != tt.open {
						t.Errorf("open is %t, want %t", v.Open, tt.open)
					}
					want := verdict.Pass
					if tt.open {
						want = verdict.Unverified
					}
					for _, rung := range []provider.Rung{provider.KnownKey, provider.Linked, provider.Active, provider.Authorised} {
						wantRung(t, v, rung, want)
					}
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if controls != 1 || s.asked.Load() != 3 {
				t.Errorf("%d controls of %d requests, want 1 of 3", controls, s.asked.Load())
			}
		})
	}
}

func TestControlIsAskedOnlyWhenWanted(t *testing.T) {
	for _, tt := range []struct {
		control string
		custom  bool
		answer  http.HandlerFunc
		want    int64
	}{
		{"once", false, reply(200, accepted), 2},
		{"", true, reply(200, accepted), 2},
		{"", false, reply(200, accepted), 1},
		{"never", true, reply(200, accepted), 1},
		{"once", true, reply(401, unknownKey), 1},
		{"once", true, reply(403, disabledKey), 1},
	} {
		s := serve(t, tt.answer)
		p := gateway(t, map[string]string{"staging": s.URL})
		p.Probe.Control, p.Custom = tt.control, tt.custom
		one(t, client(t, Options{}), ask(p))
		if got := s.asked.Load(); got != tt.want {
			t.Errorf("control %q, own API %t: asked %d times, want %d", tt.control, tt.custom, got, tt.want)
		}
	}
}

// TestOpenSiblingProvesNothing: a host that seems to know any key does not own this one.
func TestOpenSiblingProvesNothing(t *testing.T) {
	for _, answer := range []http.HandlerFunc{reply(200, accepted), reply(403, disabledKey)} {
		staging, production := serve(t, reply(401, unknownKey)), serve(t, answer)
		v := one(t, client(t, Options{}), ask(controlled(t, map[string]string{"staging": staging.URL, "production": production.URL})))
		wantReason(t, v, provider.KeyUnknown)
		if v.Elsewhere != nil || v.Open {
			t.Errorf("elsewhere is %+v, open %t", v.Elsewhere, v.Open)
		}
		if got := production.asked.Load(); got != 2 {
			t.Errorf("the open host was asked %d times, want 2", got)
		}
	}
}

// TestControlKeepsOtherParts: the key alone is made up, since it is the one that is doubted, and
// what goes along goes to a host that has it already.
func TestControlKeepsOtherParts(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]int{}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		user, password, _ := r.BasicAuth()
		if strings.HasPrefix(password, "keyfit-control-") {
			seen["control "+user+" "+r.Header.Get("X-Second")]++
		}
		reply(200, accepted)(w, r)
	})
	p := decodeProvider(t, hostsYAML(map[string]string{"staging": s.URL})+"parts: {id: {}, second: {secret: true}}\n"+
		"probe:\n  request: {path: /me, auth: {scheme: basic, user: $id}, headers: {X-Second: $second}}"+gatewayRules)
	v := one(t, client(t, Options{}), question(p, canary, map[string]string{"id": "AC1", "second": "CANARYsecond"}, nil))
	if !v.Open || seen["control AC1 CANARYsecond"] != 1 {
		t.Errorf("open is %t, seen %d kinds of controls", v.Open, len(seen))
	}
	noCanary(t, v, "CANARYsecond")
}

func TestMadeUpKeys(t *testing.T) {
	for _, tt := range []struct{ length, least, most int }{{0, 20, 60}, {8, 20, 60}, {32, 32, 32}, {40, 40, 40}, {150, 150, 150}, {5000, 200, 250}} {
		a, b := madeUp(tt.length).Reveal(), madeUp(tt.length).Reveal()
		if !strings.HasPrefix(a, "keyfit-control-") || len(a) < tt.least || len(a) > tt.most || a == b {
			t.Errorf("for %d characters: %d characters, the same twice: %t", tt.length, len(a), a == b)
		}
	}
}

// TestMissingHost names the variable that a part of the host is made of.
func TestMissingHost(t *testing.T) {
	p := decodeProvider(t, `
parts:
  shop: {names: [SHOP_DOMAIN]}
  store: {derive: {from: shop, regex: '^([a-z]+)[.]'}}
sites: [{name: store, url: "https://$store.example.com", within: [example.com]}]
`+gatewayRequest+"  control: never"+gatewayRules)
	v := one(t, client(t, Options{}), ask(p))
	wantReason(t, v, provider.Unresolved)
	if !strings.Contains(v.Evidence.Failure+v.Says, "(set SHOP_DOMAIN)") {
		t.Errorf("says %q, %q", v.Says, v.Evidence.Failure)
	}
}
