// Package servers asks real servers, in every state that a key of theirs can be made to have,
// and holds the verdicts to what that state is. Servers are started on loopback with data of
// their own; scripts/install/servers.sh installs them, scripts/heavy.sh those that take minutes to build.
package servers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startTime is how long a server may take to start, on a machine that is busy.
const startTime = 4 * time.Minute

// tools is the folder that the scripts under scripts/install put their tools into.
func tools(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "..", ".tools"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// installed gives the first of some paths that is there. In CI a server that is not is a
// failure.
func installed(t *testing.T, script string, paths ...string) string {
	t.Helper()
	for _, path := range paths {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	where := "scripts/install/" + script
	if script == "heavy.sh" {
		where = "scripts/heavy.sh"
	}
	text := fmt.Sprintf("%s is missing: run %s", filepath.Base(paths[0]), where)
	if os.Getenv("CI") == "true" {
		t.Fatal(text)
	}
	t.Skip(text)
	return ""
}

// scratch is a directory that other users can reach.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "keyfit-server")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// command is a program with an environment of its own, in a directory.
func command(dir, program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = dir, []string{"LC_ALL=C.UTF-8", "HOME=" + dir, "PATH=" + os.Getenv("PATH")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// unprivileged runs a command as a user that servers accept, and gives it the directory.
func unprivileged(t *testing.T, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	if os.Getuid() != 0 {
		return cmd
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	err = filepath.WalkDir(cmd.Dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, uid, -1)
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}
	return cmd
}

// start starts a server, waits until it is ready, and stops it and what it started when the
// test ends.
func start(t *testing.T, cmd *exec.Cmd, ready func() error) {
	t.Helper()
	log, err := os.Create(filepath.Join(cmd.Dir, filepath.Base(cmd.Path)+".out"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); <-ended })
	for until := time.Now().Add(startTime); ; {
		err := ready()
		if err == nil {
			return
		}
		select {
		case <-ended:
		case <-time.After(100 * time.Millisecond):
			if time.Now().Before(until) {
				continue
			}
		}
		out, _ := os.ReadFile(log.Name())
		t.Fatalf("%s does not start: %v\n%s", filepath.Base(cmd.Path), err, out[max(0, len(out)-2000):])
	}
}

func must(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", filepath.Base(cmd.Path), err, out.String(), problems.String())
	}
	return strings.TrimSpace(out.String())
}

// listens is ready once a port of loopback takes connections.
func listens(port string) func() error {
	return func() error {
		conn, err := net.DialTimeout("tcp", "127.0.0.1:"+port, time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err
	}
}

// answers is ready once a URL is answered with a status.
func answers(client *http.Client, url string, status int) func() error {
	return func() error {
		res, err := client.Get(url)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != status {
			return fmt.Errorf("it answers %d", res.StatusCode)
		}
		return nil
	}
}

// admin calls a server's own API as its administrator, who brings keys into their states.
type admin struct {
	base      string
	client    *http.Client
	authorise func(*http.Request)
}

func basic(user, password string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(user, password) }
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// call sends JSON and gives the JSON that comes back. An answer that is no success fails the
// test.
func (a admin) call(t *testing.T, method, path, body string) map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, a.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	a.authorise(r)
	client := a.client
	if client == nil {
		client = http.DefaultClient
	}
	path, _, _ = strings.Cut(path, "?") // a query may hold a password
	res, err := client.Do(r)
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %d %v", method, path, res.StatusCode, err)
	}
	var out map[string]any
	_ = json.Unmarshal(text, &out)
	return out
}

// at follows names down a JSON document.
func at(t *testing.T, doc any, names ...string) string {
	t.Helper()
	for _, name := range names {
		object, _ := doc.(map[string]any)
		doc = object[name]
	}
	switch doc := doc.(type) {
	case string:
		return doc
	case float64:
		return strconv.FormatFloat(doc, 'f', -1, 64)
	}
	t.Fatalf("the answer has no %s", strings.Join(names, "."))
	return ""
}
