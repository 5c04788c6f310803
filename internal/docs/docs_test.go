package docs

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/strict"
)

const committed = "../../docs"

func pages() map[string][]byte {
	configuration, err := os.ReadFile(filepath.Join(committed, "configuration.md"))
	if err != nil {
		panic(err)
	}
	return Pages(configuration, []byte("# Commands\n")) // cmd/keyfit holds that page to the commands
}

// TestCommittedPages holds docs/ to what the program says.
func TestCommittedPages(t *testing.T) {
	for name, want := range pages() {
		if name == "commands.md" {
			continue
		}
		got, err := os.ReadFile(filepath.Join(committed, filepath.FromSlash(name)))
		if err != nil {
			t.Errorf("docs/%s is not there: run `go generate ./internal/docs`", name)
			continue
		}
		if diff := cmp.Diff(string(got), string(want)); diff != "" {
			t.Errorf("docs/%s is out of date: run `go generate ./internal/docs` (-committed +generated):\n%s", name, diff)
		}
	}
}

func TestNoStalePages(t *testing.T) {
	all := pages()
	for _, dir := range []string{"findings", "providers"} {
		files, err := filepath.Glob(filepath.Join(committed, dir, "*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("docs/%s is empty (%v)", dir, err)
		}
		for _, file := range files {
			if name := dir + "/" + filepath.Base(file); all[name] == nil {
				t.Errorf("docs/%s belongs to nothing: run `go generate ./internal/docs`", name)
			}
		}
	}
}

// TestEveryFindingAndProviderHasAPage counts what the generator must not forget.
func TestEveryFindingAndProviderHasAPage(t *testing.T) {
	all := pages()
	for _, c := range checks.All() {
		if all["findings/"+c.ID+".md"] == nil {
			t.Errorf("%s has no page", c.ID)
		}
	}
	for _, id := range provider.Catalogue().IDs() {
		if all["providers/"+id+".md"] == nil {
			t.Errorf("provider %s has no page", id)
		}
	}
}

// TestPagesAreSound looks for broken tables, links and left-over formatting.
func TestPagesAreSound(t *testing.T) {
	all := pages()
	link := regexp.MustCompile(`\]\(([A-Za-z0-9-]+\.md)\)`)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		text := string(all[name])
		if !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") || strings.Contains(text, "\n\n\n") {
			t.Errorf("%s does not end in one line break, or has several blank lines in a row", name)
		}
		if strings.Contains(text, "%!") || strings.Contains(text, "<nil>") {
			t.Errorf("%s is badly formatted", name)
		}
		dir, _, inFolder := strings.Cut(name, "/")
		if !inFolder {
			checkTables(t, name, text) // cmd/keyfit follows the links of these
			continue
		}
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if all[dir+"/"+m[1]] == nil {
				t.Errorf("%s links to %s, which does not exist", name, m[1])
			}
		}
		checkTables(t, name, text)
	}
}

// checkTables makes sure that all rows of a table have the same number of cells.
func checkTables(t *testing.T, name, text string) {
	t.Helper()
	columns := 0
	for number, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
		if columns != 0 && n != columns {
			t.Errorf("%s:%d: a row of %d cells in a table of %d", name, number+1, n-1, columns-1)
		}
		columns = n
	}
}

// TestProvider describes a provider that uses everything the language has.
func TestProvider(t *testing.T) {
	data, err := os.ReadFile("testdata/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p := &provider.Provider{}
	if problems := strict.Decode("everything.yaml", data, p); len(problems) > 0 {
		t.Fatalf("testdata: %s: %s", problems[0].At, problems[0].Message)
	}
	want, err := os.ReadFile("testdata/everything.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(Provider(p))); diff != "" {
		t.Errorf("the page differs (-want +got):\n%s", diff)
	}
}

func TestKeyPlace(t *testing.T) {
	for want, auth := range map[string]provider.Auth{
		"in `Authorization: Bearer KEY`":                          {Scheme: "bearer"},
		"in `Authorization: token KEY`":                           {Scheme: "token"},
		"in `Authorization: KEY`":                                 {Scheme: "raw"},
		"by Basic authentication, user `$key` and no password":    {Scheme: "basic"},
		"by Basic authentication, user `$id` and password `$key`": {Scheme: "basic", User: "$id"},
		"in `X-Api-Key: KEY`":                                     {Header: "X-Api-Key"},
		"in `X-Api-Key: Key KEY`":                                 {Header: "X-Api-Key", Prefix: "Key "},
		"in the query parameter `key`":                            {Query: "key"},
		"in the body's field `$.key`":                             {JSON: "$.key"},
		"in the form field `key`":                                 {Form: "key"},
		"not sent by itself":                                      {Scheme: "none"},
		"at a place that is yours to name":                        {},
	} {
		if got := keyPlace(auth); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
