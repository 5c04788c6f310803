package bitbucket_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/engine/bitbucket"
)

// TestStories follows the steps that the fixtures ask for. KEYFIT_UPDATE=1 rewrites what
// they expect.
func TestStories(t *testing.T) {
	all := stories(t)
	if len(all) < 12 {
		t.Fatalf("only %d fixtures", len(all))
	}
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			if s.in.File.Value == "" {
				s.in.File.Value = bitbucket.Name
			}
			result, err := bitbucket.Run(t.Context(), s.in, s.host)
			if err != nil {
				t.Fatal(err)
			}
			got := s.print(result)
			var jobs strings.Builder
			found, _ := bitbucket.Jobs(s.files, s.in.File.Value)
			for _, j := range found {
				fmt.Fprintf(&jobs, "job %s %q environment %q branch %q needs %v unsure %q\n", j.Group, j.Name, j.Environment, j.Branch, j.Needs, j.Unsure)
			}
			got += jobs.String()
			for i, f := range s.archive.Files {
				if f.Name != "want" {
					continue
				}
				if diff := cmp.Diff(string(f.Data), got); diff != "" && os.Getenv("KEYFIT_UPDATE") == "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				s.archive.Files[i].Data = []byte(got)
			}
			if os.Getenv("KEYFIT_UPDATE") != "" {
				if err := os.WriteFile("testdata/"+s.name, txtar.Format(s.archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
