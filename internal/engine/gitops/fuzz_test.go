package gitops_test

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/engine/gitops"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/repo"
)

// nothing is a repository in which every directory is there, and no file.
type nothing struct{}

func (nothing) Read(name string) ([]byte, error) {
	return nil, &repo.Error{Path: name, Kind: repo.ErrMissing}
}
func (nothing) Stat(string) (repo.Info, error)   { return repo.Info{Dir: true}, nil }
func (nothing) List(string) ([]repo.Info, error) { return nil, nil }

// FuzzRead reads any text as manifests. No place may lie outside of it, and a marked text
// must give the same as the same text from a file.
func FuzzRead(f *testing.F) {
	names, _ := filepath.Glob("testdata/*.txt")
	for _, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range a.Files {
			f.Add(string(file.Data))
		}
	}
	f.Add("apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: &a {name: *a}\nspec: *a\n")
	f.Fuzz(func(t *testing.T, text string) {
		read := func(d origin.Text) []gitops.Lead {
			in := gitops.Input{Files: nothing{}, Documents: []origin.Document{{Name: "f.yaml", Text: d}}}
			leads, _ := gitops.Read(in)
			return leads
		}
		plain := read(origin.FromFile("f.yaml", []byte(text)))
		for _, l := range plain {
			if l.At.File != "f.yaml" || l.At.Start.Byte > len(text) || l.At.End.Byte > len(text) {
				t.Errorf("place %v outside of the text", l.At)
			}
			if l.Substitute != nil {
				l.Substitute.Apply(origin.Document{Name: "f.yaml", Text: origin.FromFile("f.yaml", []byte(text))})
			}
		}
		if !origin.CanMark(text) {
			return
		}
		marked := read(origin.FromValue(model.KnownText(text, model.Hop{What: "pipe"})))
		if len(plain) != len(marked) {
			t.Errorf("%d leads from a file, %d from a pipe", len(plain), len(marked))
		}
	})
}
