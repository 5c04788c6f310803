package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/pos"

	"io"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// plainRunner stands in for the runner of package ci, which lies on the same floor.
type plainRunner struct{ w io.Writer }

func (r plainRunner) Annotate(level, title string, at pos.Span, message string) error {
	_, err := io.WriteString(r.w, level+" ("+title+") "+at.String()+": "+strings.ReplaceAll(message, "\n", "%0A")+"\n")
	return err
}

func (r plainRunner) Summary(markdown string) error { return nil }

func (r plainRunner) Flush() error { return nil }

func options(width int) Options {
	return Options{Width: width, Runner: func(w io.Writer) Runner { return plainRunner{w} }}
}

func render(t *testing.T, name string, d Document, opt Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, name, d, opt); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("..", "..", "testdata", "report", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-golden +got):\n%s", name, diff)
	}
}

func TestGoldens(t *testing.T) {
	for name, in := range stories() {
		d := Build(in)
		for _, format := range FormatNames() {
			t.Run(name+"/"+format, func(t *testing.T) {
				got := render(t, format, d, options(100))
				checkHarmless(t, got)
				switch {
				case format == "html":
					return // looked at in a browser
				case name == "many" && format != "text" && format != "github" && format != "markdown":
					return // long and uniform; other tests cover it
				case format == "sarif":
					got = withoutRules(t, got) // they are the manual pages
				}
				golden(t, name+"."+format, got)
			})
		}
	}
}

func TestTextVariants(t *testing.T) {
	variants := map[string]Options{
		"color":   {Color: true, Width: 100},
		"ascii":   {ASCII: true, Width: 80},
		"narrow":  {Width: 40},
		"wide":    {},
		"verbose": {Verbose: true},
		"quiet":   {Quiet: true},
	}
	for name, opt := range variants {
		for _, story := range []string{"suspended", "passed", "wrong-mode", "long-trails"} {
			got := render(t, "text", Build(stories()[story]), opt)
			if opt.ASCII && strings.ContainsFunc(got, func(r rune) bool { return r > '~' }) {
				t.Errorf("%s/%s: not plain ASCII:\n%s", name, story, got)
			}
			if !opt.Color && strings.Contains(got, "\x1b") {
				t.Errorf("%s/%s: colours that nobody asked for", name, story)
			}
			golden(t, "variants/"+story+"."+name+".txt", got)
		}
	}
}

// checkHarmless holds for whatever a stranger may have written: one cannot command a
// runner, steer a terminal, or show a key.
func checkHarmless(t *testing.T, out string) {
	t.Helper()
	if strings.Contains(out, canary) {
		t.Error("the output holds a key")
	}
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") || strings.Contains(line, "##vso[") {
			t.Errorf("a runner would obey this line: %q", line)
		}
		if i := strings.IndexFunc(line, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }); i >= 0 {
			t.Errorf("invisible or control character in line %q", line)
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	for name, want := range map[string]string{
		"jsn":    `--format "jsn" is unknown, did you mean "json"; expected one of ` + strings.Join(FormatNames(), ", "),
		"":       `--format "" is unknown; expected one of ` + strings.Join(FormatNames(), ", "),
		"poetry": `--format "poetry" is unknown; expected one of ` + strings.Join(FormatNames(), ", "),
	} {
		err := Write(io.Discard, name, Document{}, Options{})
		if err == nil || err.Error() != want {
			t.Errorf("format %q: got %v, want %s", name, err, want)
		}
	}
}

func TestJSONRoundTrip(t *testing.T) {
	for name, in := range stories() {
		d := Build(in)
		first := render(t, "json", d, Options{})
		back, err := Read("report.json", []byte(first))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(d, back); diff != "" {
			t.Errorf("%s (-built +read):\n%s", name, diff)
		}
	}
}

