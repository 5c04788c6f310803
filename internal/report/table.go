package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/order"
)

// maxRows bounds the table, and in a folded run maxFewRows. The worst rows are kept then.
const (
	maxRows    = 60
	maxFewRows = 15
)

// maxName bounds the names in it.
const maxName = 60

// table draws environment × variable. Where the columns do not fit the width, it lists
// the cells instead.
func (p *page) table(x index) {
	cells := tableCells(x)
	if len(cells) == 0 {
		return
	}
	rows := len(cells)
	cells = p.worst(cells, x.doc)
	lines := p.grid(cells)
	if p.opt.Width > 0 && slices.ContainsFunc(lines, func(l string) bool { return visibleWidth(l) > p.opt.Width-2 }) {
		lines = p.list(cells)
	}
	for _, l := range lines {
		p.line("| ", l)
	}
	if n := rows - len(cells); n > 0 {
		p.line("  ", plural(n, "more cell", "more cells"), "; --verbose shows all")
	}
	p.line()
}

// worst leaves out the variables that look best, where there are more than anybody reads. Of
// the bad ones it keeps those that most consumers receive.
func (p *page) worst(cells []cell, d *Document) []cell {
	most := maxRows
	switch {
	case p.opt.Verbose:
		return cells
	case p.crowded(d.Findings):
		most = maxFewRows
	}
	ranks, slots, names := map[string]int{}, map[string]int{}, []string{}
	for _, c := range cells {
		if slots[c.variable] == 0 {
			names = append(names, c.variable)
		}
		ranks[c.variable] = max(ranks[c.variable], rank(c.outcome))
		slots[c.variable] += c.slots
	}
	order.By(names, func(a, b string) int {
		return cmp.Or(ranks[b]-ranks[a], slots[b]-slots[a], strings.Compare(a, b))
	})
	kept := map[string]bool{}
	for _, name := range names[:min(most, len(names))] {
		kept[name] = true
	}
	return slices.DeleteFunc(cells, func(c cell) bool { return !kept[c.variable] })
}

// cell is what became of one variable in one environment, over all its consumers.
type cell struct {
	place
	outcome string
	slots   int      // consumers that receive it
	words   []string // ids of findings, or reasons
}

func tableCells(x index) []cell {
	var cells []cell
	known := map[place]int{}
	for _, s := range x.doc.Slots {
		i, ok := known[s.place()]
		if !ok {
			i = len(cells)
			known[s.place()] = i
			cells = append(cells, cell{place: s.place(), outcome: Passed})
		}
		c := &cells[i]
		c.slots++
		if rank(s.Outcome) > rank(c.outcome) {
			c.outcome = s.Outcome
		}
		c.words = append(c.words, slotWords(s, x)...)
	}
	for i := range cells {
		slices.Sort(cells[i].words)
		cells[i].words = slices.Compact(cells[i].words)
	}
	return cells
}

func rank(outcome string) int { return slices.Index([]string{Passed, Unsettled, Failed}, outcome) }

// slotWords says why a slot did not pass, or warns of one that did: the ids of its
// findings, else its reason.
func slotWords(s Slot, x index) []string {
	var words []string
	for _, f := range x.findingsOf(s) {
		if f.Severity != "note" {
			words = append(words, f.ID)
		}
	}
	for _, f := range x.ignoredOf(s) {
		if f.Severity == "error" {
			words = append(words, f.ID+" ignored")
		}
	}
	if len(words) == 0 && s.Outcome != Passed {
		words = append(words, s.Reason)
	}
	return words
}

func (p *page) cell(c cell) string {
	words := c.words
	if len(words) > 3 {
		words = append(slices.Clone(words[:3]), p.glyph("…", "..."))
	}
	return strings.TrimSpace(p.mark(c.outcome) + " " + p.text(strings.Join(words, " ")))
}

func (p *page) grid(cells []cell) []string {
	var environments, variables []string
	at := map[place]string{}
	for _, c := range cells {
		environments, variables = append(environments, c.environment), append(variables, c.variable)
		at[c.place] = p.cell(c)
	}
	environments, variables = distinct(environments), distinct(variables)
	head := []string{""}
	for _, e := range environments {
		head = append(head, p.paint(bold, p.cut(p.text(e), maxName)))
	}
	rows := [][]string{head}
	for _, v := range variables {
		row := []string{p.cut(p.text(v), maxName)}
		for _, e := range environments {
			row = append(row, cmp.Or(at[place{e, v}], p.paint(faint, "-")))
		}
		rows = append(rows, row)
	}
	return columns(rows)
}

func (p *page) list(cells []cell) []string {
	var rows [][]string
	for _, c := range cells {
		rows = append(rows, []string{p.cell(c), p.text(c.environment + " · " + c.variable)})
	}
	return columns(rows)
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
