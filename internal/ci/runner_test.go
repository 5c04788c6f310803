package ci

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/pos"
)

func TestDetect(t *testing.T) {
	tests := []struct {
		env  map[string]string
		want System
	}{
		{nil, None},
		{map[string]string{"CI": "false"}, None},
		{map[string]string{"CI": "true"}, Other},
		{map[string]string{"CI": "true", "GITHUB_ACTIONS": "true"}, GitHub},
		{map[string]string{"GITHUB_ACTIONS": "false"}, None},
		{map[string]string{"CI": "true", "GITLAB_CI": "true"}, GitLab},
		{map[string]string{"JENKINS_URL": "https://ci.example"}, Jenkins},
		{map[string]string{"CIRCLECI": "true"}, CircleCI},
		{map[string]string{"TF_BUILD": "True"}, Azure},
		{map[string]string{"BUILDKITE": "true"}, Buildkite},
		{map[string]string{"BITBUCKET_BUILD_NUMBER": "7"}, Bitbucket},
	}
	for _, tt := range tests {
		if got := Detect(tt.env); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.env, got, tt.want)
		}
	}
}

// files makes the files that a runner gives to a step, and its environment.
func files(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	env := map[string]string{"GITHUB_ACTIONS": "true"}
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"} {
		env[name] = filepath.Join(dir, name)
		if err := os.WriteFile(env[name], nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return env
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// outputs reads a file of outputs as the runner does: NAME<<DELIMITER, lines, DELIMITER.
func outputs(t *testing.T, text string) map[string]string {
	t.Helper()
	out := map[string]string{}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		if lines[i] == "" {
			continue
		}
		name, end, ok := strings.Cut(lines[i], "<<")
		if !ok {
			t.Fatalf("not an output: %q", lines[i])
		}
		var value []string
		for i++; i < len(lines) && lines[i] != end; i++ {
			value = append(value, lines[i])
		}
		out[name] = strings.Join(value, "\n")
	}
	return out
}

func TestOutputs(t *testing.T) {
	env := files(t)
	r := New(&bytes.Buffer{}, env)
	if err := r.Outputs("failed", 3, "dist/report.json"); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"result": "failed", "findings": "3", "report-path": "dist/report.json"}
	if diff := cmp.Diff(want, outputs(t, read(t, env["GITHUB_OUTPUT"]))); diff != "" {
		t.Error(diff)
	}
}

func TestOutputRefuses(t *testing.T) {
	for _, tt := range []struct{ name, value string }{
		{"report-path", "a\nresult=passed"},
		{"report-path", "a\r"},
		{"report-path", delimiter},
		{"report-path", "x" + delimiter + "x"},
		{"report-path", "a\x1b[31m"},
		{"report-path", strings.Repeat("a", maxOutput+1)},
		{"result\nx", "passed"},
		{"result<<x", "passed"},
		{"Result", "passed"},
		{"", "passed"},
	} {
		env := files(t)
		if err := New(&bytes.Buffer{}, env).Output(tt.name, tt.value); err == nil {
			t.Errorf("%q=%q was accepted", tt.name, tt.value)
		}
		if got := read(t, env["GITHUB_OUTPUT"]); got != "" {
			t.Errorf("%q=%q wrote %q", tt.name, tt.value, got)
		}
	}
}

