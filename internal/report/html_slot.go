package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/provider"
)

// htmlCard is one slot with everything that is known of it.
type htmlCard struct {
	N                                         int
	Open                                      bool
	Outcome, Word                             string
	Environment, Consumer, Variable, Provider string
	Lights                                    []htmlLight
	Chips                                     []htmlChip
	Same                                      string // the letter of a key that stands in several places
	Reason, Why                               string // the stable word, and a sentence
	Findings                                  []htmlFinding
	Facts                                     []htmlFact
	Path                                      htmlPath
	Twins                                     []htmlTwin
	MoreTwins                                 int
	FilterBy                                  [5]string // indexes into the filters' options
}

// htmlLight is one rung.
type htmlLight struct{ Name, Answer string }

// htmlChip is the id of a finding.
type htmlChip struct{ ID, Name, Severity string }

// htmlFact is one line of what is known: Group starts a new group.
type htmlFact struct {
	Group, Label, Text string
	Code               bool
}

// htmlTwin is another place in which the same key stands.
type htmlTwin struct {
	N     int
	Title string
}

type htmlFinding struct {
	ID, Name, Severity, Title, Place, Message, Fix, Help string
	Related                                              []htmlProblem
}

func toHTMLFinding(f Finding) htmlFinding {
	out := htmlFinding{
		ID: f.ID, Name: f.Name, Severity: f.Severity, Title: f.title(), Place: f.At.String(), Message: f.Message, Fix: f.Fix,
		Related: convert(f.Related, func(r Related) htmlProblem { return htmlProblem{Place: r.At.String(), Message: r.Message} }),
	}
	if isID(f.ID) {
		out.Help = HelpURL(f.ID)
	}
	return out
}

// htmlBuilder knows what one card has to know of the others.
type htmlBuilder struct {
	index
	slots   []Slot
	letters map[string]string // by fingerprint
	twins   map[string][]int
	options [5][]string
	named   map[string]int // how many slots a name without a namespace stands for
}

// The filters, in the order of the page.
const (
	byEnvironment = iota
	byOutcome
	byProvider
	byFinding
	byConsumer
)

func newHTMLBuilder(x index, slots []Slot) htmlBuilder {
	b := htmlBuilder{index: x, slots: slots, letters: map[string]string{}, twins: map[string][]int{}, named: map[string]int{}}
	for i, s := range slots {
		b.named[s.name()]++
		if s.Fingerprint != "" {
			b.twins[s.Fingerprint] = append(b.twins[s.Fingerprint], i)
		}
		for kind, words := range b.words(s) {
			b.options[kind] = append(b.options[kind], words...)
		}
	}
	for kind := range b.options {
		b.options[kind] = distinct(b.options[kind])
	}
	b.options[byEnvironment] = distinct(append(b.options[byEnvironment], x.doc.Environments...))
	told := map[string]bool{}
	for _, s := range slots {
		if !told[s.Fingerprint] && b.inSeveralPlaces(s.Fingerprint) {
			b.letters[s.Fingerprint] = letter(len(b.letters))
		}
		told[s.Fingerprint] = true
	}
	return b
}

// inSeveralPlaces reports whether a key stands in more than one environment or variable.
func (b htmlBuilder) inSeveralPlaces(fingerprint string) bool {
	twins := b.twins[fingerprint]
	return slices.ContainsFunc(twins, func(i int) bool { return b.slots[i].place() != b.slots[twins[0]].place() })
}

// letter names the n-th key: A to Z, then A2 and so on.
func letter(n int) string {
	name := string(rune('A' + n%26))
	if n >= 26 {
		name += strconv.Itoa(1 + n/26)
	}
	return name
}

// words are what a slot is found by, for each filter.
func (b htmlBuilder) words(s Slot) [5][]string {
	var w [5][]string
	w[byEnvironment] = []string{s.Environment}
	w[byOutcome] = []string{s.Outcome}
	if s.Provider != "" {
		w[byProvider] = []string{s.Provider}
	}
	for _, f := range b.findingsOf(s) {
		w[byFinding] = append(w[byFinding], f.ID)
	}
	w[byConsumer] = []string{s.Consumer}
	for _, c := range s.Also {
		w[byConsumer] = append(w[byConsumer], c.Workload)
	}
	return w
}

