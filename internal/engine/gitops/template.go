package gitops

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/Masterminds/sprig/v3"
	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
)

// render replaces the expressions in a value by the params.
func (p params) render(v model.Value, golang bool) model.Value {
	if golang {
		return (&goTemplate{params: p}).expand(v)
	}
	return p.expand(v)
}

// expand replaces {{name}} in every piece of a value. A name that is not a param stays as
// it stands.
func (p params) expand(v model.Value) model.Value {
	if !mentions(v, "{{") {
		return v
	}
	var pieces []model.Value
	for _, piece := range partsOf(v) {
		if piece.State != model.Known {
			pieces = append(pieces, piece)
			continue
		}
		pieces = append(pieces, p.piece(piece)...)
	}
	return joined(pieces)
}

func (p params) piece(v model.Value) []model.Value {
	var out []model.Value
	rest := v.Text.Reveal()
	for {
		before, after, ok := strings.Cut(rest, "{{")
		tag, behind, closed := strings.Cut(after, "}}")
		if !ok || !closed {
			return append(out, withText(v, rest))
		}
		out = append(out, withText(v, before))
		name := strings.TrimSpace(tag)
		switch found, is := p.values[name]; {
		case is:
			if found.State == model.Known {
				found.Trail = found.Trail.Append(v.Trail.Last())
			}
			out = append(out, found)
		case p.open != nil:
			out = append(out, *p.open)
		default:
			out = append(out, withText(v, "{{"+tag+"}}"))
		}
		rest = behind
	}
}

// goTemplate replaces the actions of Go's templates.
type goTemplate struct{ params params }

var errUnknown = errors.New("depends on what is not known")

// expand runs a text as a template. The outcome depends on the text and on the params that
// it mentions; when one of these is not known, neither is the outcome.
func (g *goTemplate) expand(v model.Value) model.Value {
	if !mentions(v, "{{") {
		return v
	}
	text, ok := known(v)
	if !ok {
		return model.UnknownBecause(v.Why, v.Needs, v.Trail)
	}
	if g.params.open != nil {
		return model.UnknownBecause(g.params.open.Why, g.params.open.Needs, model.Join(g.params.open.Trail, v.Trail))
	}
	data, trails, unknown := g.data(text)
	if unknown != nil {
		return model.UnknownBecause(unknown.Why, unknown.Needs, model.Join(unknown.Trail, v.Trail))
	}
	out, err := execute(text, data)
	if err != nil || origin.IsMarked(out) {
		return model.UnknownBecause(model.WhyUnsupported, "a template that can be run here", v.Trail)
	}
	result := plain(out)
	result.Trail = model.Join(append(trails, v.Trail)...)
	return result
}

// data makes the params a tree again, with the trails of those that text may ask for.
func (g *goTemplate) data(text string) (root map[string]any, trails []model.Trail, unknown *model.Value) {
	root = map[string]any{}
	whole := strings.Contains(text, "toYaml") || strings.Contains(text, "toJson") || strings.Contains(text, "range")
	for _, name := range slices.Sorted(maps.Keys(g.params.values)) {
		v := g.params.values[name]
		steps := strings.Split(name, ".")
		if v.State != model.Known {
			if whole || strings.Contains(text, steps[0]) {
				u := v
				unknown = &u
			}
			continue
		}
		last := steps[len(steps)-1]
		if _, err := strconv.Atoi(last); strings.Contains(text, "."+steps[0]) && (err == nil || strings.Contains(text, last)) {
			trails = append(trails, v.Trail)
		}
		if x, ok := g.params.typed[name]; ok {
			plant(root, steps, x)
		} else {
			plant(root, steps, v.Text.Reveal())
		}
	}
	return root, trails, unknown
}

func plant(root map[string]any, steps []string, leaf any) {
	for _, step := range steps[:len(steps)-1] {
		next, ok := root[step].(map[string]any)
		if !ok {
			next = map[string]any{}
			root[step] = next
		}
		root = next
	}
	root[steps[len(steps)-1]] = leaf
}

