package deploy

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// layer is a node with the text that it stands in.
type layer struct {
	node *yaml.Node
	text *helmfileText
}

func (l layer) field(name string) word { return l.text.field(l.node, name) }

// list are the items of a list.
func (l layer) list(name string) []layer {
	var out []layer
	if p, ok := strict.Find(l.node, name); ok {
		for _, item := range strict.Items(p.Value) {
			out = append(out, layer{item, l.text})
		}
	}
	return out
}

func (l layer) find(name string) (layer, bool) {
	p, ok := strict.Find(l.node, name)
	if !ok || followed(p.Value).Tag == "!!null" {
		return layer{}, false
	}
	return layer{followed(p.Value), l.text}, true
}

// state is one helmfile with everything that was put together for it.
type state struct {
	file      string
	dir       string
	env       helmfileEnv
	releases  []layer
	defaults  []layer // of helmDefaults; later ones win
	templates map[string]layer
	inherit   []string
	labels    []layer
	helmfiles []layer
	namespace word
	missing   string
	known     map[string]bool // the environments
	specs     map[string]*environmentSpec
}

type environmentSpec struct {
	values, secrets []layer
	missing         string
}

// load puts a helmfile together from its parts; ok is false when it cannot be read.
func (h *helmfileRun) load(name string, data []byte, raw bool, env helmfileEnv, depth int) (s *state, ok bool) {
	defer func() {
		if recover() != nil {
			h.doubt(model.Value{Why: model.WhyLimit, Needs: "a smaller helmfile"}, "the helmfile "+strict.Path(name)+" is too large", "split it")
			s, ok = nil, false
		}
	}()
	s = &state{file: name, dir: path.Dir(name), env: env, known: map[string]bool{}, templates: map[string]layer{}}
	ok = h.parts(s, name, data, raw, true)
	return s, ok && h.isDefined(s, env, depth)
}

// isDefined reports whether the helmfile has the environment. One of several helmfiles that
// does not have it is passed over.
func (h *helmfileRun) isDefined(s *state, env helmfileEnv, depth int) bool {
	wanted, sure := wordOf(h.environment).known()
	if !sure || wanted == "default" || s.known[wanted] || len(s.known) == 0 && env.given {
		return true
	}
	if depth == 0 {
		h.problem("the helmfile has no environment "+strict.Name(wanted)+", expected one of those listed", "add it under environments, or correct -e")
	}
	return false
}

// parts reads the parts of a file, which --- separates: each sees the values of those
// before it.
func (h *helmfileRun) parts(s *state, name string, data []byte, raw, bases bool) bool {
	whole := strings.ReplaceAll(string(data), "\r\n", "\n")
	from := 0
	for i, part := range strings.Split(whole, "\n---\n") {
		if i > maxHelmfiles {
			h.doubt(model.Value{Why: model.WhyLimit, Needs: "fewer parts"}, "the helmfile "+strict.Path(name)+" has more than 50 parts, the limit", "split it")
			return false
		}
		if !h.part(s, name, whole, from, from+len(part), raw, bases) {
			return false
		}
		from += len(part) + len("\n---\n")
	}
	return true
}

func (h *helmfileRun) part(s *state, name, whole string, from, to int, raw, bases bool) bool {
	var marked string
	var err error
	if raw {
		marked = h.literalAt(name, whole, from, whole[from:to])
	} else if marked, err = h.render(name, s.dir, whole, from, to, h.data(s.env)); err != nil {
		marked, err = h.twice(s, name, whole, from, to, err)
	}
	if err != nil {
		v := h.because(err, &s.env)
		h.doubt(v, "the templates of the helmfile "+strict.Path(name)+" cannot be run here, so its releases are not known", "bind what they ask for under inputs")
		return false
	}
	t := h.text(name, marked)
	n, err := t.document()
	if err != nil || n != nil && n.Kind != yaml.MappingNode {
		h.doubt(model.Value{Why: model.WhyUnsupported, Needs: "a helmfile that is YAML"}, "the helmfile "+strict.Path(name)+" is not valid YAML, expected a mapping", "correct it")
		return false
	}
	if n == nil {
		return true
	}
	return h.merge(s, layer{n, t}, bases)
}

