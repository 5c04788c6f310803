//go:build heavy

package ci

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const upstream = "https://github.com/keyfit/keyfit.git"

// TestReleaseTwice builds the whole release with goreleaser, twice and at two places. The archives
// have the names that the action asks for, and the same sums.
func TestReleaseTwice(t *testing.T) {
	goreleaser := need(t, "goreleaser", "goreleaser.sh")
	var sums [2]string
	first, second := filepath.Join(t.TempDir(), "first"), filepath.Join(t.TempDir(), "at another place")
	copyCheckout(t, first)
	for _, args := range [][]string{{"clone", "-q", first, second}, {"-C", second, "remote", "set-url", "origin", upstream}} {
		if res := start(t, root, nil, "git", args...); res.code != 0 {
			t.Fatalf("git %s: %s", args[0], res.stderr)
		}
	}
	for i, dir := range []string{first, second} {
		env := []string{"HOME=" + os.Getenv("HOME"), "GOCACHE=" + goEnv(t, "GOCACHE"), "GOMODCACHE=" + goEnv(t, "GOMODCACHE"), "GOFLAGS=" + goEnv(t, "GOFLAGS")}
		if res := start(t, dir, env, goreleaser, "release", "--clean", "--skip=publish,announce,sbom"); res.code != 0 {
			t.Fatalf("exit code %d:\n%s", res.code, res.stderr)
		}
		sums[i] = read(t, filepath.Join(dir, "dist", "checksums.txt"))
		if i == 0 {
			checkArchives(t, filepath.Join(dir, "dist"))
		}
	}
	if diff := cmp.Diff(sums[0], sums[1]); diff != "" {
		t.Errorf("two builds of one commit differ:\n%s", diff)
	}
	line := regexp.MustCompile(`\A[0-9a-f]{64}  keyfit_1\.2\.3_(linux|darwin|windows)_(amd64|arm64)\.(tar\.gz|zip)\z`)
	lines := strings.Split(strings.TrimSpace(sums[0]), "\n")
	if len(lines) != 8 {
		t.Errorf("%d archives:\n%s", len(lines), sums[0])
	}
	for _, l := range lines {
		if !line.MatchString(l) {
			t.Errorf("unexpected: %q", l)
		}
	}
}

// checkArchives looks into the archive of this machine's kind.
func checkArchives(t *testing.T, dist string) {
	t.Helper()
	name := filepath.Join(dist, archiveName("1.2.3"))
	out, err := exec.Command("tar", "-tzf", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	members := strings.Fields(string(out))
	slices.Sort(members)
	if diff := cmp.Diff([]string{"LICENSE", "README.md", "keyfit"}, members); diff != "" {
		t.Error(diff)
	}
	dir := t.TempDir()
	if out, err := exec.Command("tar", "-xzf", name, "-C", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if res := start(t, dir, nil, filepath.Join(dir, "keyfit"), "version"); res.code != 0 || !strings.Contains(res.stdout, "1.2.3") {
		t.Errorf("exit code %d: %s%s", res.code, res.stdout, res.stderr)
	}
}

// copyCheckout makes a repository of its own with one commit, released as 1.2.3, of the files that
// git knows or would know here.
func copyCheckout(t *testing.T, dir string) {
	t.Helper()
	listed, err := exec.Command("git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard", "-z").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(listed), "\x00"), "\x00") {
		from, to := filepath.Join(root, name), filepath.Join(dir, name)
		info, err := os.Stat(from)
		if err != nil || !info.Mode().IsRegular() {
			continue // deleted, and not committed yet
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, readBytes(t, from), info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{
		"GIT_AUTHOR_DATE=2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com", "GIT_CONFIG_GLOBAL=/dev/null",
	}
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"}, {"remote", "add", "origin", upstream}, {"add", "-A"}, {"commit", "-qm", "x"}, {"tag", "v1.2.3"},
	} {
		if res := start(t, dir, env, "git", args...); res.code != 0 {
			t.Fatalf("git %s: %s", args[0], res.stderr)
		}
	}
}
