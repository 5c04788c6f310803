package repo_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/repo"
)

func TestEntries(t *testing.T) {
	dir := t.TempDir()
	for _, step := range []error{
		os.Mkdir(filepath.Join(dir, "sub"), 0o755), os.WriteFile(filepath.Join(dir, "a.txt"), nil, 0o644),
		os.Symlink(".", filepath.Join(dir, "loop")), os.Symlink("/etc", filepath.Join(dir, "out")),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	tree, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	got, err := tree.Entries(".")
	if err != nil {
		t.Fatal(err)
	}
	want := []repo.Entry{{Name: "a.txt"}, {Name: "loop", Link: true}, {Name: "out", Link: true}, {Name: "sub", Dir: true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, kind := range map[string]error{"missing": repo.ErrMissing, "a.txt": repo.ErrNotDirectory, "../x": repo.ErrOutside, "out": repo.ErrOutside} {
		if _, err := tree.Entries(name); !errors.Is(err, kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