var environmentsBlock = lazy.Regexp(`(?m)^environments:.*\n(?:[ \t#{}].*\n|\n|-.*\n)*`)

// twice is how older versions of helmfile run a part that asks for values of its own
// environments: they take these from it first.
func (h *helmfileRun) twice(s *state, name, whole string, from, to int, first error) (string, error) {
	if _, ok := first.(unknownError); ok || s.env.open != nil {
		return "", first
	}
	at := environmentsBlock().FindStringIndex(whole[from:to] + "\n")
	if at == nil {
		return "", first
	}
	marked, err := h.render(name, s.dir, whole, from+at[0], min(from+at[1], to), h.data(s.env))
	if err != nil {
		return "", first
	}
	t := h.text(name, marked)
	n, err := t.document()
	if err != nil || n == nil {
		return "", first
	}
	early := *s
	early.specs = map[string]*environmentSpec{}
	h.environments(&early, layer{n, t})
	h.loadValues(&early, nil)
	return h.render(name, s.dir, whole, from, to, h.data(early.env))
}

// merge adds one part to the state.
func (h *helmfileRun) merge(s *state, part layer, bases bool) bool {
	s.specs = map[string]*environmentSpec{}
	for _, name := range strict.Names(part.node) {
		if p, ok := part.find(name); ok && p.node.Kind == yaml.ScalarNode && strings.Contains(p.node.Value, blank) {
			u := part.text.word(p.node, name).unknown()
			h.doubt(*u, "what a helmfile has under a name at its top is not known", "write it out")
		}
	}
	layers := []layer{}
	for _, b := range part.list("bases") {
		base, ok := h.base(s, b, bases)
		if !ok {
			return false
		}
		layers = append(layers, base...)
	}
	layers = append(layers, part)
	var releases, helmfiles []layer
	var defaults []layer
	for _, l := range layers {
		releases = append(releases, l.list("releases")...)
		helmfiles = append(helmfiles, l.list("helmfiles")...)
		defaults = append(defaults, l.list("values")...)
		h.settings(s, l)
		h.environments(s, l)
	}
	if len(releases) > 0 {
		s.releases = releases
	}
	if len(helmfiles) > 0 {
		s.helmfiles = helmfiles
	}
	h.loadValues(s, defaults)
	return true
}

// settings are the fields that later parts replace one by one.
func (h *helmfileRun) settings(s *state, l layer) {
	if d, ok := l.find("helmDefaults"); ok {
		s.defaults = append(s.defaults, d)
	}
	if t, ok := l.find("templates"); ok {
		for _, name := range strict.Names(t.node) {
			if _, twice := s.templates[name]; twice {
				h.doubtAt(l.text, t.node, "each template once")
			}
			s.templates[name], _ = t.find(name)
		}
	}
	if c, ok := l.find("commonLabels"); ok {
		s.labels = append(s.labels, c)
	}
	for _, item := range l.list("defaultInherit") {
		if name, ok := item.text.word(item.node, "defaultInherit").known(); ok {
			s.inherit = append(s.inherit, name)
		}
	}
	if w := l.field("namespace"); len(w.parts) > 0 {
		s.namespace = w
	}
	if text, ok := l.field("missingFileHandler").known(); ok && text != "" {
		s.missing = text
	}
	if p, ok := l.find("missingFileHandlerConfig"); ok {
		h.doubtAt(l.text, p.node, "a helmfile without missingFileHandlerConfig")
	}
}

// base reads a file that the helmfile builds upon.
func (h *helmfileRun) base(s *state, b layer, allowed bool) ([]layer, bool) {
	name, ok := b.text.word(b.node, "bases").known()
	if !ok || !allowed || strings.Contains(name, "://") || strings.HasPrefix(name, "git::") {
		h.doubtAt(b.text, b.node, "the path of a base in the repository, itself without bases")
		return nil, false
	}
	full := joinDir(s.dir, name)
	data, err := h.call.Files.Read(full)
	if err != nil {
		h.lost(full, "the base of the helmfile", err)
		return nil, false
	}
	raw := !strings.HasSuffix(name, ".gotmpl") && !strings.Contains(string(data), "{{")
	whole := strings.ReplaceAll(string(data), "\r\n", "\n")
	marked := h.literalAt(full, whole, 0, whole)
	if !raw {
		if marked, err = h.render(full, s.dir, whole, 0, len(whole), h.data(s.env)); err != nil {
			h.doubt(h.because(err, &s.env), "the templates of the base "+strict.Path(full)+" cannot be run here, so the releases are not known", "")
			return nil, false
		}
	}
	t := h.text(full, marked)
	n, err := t.document()
	if err != nil || n == nil || n.Kind != yaml.MappingNode {
		h.doubt(model.Value{Why: model.WhyUnsupported, Needs: "a base that is YAML"}, "the base "+strict.Path(full)+" is not valid YAML, expected one mapping", "correct it")
		return nil, false
	}
	return []layer{{n, t}}, true
}

