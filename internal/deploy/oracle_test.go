package deploy_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// tool finds a real tool. In CI it must be there; elsewhere, where it is not installed,
// these tests have nothing to compare with, and the tables hold the same facts.
func tool(t *testing.T, name string) string {
	t.Helper()
	p, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("%s is not installed here: not compared", name)
	}
	return p
}

// daemon is a docker daemon that only takes note of what it is asked to create.
type daemon struct {
	mu   sync.Mutex
	env  []string
	name string
	got  bool
}

func (d *daemon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Api-Version", "1.41")
	w.Header().Set("Content-Type", "application/json")
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/containers/create") {
		return
	}
	var body struct{ Env []string }
	_ = json.NewDecoder(r.Body).Decode(&body)
	d.mu.Lock()
	d.env, d.name, d.got = body.Env, r.URL.Query().Get("name"), true
	d.mu.Unlock()
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write([]byte(`{"Id":"x","Warnings":[]}`))
}

// take gives what was asked for since the last time, as a process would find it.
func (d *daemon) take() (env map[string]string, name string, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	env = map[string]string{}
	for _, pair := range d.env {
		if k, v, ok := strings.Cut(pair, "="); ok {
			env[k] = v
		}
	}
	name, ok = d.name, d.got
	d.got, d.env = false, nil
	return env, name, ok
}

func startDaemon(t *testing.T) (*daemon, string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "d")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	d := &daemon{}
	server := &http.Server{Handler: d, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close(); _ = os.RemoveAll(dir) })
	return d, "unix://" + socket
}

// TestDockerAgrees puts command lines together at random and compares with what the real
// docker asks its daemon for.
func TestDockerAgrees(t *testing.T) {
	docker := tool(t, "docker")
	d, host := startDaemon(t)
	dir := t.TempDir()
	const file = "# c\nF=1\n A=file\nQ=\"q\" # x\nX\nUNSET\nE=\n"
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	pieces := []string{
		"-e A=1", "-e A=2", "--env=B=2", "--env B=--rm", "-eC=3", "-e=D=4", "-ite E=5", "-e X", "-eX", "-e UNSET", "--env=UNSET", "-e A", "--rm", "--rm=false", "-it", "-i=true", "--name n", "--name=m",
		"--env-file f", "--env-file=f", "-e -e", "-e --", "--", "-w / -u 1", "-p 1:1", "-P", "-hH", "-e A=b=c,d", "--label-file f", "--privileged", "img", "img/a:1", "-l a=b", "--read-only -m 64m",
	}
	random, compared := rand.New(rand.NewPCG(1, 2)), 0
	for range 120 {
		var line []string
		for range 1 + random.IntN(6) {
			line = append(line, strings.Fields(pieces[random.IntN(len(pieces))])...)
		}
		line = append(line, "last")
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		cmd := exec.CommandContext(ctx, docker, append([]string{"create"}, line...)...)
		cmd.Dir, cmd.Env = dir, []string{"DOCKER_HOST=" + host, "X=x", "HOME=" + dir, "DOCKER_CONTENT_TRUST=0"}
		err := cmd.Run()
		cancel()
		want, name, ok := d.take()
		if !ok || err != nil {
			continue // docker refuses it
		}
		compared++
		got := ours(t, dir, "docker create "+strings.Join(line, " "), map[string]string{"X": "x"})
		if len(got.Consumers) != 1 || len(got.Problems) > 0 {
			t.Fatalf("docker create %v: %d consumers, problems %v", line, len(got.Consumers), got.Problems)
		}
		if name != "" && name != got.Consumers[0].Workload {
			t.Errorf("docker create %v: is named %q, expected %q", line, got.Consumers[0].Workload, name)
		}
		if diff := cmp.Diff(want, decided(t, got.Consumers[0].Env, want)); diff != "" {
			t.Errorf("docker create %v (-docker +keyfit)\n%s", line, diff)
		}
	}
	if compared < 20 {
		t.Errorf("compared only %d lines", compared)
	}
	t.Logf("compared %d lines", compared)
}