// listed turns mappings whose names count from 0 into lists.
func listed(x any) any {
	m, ok := x.(map[string]any)
	if !ok {
		return x
	}
	list := make([]any, 0, len(m))
	for i := range len(m) {
		if item, ok := m[strconv.Itoa(i)]; ok {
			list = append(list, listed(item))
		}
	}
	if len(list) == len(m) && len(m) > 0 {
		return list
	}
	for name, item := range m {
		m[name] = listed(item)
	}
	return m
}

// The limits of one template: the bytes that it gives, and the turns of its loops together
// with the uses of its definitions.
const (
	maxTemplate = 1 << 20
	maxTurns    = 100_000
)

// counted puts a tick into every loop.
func counted(n parse.Node) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, c := range n.Nodes {
				counted(c)
			}
		}
	case *parse.IfNode:
		counted(n.List)
		counted(n.ElseList)
	case *parse.WithNode:
		counted(n.List)
		counted(n.ElseList)
	case *parse.RangeNode:
		counted(n.List)
		counted(n.ElseList)
		n.List.Nodes = slices.Insert(n.List.Nodes, 0, tick())
	}
}

// tick is an action that counts, and gives nothing.
func tick() parse.Node {
	name := parse.NewIdentifier("keyfitTick").SetPos(0).SetTree(nil)
	command := &parse.CommandNode{NodeType: parse.NodeCommand, Args: []parse.Node{name}}
	return &parse.ActionNode{NodeType: parse.NodeAction, Pipe: &parse.PipeNode{NodeType: parse.NodePipe, Cmds: []*parse.CommandNode{command}}}
}

// execute runs a template with the functions that Argo CD gives it, as far as their
// outcome depends on nothing but their arguments.
func execute(text string, data map[string]any) (out string, err error) {
	defer func() {
		if recover() != nil {
			out, err = "", errUnknown
		}
	}()
	funcs := sprig.TxtFuncMap()
	for name := range funcs {
		if impure(name) {
			funcs[name] = func(...any) (string, error) { return "", errUnknown }
		}
	}
	funcs["normalize"] = normalized
	funcs["toYaml"] = func(x any) (string, error) {
		data, err := yaml.Marshal(x)
		return strings.TrimSuffix(string(data), "\n"), err
	}
	for _, name := range []string{"slugify", "fromYaml", "fromYamlArray"} {
		funcs[name] = func(...any) (string, error) { return "", errUnknown }
	}
	turns := 0
	funcs["keyfitTick"] = func() (string, error) {
		if turns++; turns > maxTurns {
			return "", errUnknown
		}
		return "", nil
	}
	t, err := template.New("").Option("missingkey=error").Funcs(funcs).Parse(text)
	if err != nil {
		return "", err
	}
	for _, each := range t.Templates() {
		if each.Tree != nil && each.Root != nil {
			counted(each.Root)
			each.Root.Nodes = slices.Insert(each.Root.Nodes, 0, tick())
		}
	}
	b := &limited{}
	if err := t.Execute(b, listed(data)); err != nil {
		return "", err
	}
	return b.String(), nil
}

// limited is a text that does not grow without bounds.
type limited struct{ strings.Builder }

func (l *limited) Write(data []byte) (int, error) {
	if l.Len()+len(data) > maxTemplate {
		return 0, errUnknown
	}
	return l.Builder.Write(data)
}

// impure names the functions whose outcome depends on the clock, on chance or on the
// machine, and those that can be made to work without end.
func impure(name string) bool {
	for _, word := range []string{"env", "rand", "uuid", "now", "date", "ago", "gen", "crypt", "derive", "shuffle", "getHost", "htpasswd", "buildCustomCert", "fail", "repeat", "until", "seq", "unixEpoch", "bcrypt", "osBase", "osDir", "osClean", "osExt", "osIsAbs", "dict", "set", "merge"} {
		if strings.Contains(strings.ToLower(name), strings.ToLower(word)) {
			return true
		}
	}
	return false
}
