package github

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/engine/github/expression"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// maxCells is how many jobs one matrix may make, as on GitHub.
const maxCells = 256

// cell is one combination of a matrix: what `matrix` holds in its job.
type cell struct {
	entries []expression.Entry
	named   int  // how many of the entries are of the lists, and name the job
	open    bool // there may be entries that are not known by name
	none    bool // the job has no matrix
	index   int
	total   int
}

func (c cell) get(name string) (expression.Value, bool) {
	for _, e := range c.entries {
		if strings.EqualFold(e.Name, name) {
			return e.Value, true
		}
	}
	return expression.Null(), false
}

// context is what `matrix` holds.
func (c cell) context() expression.Value {
	if c.none {
		return expression.Null()
	}
	if c.open {
		return expression.Open(func(string) expression.Value {
			return expression.Unknown(unknownInput("the matrix, which is made when the workflow runs"))
		}, c.entries...)
	}
	return expression.Object(c.entries...)
}

// label is how GitHub names the job of a cell: "deploy (staging, eu)". What may be a key is
// left out, and the number of the cell stands in its place.
func (c cell) label(id string) string {
	var words []string
	hidden := false
	for i, e := range c.entries {
		k := e.Value.Kind()
		if i >= c.named || k != expression.KindString && k != expression.KindNumber && k != expression.KindBool {
			continue
		}
		word := pasted(e.Value).Text.Reveal()
		if strict.IsName(word) || strings.Trim(word, "0123456789.") == "" {
			words = append(words, word)
		} else {
			hidden = true
		}
	}
	if hidden || len(words) == 0 {
		words = append(words, fmt.Sprintf("#%d", c.index+1))
	}
	if c.none || c.total < 2 && c.named == 0 {
		return id
	}
	return id + " (" + strings.Join(words, ", ") + ")"
}

// cells lists the combinations of a job's matrix: of a chosen job those that were asked for.
func (c *call) cells(j *job, chosen bool) []cell {
	if j.strategy == nil || isNull(j.strategy) {
		return []cell{{none: true, total: 1}}
	}
	m := c.matrix(j)
	if chosen {
		m = c.asked(m, j)
	}
	return m
}

func (c *call) matrix(j *job) []cell {
	s := c.jobScope(j)
	node := j.matrix
	var v expression.Value
	if node == nil {
		v = s.value(j.strategy, inStrategy, "strategy").Get("matrix")
		node = j.strategy
		if v.Kind() == expression.KindNull {
			return []cell{{none: true, total: 1}}
		}
	} else {
		v = s.value(node, inStrategy, "matrix of job "+strict.Name(j.id))
	}
	entries, all := v.Entries()
	if v.Kind() != expression.KindObject {
		return []cell{{open: true, total: 1}}
	}
	b := &matrix{doc: c.wf.document, node: node, open: !all}
	b.build(entries)
	if len(b.cells) > maxCells {
		c.wf.fail(target(node), "split the job", "the matrix makes more than %d jobs, the limit", maxCells)
		b.cells = b.cells[:maxCells]
	}
	for i := range b.cells {
		b.cells[i].index, b.cells[i].total = i, len(b.cells)
		b.cells[i].open = b.open
	}
	return b.cells
}

// matrix builds the combinations, as GitHub does: the product of all lists, without those
// that an entry of `exclude` matches, each with what the entries of `include` that match it
// add; those that match none become combinations of their own.
type matrix struct {
	doc     *document
	node    *yaml.Node
	open    bool
	vectors []expression.Entry
	include []expression.Value
	exclude []expression.Value
	matched []bool // of include
	cells   []cell
}

func (b *matrix) build(entries []expression.Entry) {
	for _, e := range entries {
		items, ok := e.Value.Items()
		switch {
		case e.Name == "include" && ok:
			b.include = items
		case e.Name == "exclude" && ok:
			b.exclude = items
		case e.Name == "include" || e.Name == "exclude":
			b.open = true
		case ok && len(items) == 0:
			b.doc.fail(b.node, "remove it, or give it values", "the list %s of the matrix is empty", strict.Name(e.Name))
		default:
			b.vectors = append(b.vectors, e)
		}
	}
	b.matched = make([]bool, len(b.include))
	if len(b.vectors) > 0 {
		b.product(nil, 0)
	}
	for i, in := range b.include {
		if own, all := in.Entries(); !b.matched[i] && len(b.cells) <= maxCells {
			b.open = b.open || !all
			b.cells = append(b.cells, cell{entries: own, named: len(own)})
		}
	}
	if len(b.cells) == 0 && b.open {
		b.cells = []cell{{}}
	}
}

