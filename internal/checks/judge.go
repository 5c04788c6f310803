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
				found = append(found, fired{finding: completed(f, check, c), c: c})
			}
		}
	}
	order.By(found, func(a, b fired) int { return Compare(a.finding, b.finding) })
	found = slices.CompactFunc(found, func(a, b fired) bool { return Compare(a.finding, b.finding) == 0 })
	return sift(run, found)
}

// fired is a finding with the case that it is about.
type fired struct {
	finding Finding
	c       *Case
}

// consumers lists whom the finding concerns: everyone who receives the value.
func (f fired) consumers() []model.Consumer {
	return append([]model.Consumer{f.c.Slot.Consumer}, f.c.Slot.Also...)
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
