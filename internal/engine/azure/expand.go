package azure

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
)

// scope is what template expressions see at one place.
type scope struct {
	*reader
	file       string
	parameters map[string]value // in lower case
	variables  *variables
	loops      map[string]value
	depth      int        // templates within templates
	live       *variables // what a section of variables has defined so far, while it is expanded
}

func (s *scope) with(name string, v value) *scope {
	inner := *s
	inner.loops = map[string]value{strings.ToLower(name): v}
	for k, old := range s.loops {
		if _, ok := inner.loops[k]; !ok {
			inner.loops[k] = old
		}
	}
	return &inner
}

var (
	wholeExpression = lazy.Regexp(`^\s*\$\{\{((?:[^}']|'[^']*'|\}[^}])*)\}\}\s*$`)
	anExpression    = lazy.Regexp(`\$\{\{((?:[^}']|'[^']*'|\}[^}])*)\}\}`)
	directive       = lazy.Regexp(`^(if|elseif|else|insert|each)\b\s*(.*)$`)
	eachForm        = lazy.Regexp(`^([A-Za-z_]\w*)\s+in\s+(.+)$`)
)

// expand gives what the expressions and templates below a node stand for. The section is the
// name that a list stands under: in some, templates are put in.
func (s *scope) expand(n *tree.Node, section string) *node {
	if n == nil || n.Kind == tree.Null || !s.step(n.Span()) {
		return &node{kind: tree.Null, at: n.Span(), from: s.file}
	}
	switch n.Kind {
	case tree.List:
		return &node{kind: tree.List, at: n.At, items: s.list(n, section), from: s.file}
	case tree.Map:
		return &node{kind: tree.Map, at: n.At, pairs: s.mapping(s.inside(n, section), n, section), from: s.file}
	}
	return s.scalar(n)
}

func (s *scope) scalar(n *tree.Node) *node {
	literal := tree.Literal(n, model.KindAzure, "text")
	if m := wholeExpression().FindStringSubmatch(n.Value); m != nil {
		return scalarOf(s.evaluate(m[1], n.At), n.At)
	}
	out := &node{kind: tree.Scalar, at: n.At, text: literal, tag: n.Tag, quoted: n.Quoted, from: s.file}
	if strings.Contains(n.Value, "${{") {
		out.text, out.quoted = s.interpolate(literal), true
	}
	return out
}

// interpolate replaces the expressions within a text.
func (s *scope) interpolate(t tree.Text) tree.Text {
	var out []tree.Text
	text, at := t.String(), 0
	for _, m := range anExpression().FindAllStringSubmatchIndex(text, -1) {
		site := t.At(m[0], m[1])
		out = append(out, t.Slice(at, m[0]), s.evaluate(text[m[2]:m[3]], site).string(site))
		at = m[1]
	}
	return tree.Join(append(out, t.Slice(at, len(text)))...)
}

func (s *scope) evaluate(expression string, at pos.Span) value {
	v, ok := evaluate(expression, compileTime{s}, at)
	if !ok {
		s.fail(at, "see the expressions of Azure Pipelines", "expected an expression that can be read")
		hop := model.Hop{At: at, Kind: model.KindAzure, What: "expression"}
		return unknownValue(model.UnknownBecause(model.WhyUnsupported, "an expression that can be read", model.Trail{}.Append(hop)), at)
	}
	return v
}

// chain is a row of if, elseif and else.
type chain struct {
	id    int
	taken answer      // whether one of its branches was taken
	why   model.Value // of maybe
	parts int
	open  bool
}

