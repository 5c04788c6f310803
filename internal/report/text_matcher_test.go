package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// matchers are .github/keyfit-matcher.json as the runner of GitHub Actions reads it. A job
// turns them on with
//
//	echo "::add-matcher::.github/keyfit-matcher.json"
type matchers struct {
	List []struct {
		Owner    string         `json:"owner"`
		Severity string         `json:"severity"`
		Pattern  []matchPattern `json:"pattern"`
	} `json:"problemMatcher"`
}

type matchPattern struct {
	Regexp   string `json:"regexp"`
	Severity int    `json:"severity"`
	Code     int    `json:"code"`
	Message  int    `json:"message"`
	File     int    `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
}

func readMatchers(t *testing.T) matchers {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", ".github", "keyfit-matcher.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var m matchers
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

// issues does what src/Runner.Worker/Handlers/OutputManager.cs of actions/runner does: it
// takes the colours out of each line, and a matcher whose next pattern does not fit the next
// line starts anew.
func (m matchers) issues(text string) []string {
	colors := regexp.MustCompile(`\x1b\[[0-9;]*m?`)
	var out []string
	for _, matcher := range m.List {
		var lines [][]string
		for line := range strings.Lines(text) {
			line = colors.ReplaceAllString(strings.TrimRight(line, "\r\n"), "")
			found := regexp.MustCompile(matcher.Pattern[len(lines)].Regexp).FindStringSubmatch(line)
			if found == nil && len(lines) > 0 {
				lines = nil
				found = regexp.MustCompile(matcher.Pattern[0].Regexp).FindStringSubmatch(line)
			}
			if found == nil {
				continue
			}
			if lines = append(lines, found); len(lines) < len(matcher.Pattern) {
				continue
			}
			first, second := matcher.Pattern[0], matcher.Pattern[1]
			severity := matcher.Severity
			if first.Severity > 0 {
				severity = lines[0][first.Severity]
			}
			out = append(out, fmt.Sprintf("%s %s %s | %s %s %s", severity, lines[0][first.Code], lines[0][first.Message],
				lines[1][second.File], lines[1][second.Line], lines[1][second.Column]))
			lines = nil
		}
	}
	slices.Sort(out)
	return out
}

func TestProblemMatcher(t *testing.T) {
	m := readMatchers(t)
	for name, in := range stories() {
		if name == "many" {
			continue // folded: not every finding has a block
		}
		d := Build(in)
		var want []string
		for _, f := range d.Findings {
			if f.At.File != "" {
				severity := map[string]string{"note": "notice"}[f.Severity]
				want = append(want, fmt.Sprintf("%s %s %s | %s %d %d", severity+strings.Repeat(f.Severity, 1-min(len(severity), 1)), f.ID, f.Message, f.At.File, f.At.Line, f.At.Column))
			}
		}
		slices.Sort(want)
		for _, opt := range []Options{{}, {Color: true}} {
			if got := m.issues(render(t, "text", d, opt)); !slices.Equal(got, want) {
				t.Errorf("%s, %+v:\ngot  %q\nwant %q", name, opt, got, want)
			}
		}
	}
}

// TestProblemMatcherPlaces goes through what can stand behind the arrow.
func TestProblemMatcherPlaces(t *testing.T) {
	m := readMatchers(t)
	for _, c := range []struct {
		at       At
		severity string
		want     string
	}{
		{At{"a.env", 3, 1}, "error", "error K205 m | a.env 3 1"},
		{At{"a b/c:d.yaml", 3, 0}, "warning", "warning K205 m | a b/c:d.yaml 3 "},
		{At{"x", 0, 0}, "note", "notice K205 m | x  "},
	} {
		d := Document{Findings: []Finding{{ID: "K205", Severity: c.severity, Message: "m", At: c.at}}}
		if got := m.issues(render(t, "text", d, Options{Color: true})); len(got) != 1 || got[0] != c.want {
			t.Errorf("%v: got %q, want %q", c.at, got, c.want)
		}
	}
	none := Document{Findings: []Finding{{ID: "K205", Severity: "error", Message: "m"}}}
	if got := m.issues(render(t, "text", none, Options{})); len(got) != 0 {
		t.Errorf("a finding without a place was put at %q", got)
	}
}
