package kustomize

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
)

// TestEditsTruth lets the real kustomize edit and build.
func TestEditsTruth(t *testing.T) {
	program := engine(t, "kustomize")
	const files = `
-- base/kustomization.yaml --
resources: [deployment.yaml]
-- base/deployment.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - name: api
        image: shop/api:1
        envFrom: [{secretRef: {name: shop}}]
-- overlay/kustomization.yaml --
resources: [../base]
images:
- {name: shop/api, newTag: "2"}
- {name: other, newName: another}
secretGenerator:
- name: shop
  literals: [a=CANARY_1, b=2]
-- overlay/more.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: more}
data: {A: CANARY}
-- overlay/x.env --
E=CANARY_env
-- feature/kustomization.yaml --
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
nameSuffix: -f
`
	for _, c := range []string{
		"set image shop/api:v3", "set image shop/api=registry.example.com/a:v4 other:v1", "set image shop/api@sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3",
		"set namespace shop", "set nameprefix p-", "set namesuffix -- -s", "set replicas api=4", "set label a:b c:d", "set annotation a:b",
		"add resource more.yaml", "add base ../base", "add component ../feature", "add label x:y", "add annotation x:y", "remove resource ../base", "remove resource more.yaml",
		"add configmap cfg --from-literal=A=CANARY_x --from-literal=B=y=z", "add configmap cfg --from-literal A=CANARY_x --disableNameSuffixHash",
		"add configmap cfg --from-file=key=x.env", "add configmap cfg --from-env-file=x.env --namespace=n", "add configmap more --from-literal=A=b --behavior=merge",
		"add secret shop --from-literal=c=CANARY_3", "add secret new --from-literal=c=CANARY_3 --type=kubernetes.io/tls",
		"set secret shop --from-literal=a=CANARY_changed", "set secret shop --from-literal=zz=CANARY_changed", "set secret gone --from-literal=a=b",
	} {
		t.Run(c, func(t *testing.T) {
			tree := laid(t, files)
			step := Step{Files: tree, Dir: "overlay", Edits: []Edit{{Dir: "overlay", Args: words("edit " + c)}}}
			r := built(t, step)
			dir := filepath.Join(tree.Dir(), "overlay")
			edit := exec.Command(program, append([]string{"edit"}, strings.Fields(c)...)...)
			edit.Dir = dir
			if out, err := edit.CombinedOutput(); err != nil {
				if r.Doubt == nil {
					t.Errorf("kustomize refuses it, and there is no doubt:\n%s", out)
				}
				return
			}
			want, err := exec.Command(program, "build", dir).Output()
			if err != nil {
				if r.Doubt == nil {
					t.Errorf("kustomize cannot build it, and there is no doubt")
				}
				return
			}
			if r.Doubt != nil { // what is not followed must be said; most is
				t.Logf("not followed: %v", r.Problems)
				return
			}
			if diff := cmp.Diff(string(want), joined(r.Documents)); diff != "" {
				t.Errorf("(-kustomize +keyfit)\n%s", diff)
			}
		})
	}
}

func TestTextsThatEditsBring(t *testing.T) {
	unknownPart := model.UnknownBecause(model.WhyCISecret, "secrets.KEY", model.Trail{}.Append(model.Hop{Kind: model.KindShell, What: "KEY"}))
	half := unknownPart
	half.Parts = []model.Value{word("--from-literal=api-key="), unknownPart}
	key := model.KnownText("sk_CANARY", model.Hop{Kind: model.KindShell, What: "export KEY", Literal: true})
	whole := word("--from-literal=other=sk_CANARY")
	whole.Parts = []model.Value{word("--from-literal=other="), key}
	r := built(t, Step{
		Files: laid(t, "-- overlay/kustomization.yaml --\nresources: [../base]\n"+settings), Dir: "overlay",
		Edits: []Edit{{Dir: "overlay", Args: append(words("edit add secret shop"), half, whole)}},
	})
	if len(r.Problems) > 0 || r.Doubt != nil {
		t.Errorf("problems %v, doubt %v", r.Problems, r.Doubt)
	}
	leaves := leavesIn(t, r)
	got := map[string]string{}
	for path, l := range leaves {
		for _, s := range l.sources {
			got[path] += s.State.String() + " " + s.Trail.Origin().What + ";"
		}
	}
	want := map[string]string{"ConfigMap//a/data/K": "known ConfigMap/a key K;", "Secret//shop/data/api-key": "unknown KEY;", "Secret//shop/data/other": "known export KEY;"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if text := leaves["Secret//shop/data/other"].text; text != "sk_CANARY" {
		t.Errorf("the text of the literal is not the one that was passed")
	}
}

func TestEditsThatCannotBeFollowed(t *testing.T) {
	tree := laid(t, "-- overlay/kustomization.yaml --\nresources: [../base]\n"+settings)
	for _, c := range []string{"edit fix", "edit add patch --path x.yaml", "edit set image", "edit set buildmetadata x", "edit add resource *.yaml", "edit", "edit remove label x", "edit add resource -x"} {
		r := built(t, Step{Files: tree, Dir: "overlay", Edits: []Edit{{Dir: "overlay", Args: words(c)}}})
		if r.Doubt == nil || !strings.Contains(told(r), "ConfigMap/a unknown(unsupported)") {
			t.Errorf("%s: %s", c, told(r))
		}
		elsewhere := built(t, Step{Files: tree, Dir: "overlay", Edits: []Edit{{Dir: "other", Args: words(c)}}})
		if elsewhere.Doubt != nil {
			t.Errorf("%s elsewhere: %s", c, told(elsewhere))
		}
	}
}

// guarded makes a git that tells when it runs.
func guarded(t testing.TB) (ran func() bool) {
	t.Helper()
	dir := t.TempDir()
	trace := filepath.Join(dir, "ran")
	write(t, filepath.Join(dir, "git"), []byte("#!/bin/sh\necho ran >"+trace+"\nexit 1\n"))
	if err := os.Chmod(filepath.Join(dir, "git"), 0o755); err != nil {
		t.Fatal(err)
	}
	old := os.Getenv("PATH")
	if err := os.Setenv("PATH", dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Setenv("PATH", old) })
	return func() bool { _, err := os.Stat(trace); return err == nil }
}
