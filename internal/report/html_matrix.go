package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/order"
)

// maxRowsAtOnce is how many rows of the matrix are shown before the reader asks for more.
const maxRowsAtOnce = 200

// htmlMatrix is environments × keys.
type htmlMatrix struct {
	Environments []string
	Rows         []htmlRow
	More         []htmlRow // folded at first
}

// htmlRow is one variable, of one consumer or of several that receive the same.
type htmlRow struct {
	Variable, Consumer string
	Cells              []htmlCells // by environment
	consumers          []string
	order              int // of its worst card
}

// htmlCells are what one variable has in one environment: mostly one slot.
type htmlCells struct {
	Environment string
	Entries     []htmlCell
}

// htmlCell is the link to a slot.
type htmlCell struct {
	N        int    // of the first card that it stands for
	Cards    string // the numbers of all
	Outcome  string
	Word     string
	Label    string // for screen readers
	Consumer string // where the row's consumers differ
	Lights   []htmlLight
	Chips    []htmlChip
	Same     string
	Reason   string // where no finding speaks of a slot that did not pass
	look     string
	consumer string
}

// matrix puts the slots into rows, the worst first. Consumers of one variable that show
// the same everywhere share a row; so do consumers of which each has an environment of
// its own, such as the jobs of a pipeline.
func (b htmlBuilder) matrix() htmlMatrix {
	m := htmlMatrix{Environments: b.options[byEnvironment]}
	rows := joinDisjoint(foldEqual(b.rows()))
	order.By(rows, func(x, y *htmlRow) int { return cmp.Compare(x.order, y.order) })
	for i, r := range rows {
		r.finish()
		if i < maxRowsAtOnce {
			m.Rows = append(m.Rows, *r)
		} else {
			m.More = append(m.More, *r)
		}
	}
	return m
}

// rows makes a row for each consumer of each variable.
func (b htmlBuilder) rows() []*htmlRow {
	var rows []*htmlRow
	known := map[[2]string]*htmlRow{}
	for n, s := range b.slots {
		consumer := b.consumer(s)
		id := [2]string{s.Variable, consumer}
		r := known[id]
		if r == nil {
			r = &htmlRow{Variable: s.Variable, Cells: convert(b.options[byEnvironment], func(e string) htmlCells { return htmlCells{Environment: e} }), consumers: []string{consumer}, order: n}
			known[id] = r
			rows = append(rows, r)
		}
		at, _ := slices.BinarySearch(b.options[byEnvironment], s.Environment)
		r.Cells[at].Entries = append(r.Cells[at].Entries, b.cell(n, s, consumer))
	}
	return rows
}

func (b htmlBuilder) cell(n int, s Slot, consumer string) htmlCell {
	c := htmlCell{
		N: n, Cards: strconv.Itoa(n), Outcome: s.Outcome, Word: b.word(s), Lights: lights(s.Rungs), Chips: b.chips(s),
		Same: b.letters[s.Fingerprint], consumer: consumer,
	}
	if len(c.Chips) == 0 && s.Outcome != Passed {
		c.Reason = s.Reason
	}
	c.Label = c.spoken(s)
	c.look = fmt.Sprint(c.Word, s.Rungs, c.Chips, s.Fingerprint, s.Reason)
	return c
}

// spoken says a cell in words.
func (c htmlCell) spoken(s Slot) string {
	parts := []string{c.Word}
	for _, chip := range c.Chips {
		parts = append(parts, chip.ID+" "+chip.Name)
	}
	if c.Reason != "" {
		parts = append(parts, c.Reason)
	}
	if c.Same != "" {
		parts = append(parts, "same key "+c.Same)
	}
	for _, l := range c.Lights {
		parts = append(parts, l.Name+" "+l.Answer)
	}
	return s.Environment + ", " + s.Variable + ": " + strings.Join(parts, ", ")
}

// look is what a row shows, whoever the consumer is.
func (r *htmlRow) look() string {
	var b strings.Builder
	b.WriteString(r.Variable)
	for _, cells := range r.Cells {
		b.WriteString("\n")
		for _, c := range cells.Entries {
			b.WriteString("\x00" + c.look)
		}
	}
	return b.String()
}

func foldEqual(rows []*htmlRow) []*htmlRow {
	var out []*htmlRow
	first := map[string]*htmlRow{}
	for _, r := range rows {
		look := r.look()
		f := first[look]
		if f == nil {
			first[look] = r
			out = append(out, r)
			continue
		}
		f.consumers = append(f.consumers, r.consumers...)
		for at, cells := range r.Cells {
			for i, c := range cells.Entries {
				f.Cells[at].Entries[i].Cards += " " + c.Cards
			}
		}
	}
	return out
}

func joinDisjoint(rows []*htmlRow) []*htmlRow {
	var out []*htmlRow
	open := map[string][]*htmlRow{}
	for _, r := range rows {
		candidates := open[r.Variable]
		i := slices.IndexFunc(candidates[:min(len(candidates), maxRowsAtOnce)], r.disjoint)
		if i < 0 {
			open[r.Variable] = append(open[r.Variable], r)
			out = append(out, r)
			continue
		}
		into := candidates[i]
		into.consumers = append(into.consumers, r.consumers...)
		into.order = min(into.order, r.order)
		for at, cells := range r.Cells {
			into.Cells[at].Entries = append(into.Cells[at].Entries, cells.Entries...)
		}
	}
	return out
}

func (r *htmlRow) disjoint(other *htmlRow) bool {
	for at := range r.Cells {
		if len(r.Cells[at].Entries) > 0 && len(other.Cells[at].Entries) > 0 {
			return false
		}
	}
	return true
}

// finish says who receives the row's values: all cells the same, or each its own.
func (r *htmlRow) finish() {
	names := distinct(slices.Clone(r.consumers))
	r.Consumer = names[0]
	if len(names) == 1 {
		return
	}
	r.Consumer = plural(len(names), "consumer", "consumers")
	for at := range r.Cells {
		for i := range r.Cells[at].Entries {
			c := &r.Cells[at].Entries[i]
			c.Consumer = c.consumer
			if more := strings.Count(c.Cards, " "); more > 0 {
				c.Consumer += fmt.Sprintf(" and %d more", more)
			}
		}
	}
}
