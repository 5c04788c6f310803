package report

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/checks"
)

// result tells one entry as SARIF does.
func (e entry) result(rules rules) sarifResult {
	at := e.place()
	r := sarifResult{
		RuleID: e.ID, RuleIndex: rules.at[e.ID], Level: level(e.Severity), Message: sarifText{harmless(e.told(maxSarifText))},
		Locations:           []sarifLocation{{PhysicalLocation: physical(at)}},
		RelatedLocations:    e.related(),
		PartialFingerprints: sarifFingerprints{e.print},
		Properties:          e.properties(),
	}
	if steps := e.steps(at); len(steps) > 0 {
		r.CodeFlows = []sarifFlow{{ThreadFlows: []sarifThread{{Locations: steps}}}}
	}
	if e.ignored != nil {
		r.Level = "note"
		r.Suppressions = []sarifSuppression{suppression(*e.ignored)}
	}
	return r
}

// suppression says who accepted the finding: an entry of keyfit.yaml or a comment beside it.
func suppression(i Ignored) sarifSuppression {
	s := sarifSuppression{Kind: "external", Status: "accepted", Justification: strings.TrimSpace(i.Reason + until(i.Expires))}
	if i.Source == checks.FromComment {
		s.Kind = "inSource"
	}
	if i.At.inRepository() {
		s.Location = &sarifLocation{PhysicalLocation: physical(i.At)}
	}
	return s
}

func (e entry) properties() sarifSlot {
	p := sarifSlot{Environment: e.Environment, Consumer: e.Consumer, Container: e.Container, Variable: e.Variable, Fix: e.Fix}
	if e.slot != nil {
		p.Provider, p.Outcome, p.Reason, p.Rungs = e.slot.Provider, e.slot.Outcome, e.slot.Reason, &e.slot.Rungs
	}
	return p
}

// place is where the result is shown. A reader drops results without a file of the
// repository, so that one without any is shown where its value passes last, or else in
// keyfit.yaml, the place to say more about it.
func (e entry) place() At {
	places := []At{e.At}
	if e.slot != nil {
		for _, h := range slices.Backward(e.slot.Trail) {
			places = append(places, h.At)
		}
		for _, d := range e.slot.Shadowed {
			places = append(places, d.At)
		}
		for _, h := range e.slot.DecidedBy {
			places = append(places, h.At)
		}
	}
	for _, r := range e.Related {
		places = append(places, r.At)
	}
	for _, at := range places {
		if at.inRepository() {
			return at
		}
	}
	return At{File: "keyfit.yaml"}
}

// inRepository reports whether the place is a file below the repository's root.
func (a At) inRepository() bool {
	p := path.Clean(a.File)
	return a.File != "" && p != "." && p != ".." && !strings.HasPrefix(p, "../") && !path.IsAbs(p) &&
		(len(p) < 2 || p[1] != ':')
}

// physical is a place with a region of one character: where a definition ends is not told,
// for that would tell how long the key is.
func physical(at At) *sarifPhysical {
	p := &sarifPhysical{ArtifactLocation: sarifArtifact{URI: uri(at.File)}}
	if at.inRepository() {
		p.ArtifactLocation.URIBaseID = "%SRCROOT%"
	}
	line, column := max(at.Line, 1), max(at.Column, 1)
	p.Region = sarifRegion{StartLine: line, StartColumn: column, EndLine: line, EndColumn: column + 1}
	return p
}

// uri writes a path as a relative URI reference. A colon is escaped too, since before the
// first slash it would end a scheme.
func uri(file string) string {
	if (At{File: file}).inRepository() {
		file = path.Clean(file)
	}
	parts := strings.Split(file, "/")
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(url.PathEscape(strings.ToValidUTF8(part, "\uFFFD")), ":", "%3A")
	}
	if path.IsAbs(file) {
		return "file://" + strings.Join(parts, "/")
	}
	return strings.Join(parts, "/")
}

// related lists the other places of a finding, and further ones that the slot's doubt rests
// on: the candidates of an ambiguous value.
func (e entry) related() []sarifLocation {
	var out []sarifLocation
	add := func(at At, message string) {
		if at.File != "" && len(out) < maxRelated {
			out = append(out, sarifLocation{ID: len(out) + 1, PhysicalLocation: physical(at), Message: stepText(message)})
		}
	}
	for _, r := range e.Related {
		add(r.At, r.Message)
	}
	if e.slot == nil {
		return out
	}
	for i, a := range e.slot.Alternatives {
		if n := len(a.Trail); n > 0 {
			add(a.Trail[n-1].At, fmt.Sprintf("candidate %d: %s", i+1, a.State))
		}
	}
	for _, h := range choices(e.slot.DecidedBy) {
		add(h.At, "decides: "+h.Kind+" "+h.What)
	}
	return out
}

// steps is the journey of the value: what was overridden first, then the stops of what
// arrives, its origin first. A stop that lies in no file is told at the place of the result.
func (e entry) steps(at At) []sarifStep {
	if e.slot == nil {
		return nil
	}
	var out []sarifStep
	add := func(where At, kind, importance, message string) {
		if where.File == "" {
			where, message = at, message+" (in no file)"
		}
		out = append(out, sarifStep{
			Location:   sarifLocation{PhysicalLocation: physical(where), Message: stepText(message)},
			Kinds:      []string{kind},
			Importance: importance,
		})
	}
	for _, d := range slices.Backward(e.slot.Shadowed) {
		add(d.At, "overridden", "unimportant", "overridden: "+d.Kind+" "+d.What)
	}
	winner := winning(e.slot.Trail)
	for i, h := range e.slot.Trail {
		if i == winner {
			add(h.At, "value", "essential", h.Kind+" "+h.What)
		} else {
			add(h.At, "value", "important", h.Kind+" "+h.What)
		}
	}
	return middleOut(out)
}

// middleOut leaves the middle of a journey out where it is longer than a reader takes.
func middleOut(steps []sarifStep) []sarifStep {
	extra := len(steps) - maxSteps
	if extra <= 0 {
		return steps
	}
	kept := slices.Concat(steps[:maxSteps/2], steps[len(steps)-maxSteps/2:])
	last := &kept[maxSteps/2-1]
	last.Location.Message = stepText(fmt.Sprintf("%s; %d more stops are in the JSON report", last.Location.Message.Text, extra))
	return kept
}

func stepText(text string) *sarifText { return &sarifText{shorten(harmless(text), maxSarifText)} }

// harmless breaks what a reader of SARIF takes for a link in a plain message: [text](target).
func harmless(text string) string { return strings.ReplaceAll(text, "](", "] (") }
