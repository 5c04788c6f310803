package report

import (
	"cmp"
	"fmt"
	"io"
)

// maxBrief is how many findings fit on one screen.
const maxBrief = 5

// WriteBrief tells the findings of a document on one screen, for a person who is in the
// middle of something else: what, where, whose, and what to do.
func WriteBrief(w io.Writer, d Document, opt Options) error {
	p := &page{opt: opt}
	for i, f := range d.Findings {
		if i == maxBrief {
			p.line(fmt.Sprintf("%d more; `keyfit check --offline` shows all", len(d.Findings)-i))
			p.line()
			break
		}
		p.headline(f)
		if f.At.File != "" {
			p.line("  ", p.paint(blue, p.glyph("-->", "-->")), " ", p.text(f.At.String()))
		}
		if title := f.title(); title != "" {
			p.gutter(p.text(title))
		}
		p.note("fix", cmp.Or(f.Fix, "see "+f.Help))
		p.note("why", "keyfit explain "+f.ID)
		p.line()
	}
	return p.writeTo(w)
}

// Covers reports whether a finding is at or above the level.
func (level FailOn) Covers(f Finding) bool { return level.covers(f.Severity) }
