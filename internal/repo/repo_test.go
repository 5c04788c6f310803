package repo_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/repo"
)

// lay makes a directory with a repository in it and a neighbour outside of it.
func lay(t *testing.T) (root string) {
	t.Helper()
	base := t.TempDir()
	root = filepath.Join(base, "repo")
	for name, text := range map[string]string{
		"repo/a.txt": "inside", "repo/dir/b.txt": "deeper", "repo/dir/sub/c.txt": "deepest", "repo/.env": "KEY=CANARY",
		"repository/x.txt": "CANARY neighbour", "outside.txt": "CANARY outside",
	} {
		full := filepath.Join(base, name)
		must(t, os.MkdirAll(filepath.Dir(full), 0o755))
		must(t, os.WriteFile(full, []byte(text), 0o644))
	}
	return root
}

func open(t *testing.T, root string) *repo.Tree {
	t.Helper()
	tree, err := repo.Open(root)
	must(t, err)
	t.Cleanup(func() { _ = tree.Close() })
	return tree
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRead(t *testing.T) {
	root := lay(t)
	must(t, os.Symlink("a.txt", filepath.Join(root, "good-link")))
	must(t, os.Symlink("dir", filepath.Join(root, "dir-link")))
	must(t, os.Symlink("../../outside.txt", filepath.Join(root, "dir", "out-link")))
	must(t, os.Symlink(filepath.Join(root, "..", "outside.txt"), filepath.Join(root, "absolute-link")))
	must(t, os.Symlink("../repository", filepath.Join(root, "dir-out-link")))
	must(t, os.Symlink("nowhere", filepath.Join(root, "broken-link")))
	must(t, os.Symlink("loop", filepath.Join(root, "loop")))
	must(t, os.Symlink("..", filepath.Join(root, "dir", "up")))
	tree := open(t, root)
	cases := []struct {
		name string
		want string
		err  error
	}{
		{"a.txt", "inside", nil}, {"./a.txt", "inside", nil}, {"dir/../a.txt", "inside", nil}, {"dir//b.txt", "deeper", nil}, {"dir/sub/c.txt", "deepest", nil},
		{filepath.Join(root, "a.txt"), "inside", nil}, {root + "/dir/../a.txt", "inside", nil},
		{"good-link", "inside", nil}, {"dir-link/b.txt", "deeper", nil}, {"dir/up/a.txt", "inside", nil},
		{"missing", "", repo.ErrMissing}, {"dir/missing", "", repo.ErrMissing}, {"missing/missing", "", repo.ErrMissing},
		{"a.txt/below-a-file", "", repo.ErrMissing}, {"broken-link", "", repo.ErrMissing},
		{"dir", "", repo.ErrDirectory}, {".", "", repo.ErrDirectory}, {"", "", repo.ErrDirectory}, {"dir-link", "", repo.ErrDirectory}, {root, "", repo.ErrDirectory},
		{"..", "", repo.ErrOutside}, {"../outside.txt", "", repo.ErrOutside}, {"dir/../../outside.txt", "", repo.ErrOutside}, {"../repo/a.txt", "", repo.ErrOutside},
		{"/etc/passwd", "", repo.ErrOutside}, {"/", "", repo.ErrOutside}, {root + "/../outside.txt", "", repo.ErrOutside},
		{filepath.Join(filepath.Dir(root), "repository", "x.txt"), "", repo.ErrOutside},
		{"dir/out-link", "", repo.ErrOutside}, {"absolute-link", "", repo.ErrOutside}, {"dir-out-link/x.txt", "", repo.ErrOutside},
		{"loop", "", repo.ErrRead}, {"a\x00b", "", repo.ErrRead}, {strings.Repeat("long", 200), "", repo.ErrRead},
	}
	for _, c := range cases {
		for range 2 { // the second answer comes from memory
			data, err := tree.Read(c.name)
			if !errors.Is(err, c.err) || (c.err == nil && err != nil) || string(data) != c.want {
				t.Errorf("%.60q: %d bytes and %v, expected %q and %v", c.name, len(data), err, c.want, c.err)
			}
			if err != nil && strings.Contains(err.Error(), "CANARY") {
				t.Errorf("%.60q: the error shows content", c.name)
			}
		}
	}
}

// TestUpFromALink asks the operating system for the truth.
func TestUpFromALink(t *testing.T) {
	root := lay(t)
	for link, target := range map[string]string{
		"sub": "dir/sub", "twice": "sub", "dir/up": "..", "dir/sub/side": "../../dir", "self": "self/x", "out": "../repository",
	} {
		must(t, os.Symlink(target, filepath.Join(root, link)))
	}
	tree := open(t, root)
	for _, name := range []string{
		"sub/../b.txt", "twice/../b.txt", "sub/../../a.txt", "sub/./..//b.txt", "sub/c.txt/../c.txt", "dir/up/a.txt", "dir/up/dir/b.txt", "dir/up/../repo/a.txt",
		"dir/sub/side/../a.txt", "sub/side/b.txt", "sub/side/../a.txt", "dir/sub/../../a.txt", "dir/sub/../../../repo/a.txt", "self/../a.txt", "out/../a.txt", "out/../outside.txt",
		"sub/../a.txt", "missing/../missing.txt",
	} {
		got, err := tree.Read(name)
		want, wantErr := os.ReadFile(root + "/" + name) // not joined: that would clean it
		if err == nil && (wantErr != nil || string(got) != string(want)) && !strings.HasPrefix(name, "sub/c.txt/") {
			t.Errorf("%s: read %q, the system says %q and %v", name, got, want, wantErr)
		}
		if err != nil && wantErr == nil && !errors.Is(err, repo.ErrOutside) {
			t.Errorf("%s: %v, and the system reads it", name, err)
		}
	}
	for name, want := range map[string]string{"sub/../b.txt": "deeper", "sub/../../a.txt": "inside", "sub/side/../a.txt": "inside"} {
		if data, err := tree.Read(name); err != nil || string(data) != want {
			t.Errorf("%s: %q and %v, expected %q", name, data, err, want)
		}
	}
}

func TestErrorsNameThePath(t *testing.T) {
	tree := open(t, lay(t))
	for name, want := range map[string]string{
		"missing":       `"missing" no such file`,
		"dir":           `"dir" is a directory, expected a file`,
		"../x":          `"../x" lies outside the repository`,
		"dir/../../x/y": `"dir/../../x/y" lies outside the repository`,
	} {
		_, err := tree.Read(name)
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, expected %s", name, err, want)
		}
	}
}

