package pos_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/pos"
)

func TestAt(t *testing.T) {
	cases := []struct {
		name, text string
		offset     int
		want       pos.Pos
	}{
		{"empty text", "", 0, pos.Pos{Line: 1, Column: 1, Byte: 0}},
		{"start", "abc", 0, pos.Pos{Line: 1, Column: 1, Byte: 0}},
		{"end of file", "abc", 3, pos.Pos{Line: 1, Column: 4, Byte: 3}},
		{"behind the end", "abc", 99, pos.Pos{Line: 1, Column: 4, Byte: 3}},
		{"before the start", "abc", -5, pos.Pos{Line: 1, Column: 1, Byte: 0}},
		{"at the newline", "ab\ncd", 2, pos.Pos{Line: 1, Column: 3, Byte: 2}},
		{"behind the newline", "ab\ncd", 3, pos.Pos{Line: 2, Column: 1, Byte: 3}},
		{"behind the last newline", "ab\n", 3, pos.Pos{Line: 2, Column: 1, Byte: 3}},
		{"empty lines", "\n\n\n", 2, pos.Pos{Line: 3, Column: 1, Byte: 2}},
		{"CRLF, at the return", "ab\r\ncd", 2, pos.Pos{Line: 1, Column: 3, Byte: 2}},
		{"CRLF, at the newline", "ab\r\ncd", 3, pos.Pos{Line: 1, Column: 4, Byte: 3}},
		{"CRLF, behind", "ab\r\ncd", 4, pos.Pos{Line: 2, Column: 1, Byte: 4}},
		{"a lone return ends no line", "a\rb", 2, pos.Pos{Line: 1, Column: 3, Byte: 2}},
		{"two bytes", "é=x", 2, pos.Pos{Line: 1, Column: 2, Byte: 2}},
		{"three bytes", "€=x", 4, pos.Pos{Line: 1, Column: 3, Byte: 4}},
		{"four bytes", "🔑=x", 4, pos.Pos{Line: 1, Column: 2, Byte: 4}},
		{"combined characters count each", "e\u0301x", 3, pos.Pos{Line: 1, Column: 3, Byte: 3}},
		{"a byte order mark counts", "\uFEFFx", 3, pos.Pos{Line: 1, Column: 2, Byte: 3}},
		{"bytes that are no UTF-8 count each", "\xff\xfex", 2, pos.Pos{Line: 1, Column: 3, Byte: 2}},
		{"a tab counts once", "\tx", 1, pos.Pos{Line: 1, Column: 2, Byte: 1}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, pos.NewIndex([]byte(c.text)).At(c.offset)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestOffset(t *testing.T) {
	x := pos.NewIndex([]byte("añb\r\n\nlast"))
	cases := []struct{ line, column, want int }{
		{1, 1, 0}, {1, 2, 1}, {1, 3, 3}, {1, 99, 5}, {1, 0, 0}, {1, -3, 0}, {2, 1, 6}, {2, 5, 6}, {3, 1, 7}, {3, 5, 11}, {3, 99, 11},
		{0, 5, 0}, {-1, 1, 0}, {4, 1, 11}, {99, 99, 11},
	}
	for _, c := range cases {
		if got := x.Offset(c.line, c.column); got != c.want {
			t.Errorf("Offset(%d, %d) = %d, expected %d", c.line, c.column, got, c.want)
		}
	}
}

func TestSpanPrints(t *testing.T) {
	x := pos.NewIndex([]byte("ab\ncd"))
	cases := []struct {
		span  pos.Span
		want  string
		valid bool
	}{
		{pos.Span{}, "", false},
		{pos.Span{File: "f"}, "f", true},
		{pos.Span{File: "f", Start: pos.Pos{Line: 3}}, "f:3", true},
		{x.Span("dir/f", 3, 5), "dir/f:2:1", true},
		{pos.Span{Start: pos.Pos{Line: 1, Column: 1}}, "", false},
	}
	for _, c := range cases {
		if c.span.String() != c.want || c.span.IsValid() != c.valid {
			t.Errorf("%+v prints %q and is valid: %v; expected %q and %v", c.span, c.span, c.span.IsValid(), c.want, c.valid)
		}
	}
	if (pos.Pos{}).IsValid() || !x.At(0).IsValid() {
		t.Error("a place is valid when its line is not 0")
	}
}

func TestCompareSorts(t *testing.T) {
	x := pos.NewIndex([]byte("abc\ndef\n"))
	sorted := []pos.Span{
		{}, {File: "a"}, x.Span("a", 0, 0), x.Span("a", 0, 1), x.Span("a", 1, 1), x.Span("a", 4, 4), x.Span("a", 4, 8), x.Span("b", 0, 1),
	}
	shuffled := slices.Clone(sorted)
	slices.Reverse(shuffled)
	slices.SortFunc(shuffled, pos.Compare)
	if diff := cmp.Diff(sorted, shuffled); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, s := range sorted {
		if pos.Compare(s, s) != 0 {
			t.Errorf("%v differs from itself", s)
		}
	}
}

// TestLongLines looks places up at the end of a line of 4 MiB. Counting from the start
// of the line would take a thousand times as long as on a line of 4 KiB.
func TestLongLines(t *testing.T) {
	long, short := lookUps(t, 2<<20), lookUps(t, 2<<10)
	if long > 100*short {
		t.Errorf("takes %v on a long line, and %v on a short one", long, short)
	}
}

// lookUps is the shortest of several times for some look-ups at the end of a line.
func lookUps(t *testing.T, letters int) time.Duration {
	t.Helper()
	x, best := pos.NewIndex([]byte(strings.Repeat("é", letters))), time.Hour
	for range 10 {
		began := time.Now()
		for i := letters - 50; i <= letters; i++ {
			if at := x.At(2 * i); at.Column != i+1 || x.Offset(1, at.Column) != 2*i {
				t.Fatalf("offset %d is at column %d, and that at offset %d", 2*i, at.Column, x.Offset(1, at.Column))
			}
		}
		best = min(best, time.Since(began))
	}
	return best
}

// FuzzIndex compares with counting from the start of the text.
func FuzzIndex(f *testing.F) {
	f.Add([]byte("a\r\né\n🔑\xff"), 4)
	f.Add([]byte(strings.Repeat("é\n€", 900)), 2048)
	f.Add([]byte("\xe2\x82"), 1)
	f.Fuzz(func(t *testing.T, text []byte, offset int) {
		x := pos.NewIndex(text)
		got := x.At(offset)
		clamped := max(0, min(offset, len(text)))
		before := text[:clamped]
		line := bytes.Count(before, []byte("\n")) + 1
		start := bytes.LastIndexByte(before, '\n') + 1
		if want := (pos.Pos{Line: line, Column: utf8.RuneCount(before[start:]) + 1, Byte: clamped}); got != want && onBoundary(text, clamped) {
			t.Errorf("At(%d) = %+v, expected %+v", offset, got, want)
		}
		if onBoundary(text, clamped) && x.Offset(got.Line, got.Column) != clamped {
			t.Errorf("Offset(%d, %d) = %d, expected %d", got.Line, got.Column, x.Offset(got.Line, got.Column), clamped)
		}
	})
}

// onBoundary reports whether a code point starts at offset, read from the start.
func onBoundary(text []byte, offset int) bool {
	at := 0
	for at < offset {
		_, size := utf8.DecodeRune(text[at:])
		at += size
	}
	return at == offset
}

func BenchmarkAt(b *testing.B) {
	x := pos.NewIndex([]byte(strings.Repeat("KEY=value # comment\n", 5000)))
	for i := 0; b.Loop(); i++ {
		x.At(i % 100_000)
	}
}
