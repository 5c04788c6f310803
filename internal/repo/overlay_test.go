package repo_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/repo"
)

func text(t *testing.T, files repo.Files, name string) string {
	t.Helper()
	data, err := files.Read(name)
	if err != nil {
		return "error: " + err.Error()
	}
	return string(data)
}

func TestOverlay(t *testing.T) {
	root := lay(t)
	tree := open(t, root)
	o := repo.NewOverlay(tree)
	must(t, o.Write("dir/new.txt", []byte("written")))
	must(t, o.Write("./a.txt", []byte("replaced")))
	must(t, o.Write("fresh/deep/x", nil))
	must(t, o.Remove("dir/b.txt"))
	cases := map[string]string{
		"dir/new.txt": "written", "a.txt": "replaced", filepath.Join(root, "a.txt"): "replaced", "dir/../a.txt": "replaced", "fresh/deep/x": "",
		"dir/b.txt": `error: "dir/b.txt" no such file`, "dir/sub/c.txt": "deepest", "../outside.txt": `error: "../outside.txt" lies outside the repository`,
		"dir": `error: "dir" is a directory, expected a file`,
	}
	for name, want := range cases {
		if got := text(t, o, name); got != want {
			t.Errorf("%s: %q, expected %q", name, got, want)
		}
	}
	if text(t, tree, "a.txt") != "inside" {
		t.Error("the tree below sees what was written")
	}
	if data, err := os.ReadFile(filepath.Join(root, "a.txt")); err != nil || string(data) != "inside" {
		t.Error("the disk was written to")
	}
	if !o.IsWritten("a.txt") || o.IsWritten("dir/b.txt") || o.IsWritten("dir/sub/c.txt") || o.IsWritten("../x") {
		t.Error("IsWritten is wrong")
	}
	if o.Tree() != tree {
		t.Error("Tree gives another one")
	}
}

func TestOverlayStatAndList(t *testing.T) {
	o := repo.NewOverlay(open(t, lay(t)))
	must(t, o.Write("dir/new.txt", []byte("12345")))
	must(t, o.Write("fresh/deep/x", []byte("1")))
	must(t, o.Remove("dir/b.txt"))
	must(t, o.Remove("never-there"))
	list := func(dir string) []string {
		infos, err := o.List(dir)
		must(t, err)
		var names []string
		for _, info := range infos {
			name := info.Name
			if info.Dir {
				name += "/"
			}
			names = append(names, name)
		}
		return names
	}
	for dir, want := range map[string][]string{
		".": {".env", "a.txt", "dir/", "fresh/"}, "dir": {"new.txt", "sub/"}, "fresh": {"deep/"}, "fresh/deep": {"x"},
	} {
		if diff := cmp.Diff(want, list(dir)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", dir, diff)
		}
	}
	if _, err := o.List("missing"); !errors.Is(err, repo.ErrMissing) {
		t.Errorf("%v", err)
	}
	for name, want := range map[string]repo.Info{"dir/new.txt": {Name: "new.txt", Size: 5}, "fresh": {Name: "fresh", Dir: true}, "fresh/deep": {Name: "deep", Dir: true}} {
		if info, err := o.Stat(name); err != nil || info != want {
			t.Errorf("%s: %+v and %v, expected %+v", name, info, err, want)
		}
	}
	if _, err := o.Stat("dir/b.txt"); !errors.Is(err, repo.ErrMissing) {
		t.Errorf("a removed file: %v", err)
	}
}

func TestRemovedDirectories(t *testing.T) {
	o := repo.NewOverlay(open(t, lay(t)))
	must(t, o.Remove("dir"))
	for _, name := range []string{"dir", "dir/b.txt", "dir/sub", "dir/sub/c.txt"} {
		_, readErr := o.Read(name)
		_, statErr := o.Stat(name)
		_, listErr := o.List(name)
		if !errors.Is(readErr, repo.ErrMissing) || !errors.Is(statErr, repo.ErrMissing) || !errors.Is(listErr, repo.ErrMissing) {
			t.Errorf("%s: %v, %v, %v", name, readErr, statErr, listErr)
		}
	}
	must(t, o.Write("dir/new", []byte("n")))
	infos, err := o.List("dir")
	if err != nil || len(infos) != 1 || infos[0].Name != "new" || text(t, o, "dir/new") != "n" {
		t.Errorf("the directory made anew holds %v, %v", infos, err)
	}
	if _, err := o.Read("dir/b.txt"); !errors.Is(err, repo.ErrMissing) {
		t.Errorf("what was in the removed directory is back: %v", err)
	}
}

