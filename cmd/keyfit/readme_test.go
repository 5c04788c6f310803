package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/keyfit/keyfit/internal/cli"
)

// block is one fenced block of the README.
type block struct{ language, text string }

var fenced = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$")

func readmeBlocks(t *testing.T) []block {
	t.Helper()
	blocks := blocksOf(t, "README.md")
	if len(blocks) < 8 {
		t.Fatalf("found only %d blocks in the README", len(blocks))
	}
	return blocks
}

func blocksOf(t *testing.T, page ...string) []block {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, page...)...))
	if err != nil {
		t.Fatal(err)
	}
	var blocks []block
	for _, m := range fenced.FindAllStringSubmatch(string(data), -1) {
		blocks = append(blocks, block{m[1], m[2]})
	}
	return blocks
}

// run is the real program, in dir, with nothing in its environment.
func run(t *testing.T, dir string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, err bytes.Buffer
	code = cli.Main(t.Context(), cli.Process{
		Args: args, Environ: []string{"LANG=C.UTF-8", "NO_COLOR=1"}, Dir: dir,
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &err, Now: time.Now,
	})
	return out.String(), err.String(), code
}

// changing is what differs from run to run: ports and fingerprints.
var changing = regexp.MustCompile(`127\.0\.0\.1:\d+|kf:[0-9a-f]+`)

// TestReadmeDemo: the output that the README shows is what the demo prints.
func TestReadmeDemo(t *testing.T) {
	var shown string
	for _, b := range readmeBlocks(t) {
		if b.language == "text" && strings.HasPrefix(b.text, "error[K205]") {
			shown = b.text
		}
	}
	printed, _, code := run(t, t.TempDir(), "demo", "jenkins-override")
	if code != 0 {
		t.Fatalf("the demo ended with %d", code)
	}
	_, printed, _ = strings.Cut(printed, "\n\n## before (examples/jenkins-override/failing)\n\n")
	printed, _, _ = strings.Cut(printed, "\n\n## ")
	want, got := changing.ReplaceAllString(strings.TrimSpace(shown), "…"), changing.ReplaceAllString(strings.TrimSpace(printed), "…")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the README shows what the demo does not print (-README +demo):\n%s", diff)
	}
}

// TestConfigurationExamples: the configurations that the pages show load without a mistake.
func TestConfigurationExamples(t *testing.T) {
	tested := 0
	for _, page := range writtenPages(t) {
		for _, b := range blocksOf(t, page) {
			if b.language != "yaml" || !strings.HasPrefix(b.text, "version:") && !strings.HasPrefix(b.text, "ignore:") {
				continue
			}
			tested++
			text := b.text
			if strings.HasPrefix(text, "ignore:") {
				text = "version: 1\nenvironments: {staging: {deploy: [{dotenv: .env}]}}\n" + text
			}
			if _, stderr, code := run(t, folder(t, map[string]string{"keyfit.yaml": text}), "config", "validate"); code != 0 {
				t.Errorf("%s: exit %d: %s", page, code, stderr)
			}
		}
	}
	if tested < 25 {
		t.Errorf("found only %d configurations", tested)
	}
}

// writtenPages are the pages that show configurations, commands and pipelines.
func writtenPages(t *testing.T) []string {
	t.Helper()
	pages := []string{"README.md"}
	for _, pattern := range []string{"docs/*.md", "docs/findings/*.md"} {
		found, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			rel, err := filepath.Rel(filepath.Join("..", ".."), name)
			if err != nil {
				t.Fatal(err)
			}
			pages = append(pages, rel)
		}
	}
	if len(pages) < 30 {
		t.Fatalf("found only %d pages", len(pages))
	}
	return pages
}

