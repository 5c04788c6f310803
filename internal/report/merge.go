package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/order"
)

// Merge makes one report of several.
//
// A slot that several reports hold stands once: a failure is kept before a doubt, and a doubt
// before a pass, so that joining reports never hides anything. With latest the report that was
// started last is believed instead, and the older findings about its slots are dropped: that
// is for what was run again. Findings, problems and ignores are joined and stand once each.
// The merged run began when the first did and took as long as the longest.
//
// Parts of a run with --shard are joined; where some are missing, the report says that what
// they check is not verified.
func Merge(docs []Document, latest bool) Document {
	m := &merger{docs: slices.Clone(docs), latest: latest, outdated: map[source]bool{}, renamed: map[name]string{}, files: map[int]map[string]bool{}, related: map[[2]int]bool{}}
	order.By(m.docs, func(a, b Document) int { return cmp.Compare(a.Started, b.Started) })
	out := Document{SchemaVersion: SchemaVersion, Slots: []Slot{}, Findings: []Finding{}, Problems: []Problem{}, Ignored: []Ignored{}}
	m.head(&out)
	m.slots(&out)
	m.findings(&out)
	m.shards(&out)
	m.reuse(&out)
	m.unseen(&out)
	m.note(&out)
	settle(&out, out.Environments)
	for _, d := range docs {
		if len(d.Environments) == 0 {
			out.Summary.Environments = max(out.Summary.Environments, d.Summary.Environments)
		}
	}
	return out
}

// merger joins reports. docs stand in the order in which they were started.
type merger struct {
	docs     []Document
	latest   bool
	kept     []held
	outdated map[source]bool // slots in whose place another report's are taken
	renamed  map[name]string // the ids that slots bear in the joined report, where they bear others
	files    map[int]map[string]bool
	related  map[[2]int]bool // reports that speak of one file
	notes    []string
	disputes int
}

// source names a slot by its report and where it stands there.
type source struct{ doc, slot int }

// name is the id of a slot in one report.
type name struct {
	doc int
	id  string
}

// held is a slot with where it is from.
type held struct {
	Slot
	source
}

func (m *merger) head(out *Document) {
	for i, d := range m.docs {
		out.Tool = d.Tool
		if out.Started == "" {
			out.Started = d.Started
		}
		out.DurationMS = max(out.DurationMS, d.DurationMS)
		out.Environments = append(out.Environments, d.Environments...)
		out.ReuseAllowed = d.ReuseAllowed && (i == 0 || out.ReuseAllowed)
		out.FingerprintKey = commonKey(out.FingerprintKey, d.FingerprintKey, i == 0)
		m.notes = append(m.notes, d.Notes...)
	}
	out.Environments = someOf(distinct(out.Environments))
	out.Repository = commonRepository(m.docs)
}

// commonKey is what the fingerprints of both were made with.
func commonKey(a, b *FingerprintKey, first bool) *FingerprintKey {
	switch {
	case first, a == nil && b == nil:
		return b
	case a != nil && b != nil && *a == *b && a.Kind == "kept":
		return a
	}
	return &FingerprintKey{Kind: "mixed"}
}

// identity is what makes slots of two reports the same one.
type identity struct {
	environment, kind, namespace, consumer, container, variable string
	file                                                        bool
}

func (s Slot) identity() identity {
	return identity{s.Environment, s.ConsumerKind, s.Namespace, s.Consumer, s.Container, s.Variable, s.File}
}

func (m *merger) slots(out *Document) {
	kept := map[identity][]held{}
	var order []identity
	for i, d := range m.docs {
		mine := map[identity][]held{}
		for j, s := range d.Slots {
			id := s.identity()
			if len(kept[id]) == 0 && len(mine[id]) == 0 {
				order = append(order, id)
			}
			mine[id] = append(mine[id], held{s, source{i, j}})
		}
		for id, list := range mine {
			kept[id] = m.join(kept[id], list)
		}
	}
	for _, id := range order {
		m.kept = append(m.kept, kept[id]...)
	}
	m.distinguish()
	for _, h := range m.kept {
		out.Slots = append(out.Slots, h.Slot)
	}
}

