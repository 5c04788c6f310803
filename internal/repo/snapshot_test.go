package repo_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/repo"
)

// photograph makes a snapshot of what lies on the disk.
func photograph(t *testing.T, root string) *repo.Tree {
	t.Helper()
	content := map[string][]byte{}
	var objects []repo.Object
	must(t, filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		must(t, err)
		if d.IsDir() {
			return nil
		}
		rel, err := filepath.Rel(root, p)
		must(t, err)
		info, err := d.Info()
		must(t, err)
		id := filepath.ToSlash(rel)
		if info.Mode()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(p)
			must(t, err)
			content[id] = []byte(target)
		} else {
			content[id], err = os.ReadFile(p)
			must(t, err)
		}
		objects = append(objects, repo.Object{Path: id, Mode: info.Mode(), ID: id, Size: info.Size()})
		return nil
	}))
	return repo.Snapshot(root, objects, func(id string) ([]byte, error) { return content[id], nil })
}

// TestSnapshotIsTheDisk asks a directory and its snapshot the same questions.
func TestSnapshotIsTheDisk(t *testing.T) {
	root := lay(t)
	must(t, os.WriteFile(filepath.Join(root, "dir", "run.sh"), []byte("x"), 0o755))
	for link, target := range map[string]string{
		"good-link": "a.txt", "dir-link": "dir", "dir/out-link": "../../outside.txt", "absolute-link": "/etc/passwd", "dir-out-link": "../repository",
		"broken-link": "nowhere", "loop": "loop", "dir/up": "..", "dir/sub/far": "../../dir-link/sub/c.txt", "dir/sub/self": ".",
	} {
		must(t, os.Symlink(target, filepath.Join(root, filepath.FromSlash(link))))
	}
	disk, shot := open(t, root), photograph(t, root)
	names := []string{
		".", "", "a.txt", "./a.txt", "dir", "dir/", "dir//b.txt", "dir/../a.txt", "good-link", "dir-link", "dir-link/b.txt", "dir-link/..", "dir-link/../a.txt",
		"dir/up", "dir/up/a.txt", "dir/sub/far", "dir/sub/self/self/c.txt", "missing", "dir/missing", "a.txt/x", "a.txt/..", "broken-link", "loop", "dir/out-link", "absolute-link",
		"dir-out-link/x.txt", "..", "../outside.txt", "dir/run.sh", "/etc/passwd", root, root + "/a.txt", "dir/sub",
	}
	for _, name := range names {
		wantData, wantErr := disk.Read(name)
		data, err := shot.Read(name)
		same(t, "Read", name, string(data), string(wantData), err, wantErr)
		wantInfo, wantErr := disk.Stat(name)
		info, err := shot.Stat(name)
		if info.Dir && wantInfo.Dir {
			info.Size = wantInfo.Size // of a directory it means nothing
		}
		same(t, "Stat", name, info, wantInfo, err, wantErr)
		wantList, wantErr := disk.List(name)
		list, err := shot.List(name)
		same(t, "List", name, sizeless(list), sizeless(wantList), err, wantErr)
		wantEntries, wantErr := disk.Entries(name)
		entries, err := shot.Entries(name)
		same(t, "Entries", name, entries, wantEntries, err, wantErr)
		wantReal, wantErr := disk.Real(name)
		real, err := shot.Real(name)
		same(t, "Real", name, real, wantReal, err, wantErr)
	}
}

func sizeless(list []repo.Info) []repo.Info {
	for i := range list {
		if list[i].Dir {
			list[i].Size = 0
		}
	}
	return list
}

func same(t *testing.T, what, name string, got, want any, err, wantErr error) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s(%q) (-disk +snapshot):\n%s", what, name, diff)
	}
	if kind, wantKind := errors.Unwrap(err), errors.Unwrap(wantErr); kind != wantKind {
		t.Errorf("%s(%q): %v, the disk says %v", what, name, err, wantErr)
	}
}

// TestSnapshotOfSubmodulesAndMissingObjects is what only a commit has.
func TestSnapshotOfSubmodulesAndMissingObjects(t *testing.T) {
	objects := []repo.Object{{Path: "module", Mode: fs.ModeDir | 0o755, ID: "1"}, {Path: "gone.txt", Mode: 0o644, ID: "2", Size: 3}, {Path: "large", Mode: 0o644, ID: "3", Size: repo.MaxFile + 1}}
	tree := repo.Snapshot("/repo", objects, func(string) ([]byte, error) { return nil, errors.New("no object") })
	if list, err := tree.List("module"); err != nil || len(list) != 0 {
		t.Errorf("a submodule is no empty directory: %v, %v", list, err)
	}
	if _, err := tree.Read("gone.txt"); !errors.Is(err, repo.ErrRead) {
		t.Errorf("a missing object: %v", err)
	}
	if _, err := tree.Read("large"); !errors.Is(err, repo.ErrTooLarge) {
		t.Errorf("a large object: %v", err)
	}
	must(t, tree.Close())
}
