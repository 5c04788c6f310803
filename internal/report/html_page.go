package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/provider"
)

// maxHTMLSlots bounds the page; browsers stay quick up to here. The worst come first.
const maxHTMLSlots = 20_000

// maxOpen is how many failed keys are shown unfolded from the start.
const maxOpen = 3

// htmlPage is everything that the page shows, in the order in which it shows it.
type htmlPage struct {
	htmlFrame
	Outcome  string // of all: passed, failed, unverified, or nothing
	Title    string
	Sentence string
	Facts    []string
	Counts   []htmlCount
	Tally    string // findings by severity
	Matrix   htmlMatrix
	Cards    []htmlCard
	LeftOut  int
	Doubts   []Unverified // about more than one slot
	Notes    []string
	Loose    []htmlFinding // about no slot
	Problems []htmlProblem
	Ignored  []htmlIgnored
	Filters  []htmlFilter
}

// htmlCount is one part of the bar in the head; X and Width are in slots.
type htmlCount struct {
	Outcome  string
	N        int
	X, Width int
	Total    int
}

// htmlFilter is one choice above the matrix.
type htmlFilter struct {
	Name, Label, Any string
	Options          []string
}

type htmlProblem struct{ Place, Message, Fix string }

type htmlIgnored struct {
	Finding htmlFinding
	Title   string
	Because string
}

func newHTMLPage(d Document) htmlPage {
	x := newIndex(&d)
	slots := worstFirst(d.Slots, x)
	leftOut := max(0, len(slots)-maxHTMLSlots)
	slots = slots[:len(slots)-leftOut]
	b := newHTMLBuilder(x, slots)
	p := htmlPage{
		htmlFrame: newHTMLFrame(),
		Outcome:   pageOutcome(d),
		Sentence:  sentence(d), Facts: runFacts(d), Counts: htmlCounts(d.Summary), Tally: severityCounts(d.Summary),
		LeftOut: leftOut, Doubts: wholeDoubts(d), Notes: d.Notes, Loose: looseFindings(x), Problems: htmlProblems(&d), Ignored: htmlIgnoreds(d),
	}
	p.Title = "keyfit: " + p.Sentence
	for i, s := range slots {
		p.Cards = append(p.Cards, b.card(i, s))
	}
	for i := range p.Cards[:min(maxOpen, len(p.Cards))] {
		p.Cards[i].Open = p.Cards[i].Outcome == Failed || i == 0 && p.Cards[i].Outcome == Unsettled
	}
	p.Matrix = b.matrix()
	p.Filters = b.filters()
	return p
}

// worstFirst sorts by outcome, then by the weight of the worst finding.
func worstFirst(list []Slot, x index) []Slot {
	worst := map[string]int{}
	for _, s := range list {
		for _, f := range x.findingsOf(s) {
			worst[s.key()] = max(worst[s.key()], 1+weight(f.Severity))
		}
	}
	out := slices.Clone(list)
	order.By(out, func(a, b Slot) int {
		return cmp.Or(rank(b.Outcome)-rank(a.Outcome), worst[b.key()]-worst[a.key()])
	})
	return out
}

// sentence is the result in one sentence.
func sentence(d Document) string {
	s, blind := d.Summary, len(wholeDoubts(d)) > 0
	switch {
	case s.Slots == 0 && blind:
		return "Nothing could be verified: no key was found where everything could be read"
	case s.Slots == 0:
		return fmt.Sprintf("Nothing was checked: no key in %s", plural(s.Environments, "environment", "environments"))
	case s.Failed > 0 && s.Unverified > 0:
		return fmt.Sprintf("%s, and %d could not be verified", misfits(s), s.Unverified)
	case s.Failed > 0:
		return misfits(s)
	case s.Unverified > 0 && s.Slots == 1:
		return "The key could not be verified"
	case s.Unverified > 0:
		return fmt.Sprintf("%d of %d keys could not be verified", s.Unverified, s.Slots)
	case s.Errors > 0:
		return fmt.Sprintf("The keys fit, but there %s of another kind", isAre(s.Errors, "error", "errors"))
	case blind:
		return "The keys that could be seen fit, but not everything could be looked at"
	case s.Slots == 1:
		return "The key fits"
	}
	return fmt.Sprintf("All %d keys fit", s.Slots)
}

