package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/canary"
	"github.com/keyfit/keyfit/internal/report"
)

const echoedKey = "pgk_stg_CANARYechoed0001"

// project lays down a repository whose one key belongs to an API at url.
func project(t *testing.T, url string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		".git/config": "", ".env": "PAYMENT_API_KEY=" + echoedKey + "\n",
		"keyfit.yaml": `version: 1
environments: {staging: {deploy: [{dotenv: .env}]}}
keys: {PAYMENT_API_KEY: {provider: pay, control: {env: CONTROL_KEY}}}
providers:
  pay:
    hosts: {staging: "` + url + `"}
    probe:
      control: never
      request: {path: /whoami, auth: {scheme: bearer}}
      verdicts:
        - {when: {status: 200, json: {$.user.id: {exists: true}}}, reason: ok}
        - {when: {status: 401, json: {$.error: {exists: true}}}, reason: key_unknown, says: the key is none of ours}
      identity: {user: $.user.id, name: $.user.name}
      evidence: {code: $.error, request-id: {header: X-Request-Id}}
`,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func start(t *testing.T, dir string, now func() time.Time, args ...string) (out, errors string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = Main(t.Context(), Process{
		Args: args, Dir: dir, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Now: now,
		Environ: []string{"CONTROL_KEY=pgk_stg_CANARYcontrol1", "LANG=C.UTF-8"},
	})
	for _, text := range []string{stdout.String(), stderr.String()} {
		if form := canary.Find([]byte(text)); form != "" {
			t.Errorf("a key shows as %s", form)
		}
	}
	return stdout.String(), stderr.String(), code
}

// An API that repeats the keys in every field that is read gets none of them into the packet.
func TestEvidenceOfAnEchoingAPI(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", "req "+base64.StdEncoding.EncodeToString([]byte(key)))
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprintf(w, `{"error": %q, "user": {"id": %q, "name": "pgk_stg_CANARYcontrol1 | <b>@all"}}`, "no key "+key, key)
	}))
	defer api.Close()
	dir := project(t, api.URL)
	for _, name := range []string{"out/support.md", "support.json"} {
		_, _, code := start(t, dir, time.Now, "check", "--evidence", name)
		if code != exitFindings {
			t.Fatalf("exit code %d", code)
		}
		path := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if form := canary.Find(data); form != "" || !bytes.Contains(data, []byte("the key is none of ours")) {
			t.Errorf("%s holds a key as %q, or no word of the case:\n%s", name, form, data)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", name, info.Mode(), err)
		}
		left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".keyfit-*"))
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}

// The doctor knocks without a key and without a word of the repository's.
func TestDoctorSendsNothingSecret(t *testing.T) {
	asked := 0
	api := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked++
		body, _ := io.ReadAll(r.Body)
		whole := fmt.Sprint(r.Method, r.URL, r.Header, string(body))
		if strings.Contains(whole, "CANARY") || canary.Find([]byte(whole)) != "" || r.Method != http.MethodHead || r.Header.Get("Authorization") != "" {
			t.Error("a key was sent, or something that may be one")
		}
	}))
	defer api.Close()
	out, _, code := start(t, project(t, api.URL), time.Now, "doctor", "--format", "json")
	var d report.Diagnosis
	if err := json.Unmarshal([]byte(out), &d); err != nil || code != exitOK || asked != 1 {
		t.Fatalf("exit code %d, asked %d times, %v:\n%s", code, asked, err, out)
	}
}

func TestDoctorLooksAtTheClock(t *testing.T) {
	api := httptest.NewServer(http.NotFoundHandler())
	defer api.Close()
	dir := project(t, api.URL)
	for _, tt := range []struct {
		off  time.Duration
		code int
		want string
	}{
		{0, exitOK, "clock agrees with that of 1 host"},
		{2 * time.Minute, exitOK, "s ahead of that of 1 host"},
		{-2 * time.Minute, exitOK, "behind that of 1 host"},
		{10 * time.Minute, exitFindings, "refused when it is five minutes off"},
	} {
		now := func() time.Time { return time.Now().Add(tt.off) }
		out, _, code := start(t, dir, now, "doctor")
		if plain := strings.Join(strings.Fields(out), " "); code != tt.code || !strings.Contains(plain, tt.want) {
			t.Errorf("%s off: exit code %d, want %q in\n%s", tt.off, code, tt.want, out)
		}
	}
}
