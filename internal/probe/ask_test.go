package probe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/verdict"
)

// keyed answers by the key that is sent.
func keyed(answers map[string]http.HandlerFunc, others http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if answer, ok := answers[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]; ok {
			answer(w, r)
			return
		}
		others(w, r)
	}
}

func TestIdenticalQuestionsAreAskedOnce(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(20 * time.Millisecond)
		reply(200, accepted)(w, r)
	})
	p := gateway(t, map[string]string{"staging": s.URL, "qa": s.URL + "/"})
	var questions []Question
	for i := range 60 {
		q := question(p, fmt.Sprintf("%s%d", canary, i%4), nil, nil)
		q.Environment = []string{"staging", "qa"}[i%2] // two names for one host
		questions = append(questions, q)
	}
	var calls []int
	c := client(t, Options{Progress: func(done, total int) { calls = append(calls, done*1000+total) }})
	for range 2 { // what was asked before is remembered
		for i, v := range c.Ask(t.Context(), questions) {
			wantReason(t, v, provider.OK)
			if v.Identity.User != "u_1" || v.Evidence.Attempts != 1 {
				t.Errorf("verdict %d is %+v", i, v.Identity)
			}
		}
	}
	if got := s.asked.Load(); got != 4 {
		t.Errorf("asked %d times, want 4", got)
	}
	if len(calls) != 120 || calls[0] != 1060 || calls[119] != 60060 {
		t.Errorf("progress was told %d times, first %d, last %d", len(calls), calls[0], calls[len(calls)-1])
	}
}

func TestVerdictsKeepTheOrder(t *testing.T) {
	answers := map[string]http.HandlerFunc{}
	want := []provider.Reason{}
	var keys []string
	for i := range 40 {
		key := fmt.Sprintf("%s%d", canary, i)
		keys = append(keys, key)
		reason, answer := provider.OK, reply(200, accepted)
		if i%3 == 0 {
			reason, answer = provider.KeyUnknown, reply(401, unknownKey)
		}
		answers[key], want = answer, append(want, reason)
	}
	s := serve(t, keyed(answers, reply(500, "")))
	p := gateway(t, map[string]string{"staging": s.URL})
	var questions []Question
	for _, key := range keys {
		questions = append(questions, question(p, key, nil, nil))
	}
	var got []provider.Reason
	for _, v := range client(t, Options{}).Ask(t.Context(), questions) {
		got = append(got, v.Reason)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

// TestRedirectsAreNotFollowed: the second host gets no request at all.
func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		other := serve(t, reply(200, accepted))
		s := serve(t, reply(status, "{}", "Location", other.URL+"/path"))
		v := one(t, client(t, Options{}), ask(gateway(t, map[string]string{"staging": s.URL})))
		wantReason(t, v, provider.Intermediary)
		if s.asked.Load() != 1 || other.asked.Load() != 0 {
			t.Errorf("status %d: asked %d times, and the other host %d times", status, s.asked.Load(), other.asked.Load())
		}
	}
}

func TestWhatIsSent(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Cookie", "Referer", "X-Forwarded-For"} {
			if r.Header.Get(name) != "" {
				t.Errorf("%s is sent", name)
			}
		}
		if r.UserAgent() != "keyfit/1.2.3" || r.ProtoMajor != 1 || r.Header.Get("Accept") != "application/json" {
			t.Errorf("sent as %q over %s", r.UserAgent(), r.Proto)
		}
		w.Header().Set("Set-Cookie", "session=1")
		reply(503, "{}")(w, r)
	})
	one(t, client(t, Options{UserAgent: "keyfit/1.2.3"}), ask(gateway(t, map[string]string{"staging": s.URL})))
	if got := s.asked.Load(); got != 3 {
		t.Errorf("asked %d times, want 3", got)
	}
}

