package gitops

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// params are what the generators of an ApplicationSet give one application. In an open set
// a name that is not listed may be set by something outside the repository.
type params struct {
	values map[string]model.Value // by the path of names, joined by dots
	typed  map[string]any         // of these, the numbers and booleans
	open   *model.Value
}

func newParams() params { return params{values: map[string]model.Value{}, typed: map[string]any{}} }

// set is one ApplicationSet.
type set struct {
	r      *reader
	o      *object
	what   string
	golang bool // goTemplate
}

// applicationSet reads an ApplicationSet of Argo CD.
func (r *reader) applicationSet(o *object) {
	spec := find(o.node, "spec")
	s := &set{r: r, o: o, what: o.what(), golang: text(spec, "goTemplate") == "true"}
	template := find(spec, "template")
	if template == nil {
		r.problem(o.doc.at(o.node), "has no template, expected spec.template", "")
		return
	}
	if p := find(spec, "templatePatch"); p != nil {
		r.problem(o.doc.at(p), "templatePatch is not understood here, so its applications are not followed", "write the fields into the template")
		return
	}
	for _, g := range items(find(spec, "generators")) {
		list, ok := s.generator(g, 0)
		if !ok {
			continue
		}
		for _, p := range list {
			s.application(template, p)
		}
	}
}

// application reads the template with the params of one element.
func (s *set) application(template *yaml.Node, p params) {
	o := *s.o
	o.kind = "Application"
	before := len(s.r.leads)
	if s.golang {
		g := &goTemplate{params: p}
		o.expand = g.expand
	} else {
		o.expand = p.expand
	}
	o.name = ""
	if v := s.r.field(&o, template, "metadata", "name"); v.State == model.Known {
		o.name = v.Text.Reveal()
	}
	s.r.app(&o, template)
	for i := before; i < len(s.r.leads); i++ {
		if l := &s.r.leads[i]; p.open != nil {
			l.Hops = append(l.Hops, model.Hop{At: l.At, Kind: model.KindManifest, What: s.what + ", one of a number of applications that is not known"})
		}
	}
}

// generator gives the params of every element.
func (s *set) generator(n *yaml.Node, depth int) ([]params, bool) {
	if depth > 3 {
		s.refuse(n, "is nested deeper than Argo CD allows, expected two levels")
		return nil, false
	}
	for _, name := range yamlNames(n) {
		if name == "selector" || name == "template" && len(n.Content) > 0 {
			s.refuse(n, "has a "+name+", which is not understood here, expected a plain generator")
			return nil, false
		}
	}
	var out []params
	ok := true
	switch {
	case find(n, "list") != nil:
		out, ok = s.list(find(n, "list"))
	case find(n, "git") != nil:
		out, ok = s.git(find(n, "git"))
	case find(n, "matrix") != nil:
		out, ok = s.matrix(find(n, "matrix"), depth)
	case find(n, "merge") != nil:
		out, ok = s.merge(find(n, "merge"), depth)
	default:
		out = []params{s.outside(n)}
	}
	if len(out) > maxElements {
		s.refuse(n, "has more than 2000 elements, the limit")
		return nil, false
	}
	return out, ok
}

func (s *set) refuse(n *yaml.Node, message string) {
	s.r.problem(s.o.doc.at(n), "this generator "+message, "")
}

// outside stands for the elements of a generator that asks a service. What its params are
// called is not known, but they have no say over names that another generator sets.
func (s *set) outside(n *yaml.Node) params {
	names := yamlNames(n)
	name := "generator"
	if len(names) > 0 && variableName().MatchString(names[0]) {
		name = names[0]
	}
	s.refuse(n, "needs "+name+", which lies outside this repository, so what it gives is not known")
	u := model.UnknownBecause(model.WhyRemoteState, "what the generator "+name+" of "+s.what+" gives", model.Trail{}.Append(s.hop(n, name)))
	p := newParams()
	p.open = &u
	return p
}

func (s *set) hop(n *yaml.Node, what string) model.Hop {
	return model.Hop{At: s.o.doc.at(n), Kind: model.KindManifest, What: s.what + " " + what}
}

// list is the generator of elements that are written out.
func (s *set) list(n *yaml.Node) ([]params, bool) {
	if y := find(n, "elementsYaml"); y != nil {
		s.refuse(y, "has elementsYaml, which is not understood here, expected elements")
		return nil, false
	}
	var out []params
	for _, e := range items(find(n, "elements")) {
		p := newParams()
		s.flatten(s.o, e, "", 0, p)
		out = append(out, p)
	}
	return out, true
}

// flatten writes the scalars of a node under the path of their names.
func (s *set) flatten(o *object, n *yaml.Node, prefix string, depth int, out params) {
	n = resolved(n)
	if s.r.nodes++; s.r.nodes > maxNodes || depth > maxDepth {
		return
	}
	switch n.Kind {
	case yaml.ScalarNode:
		s.leaf(o, n, prefix, out)
	case yaml.MappingNode:
		for _, p := range pairs(n, 0) {
			s.flatten(o, p.Value, under(prefix, p.Key.Value), depth+1, out)
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			s.flatten(o, c, under(prefix, strconv.Itoa(i)), depth+1, out)
		}
	}
}

