package report

import (
	"fmt"
	"io"
	"testing"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/verdict"
)

func manySlots(n int) Input {
	in := input()
	for i := range n {
		s := slot(fmt.Sprintf("env-%02d", i%20), fmt.Sprintf("KEY_%04d", i), key(fmt.Sprint(i), hop("dotenv", "KEY", at(".env", i+1, 1))))
		in.Cases = append(in.Cases, &checks.Case{Slot: s, Verdict: verdict.Verdict{Rungs: rungs("+-..."), Reason: provider.KeyUnknown}})
		in.Findings = append(in.Findings, finding("K301", "unknown-key", checks.Error, s, at(".env", i+1, 1), "the API does not know the key", "replace it"))
	}
	return in
}

func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{300, 5000} {
		in := manySlots(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				Build(in)
			}
		})
	}
}

func BenchmarkFormats(b *testing.B) {
	for _, n := range []int{300, 5000} {
		d := Build(manySlots(n))
		for _, name := range FormatNames() {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				for b.Loop() {
					if err := Write(io.Discard, name, d, options(100)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
