package cli

import (
	"context"
	"sync"

	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/probe"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

// askControlKeys asks the control key of every slot whose own key was sent, and failed or could
// not be verified. A control key is asked once at each host, however many slots it serves.
func (a *app) askControlKeys(ctx context.Context, w *workspace, client *probe.Client, slots []keys.Slot, verdicts []verdict.Verdict) {
	var secrets []probe.Question
	for _, slot := range slots {
		if slot.Value.State == model.Known {
			secrets = append(secrets, question(slot))
		}
	}
	var wg sync.WaitGroup
	for i := range slots {
		if slots[i].Control == nil || !wantsControlKey(verdicts[i]) {
			continue
		}
		wg.Go(func() {
			known := controlKey(ctx, w, client, slots[i], verdicts[i].Asked[0].Evidence.Host, secrets)
			verdicts[i].ControlKey = &known
		})
	}
	wg.Wait()
}

// wantsControlKey reports whether a control key can tell more about a verdict.
func wantsControlKey(v verdict.Verdict) bool {
	return len(v.Asked) > 0 && v.Reason.Class() != provider.Accepted && !v.Open
}

// controlKey asks one control key at the host at which the slot's own key was asked.
func controlKey(ctx context.Context, w *workspace, client *probe.Client, slot keys.Slot, host string, secrets []probe.Question) verdict.ControlKey {
	out := verdict.ControlKey{State: verdict.ControlUnverified, Variable: slot.Control.Variable, Reason: provider.Unresolved}
	in := slot.Control.AsSlot(slot)
	switch {
	case in.Value.State != model.Known || in.Value.Text.IsEmpty():
		out.State, out.Evidence.Failure = verdict.ControlAbsent, "the variable is not set in this job"
		return out
	case slot.Control.IsSame(slot):
		out.Evidence.Failure = "it is the very key of the deploy, so it tells nothing"
		return out
	case keys.Stranger(in, w.catalogue, w.config.Own()) != nil:
		v := foreign()
		out.Reason, out.Evidence = v.Reason, v.Evidence
		return out
	}
	v := client.AskControlKey(ctx, question(in), host, secrets)
	out.Reason, out.Says, out.Evidence = v.Reason, v.Says, v.Evidence
	switch {
	case v.Reason.Class() == provider.Accepted:
		out.State = verdict.ControlPassed
	case v.Evidence.Attempts > 0 && v.Reason.Class() != provider.Unverifiable:
		out.State = verdict.ControlFailed
	}
	return out
}
