package probe

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/provider"
)

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

// TestTheEndOfTheRunEndsAWait: what was learned before is kept.
func TestTheEndOfTheRunEndsAWait(t *testing.T) {
	s := serve(t, reply(429, "{}", "Retry-After", "20"))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	v := client(t, Options{Sleep: sleep}).Ask(ctx, []Question{ask(gateway(t, map[string]string{"staging": s.URL}))})[0]
	wantReason(t, v, provider.RateLimited)
	if took := time.Since(began); took > 5*time.Second || v.Evidence.RetryAfter != 20*time.Second {
		t.Errorf("took %s, the API asked for %s", took, v.Evidence.RetryAfter)
	}
	if err := sleep(t.Context(), time.Millisecond); err != nil {
		t.Error(err)
	}
}