func TestTemporaryFaultThenAnswer(t *testing.T) {
	for _, fault := range []http.HandlerFunc{reply(503, "{}"), reply(502, "<html>"), reply(504, ""), reply(429, "{}"), hangUp} {
		var number atomic.Int64
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if number.Add(1) < 3 {
				fault(w, r)
				return
			}
			reply(200, accepted)(w, r)
		})
		v := one(t, client(t, Options{}), ask(gateway(t, map[string]string{"staging": s.URL})))
		wantReason(t, v, provider.OK)
		if s.asked.Load() != 3 || v.Evidence.Attempts != 3 {
			t.Errorf("asked %d times, the verdict tells of %d", s.asked.Load(), v.Evidence.Attempts)
		}
	}
}

func hangUp(w http.ResponseWriter, _ *http.Request) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		conn.Close()
	}
}

func TestWaits(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	date := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for _, tt := range []struct {
		name    string
		headers []string
		want    []time.Duration
	}{
		{"no wish", nil, []time.Duration{500 * time.Millisecond, time.Second}},
		{"seconds", []string{"Retry-After", "7"}, []time.Duration{7 * time.Second, 7 * time.Second}},
		{"the longest", []string{"Retry-After", "30"}, []time.Duration{30 * time.Second, 30 * time.Second}},
		{"too long", []string{"Retry-After", "31"}, nil},
		{"absurd", []string{"Retry-After", "99999999999999999999"}, []time.Duration{500 * time.Millisecond, time.Second}},
		{"negative", []string{"Retry-After", "-5"}, []time.Duration{500 * time.Millisecond, time.Second}},
		{"at once", []string{"Retry-After", "0"}, []time.Duration{500 * time.Millisecond, time.Second}},
		{"date by the server's clock", []string{"Date", date(time.Hour), "Retry-After", date(time.Hour + 9*time.Second)}, []time.Duration{9 * time.Second, 9 * time.Second}},
		{"date in the past", []string{"Date", date(time.Hour), "Retry-After", date(0)}, []time.Duration{500 * time.Millisecond, time.Second}},
		{"date too far", []string{"Date", date(0), "Retry-After", date(time.Hour)}, nil},
		{"date without the server's clock", []string{"Date", "", "Retry-After", date(12 * time.Second)}, []time.Duration{12 * time.Second, 12 * time.Second}},
		{"no date", []string{"Retry-After", "tomorrow"}, []time.Duration{500 * time.Millisecond, time.Second}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, reply(429, "{}", tt.headers...))
			var clock pauses
			c := client(t, Options{Sleep: clock.sleep, Now: func() time.Time { return now }})
			v := one(t, c, ask(gateway(t, map[string]string{"staging": s.URL})))
			wantReason(t, v, provider.RateLimited)
			if diff := cmp.Diff(tt.want, clock.list); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
			if got, want := s.asked.Load(), int64(len(tt.want)+1); got != want {
				t.Errorf("asked %d times, want %d", got, want)
			}
			if tt.want == nil && !strings.Contains(v.Evidence.Failure, "longer than 30s") {
				t.Errorf("failure is %q", v.Evidence.Failure)
			}
		})
	}
}

func TestJitterStaysInBounds(t *testing.T) {
	for _, r := range []float64{0, 0.999} {
		c := client(t, Options{Rand: func() float64 { return r }})
		for attempt, base := range map[int]time.Duration{1: 500 * time.Millisecond, 2: time.Second} {
			if got := c.backoff(attempt); got < base/2 || got > base*3/2 {
				t.Errorf("after attempt %d: %s", attempt, got)
			}
		}
	}
}

func TestOfflineOpensNoConnection(t *testing.T) {
	p := gateway(t, map[string]string{"staging": "https://api.example.com"}, formsYAML)
	c := client(t, Options{Offline: true, Dial: noDial(t)})
	for _, tt := range []struct {
		key    string
		want   provider.Reason
		format verdict.Answer
	}{
		{"pgk_CANARY12", provider.Offline, verdict.Pass},
		{"other_CANARY12", provider.Malformed, verdict.Fail},
		{"pgk_CANARY12\n", provider.Malformed, verdict.Fail},
		{"wh_CANARY12", provider.NotProbeable, verdict.Pass},
		{"pub_CANARY12", provider.KeyKindWrong, verdict.Pass},
		{"${PGK}", provider.Unresolved, verdict.Unverified},
		{"", provider.Unresolved, verdict.Unverified},
	} {
		v := one(t, c, question(p, tt.key, nil, nil))
		wantReason(t, v, tt.want)
		wantRung(t, v, provider.Format, tt.format)
		for rung := provider.Linked; rung < provider.Rungs; rung++ {
			wantRung(t, v, rung, verdict.Unverified)
		}
	}
	plain := gateway(t, map[string]string{"staging": "https://api.example.com"})
	v := one(t, c, question(plain, canary, nil, nil))
	wantReason(t, v, provider.Offline)
	nothingFails(t, v)
}

