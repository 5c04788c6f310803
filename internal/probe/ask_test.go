package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/provider"
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
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does a server notice that the client is gone
		<-r.Context().Done()
	})
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

// TestNothingIsPrinted: net/http tells the standard logger what a server says unasked,
// and a server may say the key.
func TestNothingIsPrinted(t *testing.T) {
	var printed strings.Builder
	log.SetOutput(&printed)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	s := serveRaw(t, func(conn net.Conn, _ int64) {
		readRequest(conn)
		answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(accepted), accepted)
		_, _ = io.WriteString(conn, answer)
		time.Sleep(50 * time.Millisecond)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nX-Key: "+canary+"\r\n\r\n")
		time.Sleep(50 * time.Millisecond)
	})
	c := client(t, Options{})
	one(t, c, ask(gateway(t, map[string]string{"staging": s.url})))
	time.Sleep(150 * time.Millisecond)
	if where := findKey(printed.String(), canary); where != "" {
		t.Errorf("the key was printed, %s", where)
	}
}

// TestDefectsOfOurOwn end in a verdict that claims nothing, for everyone who waits.
func TestDefectsOfOurOwn(t *testing.T) {
	s := serve(t, reply(200, accepted))
	p := gateway(t, map[string]string{"staging": s.URL})
	c := client(t, Options{Now: func() time.Time { panic(canary) }})
	for _, v := range c.Ask(t.Context(), []Question{ask(p), ask(p), ask(p)}) {
		wantReason(t, v, provider.AmbiguousCause)
		nothingFails(t, v)
		noCanary(t, v, canary)
	}
}
