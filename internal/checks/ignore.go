package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
)

// Where an ignore stands.
const (
	FromConfig  = "config"  // an entry of keyfit.yaml
	FromComment = "comment" // a comment at the finding's line
)

// soon is how long before its end an ignore is spoken of.
const soon = 14 * 24 * time.Hour

// Ignored is a finding that keyfit.yaml or a comment silences, with what it says about that.
type Ignored struct {
	Finding Finding
	Reason  string
	Expires time.Time
	Source  string   // FromConfig or FromComment
	At      pos.Span // the ignore
}

// sift takes out what is ignored, and reports the ignores that have expired, that silence
// nothing, or that cannot be read.
func sift(run *Run, found []fired) Judgement {
	var out Judgement
	rules, reviews := gather(run, found)
	for _, f := range found {
		if by := silenced(&f, rules); by != nil {
			out.Ignored = append(out.Ignored, Ignored{Finding: f.finding, Reason: by.reason, Expires: by.expires, Source: by.source, At: by.at})
			continue
		}
		out.Findings = append(out.Findings, f.finding)
	}
	for _, rule := range rules {
		switch f, fires := rule.review(run); {
		case fires && rule.matches == 0 && run.isDivided():
			out.Pending = append(out.Pending, f)
		case fires:
			reviews = append(reviews, f)
		}
	}
	out.Findings = append(out.Findings, reviews...)
	order.By(out.Findings, Compare)
	return out
}

// ignore is one entry of keyfit.yaml, or one id of a comment, and what it did in this run.
type ignore struct {
	id, reason string
	expires    time.Time
	source     string
	at         pos.Span
	slot       string // of an entry: the pattern
	line       int    // of a comment: the line of at.File whose findings it silences

	expired bool
	barred  int // findings that it may not silence
	matches int // findings that it silences, or would if it had not expired
}

// gather lists the ignores of the run, and the findings about those that cannot be one.
func gather(run *Run, found []fired) (rules []*ignore, reviews []Finding) {
	if run.NoIgnores {
		return nil, nil
	}
	for _, entry := range run.file().Ignore {
		rules = append(rules, &ignore{
			id: entry.ID.Value, reason: entry.Reason, expires: entry.Expires.Time, source: FromConfig, slot: entry.Slot,
			at: firstPlace(entry.At, entry.ID.Span, pos.Span{File: run.file().Path}),
		})
	}
	written, more := comments(run, found)
	for _, c := range written {
		switch f, wrong := c.review(); {
		case wrong:
			reviews = append(reviews, f)
		case run.CommentsFrom != "":
			reviews = append(reviews, reviewed(c.at, Note, "the comment silences nothing: "+run.CommentsFrom, "put an entry under `ignore` into that file"))
		default:
			for _, id := range c.ids {
				rules = append(rules, &ignore{id: id, reason: c.reason, expires: c.expires, source: FromComment, at: c.at, line: c.line})
			}
		}
	}
	if more {
		reviews = append(reviews, reviewed(written[len(written)-1].at, Warning, fmt.Sprintf("there are more than %d comments for keyfit; those after this one have no effect", maxComments),
			"mend what they hide, or put patterns under `ignore` into keyfit.yaml"))
	}
	for _, rule := range rules {
		rule.expired = !run.Now.Before(rule.expires)
	}
	return rules, reviews
}

func reviewed(at pos.Span, severity Severity, message, fix string) Finding {
	return Finding{ID: idInputProblem, Name: nameInputProblem, Severity: severity, At: at, Message: message, Fix: fix}
}

// silenced gives the ignore that silences a finding. Of a finding about several
// consumers each one must be ignored; otherwise it is told of the first that is not.
func silenced(f *fired, rules []*ignore) *ignore {
	var by *ignore
	left, kept := f.consumers(), f.guarded()
	for _, rule := range rules {
		covered := func(consumer model.Consumer) bool { return rule.covers(f.finding, consumer) }
		if !rule.names(f.finding.ID) || !slices.ContainsFunc(f.consumers(), covered) {
			continue
		}
		rule.matches++
		if kept {
			rule.barred++
		}
		if kept || rule.expired || len(left) == 0 {
			continue
		}
		left, by = slices.DeleteFunc(left, covered), rule
	}
	if len(left) == 0 {
		return by
	}
	if !kept {
		f.finding.Consumer, f.finding.Container = keys.Label(left[0]), left[0].Container
	}
	return nil
}

// guarded reports whether no ignore may silence a finding: another environment's key in
// production is what keyfit is there to stop.
func (f fired) guarded() bool {
	if run := f.cases[0].Run; run == nil || slices.ContainsFunc(run.Allow, func(id string) bool { return strings.EqualFold(id, f.finding.ID) }) {
		return false
	}
	switch f.finding.ID {
	case idWrongEnvironment:
		return slices.ContainsFunc(f.cases, (*Case).production)
	case idSharedKey:
		return slices.ContainsFunc(f.cases, func(c *Case) bool { return slices.ContainsFunc(c.sameKey(), (*Case).production) })
	}
	return false
}

