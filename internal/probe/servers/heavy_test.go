//go:build heavy

package servers

import "testing"

// heavy are the servers that take minutes to build: scripts/heavy.sh builds them, and
// `go test -tags heavy ./internal/probe/servers` asks them too.
func heavy() map[string]func(*testing.T, *road) {
	return map[string]func(*testing.T, *road){"gitea": askGitea, "minio": askMinIO, "kubernetes": askKubernetes}
}