// TestEveryBlockIsTested: a block of a page that nothing runs or reads is a promise that nobody
// keeps. The pages with tests of their own are left out, and those that are generated.
func TestEveryBlockIsTested(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := readmeBlocks(t)
	for _, page := range pages {
		if name := filepath.Base(page); !slices.Contains([]string{"first-steps.md", "unknown.md", "commands.md"}, name) {
			blocks = append(blocks, blocksOf(t, "docs", name)...)
		}
	}
	for _, b := range blocks {
		switch b.language {
		case "text": // TestReadmeDemo
		case "yaml", "groovy": // TestConfigurationExamples, TestReadmePipelines
		case "sh":
			for line := range strings.Lines(b.text) {
				switch {
				case strings.HasPrefix(line, "keyfit"): // TestReadmeCommands
				case strings.HasPrefix(line, "go install "):
					checkInstall(t, line)
				case strings.HasPrefix(line, "go test "):
					checkTests(t, line)
				case strings.Contains(line, "# keyfit: ignore["), strings.HasPrefix(line, "export "):
					checkComment(t, b.text)
				case strings.Contains(b.text, "keyfit hook run pre-push"): // TestHookLines, hook_chain.txtar
				default:
					t.Errorf("nothing tests %q", line)
				}
			}
		default:
			t.Errorf("nothing tests a block in %q", b.language)
		}
	}
}

// checkTests: the command for the tests is the one that CI runs.
func checkTests(t *testing.T, line string) {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("..", "..", ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	shown, _, _ := strings.Cut(line, "#")
	if shown = strings.TrimSpace(shown); !slices.Contains(strings.Split(string(script), "\n"), shown) {
		t.Errorf("CI does not run %q", shown)
	}
}

// checkComment: the comment that is shown has an effect.
func checkComment(t *testing.T, script string) {
	t.Helper()
	dir := folder(t, map[string]string{
		"keyfit.yaml": "version: 1\nenvironments: {staging: {deploy: [{dotenv: .env}, {run: ./deploy.sh}]}}\nkeys: {LEGACY_KEY: {provider: openai}}\n",
		".env":        "LEGACY_KEY=one-CANARY\nOTHER_KEY=two-CANARY\n", "deploy.sh": script + "exec ./serve\n",
	})
	stdout, stderr, _ := run(t, dir, "check", "--offline", "--format", "json")
	if !strings.Contains(stdout, `"source": "comment"`) {
		t.Errorf("%q silences nothing: %s", script, stderr)
	}
}

var command = regexp.MustCompile(`(?m)(?:^|exec |run: |/keyfit@latest |^sh ')keyfit((?: (?:-{0,2}[A-Za-z0-9][A-Za-z0-9_.=/-]*))*)`)

// TestReadmeCommands: every command line with keyfit in the README and the pages is one that
// the program takes.
func TestReadmeCommands(t *testing.T) {
	tested := 0
	var blocks []block
	for _, page := range writtenPages(t) {
		blocks = append(blocks, blocksOf(t, page)...)
	}
	for _, b := range blocks {
		if b.language == "text" {
			continue
		}
		for _, m := range command.FindAllStringSubmatch(b.text, -1) {
			args := strings.Fields(m[1])
			if m[1] == "" && b.language != "sh" {
				continue // a name in a pipeline
			}
			tested++
			_, stderr, _ := run(t, t.TempDir(), append(args, "--help")...)
			if stderr != "" {
				t.Errorf("keyfit%s: %s", m[1], stderr)
			}
		}
	}
	if tested < 25 {
		t.Errorf("found only %d commands", tested)
	}
}

// TestReadmePipelines: the pipelines of the README are those of examples/ci, which the tests of
// internal/ci hold to what they are for.
func TestReadmePipelines(t *testing.T) {
	var examples string
	for _, name := range []string{"github/deploy.yml", "gitlab/include.gitlab-ci.yml", "jenkins/Jenkinsfile"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "examples", "ci", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		examples += string(data)
	}
	found := 0
	for _, b := range readmeBlocks(t) {
		if b.language != "groovy" && (b.language != "yaml" || strings.HasPrefix(b.text, "version:")) {
			continue
		}
		found++
		if !strings.Contains(examples, b.text) {
			t.Errorf("no file of examples/ci holds\n%s", b.text)
		}
	}
	if found != 3 {
		t.Errorf("the README shows %d pipelines, want 3", found)
	}
}