func (b htmlBuilder) filters() []htmlFilter {
	out := []htmlFilter{
		byEnvironment: {Name: "environment", Label: "Environment", Any: "All environments"},
		byOutcome:     {Name: "outcome", Label: "Outcome", Any: "All outcomes"},
		byProvider:    {Name: "provider", Label: "Provider", Any: "All providers"},
		byFinding:     {Name: "finding", Label: "Finding", Any: "All findings"},
		byConsumer:    {Name: "consumer", Label: "Consumer", Any: "All consumers"},
	}
	for i := range out {
		out[i].Options = b.options[i]
	}
	return out
}

func (b htmlBuilder) card(n int, s Slot) htmlCard {
	c := htmlCard{
		N: n, Outcome: s.Outcome, Word: b.word(s), Environment: s.Environment, Variable: s.Variable,
		Consumer: b.consumer(s), Provider: slotTitle(s.Provider, s.Kind, "", ""),
		Lights: lights(s.Rungs), Chips: b.chips(s), Same: b.letters[s.Fingerprint], Reason: s.Reason, Why: b.why(s),
		Findings: convert(b.findingsOf(s), toHTMLFinding), Facts: htmlFacts(s), Path: htmlPathOf(s),
	}
	c.twins(b, s)
	for kind, words := range b.words(s) {
		c.FilterBy[kind] = b.positions(kind, words)
	}
	return c
}

// consumer names who receives a slot; with the namespace only where it takes one to tell.
func (b htmlBuilder) consumer(s Slot) string {
	if b.named[s.name()] > 1 {
		return slotTitle(s.Namespace, s.Consumer, s.Container, "")
	}
	return slotTitle(s.Consumer, s.Container, "", "")
}

// positions lists where words stand among the options of a filter.
func (b htmlBuilder) positions(kind int, words []string) string {
	var at []string
	for _, w := range distinct(words) {
		if i, ok := slices.BinarySearch(b.options[kind], w); ok {
			at = append(at, strconv.Itoa(i))
		}
	}
	return strings.Join(at, " ")
}

// word is the outcome for people: a misfit that the configuration accepts is no plain pass.
func (b htmlBuilder) word(s Slot) string {
	if s.Outcome == Passed && hasError(b.ignoredOf(s)) {
		return "accepted"
	}
	return s.Outcome
}

// why says the outcome in words.
func (b htmlBuilder) why(s Slot) string {
	if s.Outcome == Unsettled {
		return doubt(s)
	}
	parts := []string{cmp.Or(reasonText[provider.Reason(s.Reason)], s.Reason)}
	if s.Outcome == Failed && s.Reason == string(provider.OK) {
		parts[0] += ", but it does not belong here"
	}
	if s.Says != "" {
		parts = append(parts, s.Says)
	}
	if s.Permission != "" {
		parts = append(parts, "it lacks "+s.Permission)
	}
	if s.Doubt != "" {
		parts = append(parts, s.Doubt)
	}
	return strings.Join(parts, ": ")
}

func lights(r Rungs) []htmlLight {
	names := []string{"format", "known", "linked", "active", "authorised"}
	out := make([]htmlLight, len(names))
	for i, answer := range r.all() {
		if answer != "pass" && answer != rungFailed {
			answer = Unsettled
		}
		out[i] = htmlLight{names[i], answer}
	}
	return out
}

// chips are the ids of a slot's findings, each once, worst first, then what is ignored.
func (b htmlBuilder) chips(s Slot) []htmlChip {
	var out []htmlChip
	add := func(f Finding, severity string) {
		if !slices.ContainsFunc(out, func(c htmlChip) bool { return c.ID == f.ID }) {
			out = append(out, htmlChip{f.ID, f.Name, severity})
		}
	}
	for _, f := range b.findingsOf(s) {
		add(f, f.Severity)
	}
	for _, f := range b.ignoredOf(s) {
		add(f, "ignored")
	}
	return out
}

// maxTwins bounds how many places with the same key a card names.
const maxTwins = 20

func (c *htmlCard) twins(b htmlBuilder, s Slot) {
	if c.Same == "" {
		return
	}
	others := b.twins[s.Fingerprint]
	for _, i := range others {
		if len(c.Twins) == maxTwins {
			break
		}
		if i != c.N {
			c.Twins = append(c.Twins, htmlTwin{i, b.slots[i].title()})
		}
	}
	c.MoreTwins = len(others) - 1 - len(c.Twins)
}