// TestOffGitHub: without a runner, or with one that names no files, nothing is written
// and nothing panics.
func TestOffGitHub(t *testing.T) {
	withFiles := files(t)
	noRunner := map[string]string{"GITHUB_OUTPUT": withFiles["GITHUB_OUTPUT"], "GITHUB_STEP_SUMMARY": withFiles["GITHUB_STEP_SUMMARY"]}
	for name, env := range map[string]map[string]string{
		"nothing set":     nil,
		"no runner":       noRunner,
		"no files":        {"GITHUB_ACTIONS": "true"},
		"missing files":   {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": filepath.Join(t.TempDir(), "x"), "GITHUB_STEP_SUMMARY": t.TempDir()},
		"an empty name":   {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": "", "GITHUB_STEP_SUMMARY": ""},
		"a name with nul": {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": "\x00", "GITHUB_STEP_SUMMARY": "\x00"},
	} {
		r := New(&bytes.Buffer{}, env)
		if err := r.Outputs("passed", 0, ""); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := r.Summary("# x"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, file := range []string{"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"} {
		if got := read(t, withFiles[file]); got != "" {
			t.Errorf("%s was written off GitHub: %q", file, got)
		}
	}
}

func TestAnnotate(t *testing.T) {
	place := pos.Span{File: "a,b:c.sh", Start: pos.Pos{Line: 7, Column: 8}, End: pos.Pos{Line: 7, Column: 12}}
	lines := pos.Span{File: "a.sh", Start: pos.Pos{Line: 7, Column: 8}, End: pos.Pos{Line: 9, Column: 12}}
	tests := []struct {
		level, title string
		at           pos.Span
		message      string
		want         string
	}{
		{"error", "K304 owner-inactive", place, "suspended", "::error col=8,endColumn=12,endLine=7,file=a%2Cb%3Ac.sh,line=7,title=K304 owner-inactive::suspended\n"},
		{"warning", "K105", lines, "100%\ntwo", "::warning col=8,endLine=9,file=a.sh,line=7,title=K105::100%25%0Atwo\n"},
		{"notice", "K1", pos.Span{}, "m", "::notice title=K1::m\n"},
		{"error", "a\n::b", pos.Span{File: "f"}, "x\r\n::error::forged ##[error]y\x1b[31m\u202e", "::error file=f,title=a %3A%3Ab::x%0A::error::forged # #[error]y[31m\n"},
	}
	for _, tt := range tests {
		var b bytes.Buffer
		if err := New(&b, nil).Annotate(tt.level, tt.title, tt.at, tt.message); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, strings.ReplaceAll(b.String(), "\r\n", "\n")); diff != "" {
			t.Error(diff)
		}
	}
	if err := New(&bytes.Buffer{}, nil).Annotate("fatal", "", pos.Span{}, ""); err == nil {
		t.Error("a level that there is not was accepted")
	}
}

func TestAnnotationsAreFolded(t *testing.T) {
	var b bytes.Buffer
	r := New(&b, nil)
	for i := range 25 {
		for _, level := range []string{"error", "warning", "notice"} {
			if err := r.Annotate(level, "K", pos.Span{}, fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := r.Flush(); err != nil {
		t.Fatal(err)
	}
	out := b.String()
	for _, level := range []string{"::error ", "::warning ", "::notice "} {
		if n := strings.Count(out, level); n != maxPerLevel {
			t.Errorf("%d lines of %s, want %d", n, level, maxPerLevel)
		}
	}
	if want := "::notice title=keyfit::46 more, see the summary"; !strings.Contains(out, want) {
		t.Errorf("%q is missing", want)
	}
	b.Reset()
	if err := r.Flush(); err != nil || b.Len() != 0 {
		t.Errorf("a second flush wrote %q, %v", b.String(), err)
	}
}

func TestLongMessage(t *testing.T) {
	var b bytes.Buffer
	if err := New(&b, nil).Annotate("error", strings.Repeat("t", 999), pos.Span{}, strings.Repeat("ü", 9999)); err != nil {
		t.Fatal(err)
	}
	if n := utf8.RuneCountInString(b.String()); n > maxMessage+maxTitle+len("::error title=::\n") {
		t.Errorf("%d characters", n)
	}
}

func TestSummary(t *testing.T) {
	env := files(t)
	r := New(&bytes.Buffer{}, env)
	if err := r.Summary("# one"); err != nil {
		t.Fatal(err)
	}
	if err := r.Summary("# two"); err != nil {
		t.Fatal(err)
	}
	if got := strings.ReplaceAll(read(t, env["GITHUB_STEP_SUMMARY"]), "\r\n", "\n"); got != "# one\n# two\n" {
		t.Errorf("got %q", got)
	}
}

func TestSummaryIsCut(t *testing.T) {
	env := files(t)
	text := "```mermaid\n" + strings.Repeat("ü-ü-ü-ü\n", 100_000)
	if err := New(&bytes.Buffer{}, env).Summary(text); err != nil {
		t.Fatal(err)
	}
	got := read(t, env["GITHUB_STEP_SUMMARY"])
	if len(got) > maxSummary+2 || !utf8.ValidString(got) {
		t.Errorf("%d bytes, valid %v", len(got), utf8.ValidString(got))
	}
	if strings.Count(got, "```") != 2 || !strings.Contains(got, "was cut here") {
		t.Error("the fence is left open, or the cut is not told")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("the pipe is closed") }

// TestBrokenWriter: the library panics on a writer that fails; the wrapper reports it.
func TestBrokenWriter(t *testing.T) {
	r := New(broken{}, nil)
	if err := r.Annotate("error", "", pos.Span{}, "x"); err == nil {
		t.Error("the error is lost")
	}
	if err := r.Flush(); err == nil {
		t.Error("the error is forgotten")
	}
}

// FuzzAnnotate: one annotation is one line, and reads back as what it was made of.
func FuzzAnnotate(f *testing.F) {
	f.Add("title", "file", "message")
	f.Add("::error::", "a,b:c%", "x\n::add-mask::y\r##[error]")
	f.Fuzz(func(t *testing.T, title, file, message string) {
		var b bytes.Buffer
		if err := New(&b, nil).Annotate("error", title, pos.Span{File: file, Start: pos.Pos{Line: 1}}, message); err != nil {
			t.Fatal(err)
		}
		line := strings.TrimRight(b.String(), "\r\n")
		if strings.ContainsAny(line, "\r\n") || strings.Contains(line, "##[") || !strings.HasPrefix(line, "::error ") {
			t.Fatalf("%q", line)
		}
		head, data, _ := strings.Cut(line[2:], "::")
		if got := unescape(data); got != shorten(clean(message), maxMessage) {
			t.Errorf("message %q reads back as %q", message, got)
		}
		for property := range strings.SplitSeq(strings.TrimPrefix(head, "error "), ",") {
			name, value, _ := strings.Cut(property, "=")
			if name == "title" && unescape(value) != shorten(oneLine(title), maxTitle) {
				t.Errorf("title %q reads back as %q", title, unescape(value))
			}
		}
	})
}

func unescape(text string) string {
	return strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%").Replace(text)
}
