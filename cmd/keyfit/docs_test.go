package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/docs"
	"github.com/keyfit/keyfit/internal/cli"
	"github.com/keyfit/keyfit/internal/model"
)

const generatedNote = "<!-- Generated: run `go generate ./internal/docs`. -->\n\n"

// TestCommandsPage holds docs/commands.md to the commands.
func TestCommandsPage(t *testing.T) {
	if diff := cmp.Diff(pageText(t, "commands.md"), generatedNote+string(cli.Commands())); diff != "" {
		t.Errorf("docs/commands.md is out of date: run `go generate ./internal/docs` (-committed +generated):\n%s", diff)
	}
}

func pageText(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var fence = regexp.MustCompile("(?s)```([a-z]+)\n(.*?)```")

// TestFirstSteps does what docs/first-steps.md says, in an empty folder, and compares what it
// shows. KEYFIT_UPDATE=1 rewrites what it shows.
func TestFirstSteps(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the page speaks to a shell of Unix")
	}
	text, dir := pageText(t, "first-steps.md"), t.TempDir()
	var printed string
	steps := 0
	replayed := fence.ReplaceAllStringFunc(text, func(block string) string {
		m := fence.FindStringSubmatch(block)
		switch {
		case m[1] == "text":
			return "```text\n" + printed + "```"
		case strings.HasPrefix(m[2], "go install "):
			checkInstall(t, m[2])
		default:
			steps++
			cmd := exec.Command("sh", "-c", m[2])
			cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "KEYFIT_FINGERPRINT_KEY=for-the-tests-only"}
			out, _ := cmd.CombinedOutput() // the page shows how it ended, where that matters
			printed = fingerprints.ReplaceAllString(string(out), "kf:…")
		}
		return block
	})
	if steps < 4 {
		t.Fatalf("found only %d steps", steps)
	}
	if diff := cmp.Diff(text, replayed); diff != "" {
		if os.Getenv("KEYFIT_UPDATE") != "" {
			if err := os.WriteFile(filepath.Join("..", "..", "docs", "first-steps.md"), []byte(replayed), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		t.Errorf("docs/first-steps.md shows something else than is printed (-page +printed):\n%s", diff)
	}
}

var fingerprints = regexp.MustCompile(`kf:[0-9a-f]+`)

// checkInstall: what people are told to install is this module's program.
func checkInstall(t *testing.T, line string) {
	t.Helper()
	module, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	path, _, _ := strings.Cut(strings.TrimPrefix(string(module), "module "), "\n")
	if want := "go install " + path + "/cmd/keyfit@latest"; strings.TrimSpace(line) != want {
		t.Errorf("%q, want %q", strings.TrimSpace(line), want)
	}
}

// TestUnknownPage: docs/unknown.md has a section for every reason, and its example gives it.
func TestUnknownPage(t *testing.T) {
	_, text, _ := strings.Cut(pageText(t, "unknown.md"), "\n## ")
	var found []string
	for part := range strings.SplitSeq(text, "\n## ") {
		reason, body, _ := strings.Cut(part, "\n")
		reason = strings.Trim(reason, "`")
		found = append(found, reason)
		t.Run(reason, func(t *testing.T) {
			if !strings.Contains(body, "**Known when** ") {
				t.Error("it does not say what makes it known")
			}
			m := fence.FindStringSubmatch(body)
			if m == nil {
				t.Fatal("it has no example")
			}
			if got := reasonsOf(t, m[2]); !slices.Equal(got, []string{reason}) {
				t.Errorf("the example gives %q", got)
			}
		})
	}
	var want []string
	for _, r := range model.Reasons() {
		want = append(want, string(r))
	}
	slices.Sort(found)
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("the page has other reasons than there are (-there are +page):\n%s", diff)
	}
}