// leaf keeps one scalar. Argo CD reads numbers as JSON does, and so prints large ones with
// an exponent.
func (s *set) leaf(o *object, n *yaml.Node, name string, out params) {
	v := s.r.value(o, n, s.what+" generator")
	if n.Tag != "!!str" && n.Tag != "!!timestamp" || oldBoolean(n) {
		x, ok := decodedScalar(n)
		if ok {
			out.typed[name], v = x, withText(v, fmt.Sprint(x))
		} else {
			v = model.UnknownBecause(model.WhyUnsupported, "a text in quotes", v.Trail)
		}
	}
	out.values[name] = v
}

// decodedScalar is a boolean, or a number as JSON has it.
func decodedScalar(n *yaml.Node) (any, bool) {
	if n.Tag == "!!bool" {
		truth := false
		err := n.Decode(&truth)
		return truth, err == nil
	}
	number := 0.0
	ok := (n.Tag == "!!int" || n.Tag == "!!float") && n.Decode(&number) == nil
	return number, ok
}

func under(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

// git is the generator that looks at the directories or files of a repository.
func (s *set) git(n *yaml.Node) ([]params, bool) {
	at := s.o.doc.at(n)
	p, ok := s.r.place(origins{at: at, what: s.what, url: s.r.field(s.o, n, "repoURL"), revision: s.r.field(s.o, n, "revision"), path: plain(".")})
	if !ok {
		return nil, false
	}
	if p.doubt != nil {
		s.refuse(n, "looks at another revision, expected the one that is here")
		return nil, false
	}
	prefix := text(n, "pathParamPrefix")
	var out []params
	for _, name := range s.matches(n) {
		dir, elements := name, []params{newParams()}
		if find(n, "files") != nil {
			dir, elements = path.Dir(name), s.file(name)
		}
		for _, e := range elements {
			if find(n, "files") != nil {
				s.put(e.values, under(prefix, "path.filename"), path.Base(name), n)
				s.put(e.values, under(prefix, "path.filenameNormalized"), normalized(path.Base(name)), n)
			}
			s.paths(e.values, prefix, dir, n)
			for _, v := range pairs(orEmpty(find(n, "values")), 0) {
				e.values["values."+v.Key.Value] = e.render(s.r.value(s.o, v.Value, s.what+" values"), s.golang)
			}
			if out = append(out, e); len(out) > maxElements {
				return out, true
			}
		}
	}
	return out, true
}

func (s *set) put(values map[string]model.Value, name, text string, n *yaml.Node) {
	values[name] = model.KnownText(text, s.hop(n, "generator git"))
}

// paths are the params that say where a directory lies.
func (s *set) paths(values map[string]model.Value, prefix, dir string, n *yaml.Node) {
	key := under(prefix, "path")
	if s.golang {
		s.put(values, key+".path", dir, n)
		for i, segment := range strings.Split(dir, "/") {
			s.put(values, key+".segments."+strconv.Itoa(i), segment, n)
		}
	} else {
		s.put(values, key, dir, n)
		for i, segment := range strings.Split(dir, "/") {
			s.put(values, key+"["+strconv.Itoa(i)+"]", segment, n)
		}
	}
	s.put(values, key+".basename", path.Base(dir), n)
	s.put(values, key+".basenameNormalized", normalized(path.Base(dir)), n)
}

var notInNames = lazy.Regexp(`[^-a-z0-9.]+`)

// normalized is a name that Kubernetes accepts.
func normalized(name string) string {
	name = notInNames().ReplaceAllString(strings.ToLower(name), "-")
	if len(name) > 253 {
		name = name[:253]
	}
	return strings.Trim(name, "-.")
}

// matches lists the directories or files that the generator's patterns pick.
func (s *set) matches(n *yaml.Node) []string {
	files := find(n, "files") != nil
	list := items(find(n, "directories"))
	if files {
		list = items(find(n, "files"))
	}
	var include, exclude []*regexp.Regexp
	for _, item := range list {
		pattern, ok := known(s.r.field(s.o, item, "path"))
		re, err := regexp.Compile(`\A` + globRegexp(pattern, true) + `\z`)
		if err != nil || !ok {
			s.refuse(item, "has a pattern that is not understood here, expected one such as apps/*")
			continue
		}
		if text(item, "exclude") == "true" {
			exclude = append(exclude, re)
		} else {
			include = append(include, re)
		}
	}
	any := func(list []*regexp.Regexp, name string) bool {
		return slices.ContainsFunc(list, func(re *regexp.Regexp) bool { return re.MatchString(name) })
	}
	var out []string
	s.r.walk(".", func(name string, dir bool) bool {
		hidden := strings.HasPrefix(path.Base(name), ".")
		if dir != files && (files || !hidden) && any(include, name) && !any(exclude, name) {
			out = append(out, name)
		}
		return !hidden || files && path.Base(name) != ".git"
	})
	slices.Sort(out)
	return out
}

// file reads the params that stand in a file of YAML or JSON: one mapping, or a list.
func (s *set) file(name string) []params {
	data, err := s.r.in.Files.Read(name)
	var n yaml.Node
	if err != nil || unmarshal(data, &n) != nil || len(n.Content) == 0 {
		s.r.problem(pos.Span{File: name}, "is not YAML or JSON, expected the parameters of an application", "")
		return nil
	}
	list := []*yaml.Node{n.Content[0]}
	if n.Content[0].Kind == yaml.SequenceNode {
		list = items(n.Content[0])
	}
	var out []params
	for _, item := range list {
		if item.Kind != yaml.MappingNode {
			s.r.problem(pos.Span{File: name}, "is not a mapping, expected the parameters of an application", "")
			return nil
		}
		p := newParams()
		s.flatten(fileObject(name, data), item, "", 0, p)
		out = append(out, p)
	}
	return out
}