// htmlFacts are whose key it is, what was asked, and what is known of the value.
func htmlFacts(s Slot) []htmlFact {
	out := titled("Whose key", htmlIdentity(s.Identity))
	if e := s.Elsewhere; e != nil {
		elsewhere := append(htmlIdentity(e.Identity), htmlRequest(e.Request)...)
		out = append(out, titled("Accepted in "+e.Environment, elsewhere)...)
	}
	out = append(out, htmlRequests(s)...)
	if c := s.Control; c != nil {
		control := addFact(nil, "control key", c.Variable+" "+c.State, false)
		control = addFact(control, "reason", strings.TrimSuffix(c.Reason+": "+c.Says, ": "), false)
		out = append(out, titled("A key known to be good", append(control, htmlRequest(c.Request)...))...)
	}
	var value []htmlFact
	value = addFact(value, "provider", slotTitle(s.Provider, s.Kind, "", ""), false)
	value = addFact(value, "shown as", s.KeyHint, true)
	value = addFact(value, "namespace", s.Namespace, false)
	value = addFact(value, "fingerprint", s.Fingerprint, true)
	value = addFact(value, "reason", s.Reason, true)
	for _, c := range s.Also {
		value = addFact(value, "received by", slotTitle(c.Kind, c.Namespace, c.Workload, c.Container), false)
	}
	return append(out, titled("The value", value)...)
}

// htmlRequests are all that the outcome rests on, but for those that are told elsewhere.
func htmlRequests(s Slot) []htmlFact {
	if len(s.Asked) == 0 {
		return titled("Asked", htmlRequest(s.Request))
	}
	var out []htmlFact
	for _, a := range s.Asked {
		if s.Elsewhere != nil && a.Environment == s.Elsewhere.Environment && a.Request == s.Elsewhere.Request {
			continue
		}
		name := map[string]string{"key": "Asked", "step": "Then asked", "elsewhere": "Asked at another host", "control-request": "Asked with a made-up key"}[a.What]
		if about := cmp.Or(a.Step, a.Environment); about != "" {
			name += ": " + about
		}
		list := htmlRequest(a.Request)
		out = append(out, titled(cmp.Or(name, "Asked"), addFact(list, "came to", a.Reason, true))...)
	}
	return out
}

func titled(name string, list []htmlFact) []htmlFact {
	if len(list) > 0 {
		list[0].Group = name
	}
	return list
}

func addFact(list []htmlFact, label, text string, code bool) []htmlFact {
	if text == "" {
		return list
	}
	return append(list, htmlFact{Label: label, Text: text, Code: code})
}

func htmlIdentity(i Identity) []htmlFact {
	var out []htmlFact
	out = addFact(out, cmp.Or(i.Principal.Kind, "user"), i.Principal.Name, false)
	out = addFact(out, "id", i.Principal.ID, true)
	if i.Active != nil {
		out = addFact(out, "active", map[bool]string{true: "yes", false: "no"}[*i.Active], false)
	}
	out = addFact(out, "account", i.Account, true)
	out = addFact(out, "tenant", i.Tenant, true)
	out = addFact(out, "mode", i.Mode, false)
	out = addFact(out, "scopes", strings.Join(i.Scopes, " "), true)
	if i.Admin {
		out = addFact(out, "rights", "administrator", false)
	}
	out = addFact(out, "created", i.Created, false)
	return addFact(out, "expires", i.Expires, false)
}

func htmlRequest(r Request) []htmlFact {
	if r.Host == "" && r.Method == "" {
		return nil
	}
	out := addFact(nil, "request", strings.TrimSpace(r.Method+" "+r.Host+r.Path), true)
	answer := ""
	if r.Status != 0 {
		answer = strings.TrimSpace(fmt.Sprintf("%d %s", r.Status, r.Code))
	}
	out = addFact(out, "answer", cmp.Or(answer, r.Failure, "no answer"), true)
	if answer != "" {
		out = addFact(out, "failure", r.Failure, false)
	}
	out = addFact(out, "request id", r.RequestID, true)
	took := ""
	if r.Attempts > 0 {
		took = milliseconds(r.DurationMS)
	}
	if r.Attempts > 1 {
		took += fmt.Sprintf(", %d attempts", r.Attempts)
	}
	out = addFact(out, "took", took, false)
	return addFact(out, "asked at", r.At, false)
}
