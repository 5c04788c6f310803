//go:build unix

package repo_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/repo"
)

// within fails instead of hanging.
func within(t *testing.T, limit time.Duration, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("%s did not return within %v", what, limit)
	}
}

func TestSpecialFilesDoNotHang(t *testing.T) {
	root := lay(t)
	must(t, syscall.Mkfifo(filepath.Join(root, "pipe"), 0o644))
	must(t, os.Symlink("pipe", filepath.Join(root, "pipe-link")))
	tree := open(t, root)
	within(t, 5*time.Second, "reading a pipe", func() {
		for _, name := range []string{"pipe", "pipe-link"} {
			if _, err := tree.Read(name); !errors.Is(err, repo.ErrSpecial) {
				t.Errorf("%s: %v, expected %v", name, err, repo.ErrSpecial)
			}
			if _, err := tree.List(name); !errors.Is(err, repo.ErrNotDirectory) {
				t.Errorf("listing %s: %v, expected %v", name, err, repo.ErrNotDirectory)
			}
			if info, err := tree.Stat(name); err != nil || info.Dir {
				t.Errorf("%s: %+v, %v", name, info, err)
			}
		}
		if _, err := tree.List("."); err != nil {
			t.Error(err)
		}
	})
}
