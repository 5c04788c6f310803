// Package checks judges: each file named after an id holds one finding, with the rule
// that fires it and its manual page. Rules are pure functions over a [Case]; none calls
// another, and none ever sees the text of a key.
//
// What several rules ask in the same way (does a real text arrive? which place is to be
// changed?) stands in case.go and words.go. [Judge] runs them all.
package checks

import (
	"cmp"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/sources"
	"github.com/keyfit/keyfit/internal/verdict"
)

// Severity is how much a finding weighs.
type Severity uint8

// The severities, weakest first.
const (
	Note Severity = iota
	Warning
	Error
)

// String gives the word of the JSON contract.
func (s Severity) String() string { return [...]string{"note", "warning", "error"}[min(s, Error)] }

// Check is one rule with its manual page.
type Check struct {
	ID       string // K105
	Name     string // overridden-key
	Severity Severity
	Page     Page
	// Weighs gives the severity in a case where it is another; nil where it never is.
	Weighs func(*Case) Severity
	// OnProblem marks the rule that looks at input problems; all others look at slots.
	OnProblem bool
	// Run judges one case: it fires at most once, and what it returns has only a place,
	// a message, a fix and related places. Judge fills in the rest.
	Run func(*Case) (f Finding, fires bool)
}

// Page is the manual page of a finding, printed by `keyfit explain` and generated into
// docs/findings. All texts are Markdown paragraphs without headings.
type Page struct {
	Summary string   // one sentence: what is wrong
	Why     string   // what happens to a deploy that goes on
	Bad     string   // an example that fires it, as a fenced block would hold it
	Good    string   // the same, mended
	Fix     string   // what to do
	Limits  string   // what it does not see, or when it may be wrong
	See     []string // ids of findings that are near
}

// Finding is one thing wrong. No field ever holds a form of a key.
type Finding struct {
	ID          string
	Name        string
	Severity    Severity
	Environment string
	Consumer    string
	Container   string
	Variable    string
	Slots       []string // the IDs of the slots that it is about; more than one where all else is the same
	At          pos.Span
	Message     string // lower case, no full stop
	Fix         string
	Related     []Related
}

// Related is another place that belongs to a finding.
type Related struct {
	At      pos.Span // no file for what comes from the process
	Message string
}

// Slot names what the finding is about as an ignore does: environment/consumer/VARIABLE.
func (f Finding) Slot() string { return f.Environment + "/" + f.Consumer + "/" + f.Variable }

// Key tells whether findings of two runs are the same one. It holds no line numbers, so
// that an edit further up does not make an old finding new.
func (f Finding) Key() string {
	parts := []string{f.ID, f.Environment, f.Consumer, f.Container, f.Variable, f.At.File}
	if f.Variable == "" {
		parts = append(parts, f.Message) // one file may have several problems
	}
	return strings.Join(parts, "|")
}

// Compare orders findings for reports: the most severe first, then by environment,
// place and id.
func Compare(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(b.Severity, a.Severity),
		cmp.Compare(a.Environment, b.Environment),
		pos.Compare(a.At, b.At),
		cmp.Compare(a.ID, b.ID),
		cmp.Compare(a.Consumer, b.Consumer),
		cmp.Compare(a.Container, b.Container),
		cmp.Compare(a.Variable, b.Variable),
		cmp.Compare(a.Message, b.Message),
		cmp.Compare(a.Fix, b.Fix),
	)
}

// Case is everything that a check may look at: one slot and what became of it, with
// the whole run around it.
type Case struct {
	Slot    keys.Slot
	Verdict verdict.Verdict
	Defects []provider.Defect // what is wrong with the text's form
	Aside   bool              // another part of a divided run checks this slot: no rule is asked about it
	Problem *model.Problem    // set for a case that is one input problem; of Slot, only Environment is then set

	Run *Run
}

// Run is what all cases of one run share.
type Run struct {
	Config  *config.File
	Cases   []*Case // every slot of every environment, and every input problem
	Now     time.Time
	Offline bool
	Partial bool // not all environments are looked at

	// Sources searches what the application reads, when a rule first asks. nil: nothing is known of it.
	Sources func() *sources.Set

	// Files and FilesRead are where comments that ignore a finding are looked for: in what the
	// run has read, and where findings point at. No Files, no comments.
	Files     repo.Files
	FilesRead []string
	// CommentsFrom says why comments are not honoured; "" when they are.
	CommentsFrom string
	Allow        []string // ids that may be ignored in production, of those that Guarded lists
	NoIgnores    bool     // nothing is ignored
}
