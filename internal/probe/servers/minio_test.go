//go:build heavy

package servers

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/probe"
)

// minio is a MinIO with data of its own.
type minio struct {
	t            *testing.T
	base, helper string
}

func startMinIO(t *testing.T) *minio {
	t.Helper()
	program := installed(t, "heavy.sh", filepath.Join(tools(t), "bin/minio"))
	dir, port := scratch(t), freePort(t)
	m := &minio{t: t, base: "http://127.0.0.1:" + port, helper: installed(t, "heavy.sh", filepath.Join(tools(t), "bin/minio-admin"))}
	for _, bucket := range []string{"team-a", "team-b"} {
		if err := os.MkdirAll(filepath.Join(dir, "data", bucket), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := command(dir, program, "server", "--address", "127.0.0.1:"+port, filepath.Join(dir, "data"))
	cmd.Env = append(cmd.Env, "MINIO_ROOT_USER=root1", "MINIO_ROOT_PASSWORD=CANARY-root1", "MINIO_UPDATE=off", "MINIO_BROWSER=off")
	start(t, cmd, answers(http.DefaultClient, m.base+"/minio/health/ready", 200))
	return m
}

// do brings a user or an access key into a state.
func (m *minio) do(words ...string) {
	m.t.Helper()
	args := append([]string{strings.TrimPrefix(m.base, "http://"), "root1", "CANARY-root1"}, words...)
	must(m.t, command(os.TempDir(), m.helper, args...))
}

func askMinIO(t *testing.T, road *road) {
	m := startMinIO(t)
	f := road.to(t, "minio", m.base)
	m.do("policy", "team-a", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":["arn:aws:s3:::team-a","arn:aws:s3:::team-a/*"]},`+
		`{"Effect":"Allow","Action":["s3:ListAllMyBuckets"],"Resource":["arn:aws:s3:::*"]}]}`)
	for _, name := range []string{"alice", "bobby", "carol"} {
		m.do("user", name, "CANARY-"+name)
	}
	m.do("attach", "team-a", "alice")
	m.do("attach", "team-a", "carol")
	m.do("key", "alice", "ALICEKEY01", "CANARY-alice-key")
	m.do("key", "alice", "ALICEKEY02", "CANARY-alice-key")
	as := func(id string, bucket ...string) map[string]string {
		out := map[string]string{"id": id}
		for _, b := range bucket {
			out["bucket"] = b
		}
		return out
	}
	const (
		secret, derived = "CANARY-alice", "CANARY-alice-key"
		alice           = "ok ++++? asked 2 user=alice"
		open            = "ambiguous ????? asked 1"
	)
	askAll(t, road, f, own(t, "minio", f.url), []state{
		{name: "active", key: secret, parts: as("alice"), want: alice},
		{name: "its bucket", key: secret, parts: as("alice", "team-a"), want: "ok +++++ asked 3 user=alice tenant=team-a"},
		{name: "another's bucket", key: secret, parts: as("alice", "team-b"), want: "ok ++++? asked 3 user=alice"},
		{name: "no such bucket", key: "CANARY-root1", parts: as("root1", "team-z"), want: "tenant_mismatch ++++? asked 3 user=root1 tenant=team-z"},
		{name: "an access key of the user's", key: derived, parts: as("ALICEKEY01"), want: "ok ++++? asked 2 user=ALICEKEY01"},
		{name: "a wrong secret", key: "CANARY-wrong", parts: as("alice"), want: open},
		{name: "no such access key", key: secret, parts: as("nobody"), want: "key_unknown +-??? asked 1 user=nobody"},
		{name: "no policy", key: "CANARY-bobby", parts: as("bobby"), want: open},
		{name: "a clock that is wrong", key: secret, parts: as("alice"), want: open,
			with: func(o *probe.Options) { o.Now = func() time.Time { return time.Now().Add(-time.Hour) } }},
		{name: "the access key is switched off", do: func() { m.do("disable-key", "ALICEKEY01") }, key: derived, parts: as("ALICEKEY01"), want: "owner_disabled +++-? asked 1 user=ALICEKEY01"},
		{name: "the access key is deleted", do: func() { m.do("remove-key", "ALICEKEY01") }, key: derived, parts: as("ALICEKEY01"), want: "key_unknown +-??? asked 1 user=ALICEKEY01"},
		{name: "the user is switched off", do: func() { m.do("disable", "alice") }, key: secret, parts: as("alice"), want: "owner_disabled +++-? asked 1 user=alice"},
		{name: "an access key of the user who is switched off", key: derived, parts: as("ALICEKEY02"), want: open},
		{name: "the user is switched on again", do: func() { m.do("enable", "alice") }, key: secret, parts: as("alice"), want: alice},
		{name: "the policy is taken away", do: func() { m.do("detach", "team-a", "alice") }, key: secret, parts: as("alice"), want: open},
		{name: "the user is deleted", do: func() { m.do("remove-user", "carol") }, key: "CANARY-carol", parts: as("carol"), want: "key_unknown +-??? asked 1 user=carol"},
	})
}
