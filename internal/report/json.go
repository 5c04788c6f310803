package report

import (
	"encoding/json"
	"fmt"
	"io"
)

// maxReport bounds a saved report that is read back.
const maxReport = 64 << 20

func writeJSON(w io.Writer, d Document, _ Options) error { return encode(w, d) }

// encode writes indented JSON and leaves <, > and & as they are: this is no HTML.
func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// Read reads a report that `check --format json` wrote. It cleans every string and
// decides outcomes and counts anew, because a saved file may have been touched. Fields
// that it does not know are left out.
func Read(r io.Reader) (Document, error) {
	var d Document
	limited := &io.LimitedReader{R: r, N: maxReport}
	if err := json.NewDecoder(limited).Decode(&d); err != nil {
		if limited.N <= 0 {
			return Document{}, fmt.Errorf("the report is larger than %d MB", maxReport>>20)
		}
		return Document{}, fmt.Errorf("not a report of `keyfit check --format json`: %w", err)
	}
	if d.SchemaVersion != SchemaVersion {
		return Document{}, fmt.Errorf("the report has schema_version %d, expected %d", d.SchemaVersion, SchemaVersion)
	}
	environments := d.Summary.Environments
	fillLists(&d)
	cleanAll(&d)
	distrust(&d)
	settle(&d, nil)
	d.Summary.Environments = max(environments, d.Summary.Environments)
	return d, nil
}

// distrust sets right what a touched file could use to be mistaken for keyfit's own
// words: severities, which stand at the start of a line, and the addresses of manual pages.
func distrust(d *Document) {
	for i := range d.Findings {
		d.Findings[i].distrust()
	}
	for i := range d.Ignored {
		d.Ignored[i].Finding.distrust()
	}
}

func (f *Finding) distrust() {
	if weight(f.Severity) < 0 {
		f.Severity = "error"
	}
	if !isID(f.ID) {
		f.ID = "K000"
	}
	f.Help = HelpURL(f.ID)
}

// fillLists turns missing lists into empty ones, so that what is written again has
// every field.
func fillLists(d *Document) {
	fill(&d.Slots)
	fill(&d.Findings)
	fill(&d.Problems)
	fill(&d.Ignored)
	for i := range d.Slots {
		fill(&d.Slots[i].Trail)
		fill(&d.Slots[i].Shadowed)
		fill(&d.Slots[i].Identity.Scopes)
		for j := range d.Slots[i].Alternatives {
			fill(&d.Slots[i].Alternatives[j].Trail)
		}
		if e := d.Slots[i].Elsewhere; e != nil {
			fill(&e.Identity.Scopes)
		}
	}
	for i := range d.Findings {
		fill(&d.Findings[i].Related)
	}
}

func fill[T any](list *[]T) {
	if *list == nil {
		*list = []T{}
	}
}