// environments collects what each environment loads.
func (h *helmfileRun) environments(s *state, l layer) {
	all, ok := l.find("environments")
	if !ok {
		return
	}
	for _, name := range strict.Names(all.node) {
		s.known[name] = true
		e, ok := all.find(name)
		if !ok {
			continue
		}
		spec := s.specs[name]
		if spec == nil {
			spec = &environmentSpec{}
			s.specs[name] = spec
		}
		spec.values = append(spec.values, e.list("values")...)
		spec.secrets = append(spec.secrets, e.list("secrets")...)
		if text, ok := e.field("missingFileHandler").known(); ok && text != "" {
			spec.missing = text
		}
		if m, ok := e.find("mergeStrategy"); ok && m.node.Value != "override" {
			h.doubtAt(l.text, m.node, "an environment without mergeStrategy")
		}
	}
}

// loadValues loads the values of the environment, and those of the helmfile itself.
func (h *helmfileRun) loadValues(s *state, defaults []layer) {
	name, sure := wordOf(h.environment).known()
	before := s.env
	if spec := s.specs[name]; sure && spec != nil {
		missing := spec.missing
		if missing == "" {
			missing = s.missing
		}
		values := h.entries(spec.values, s.dir, missing, false, &s.env)
		values = mergedMaps(values, h.entries(spec.secrets, s.dir, missing, true, &s.env))
		s.env.values = mergedMaps(before.values, values)
	} else if !sure && len(s.specs) > 0 {
		s.env.opened(h.environment)
	}
	if len(defaults) > 0 {
		ctx := before
		s.env.defaults = mergedMaps(before.defaults, h.entries(defaults, s.dir, "", false, &ctx))
		if ctx.open != nil {
			s.env.opened(*ctx.open)
		}
	}
}

func wholeSet(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && (text == "0" || !strings.HasPrefix(text, "0"))
}

// nested reads the helmfiles that this one leads to, before its own releases.
func (h *helmfileRun) nested(s *state, depth int) {
	for _, item := range s.helmfiles {
		names := []string{}
		at := item
		env := helmfileEnv{} // not even what the command line sets
		selectors := h.selectors
		if item.node.Kind == yaml.MappingNode {
			names = strict.Names(item.node)
			at, _ = item.find("path")
			if at.node == nil {
				h.doubtAt(item.text, item.node, "a helmfile with a path")
				continue
			}
			env.overrides = h.entries(item.list("values"), s.dir, "", false, &env)
			env.given = len(item.list("values")) > 0
			if slices.Contains(names, "selectors") && !item.field("selectorsInherited").is("true") {
				selectors = nil
				for _, sel := range item.list("selectors") {
					selectors = append(selectors, sel.text.word(sel.node, "selectors"))
				}
			}
		}
		for _, name := range names {
			if !slices.Contains([]string{"path", "values", "selectors", "selectorsInherited"}, name) {
				h.doubtAt(item.text, item.node, "a helmfile with path, values and selectors")
			}
		}
		name, ok := at.text.word(at.node, "path").known()
		if !ok || strings.Contains(name, "://") || strings.HasPrefix(name, "git::") {
			h.problemAt(at.text.span(at.node), "leads to a helmfile that is not in this repository, so what it deploys is not known here", "")
			continue
		}
		for _, file := range h.matches(s.dir, name) {
			inner := *h
			inner.selectors = selectors
			inner.file(file, env, depth+1)
			h.files, h.open = inner.files, inner.open
		}
	}
}
