package origin_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
)

func TestStrip(t *testing.T) {
	w := origin.Wrap
	cases := []struct {
		name, marked, plain string
		pieces              []origin.Piece
	}{
		{"no mark", "text", "text", nil},
		{"nothing", "", "", nil},
		{"one", "a" + w(1, "bc") + "d", "abcd", []origin.Piece{{Start: 1, End: 3, ID: 1}}},
		{"two", w(1, "a") + w(2, "b"), "ab", []origin.Piece{{Start: 0, End: 1, ID: 1}, {Start: 1, End: 2, ID: 2}}},
		{"within", w(1, "a"+w(2, "ö")+"c"), "aöc", []origin.Piece{{Start: 0, End: 4, ID: 1}, {Start: 1, End: 3, ID: 2}}},
		{"of several", origin.WrapAll([]origin.ID{3, 1, 2}, "a"), "a", []origin.Piece{{Start: 0, End: 1, ID: 3}, {Start: 0, End: 1, ID: 1}, {Start: 0, End: 1, ID: 2}}},
		{"large numbers", w(1<<14, "a") + w(1<<28+5, "b") + w(1<<14-1, "c"), "abc", []origin.Piece{{Start: 0, End: 1, ID: 1 << 14}, {Start: 1, End: 2, ID: 1<<28 + 5}, {Start: 2, End: 3, ID: 1<<14 - 1}}},
		{"an empty text", w(1, ""), "", nil},
		{"no source", w(0, "a") + w(-1, "b"), "ab", nil},
		{"never closed", strings.TrimSuffix(w(1, "ab"), "\U00100000") + "c", "abc", []origin.Piece{{Start: 0, End: 3, ID: 1}}},
		{"only closed", "a\U00100000b", "ab", nil},
		{"a digit too many", "\U000F0001a" + w(2, "b"), "ab", []origin.Piece{{Start: 1, End: 2, ID: 2}}},
		{"a digit before an end", "\U000F0001\U00100000" + w(2, "b"), "b", []origin.Piece{{Start: 0, End: 1, ID: 2}}},
		{"nothing within", w(1, "\U00100000") + "a", "a", nil},
		{"not UTF-8", "\xff" + w(1, "\xc3") + "\xa4", "\xff\xc3\xa4", []origin.Piece{{Start: 1, End: 2, ID: 1}}},
	}
	for _, c := range cases {
		plain, pieces := origin.Strip(c.marked)
		if plain != c.plain {
			t.Errorf("%s: %q, expected %q", c.name, plain, c.plain)
		}
		if diff := cmp.Diff(c.pieces, pieces); diff != "" && len(c.pieces)+len(pieces) > 0 {
			t.Errorf("%s: pieces (-expected +got)\n%s", c.name, diff)
		}
	}
}

func TestIDs(t *testing.T) {
	text := origin.Wrap(2, "a"+origin.Wrap(1, "b")) + origin.Wrap(2, "c")
	if got := origin.IDs(text); !slices.Equal(got, []origin.ID{2, 1}) {
		t.Errorf("got %v", got)
	}
	if origin.Plain(text) != "abc" {
		t.Error("the plain text is wrong")
	}
}

func TestCanMark(t *testing.T) {
	for text, want := range map[string]bool{"": true, "a\U000FFFFFb": true, "\xff": false, "\U000F0000": false, "\U000F7FFF": false, "\U000F8000": true, "\U00100000": false, "\U00100001": true} {
		if got := origin.CanMark(text); got != want {
			t.Errorf("%q: %v, expected %v", text, got, want)
		}
	}
}

func TestMarks(t *testing.T) {
	var m origin.Marks
	id := m.Add(model.KnownText("CANARY", model.Hop{What: "a"}))
	if m.Len() != 1 || m.Source(id).State != model.Known {
		t.Error("the source is lost")
	}
	for _, none := range []origin.ID{0, -1, 2, 1 << 40} {
		if m.Source(none).State != model.Unknown {
			t.Errorf("the number %d has a source", none)
		}
	}
}

