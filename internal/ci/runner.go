package ci

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sethvargo/go-githubactions"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/pos"
)

// Limits of the runner, and of what anybody reads.
const (
	maxPerLevel = 10      // annotations of one level that the runner keeps per step
	maxMessage  = 4096    // characters of an annotation; the runner cuts what is longer
	maxTitle    = 255     // characters of an annotation's title
	maxSummary  = 200_000 // bytes of a job summary; the runner refuses more than 1 MiB
	maxOutput   = 1024    // bytes of one output
)

// Runner speaks to the runner of GitHub Actions. Elsewhere it writes annotations in the
// same syntax and does nothing else.
type Runner struct {
	action  *githubactions.Action
	out     *sink
	env     map[string]string
	shown   map[string]int // annotations shown, by level
	dropped int
}

// New makes a Runner that writes commands to out. env is the environment of the
// process; nothing else of the machine is asked.
func New(out io.Writer, env map[string]string) *Runner {
	s := &sink{to: out}
	return &Runner{
		action: githubactions.New(
			githubactions.WithWriter(s),
			githubactions.WithGetenv(func(name string) string { return env[name] }),
		),
		out:   s,
		env:   env,
		shown: map[string]int{},
	}
}

// OnGitHub reports whether the runner is one of GitHub Actions.
func (r *Runner) OnGitHub() bool { return Detect(r.env) == GitHub }

// Annotate shows a message at a place. level is error, warning or notice. The runner
// keeps ten of each level for one step; what is beyond that is counted, see [Runner.Flush].
// One notice is kept free to say so.
func (r *Runner) Annotate(level, title string, at pos.Span, message string) error {
	limit := maxPerLevel
	if level == "notice" {
		limit--
	}
	if r.shown[level] >= limit {
		r.dropped++
		return nil
	}
	r.shown[level]++
	a := r.action.WithFieldsMap(fields(title, at))
	show, ok := map[string]func(string, ...any){"error": a.Errorf, "warning": a.Warningf, "notice": a.Noticef}[level]
	if !ok {
		return fmt.Errorf("annotation level %q is unknown, expected error, warning or notice", level)
	}
	show("%s", shorten(clean(message), maxMessage))
	return r.out.err
}

// Flush says how many annotations did not fit, and starts counting anew.
func (r *Runner) Flush() error {
	if r.dropped > 0 {
		r.action.WithFieldsMap(map[string]string{"title": "keyfit"}).
			Noticef("%d more, see the summary", r.dropped)
	}
	r.dropped = 0
	return r.out.err
}

// fields gives the properties of an annotation. The library escapes them.
func fields(title string, at pos.Span) map[string]string {
	f := map[string]string{"title": shorten(oneLine(title), maxTitle)}
	if at.File == "" {
		return f
	}
	f["file"] = oneLine(at.File)
	for name, n := range map[string]int{
		"line": at.Start.Line, "col": at.Start.Column, "endLine": at.End.Line, "endColumn": lastColumn(at),
	} {
		if n > 0 {
			f[name] = strconv.Itoa(n)
		}
	}
	return f
}

// lastColumn is left out for a span over several lines: the runner wants columns only
// within one line.
func lastColumn(at pos.Span) int {
	if at.End.Line != at.Start.Line {
		return 0
	}
	return at.End.Column
}

// Summary adds Markdown to the job's page, cut to 200 KB at the end of a line. It does
// nothing off GitHub, or where the runner names no file for it.
func (r *Runner) Summary(markdown string) error {
	if !r.hasFile("GITHUB_STEP_SUMMARY") {
		return nil
	}
	return guard("write the job summary", func() { r.action.AddStepSummary(cutLines(markdown, maxSummary)) })
}

// delimiter is how the library ends a value in the runner's files.
const delimiter = "_GitHubActionsFileCommandDelimeter_"

// outputName is what an output may be called.
var outputName = lazy.Regexp(`\A[a-z][a-z0-9-]{0,63}\z`)

// Output sets an output of the step. Both texts must be plain: a single line without
// control characters. It does nothing off GitHub.
func (r *Runner) Output(name, value string) error {
	switch {
	case !outputName().MatchString(name):
		return fmt.Errorf("output name %q must be of small letters, digits and dashes", shorten(oneLine(name), 64))
	case len(value) > maxOutput, value != oneLine(value), strings.Contains(value, delimiter):
		return fmt.Errorf("output %s must be a single plain line of at most %d bytes", name, maxOutput)
	case !r.hasFile("GITHUB_OUTPUT"):
		return nil
	}
	return guard("write the output "+name, func() { r.action.SetOutput(name, value) })
}

// Outputs sets what the action promises: the result as one word (passed, failed,
// unverified or error), the number of findings, and where the report lies.
func (r *Runner) Outputs(result string, findings int, reportPath string) error {
	if err := r.Output("result", result); err != nil {
		return err
	}
	if err := r.Output("findings", strconv.Itoa(findings)); err != nil {
		return err
	}
	return r.Output("report-path", reportPath)
}

// hasFile reports whether the runner named a file of its own that can be written: the
// library panics otherwise.
func (r *Runner) hasFile(variable string) bool {
	if !r.OnGitHub() || r.env[variable] == "" {
		return false
	}
	info, err := os.Stat(r.env[variable])
	return err == nil && info.Mode().IsRegular()
}

// guard turns a panic of the library into an error.
func guard(what string, do func()) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("cannot %s: %v", what, fault)
		}
	}()
	do()
	return nil
}

// sink keeps the first error of the writer to itself: the library panics on one.
type sink struct {
	to  io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	if s.err == nil {
		_, s.err = s.to.Write(p)
	}
	return len(p), nil
}

// clean takes out what has no place in a log: control characters but line breaks, and
// the openings that runners obey in the middle of a line.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return strings.NewReplacer("##[", "# #[", "##vso[", "# #vso[").Replace(text)
}

func oneLine(text string) string { return strings.ReplaceAll(clean(text), "\n", " ") }

func shorten(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}

// cutLines shortens text to n bytes, at the end of a line.
func cutLines(text string, n int) string {
	const note = "\n\nThe summary was cut here; the report has the rest.\n"
	if len(text) <= n {
		return text
	}
	text = text[:n-len(note)-len("\n```")]
	text = text[:strings.LastIndexByte(text, '\n')+1]
	if strings.Count(text, "```")%2 == 1 {
		text += "```"
	}
	return text + note
}