// production reports whether the slot's environment is one that holds live keys, by its name
// or by what is expected of the key there.
func (c *Case) production() bool {
	return c.expect().Mode == liveMode || provider.UsualMode(c.Slot.Environment) == liveMode
}

// Guarded lists the findings that an ignore cannot silence in production by itself.
func Guarded() []string { return []string{idSharedKey, idWrongEnvironment} }

func (i *ignore) names(id string) bool { return strings.EqualFold(strings.TrimSpace(i.id), id) }

// covers reports whether the entry's pattern, environment/consumer/VARIABLE, matches, or
// whether the finding points at the comment's line. An entry without a pattern is about every
// slot.
func (i *ignore) covers(f Finding, consumer model.Consumer) bool {
	if i.source == FromComment {
		return i.points(f.At)
	}
	f.Consumer = keys.Label(consumer)
	return i.slot == "" || provider.Glob(i.slot, f.Slot())
}

func (i *ignore) points(at pos.Span) bool {
	return i.line > 0 && at.File == i.at.File && at.Start.Line == i.line
}

// review reports an ignore that has expired (a warning), soon will, may not have its effect or
// is of no use (notes).
func (i *ignore) review(run *Run) (Finding, bool) {
	check, known := Find(i.id)
	f := reviewed(i.at, Note, "", "")
	switch left := i.expires.Sub(run.Now); {
	case !known:
		f.Message = fmt.Sprintf("the ignore of %q has no effect: this version has no such finding", i.id)
		f.Fix = "correct the id or remove the entry; `keyfit explain` lists the findings"
	case i.expired && i.matches > 0:
		f.Severity = Warning
		f.Message = fmt.Sprintf("the ignore of %s%s expired on %s and silences nothing any more", check.ID, i.about(), day(i.expires))
		f.Fix = "mend what it hides, or give it a later date with a fresh reason"
	case i.barred > 0:
		f.Message = fmt.Sprintf("the ignore of %s%s silences nothing in production: that takes the flag --allow %s as well", check.ID, i.about(), check.ID)
		f.Fix = "mend what it hides; see `keyfit explain " + check.ID + "`"
	case i.matches > 0 && left <= soon:
		f.Message = fmt.Sprintf("the ignore of %s%s expires on %s: the finding is then back", check.ID, i.about(), day(i.expires))
		f.Fix = "mend what it hides, or give it a later date with a fresh reason"
	case i.matches == 0 && i.decidable(run, check):
		f.Message = fmt.Sprintf("the ignore of %s%s matches no finding", check.ID, i.about())
		f.Fix = "remove the " + map[string]string{FromConfig: "entry", FromComment: "comment"}[i.source]
	default:
		return Finding{}, false
	}
	return f, true
}

// about says what an entry is for, which a comment shows by its place.
func (i *ignore) about() string {
	switch {
	case i.source == FromComment:
		return ""
	case i.slot == "":
		return ` for "*"`
	}
	return fmt.Sprintf(" for %q", i.slot)
}

// decidable reports whether this run could have fired the finding: the pattern names
// slots of the run, and where only an answer of the API decides, all of them have one.
func (i *ignore) decidable(run *Run, check Check) bool {
	if i.source == FromComment {
		return i.decidableComment(run, check)
	}
	if check.OnProblem {
		return true
	}
	seen := false
	for _, c := range run.Cases {
		if c.Problem != nil || !i.matchesSlot(c) {
			continue
		}
		seen = true
		if needsAnswer(check) && !c.answered() {
			return false
		}
	}
	return seen && !(run.Offline && check.ID >= "K2")
}

// needsAnswer reports whether only the API can say whether the finding is there.
func needsAnswer(check Check) bool { return check.ID >= "K2" && check.ID != idUnverified }

// decidableComment asks the same of a comment. A line may serve every environment, so all of
// them must have been looked at, and each value that passes the line must be known.
func (i *ignore) decidableComment(run *Run, check Check) bool {
	if run.Partial || run.Offline && check.ID >= "K2" {
		return false
	}
	if check.OnProblem {
		return true
	}
	touched, open := false, false
	for _, c := range run.slots() {
		unsettled := c.Slot.Value.State == model.Unknown || needsAnswer(check) && !c.answered()
		if i.touches(c) {
			touched = true
			if unsettled {
				return false
			}
		}
		open = open || unsettled
	}
	return touched || !open
}

// touches reports whether a slot's value, or one that lost to it, passes the comment's line.
func (i *ignore) touches(c *Case) bool {
	trails := []model.Trail{c.Slot.Value.Trail}
	for _, l := range c.Slot.Value.Losers {
		trails = append(trails, l.Value.Trail)
	}
	for _, t := range trails {
		if slices.ContainsFunc(t.Hops(), func(h model.Hop) bool { return i.points(h.At) }) {
			return true
		}
	}
	return i.points(c.at())
}

func (i *ignore) matchesSlot(c *Case) bool {
	for _, consumer := range append([]model.Consumer{c.Slot.Consumer}, c.Slot.Also...) {
		if i.covers(Finding{Environment: c.Slot.Environment, Variable: c.Slot.Variable}, consumer) {
			return true
		}
	}
	return false
}