// nest writes a random text in marks, with what each byte comes from.
func nest(g *rand.Rand, depth int, around []origin.ID, b *strings.Builder, from *[][]origin.ID) {
	for range g.IntN(4) {
		if depth < 4 && g.IntN(2) == 0 {
			id := origin.ID(1 + g.IntN(40000))
			var inner strings.Builder
			nest(g, depth+1, append(slices.Clip(around), id), &inner, from)
			if origin.Plain(inner.String()) == "" {
				continue
			}
			b.WriteString(origin.Wrap(id, inner.String()))
			continue
		}
		text := []string{"a", "ö", "\n", "bc"}[g.IntN(4)]
		b.WriteString(text)
		for range len(text) {
			*from = append(*from, around)
		}
	}
}

// TestNesting checks for random texts that each byte has just the sources it was wrapped
// with, asked byte by byte and for random stretches.
func TestNesting(t *testing.T) {
	g := rand.New(rand.NewPCG(1, 2))
	var m origin.Marks
	for i := range 40000 {
		m.Add(model.KnownText("x", model.Hop{What: strconv.Itoa(i + 1)}))
	}
	for range 2000 {
		var b strings.Builder
		var from [][]origin.ID
		nest(g, 0, nil, &b, &from)
		plain, pieces := origin.Strip(b.String())
		if len(plain) != len(from) {
			t.Fatalf("%d bytes, expected %d", len(plain), len(from))
		}
		for i := range plain {
			var got []origin.ID
			for _, p := range pieces {
				if p.Start <= i && i < p.End {
					got = append(got, p.ID)
				}
			}
			if !slices.Equal(got, from[i]) {
				t.Fatalf("byte %d comes from %v, expected %v", i, got, from[i])
			}
		}
		sourcesAgree(t, g, origin.FromMarked(b.String(), &m), pieces, len(plain))
	}
}

// sourcesAgree asks a text for the sources of a stretch, and finds them the long way too.
func sourcesAgree(t *testing.T, g *rand.Rand, text origin.Text, pieces []origin.Piece, size int) {
	t.Helper()
	start := g.IntN(size + 1)
	end := start + g.IntN(size+1-start)
	var want, got []string
	seen := map[origin.ID]bool{}
	for _, p := range pieces {
		if p.Start < end && p.End > start && !seen[p.ID] {
			seen[p.ID] = true
			want = append(want, strconv.Itoa(int(p.ID)))
		}
	}
	for _, v := range text.Sources(start, end) {
		got = append(got, v.Trail.Origin().What)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("the bytes %d to %d come from %v, expected %v", start, end, got, want)
	}
}

func TestText(t *testing.T) {
	var m origin.Marks
	known := m.Add(model.KnownText("CANARY", model.Hop{What: "known"}))
	unknown := m.Add(model.UnknownBecause(model.WhyCISecret, "needs", model.Trail{}))
	text := origin.FromMarked("ab"+origin.Wrap(known, "cd")+origin.Wrap(unknown, "e")+"f", &m)
	if !text.Matches("abcdef") || text.Matches("abcde") || text.File() != "" {
		t.Error("the text is wrong")
	}
	if _, ok := text.Unknown(0, 4); ok {
		t.Error("the beginning is known")
	}
	if v, ok := text.Unknown(3, 5); !ok || v.Needs != "needs" {
		t.Error("a piece of it is not known")
	}
	if got := text.Gaps(); len(got) != 1 || got[0] != (origin.Piece{Start: 4, End: 5, ID: unknown}) {
		t.Errorf("gaps %v", got)
	}
	if got := len(text.Sources(4, 4)); got != 0 {
		t.Errorf("nothing comes from %d sources", got)
	}
	file := origin.FromFile("a.yaml", []byte("ab\ncd"))
	x := pos.NewIndex([]byte("ab\ncd"))
	if got := file.Span(x, 3, 5); got.String() != "a.yaml:2:1" || got.End.Column != 3 || text.Span(x, 0, 1).IsValid() {
		t.Errorf("got %v", got)
	}
	if file.Sources(0, 5) != nil || file.File() != "a.yaml" {
		t.Error("a file comes from nowhere else")
	}
	value := origin.FromValue(model.KnownText("CANARY", model.Hop{What: "pipe"}))
	if got := value.Sources(2, 3); len(got) != 1 || !value.Matches("CANARY") {
		t.Error("the value is not the source")
	}
	if empty := origin.FromValue(model.Value{}); !empty.Matches("") {
		t.Error("an unknown value has a text")
	}
}

