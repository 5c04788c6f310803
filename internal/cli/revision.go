package cli

import (
	"bufio"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// commit is what the CI system calls the commit that it runs on; empty elsewhere.
func (a *app) commit() string {
	for _, name := range []string{
		"GITHUB_SHA", "CI_COMMIT_SHA", "BUILDKITE_COMMIT", "CIRCLE_SHA1", "BUILD_SOURCEVERSION", "BITBUCKET_COMMIT", "GIT_COMMIT",
	} {
		if commit := a.env[name]; commit != "" {
			return commit
		}
	}
	return ""
}

// maxGitConfig bounds what is read of .git/config, in bytes.
const maxGitConfig = 1 << 20

// origin is where the repository comes from, as its clone says: a job may well have another one
// checked out than the one that its CI system speaks of. Empty when nothing tells.
func (w *workspace) origin() string {
	name := filepath.Join(w.files.Dir(), ".git", "config")
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	inOrigin := false
	for lines := bufio.NewScanner(io.LimitReader(f, maxGitConfig)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, "[") {
			inOrigin = line == `[remote "origin"]`
			continue
		}
		name, address, _ := strings.Cut(line, "=")
		if inOrigin && strings.EqualFold(strings.TrimSpace(name), "url") {
			return withoutUser(strings.Trim(strings.TrimSpace(address), `"`))
		}
	}
	return ""
}

// withoutUser is the host and the path of an address, however it is written. A CI system puts
// tokens where the user and the password stand, and a query may hold one too; what is no such
// address is left out whole.
func withoutUser(address string) string {
	if !strings.Contains(address, "://") { // as in git@github.com:acme/shop.git
		host, path, ok := strings.Cut(address, ":")
		if !ok || strings.Contains(path, "@") || len(host) == 1 { // a drive of Windows
			return ""
		}
		address = "ssh://" + host + "/" + path
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || strings.Contains(u.Path, "@") {
		return ""
	}
	path := strings.TrimSuffix(strings.Trim(u.Path, "/"), ".git")
	return strings.ToLower(u.Hostname() + "/" + path)
}
