package terraform

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// wide is a configuration of modules with ten resources each.
func wide(modules int) string {
	var b strings.Builder
	b.WriteString("variable \"env\" { default = \"prod\" }\nlocals { base = { A = \"1\", ENV = var.env } }\n")
	for i := range modules {
		fmt.Fprintf(&b, "module \"m%d\" {\n  source = \"./mod\"\n  name = \"m%d\"\n  env = merge(local.base, { N = \"%d\" })\n}\n", i, i, i)
	}
	b.WriteString("-- mod/main.tf --\nvariable \"name\" {}\nvariable \"env\" { type = map(string) }\nlocals { full = { for k, v in var.env : k => \"${v}-${var.name}\" } }\n")
	for i := range 10 {
		fmt.Fprintf(&b, "resource \"aws_lambda_function\" \"f%d\" {\n  function_name = \"${var.name}-%d\"\n  role = aws_iam_role.r.arn\n  environment {\n    variables = merge(local.full, { KEY = \"CANARY%d\" })\n  }\n}\n", i, i, i)
	}
	b.WriteString("resource \"aws_iam_role\" \"r\" { name = var.name }\noutput \"names\" { value = [aws_lambda_function.f0.function_name] }\n")
	return b.String()
}

func BenchmarkEvaluate(b *testing.B) {
	for _, modules := range []int{1, 20, 200} {
		b.Run(fmt.Sprintf("modules=%d", modules), func(b *testing.B) {
			files := repository(b, wide(modules))
			var last Result
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for b.Loop() {
				last = evaluate(b, Step{Files: files})
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			if len(last.Instances) != 11*modules || len(last.Problems) > 0 {
				b.Fatalf("%d instances and %d problems", len(last.Instances), len(last.Problems))
			}
			b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/(1<<20), "MiB-held")
			runtime.KeepAlive(last)
		})
	}
}
