package report_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/ci"
	"github.com/keyfit/keyfit/internal/report"
)

// TestGitHubThroughTheRunner writes the github format as the program does: through
// package ci, with the files that a runner gives.
func TestGitHubThroughTheRunner(t *testing.T) {
	for _, name := range []string{"many", "odd-names", "suspended"} {
		summary := filepath.Join(t.TempDir(), "summary")
		if err := os.WriteFile(summary, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		env := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": summary}
		d := load(t, name)
		var log bytes.Buffer
		opt := report.Options{Runner: func(w io.Writer) report.Runner { return ci.New(w, env) }}
		if err := report.Write(&log, "github", d, opt); err != nil {
			t.Fatal(err)
		}
		checkLog(t, name, log.String(), len(d.Findings))
		page, err := os.ReadFile(summary)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) > 200_001 || !bytes.HasPrefix(page, []byte("## keyfit: failed\n")) {
			t.Errorf("%s: a summary of %d bytes that starts with %.40q", name, len(page), page)
		}
	}
}

// load reads a golden report back, as `keyfit convert` does. The long one is put together
// from a short one.
func load(t *testing.T, name string) report.Document {
	t.Helper()
	file := name
	if name == "many" {
		file = "suspended"
	}
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "report", file+".json"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := report.Read(file+".json", data)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; name == "many" && len(d.Findings) < 300; i++ {
		f := d.Findings[i]
		f.At.Line += 1000 // elsewhere, so that it is another one
		d.Findings = append(d.Findings, f)
	}
	return d
}

// checkLog counts the commands that a runner would obey. There are no others than one
// annotation for each finding, and one line about those that were folded.
func checkLog(t *testing.T, name, log string, findings int) {
	t.Helper()
	commands, plain := 0, 0
	for line := range strings.Lines(log) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "::error "), strings.HasPrefix(line, "::warning "), strings.HasPrefix(line, "::notice "):
			commands++
		case strings.HasPrefix(line, "::"), strings.Contains(line, "##["):
			t.Errorf("%s: a runner would obey %q", name, line)
		default:
			plain++
		}
	}
	if want := min(findings, 21); commands != want || plain != 1 {
		t.Errorf("%s: %d annotations and %d plain lines, want %d and 1", name, commands, plain, want)
	}
}

func TestGitHubNeedsARunner(t *testing.T) {
	if err := report.Write(io.Discard, "github", report.Document{}, report.Options{}); err == nil {
		t.Error("it wrote to nobody")
	}
}
