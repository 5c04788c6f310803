package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const twoNamespaces = `apiVersion: apps/v1
kind: Deployment
metadata: {name: checkout, namespace: %s}
spec:
  selector: {matchLabels: {app: x}}
  template:
    metadata: {labels: {app: x}}
    spec:
      containers:
        - name: main
          image: app
          env: [{name: STRIPE_API_KEY, value: sk_live_CANARY11111111111111111%s}]
`

// TestHookTellsNamespacesApart pushes another key for one of two deployments of one name, under
// many keys of fingerprints: by those, slots are put in order.
func TestHookTellsNamespacesApart(t *testing.T) {
	dir := t.TempDir()
	var stream bytes.Buffer
	commit := func(message, a, b string) {
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter dev <dev@example.com> 1700000000 +0000\ndata %d\n%s\n", len(message), message)
		for name, key := range map[string]string{"a": a, "b": b} {
			text := fmt.Sprintf(twoNamespaces, name, key)
			fmt.Fprintf(&stream, "M 100644 inline k8s/%s.yaml\ndata %d\n%s\n", name, len(text), text)
		}
		text := "version: 1\nenvironments:\n  production: {deploy: [{manifests: [\"k8s/*.yaml\"]}]}\n"
		fmt.Fprintf(&stream, "M 100644 inline keyfit.yaml\ndata %d\n%s\n", len(text), text)
	}
	commit("first", "aaaa", "bbbb")
	stream.WriteString("reset refs/remotes/origin/main\nfrom refs/heads/main\n\n")
	commit("another key for a", "cccc", "bbbb")
	commit("the same for both", "cccc", "cccc")
	commit("as it was", "aaaa", "bbbb")
	git(t, dir, nil, "init", "-q", "-b", "main")
	git(t, dir, &stream, "fast-import", "--quiet")

	cases := []struct{ name, from, to, want string }{
		{"a third key", "main~3", "main~2", "it brings 1 finding; 1 finding that was there before"},
		{"the key of one for the other", "main~2", "main~1", "it brings 1 finding; 1 finding that was there before"},
		{"nothing new", "main~3", "main~3", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			line := "x " + git(t, dir, nil, "rev-parse", c.to) + " x " + git(t, dir, nil, "rev-parse", c.from) + "\n"
			for i := range 20 {
				cmd := exec.Command("keyfit", "hook", "run", "pre-push")
				cmd.Dir, cmd.Stdin = dir, strings.NewReader(line)
				cmd.Env = append(os.Environ(), "LANG=C.UTF-8", "SKIP=", fmt.Sprint("KEYFIT_FINGERPRINT_KEY=a key for fingerprints ", i))
				out, err := cmd.CombinedOutput()
				if !strings.Contains(string(out), c.want) || (err == nil) != (c.want == "") || strings.Contains(string(out), "CANARY") {
					t.Fatalf("run %d: %v\n%s", i, err, out)
				}
			}
		})
	}
}

// TestHookWithManyRefs pushes one commit to 3,000 refs, as `git push --mirror` may.
func TestHookWithManyRefs(t *testing.T) {
	dir, line := repository(t, 300, "services/s1/change.yaml")
	words := strings.Fields(line)
	var lines strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&lines, "refs/heads/x%d %s refs/heads/x%d %040x\n", i, words[1], i, i)
	}
	if took := hookRun(t, "keyfit", dir, lines.String()); took.Seconds() > 2*float64(slack) {
		t.Errorf("3,000 refs with one commit took %v", took)
	}
}
