package report

import (
	"errors"
	"io"
	"strings"

	"github.com/keyfit/keyfit/internal/pos"
)

// writeGitHub shows the findings as annotations, worst first, the whole report on the
// job's page, and one line in the log.
func writeGitHub(w io.Writer, d Document, opt Options) error {
	if opt.Runner == nil {
		return errors.New("the github format needs a runner")
	}
	r := opt.Runner(w)
	if opt.Note != "" {
		if err := r.Annotate("notice", "keyfit", pos.Span{}, opt.Note); err != nil {
			return err
		}
	}
	var elsewhere []string
	for _, c := range clusters(d.Findings) {
		f := c[0]
		if f.isElsewhere() {
			for _, f := range c {
				elsewhere = append(elsewhere, f.title())
			}
			continue
		}
		level := map[string]string{"error": "error", "warning": "warning"}[f.Severity]
		if level == "" {
			level = "notice"
		}
		if err := r.Annotate(level, f.ID+" "+f.Name, f.At.span(), annotation(c)); err != nil {
			return err
		}
	}
	if len(elsewhere) > 0 {
		// No line of a pull request is at fault: one notice for all of them, beside none.
		if err := r.Annotate("notice", "keyfit", pos.Span{}, checkedElsewhere(elsewhere)); err != nil {
			return err
		}
	}
	if err := r.Flush(); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "keyfit: "+summaryText(d)+"\n"); err != nil {
		return err
	}
	return r.Summary(noted(opt.Note) + Markdown(d))
}

// isElsewhere reports whether the finding only says that an offline run lacks a secret of the CI:
// nobody is to mend that.
func (f Finding) isElsewhere() bool { return f.ID == "K102" && f.Severity == "note" }

func checkedElsewhere(titles []string) string {
	return plural(len(titles), "key comes", "keys come") + " from the CI's secret store, which an offline run does not have; checked in the job that does: " + strings.Join(titles, ", ")
}

// noted is the note as a quotation above the report.
func noted(note string) string {
	if note == "" {
		return ""
	}
	return "> " + md(note) + "\n\n"
}

func annotation(c cluster) string {
	f := c[0]
	text := f.Message
	if title := f.title(); title != "" {
		text = title + ": " + text
	}
	if others := c.others(); others != "" {
		text += "\nsame at " + others
	}
	if f.Fix != "" {
		text += "\nfix: " + f.Fix
	}
	return text + "\nhelp: " + f.Help
}

func (a At) span() pos.Span {
	return pos.Span{
		File:  a.File,
		Start: pos.Pos{Line: a.Line, Column: a.Column},
	}
}