// join puts the slots of one identity in two reports together. A consumer may be started
// several times with several values: those of the same journey belong together, and then
// those that are left, in their order.
func (m *merger) join(old, list []held) []held {
	if len(old) == 0 {
		return list
	}
	waiting := map[string][]int{} // by journey: which of old are free
	for i, h := range old {
		key := journeyKey(h.Trail)
		waiting[key] = append(waiting[key], i)
	}
	taken := make([]bool, len(old))
	pair := func(i int, h held) {
		taken[i] = true
		id := old[i].ID
		m.rename(h, id)
		old[i] = m.choose(old[i], h)
		old[i].ID = id
	}
	var rest []held
	for _, h := range list {
		key := journeyKey(h.Trail)
		if free := waiting[key]; len(free) > 0 {
			waiting[key] = free[1:]
			pair(free[0], h)
		} else {
			rest = append(rest, h)
		}
	}
	next := 0
	for _, h := range rest {
		for next < len(taken) && taken[next] {
			next++
		}
		if next < len(taken) {
			pair(next, h)
		} else {
			old = append(old, h)
		}
	}
	return old
}

// rename remembers the id that a slot of one report bears in the joined one.
func (m *merger) rename(h held, id string) {
	if h.ID != id && h.ID != "" {
		m.renamed[name{h.doc, h.ID}] = id
	}
}

// distinguish gives slots that are two in the joined report two ids.
func (m *merger) distinguish() {
	taken := map[string]bool{}
	for i := range m.kept {
		h := &m.kept[i]
		id := h.ID
		for n := 2; id != "" && taken[id]; n++ {
			id = fmt.Sprintf("%s+%d", h.ID, n)
		}
		m.rename(*h, id)
		taken[id], h.ID = true, id
	}
}

// about gives a finding of one report the ids that its slots bear in the joined one.
func (m *merger) about(doc int, f Finding) Finding {
	slots := slices.Clone(f.Slots)
	for i, id := range slots {
		if other, ok := m.renamed[name{doc, id}]; ok {
			slots[i] = other
		}
	}
	f.Slots = someOf(distinct(slots))
	return f
}

// journeyKey is equal for equal journeys.
func journeyKey(trail []Hop) string {
	var b []byte
	for _, h := range trail {
		for _, text := range []string{h.At.File, h.Kind, h.What} {
			b = append(strconv.AppendInt(b, int64(len(text)), 10), ':')
			b = append(b, text...)
		}
		for _, n := range []int{h.At.Line, h.At.Column} {
			b = append(strconv.AppendInt(b, int64(n), 10), ':')
		}
		b = strconv.AppendBool(b, h.Literal)
	}
	return string(b)
}

// choose takes one of two slots that are the same; b is of the later report. That it is later
// counts only where both are surely of one repository.
func (m *merger) choose(a, b held) held {
	winner, loser := b, a
	switch {
	case m.latest && m.sameSource(a, b):
		m.outdated[a.source] = true
	case rank(a.Outcome) > rank(b.Outcome):
		winner, loser = a, b
	}
	if a.Outcome != b.Outcome {
		m.dispute(loser, winner)
	}
	return winner
}

// maxDisputes bounds the notes about reports that disagree.
const maxDisputes = 20

func (m *merger) dispute(loser, winner held) {
	if m.disputes++; m.disputes > maxDisputes {
		return
	}
	first, second := loser, winner
	if winner.doc < loser.doc {
		first, second = winner, loser
	}
	note := fmt.Sprintf("the reports disagree on %s: %s and %s; kept is %s", winner.title(), first.Outcome, second.Outcome, winner.Outcome)
	if m.latest && winner.doc < loser.doc {
		note += ", because nothing tells that both are of one repository"
	}
	m.notes = append(m.notes, note)
}

// same is what makes two findings one.
type same struct {
	id, severity, environment, consumer, container, variable, message string
	at                                                                At
}

func (f Finding) same() same {
	return same{f.ID, f.Severity, f.Environment, f.Consumer, f.Container, f.Variable, f.Message, f.At}
}

func (m *merger) findings(out *Document) {
	for i := range m.docs {
		d := &m.docs[i]
		stale := m.staleness(i)
		for _, f := range d.Findings {
			if !stale(f) {
				out.Findings = append(out.Findings, m.about(i, f))
			}
		}
		for _, entry := range d.Ignored {
			if !stale(entry.Finding) {
				entry.Finding = m.about(i, entry.Finding)
				out.Ignored = append(out.Ignored, entry)
			}
		}
		if !m.latest || !m.repeated(i, d.Environments...) {
			out.Problems = append(out.Problems, d.Problems...)
		}
	}
	out.Findings = oneEach(out.Findings, func(f *Finding) (any, *Finding) { return f.same(), f })
	out.Ignored = oneEach(out.Ignored, func(i *Ignored) (any, *Finding) { return [2]any{i.Finding.same(), i.Reason}, &i.Finding })
	out.Problems = once(out.Problems, func(p Problem) Problem { return p })
	order.By(out.Problems, func(a, b Problem) int {
		return cmp.Or(compareAt(a.At, b.At), cmp.Compare(a.Message, b.Message), cmp.Compare(a.Fix, b.Fix))
	})
	order.By(out.Ignored, func(a, b Ignored) int { return compareIgnored(a.Finding, b.Finding) })
}

