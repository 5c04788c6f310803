package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
)

// entry is one thing that a report for machines tells: a finding, or what is no finding and
// must not be kept back either. The slot is nil where there is none.
type entry struct {
	Finding
	slot    *Slot
	ignored *Ignored
	print   string // equal in two runs for the same thing; see prints
}

// entries lists everything that a run has to tell, worst first: the findings; the slots that
// could not be verified and the problems of which no finding speaks; last what is ignored.
// What was not asked because the run is offline is not in it: nobody is to mend that.
func entries(d *Document) []entry {
	x, seen := newIndex(d), prints{}
	var out []entry
	add := func(f Finding, ignored *Ignored) {
		e := entry{Finding: f, ignored: ignored, print: seen.next(f)}
		if s, ok := x.slotOf(f); ok {
			e.slot = &s
		}
		out = append(out, e)
	}
	for _, f := range d.Findings {
		if !f.isElsewhere() {
			add(f, nil)
		}
	}
	for _, f := range untoldDoubts(x) {
		add(f, nil)
	}
	for _, p := range untoldProblems(d) {
		add(problemFinding(p), nil)
	}
	for i := range d.Ignored {
		add(d.Ignored[i].Finding, &d.Ignored[i])
	}
	return out
}

// untoldDoubts gives a finding to each slot that could not be verified and has none.
func untoldDoubts(x index) []Finding {
	var out []Finding
	for _, u := range x.doc.Unverified {
		s, known := x.slotOf(u.asked())
		if u.Ignored || u.Reason == string(provider.Offline) || known && tellsOfDoubt(x.findingsOf(s)) {
			continue
		}
		f := Finding{
			ID: doubtID(s), Severity: checks.Note.String(), Environment: u.Environment, Consumer: u.Consumer, Container: u.Container,
			Variable: u.Variable, Slots: u.asked().Slots, At: s.at(), Message: "could not be verified: " + u.Message,
		}
		out = append(out, f.named())
	}
	return out
}

// asked names the slot as a finding does.
func (u Unverified) asked() Finding {
	f := Finding{Environment: u.Environment, Consumer: u.Consumer, Container: u.Container, Variable: u.Variable}
	if u.Slot != "" {
		f.Slots = []string{u.Slot}
	}
	return f
}

// tellsOfDoubt reports whether a finding, whatever it is about, makes the slot visible.
func tellsOfDoubt(findings []Finding) bool {
	for _, f := range findings {
		if f.Severity == "error" || acceptsDoubt(f.ID) {
			return true
		}
	}
	return false
}

// doubtID names the finding that would speak of such a slot.
func doubtID(s Slot) string {
	switch {
	case s.State == "" || s.State == stateKnown:
		return "K401"
	case len(s.Alternatives) > 0:
		return "K107"
	}
	return "K102"
}

// untoldProblems lists the problems that no finding speaks of.
func untoldProblems(d *Document) []Problem {
	spoken := map[At]bool{}
	for _, f := range d.Findings {
		spoken[f.At] = spoken[f.At] || f.ID == "K001"
	}
	for _, i := range d.Ignored {
		spoken[i.Finding.At] = spoken[i.Finding.At] || i.Finding.ID == "K001"
	}
	var out []Problem
	for _, p := range d.Problems {
		if !spoken[p.At] {
			out = append(out, p)
		}
	}
	return out
}

func problemFinding(p Problem) Finding {
	f := Finding{ID: "K001", Severity: checks.Warning.String(), At: p.At, Message: p.Message, Fix: p.Fix}
	return f.named()
}

// named fills in what follows from the id.
func (f Finding) named() Finding {
	if c, ok := checks.Find(f.ID); ok {
		f.Name = c.Name
	}
	f.Help = HelpURL(f.ID)
	return f
}

// at is where a slot's value comes from: the last place in a file, for that is what can
// replace all before it.
func (s Slot) at() At {
	var at At
	for _, h := range s.Trail {
		if h.At.File != "" {
			at = h.At
		}
	}
	return at
}

// prints makes the identities by which readers of reports know a finding again. They are
// hashes of rule, environment, consumer, variable and file: of nothing secret, and of no line
// number, so that an edit further up does not make an old finding new.
type prints map[string]int

func (p prints) next(f Finding) string {
	key := checks.Finding{
		ID: f.ID, Environment: f.Environment, Consumer: f.Consumer, Container: f.Container, Variable: f.Variable,
		At: pos.Span{File: f.At.File}, Message: f.Message,
	}.Key()
	p[key]++
	if n := p[key]; n > 1 { // twins are told apart by their order
		key += fmt.Sprintf("|%d", n)
	}
	sum := sha256.Sum256([]byte("keyfit/1|" + key))
	return hex.EncodeToString(sum[:16])
}

// told is the message with the slot in front of it, at most n characters long.
func (f Finding) told(n int) string {
	text := cmp.Or(f.Message, f.Name, f.ID, "a finding without a message")
	if title := f.title(); title != "" {
		text = title + ": " + text
	}
	if f.Fix != "" {
		text += ". Fix: " + f.Fix
	}
	return shorten(strings.ToValidUTF8(text, "\uFFFD"), n)
}
