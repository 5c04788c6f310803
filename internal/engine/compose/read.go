package compose

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
)

// service is what one or several files say of a service, as far as it decides who receives what.
type service struct {
	name     string
	at       pos.Span
	env      map[string]*entry
	listed   bool // the environment is a list, or was put together from two
	files    []envFile
	profiles []string
	depends  []string
	mounts   map[string]*mount // by the path in the container
	extends  *tree.Node
	from     *source      // the file of extends
	unsure   *model.Value // why nothing of it is known
	wild     *model.Value // why it may have other variables
}

// entry is one variable; a bare one has no value and takes that from outside.
type entry struct {
	value *model.Value
	at    pos.Span
}

type envFile struct {
	written  string // as it is called in the file, for telling two apart
	path     string // relative to the root
	required bool
	raw      bool
	at       pos.Span
}

// mount is a secret or config of the project, as a file.
type mount struct {
	section, source string
	at              pos.Span
}

// store is one entry of the top-level secrets or configs.
type store struct {
	file, variable     string
	content            *model.Value
	external, unusable bool
	found              *model.Value // what the variable was in an included file
}

// source is one file while it is read.
type source struct {
	name   string
	dir    string // the project directory, to which its paths are relative
	e      *expansion
	resets [][]string
	odd    bool // a tag stands where it is not evaluated
	root   *tree.Node
}

func unsupported(needs string) *model.Value { return unknown(model.WhyUnsupported, needs) }

func unknown(why model.Reason, needs string) *model.Value {
	v := model.UnknownBecause(why, needs, model.Trail{})
	return &v
}

// via is a value that goes through a place of a compose file, unless there is none.
func via(v *model.Value, at pos.Span, what string) *model.Value {
	if v.State == model.Absent {
		return v
	}
	out := v.Via(model.Hop{At: at, Kind: model.KindCompose, What: what})
	return &out
}

// value is a text as one value that arrives at a place.
func value(t tree.Text, at pos.Span, what string) *model.Value {
	v := t.Value(model.Hop{At: at, Kind: model.KindCompose, What: what})
	return &v
}

// text is the expanded text of a scalar.
func (s *source) text(n *tree.Node, what string) tree.Text {
	t := tree.Literal(n, model.KindCompose, what)
	if n.IsScalar() && n.Tag == "!!str" {
		return s.e.expand(t, 0)
	}
	return t
}

// plain is the expanded text of a scalar that has to be known.
func (s *source) plain(n *tree.Node) (text string, ok bool) {
	t := s.text(n, "")
	return t.String(), n.IsScalar() && t.Known()
}

// isTagged reports whether a node carries one of Compose's own tags.
func isTagged(n *tree.Node, tag string) bool { return n != nil && n.Own == tag }

// marked lists the paths that a file resets or overrides. A service is looked at down to its
// variables.
func (s *source) marked(n *tree.Node, at []string, depth int) {
	if depth > 5 {
		return
	}
	for _, p := range entries(n) {
		here := append(slices.Clone(at), p.Key.Value)
		if isTagged(p.Value, "!reset") || isTagged(p.Value, "!override") {
			s.resets = append(s.resets, here)
			s.odd = s.odd || len(here) < 3 || holdsTags(p.Value, 0)
			continue
		}
		s.marked(p.Value, here, depth+1)
	}
}

// holdsTags reports whether one of Compose's tags stands within a node, where it has no such meaning.
func holdsTags(n *tree.Node, depth int) bool {
	if n == nil || depth > 8 {
		return n != nil
	}
	for _, item := range n.Items {
		if item != nil && item.Own != "" || holdsTags(item, depth+1) {
			return true
		}
	}
	for _, p := range entries(n) {
		if p.Value != nil && p.Value.Own != "" || holdsTags(p.Value, depth+1) {
			return true
		}
	}
	return false
}

// entries are the pairs of a mapping that count.
func entries(n *tree.Node) []tree.Pair {
	if !n.IsMap() {
		return nil
	}
	return n.Pairs
}

// field is what stands under a name, unless it is reset.
func field(n *tree.Node, name string) *tree.Node {
	if v := n.Get(name); !isTagged(v, "!reset") {
		return v
	}
	return nil
}

