package dotenv

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// TestPlaces: every span lies where it says, and holds what it says.
func TestPlaces(t *testing.T) {
	samples := append(samplesOf(oddCases(t)), generated(600, 77)...)
	checked := 0
	for _, s := range samples {
		index := pos.NewIndex(s.Text)
		for _, d := range Dialects() {
			f := Parse("x.env", s.Text, d, s.environment())
			for _, a := range f.Assignments {
				for _, span := range []pos.Span{a.At, a.NameAt, a.ValueAt} {
					if span.Start != index.At(span.Start.Byte) || span.End != index.At(span.End.Byte) || span.End.Byte < span.Start.Byte || span.File != "x.env" {
						t.Fatalf("%s, %s: %q: the span %s is not a stretch of the file", s.Name, d, a.Name, span)
					}
				}
				if a.At.Start != a.NameAt.Start || a.At.End != a.ValueAt.End {
					t.Fatalf("%s, %s: %q: the whole does not go from the name to the value", s.Name, d, a.Name)
				}
				written := text(s, a.NameAt)
				if plain(written) != plain(a.Name) && !strings.Contains(a.Name, "\n") {
					t.Fatalf("%s, %s: %q: something else stands at the place of the name", s.Name, d, a.Name)
				}
				checked += checkValue(t, s, d, a)
			}
			for _, p := range f.Problems {
				if p.At.File != "x.env" || p.Fix == "" || p.Message == "" {
					t.Fatalf("%s, %s: a problem without place, message or fix", s.Name, d)
				}
			}
		}
	}
	if checked < 1000 {
		t.Errorf("only %d values were compared with their places", checked)
	}
}

func text(s sample, span pos.Span) string { return string(s.Text[span.Start.Byte:span.End.Byte]) }

// plain takes off what a name may have around it or within it.
func plain(name string) string { return strings.Trim(strings.ReplaceAll(name, "\r", ""), "'") }

// checkValue compares a value that is written plainly with what stands at its place.
func checkValue(t *testing.T, s sample, d Dialect, a Assignment) int {
	t.Helper()
	written := text(s, a.ValueAt)
	if len(written) >= 2 && written[0] == written[len(written)-1] && strings.Contains(`'"`, written[:1]) && d != Docker {
		written = written[1 : len(written)-1]
	}
	if a.Value.State != model.Known || !a.Value.Trail.Last().Literal || strings.ContainsAny(written, "'\"`\\$\r") {
		return 0
	}
	if got := a.Value.Text.Reveal(); got != written {
		t.Fatalf("%s, %s: %q: something else stands at the place of the value", s.Name, d, a.Name)
	}
	return 1
}

func TestAssignmentsInOrder(t *testing.T) {
	f := Parse("x.env", []byte("export A='1'\n\nB = \"x\ny\" # c\nA=2\n"), Python, nil)
	type row struct{ Name, At, NameAt, ValueAt, Text string }
	span := func(s pos.Span) string { return s.String() + "-" + pos.Span{File: "x", Start: s.End}.String()[2:] }
	var got []row
	for _, a := range f.Assignments {
		got = append(got, row{a.Name, span(a.At), span(a.NameAt), span(a.ValueAt), a.Value.Text.Reveal()})
	}
	want := []row{
		{"A", "x.env:1:8-1:13", "x.env:1:8-1:9", "x.env:1:10-1:13", "1"},
		{"B", "x.env:3:1-4:3", "x.env:3:1-3:2", "x.env:3:5-4:3", "x\ny"},
		{"A", "x.env:5:1-5:4", "x.env:5:1-5:2", "x.env:5:3-5:4", "2"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