// ours reads one command line in a directory that is the whole repository.
func ours(t *testing.T, dir, line string, env map[string]string) deploy.Delivery {
	t.Helper()
	opened, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	c := command(line)
	vars := map[string]model.Value{}
	for name, text := range env {
		vars[name] = model.KnownText(text, model.Hop{Kind: model.KindProcess, What: name})
	}
	c.Env = model.NewEnv(vars)
	d, _ := deploy.Read(deploy.Call{Command: c, Files: opened})
	return d
}

// decided is the environment; of an ambiguous value, the candidate that want has.
func decided(t *testing.T, env model.Env, want map[string]string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, v := range env.All() {
		candidates := v.Alternatives
		if v.State == model.Known {
			candidates = []model.Value{v}
		} else if v.State == model.Unknown && len(candidates) == 0 {
			t.Errorf("%s is unknown", name)
		}
		for _, c := range candidates {
			if text, there := want[name]; c.State == model.Known && (v.State == model.Known || there && c.Text.Reveal() == text) {
				out[name] = c.Text.Reveal()
			}
		}
	}
	return out
}

// TestKubectlAgrees compares Secrets with those that the real kubectl prints.
func TestKubectlAgrees(t *testing.T) {
	kubectl := tool(t, "kubectl")
	dir := t.TempDir()
	files := map[string]string{
		"a.txt": "one\n", "d/x.y": "two", "d/_z": "", "raw": "\uFEFF# c\n A=1 \nB=\"q\"\n\nX\nUNSET\nC=a=b\r\n", "twice": "A=1\nA=2\n", "export": "export A=1\n", "odd": "a-b.c=1\n",
	}
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range []string{
		"s --from-literal=A=1 --from-literal B=a=b", `s --from-literal=A="q" --from-literal=B='q'' --from-literal=C="`, "s --from-literal=A= -n x", "--from-literal=A=1,B=2 s",
		"s --from-file=a.txt", "s --from-file=k=a.txt,d/x.y", "s --from-file=d", "s --from-env-file=raw", "s --from-env-file raw --from-env-file=odd", "s --from-env-file=twice", "s --from-env-file=export",
		"s --from-env-file=odd --type=Opaque", "s --from-env-file=raw --from-literal=A=1", "s --from-file=a.txt --from-env-file=raw", "-n x s --from-literal=A=1 --dry-run=client",
	} {
		args := append([]string{"create", "secret", "generic"}, strings.Fields(line)...)
		if !strings.Contains(line, "--dry-run") {
			args = append(args, "--dry-run=client")
		}
		cmd := exec.Command(kubectl, append(args, "-o", "json")...)
		cmd.Dir, cmd.Env = dir, []string{"X=x", "HOME=" + dir, "KUBECONFIG=/dev/null"}
		out, err := cmd.Output()
		got := map[string]string{}
		unknown := false
		for _, s := range ours(t, dir, "kubectl "+strings.Join(args, " "), map[string]string{"X": "x"}).Store {
			unknown = unknown || s.Value.State != model.Known
			got[s.Key] = s.Value.Text.Reveal()
		}
		if err != nil {
			if !unknown {
				t.Errorf("%s: kubectl refuses it, keyfit knows what it delivers", line)
			}
			continue
		}
		var printed struct{ Data map[string]string }
		if err := json.Unmarshal(out, &printed); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for k, v := range maps.All(printed.Data) {
			text, err := base64.StdEncoding.DecodeString(v)
			if err != nil {
				t.Fatal(err)
			}
			want[k] = string(text)
		}
		if diff := cmp.Diff(want, got); diff != "" || unknown {
			t.Errorf("%s, unknown: %v (-kubectl +keyfit)\n%s", line, unknown, diff)
		}
	}
}