// TestTorn cuts marked texts: whatever is left of a text that is not known stays so.
func TestTorn(t *testing.T) {
	var m origin.Marks
	id := m.Add(model.UnknownBecause(model.WhyCISecret, "needs", model.Trail{}))
	marked := "ab" + origin.Wrap(id, "cd") + "ef"
	for from := 0; from <= len(marked); from++ {
		cut := marked[from:]
		plain := origin.Plain(cut)
		at := strings.IndexByte(plain, 'd')
		if at < 0 || !origin.CanMark(plain) {
			continue
		}
		if _, ok := origin.FromMarked(cut, &m).Unknown(at, at+1); !ok {
			t.Errorf("cut at %d, the end of what is not known counts as known", from)
		}
	}
	for to := 0; to <= len(marked); to++ {
		cut := marked[:to]
		at := strings.IndexByte(origin.Plain(cut), 'c')
		if at < 0 {
			continue
		}
		if _, ok := origin.FromMarked(cut, &m).Unknown(at, at+1); !ok {
			t.Errorf("cut off at %d, the beginning of what is not known counts as known", to)
		}
	}
	if text := origin.FromMarked("a\U00100000b", nil); !text.Matches("ab") || len(text.Sources(0, 2)) != 0 {
		t.Error("without marks there is no source")
	}
}

// FuzzStrip reads any text as if it were marked, and marks it: what comes out never holds
// a mark, and a text that was marked comes back as it was.
func FuzzStrip(f *testing.F) {
	f.Add("a\U000F4001b\U00100000c", uint(1), uint(2), 5)
	f.Add("\U000F0001\U000F4001\xff\U00100000", uint(0), uint(1), 1<<20)
	f.Add("plain", uint(2), uint(4), 1)
	f.Fuzz(func(t *testing.T, text string, from, to uint, id int) {
		plain, pieces := origin.Strip(text)
		if origin.IsMarked(plain) && utf8.ValidString(text) { // bytes around a mark may make up another one
			t.Fatal("a mark is left")
		}
		last := 0
		for _, p := range pieces {
			if p.Start < last || p.End <= p.Start || p.End > len(plain) {
				t.Fatalf("the piece %v of %d bytes, behind %d", p, len(plain), last)
			}
			last = p.Start
		}
		var m origin.Marks
		m.Add(model.Value{})
		whole := origin.FromMarked(text, &m)
		whole.Sources(0, len(plain))
		if !whole.Matches(plain) {
			t.Fatal("the text is another one")
		}
		if !origin.CanMark(text) {
			return
		}
		from, to = min(from, uint(len(text))), min(to, uint(len(text)))
		if from > to || !origin.CanMark(text[from:to]) {
			return
		}
		number := origin.ID(1 + uint(id)%(1<<40))
		back, got := origin.Strip(text[:from] + origin.Wrap(number, text[from:to]) + text[to:])
		if back != text {
			t.Fatal("the text did not come back")
		}
		want := []origin.Piece{{Start: int(from), End: int(to), ID: number}}
		if from == to {
			want = nil
		}
		if !slices.Equal(got, want) {
			t.Fatalf("pieces %v, expected %v", got, want)
		}
	})
}

// BenchmarkSources asks a text of many pieces for the sources of each.
func BenchmarkSources(b *testing.B) {
	var m origin.Marks
	var s strings.Builder
	id := m.Add(model.Value{State: model.Known})
	for range 50_000 {
		s.WriteString("name: " + origin.Wrap(id, "text") + "\n")
	}
	marked := s.String()
	b.ReportAllocs()
	for b.Loop() {
		text := origin.FromMarked(origin.Wrap(id, marked), &m)
		for i := range 50_000 {
			if len(text.Sources(11*i+6, 11*i+10)) != 1 {
				b.Fatal("no source")
			}
		}
	}
}
