package probe

import (
	"context"

	"github.com/keyfit/keyfit/internal/verdict"
)

// note keeps a request that was made, and what it came to. One that was not sent is none.
func (r *result) note(what verdict.AskedFor, step, environment string, v verdict.Verdict) {
	if v.Evidence.Attempts > 0 {
		r.asked = append(r.asked, verdict.Asked{What: what, Step: step, Environment: environment, Reason: v.Reason, Evidence: v.Evidence})
	}
}

// noteControl keeps the control request, where there was one and its answer is in.
func (r *result) noteControl(ctx context.Context, k *control) {
	if k != nil {
		r.note(verdict.AskedControlRequest, "", "", k.answer(ctx))
	}
}
