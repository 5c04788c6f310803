package probe

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
)

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

// fleet is 1,000 slots with 200 distinct keys, of 20 APIs that answer after 50 ms, and how often
// each of these was asked.
func fleet(t testing.TB) (questions []Question, asked func() (total int64, most int64)) {
	t.Helper()
	var servers []*target
	for n := range 20 {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(50 * time.Millisecond)
			reply(200, accepted)(w, r)
		})
		servers = append(servers, s)
		p := gateway(t, map[string]string{"staging": s.URL})
		p.ID = fmt.Sprintf("gateway-%d", n)
		for i := range 50 {
			questions = append(questions, Question{Provider: p, Environment: "staging", Key: secret.New(fmt.Sprintf("%s-%d-%d", canary, n, i%10))})
		}
	}
	return questions, func() (total, most int64) {
		for _, s := range servers {
			n := int64(s.asked.Load())
			total, most = total+n, max(most, n)
		}
		return total, most
	}
}

// ideal is how long the fleet takes at best: 200 requests of 50 ms, 16 at a time.
const ideal = 200 * 50 * time.Millisecond / DefaultConcurrency

// TestFleet: 1,000 slots cost one request for each distinct key and host.
func TestFleet(t *testing.T) {
	questions, asked := fleet(t)
	began := time.Now()
	for _, v := range client(t, Options{}).Ask(t.Context(), questions) {
		wantReason(t, v, provider.OK)
	}
	took := time.Since(began)
	total, most := asked()
	t.Logf("%d slots, 200 keys, 20 hosts of 50 ms: %s, %.2f of the ideal %s", len(questions), took.Round(time.Millisecond), float64(took)/float64(ideal), ideal)
	if total != 200 || most != 10 {
		t.Errorf("%d requests in all and %d at one host, expected 200 and 10", total, most)
	}
	if took > 6*ideal { // room for a busy machine
		t.Errorf("took %s, the ideal is %s", took, ideal)
	}
}

func BenchmarkFleet(b *testing.B) {
	questions, asked := fleet(b)
	b.ReportAllocs()
	for b.Loop() {
		client(b, Options{}).Ask(b.Context(), questions)
	}
	total, _ := asked()
	b.ReportMetric(float64(total)/float64(b.N), "requests/op")
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/ideal.Seconds(), "of-ideal/op")
}