func TestLargeFiles(t *testing.T) {
	root := lay(t)
	must(t, os.WriteFile(filepath.Join(root, "sparse"), nil, 0o644))
	must(t, os.Truncate(filepath.Join(root, "sparse"), 100<<20))
	must(t, os.WriteFile(filepath.Join(root, "just"), bytes.Repeat([]byte("x"), repo.MaxFile), 0o644))
	must(t, os.WriteFile(filepath.Join(root, "more"), bytes.Repeat([]byte("x"), repo.MaxFile+1), 0o644))
	tree := open(t, root)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, name := range []string{"sparse", "more"} {
		if data, err := tree.Read(name); !errors.Is(err, repo.ErrTooLarge) || data != nil {
			t.Errorf("%s: %d bytes and %v", name, len(data), err)
		}
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("refusing large files took %d bytes", used)
	}
	if data, err := tree.Read("just"); err != nil || len(data) != repo.MaxFile {
		t.Errorf("the largest file allowed: %d bytes and %v", len(data), err)
	}
}

func TestUnreadableFiles(t *testing.T) {
	root := lay(t)
	must(t, os.Chmod(filepath.Join(root, ".env"), 0))
	data, err := open(t, root).Read(".env")
	if os.Geteuid() == 0 { // root may read everything
		if err != nil || string(data) != "KEY=CANARY" {
			t.Errorf("as root: %d bytes and %v", len(data), err)
		}
		return
	}
	if !errors.Is(err, repo.ErrRead) || !strings.Contains(err.Error(), "permission denied") || strings.Contains(err.Error(), root) {
		t.Errorf("%v, expected it to say that permission is denied, without the whole path", err)
	}
}

// TestDeniedOpens proves the words for a refusal where modes mean nothing (as root).
func TestDeniedOpens(t *testing.T) {
	e := &repo.Error{Path: "x", Kind: repo.ErrRead, Note: fs.ErrPermission.Error()}
	if e.Error() != `"x" cannot be read: permission denied` || !errors.Is(e, repo.ErrRead) {
		t.Errorf("prints %s", e)
	}
}

