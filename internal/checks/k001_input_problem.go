package checks

import "cmp"

const (
	idInputProblem   = "K001"
	nameInputProblem = "input-problem"
)

func inputProblem() Check {
	return Check{
		ID: idInputProblem, Name: nameInputProblem, Severity: Warning, OnProblem: true, Run: problemOfInput, Weighs: problemWeighs,
		Page: Page{
			Summary: "A file on the way of a key could not be read or understood.",
			Why: "What stands in the file is missing from the picture: keys that it defines count as unknown, and keys that it overrides may be reported with a value that never arrives. " +
				"The real tool usually stops at the same place, in the middle of the deploy.",
			Bad: `# .env.staging
PAYMENT_API_KEY="sk_test_CANARYstaging
#               ^ the quote is never closed`,
			Good: `# .env.staging
PAYMENT_API_KEY="sk_test_CANARYstaging"`,
			Fix: "Correct the file at the place that is named. Where a step of the deploy path names a file that does not exist any more, remove it from `keyfit.yaml`. " +
				"An ignore, under `ignore` or in a comment, that has expired, soon will, matches nothing or cannot be read is reported with this id as well; renew, mend or remove it.",
			Limits: "It is an error, and no warning, where the deploy certainly ends at the place: in a script with `set -u`, at a variable that is not set. Only files that the deploy path reaches are read. An ignore is called useless only when this run could have produced the finding: its environment was checked, and the API has answered. What is said about ignores cannot be ignored itself.",
			See:    []string{"K102"},
		},
	}
}

// problemWeighs: what certainly ends the deploy is no warning.
func problemWeighs(c *Case) Severity {
	if c.Problem.Stops {
		return Error
	}
	return Warning
}

func problemOfInput(c *Case) (Finding, bool) {
	p := c.Problem
	return Finding{
		At:      p.At,
		Message: p.Message,
		Fix:     cmp.Or(p.Fix, "correct the file, or take it out of the deploy path"),
	}, true
}