// wholeDoubts are about more than one slot: an environment that could not be read, or a
// part of a divided run that is missing.
func wholeDoubts(d Document) []Unverified {
	return slices.DeleteFunc(slices.Clone(d.Unverified), func(u Unverified) bool { return u.Variable != "" })
}

// pageOutcome is the worst outcome in one word. A doubt about more than one slot keeps it
// from being a pass.
func pageOutcome(d Document) string {
	switch word := overall(d); {
	case word != Failed && word != Unsettled && len(wholeDoubts(d)) > 0:
		return Unsettled
	case d.Summary.Slots == 0 && word != Failed && word != Unsettled:
		return "nothing"
	default:
		return word
	}
}

func misfits(s Summary) string {
	switch {
	case s.Slots == 1:
		return "The key does not fit"
	case s.Failed == 1:
		return fmt.Sprintf("1 of %d keys does not fit", s.Slots)
	}
	return fmt.Sprintf("%d of %d keys do not fit", s.Failed, s.Slots)
}

func isAre(n int, one, many string) string {
	if n == 1 {
		return "is 1 " + one
	}
	return fmt.Sprintf("are %d %s", n, many)
}

// runFacts says when, how long, by which version, and who was asked.
func runFacts(d Document) []string {
	var facts []string
	if d.Shard != nil {
		facts = append(facts, strings.TrimSuffix(d.shardText(), ": "))
	}
	facts = append(facts, plural(d.Summary.Environments, "environment", "environments"))
	if t, err := time.Parse(time.RFC3339, d.Started); err == nil {
		facts = append(facts, t.UTC().Format("2 January 2006, 15:04 UTC"))
	}
	facts = append(facts, "took "+milliseconds(d.DurationMS))
	version := "keyfit"
	if d.Tool.Version != "" {
		version += " " + d.Tool.Version
	}
	return append(facts, version, requestCount(d))
}

func milliseconds(ms int64) string {
	if ms < 1000 {
		return fmt.Sprintf("%d ms", ms)
	}
	return fmt.Sprintf("%.1f s", float64(ms)/1000)
}

// requestCount says how many requests were sent, or that none was.
func requestCount(d Document) string {
	hosts, requests, offline := map[string]bool{}, 0, false
	count := func(r Request) {
		if r.Attempts > 0 {
			requests += r.Attempts
			hosts[r.Host] = true
		}
	}
	for _, s := range d.Slots {
		offline = offline || s.Reason == string(provider.Offline)
		count(s.Request)
		if s.Elsewhere != nil {
			count(s.Elsewhere.Request)
		}
	}
	switch {
	case requests > 0:
		return plural(requests, "request", "requests") + " to " + plural(len(hosts), "host", "hosts")
	case offline:
		return "offline: nothing was sent"
	}
	return "nothing was sent"
}

func htmlCounts(s Summary) []htmlCount {
	var out []htmlCount
	x := 0
	for _, c := range []htmlCount{{Outcome: Failed, N: s.Failed}, {Outcome: Unsettled, N: s.Unverified}, {Outcome: Passed, N: s.Passed}} {
		c.X, c.Width, c.Total = x, c.N, s.Slots
		x += c.N
		out = append(out, c)
	}
	return out
}

func severityCounts(s Summary) string {
	var parts []string
	for _, n := range []struct {
		n         int
		one, many string
	}{{s.Errors, "error", "errors"}, {s.Warnings, "warning", "warnings"}, {s.Notes, "note", "notes"}} {
		if n.n > 0 {
			parts = append(parts, plural(n.n, n.one, n.many))
		}
	}
	return strings.Join(parts, ", ")
}

// looseFindings are those that belong to no slot.
func looseFindings(x index) []htmlFinding {
	var out []htmlFinding
	for _, f := range x.doc.Findings {
		if _, ok := x.slotOf(f); !ok {
			out = append(out, toHTMLFinding(f))
		}
	}
	return out
}

func htmlProblems(d *Document) []htmlProblem {
	return convert(untoldProblems(d), func(p Problem) htmlProblem { return htmlProblem{p.At.String(), p.Message, p.Fix} })
}

func htmlIgnoreds(d Document) []htmlIgnored {
	return convert(d.Ignored, func(i Ignored) htmlIgnored {
		return htmlIgnored{toHTMLFinding(i.Finding), i.Finding.title(), strings.TrimSpace(i.Reason + until(i.Expires))}
	})
}
