package kustomize

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/repo"
)

// TestNothingOutside names addresses and files of the machine in every place that takes a
// path: nothing is loaded, and no program is started.
func TestNothingOutside(t *testing.T) {
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer server.Close()
	ran := guarded(t)
	host := server.Listener.Addr().(*net.TCPAddr).String()
	secret := filepath.Join(t.TempDir(), "secret.env")
	write(t, secret, []byte("K=CANARY_outside\n"))
	for j, form := range []string{"http://HOST/x", "HTTP://HOST/x.yaml", "git::http://HOST/a/b", "file:///HOST//x", "ssh://git@HOST/a/b", "git@HOST:a/b", "user@HOST:a/b.git", "github.com/a/b", "GitHub.com:a/b", secret, "../../../../../../../../../../.." + secret, "link"} {
		p := strings.ReplaceAll(form, "HOST", host)
		for i, field := range []string{
			"resources: [%s]", "bases: [%s]", "components: [%s]", "crds: [%s]", "configurations: [%s]", "generators: [%s]", "transformers: [%s]", "validators: [%s]",
			"patches: [{path: %s}]", "patchesStrategicMerge: [%s]", "patchesJson6902: [{path: %s, target: {kind: A, version: v1, name: a}}]", "replacements: [{path: %s}]", "openapi: {path: %s}",
			"configMapGenerator: [{name: a, envs: [%s]}]", "configMapGenerator: [{name: a, env: %s}]", "secretGenerator: [{name: a, files: [k=%s]}]", "secretGenerator: [{name: a, files: [%s]}]",
			"helmCharts: [{name: a, repo: %s}]", "helmChartInflationGenerator: [{chartName: a, chartRepoUrl: %s}]",
			"transformers: ['{apiVersion: builtin, kind: PatchTransformer, metadata: {name: a}, path: \"%s\"}']",
			"generators: ['{apiVersion: builtin, kind: ConfigMapGenerator, metadata: {name: a}, name: a, files: [\"k=%s\"]}']",
			"generators: ['{apiVersion: builtin, kind: HelmChartInflationGenerator, metadata: {name: a}, name: a, repo: \"%s\"}']",
		} {
			dir := t.TempDir()
			write(t, dir+"/overlay/kustomization.yaml", []byte("namePrefix: x-\n"+fmt.Sprintf(field, p)+"\n"))
			if err := os.Symlink(secret, dir+"/overlay/link"); err != nil {
				t.Fatal(err)
			}
			r, err := Build(context.Background(), Step{Files: opened(t, dir), Dir: "overlay", LoadRestrictionsNone: (i+j)%2 == 0, EnableHelm: true})
			if err != nil || r.Doubt == nil && !strings.HasPrefix(field, "validators") && len(r.Documents) > 0 {
				t.Errorf("%d %s: %v, %d objects and no doubt", i, form, err, len(r.Documents))
			}
			if strings.Contains(joined(r.Documents), "CANARY") || strings.Contains(fmt.Sprint(r.Problems), "CANARY") {
				t.Errorf("%d %s: it was read", i, form)
			}
		}
	}
	if n := calls.Load(); n > 0 {
		t.Errorf("%d calls", n)
	}
	if ran() {
		t.Error("git was started")
	}
}

// watched sees which files are read.
type watched struct {
	repo.Files
	mu    sync.Mutex
	wrong []string
}

func (w *watched) Read(name string) ([]byte, error) {
	if filepath.IsAbs(name) || name == ".." || strings.HasPrefix(name, "../") {
		w.mu.Lock()
		w.wrong = append(w.wrong, name)
		w.mu.Unlock()
	}
	return w.Files.Read(name)
}

func FuzzBuild(f *testing.F) {
	for _, c := range fixtures(f) {
		if data, err := c.tree.Read("overlay/kustomization.yaml"); err == nil {
			f.Add(string(data))
		}
	}
	for _, text := range []string{"", "{", "resources: [.]", "resources: [../overlay]", "configMapGenerator: [{name: a, literals: [A]}]", "openapi: {path: a.yaml}", "vars: [{}]", "patches: [{patch: '[]', target: {}}]", "crds: [a.yaml]", "transformers: [a.yaml]", "configurations: [a.yaml]", "replacements: [{path: a.yaml}]", "secretGenerator: [{name: a, envs: [x.env]}]"} {
		f.Add(text)
	}
	dir := f.TempDir()
	for name, text := range map[string]string{
		"overlay/kustomization.yaml": "", "overlay/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {K: CANARY}\n", "overlay/x.env": "A=CANARY\n", "overlay/patch.yaml": "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\ndata: {K: CANARY_2}\n",
		"base/kustomization.yaml": "resources: [b.yaml]\n", "base/b.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec: {template: {spec: {containers: [{name: api, image: x, env: [{name: K, value: CANARY_3}]}]}}}\n",
	} {
		write(f, filepath.Join(dir, name), []byte(text))
	}
	tree := opened(f, dir)
	ran := guarded(f)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4000 {
			return
		}
		o := repo.NewOverlay(tree)
		if err := o.Write("overlay/kustomization.yaml", []byte(text)); err != nil {
			t.Fatal(err)
		}
		w := &watched{Files: o}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		r, err := Build(ctx, Step{Files: w, Dir: "overlay"})
		if err != nil {
			t.Fatalf("took too long, or failed: %v", err)
		}
		if len(w.wrong) > 0 {
			t.Errorf("read %q", w.wrong)
		}
		if ran() {
			t.Error("git was started")
		}
		if len(r.Documents) == 0 && r.Doubt == nil && len(r.Problems) > 0 {
			t.Error("problems without a doubt")
		}
		for _, p := range r.Problems {
			if p.Message == "" || strings.Contains(p.Message, "CANARY") && !strings.Contains(text, "CANARY") {
				t.Error("a problem quotes a file, or says nothing")
			}
		}
		p := newPlan(Step{Files: o, Dir: "overlay"})
		if r.Doubt != nil || !p.start() {
			return
		}
		b := &builder{plan: p, library: libraryFor(p)}
		objects, err := b.plainly(ctx)
		if err != nil && !errors.Is(err, errLimit) {
			t.Fatal("builds with marks alone")
		}
		for i, d := range r.Documents {
			if !d.Text.Matches(objects[i].yaml) {
				t.Errorf("object %d is another one with marks", i)
			}
		}
	})
}