// TestReadDoesNotTrust: a report that was touched after the run cannot claim a pass,
// nor bring control characters along.
func TestReadDoesNotTrust(t *testing.T) {
	d := Build(suspendedStory())
	d.Summary = Summary{Environments: 1, Slots: 1, Passed: 1}
	d.Slots[0].Outcome = Passed
	d.Findings[0].Message = hostile
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read("report.json", raw)
	if err != nil {
		t.Fatal(err)
	}
	if got.Summary.Failed != 1 || got.Slots[0].Outcome != Failed {
		t.Errorf("the report passes itself: %+v", got.Summary)
	}
	for _, format := range FormatNames() {
		checkHarmless(t, render(t, format, got, options(0)))
	}
}

func TestMarkdownStaysSmall(t *testing.T) {
	in := manyStory()
	for i := range in.Findings {
		in.Findings[i].Message = strings.Repeat("|", 4000)
	}
	text := Markdown(Build(in))
	if len(text) > maxMarkdown {
		t.Errorf("%d bytes, at most %d are allowed", len(text), maxMarkdown)
	}
	if !strings.Contains(text, "more findings are in the JSON report") {
		t.Error("it does not say that findings were left out")
	}
	if n := strings.Count(text, "\n  h") + strings.Count(text, "\n  slot("); n > 3*maxNodes {
		t.Errorf("%d lines of charts", n)
	}
}

// TestMarkdownIsInert goes through a report made of hostile text only.
func TestMarkdownIsInert(t *testing.T) {
	text := Markdown(Build(oddStory()))
	if n := strings.Count(text, "```"); n%2 != 0 {
		t.Errorf("%d fences", n)
	}
	ours := regexp.MustCompile(`^(<details><summary>\d+ stops? of its journey</summary>|</details>)\n$`)
	for line := range strings.Lines(text) {
		if ours.MatchString(line) {
			continue
		}
		if strings.Contains(line, "@") {
			t.Errorf("a mention is possible: %q", line)
		}
		if i := unescaped(line, '<'); i >= 0 && !strings.Contains(line, "<https://github.com/keyfit/") {
			t.Errorf("a tag is possible: %q", line)
		}
		if strings.HasPrefix(line, "| ") && !slices.Contains([]int{5, 8}, cells(line)) {
			t.Errorf("%d cell borders: %q", cells(line), line)
		}
	}
}

func unescaped(line string, c byte) int {
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case c:
			return i
		}
	}
	return -1
}

func cells(line string) (n int) {
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '|':
			n++
		}
	}
	return n
}

func FuzzFormats(f *testing.F) {
	f.Add(hostile)
	f.Add("a##[b")
	f.Add("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\")
	f.Add("##\u200b[group]x")
	f.Add("#\x00#[error]")
	f.Fuzz(func(t *testing.T, text string) {
		in := suspendedStory()
		in.Findings[0].Message, in.Findings[1].Fix, in.Findings[0].At.File = text, text, text
		in.Cases[0].Verdict.Identity.Name, in.Cases[0].Verdict.Evidence.Failure = text, text
		in.Cases[0].Slot.Variable, in.Cases[0].Slot.Consumer.Workload = text, text
		d := Build(in)
		for _, name := range FormatNames() {
			for _, width := range []int{0, 30, 80} {
				checkHarmless(t, render(t, name, d, options(width)))
			}
		}
		back, err := Read("report.json", []byte(render(t, "json", d, Options{})))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d, back); diff != "" {
			t.Error(diff)
		}
	})
}

// TestReadKeepsItsOwnWords: what stands at the start of a line is never a stranger's.
func TestReadKeepsItsOwnWords(t *testing.T) {
	d := Build(suspendedStory())
	d.Findings[0].Severity, d.Findings[0].ID, d.Findings[0].Help = "::error::x ##", "stop]", "https://evil.example"
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read("report.json", raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range FormatNames() {
		out := render(t, format, got, options(0))
		checkHarmless(t, out)
		if strings.Contains(out, "evil.example") || !strings.Contains(out, "K000") {
			t.Errorf("%s: the address or the id of a finding was taken over", format)
		}
	}
}
