package verdict

import (
	"fmt"
	"slices"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
)

// Judge says what one answer means. form is the form of the key that was sent, or nil.
//
// The provider's rules are tried in order; the first that holds decides. An answer that
// none holds for is never a refusal: it may come from anything on the way.
func Judge(p *provider.Provider, form *provider.Form, r Response) Verdict {
	if r.Failure != "" {
		return noAnswer(r.Failure)
	}
	a := read(r)
	a.pick(p.Probe.Pick)
	var v Verdict
	if i := deciding(p, form, a); i >= 0 {
		v = a.apply(p, &p.Probe.Verdicts[i])
	} else {
		v = a.fallback(p)
	}
	if name, ok := a.readTwice(p); ok && v.Reason.Class() != provider.Unverifiable {
		v = ambiguous(fmt.Sprintf("the answer names %q twice", name))
	}
	if v.Reason.Class() == provider.Unverifiable {
		v.Evidence.RetryAfter = a.retryAfter()
	}
	v.Evidence.Status = r.Status
	v.Evidence.Code, _ = p.Probe.Evidence.Code.Text(a.source(false))
	v.Evidence.RequestID, _ = p.Probe.Evidence.RequestID.Text(a.source(false))
	v.Evidence.Code, v.Evidence.RequestID = printable(v.Evidence.Code), printable(v.Evidence.RequestID)
	return v
}

// deciding gives the index of the first rule that holds, or -1.
func deciding(p *provider.Provider, form *provider.Form, a answer) int {
	return slices.IndexFunc(p.Probe.Verdicts, func(rule provider.Rule) bool { return a.holds(p, &rule, form) })
}

// readTwice gives a name that the answer holds twice in one object and that the provider
// reads. It is a name of the provider's own, not a text of the answer.
func (a answer) readTwice(p *provider.Provider) (name string, ok bool) {
	i := slices.IndexFunc(a.twice, p.Reads)
	if i < 0 {
		return "", false
	}
	return a.twice[i], true
}

// NotSent is the verdict on a key of a kind that is never sent; ok is false for a form
// that may be.
func NotSent(form *provider.Form) (v Verdict, ok bool) {
	if form == nil || (form.Refuse == "" && !form.Wrong) {
		return Verdict{}, false
	}
	v = Verdict{Reason: provider.NotProbeable, Says: form.Refuse}
	v.Rungs[provider.Format] = Pass
	if form.Wrong {
		v.Reason = provider.KeyKindWrong
		v.Rungs[provider.KnownKey] = Fail
	}
	return v, true
}

func noAnswer(why provider.Reason) Verdict {
	if !provider.IsReason(why) || why.Class() != provider.Unverifiable {
		why = provider.AmbiguousCause
	}
	return Verdict{Reason: why}
}

// holds reports whether all conditions of a rule are met.
func (a answer) holds(p *provider.Provider, rule *provider.Rule, form *provider.Form) bool {
	w := &rule.When
	if len(w.Status) > 0 && !w.Status.Contains(a.Status) {
		return false
	}
	if form == nil {
		form = &provider.Form{}
	}
	if (w.Mode != "" && form.Mode != w.Mode) || (w.Kind != "" && form.Kind != w.Kind) {
		return false
	}
	if (w.Picked != nil && *w.Picked != a.picked) || !a.partsHold(w) {
		return false
	}
	if p.Probe.Pick != nil && w.Picked == nil && !a.picked && a.Status < 300 {
		return false // what the list says of others decides nothing
	}
	if w.ContentType != nil && !w.ContentType.Text(a.media, a.media != "") {
		return false
	}
	if !a.mayJudge(p, w) {
		return false
	}
	return a.headersHold(w) && a.bodyHolds(w)
}

// mayJudge keeps rules away from answers that are not the vendor's: a page for people
// decides nothing unless the rule asks for pages or for a header of the vendor's, and
// an answer without the vendor's JSON decides nothing by its status alone.
func (a answer) mayJudge(p *provider.Provider, w *provider.When) bool {
	if w.ContentType != nil || len(w.Header) > 0 {
		return true
	}
	if a.page {
		return false
	}
	bare := len(w.JSON) == 0 && w.Text == nil
	return !bare || a.isJSON || len(a.Body) == 0 || !p.SpeaksJSON()
}

func (a answer) partsHold(w *provider.When) bool {
	for role, m := range w.Parts {
		text, ok := "", false
		if a.Part != nil {
			text, ok = a.Part(role)
		}
		if !m.Text(text, ok) {
			return false
		}
	}
	return true
}

