package kube_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/engine/kube"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
)

// release is a rendered chart of n objects: for every Deployment a Secret and a ConfigMap,
// and as many objects of other kinds. Texts are wrapped in marks when m is not nil.
func release(n int, m *origin.Marks) string {
	var b strings.Builder
	mark := func(text string) string {
		if m == nil {
			return text
		}
		return origin.Wrap(m.Add(model.KnownText(text, model.Hop{Kind: model.KindHelmValues})), text)
	}
	for i := 0; i < n; i += 4 {
		fmt.Fprintf(&b, "---\n# Source: shop/templates/secret.yaml\napiVersion: v1\nkind: Secret\nmetadata:\n  name: s%d\n  labels: {app: shop, chart: shop-1.0.0}\ndata:\n", i)
		for k := range 5 {
			fmt.Fprintf(&b, "  KEY_%d: %s\n", k, mark("c2tfQ0FOQVJZXzE="))
		}
		fmt.Fprintf(&b, "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c%d\ndata:\n", i)
		for k := range 5 {
			fmt.Fprintf(&b, "  CONF_%d: %q\n", k, mark("https://example.com/"))
		}
		fmt.Fprintf(&b, "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: w%d\nspec:\n  selector: {app: shop}\n  ports:\n  - {port: 80, targetPort: http}\n", i)
		fmt.Fprintf(&b, "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d%d\nspec:\n  replicas: 2\n  template:\n    spec:\n      containers:\n      - name: app\n        image: %s\n        envFrom:\n        - configMapRef: {name: c%d}\n        env:\n", i, mark("registry/shop:v1"), i)
		for k := range 5 {
			fmt.Fprintf(&b, "        - name: E_%d\n          valueFrom: {secretKeyRef: {name: s%d, key: KEY_%d}}\n        - name: U_%d\n          value: %q\n", k, i, k, k, mark("x")+"-$(E_0)")
		}
	}
	return b.String()
}

func benchmarkRelease(b *testing.B, text func() origin.Text) {
	b.ReportAllocs()
	for b.Loop() {
		var c kube.Cluster
		if problems := c.Apply(kube.Input{Documents: []origin.Document{{Name: "a.yaml", Text: text()}}}); len(problems) > 0 {
			b.Fatal(problems[0].Message)
		}
		if consumers, _ := c.Consumers(); len(consumers) < 1 {
			b.Fatal("no consumers")
		}
	}
}

func BenchmarkApply(b *testing.B) {
	for _, n := range []int{100, 1000, 5000, 10000} {
		data := []byte(release(n, nil))
		b.Run(fmt.Sprintf("file/%d", n), func(b *testing.B) {
			benchmarkRelease(b, func() origin.Text { return origin.FromFile("a.yaml", data) })
		})
		var m origin.Marks
		marked := release(n, &m)
		b.Run(fmt.Sprintf("marked/%d", n), func(b *testing.B) {
			benchmarkRelease(b, func() origin.Text { return origin.FromMarked(marked, &m) })
		})
	}
}

func BenchmarkEnv200(b *testing.B) {
	var text strings.Builder
	text.WriteString("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    env:\n")
	for i := range 200 {
		fmt.Fprintf(&text, "    - name: V_%d\n      value: \"CANARY $(V_%d)\"\n", i, max(0, i-100))
	}
	data := []byte(text.String())
	benchmarkRelease(b, func() origin.Text { return origin.FromFile("a.yaml", data) })
}
