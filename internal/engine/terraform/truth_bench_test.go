package terraform

import (
	"fmt"
	"strings"
	"testing"
)

// bulk is a configuration without providers: modules, each with variables, definitions and
// resources.
func bulk(modules, resources int) trial {
	x := trial{name: "bulk", dir: "."}
	var main strings.Builder
	main.WriteString("variable \"key\" { default = \"CANARY\" }\nlocals { common = { KEY = var.key, MODE = \"prod\" } }\n")
	for i := range modules {
		fmt.Fprintf(&main, "module \"m%d\" {\n  source = \"./m%[1]d\"\n  env = merge(local.common, { NAME = \"m%[1]d\" })\n}\n", i)
		var inner strings.Builder
		inner.WriteString("variable \"env\" { type = map(string) }\nlocals { list = [for k, v in var.env : { name = k, value = v }] }\n")
		for j := range resources {
			fmt.Fprintf(&inner, "resource \"terraform_data\" \"r%d\" { input = jsonencode({ name = \"r%[1]d\", environment = local.list }) }\n", j)
		}
		inner.WriteString("output \"list\" { value = local.list }\n")
		x.add(fmt.Sprintf("m%d/main.tf", i), inner.String())
	}
	main.WriteString("output \"last\" { value = module.m0.list }\n")
	x.add("main.tf", main.String())
	return x
}

// BenchmarkAgainstPlan measures one evaluation beside one plan of the real tool: of a small
// module, and of 200 modules with 2,000 resources.
func BenchmarkAgainstPlan(b *testing.B) {
	for _, size := range [][2]int{{1, 1}, {20, 10}, {200, 10}} {
		x := bulk(size[0], size[1])
		name := fmt.Sprintf("%dx%d", size[0], size[1])
		b.Run(name+"/keyfit", func(b *testing.B) {
			step := x.step(b, "tofu")
			b.ReportAllocs()
			for b.Loop() {
				if r := evaluate(b, step); len(r.Instances) != size[0]*size[1] {
					b.Fatalf("%d instances, expected %d", len(r.Instances), size[0]*size[1])
				}
			}
		})
		for _, tool := range references(b) {
			b.Run(name+"/"+tool.name, func(b *testing.B) {
				s := newStage(b, tool, x)
				if _, err := s.run("init", "-input=false", "-no-color", "-backend=false"); err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					if _, err := s.run("plan", "-input=false", "-no-color", "-lock=false"); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