// reasonsOf resolves an example, whose first line names its file, and gives why API_KEY is unknown.
func reasonsOf(t *testing.T, example string) []string {
	t.Helper()
	first, content, _ := strings.Cut(example, "\n")
	name := strings.TrimPrefix(first, "# ")
	config := map[string]string{
		".sh":   "version: 1\nenvironments: {staging: {deploy: [{run: bash " + name + "}]}}\n",
		".yaml": "version: 1\nenvironments: {staging: {deploy: [{manifests: [" + name + "]}]}}\n",
		".yml":  "version: 1\nenvironments: {staging: {deploy: [{workflow: {file: " + name + ", job: deploy}}]}}\n",
	}[filepath.Ext(name)]
	dir := folder(t, map[string]string{name: content, "keyfit.yaml": config + "keys: {API_KEY: {provider: openai}}\n"})
	stdout, stderr, _ := run(t, dir, "resolve", "--format", "json")
	var resolved struct {
		Environments []struct {
			Consumers []struct {
				Variables []struct{ Name, Reason string }
			}
		}
	}
	if err := json.Unmarshal([]byte(stdout), &resolved); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	var out []string
	for _, e := range resolved.Environments {
		for _, c := range e.Consumers {
			for _, v := range c.Variables {
				if v.Name == "API_KEY" {
					out = append(out, v.Reason)
				}
			}
		}
	}
	return slices.Compact(out)
}

// folder makes a directory with files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestExplainPrintsEveryPage: each page that is listed is printed, as a terminal shows it.
func TestExplainPrintsEveryPage(t *testing.T) {
	listed, _, _ := run(t, t.TempDir(), "explain")
	topics := []string{"K205", "overridden-key", "owner_disabled", "Ci-Secret", "rate_limited"}
	for _, p := range docs.Pages() {
		topics = append(topics, p.Name)
		if !strings.Contains(listed, p.Name) || p.Summary == "" {
			t.Errorf("%s is not listed", p.Name)
		}
	}
	for _, topic := range topics {
		stdout, stderr, code := run(t, t.TempDir(), "explain", topic)
		if code != 0 || len(stdout) < 200 {
			t.Errorf("explain %s: exit %d, %d bytes: %s", topic, code, len(stdout), stderr)
		}
		for _, mark := range []string{"```", "<!--", "](", "**Known", "|---|"} {
			if strings.Contains(stdout, mark) {
				t.Errorf("explain %s shows %q", topic, mark)
			}
		}
	}
	if total := len(strings.Join(allPages(), "")); total > 150_000 {
		t.Errorf("the pages make the program %d bytes larger", total)
	}
}

func allPages() []string {
	var out []string
	for _, p := range docs.Pages() {
		out = append(out, docs.Text(p.Name))
	}
	return out
}

// TestLinks follows every link within the repository, also to headings.
func TestLinks(t *testing.T) {
	root := filepath.Join("..", "..")
	var pages []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "examples/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	if len(pages) < 50 {
		t.Fatalf("found only %d pages", len(pages))
	}
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, page := range pages {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllSubmatch(fence.ReplaceAll(data, nil), -1) {
			target := string(m[1])
			if strings.Contains(target, "://") {
				continue
			}
			file, heading, _ := strings.Cut(target, "#")
			at := page
			if file != "" {
				at = filepath.Join(filepath.Dir(page), filepath.FromSlash(file))
			}
			text, err := os.ReadFile(at)
			if info, dir := os.Stat(at); err != nil && (dir != nil || !info.IsDir()) {
				t.Errorf("%s links to %s, which does not exist", page, target)
			} else if heading != "" && !slices.Contains(anchors(text), heading) {
				t.Errorf("%s links to %s, which has no such heading", page, target)
			}
		}
	}
}

// anchors are the names by which a page's headings are linked to.
func anchors(page []byte) []string {
	var out []string
	for line := range bytes.Lines(fence.ReplaceAll(page, nil)) {
		if text, ok := strings.CutPrefix(string(line), "#"); ok {
			text = strings.ToLower(strings.TrimSpace(strings.TrimLeft(text, "#")))
			text = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(text, "")
			out = append(out, strings.ReplaceAll(text, " ", "-"))
		}
	}
	return out
}

// TestHookIds: the pages name hooks that the pre-commit framework finds here.
func TestHookIds(t *testing.T) {
	offered, err := os.ReadFile(filepath.Join("..", "..", ".pre-commit-hooks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	ids := regexp.MustCompile(`(?m)^ *- id: (\S+)`)
	known := map[string]bool{}
	for _, m := range ids.FindAllSubmatch(offered, -1) {
		known[string(m[1])] = true
	}
	named := 0
	for _, b := range blocksOf(t, "docs", "hooks.md") {
		for _, m := range ids.FindAllStringSubmatch(b.text, -1) {
			named++
			if !known[m[1]] {
				t.Errorf("there is no hook %q", m[1])
			}
		}
	}
	if named < 2 || len(known) < 4 {
		t.Errorf("%d hooks are named, %d are offered", named, len(known))
	}
}
