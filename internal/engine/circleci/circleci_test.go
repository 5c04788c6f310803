package circleci_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/engine/circleci"
)

func fixtures(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("testdata/*.txt")
	must(t, err)
	if len(names) < 15 {
		t.Fatalf("only %d fixtures", len(names))
	}
	return names
}

// TestStories follows the jobs of the fixtures, with the real bash for their scripts.
// KEYFIT_UPDATE=1 rewrites what they expect.
func TestStories(t *testing.T) {
	for _, name := range fixtures(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			s := load(t, name)
			h := &bash{t: t, dir: s.dir, inputs: s.inputs, watch: s.watch}
			result, err := circleci.Run(t.Context(), s.in, h)
			must(t, err)
			got := h.log.String() + h.told(result)
			file := s.in.File.Value
			if file == "" {
				file = circleci.Name
			}
			jobs, _ := circleci.Jobs(s.tree, file)
			for _, j := range jobs {
				got += fmt.Sprintf("job %s/%s to %q branch %q deploys %v inputs %v matrix %v needs %v unsure %q\n", j.Group, j.Name, j.Environment, j.Branch, j.Deploys, j.Inputs, j.Matrix, j.Needs, j.Unsure)
			}
			compare(t, s, got, name)
		})
	}
}

func compare(t *testing.T, s *story, got, name string) {
	t.Helper()
	for i, f := range s.archive.Files {
		if f.Name != "want" {
			continue
		}
		if os.Getenv("KEYFIT_UPDATE") != "" {
			s.archive.Files[i].Data = []byte(got)
			must(t, os.WriteFile(name, txtar.Format(s.archive), 0o644))
			return
		}
		if diff := cmp.Diff(strings.Split(string(f.Data), "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		return
	}
	t.Error("the fixture says nothing of what it wants")
}