// branchOf decides a directive. ok is false for a text that is none.
func (s *scope) branchOf(key *tree.Node, c *chain) (kind, rest string, taken answer, ok bool) {
	m := wholeExpression().FindStringSubmatch(key.Text())
	if m == nil {
		return "", "", no, false
	}
	d := directive().FindStringSubmatch(strings.TrimSpace(m[1]))
	if d == nil {
		return "", "", no, false
	}
	kind, rest = d[1], strings.TrimSpace(d[2])
	switch kind {
	case "if":
		s.chains++
		*c = chain{id: s.chains, taken: no, open: true}
	case "elseif", "else":
		if !c.open {
			s.fail(key.Span(), "put it behind an `${{ if }}`", "expected an if before it")
			return kind, rest, no, true
		}
	default:
		c.open = false
		return kind, rest, yes, true
	}
	if c.taken == yes {
		return kind, rest, no, true
	}
	v := boolValue(true)
	if kind != "else" {
		v = s.evaluate(rest, key.Span())
	}
	taken = v.truthy()
	if taken == maybe {
		c.why = v.why().Via(s.hop(key.Span(), "condition"))
	}
	if taken != no {
		c.parts++
	}
	result := taken
	if taken == yes && c.taken == maybe {
		result = maybe
	}
	c.taken = c.taken.Or(taken)
	if kind == "else" {
		c.taken = yes
	}
	return kind, rest, result, true
}

// list expands the items of a list.
func (s *scope) list(n *tree.Node, section string) []item {
	var out []item
	var c chain
	for _, i := range n.Items {
		if !s.step(i.Span()) || len(out) > maxItems {
			break
		}
		if i.IsMap() && len(i.Pairs) == 1 {
			if kind, rest, taken, ok := s.branchOf(i.Pairs[0].Key, &c); ok {
				for _, one := range s.branchItems(kind, rest, taken, i.Pairs[0], section) {
					if taken == maybe && one.perhaps == nil {
						why := c.why
						one.perhaps = &why
					}
					out = append(out, one)
					s.liveItem(one, section)
				}
				continue
			}
		}
		c.open = false
		for _, one := range s.itemsOf(i, section) {
			out = append(out, one)
			s.liveItem(one, section)
		}
	}
	return out
}

// liveItem makes a variable known to the expressions behind it.
func (s *scope) liveItem(i item, section string) {
	if section == "variables" && s.live != nil && i.isMap() {
		s.defineItem(s.live, i)
	}
}

// branchItems expands what stands below a directive in a list.
func (s *scope) branchItems(kind, rest string, taken answer, p tree.Pair, section string) []item {
	if taken == no {
		return nil
	}
	if kind == "each" {
		var out []item
		for _, inner := range s.loop(rest, p.Key.Span()) {
			out = append(out, inner.spliced(p.Value, section)...)
		}
		return out
	}
	return s.spliced(p.Value, section)
}

// spliced expands a list into its items, or a single node into one.
func (s *scope) spliced(n *tree.Node, section string) []item {
	if n.IsList() {
		return s.list(n, section)
	}
	return s.itemsOf(n, section)
}

// itemsOf expands one item of a list, which may stand for several: a template, or a
// parameter that is a list itself.
func (s *scope) itemsOf(n *tree.Node, section string) []item {
	if t, ok := n.Pair("template"); ok && slices.Contains([]string{"steps", "jobs", "stages", "variables"}, section) {
		return s.template(t.Value, n.Get("parameters"), section)
	}
	if section == "variables" {
		section = "" // the words of an item, such as "name", are no variables
	}
	out := s.expand(n, section)
	if out.isList() && n.IsScalar() {
		return out.items
	}
	return []item{{node: out}}
}

// loop gives the scopes of an `each`.
func (s *scope) loop(rest string, at pos.Span) []*scope {
	m := eachForm().FindStringSubmatch(rest)
	if m == nil {
		s.fail(at, "write `${{ each name in list }}`", "expected a name, `in` and a list")
		return nil
	}
	v := s.evaluate(m[2], at)
	if v.kind != object {
		if v.kind == unsure {
			s.doubt(v.why().Via(s.hop(at, "each")))
		}
		return nil
	}
	var out []*scope
	for _, i := range v.node.items {
		out = append(out, s.with(m[1], i.node.value()))
	}
	for _, p := range v.node.pairs {
		entry := &node{kind: tree.Map, at: p.at, pairs: []pair{
			{key: "key", at: p.at, value: &node{kind: tree.Scalar, at: p.at, text: tree.Pasted(p.key, p.at), quoted: true}},
			{key: "value", at: p.at, value: p.value},
		}}
		out = append(out, s.with(m[1], value{kind: object, node: entry}))
	}
	return out
}

