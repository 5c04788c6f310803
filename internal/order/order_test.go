package order

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

type entry struct {
	Rank, Place int
	Name        string
}

func entries(n int) []entry {
	numbers := rand.New(rand.NewPCG(1, 2))
	out := make([]entry, n)
	for i := range out {
		out[i] = entry{Rank: numbers.IntN(10), Place: i, Name: "an entry"}
	}
	return out
}

func byRank(a, b entry) int { return cmp.Compare(a.Rank, b.Rank) }

func TestByEqualsTheStableSortOfTheStandardLibrary(t *testing.T) {
	for _, n := range []int{0, 1, 2, 19, 20, 21, 1000} {
		got, want := entries(n), entries(n)
		By(got, byRank)
		slices.SortStableFunc(want, byRank)
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%d entries (-want +got):\n%s", n, diff)
		}
	}
}

func BenchmarkBy(b *testing.B) {
	list, copied := entries(10_000), make([]entry, 10_000)
	b.Run("order.By", func(b *testing.B) {
		for b.Loop() {
			copy(copied, list)
			By(copied, byRank)
		}
	})
	b.Run("slices.SortStableFunc", func(b *testing.B) {
		for b.Loop() {
			copy(copied, list)
			slices.SortStableFunc(copied, byRank)
		}
	})
}
