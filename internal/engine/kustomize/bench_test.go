package kustomize

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/repo"
)

// shop is an overlay of many services, each with a base, generators and a patch.
func shop(services int) string {
	var b, all strings.Builder
	for i := range services {
		fmt.Fprintf(&b, `-- base/s%[1]d.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: s%[1]d}
spec:
  selector: {matchLabels: {app: s%[1]d}}
  template:
    metadata: {labels: {app: s%[1]d}}
    spec:
      containers:
      - name: main
        image: shop/s%[1]d
        envFrom: [{configMapRef: {name: c%[1]d}}]
        env:
        - {name: KEY, value: CANARY_%[1]d}
        - {name: URL, value: "https://s%[1]d"}
        - name: SECRET
          valueFrom: {secretKeyRef: {name: keys, key: k%[1]d}}
`, i)
		fmt.Fprintf(&all, "- s%d.yaml\n", i)
	}
	fmt.Fprintf(&b, "-- base/kustomization.yaml --\nresources:\n%sconfigMapGenerator:\n", all.String())
	for i := range services {
		fmt.Fprintf(&b, "- {name: c%[1]d, literals: [A=%[1]d, B=CANARY]}\n", i)
	}
	b.WriteString("-- overlay/kustomization.yaml --\nresources: [../base]\nnamePrefix: st-\npatches:\n")
	for i := range services {
		fmt.Fprintf(&b, "- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: s%[1]d}\n    spec: {template: {spec: {containers: [{name: main, env: [{name: KEY, value: CANARY_over_%[1]d}]}]}}}\n", i)
	}
	b.WriteString("secretGenerator:\n- name: keys\n  envs: [keys.env]\n-- overlay/keys.env --\n")
	for i := range services {
		fmt.Fprintf(&b, "k%[1]d=CANARY_%[1]d\n", i)
	}
	return b.String()
}

func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{1, 20, 100} {
		tree := laid(b, shop(n))
		step := Step{Files: tree, Dir: "overlay"}
		b.Run(fmt.Sprintf("origins/services=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r, err := Build(context.Background(), step); err != nil || r.Doubt != nil {
					b.Fatal(err, r.Problems)
				}
			}
		})
		b.Run(fmt.Sprintf("plain/services=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p := newPlan(step)
				p.start()
				if _, err := (&builder{plan: p, library: libraryFor(p)}).plainly(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("process/services=%d", n), func(b *testing.B) {
			program := engine(b, "kustomize")
			for b.Loop() {
				if err := exec.Command(program, "build", filepath.Join(tree.Dir(), "overlay")).Run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestManyServices keeps an eye on what a large overlay takes.
func TestManyServices(t *testing.T) {
	var files repo.Files = laid(t, shop(60))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := built(t, Step{Files: files, Dir: "overlay"})
	runtime.ReadMemStats(&after)
	if len(r.Documents) != 121 || len(r.Problems) > 0 {
		t.Errorf("%d objects, %v", len(r.Documents), r.Problems)
	}
	if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; mib > 4096 {
		t.Errorf("allocates %d MiB", mib)
	}
	leaves := leavesIn(t, r)
	if l := leaves["Deployment//st-s7/spec/template/spec/containers/[main]/env/[KEY]/value"]; len(l.sources) != 1 || len(l.sources[0].Losers) != 1 {
		t.Errorf("%d sources", len(l.sources))
	}
}