// compareIgnored is the order in which a run lists what is ignored.
func compareIgnored(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(weight(b.Severity), weight(a.Severity)),
		cmp.Compare(a.Environment, b.Environment), compareAt(a.At, b.At), cmp.Compare(a.ID, b.ID),
		cmp.Compare(a.Consumer, b.Consumer), cmp.Compare(a.Container, b.Container), cmp.Compare(a.Variable, b.Variable),
		cmp.Compare(a.Message, b.Message), cmp.Compare(a.Fix, b.Fix),
	)
}

// oneEach joins findings that are the same: the first stays, and is about the slots of all.
func oneEach[T any](list []T, of func(*T) (any, *Finding)) []T {
	at := map[any]int{}
	out := list[:0:0]
	for i := range list {
		key, f := of(&list[i])
		first, had := at[key]
		if !had {
			at[key] = len(out)
			out = append(out, list[i])
			continue
		}
		_, kept := of(&out[first])
		kept.Slots = someOf(distinct(append(kept.Slots, f.Slots...)))
	}
	return out
}

// once keeps the first of those that have the same key.
func once[T any, K comparable](list []T, key func(T) K) []T {
	seen := map[K]bool{}
	return slices.DeleteFunc(list, func(t T) bool {
		k := key(t)
		had := seen[k]
		seen[k] = true
		return had
	})
}

// staleness tells which findings of a report a later one has replaced. Only with latest
// there are any.
func (m *merger) staleness(doc int) func(Finding) bool {
	if !m.latest {
		return func(Finding) bool { return false }
	}
	x := newIndex(&m.docs[doc])
	return func(f Finding) bool {
		if about := x.slotsOf(&f); len(about) > 0 {
			return !slices.ContainsFunc(about, func(i int) bool { return !m.outdated[source{doc, i}] })
		}
		return f.Environment != "" && m.repeated(doc, f.Environment)
	}
}

// repeated reports whether later reports of the same repository looked at all of these
// environments again.
func (m *merger) repeated(doc int, environments ...string) bool {
	for _, name := range environments {
		again := false
		for later := doc + 1; later < len(m.docs) && !again; later++ {
			again = slices.Contains(m.docs[later].Environments, name) && m.sameRepository(doc, later)
		}
		if !again {
			return false
		}
	}
	return len(environments) > 0
}

// note says what has to be known of the sources.
func (m *merger) note(out *Document) {
	if more := m.disputes - maxDisputes; more > 0 {
		m.notes = append(m.notes, fmt.Sprintf("the reports disagree on %s more", plural(more, "slot", "slots")))
	}
	var versions []string
	for _, d := range m.docs {
		versions = append(versions, cmp.Or(d.Tool.Version, "without a number"))
	}
	if versions = distinct(versions); len(versions) > 1 {
		m.notes = append(m.notes, "the reports are of several versions of keyfit: "+strings.Join(versions, ", "))
	}
	if k := out.FingerprintKey; len(m.docs) > 1 && (k == nil || k.Kind != "kept") && m.spansEnvironments() {
		m.notes = append(m.notes, "fingerprints are not comparable across these reports, so a key that two of them share is not found: run all of them with one KEYFIT_FINGERPRINT_KEY")
	}
	out.Notes = someOf(once(m.notes, func(note string) string { return note }))
}

// spansEnvironments reports whether two runs looked at different environments.
func (m *merger) spansEnvironments() bool {
	for i, d := range m.docs {
		for j := range i {
			if len(d.Slots) > 0 && len(m.docs[j].Slots) > 0 && m.run(i) != m.run(j) && !slices.Equal(environmentsOf(d), environmentsOf(m.docs[j])) {
				return true
			}
		}
	}
	return false
}

func environmentsOf(d Document) []string {
	names := slices.Clone(d.Environments)
	for _, s := range d.Slots {
		names = append(names, s.Environment)
	}
	return distinct(names)
}

// run tells the runs of the reports apart: the parts of one division are one.
func (m *merger) run(doc int) string {
	if s := m.docs[doc].Shard; s != nil {
		return s.Plan
	}
	return fmt.Sprint("#", doc)
}
