package resolve

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/repo"
)

func TestGlob(t *testing.T) {
	tr := tree(t, map[string]string{
		"k8s/b.yaml": "", "k8s/a.yml": "", "k8s/c.json": "", "k8s/notes.md": "", "k8s/.hidden.yaml": "",
		"k8s/staging/d.yaml": "", "k8s/staging/deep/e.yaml": "", "k8s/.git/f.yaml": "", "k8s/dir.yaml/g.yaml": "", "odd[1].yaml": "",
	})
	cases := map[string]string{
		"k8s/*.yaml":         "k8s/b.yaml",
		"k8s/?.y*ml":         "k8s/a.yml k8s/b.yaml",
		"k8s/[ac].*":         "k8s/a.yml k8s/c.json",
		"k8s/*":              "k8s/a.yml k8s/b.yaml k8s/c.json k8s/notes.md",
		"k8s/.h*":            "k8s/.hidden.yaml",
		"k8s/**/*.yaml":      "k8s/b.yaml k8s/dir.yaml/g.yaml k8s/staging/d.yaml k8s/staging/deep/e.yaml",
		"**/d*.yaml":         "k8s/staging/d.yaml",
		"k8s/**":             "k8s/.hidden.yaml k8s/a.yml k8s/b.yaml k8s/c.json k8s/dir.yaml/g.yaml k8s/staging/d.yaml k8s/staging/deep/e.yaml",
		"k8s":                "k8s/.hidden.yaml k8s/a.yml k8s/b.yaml k8s/c.json",
		"./k8s/../k8s/*.yml": "k8s/a.yml",
		"k8s/notes.md":       "k8s/notes.md",
		`odd\[1].yaml`:       "odd[1].yaml",
		"none/*.yaml":        "",
		"none.yaml":          "",
		"k8s/b.yaml/*":       "",
		"../*":               "",
		"**":                 "k8s/.hidden.yaml k8s/a.yml k8s/b.yaml k8s/c.json k8s/dir.yaml/g.yaml k8s/staging/d.yaml k8s/staging/deep/e.yaml odd[1].yaml",
	}
	for pattern, want := range cases {
		names, err := glob(repo.NewOverlay(tr), pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
		}
		if diff := cmp.Diff(want, strings.Join(names, " ")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", pattern, diff)
		}
	}
	if _, err := glob(tr, "k8s/[a"); err == nil {
		t.Error("an open bracket is taken")
	}
}
