package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/canary"
	"github.com/keyfit/keyfit/internal/cli"
)

// keyfit runs the program in a directory.
func keyfit(t testing.TB, dir string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = cli.Main(t.Context(), cli.Process{
		Args: args, Dir: dir, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Now: time.Now,
		Environ: []string{"LANG=C.UTF-8", "NO_COLOR=1", "KEYFIT_FINGERPRINT_KEY=for-the-tests-only", "HOME=/home/ci", "DB_PASSWORD=CANARY-of-the-process"},
	})
	return out.String(), errs.String(), code
}

// unpack writes the files of an archive, configurations aside.
func unpack(t testing.TB, archive *txtar.Archive) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range archive.Files {
		base := filepath.Base(f.Name)
		if base == "keyfit.yaml" || base == ".keyfit.yaml" || f.Name == "want" || !filepath.IsLocal(f.Name) {
			continue
		}
		full := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, f.Data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// received lists who receives what, by what `resolve --format json` prints. Places are left
// out: a step that stands in keyfit.yaml has its own.
func received(t testing.TB, dir string) []string {
	t.Helper()
	stdout, stderr, code := keyfit(t, dir, "resolve", "--format", "json")
	if code != 0 {
		t.Fatalf("resolve ends with %d: %s", code, stderr)
	}
	var document struct {
		Environments []struct {
			Name      string
			Consumers []struct {
				Kind, Namespace, Workload, Container string
				Variables                            []struct{ Name, State, Fingerprint, Reason, Needs string }
			}
		}
		Problems []struct{ Message string }
	}
	if err := json.Unmarshal([]byte(stdout), &document); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range document.Environments {
		out = append(out, "environment "+e.Name)
		for _, c := range e.Consumers {
			out = append(out, fmt.Sprint("  ", c.Kind, " ", c.Namespace, " ", c.Workload, " ", c.Container))
			for _, v := range c.Variables {
				out = append(out, fmt.Sprint("    ", v))
			}
		}
	}
	for _, p := range document.Problems {
		out = append(out, "problem "+p.Message)
	}
	return out
}

var variableCanary = regexp.MustCompile(`\bCANARY\b[^-\w]`)

// TestInitWritesWhatIsDiscovered: over all fixtures, the file that init writes is taken
// without a complaint, holds no key, and gives the resolution that there is without it.
func TestInitWritesWhatIsDiscovered(t *testing.T) {
	var names []string
	patterns := []string{"../../testdata/script/*.txtar"}
	for _, system := range []string{"github", "gitlab", "jenkins", "circleci", "azure", "bitbucket", "buildkite"} {
		for _, end := range []string{"*.txt", "*.txtar", "*/*.txtar"} {
			patterns = append(patterns, "../engine/"+system+"/testdata/"+end)
		}
	}
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	discovered := 0
	for _, name := range names {
		t.Run(strings.TrimPrefix(filepath.ToSlash(name), "../"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			dir := unpack(t, archive)
			before := received(t, dir)
			_, stderr, code := keyfit(t, dir, "init")
			if code != 0 {
				t.Fatalf("init ends with %d: %s", code, stderr)
			}
			written, err := os.ReadFile(filepath.Join(dir, "keyfit.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			// One fixture has a variable of that name.
			shown := variableCanary.ReplaceAll(append(slices.Clone(written), stderr...), nil)
			if form := canary.Find(shown); form != "" {
				t.Fatalf("a key shows, as %s", form)
			}
			if !strings.HasPrefix(string(written), "# yaml-language-server: $schema=https://") {
				t.Error("no schema in the first line")
			}
			if stdout, _, code := keyfit(t, dir, "config", "validate"); code != 0 {
				t.Errorf("validate ends with %d: %s", code, stdout)
			}
			if diff := cmp.Diff(before, received(t, dir)); diff != "" {
				t.Errorf("another resolution (-discovered +written)\n%s\n%s", diff, written)
			}
			if len(before) > 1 && !slices.Contains(before, "environment default") {
				discovered++
			}
		})
	}
	if discovered < 60 {
		t.Errorf("something was discovered in only %d fixtures", discovered)
	}
}

func TestInitOverwritesNothing(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "keyfit.yaml")
	if err := os.WriteFile(file, []byte("mine\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	read := func() string {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if _, stderr, code := keyfit(t, dir, "init"); code != 2 || read() != "mine\n" || !strings.Contains(stderr, "--force") {
		t.Errorf("init ends with %d: %s", code, stderr)
	}
	stdout, _, code := keyfit(t, dir, "init", "--stdout")
	if code != 0 || read() != "mine\n" || !strings.Contains(stdout, "version: 1\n") {
		t.Errorf("init --stdout ends with %d", code)
	}
	if _, stderr, code := keyfit(t, dir, "init", "--force"); code != 0 || read() != stdout {
		t.Errorf("init --force ends with %d: %s", code, stderr)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "elsewhere"), file); err != nil {
		t.Fatal(err)
	}
	if _, _, code := keyfit(t, dir, "init"); code != 2 {
		t.Errorf("init through a dangling link ends with %d", code)
	}
}