// service reads one service of the file.
func (s *source) service(key, n *tree.Node) *service {
	out := &service{name: key.Value, at: key.At, env: map[string]*entry{}, mounts: map[string]*mount{}, from: s}
	if n.IsNull() {
		return out
	}
	if !n.IsMap() {
		out.unsure = unsupported("a service that is a mapping")
		return out
	}
	if s.odd {
		out.unsure = unsupported("the tags !reset and !override on fields of services, not within each other")
	}
	s.environment(out, field(n, "environment"))
	s.envFiles(out, field(n, "env_file"))
	for _, item := range field(n, "profiles").Each() {
		if text, ok := s.plain(item); ok {
			out.profiles = append(out.profiles, text)
		} else {
			out.unsure = unsupported("the profiles of the service")
		}
	}
	s.dependencies(out, n)
	s.mounts(out, field(n, "secrets"), "secrets", "/run/secrets")
	s.mounts(out, field(n, "configs"), "configs", "/")
	if out.extends = field(n, "extends"); out.extends.IsNull() {
		out.extends = nil
	}
	for _, name := range []string{"provider", "models"} {
		if field(n, name) != nil {
			out.wild = unsupported("what Docker Compose adds for " + name)
		}
	}
	return out
}

// environment reads the variables of a service, as a mapping or a list.
func (s *source) environment(out *service, n *tree.Node) {
	switch {
	case n.IsNull():
	case n.IsMap():
		seen := map[string]bool{}
		for _, p := range n.Pairs {
			if isTagged(p.Value, "!reset") {
				continue
			}
			if p.Key.Tag != "!!str" || seen[p.Key.Value] {
				out.unsure = unsupported("names of variables that are texts, each once")
			}
			seen[p.Key.Value] = true
			s.variable(out, p.Key, p.Value)
		}
	case n.IsList():
		out.listed = true
		for _, item := range n.Items {
			s.listedVariable(out, item)
		}
	default:
		out.unsure = unsupported("an environment that is a mapping or a list")
	}
}

func (s *source) variable(out *service, key, n *tree.Node) {
	e := &entry{at: key.At}
	what := "environment " + key.Value
	switch {
	case n.IsNull():
	case !n.IsScalar():
		out.unsure = unsupported("variables whose values are texts")
	case !plainScalar(n):
		e.value = via(unsupported("the value in quotes"), n.At, what)
	default:
		e.value = value(s.text(n, what), n.At, what)
	}
	out.env[key.Value] = e
}

// plainScalar reports whether a scalar is written as Compose hands it on: texts are, and so are
// whole numbers in their usual form, true and false.
func plainScalar(n *tree.Node) bool {
	switch n.Tag {
	case "!!str":
		return n.Own == ""
	case "!!bool":
		return n.Value == "true" || n.Value == "false"
	case "!!int":
		digits := strings.TrimPrefix(n.Value, "-")
		return len(digits) < 18 && strings.Trim(digits, "0123456789") == "" && digits != "" && (digits[0] != '0' || n.Value == "0")
	}
	return false
}

func (s *source) listedVariable(out *service, n *tree.Node) {
	if isTagged(n, "!reset") {
		return
	}
	if !n.IsScalar() || n.Tag != "!!str" || n.Own != "" {
		out.unsure = unsupported("an environment whose items are texts")
		return
	}
	what := "environment"
	if plain, _, _ := strings.Cut(n.Value, "="); !strings.Contains(plain, "$") {
		what += " " + plain
	}
	t := s.text(n, what)
	str := t.String()
	name, _, ok := strings.Cut(str, "=")
	if strings.ContainsRune(name, tree.Gap) {
		u, _ := t.Unknown()
		out.wild = &u
		return
	}
	e := &entry{at: n.At}
	if ok {
		e.value = value(t.Slice(len(name)+1, len(str)), n.At, what)
	}
	out.env[name] = e.over(out.env[name])
}

