package repo_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/keyfit/keyfit/internal/repo"
)

func TestReal(t *testing.T) {
	root := lay(t)
	for link, target := range map[string]string{"link": "a.txt", "dirlink": "dir/sub", "dir/out": "../../outside.txt"} {
		must(t, os.Symlink(target, filepath.Join(root, link)))
	}
	tree := open(t, root)
	o := repo.NewOverlay(tree)
	must(t, o.Remove("link"))
	must(t, o.Write("link", []byte("a file now")))
	for name, want := range map[string]string{"link": "a.txt", "dirlink/c.txt": "dir/sub/c.txt", "dirlink/../b.txt": "dir/b.txt", "gone/x": "gone/x", "dir": "dir"} {
		if got, err := tree.Real(name); err != nil || got != want {
			t.Errorf("%s: %q, %v, expected %q", name, got, err, want)
		}
	}
	if got, err := o.Real("link"); err != nil || got != "link" {
		t.Errorf("a link that was written over: %q, %v", got, err)
	}
	if _, err := tree.Real("dir/out"); !errors.Is(err, repo.ErrOutside) {
		t.Errorf("a link to the outside: %v", err)
	}
}
