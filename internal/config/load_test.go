package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/repo"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// options keep the tests independent of what the catalogue holds today.
func options() config.LoadOptions {
	return config.LoadOptions{ProviderIDs: []string{"stripe", "openai"}, Catalog: catalogue()}
}

// catalogue is read once: the tests load thousands of files.
var catalogue = sync.OnceValue(provider.Catalogue)

func tree(t testing.TB, dir string) *repo.Tree {
	t.Helper()
	files, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	return files
}

func table(t testing.TB, kind string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("..", "..", "testdata", "config", kind, "*.yaml"))
	if err != nil || len(found) < 10 {
		t.Fatalf("%d files in the table, error %v", len(found), err)
	}
	return found
}

func printed(problems []model.Problem) string {
	var b strings.Builder
	for _, p := range problems {
		b.WriteString(p.At.String() + ": " + p.Message + "\n")
		if p.Fix != "" {
			b.WriteString("  = fix: " + p.Fix + "\n")
		}
	}
	return b.String()
}

func TestBadFiles(t *testing.T) {
	paths := table(t, "bad")
	if len(paths) < 40 {
		t.Errorf("only %d bad files", len(paths))
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			files := tree(t, filepath.Dir(path))
			_, problems := config.Load(files, filepath.Base(path), options())
			if len(problems) == 0 {
				t.Fatal("loads without a problem")
			}
			got, golden := printed(problems), strings.TrimSuffix(path, ".yaml")+".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestGoodFiles(t *testing.T) {
	for _, path := range table(t, "good") {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			files := tree(t, filepath.Dir(path))
			file, problems := config.Load(files, filepath.Base(path), options())
			if len(problems) > 0 {
				t.Errorf("%s", printed(problems))
			}
			if file.Path != filepath.Base(path) || file.Version != 1 {
				t.Errorf("path %q, version %d", file.Path, file.Version)
			}
		})
	}
}
