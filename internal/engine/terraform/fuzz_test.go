package terraform

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// FuzzEvaluate evaluates any text as a configuration: nothing may panic or take long, no
// fault of our own is met, every place of a problem lies in the text, and evaluating again
// gives the same.
func FuzzEvaluate(f *testing.F) {
	for _, seed := range []string{
		`variable "v" { default = "x" }` + "\n" + `output "o" { value = var.v == "x" ? [for a in ["b"] : upper(a)] : null }`,
		`resource "a" "b" { for_each = { k = "v" } dynamic "e" { for_each = [1] content { n = e.value } } }`,
		`locals { a = jsonencode({ b = a.b.c }) }` + "\n" + `resource "a" "b" {}` + "\n" + `output "o" { value = "${local.a}%{ if true }x%{ endif }" }`,
		`module "m" { source = "./" }`, `output "o" { value = try(a.b[*].c, "x", {}...) }`, "resource \"a\" \"b\" { x = <<-E\n ${path.module}\n E\n}",
		`{"output": {"o": {"value": "${1 + 1}"}}}`, `output "o" { value = merge({ for k, v in { a = 1 } : k => v... }, null) }`,
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string, isJSON bool) {
		if len(text) > 4096 {
			return
		}
		name := "main.tf"
		if isJSON {
			name = "main.tf.json"
		}
		sub, err := os.MkdirTemp(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(sub)
		if err := os.WriteFile(filepath.Join(sub, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		first, second := fuzzOnce(t, sub), fuzzOnce(t, sub)
		if first != second {
			t.Errorf("evaluating twice gives\n%s\nand\n%s", first, second)
		}
	})
}

func fuzzOnce(t *testing.T, dir string) string {
	files, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	began := time.Now()
	r, err := Evaluate(context.Background(), Step{Files: files, Workspace: model.Value{State: model.Absent}})
	if err != nil || time.Since(began) > 20*time.Second {
		t.Fatalf("takes %v and gives %v", time.Since(began), err)
	}
	var b strings.Builder
	for _, m := range messages(r) {
		if strings.Contains(m, "fault of keyfit") {
			t.Errorf("a fault: %s", m)
		}
		b.WriteString(m + "\n")
	}
	for _, i := range r.Instances {
		b.WriteString(i.Address + " " + shown(i.Body) + "\n")
		everyLeaf(i.Body)
	}
	for _, o := range r.Outputs {
		b.WriteString(o.Name + " " + shown(o.Value) + " " + story(valueOf(o.Value)) + "\n")
	}
	return b.String()
}

func everyLeaf(v cty.Value) {
	_ = cty.Walk(v, func(_ cty.Path, el cty.Value) (bool, error) {
		valueOf(el)
		structured(el)
		return true, nil
	})
}
