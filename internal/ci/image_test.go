package ci

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mostImage is what an image may weigh, in bytes. GitLab's scanners keep to the same.
const mostImage = 50_000_000

// authorities is where Debian, and the stage that builds the image, keep them.
const authorities = "/etc/ssl/certs/ca-certificates.crt"

// stage gives the instructions of one stage of the Dockerfile, by its name; "" is the last.
func stage(t *testing.T, name string) []string {
	t.Helper()
	var found []string
	for _, in := range instructions(t) {
		if in[0] == "FROM" {
			if name != "" && found != nil {
				return found
			}
			found = nil
			if name != "" && !strings.HasSuffix(in[1], " AS "+name) {
				continue
			}
			found = []string{}
		}
		if found != nil {
			found = append(found, in[0]+" "+in[1])
		}
	}
	if found == nil {
		t.Fatalf("the Dockerfile has no stage %q", name)
	}
	return found
}

// imageTree lays out what the first stage of the Dockerfile leaves in /image.
func imageTree(t *testing.T) string {
	t.Helper()
	bundle, err := os.ReadFile(authorities)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("there are no certificate authorities: install ca-certificates")
		}
		t.Skip("notice: this machine keeps its certificate authorities elsewhere")
	}
	dir := filepath.Join(t.TempDir(), "image")
	layOut(t, dir, map[string]string{"etc/ssl/certs/ca-certificates.crt": string(bundle)})
	for name, mode := range map[string]os.FileMode{"tmp": 0o777 | os.ModeSticky, "work": 0o755} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	build(t, root, filepath.Join(dir, "keyfit"), "")
	return dir
}

// layer packs a tree as a registry keeps it, and gives its size before and after.
func layer(t *testing.T, dir string) (whole, packed int64) {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "layer")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	zip := gzip.NewWriter(file)
	w := tar.NewWriter(zip)
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		whole += info.Size()
		if err := w.WriteHeader(&tar.Header{Name: path, Mode: 0o755, Size: info.Size()}); err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(w, f)
		return err
	})
	if err != nil || w.Close() != nil || zip.Close() != nil {
		t.Fatal(err)
	}
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return whole, info.Size()
}

// TestImage weighs the image, builds its last stage with buildah, which wants no daemon, and
// starts it.
func TestImage(t *testing.T) {
	tree := imageTree(t)
	whole, packed := layer(t, tree)
	if whole > mostImage || packed > mostImage/2 {
		t.Errorf("the image has %d bytes, %d packed, of at most %d and half of it", whole, packed, mostImage)
	}
	t.Logf("%d bytes, %d packed", whole, packed)

	buildah := need(t, "buildah", "buildah.sh")
	dir := filepath.Dir(tree)
	layOut(t, dir, map[string]string{"Dockerfile": "FROM scratch AS build\nCOPY image/ /image/\n" + strings.Join(stage(t, ""), "\n") + "\n"})
	env := []string{"HOME=" + t.TempDir(), "BUILDAH_ISOLATION=chroot", "STORAGE_DRIVER=vfs"}
	run := func(args ...string) started {
		t.Helper()
		return start(t, dir, env, buildah, append([]string{"--root", filepath.Join(dir, "store"), "--runroot", filepath.Join(dir, "run")}, args...)...)
	}
	defer func() { run("rm", "--all"); run("rmi", "--all", "--force") }() // before the context ends
	for _, args := range [][]string{{"bud", "--quiet", "--tag", "keyfit", "."}, {"from", "--quiet", "--name", "one", "localhost/keyfit"}} {
		if res := run(args...); res.code != 0 {
			t.Fatalf("buildah %s: %s", args[0], res.stderr)
		}
	}
	res := run("run", "one", "--", "/keyfit", "version")
	if res.code != 0 || !strings.Contains(res.stdout, "1.2.3") {
		t.Errorf("exit code %d: %s%s", res.code, res.stdout, res.stderr)
	}
	config := run("inspect", "--format", "{{.OCIv1.Config.User}} {{.OCIv1.Config.WorkingDir}} {{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.Env}}", "one").stdout
	if !strings.HasPrefix(config, "65532:65532 /work [/keyfit]") {
		t.Errorf("the image is configured as %s", config)
	}
}

// TestImageWithShell: the variant for GitLab differs by a shell alone, and has no entry point that
// would take the place of it.
func TestImageWithShell(t *testing.T) {
	want := []string{
		"FROM scratch AS shell", "COPY --from=build /image/ /", "COPY --from=tools /shell/ /", "ENV PATH=/bin:/", "USER 65532:65532", "WORKDIR /work", `CMD ["/bin/sh"]`,
	}
	if got := strings.Join(stage(t, "shell"), "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the stage is\n%s", got)
	}
	for _, in := range stage(t, "tools") {
		if strings.HasPrefix(in, "COPY") || strings.HasPrefix(in, "ARG") {
			t.Errorf("%s has no place in the stage of the shell", in)
		}
	}
}