// product goes through all combinations in order: the last list turns fastest.
func (b *matrix) product(chosen []expression.Entry, depth int) {
	if len(b.cells) > maxCells {
		return
	}
	if depth == len(b.vectors) {
		b.combine(chosen)
		return
	}
	v := b.vectors[depth]
	items, ok := v.Value.Items()
	if !ok {
		items = []expression.Value{expression.Unknown(unknownInput("the list of the matrix, which is made when the workflow runs"))}
	}
	for _, item := range items {
		b.product(append(slices.Clip(chosen), expression.Entry{Name: v.Name, Value: item}), depth+1)
	}
}

// combine adds one combination, unless it is excluded.
func (b *matrix) combine(chosen []expression.Entry) {
	m := expression.Object(chosen...)
	for _, out := range b.exclude {
		if entries, _ := out.Entries(); len(entries) == 0 {
			continue
		}
		if same, decided := matches(m, out); same && decided {
			return
		}
	}
	c := cell{entries: chosen, named: len(chosen)}
	for i, in := range b.include {
		b.extend(&c, m, i, in)
	}
	b.cells = append(b.cells, c)
}

// extend adds what an entry of `include` says beside the lists, when it fits.
func (b *matrix) extend(c *cell, m expression.Value, i int, in expression.Value) {
	entries, all := in.Entries()
	b.open = b.open || !all
	var filter, extra []expression.Entry
	for _, e := range entries {
		if slices.ContainsFunc(b.vectors, func(v expression.Entry) bool { return strings.EqualFold(v.Name, e.Name) }) {
			filter = append(filter, e)
		} else {
			extra = append(extra, e)
		}
	}
	same, decided := matches(m, expression.Object(filter...))
	if decided && !same {
		return
	}
	b.matched[i] = true
	for _, e := range extra {
		if !decided {
			e.Value = expression.Unknown(unknownInput("whether this entry of the matrix is extended"))
		}
		set(c, e)
	}
}

func set(c *cell, e expression.Entry) {
	for i := range c.entries {
		if strings.EqualFold(c.entries[i].Name, e.Name) {
			c.entries = slices.Clone(c.entries)
			c.entries[i] = e
			return
		}
	}
	c.entries = append(slices.Clip(c.entries), e)
}

// matches compares every leaf of a filter with the same place in a combination.
func matches(m, filter expression.Value) (same, decided bool) {
	return matchesAt(m, filter, 0)
}

func matchesAt(m, filter expression.Value, depth int) (same, decided bool) {
	decided = true
	one := func(a, b expression.Value) bool {
		same, known := matchesAt(a, b, depth+1)
		if known && !same {
			return false
		}
		decided = decided && known
		return true
	}
	if depth > 20 {
		return true, false
	}
	switch filter.Kind() {
	case expression.KindObject:
		entries, _ := filter.Entries()
		for _, e := range entries {
			if !one(m.Get(e.Name), e.Value) {
				return false, true
			}
		}
		return true, decided
	case expression.KindArray:
		items, _ := filter.Items()
		mine, ok := m.Items()
		for i, item := range items {
			if !ok || i >= len(mine) {
				return false, m.Kind() != expression.KindUnknown
			}
			if !one(mine[i], item) {
				return false, true
			}
		}
		return true, decided
	}
	return equal(m, filter)
}

// equal compares as the operator == does.
func equal(a, b expression.Value) (same, decided bool) {
	e, err := expression.Parse("a == b", nil)
	if err != nil {
		return false, false
	}
	v := e.Eval(expression.Context{Lookup: func(name string) (expression.Value, bool) {
		if name == "a" {
			return a, true
		}
		return b, name == "b"
	}})
	return v.Truth()
}

// asked keeps the cells that were asked for. A value of a matrix that is made when the
// workflow runs is the one that was asked for.
func (c *call) asked(cells []cell, j *job) []cell {
	if len(c.in.Matrix) == 0 || c.depth > 1 {
		return cells
	}
	var out []cell
	for _, one := range cells {
		if kept, ok := c.narrowed(one); ok {
			out = append(out, kept)
		}
	}
	if len(out) == 0 {
		c.problem(c.in.At, "name values that stand in its matrix", "the matrix of job %s has no such cell", strict.Name(j.id))
	}
	return out
}

func (c *call) narrowed(one cell) (cell, bool) {
	one.entries = slices.Clone(one.entries)
	for name, want := range c.in.Matrix {
		v, ok := one.get(name)
		switch {
		case ok && v.Kind() != expression.KindUnknown:
			if pasted(v).Text.Reveal() != want {
				return one, false
			}
		case ok || one.open:
			hop := model.Hop{At: c.in.At, Kind: model.KindInput, What: "matrix " + shownName(name), Literal: true}
			set(&one, expression.Entry{Name: name, Value: expression.Text(model.KnownText(want, hop))})
		default:
			return one, false
		}
	}
	return one, true
}
