package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// Options is how a report is to look. The zero value is plain text of any width.
type Options struct {
	Color   bool // use terminal colours
	ASCII   bool // use no character outside ASCII for drawing
	Width   int  // of the terminal; 0 is unlimited
	Verbose bool // show the passed slots and whole journeys too
	Quiet   bool // leave out the table and warnings' details

	// OpensAlerts tells that whoever takes SARIF opens an alert for every result in it,
	// suppressed or not, as GitHub does: what is ignored is left out then.
	OpensAlerts bool
	Note        string // what the github format says first, about this run as a whole

	// Runner is how the github format reaches the runner: annotations on w, and the job
	// summary wherever the runner wants it.
	Runner func(w io.Writer) Runner
}

// Runner takes what a CI runner shows. Package ci implements it.
type Runner interface {
	// Annotate shows a message at a place. level is error, warning or notice.
	Annotate(level, title string, at pos.Span, message string) error
	// Summary adds Markdown to the job's page. It does nothing where there is none.
	Summary(markdown string) error
	// Flush ends the annotations and says how many did not fit.
	Flush() error
}

// Format writes a Document in one way.
type Format func(w io.Writer, d Document, opt Options) error

// Formats lists every format by its name.
func Formats() map[string]Format {
	return map[string]Format{
		"text":     writeText,
		"json":     writeJSON,
		"github":   writeGitHub,
		"markdown": writeMarkdown,
		"html":     writeHTML,
		"sarif":    writeSARIF,
		"junit":    writeJUnit,
		"gitlab":   writeGitLab,
	}
}

// FormatNames lists the names of the formats in order.
func FormatNames() []string { return slices.Sorted(maps.Keys(Formats())) }

// Lookup gives a format by its name; an unknown name is an error that names the flag and suggests
// one.
func Lookup(flag, name string) (Format, error) {
	if f, ok := Formats()[name]; ok {
		return f, nil
	}
	_, err := choose(flag, name, FormatNames())
	return nil, err
}

// Write writes d in the named format.
func Write(w io.Writer, name string, d Document, opt Options) error {
	f, err := Lookup("--format", name)
	if err != nil {
		return err
	}
	return f(w, d, opt)
}

// choose gives the index of word in words, or an error that says what was expected.
func choose(what, word string, words []string) (int, error) {
	if i := slices.Index(words, word); i >= 0 {
		return i, nil
	}
	if near := strict.Nearest(word, words); near != "" {
		return 0, fmt.Errorf("%s %q is unknown, did you mean %q; expected one of %s", what, Clean(word), near, strings.Join(words, ", "))
	}
	return 0, fmt.Errorf("%s %q is unknown; expected one of %s", what, Clean(word), strings.Join(words, ", "))
}
