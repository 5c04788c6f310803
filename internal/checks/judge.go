package checks

import (
	"slices"

	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
)

// Judgement is what all checks came to.
type Judgement struct {
	Findings []Finding // in the order of Compare
	Ignored  []Ignored // what keyfit.yaml or a comment silences, in the same order
	Pending  []Finding // of a divided run: ignores that silence nothing, if every part says so
}

// Judge runs every check over every case and takes out what is ignored. The
// result does not depend on the order of the cases.
func Judge(run *Run) Judgement {
	var found []fired
	for _, check := range All() {
		for _, c := range run.Cases {
			if (c.Problem != nil) != check.OnProblem || c.Aside {
				continue
			}
			if f, fires := check.Run(c); fires {
				found = append(found, fired{finding: completed(f, check, c), cases: []*Case{c}})
			}
		}
	}
	order.By(found, func(a, b fired) int { return Compare(a.finding, b.finding) })
	return sift(run, joined(found))
}

// fired is a finding with the cases that it is about.
type fired struct {
	finding Finding
	cases   []*Case
}

// joined makes one of findings that say the very same of several slots.
func joined(found []fired) []fired {
	var out []fired
	for _, f := range found {
		if last := len(out) - 1; last >= 0 && Compare(out[last].finding, f.finding) == 0 {
			out[last].cases = append(out[last].cases, f.cases...)
			continue
		}
		out = append(out, f)
	}
	for i := range out {
		for _, c := range out[i].cases {
			if c.Slot.ID != "" {
				out[i].finding.Slots = append(out[i].finding.Slots, c.Slot.ID)
			}
		}
		slices.Sort(out[i].finding.Slots)
	}
	return out
}

// consumers lists whom the finding concerns: everyone who receives the value.
func (f fired) consumers() []model.Consumer {
	var out []model.Consumer
	for _, c := range f.cases {
		out = append(append(out, c.Slot.Consumer), c.Slot.Also...)
	}
	return out
}

func completed(f Finding, check Check, c *Case) Finding {
	f.ID, f.Name, f.Severity = check.ID, check.Name, check.Severity
	if check.Weighs != nil {
		f.Severity = check.Weighs(c)
	}
	f.Environment = c.Slot.Environment
	f.Consumer, f.Container = keys.Label(c.Slot.Consumer), c.Slot.Consumer.Container
	f.Variable = c.Slot.Variable
	return c.withControlKey(f)
}
