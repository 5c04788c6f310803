package gitlab

import (
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// item is one variable as GitLab hands it to the runner.
type item struct {
	key    string
	value  model.Value
	raw    bool // references in it are not expanded
	file   bool // the variable holds the path of a file
	hidden bool // services do not get it
}

// collection are variables in the order of their precedence, the weakest first.
type collection struct {
	items []item
	rest  model.Value // of the names that are not listed
}

// refers lists the names that the text of an item refers to.
func (it item) refers() []string {
	if it.raw || it.value.State != model.Known {
		if it.value.Why != model.WhyAmbiguous || it.raw {
			return nil
		}
		var out []string
		for _, a := range it.value.Alternatives {
			out = append(out, item{value: a}.refers()...)
		}
		return out
	}
	text := it.value.Text.Reveal()
	if !strings.ContainsAny(text, mayRefer) {
		return nil
	}
	var out []string
	for _, t := range split(text, reference1()) {
		if t.name != "" {
			out = append(out, t.name)
		}
	}
	return out
}

// sorter puts the items that others refer to in front of those, as GitLab does. It finds
// circles on the way.
type sorter struct {
	items   []item
	by      map[string][]int
	index   []int
	low     []int
	onStack []bool
	stack   []int
	next    int
	order   []int
	circles [][]int
}

func (c collection) sorted() (order []int, circles [][]int) {
	s := &sorter{items: c.items, by: map[string][]int{}, index: make([]int, len(c.items)), low: make([]int, len(c.items)), onStack: make([]bool, len(c.items))}
	for i, it := range c.items {
		s.by[it.key] = append(s.by[it.key], i)
	}
	for i := range c.items {
		if s.index[i] == 0 {
			s.visit(i)
		}
	}
	return s.order, s.circles
}

// visit is Tarjan's algorithm: groups of items that refer to each other come out together.
func (s *sorter) visit(i int) {
	s.next++
	s.index[i], s.low[i] = s.next, s.next
	s.stack = append(s.stack, i)
	s.onStack[i] = true
	for _, name := range s.items[i].refers() {
		for _, j := range s.by[name] {
			switch {
			case s.index[j] == 0:
				s.visit(j)
				s.low[i] = min(s.low[i], s.low[j])
			case s.onStack[j]:
				s.low[i] = min(s.low[i], s.index[j])
			}
		}
	}
	if s.low[i] != s.index[i] {
		return
	}
	at := slices.Index(s.stack, i)
	group := slices.Clone(s.stack[at:])
	s.stack = s.stack[:at]
	for _, j := range group {
		s.onStack[j] = false
	}
	s.order = append(s.order, group...)
	if len(group) > 1 {
		s.circles = append(s.circles, group)
	}
}

// seen are items by name as they were handed on so far.
type seen struct {
	items []item
	last  map[string]int
	size  int // of the texts that were expanded
}

// grown counts a text that was expanded, and gives it back; beyond the limit nothing is
// known any more.
func (s *seen) grown(v model.Value) model.Value {
	if v.State != model.Known {
		return v
	}
	if s.size += len(v.Text.Reveal()); s.size > maxAll {
		return model.UnknownBecause(model.WhyLimit, "shorter texts of variables", v.Trail)
	}
	return v
}

func (s *seen) add(it item) {
	if s.last == nil {
		s.last = map[string]int{}
	}
	s.last[it.key] = len(s.items)
	s.items = append(s.items, it)
}

func (s *seen) get(name string) (item, bool) {
	i, ok := s.last[name]
	if !ok {
		return item{}, false
	}
	return s.items[i], true
}

// expanded does what GitLab does before it hands the variables to the runner: references
// to variables are replaced, those to files and to variables that are not expanded
// themselves are left, unless all is said. Names of circles are told.
func (c collection) expanded(all bool) (out collection, circles []string) {
	order, groups := c.sorted()
	circular := map[int]bool{}
	for _, group := range groups {
		for _, i := range group {
			circular[i] = true
			circles = append(circles, c.items[i].key)
		}
	}
	var done seen
	for _, i := range order {
		it := c.items[i]
		switch {
		case circular[i]:
			it.value = model.UnknownBecause(model.WhyUnsupported, "variables that do not refer to each other in a circle", it.value.Trail)
		case !it.raw:
			it.value = each(it.value, func(v model.Value) model.Value { return c.first(v, &done, all) })
		}
		done.add(it)
	}
	slices.Sort(circles)
	return collection{items: done.items, rest: c.rest}, slices.Compact(circles)
}

// first expands one text as GitLab does.
func (c collection) first(v model.Value, done *seen, all bool) model.Value {
	text := v.Text.Reveal()
	if !strings.ContainsAny(text, mayRefer) {
		return v
	}
	if done.size > maxAll {
		return model.UnknownBecause(model.WhyLimit, "shorter texts of variables", v.Trail)
	}
	expanded := put(v, split(text, reference1()), func(t token) (model.Value, bool) {
		it, ok := done.get(t.name)
		switch {
		case !ok: // not there, or itself
			return model.Value{}, false
		case (it.file || it.raw) && !all:
			return model.Value{}, false
		case it.value.State == model.Absent:
			return model.Value{}, false
		}
		return it.value, true
	})
	return done.grown(expanded)
}

// second expands every text as the runner does, once.
func (c collection) second() collection {
	var given seen
	for _, it := range c.items {
		given.add(it)
	}
	out := collection{rest: c.rest}
	for _, it := range c.items {
		if !it.raw {
			it.value = each(it.value, func(v model.Value) model.Value { return c.runner(v, &given) })
		}
		out.items = append(out.items, it)
	}
	return out
}

func (c collection) runner(v model.Value, given *seen) model.Value {
	text := v.Text.Reveal()
	if !strings.Contains(text, "$") {
		return v
	}
	tokens := splitRunner(text)
	literal := len(tokens) == 0 || len(tokens) == 1 && tokens[0].name == ""
	if literal { // nothing but $$ and such
		whole := ""
		for _, t := range tokens {
			whole += t.text
		}
		v.Text = model.KnownText(whole, model.Hop{}).Text
		return v
	}
	if given.size > maxAll {
		return model.UnknownBecause(model.WhyLimit, "shorter texts of variables", v.Trail)
	}
	return given.grown(put(v, tokens, func(t token) (model.Value, bool) {
		if it, ok := given.get(t.name); ok {
			return it.value, true
		}
		return c.missing(t.name), true
	}))
}

// missing is the value of a name that is not listed.
func (c collection) missing(name string) model.Value {
	if !isVariable(name) || isMachine(name) {
		return model.Value{State: model.Absent}
	}
	return c.rest.Lacking(name)
}

// isVariable reports whether a name can be that of a variable.
func isVariable(name string) bool {
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// scope looks names up in the collection, the strongest first.
func (c collection) scope() scope {
	last := map[string]model.Value{}
	for _, it := range c.items {
		if it.value.State != model.Absent || last[it.key].State != model.Known {
			last[it.key] = it.value
		}
	}
	return func(name string) model.Value {
		if v, ok := last[name]; ok {
			return v
		}
		return c.missing(name)
	}
}

// env is what a process finds in its environment: of items with the same name the last
// one, over the others.
func (c collection) env() model.Env {
	vars := map[string]model.Value{}
	for _, it := range c.items {
		old, ok := vars[it.key]
		switch {
		case it.value.State == model.Absent && ok:
			continue
		case ok && !old.Trail.IsEmpty() && it.value.State != model.Absent:
			vars[it.key] = it.value.Over(old)
		default:
			vars[it.key] = it.value
		}
	}
	env := model.NewEnv(vars)
	if c.rest.State != model.Absent || !c.rest.Trail.IsEmpty() {
		env = env.WithRest(c.rest)
	}
	return env
}

// index finds the items of a name.
func (c collection) index() map[string][]int {
	out := make(map[string][]int, len(c.items))
	for i, it := range c.items {
		out[it.key] = append(out[it.key], i)
	}
	return out
}

// closure is the part of a collection that the value of one name depends on.
func (c collection) closure(byKey map[string][]int, name string) collection {
	wanted := map[int]bool{}
	seen := map[string]bool{name: true}
	for queue := []string{name}; len(queue) > 0; queue = queue[1:] {
		for _, i := range byKey[queue[0]] {
			wanted[i] = true
			for _, next := range c.items[i].refers() {
				if !seen[next] {
					seen[next] = true
					queue = append(queue, next)
				}
			}
		}
	}
	out := collection{rest: c.rest}
	for _, i := range slices.Sorted(maps.Keys(wanted)) {
		out.items = append(out.items, c.items[i])
	}
	return out
}

// settled puts what lies below in place of "nothing" among the candidates of an ambiguous
// variable: where a variable of the project may not be there, the one of the file counts.
func (c collection) settled() collection {
	if !slices.ContainsFunc(c.items, func(it item) bool { return mayBeAbsent(it.value) }) {
		return c
	}
	last := map[string]model.Value{}
	out := collection{rest: c.rest, items: make([]item, 0, len(c.items))}
	for _, it := range c.items {
		it.value = orBelow(it.value, last, it.key)
		if it.value.State != model.Absent {
			last[it.key] = it.value
		}
		out.items = append(out.items, it)
	}
	return out
}

// mayBeAbsent reports whether one of the candidates is nothing.
func mayBeAbsent(v model.Value) bool {
	return v.Why == model.WhyAmbiguous && slices.ContainsFunc(v.Alternatives, func(a model.Value) bool { return a.State == model.Absent })
}

func orBelow(v model.Value, last map[string]model.Value, key string) model.Value {
	below, ok := last[key]
	if !ok || v.Why != model.WhyAmbiguous {
		return v
	}
	var candidates []model.Value
	for _, a := range v.Alternatives {
		if a.State == model.Absent {
			a = below
		}
		candidates = append(candidates, a)
	}
	out := model.Ambiguous(v.Needs, candidates...)
	out.Losers, out.DecidedBy = v.Losers, v.DecidedBy
	return out
}