func (a answer) headersHold(w *provider.When) bool {
	for name, m := range w.Header {
		text, ok := a.header(name)
		if !m.Text(text, ok) {
			return false
		}
	}
	return true
}

// bodyHolds looks at the body. What was cut short is never looked at, and a text inside
// a page counts only when the rule asks for pages.
func (a answer) bodyHolds(w *provider.When) bool {
	if len(w.JSON) > 0 && !a.isJSON {
		return false
	}
	for path, m := range w.JSON {
		if !m.JSON(a.json, path) {
			return false
		}
	}
	if w.Text == nil {
		return true
	}
	if a.Truncated || (a.page && w.ContentType == nil) {
		return false
	}
	return w.Text.Text(string(a.Body), len(a.Body) > 0)
}

func (a answer) apply(p *provider.Provider, rule *provider.Rule) Verdict {
	v := Verdict{Reason: rule.Reason, Says: rule.Says, Causes: rule.Causes}
	class := rule.Reason.Class()
	if class == provider.Unverifiable {
		v.AskOn, v.Ask = rule.Elsewhere, rule.Ask
		return v
	}
	v.Identity = a.identity(p, class == provider.Accepted)
	if class == provider.Accepted && v.Identity.Active != nil && !*v.Identity.Active {
		v.Reason, v.Says = provider.OwnerDisabled, ""
	}
	if v.Reason.Class() != provider.Accepted {
		v.refuse()
		needs, _ := rule.Needs.Text(a.source(false))
		v.Needs = printable(needs)
		// An answer often repeats what was asked for, where an accepted one says what is granted.
		v.Identity.Scopes = slices.DeleteFunc(v.Identity.Scopes, func(scope string) bool { return scope == v.Needs })
		return v
	}
	v.accept(p, rule)
	v.Saved = a.saved(p)
	return v
}

// saved takes out what later requests need.
func (a answer) saved(p *provider.Provider) map[string]secret.Text {
	var out map[string]secret.Text
	for role, extract := range p.Probe.Save {
		if text, ok := extract.Text(a.source(true)); ok {
			if out == nil {
				out = map[string]secret.Text{}
			}
			out[role] = secret.New(text)
		}
	}
	return out
}

// refuse sets the rungs that a refusal or a misfit tells.
func (v *Verdict) refuse() {
	if rung, ok := v.Reason.FailedRung(); ok {
		for below := range rung {
			v.Rungs[below] = Pass
		}
		v.Rungs[rung] = Fail
		return
	}
	v.Rungs[provider.Format] = Pass
	switch v.Reason {
	case provider.EnvMismatch, provider.RegionMismatch:
		v.Rungs[provider.KnownKey] = Fail
	case provider.TenantMismatch, provider.AccountMismatch:
		v.Rungs[provider.KnownKey] = Pass
	}
}

// accept sets the rungs that an accepted answer proves.
func (v *Verdict) accept(p *provider.Provider, rule *provider.Rule) {
	v.Rungs[provider.Format] = Pass
	v.Rungs[provider.KnownKey] = Pass
	for _, rung := range proven(p, rule) {
		v.Rungs[rung] = Pass
	}
	id := &p.Probe.Identity
	owned := id.User != nil || id.Account != nil || id.Tenant != nil
	told := v.Identity.User != "" || v.Identity.Account != "" || v.Identity.Tenant != ""
	if owned && !told {
		v.Rungs[provider.Linked] = Unverified
	}
	if id.Active != nil && v.Identity.Active == nil {
		v.Rungs[provider.Active] = Unverified
	}
}

// proven lists the rungs that an accepted answer proves: those that the rule names, else
// those of the probe; else all for the user's own API, whose probe is the deploy's own
// request, and for the catalogue what its identity can show.
func proven(p *provider.Provider, rule *provider.Rule) []provider.Rung {
	words := rule.Proves
	if words == nil {
		words = p.Probe.Proves
	}
	if words != nil {
		return words.Rungs()
	}
	if p.Custom {
		return []provider.Rung{provider.Linked, provider.Active, provider.Authorised}
	}
	var out []provider.Rung
	id := &p.Probe.Identity
	if id.User != nil || id.Account != nil || id.Tenant != nil {
		out = append(out, provider.Linked)
	}
	if id.Active != nil {
		out = append(out, provider.Active)
	}
	return out
}