func TestIsText(t *testing.T) {
	late := append(bytes.Repeat([]byte("x"), 8<<10), 0)
	for _, c := range []struct {
		name string
		data []byte
		want bool
	}{
		{"empty", nil, true}, {"text", []byte("KEY=ü\n"), true}, {"NUL", []byte("a\x00b"), false}, {"ELF", []byte("\x7fELF\x02\x01\x01\x00"), false},
		{"UTF-16", []byte("\xff\xfea\x00"), false}, {"NUL behind the part that is looked at", late, true}, {"Latin-1", []byte("caf\xe9"), true},
	} {
		if repo.IsText(c.data) != c.want {
			t.Errorf("%s: expected %v", c.name, c.want)
		}
	}
	root := lay(t)
	must(t, os.WriteFile(filepath.Join(root, "binary"), []byte("\x00\x01CANARY"), 0o644))
	if data, err := open(t, root).Read("binary"); err != nil || repo.IsText(data) {
		t.Errorf("a binary file: text %v, %v", repo.IsText(data), err)
	}
}

func TestStatAndList(t *testing.T) {
	root := lay(t)
	must(t, os.WriteFile(filepath.Join(root, "run.sh"), []byte("x"), 0o755))
	must(t, os.Chmod(filepath.Join(root, "run.sh"), 0o755))
	must(t, os.Symlink("dir", filepath.Join(root, "link")))
	must(t, os.Symlink("../outside.txt", filepath.Join(root, "out")))
	must(t, os.Symlink("nowhere", filepath.Join(root, "broken")))
	tree := open(t, root)
	infos, err := tree.List(".")
	must(t, err)
	var got []string
	for _, info := range infos {
		word := fmt.Sprintf("%s %v %v", info.Name, info.Dir, info.Executable && !info.Dir)
		if info.Broken {
			word = info.Name + " broken"
		}
		got = append(got, word)
	}
	want := []string{".env false false", "a.txt false false", "broken broken", "dir true false", "link true false", "out broken", "run.sh false true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for name, kind := range map[string]error{"a.txt": repo.ErrNotDirectory, "missing": repo.ErrMissing, "..": repo.ErrOutside, "out": repo.ErrOutside} {
		if _, err := tree.List(name); !errors.Is(err, kind) {
			t.Errorf("listing %s: %v, expected %v", name, err, kind)
		}
	}
	if info, err := tree.Stat("dir/b.txt"); err != nil || info != (repo.Info{Name: "b.txt", Size: 6}) {
		t.Errorf("%+v, %v", info, err)
	}
	if info, err := tree.Stat(""); err != nil || !info.Dir {
		t.Errorf("the root itself: %+v, %v", info, err)
	}
	if _, err := tree.Stat("../outside.txt"); !errors.Is(err, repo.ErrOutside) {
		t.Errorf("%v", err)
	}
}

func TestOpen(t *testing.T) {
	root := lay(t)
	for _, dir := range []string{filepath.Join(root, "missing"), filepath.Join(root, "a.txt")} {
		if tree, err := repo.Open(dir); err == nil {
			t.Errorf("%s: opened", tree.Dir())
		}
	}
	if tree := open(t, root); tree.Dir() != filepath.ToSlash(root) {
		t.Errorf("%s", tree.Dir())
	}
}

func TestFilesAreReadOnce(t *testing.T) {
	root := lay(t)
	tree := open(t, root)
	first, err := tree.Read("a.txt")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(root, "a.txt"), []byte("changed"), 0o644))
	second, err := tree.Read("dir/../a.txt")
	must(t, err)
	if string(second) != string(first) {
		t.Error("a file changed during the run")
	}
}

func TestConcurrentReads(t *testing.T) {
	tree := open(t, lay(t))
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			for _, name := range []string{"a.txt", "dir/b.txt", "missing", "../x", "dir/sub/c.txt"}[i%5:] {
				_, _ = tree.Read(name)
				_, _ = tree.Stat(name)
				_, _ = tree.List("dir")
			}
			if data, err := tree.Read("a.txt"); err != nil || string(data) != "inside" {
				t.Errorf("%d bytes and %v", len(data), err)
			}
		})
	}
	wait.Wait()
}