// mapping expands the entries of a mapping.
func (s *scope) mapping(inner *scope, n *tree.Node, section string) []pair {
	var out []pair
	var c chain
	chains := map[int]int{} // branches of each chain that takes one for certain
	for _, p := range n.Pairs {
		if !s.step(p.Key.Span()) {
			break
		}
		if kind, rest, taken, ok := inner.branchOf(p.Key, &c); ok {
			for _, one := range inner.branchPairs(kind, rest, taken, p) {
				if taken == maybe && one.perhaps == nil {
					one.perhaps = &branch{why: c.why, chain: c.id, part: c.parts}
				}
				out = append(out, one)
				s.livePair(one, section)
			}
			if c.open && c.taken == yes {
				chains[c.id] = c.parts
			}
			continue
		}
		c.open = false
		key := inner.key(p.Key)
		if !key.Known() {
			inner.doubt(textValue(key).why())
			continue
		}
		one := pair{key: key.String(), at: p.Key.Span(), value: inner.expand(p.Value, key.String())}
		out = append(out, one)
		s.livePair(one, section)
	}
	for i := range out {
		if b := out[i].perhaps; b != nil && b.chain > 0 {
			b.parts = chains[b.chain]
		}
	}
	return out
}

func (s *scope) livePair(p pair, section string) {
	if section == "variables" && s.live != nil {
		s.definePair(s.live, p)
	}
}

func (s *scope) key(n *tree.Node) tree.Text {
	t := tree.Literal(n, model.KindAzure, "name")
	if strings.Contains(n.Text(), "${{") {
		return s.interpolate(t)
	}
	return t
}

// branchPairs expands what stands below a directive in a mapping.
func (s *scope) branchPairs(kind, rest string, taken answer, p tree.Pair) []pair {
	if taken == no {
		return nil
	}
	scopes := []*scope{s}
	if kind == "each" {
		scopes = s.loop(rest, p.Key.Span())
	}
	var out []pair
	for _, inner := range scopes {
		if below := inner.expand(p.Value, ""); below.isMap() {
			out = append(out, below.pairs...)
		}
	}
	return out
}

// inside is the scope within a stage or a job: whether its own variables are seen by template
// expressions, or those around it, nobody says, so that both may be.
func (s *scope) inside(n *tree.Node, section string) *scope {
	own, ok := n.Pair("variables")
	if !ok || section != "stages" && section != "jobs" {
		return s
	}
	inner := *s
	inner.variables = s.variables.within()
	inner.define(inner.variables, s.expand(own.Value, "variables"), true)
	return &inner
}

// compileTime finds names for template expressions.
type compileTime struct{ *scope }

func (c compileTime) look(name string, at pos.Span) (value, bool) {
	name = strings.ToLower(name)
	if v, ok := c.loops[name]; ok {
		return v, true
	}
	switch name {
	case "parameters", "variables":
		return value{kind: object, node: &node{kind: tree.Map, at: at, from: "\x00" + name}}, true
	case "resources", "pipeline", "environment", "build", "system", "stages", "dependencies", "stagedependencies":
		return unknownValue(c.ofRun(name, at), at), true
	}
	return value{}, false
}

func (c compileTime) index(of value, key string, at pos.Span) value {
	if of.kind == unsure {
		return of
	}
	if of.kind != object || of.node == nil {
		return value{kind: null}
	}
	switch of.node.from {
	case "\x00parameters":
		if v, ok := c.parameters[strings.ToLower(key)]; ok {
			return v
		}
		return value{kind: null}
	case "\x00variables":
		return c.compileVariable(key, at)
	}
	return member(of.node, key)
}

// member gives an entry of a mapping, or an item of a list by its number.
func member(n *node, key string) value {
	if n.isList() {
		for i, one := range n.items {
			if key == itoa(i) {
				return one.node.value()
			}
		}
		return value{kind: null}
	}
	p, ok := n.pair(key)
	switch {
	case !ok:
		return value{kind: null}
	case p.perhaps != nil:
		return unknownValue(p.perhaps.why, p.at)
	}
	return p.value.value()
}

func (c compileTime) status(string, pos.Span) (value, bool) { return value{}, false }
