package cli

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/report"
)

// inPlainText is the finding that is about what git keeps for ever.
const inPlainText = "K106"

// found is a finding with what makes it the same as one in another state of the files.
type found struct {
	report.Finding
	about  []string // of every slot that it may be about: whose it is, and what it holds
	prints []string // the fingerprints of those, sorted
	absent bool     // one of them receives nothing
}

// foundIn gives the findings of a report, with the slots that they are about.
func foundIn(d report.Document, findings []report.Finding) []found {
	slots := map[string][]report.Slot{}
	for _, s := range d.Slots {
		place := strings.Join([]string{s.Environment, s.Consumer, s.Container, s.Variable}, "\x00")
		slots[place] = append(slots[place], s)
	}
	var out []found
	for _, f := range findings {
		one := found{Finding: f}
		for _, s := range concerned(f, slots[placeOf(f)]) {
			one.about = append(one.about, aboutSlot(f, s))
			if s.Fingerprint != "" {
				one.prints = append(one.prints, s.Fingerprint)
			}
			one.absent = one.absent || s.State == "absent"
		}
		one.about, one.prints = sorted(one.about), sorted(one.prints)
		out = append(out, one)
	}
	return out
}

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// concerned picks, of several slots of one name, as in two namespaces, those whose value comes
// by the finding's place; all where none does.
func concerned(f report.Finding, slots []report.Slot) []report.Slot {
	var out []report.Slot
	for _, s := range slots {
		if slices.ContainsFunc(s.Trail, func(h report.Hop) bool { return f.At.File != "" && h.At == f.At }) {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return slots
	}
	return out
}

// aboutSlot is whose slot it is and what it holds. What an API said is nothing of a key that
// stands in plain text.
func aboutSlot(f report.Finding, s report.Slot) string {
	words := []string{s.ConsumerKind, s.Namespace, s.State, s.Fingerprint}
	if f.ID != inPlainText {
		words = append(words, s.Reason, s.ValueReason)
	}
	return strings.Join(words, "\x00")
}

func placeOf(f report.Finding) string {
	return strings.Join([]string{f.Environment, f.Consumer, f.Container, f.Variable}, "\x00")
}

// rule is what two findings have in common that may be the same: the rule, the slot's name and
// the file. Lines move, so they do not count.
func (f found) rule() string {
	words := []string{f.ID, f.Severity, placeOf(f.Finding), f.At.File}
	if f.Variable == "" {
		words = append(words, f.Message)
	}
	return strings.Join(words, "\x01")
}

// without leaves out the findings that the old state has too, each as often as it is there: the
// same rule about the same values of the same slots, or about some of them.
func without(findings, old []found) []found {
	there := map[string][]found{}
	for _, f := range old {
		there[f.rule()] = append(there[f.rule()], f)
	}
	take := func(f found, same func(old found) bool) bool {
		list := there[f.rule()]
		i := slices.IndexFunc(list, same)
		if i >= 0 {
			there[f.rule()] = slices.Delete(list, i, i+1)
		}
		return i >= 0
	}
	rest := slices.DeleteFunc(slices.Clone(findings), func(f found) bool {
		return take(f, func(old found) bool { return slices.Equal(f.about, old.about) })
	})
	return slices.DeleteFunc(rest, func(f found) bool {
		return take(f, func(old found) bool { return allAmong(f.about, old.about) })
	})
}

// allAmong reports whether all of the few are among the many.
func allAmong(few, many []string) bool {
	return !slices.ContainsFunc(few, func(s string) bool { return !slices.Contains(many, s) })
}

// inPlain picks the keys in plain text.
func inPlain(list []found) []found {
	return slices.DeleteFunc(slices.Clone(list), func(f found) bool { return f.ID != inPlainText })
}

// printsOf lists the fingerprints of findings.
func printsOf(list []found) []string {
	var out []string
	for _, f := range list {
		out = append(out, f.prints...)
	}
	return sorted(out)
}
