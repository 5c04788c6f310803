package report

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/provider"
)

// slotCase makes the case of a slot. It passes only where the slot did, and nobody had to
// accept anything for that.
func slotCase(s Slot, x index) junitCase {
	findings := x.findingsOf(s)
	c := junitCase{
		Class: strings.Join(slices.DeleteFunc([]string{s.Environment, s.Consumer, s.Container}, isEmpty), "."),
		Name:  strings.TrimSuffix(s.Variable+" -> "+s.Provider, " -> "),
		Properties: properties("environment", s.Environment, "provider", s.Provider, "kind", s.Kind,
			"outcome", s.Outcome, "reason", s.Reason, "rungs", s.Rungs.String()),
		took: s.Request.DurationMS,
	}
	c.locate(slotPlace(s, findings))
	accepted, isAccepted := x.acceptance(s)
	switch {
	case s.Outcome == Failed:
		c.Failure = slotResult(s, findings, x)
	case s.Outcome == Passed && isAccepted && accepted.Finding.Severity == "error",
		s.Outcome != Passed && isAccepted && acceptsDoubt(accepted.Finding.ID):
		c.Skipped = skip(accepted.Finding, "accepted: "+accepted.Reason+until(accepted.Expires))
	case s.Outcome == Passed:
		c.Out = findingsOutput(findings, x)
	case s.Reason == string(provider.Offline):
		c.Skipped = &junitResult{Message: doubt(s), Type: s.Reason}
	default:
		c.Error = slotResult(s, findings, x)
	}
	return c
}

func isEmpty(text string) bool { return text == "" }

// String lists the five steps as name=answer.
func (r Rungs) String() string {
	return "format=" + r.Format + " known=" + r.Known + " linked=" + r.Linked + " active=" + r.Active + " authorised=" + r.Authorised
}

// acceptance is what the configuration accepts of a slot: an error before a doubt.
func (x index) acceptance(s Slot) (Ignored, bool) {
	best, found := Ignored{}, false
	for _, i := range about(&s, x.ignored) {
		entry := x.doc.Ignored[i]
		if entry.Finding.Severity != "error" && !acceptsDoubt(entry.Finding.ID) {
			continue
		}
		if !found || weight(entry.Finding.Severity) > weight(best.Finding.Severity) {
			best, found = entry, true
		}
	}
	return best, found
}

// slotResult says what is wrong with a slot, or why it could not be verified: the first
// finding in the attributes, all of them, with the journey, in the text.
func slotResult(s Slot, findings []Finding, x index) *junitResult {
	r := &junitResult{Message: cmp.Or(doubt(s), s.Outcome), Type: cmp.Or(s.Reason, s.Outcome)}
	for _, f := range findings {
		if s.Outcome == Failed && f.Severity == "error" || s.Outcome != Failed && acceptsDoubt(f.ID) {
			r.Message, r.Type = f.Message, f.ID+" "+f.Name
			break
		}
	}
	p := &page{}
	told := map[string]bool{}
	for _, f := range findings {
		p.finding(f, x, told)
	}
	if len(findings) == 0 {
		p.slot(s, true)
	}
	r.Body = xmlText(p.b.String())
	return r
}

// findingsOutput tells the warnings and notes of a slot that passed.
func findingsOutput(findings []Finding, x index) *junitOutput {
	if len(findings) == 0 {
		return nil
	}
	p, told := &page{}, map[string]bool{}
	for _, f := range findings {
		p.finding(f, x, told)
	}
	return &junitOutput{Body: xmlText(p.b.String())}
}

// entryCase makes the case of what belongs to no slot, such as a file that could not be
// read. A warning is skipped: the run does not fail for it, and it is no pass either.
func entryCase(e entry, x index) junitCase {
	c := junitCase{
		Class:      strings.Join(slices.DeleteFunc([]string{cmp.Or(e.Environment, "keyfit"), e.Consumer, e.Container}, isEmpty), "."),
		Name:       strings.Join(slices.DeleteFunc([]string{e.ID, e.Name, e.Variable, e.At.File}, isEmpty), " "),
		Properties: properties("environment", e.Environment, "severity", e.Severity),
	}
	c.locate(e.At)
	switch {
	case e.ignored != nil:
		c.Skipped = skip(e.Finding, "accepted: "+e.ignored.Reason+until(e.ignored.Expires))
	case level(e.Severity) == "error":
		c.Failure = entryResult(e, x)
	case acceptsDoubt(e.ID):
		c.Error = entryResult(e, x)
	case e.Severity == "warning":
		c.Skipped = entryResult(e, x)
	default:
		c.Out = findingsOutput([]Finding{e.Finding}, x)
	}
	return c
}

func entryResult(e entry, x index) *junitResult {
	return &junitResult{Message: e.Message, Type: e.ID + " " + e.Name, Body: findingsOutput([]Finding{e.Finding}, x).Body}
}

func skip(f Finding, message string) *junitResult {
	return &junitResult{Message: message, Type: f.ID + " " + f.Name}
}

// slotPlace is where to look: at the worst finding, else where the value comes from.
func slotPlace(s Slot, findings []Finding) At {
	for _, f := range findings {
		if f.At.inRepository() {
			return f.At
		}
	}
	return s.at()
}

func (c *junitCase) locate(at At) {
	if at.inRepository() {
		c.File, c.Line = at.File, at.Line
	}
}

// xmlText escapes a text for XML 1.0, which has no control characters, and leaves its line
// breaks as they are.
func xmlText(text string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(strings.TrimRight(text, "\n"))); err != nil {
		return ""
	}
	return strings.ReplaceAll(b.String(), "&#xA;", "\n")
}