func (s *source) envFiles(out *service, n *tree.Node) {
	for _, item := range n.Each() {
		f := envFile{required: true, at: item.Span()}
		name := item
		if item.IsMap() {
			name = item.Get("path")
			if r := item.Get("required"); !r.IsNull() {
				text, ok := s.plain(r)
				if !ok || text != "true" && text != "false" {
					out.unsure = unsupported("whether an env_file is required")
				}
				f.required = text == "true"
			}
			if format := item.Get("format"); !format.IsNull() {
				text, ok := s.plain(format)
				if !ok || text != "raw" {
					out.unsure = unsupported("an env_file of the format raw, or without a format")
				}
				f.raw = true
			}
		}
		text, ok := s.plain(name)
		if !ok || text == "" {
			out.wild = unsupported("the path of an env_file")
			continue
		}
		f.written, f.path, f.at = text, s.path(text), name.At
		out.addFile(f)
	}
}

// addFile keeps one file of each path: the last one, in the place of the first.
func (v *service) addFile(f envFile) {
	for i, old := range v.files {
		if old.written == f.written && old.path == f.path {
			v.files[i] = f
			return
		}
	}
	v.files = append(v.files, f)
}

// path is a path of the file relative to the root; one that is absolute stays so.
func (s *source) path(name string) string {
	switch {
	case strings.HasPrefix(name, "~"):
		return "/" + name
	case path.IsAbs(name):
		return name
	}
	return path.Join(s.dir, name)
}

// dependencies are the services that are started before this one.
func (s *source) dependencies(out *service, n *tree.Node) {
	depends := field(n, "depends_on")
	for _, p := range entries(depends) {
		out.depends = append(out.depends, p.Key.Value)
	}
	if depends.IsList() {
		out.depends = append(out.depends, s.names(depends, "")...)
	}
	out.depends = append(out.depends, s.names(field(n, "links"), ":")...)
	for _, name := range s.names(field(n, "volumes_from"), ":") {
		if name != "container" {
			out.depends = append(out.depends, name)
		}
	}
	for _, of := range []string{"network_mode", "ipc", "pid", "uts", "cgroup"} {
		if text, _ := s.plain(field(n, of)); strings.HasPrefix(text, "service:") {
			out.depends = append(out.depends, strings.TrimPrefix(text, "service:"))
		}
	}
}

// names are the items of a list of services, each up to a separator.
func (s *source) names(n *tree.Node, separator string) []string {
	var out []string
	for _, item := range n.Each() {
		text, ok := s.plain(item)
		if !ok {
			continue
		}
		if separator != "" {
			text, _, _ = strings.Cut(text, separator)
		}
		out = append(out, text)
	}
	return out
}

// mounts reads the secrets or configs that a service is given as files.
func (s *source) mounts(out *service, n *tree.Node, section, dir string) {
	for _, item := range n.Each() {
		of, target := item, ""
		if item.IsMap() {
			of = item.Get("source")
			text, ok := s.plain(item.Get("target"))
			if !ok && !item.Get("target").IsNull() {
				continue
			}
			target = text
		}
		name, ok := s.plain(of)
		if !ok {
			continue
		}
		if target == "" {
			target = name
		}
		if !path.IsAbs(target) {
			target = path.Join(dir, target)
		}
		out.mounts[target] = &mount{section: section, source: name, at: item.Span()}
	}
}

// stores reads the top-level secrets or configs.
func (s *source) stores(section string) map[string]*store {
	out := map[string]*store{}
	for _, p := range entries(field(s.root, section)) {
		n := p.Value
		if isTagged(n, "!reset") {
			continue
		}
		st := &store{}
		for _, f := range entries(n) {
			switch f.Key.Value {
			case "file":
				text, ok := s.plain(f.Value)
				st.file, st.unusable = s.path(text), st.unusable || !ok || text == ""
			case "environment":
				text, ok := s.plain(f.Value)
				st.variable, st.unusable = text, st.unusable || !ok || text == ""
			case "content":
				what := section + " " + p.Key.Value
				st.content = value(s.text(f.Value, what), f.Value.Span(), what)
			case "external", "driver", "template_driver":
				st.external = true
			}
		}
		out[p.Key.Value] = st
	}
	return out
}
