package function_test

import (
	"fmt"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// environment is a map of n marked texts.
func environment(n int) cty.Value {
	out := map[string]cty.Value{}
	for i := range n {
		out[fmt.Sprintf("NAME_%05d", i)] = cty.StringVal(fmt.Sprintf("CANARY-%d", i)).Mark(place(fmt.Sprint(i)))
	}
	return cty.MapVal(out)
}

func benchmarkCall(b *testing.B, name string, args ...cty.Value) {
	b.Helper()
	f := scope(b, "tofu", cty.DynamicVal).Functions[name]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Call(args); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJSONEncode(b *testing.B) { benchmarkCall(b, "jsonencode", environment(10_000)) }

func BenchmarkYAMLEncode(b *testing.B) { benchmarkCall(b, "yamlencode", environment(10_000)) }

func BenchmarkMerge(b *testing.B) {
	benchmarkCall(b, "merge", environment(10_000), environment(5_000))
}

func BenchmarkLookup(b *testing.B) {
	benchmarkCall(b, "lookup", environment(1_000), cty.StringVal("NAME_00500"))
}

func BenchmarkSort(b *testing.B) {
	var names []cty.Value
	for _, v := range environment(10_000).AsValueMap() {
		names = append(names, v)
	}
	benchmarkCall(b, "sort", cty.ListVal(names))
}

func BenchmarkTemplateFile(b *testing.B) {
	vars := cty.ObjectVal(map[string]cty.Value{"a": cty.StringVal("x"), "m": environment(1_000)})
	benchmarkCall(b, "templatefile", cty.StringVal("files/list.tftpl"), vars)
}

func BenchmarkUpper(b *testing.B) {
	benchmarkCall(b, "upper", cty.StringVal("CANARY").Mark(place("x")))
}

func BenchmarkAll(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		scope(b, "tofu", cty.DynamicVal)
	}
}
