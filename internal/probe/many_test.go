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
