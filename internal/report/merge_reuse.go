package report

import (
	"slices"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
)

// reuse finds keys that serve environments of several reports, by their fingerprints: those
// of runs with different keys are never equal. What one run holds was judged there.
func (m *merger) reuse(out *Document) {
	groups := map[string][]held{}
	x := newIndex(out)
	for _, h := range m.kept {
		if h.State == stateKnown && h.Fingerprint != "" && !m.docs[h.doc].ReuseAllowed && !standsIn(h.Slot, x) {
			groups[h.Fingerprint] = append(groups[h.Fingerprint], h)
		}
	}
	var found []Finding
	told := map[same]bool{}
	for _, group := range groups {
		if !m.conflicting(group) {
			continue
		}
		for _, h := range group {
			for _, f := range x.findingsOf(h.Slot) {
				told[f.same()] = told[f.same()] || f.ID == sharedKeyID // of fewer environments
			}
		}
		f := toFinding(checks.Reuse(convert(group, held.asCase)))
		cleanAll(&f)
		found = append(found, f)
	}
	out.Findings = slices.DeleteFunc(out.Findings, func(f Finding) bool { return told[f.same()] })
	out.Findings = append(out.Findings, found...)
}

const sharedKeyID = "K202"

// standsIn reports whether no key arrives at the slot but a placeholder or nothing, or
// whether it is accepted that the key is shared.
func standsIn(s Slot, x index) bool {
	placeholder := func(f Finding) bool { return f.ID == "K101" || f.ID == "K103" }
	return slices.ContainsFunc(x.findingsOf(s), placeholder) ||
		slices.ContainsFunc(x.ignoredOf(s), func(f Finding) bool { return placeholder(f) || f.ID == sharedKeyID })
}

// conflicting reports whether environments of different runs have the key each. Runs of the same
// variable are jobs with a secret each, other than one run that is shown one variable for both.
func (m *merger) conflicting(group []held) bool {
	first := group[0]
	otherEnvironment, otherRun := false, false // then two differ in both
	for _, h := range group {
		otherEnvironment = otherEnvironment || h.Environment != first.Environment
		otherRun = otherRun || m.run(h.doc) != m.run(first.doc)
	}
	return otherEnvironment && otherRun
}

// asCase gives back of a slot what a finding is worded from.
func (h held) asCase() *checks.Case {
	trail := model.Trail{}
	for _, hop := range h.Trail {
		place := pos.Pos{Line: hop.At.Line, Column: hop.At.Column}
		trail = trail.Append(model.Hop{At: pos.Span{File: hop.At.File, Start: place, End: place}, Kind: hop.Kind, What: hop.What, Literal: hop.Literal})
	}
	s := keys.Slot{
		Environment: h.Environment, Variable: h.Variable, Value: model.Value{Trail: trail},
		Consumer: model.Consumer{Kind: h.ConsumerKind, Namespace: h.Namespace, Workload: h.Consumer, Container: h.Container},
	}
	for _, c := range h.Also {
		s.Also = append(s.Also, model.Consumer{Kind: c.Kind, Namespace: c.Namespace, Workload: c.Workload, Container: c.Container})
	}
	if h.Provider != "" {
		s.Provider = &provider.Provider{ID: h.Provider}
	}
	return &checks.Case{Slot: s}
}
