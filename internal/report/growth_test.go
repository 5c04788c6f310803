package report

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// crowdedReports are two reports of n slots of one variable and n findings about it: the slots of
// a consumer each, or all of one.
func crowdedReports(n int, oneConsumer bool) []Document {
	var docs []Document
	for which := range 2 {
		d := Document{SchemaVersion: SchemaVersion, Environments: []string{"e"}, Slots: make([]Slot, n), Findings: make([]Finding, n)}
		for i := range n {
			d.Slots[i] = Slot{
				Environment: "e", Consumer: fmt.Sprint("c", i), Variable: "KEY", State: stateKnown, Reason: "ok", Fingerprint: "f",
				Trail: []Hop{{At: At{File: fmt.Sprint(which, "-", i), Line: 1, Column: 1}}},
			}
			d.Findings[i] = Finding{ID: "K106", Severity: "warning", Environment: "e", Consumer: fmt.Sprint("z", i%10), Variable: "KEY", Message: fmt.Sprint(which, "-", i)}
			if oneConsumer {
				d.Slots[i].Consumer = "c"
			}
		}
		settle(&d, d.Environments)
		docs = append(docs, d)
	}
	return docs
}

// TestReportsGrowEvenly: eight times as many slots and findings take about eight times as long,
// not sixty-four times, even where all of them bear one name.
func TestReportsGrowEvenly(t *testing.T) {
	const small, factor, most = 250, 8, 24
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // idle processors would collect meanwhile
	for _, oneConsumer := range []bool{false, true} {
		few, many := crowdedReports(small, oneConsumer), crowdedReports(small*factor, oneConsumer)
		tasks := map[string]func([]Document){
			"merge":          func(docs []Document) { Merge(docs, false) },
			"merge --latest": func(docs []Document) { Merge(docs, true) },
		}
		for _, name := range FormatNames() {
			tasks[name] = func(docs []Document) {
				if err := Write(io.Discard, name, docs[0], options(100)); err != nil {
					t.Error(err)
				}
			}
		}
		for name, task := range tasks {
			ratio := 0.0
			for range 5 {
				if ratio = float64(fastest(2, task, many)) / float64(fastest(3, task, few)); ratio <= most {
					break
				}
			}
			if ratio > most {
				t.Errorf("%s, one consumer %t: %d times as much takes %.0f times as long", name, oneConsumer, factor, ratio)
			}
		}
	}
}

// fastest is the time that the processors worked, for other programs may be in the way.
func fastest(times int, task func([]Document), docs []Document) time.Duration {
	best := time.Hour
	for range times {
		runtime.GC() // what others left behind is not this task's
		start := worked()
		task(docs)
		best = min(best, worked()-start)
	}
	return max(best, time.Microsecond)
}

func BenchmarkCrowded(b *testing.B) {
	docs := crowdedReports(20_000, true)
	b.Run("merge", func(b *testing.B) {
		for b.Loop() {
			Merge(docs, false)
		}
	})
	for _, name := range FormatNames() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := Write(io.Discard, name, docs[0], options(100)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
