package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
)

// Ignored is a finding that keyfit.yaml silences, with what it says about that.
type Ignored struct {
	Finding Finding
	Reason  string
	Expires time.Time
	At      pos.Span // the ignore
}

// sift takes out what is ignored, and reports the ignores that have expired or that
// silence nothing.
func sift(run *Run, found []fired) Judgement {
	var out Judgement
	rules := make([]*ignore, 0, len(run.file().Ignore))
	for _, entry := range run.file().Ignore {
		rules = append(rules, &ignore{Ignore: entry, expired: !run.Now.Before(entry.Expires.Time)})
	}
	for _, f := range found {
		if by := silenced(&f, rules); by != nil {
			out.Ignored = append(out.Ignored, Ignored{Finding: f.finding, Reason: by.Reason, Expires: by.Expires.Time, At: by.At})
			continue
		}
		out.Findings = append(out.Findings, f.finding)
	}
	for _, rule := range rules {
		if f, fires := rule.review(run); fires {
			out.Findings = append(out.Findings, f)
		}
	}
	slices.SortStableFunc(out.Findings, Compare)
	return out
}

// ignore is one entry of keyfit.yaml and what it did in this run.
type ignore struct {
	config.Ignore
	expired bool
	matches int // findings that it silences, or would if it had not expired
}

// silenced gives the ignore that silences a finding. Of a finding about several
// consumers each one must be ignored; otherwise it is told of the first that is not.
func silenced(f *fired, rules []*ignore) *ignore {
	var by *ignore
	left := f.consumers()
	for _, rule := range rules {
		covered := func(consumer model.Consumer) bool { return rule.covers(f.finding, consumer) }
		if !rule.names(f.finding.ID) || !slices.ContainsFunc(f.consumers(), covered) {
			continue
		}
		rule.matches++
		if rule.expired || len(left) == 0 {
			continue
		}
		left, by = slices.DeleteFunc(left, covered), rule
	}
	if len(left) == 0 {
		return by
	}
	f.finding.Consumer, f.finding.Container = keys.Label(left[0]), left[0].Container
	return nil
}

func (i *ignore) names(id string) bool { return strings.EqualFold(strings.TrimSpace(i.ID.Value), id) }

// covers reports whether the entry's pattern, environment/consumer/VARIABLE, matches.
// An entry without a pattern is about every slot.
func (i *ignore) covers(f Finding, consumer model.Consumer) bool {
	f.Consumer = keys.Label(consumer)
	return i.Ignore.Slot == "" || provider.Glob(i.Ignore.Slot, f.Slot())
}

// review reports an entry that has expired (a warning) or is of no use (a note).
func (i *ignore) review(run *Run) (Finding, bool) {
	check, known := Find(i.ID.Value)
	f := Finding{ID: idInputProblem, Name: nameInputProblem, Severity: Note, At: firstPlace(i.At, i.ID.Span, pos.Span{File: run.file().Path})}
	switch {
	case !known:
		f.Message = fmt.Sprintf("the ignore of %q has no effect: this version has no such finding", i.ID.Value)
		f.Fix = "correct the id or remove the entry; `keyfit explain` lists the findings"
	case i.expired && i.matches > 0:
		f.Severity = Warning
		f.Message = fmt.Sprintf("the ignore of %s for %q expired on %s and silences nothing any more", check.ID, i.pattern(), day(i.Expires.Time))
		f.Fix = "mend what it hides, or give it a later date with a fresh reason"
	case i.matches == 0 && i.decidable(run, check):
		f.Message = fmt.Sprintf("the ignore of %s for %q matches no finding", check.ID, i.pattern())
		f.Fix = "remove the entry"
	default:
		return Finding{}, false
	}
	return f, true
}

func (i *ignore) pattern() string {
	if i.Ignore.Slot == "" {
		return "*"
	}
	return i.Ignore.Slot
}

// decidable reports whether this run could have fired the finding: the pattern names
// slots of the run, and where only an answer of the API decides, all of them have one.
func (i *ignore) decidable(run *Run, check Check) bool {
	if check.OnProblem {
		return true
	}
	needsAnswer := check.ID >= "K2" && check.ID != idUnverified
	seen := false
	for _, c := range run.Cases {
		if c.Problem != nil || !i.matchesSlot(c) {
			continue
		}
		seen = true
		if needsAnswer && c.settled() == "" {
			return false
		}
	}
	return seen && !(run.Offline && check.ID >= "K2")
}

func (i *ignore) matchesSlot(c *Case) bool {
	for _, consumer := range append([]model.Consumer{c.Slot.Consumer}, c.Slot.Also...) {
		if i.covers(Finding{Environment: c.Slot.Environment, Variable: c.Slot.Variable}, consumer) {
			return true
		}
	}
	return false
}
