package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

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
		if b.language == "text" {
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

// TestReadmeConfiguration: the configurations that the README and the page about them show
// load without a mistake.
func TestReadmeConfiguration(t *testing.T) {
	tested := 0
	for _, b := range append(readmeBlocks(t), blocksOf(t, "docs", "configuration.md")...) {
		if b.language != "yaml" || !strings.HasPrefix(b.text, "version:") {
			continue
		}
		tested++
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "keyfit.yaml"), []byte(b.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, stderr, code := run(t, dir, "config", "validate"); code != 0 {
			t.Errorf("exit %d: %s", code, stderr)
		}
	}
	if tested < 2 {
		t.Error("the README or docs/configuration.md shows no configuration")
	}
}

var command = regexp.MustCompile(`(?m)(?:^|exec |/keyfit@latest |^sh ')keyfit((?: (?:-{0,2}[A-Za-z][A-Za-z0-9_.=-]*))*)`)

// TestReadmeCommands: every command line with keyfit in the README is one that the
// program takes.
func TestReadmeCommands(t *testing.T) {
	tested := 0
	for _, b := range readmeBlocks(t) {
		if b.language == "text" {
			continue
		}
		for _, m := range command.FindAllStringSubmatch(b.text, -1) {
			args := strings.Fields(m[1])
			tested++
			_, stderr, _ := run(t, t.TempDir(), append(args, "--help")...)
			if stderr != "" {
				t.Errorf("keyfit%s: %s", m[1], stderr)
			}
		}
	}
	if tested < 5 {
		t.Errorf("found only %d commands", tested)
	}
}

// TestReadmePipelines: the pipeline snippets are valid YAML, and what they pass to the
// action is among its inputs.
func TestReadmePipelines(t *testing.T) {
	var action struct {
		Inputs map[string]any `yaml:"inputs"`
	}
	data, err := os.ReadFile(filepath.Join("..", "..", "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, &action); err != nil {
		t.Fatal(err)
	}
	used := 0
	for _, b := range readmeBlocks(t) {
		if b.language != "yaml" {
			continue
		}
		var doc struct {
			Jobs map[string]struct {
				Steps []struct {
					Uses string         `yaml:"uses"`
					With map[string]any `yaml:"with"`
				} `yaml:"steps"`
			} `yaml:"jobs"`
		}
		if err := yaml.Unmarshal([]byte(b.text), &doc); err != nil {
			t.Errorf("%v in\n%s", err, b.text)
		}
		for _, job := range doc.Jobs {
			for _, step := range job.Steps {
				if !strings.HasPrefix(step.Uses, "keyfit/keyfit@") {
					continue
				}
				for input := range step.With {
					used++
					if _, ok := action.Inputs[input]; !ok {
						t.Errorf("the action has no input %q", input)
					}
				}
			}
		}
	}
	if used == 0 {
		t.Error("the README does not show the action")
	}
}