const formsYAML = `
forms:
  - {pattern: "pgk_[A-Za-z0-9]{4,40}", kind: key}
  - {pattern: "wh_[A-Za-z0-9]{4,40}", kind: webhook secret, refuse: it signs what the gateway sends}
  - {pattern: "pub_[A-Za-z0-9]{4,40}", kind: publishable key, refuse: it is for browsers, wrong: true}
`

func TestWhatIsNeverSent(t *testing.T) {
	strong := gateway(t, map[string]string{"staging": "https://api.example.com"}, formsYAML)
	writing := gateway(t, map[string]string{"staging": "https://api.example.com"})
	writing.Probe.Effect = "write"
	deleting := gateway(t, map[string]string{"staging": "https://api.example.com"})
	deleting.Probe.Request.Method = "DELETE"
	undeclared := gateway(t, map[string]string{"staging": "https://api.example.com"})
	undeclared.Probe.Effect, undeclared.Custom = "", false
	paired := gateway(t, map[string]string{"staging": "https://api.example.com"}, "parts: {pw: {secret: true, pattern: '[a-z]+'}}\n")
	at := func(base string) *provider.Provider {
		p := gateway(t, map[string]string{"staging": "https://api.example.com"})
		host := p.Hosts["staging"]
		host.Value = base
		p.Hosts["staging"] = host
		return p
	}
	for _, tt := range []struct {
		name string
		q    Question
		want provider.Reason
		says string
	}{
		{"no provider", question(nil, canary, nil, nil), provider.NotProbeable, "nobody knows"},
		{"no key", question(strong, "", nil, nil), provider.Unresolved, "not known"},
		{"reference", question(strong, "${PGK}", nil, nil), provider.Unresolved, ""},
		{"placeholder", question(strong, "changeme", nil, nil), provider.Unresolved, "placeholder"},
		{"not of the form", question(strong, "sk_CANARY_other", nil, nil), provider.Malformed, "form"},
		{"quoted", question(writing, `"pgk_CANARY"`, nil, nil), provider.Malformed, "quotes"},
		{"with the scheme's word", question(writing, "Bearer pgk_CANARY", nil, nil), provider.Malformed, "Authorization"},
		{"refused kind", question(strong, "wh_CANARY", nil, nil), provider.NotProbeable, "kind"},
		{"wrong kind", question(strong, "pub_CANARY", nil, nil), provider.KeyKindWrong, "kind"},
		{"part that is malformed", question(paired, canary, map[string]string{"pw": "CANARY9"}, nil), provider.Malformed, `"pw"`},
		{"request that writes", question(writing, canary, nil, nil), provider.NotProbeable, "read-only"},
		{"method that deletes", question(deleting, canary, nil, nil), provider.NotProbeable, "method"},
		{"POST of unknown effect", question(undeclared, canary, nil, nil), provider.NotProbeable, "POST"},
		{"http", question(at("http://api.example.com"), canary, nil, nil), provider.NotProbeable, "https only"},
		{"another scheme", question(at("file:///etc/passwd"), canary, nil, nil), provider.NotProbeable, "plain URL"},
		{"user in the URL", question(at("https://user:pass@api.example.com"), canary, nil, nil), provider.NotProbeable, "plain URL"},
		{"query in the URL", question(at("https://api.example.com?x=1"), canary, nil, nil), provider.NotProbeable, "plain URL"},
		{"no URL", question(at("://"), canary, nil, nil), provider.NotProbeable, "plain URL"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := one(t, client(t, Options{Dial: noDial(t)}), tt.q)
			wantReason(t, v, tt.want)
			if !strings.Contains(v.Evidence.Failure, tt.says) || v.Evidence.Attempts != 0 {
				t.Errorf("failure is %q, want it to hold %q", v.Evidence.Failure, tt.says)
			}
		})
	}
	elsewhere := question(strong, "pgk_CANARY12", nil, nil)
	elsewhere.Environment = "production"
	v := one(t, client(t, Options{Dial: noDial(t)}), elsewhere)
	wantReason(t, v, provider.NotProbeable)
	if !strings.Contains(v.Evidence.Failure, `no host for the environment "production"`) {
		t.Errorf("failure is %q", v.Evidence.Failure)
	}
}

