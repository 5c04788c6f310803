package probe

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/verdict"
)

// askFurther asks the requests that follow one that accepted the key, each with what the ones
// before it saved. What they tell is added to the first verdict; the first that refuses decides.
// A request that is asked anyway settles what an ambiguous answer left open.
func (c *Client) askFurther(ctx context.Context, q *Question, base string, first result) result {
	chain := q.Provider.Chain(q.Form)
	saved, ask := maps.Clone(first.verdict.Saved), first.verdict.Ask
	for _, view := range chain[1:] {
		step := view.Probe.Step
		doubtful := (step.Anyway || step.Finds != "") && first.verdict.Reason == provider.AmbiguousCause
		if !isAccepted(first.verdict) && !doubtful {
			break
		}
		if q.Provider.IsLeftOut(step, ask) {
			continue
		}
		next := *q
		next.Provider = view
		next.Parts = withSaved(q.Parts, saved)
		if view.Probe.Step.Optional && c.lacks(&next) {
			continue
		}
		r := c.askAt(ctx, &next, cmp.Or(view.Probe.Step.Host, base), never)
		hide := newScrubber(texts(saved)...)
		cleanVerdict(&r.verdict, hide)
		first.note(verdict.AskedStep, view.Probe.Step.ID, "", r.verdict)
		if saved == nil {
			saved = map[string]secret.Text{}
		}
		maps.Copy(saved, r.verdict.Saved)
		switch {
		case step.Finds != "":
		case doubtful:
			first.verdict = settled(first.verdict, r.verdict)
		default:
			first.verdict = together(first.verdict, r.verdict)
		}
		if r.verdict.Reason.Class() == provider.Unverifiable {
			first.verdict.Unproven = append(first.verdict.Unproven, unproven(view.Probe.Step, &r.verdict))
		}
	}
	first.verdict.Saved = nil
	return first
}

func never(verdict.Verdict) bool { return false }

func withSaved(parts, saved map[string]secret.Text) map[string]secret.Text {
	out := maps.Clone(parts)
	if out == nil {
		out = map[string]secret.Text{}
	}
	maps.Copy(out, saved)
	return out
}

func texts(of map[string]secret.Text) []string {
	var out []string
	for _, t := range of {
		out = append(out, t.Reveal())
	}
	return out
}

// lacks reports whether a part that a request needs is not known.
func (c *Client) lacks(q *Question) bool {
	r := newRenderer(q, q.Key.Reveal(), c.options.Now)
	spec := q.Provider.Probe.Request
	var spare []string // a session goes along with temporary credentials only
	if spec.Auth.SigV4 != nil {
		spare = spec.Auth.SigV4.Session.Parts()
	}
	return slices.ContainsFunc(spec.Parts(), func(role string) bool {
		return r.parts[role] == "" && !(slices.Contains(spare, role) && q.Provider.Parts[role].Optional)
	})
}

// settled takes a later verdict for an ambiguous one, unless that could not tell either.
func settled(v, next verdict.Verdict) verdict.Verdict {
	attempts, took := v.Evidence.Attempts+next.Evidence.Attempts, v.Evidence.Duration+next.Evidence.Duration
	if hint := cmp.Or(next.Hint, v.Hint); next.Reason.Class() != provider.Unverifiable {
		v = next
		v.Hint = hint
	}
	v.Evidence.Attempts, v.Evidence.Duration = attempts, took
	return v
}

// together adds what a further request told. One that could not be verified takes nothing
// away: what it would have proven stays unverified, and the doubt is told.
func together(v, next verdict.Verdict) verdict.Verdict {
	v.Evidence.Attempts += next.Evidence.Attempts
	v.Evidence.Duration += next.Evidence.Duration
	v.Hint = cmp.Or(next.Hint, v.Hint)
	if next.Reason.Class() == provider.Unverifiable {
		return v
	}
	attempts, took := v.Evidence.Attempts, v.Evidence.Duration
	accepted := isAccepted(next)
	for rung := range next.Rungs {
		switch {
		case next.Rungs[rung] == verdict.Pass && v.Rungs[rung] == verdict.Unverified:
			v.Rungs[rung] = verdict.Pass
		case next.Rungs[rung] == verdict.Fail:
			v.Rungs[rung] = verdict.Fail
			for above := rung + 1; above < len(v.Rungs); above++ {
				v.Rungs[above] = verdict.Unverified
			}
		}
	}
	v.Identity = merged(v.Identity, next.Identity)
	if !accepted {
		v.Reason, v.Says, v.Causes, v.Needs = next.Reason, next.Says, next.Causes, next.Needs
		v.Evidence = next.Evidence
		v.Evidence.Attempts, v.Evidence.Duration = attempts, took
	}
	return v
}

// unproven names a further request that came to nothing, and what was the matter.
func unproven(step *provider.Step, v *verdict.Verdict) string {
	if v.Evidence.Status == 0 {
		return fmt.Sprintf("%s (%s)", step.ID, v.Reason)
	}
	return fmt.Sprintf("%s (%s, HTTP %d)", step.ID, v.Reason, v.Evidence.Status)
}

// merged lays what a later answer told over what an earlier one did.
func merged(id, next verdict.Identity) verdict.Identity {
	for _, text := range []struct{ from, into *string }{
		{&next.User, &id.User}, {&next.Name, &id.Name}, {&next.Kind, &id.Kind}, {&next.Tenant, &id.Tenant},
		{&next.Account, &id.Account}, {&next.Mode, &id.Mode},
	} {
		if *text.from != "" {
			*text.into = *text.from
		}
	}
	if next.Active != nil {
		id.Active = next.Active
	}
	if len(next.Scopes) > 0 {
		id.Scopes = next.Scopes
	}
	if !next.Expires.IsZero() {
		id.Expires = next.Expires
	}
	if !next.Created.IsZero() {
		id.Created = next.Created
	}
	id.Endless = id.Expires.IsZero() && (id.Endless || next.Endless)
	id.Admin = id.Admin || next.Admin
	return id
}
