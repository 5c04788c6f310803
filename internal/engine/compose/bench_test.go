package compose

import (
	"fmt"
	"strings"
	"testing"
)

// large is a project of many services.
func large() sample {
	var b strings.Builder
	b.WriteString("x-env: &shared {A: anchored, D: \"${B:-d}\"}\nservices:\n")
	for i := range 200 {
		fmt.Fprintf(&b, "  s%d:\n    image: x\n    env_file: [a.env]\n    environment:\n      <<: *shared\n      KEY: ${A}-%d\n      OTHER: \"${B:-${A}}\"\n", i, i)
	}
	return sample{files: map[string]string{"compose.yaml": b.String(), "a.env": "E=1\nF=$E\n"}, configs: []string{"compose.yaml"}, env: map[string]string{"A": "a"}}
}

func BenchmarkRun(b *testing.B) {
	s := large()
	dir := s.write(b)
	for b.Loop() {
		if r := s.run(b, dir); len(r.Consumers) != 200 {
			b.Fatal(len(r.Consumers))
		}
	}
}

func BenchmarkComposeGo(b *testing.B) {
	s := large()
	dir := s.write(b)
	for b.Loop() {
		if _, err := s.answer(dir); err != nil {
			b.Fatal(err)
		}
	}
}

// TestMuchToLoad: files of variables that are read for very many services end at a limit.
func TestMuchToLoad(t *testing.T) {
	var b strings.Builder
	b.WriteString("services:\n")
	for i := range 400 {
		fmt.Fprintf(&b, "  s%d: {env_file: a.env}\n", i)
	}
	s := sample{files: map[string]string{"compose.yaml": b.String(), "a.env": strings.Repeat("#", 1<<20)}, configs: []string{"compose.yaml"}}
	r := s.run(t, s.write(t))
	if len(r.Consumers) != 400 || r.Consumers[399].Env.Rest().Why != "limit" {
		t.Errorf("%d services, the last one knows %+v", len(r.Consumers), r.Consumers[len(r.Consumers)-1].Env.Rest().Why)
	}
}

// TestLimits: a hostile project ends at a limit.
func TestLimits(t *testing.T) {
	nested := strings.Repeat("${A:-", 60) + strings.Repeat("}", 60)
	bomb := "x-a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
	for c := 'b'; c < 'j'; c++ {
		bomb += fmt.Sprintf("x-%c: &%c [%s]\n", c, c, strings.Repeat(fmt.Sprintf("*%c, ", c-1), 9)+fmt.Sprintf("*%c", c-1))
	}
	for name, text := range map[string]string{
		"nested": "services: {web: {environment: {K: \"" + nested + "\"}}}\n",
		"bomb":   bomb + "services: {web: {environment: {K: k}}}\n",
		"wide":   "services: {web: {environment: {K: \"" + strings.Repeat("${A}", 300_000) + "\"}}}\n",
		"loop":   "include: [compose.yaml]\nservices: {}\n",
		"twice":  "services: {web: {}}\nservices: {web: {}}\n",
	} {
		s := sample{files: map[string]string{"compose.yaml": text}, configs: []string{"compose.yaml"}}
		r := s.run(t, s.write(t))
		if name != "bomb" && len(r.Problems) == 0 {
			t.Errorf("%s: no problem is told", name)
		}
	}
}