// TestWeakFormsAreAsked: where one form is weak, a text without any may still be a key.
func TestWeakFormsAreAsked(t *testing.T) {
	s := serve(t, reply(200, accepted))
	p := gateway(t, map[string]string{"staging": s.URL}, "forms: [{pattern: '[0-9a-f]{8}', kind: key, weak: true}]\n")
	v := one(t, client(t, Options{}), question(p, "CANARYxyz", nil, nil))
	wantReason(t, v, provider.OK)
}

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
		{"accepted by none", reply(401, unknownKey), reply(401, unknownKey), reply(403, disabledKey), "",
			want{provider.KeyUnknown, "", [3]int64{1, 1, 1}, verdict.Fail}},
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
				if v.Elsewhere.Identity.Account != "acct_1" || v.Elsewhere.Evidence.Status != 200 || v.Evidence.Status != 401 {
					t.Errorf("elsewhere is %+v", *v.Elsewhere)
				}
			}
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
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
			if tt.name == "checks keys" && (controls != 1 || s.asked.Load() != 3) {
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

// TestOpenSiblingProvesNothing: a host that takes any key does not own this one.
func TestOpenSiblingProvesNothing(t *testing.T) {
	staging, production := serve(t, reply(401, unknownKey)), serve(t, reply(200, accepted))
	v := one(t, client(t, Options{}), ask(controlled(t, map[string]string{"staging": staging.URL, "production": production.URL})))
	wantReason(t, v, provider.KeyUnknown)
	if v.Elsewhere != nil || v.Open {
		t.Errorf("elsewhere is %+v, open %t", v.Elsewhere, v.Open)
	}
	if got := production.asked.Load(); got != 2 {
		t.Errorf("the open host was asked %d times, want 2", got)
	}
}

// TestControlKeepsSecretParts: no real secret goes along with a made-up key.
func TestControlKeepsSecretParts(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]int{}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		user, password, _ := r.BasicAuth()
		if strings.HasPrefix(password, "keyfit-control-") {
			seen["control "+user+" "+r.Header.Get("X-Second")[:14]]++
		}
		reply(200, accepted)(w, r)
	})
	p := decodeProvider(t, hostsYAML(map[string]string{"staging": s.URL})+"parts: {id: {}, second: {secret: true}}\n"+
		"probe:\n  request: {path: /me, auth: {scheme: basic, user: $id}, headers: {X-Second: $second}}"+gatewayRules)
	v := one(t, client(t, Options{}), question(p, canary, map[string]string{"id": "AC1", "second": "CANARYsecond"}, nil))
	if !v.Open || seen["control AC1 keyfit-control"] != 1 {
		t.Errorf("open is %t, seen %v", v.Open, seen)
	}
	noCanary(t, v, "CANARYsecond")
}

func TestKeysOfTheRunAreHiddenInEachOthersVerdicts(t *testing.T) {
	const first, second = "pgk_CANARY_first_key", "pgk_CANARY_second_key"
	s := serve(t, reply(200, `{"user":{"id":"`+second+`","name":"`+first+`"}}`))
	p := gateway(t, map[string]string{"staging": s.URL})
	for _, v := range client(t, Options{}).Ask(t.Context(), []Question{question(p, first, nil, nil), question(p, second, nil, nil)}) {
		noCanary(t, v, first, second)
		if v.Identity.User != "[redacted]" {
			t.Errorf("user is %q", v.Identity.User)
		}
	}
}

