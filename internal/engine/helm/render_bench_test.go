package helm

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// shopChart is a chart with a number of templates and three files of values, each with a
// number of leaves.
func shopChart(templates, leaves int) string {
	var b strings.Builder
	b.WriteString("args: -f staging.yaml -f keys.yaml\n-- shop/Chart.yaml --\napiVersion: v2\nname: shop\nversion: 1.0.0\n")
	for i, file := range []string{"shop/values.yaml", "staging.yaml", "keys.yaml"} {
		fmt.Fprintf(&b, "-- %s --\nname: shop\nenv:\n", file)
		for n := range leaves {
			fmt.Fprintf(&b, "  KEY_%d_%d: sk_test_CANARY_%d\n", i, n, n)
		}
	}
	b.WriteString("-- shop/templates/_helpers.tpl --\n{{- define \"shop.labels\" }}\napp: {{ .Values.name | quote }}\nrelease: {{ .Release.Name }}\n{{- end }}\n")
	for i := range templates {
		fmt.Fprintf(&b, "-- shop/templates/t%d.yaml --\n", i)
		fmt.Fprintf(&b, `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Values.name }}-%d
  labels: {{- include "shop.labels" . | nindent 4 }}
spec:
  template:
    spec:
      containers:
        - name: api
          env:
            {{- range $name, $value := .Values.env }}
            - name: {{ $name }}
              value: {{ $value | quote }}
            {{- end }}
            {{- if .Values.debug }}
            - {name: DEBUG, value: "true"}
            {{- end }}
`, i)
	}
	return b.String()
}

// BenchmarkRender compares a chart with 20 templates and three files of values with the
// real helm.
func BenchmarkRender(b *testing.B) {
	c := layOut(b, "bench", shopChart(20, 10))
	step := c.step(b)
	b.Run("origins", func(b *testing.B) {
		for b.Loop() {
			if r, err := Render(context.Background(), step); err != nil || r.Stats.Marked != 20 {
				b.Fatal(err, r.Stats)
			}
		}
	})
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			loaded, _ := Load(step)
			r := &render{step: step, loaded: loaded, plain: newPlain(context.Background())}
			caps, _ := capabilities(step)
			sources := r.prepare(caps)
			r.plain.parse(sources)
			for _, s := range sources {
				if _, err := r.plain.render(s); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	helm := realHelm(b)
	b.Run("helm", func(b *testing.B) {
		for b.Loop() {
			cmd := exec.Command(helm, append([]string{"template", "rel", "shop"}, c.args...)...)
			cmd.Dir = c.dir
			if out, err := cmd.Output(); err != nil || len(out) == 0 {
				b.Fatal(err)
			}
		}
	})
	for _, n := range []int{10, 100, 1000} {
		many := layOut(b, "leaves", shopChart(1, n)).step(b)
		b.Run(fmt.Sprintf("leaves-%d", 3*n), func(b *testing.B) {
			for b.Loop() {
				if _, err := Render(context.Background(), many); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestStepsGrowWithText makes sure that a chart is not rendered once for every leaf.
func TestStepsGrowWithText(t *testing.T) {
	steps := func(leaves int) int { return layOut(t, "leaves", shopChart(1, leaves)).render(t).eval.steps }
	small, large := steps(50), steps(500)
	if large > 11*small {
		t.Errorf("%d steps for 150 leaves, %d for 1500", small, large)
	}
}