// TestLinksInTheOverlay compares with what the operating system does to a copy.
func TestLinksInTheOverlay(t *testing.T) {
	root := lay(t)
	for link, target := range map[string]string{"link": "a.txt", "dirlink": "dir/sub", "chain": "link", "dir/out": "../../outside.txt"} {
		must(t, os.Symlink(target, filepath.Join(root, link)))
	}
	tree := open(t, root)
	o := repo.NewOverlay(tree)
	must(t, o.Write("chain", []byte("through")))
	must(t, o.Write("dirlink/new", []byte("new")))
	if err := o.Write("dir/out", nil); !errors.Is(err, repo.ErrOutside) {
		t.Errorf("writing through a link to the outside: %v", err)
	}
	for name, want := range map[string]string{
		"a.txt": "through", "link": "through", "chain": "through", "dir/sub/new": "new", "dirlink/new": "new", "dirlink/../b.txt": "deeper", "dirlink/c.txt": "deepest",
	} {
		if got := text(t, o, name); got != want {
			t.Errorf("%s: %q, expected %q", name, got, want)
		}
	}
	must(t, o.Remove("link"))
	if got := text(t, o, "a.txt"); got != "through" {
		t.Errorf("removing a link removed what it leads to: %q", got)
	}
	if _, err := o.Read("link"); !errors.Is(err, repo.ErrMissing) {
		t.Errorf("a removed link: %v", err)
	}
	must(t, o.Write("link", []byte("own")))
	if text(t, o, "link") != "own" || text(t, o, "chain") != "own" || text(t, o, "a.txt") != "through" {
		t.Errorf("%q, %q, %q", text(t, o, "link"), text(t, o, "chain"), text(t, o, "a.txt"))
	}
	must(t, o.Write("a.txt", []byte("x")))
	must(t, o.Remove("a.txt"))
	if text(t, o, "link") != "own" {
		t.Error("the link is a link again")
	}
}

func TestOverlayRefuses(t *testing.T) {
	o := repo.NewOverlay(open(t, lay(t)))
	must(t, o.Write("fresh/x", nil))
	for name, want := range map[string]error{"../x": repo.ErrOutside, "/etc/passwd": repo.ErrOutside, "dir": repo.ErrDirectory, ".": repo.ErrDirectory, "fresh": repo.ErrDirectory} {
		if err := o.Write(name, []byte("x")); !errors.Is(err, want) {
			t.Errorf("writing %s: %v, expected %v", name, err, want)
		}
	}
	if err := o.Remove("../x"); !errors.Is(err, repo.ErrOutside) {
		t.Errorf("removing outside: %v", err)
	}
	if err := o.Write("big", make([]byte, repo.MaxFile+1)); !errors.Is(err, repo.ErrTooLarge) {
		t.Errorf("a file too large: %v", err)
	}
}

func TestOverlayHasALimit(t *testing.T) {
	o := repo.NewOverlay(open(t, lay(t)))
	chunk := make([]byte, repo.MaxFile)
	for i := range repo.MaxOverlay / repo.MaxFile {
		must(t, o.Write(string(rune('a'+i)), chunk))
	}
	if err := o.Write("z", []byte("x")); !errors.Is(err, repo.ErrTooLarge) {
		t.Errorf("beyond the limit: %v", err)
	}
	must(t, o.Write("a", []byte("small"))) // rewriting gives room back
	must(t, o.Write("z", []byte("x")))
	must(t, o.Remove("b"))
	must(t, o.Write("y", chunk))
}

func TestForksAreIndependent(t *testing.T) {
	o := repo.NewOverlay(open(t, lay(t)))
	must(t, o.Write("x", []byte("before")))
	one, two := o.Fork(), o.Fork()
	must(t, one.Write("x", []byte("one")))
	must(t, one.Write("only-one", nil))
	must(t, two.Remove("x"))
	got := []string{text(t, o, "x"), text(t, one, "x"), text(t, two, "x"), text(t, o, "only-one"), text(t, two, "only-one")}
	want := []string{"before", "one", `error: "x" no such file`, `error: "only-one" no such file`, `error: "only-one" no such file`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestOverlayListsBrokenLinks: who follows links must hear of those that keyfit does not
// follow, also through an overlay.
func TestOverlayListsBrokenLinks(t *testing.T) {
	root := lay(t)
	must(t, os.Symlink("nowhere", filepath.Join(root, "broken-link")))
	must(t, os.Symlink("../../outside.txt", filepath.Join(root, "out-link")))
	must(t, os.Symlink("loop", filepath.Join(root, "loop")))
	must(t, os.Symlink("a.txt", filepath.Join(root, "good-link")))
	o := repo.NewOverlay(open(t, root))
	broken := func() []string {
		infos, err := o.List(".")
		must(t, err)
		var names []string
		for _, info := range infos {
			if info.Broken {
				names = append(names, info.Name)
			}
		}
		return names
	}
	want := []string{"broken-link", "loop", "out-link"}
	if diff := cmp.Diff(want, broken()); diff != "" {
		t.Errorf("(-expected +got)\n%s", diff)
	}
}