func TestTheRunEnds(t *testing.T) {
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	p := gateway(t, map[string]string{"staging": s.URL})
	var questions []Question
	for i := range 30 {
		questions = append(questions, question(p, fmt.Sprintf("%s%d", canary, i), nil, nil))
	}
	deadline, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	canceled, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(100*time.Millisecond, func() { cancel(errors.New("interrupt")) })
	for says, ctx := range map[string]context.Context{"time for the whole run": deadline, "interrupted": canceled} {
		began := time.Now()
		for _, v := range client(t, Options{}).Ask(ctx, questions) {
			wantReason(t, v, provider.NetworkTimeout)
			nothingFails(t, v)
			if !strings.Contains(v.Evidence.Failure, says) {
				t.Errorf("failure is %q, want it to say %q", v.Evidence.Failure, says)
			}
		}
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("the end of the run took %s", took)
		}
	}
}

func TestLimitsOfConcurrency(t *testing.T) {
	var now, most atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		time.Sleep(10 * time.Millisecond)
		now.Add(-1)
		reply(200, accepted)(w, r)
	})
	p := gateway(t, map[string]string{"staging": s.URL})
	var questions []Question
	for i := range 40 {
		questions = append(questions, question(p, fmt.Sprintf("%s%d", canary, i), nil, nil))
	}
	for _, o := range []Options{{PerHost: 3}, {Concurrency: 3, PerHost: 10}} {
		most.Store(0)
		client(t, o).Ask(t.Context(), questions)
		if got := most.Load(); got > 3 || got < 2 {
			t.Errorf("%d requests at a time, want 3", got)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, tt := range []struct {
		options Options
		says    string
	}{
		{Options{CAFile: []byte("no PEM")}, "--ca-file"},
		{Options{Environ: map[string]string{"HTTPS_PROXY": "http://bad proxy:x"}}, "HTTPS_PROXY"},
		{Options{Environ: map[string]string{"http_proxy": "ftp://user:CANARY@proxy.example"}}, "HTTP_PROXY"},
		{Options{Concurrency: -1}, "negative"},
	} {
		_, err := New(tt.options)
		if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("error is %v, want it to hold %q", err, tt.says)
		}
	}
}

func manySlots(p *provider.Provider) []Question {
	var questions []Question
	for i := range 200 {
		questions = append(questions, Question{Provider: p, Environment: "staging", Key: secret.New(fmt.Sprintf("%s%d", canary, i%50))})
	}
	return questions
}

func slowGateway(t testing.TB) *target {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(100 * time.Millisecond)
		if strings.Contains(r.Header.Get("Authorization"), "keyfit-control-") {
			reply(401, unknownKey)(w, r)
			return
		}
		reply(200, accepted)(w, r)
	})
}

// TestManySlots: 200 slots with 50 keys cost 50 requests and a control, and as many
// round trips as 50 keys need at 8 at a time.
func TestManySlots(t *testing.T) {
	s := slowGateway(t)
	p := controlled(t, map[string]string{"staging": s.URL})
	began := time.Now()
	for _, v := range client(t, Options{}).Ask(t.Context(), manySlots(p)) {
		wantReason(t, v, provider.OK)
	}
	took := time.Since(began)
	t.Logf("200 slots, 50 keys, API of 100 ms: %s", took)
	if got := s.asked.Load(); got != 51 {
		t.Errorf("asked %d times, want 51", got)
	}
	if took > 2*time.Second { // 7 round trips, and room for a busy machine
		t.Errorf("took %s", took)
	}
}

func BenchmarkManySlots(b *testing.B) {
	s := slowGateway(b)
	p := controlled(b, map[string]string{"staging": s.URL})
	for b.Loop() {
		client(b, Options{}).Ask(b.Context(), manySlots(p))
	}
	b.ReportMetric(float64(s.asked.Load())/float64(b.N), "requests/op")
}
