package compose

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// The limits of one project.
const (
	maxFiles    = 200
	maxIncludes = 20
	maxExtends  = 100
	maxServices = 2000
	maxLoaded   = 32 << 20
)

// project is what a list of files gives, one laid over the other.
type project struct {
	services map[string]*service
	secrets  map[string]*store
	configs  map[string]*store
}

// loading is one run over a project and what it includes.
type loading struct {
	Step
	files    int
	loaded   int // bytes of files of variables, each time that they are read
	problems []model.Problem
	// lost says why there may be more services, or variables, than those that were found; stopped
	// that Compose certainly refuses the project.
	lost    *model.Value
	stopped bool
}

// refuse notes why Compose stops.
func (l *loading) refuse(at pos.Span, message, fix string) {
	l.problems = append(l.problems, model.Problem{At: at, Message: message, Fix: fix, Stops: l.Doubt == nil})
	l.stopped = true
}

// lose notes what was not followed.
func (l *loading) lose(at pos.Span, why *model.Value, message, fix string) {
	l.problems = append(l.problems, model.Problem{At: at, Message: message, Fix: fix})
	if l.lost == nil {
		l.lost = why
	}
}

// project loads files in the directory of a project; within are the files that include it.
func (l *loading) project(names []string, dir string, env model.Env, at pos.Span, within []string) *project {
	out := &project{services: map[string]*service{}, secrets: map[string]*store{}, configs: map[string]*store{}}
	for _, name := range names {
		if l.stopped {
			return out
		}
		s, ok := l.open(name, dir, env, at)
		if !ok {
			continue
		}
		l.layer(out, s, append(slices.Clone(within), name))
	}
	l.inherit(out, env)
	return out
}

// inherit gives the bare names of lists their value, which they take from where they stand.
func (l *loading) inherit(p *project, env model.Env) {
	for _, v := range p.services {
		for name, e := range v.env {
			if v.listed && e.value == nil {
				if found := env.Get(name); found.State != model.Absent {
					v.env[name] = &entry{at: e.at, value: via(&found, e.at, "environment "+name)}
				}
			}
		}
	}
	for _, stores := range []map[string]*store{p.secrets, p.configs} {
		for _, st := range stores {
			if found := env.Get(st.variable); st.variable != "" && st.found == nil && found.State != model.Absent {
				st.found = &found
			}
		}
	}
}

// open reads one file; ok is false when nothing can be made of it.
func (l *loading) open(name, dir string, env model.Env, at pos.Span) (*source, bool) {
	if l.files++; l.files > maxFiles {
		l.lose(at, unknown(model.WhyLimit, "a project of fewer files"), fmt.Sprintf("the project has more than %d files", maxFiles), "split it up")
		return nil, false
	}
	data, err := l.Files.Read(name)
	if err != nil {
		l.missing(name, at)
		return nil, false
	}
	root, problems := tree.Parse(name, data)
	if len(problems) > 0 {
		l.problems = append(l.problems, problems...)
		l.lose(pos.Span{File: name}, unsupported("a compose file that is one document of YAML"), "is not read, so what it gives its services is not known", "correct the file")
		return nil, false
	}
	s := &source{name: name, dir: dir, e: &expansion{env: env}, root: root}
	s.marked(root, nil, 0)
	if root != nil && !root.IsMap() {
		l.refuse(root.At, "Docker Compose refuses the file: expected a mapping", "write services: in it")
		return nil, false
	}
	return s, true
}

func (l *loading) missing(name string, at pos.Span) {
	why := unknown(model.WhyMissingFile, model.FileNeeds(name))
	l.lose(at, why, fmt.Sprintf("the compose file %s cannot be read here, so what it deploys is not known", strict.Path(name)), model.FileFix(name))
}

// layer lays a file over what the files before it gave.
func (l *loading) layer(p *project, s *source, within []string) {
	own := l.read(s)
	l.include(own, s, within)
	for name, v := range p.services {
		if kept, ok := v.without(s.resets); ok {
			p.services[name] = kept
		} else {
			delete(p.services, name)
		}
	}
	for _, name := range own.names() {
		own.services[name] = l.extended(own.services[name], own.services, 0)
	}
	p.add(own)
	if r := s.e.refused; r != nil {
		l.refused(r)
	}
}

func (l *loading) refused(r *refusal) {
	switch {
	case r.limit:
		l.lose(r.at, unknown(model.WhyLimit, "shorter texts"), r.message, "write the texts without variables")
	case r.sought:
		l.refuse(r.at, r.message, "set it, or give it a default: ${NAME:-text}")
	default:
		l.refuse(r.at, r.message, "correct it, or write $$ for a plain dollar")
	}
}

// names lists the services in order.
func (p *project) names() []string { return slices.Sorted(maps.Keys(p.services)) }

// add lays the services of a file over the others.
func (p *project) add(own *project) {
	for name, v := range own.services {
		if base, ok := p.services[name]; ok {
			v = v.over(base)
		}
		p.services[name] = v
	}
	addStores(p.secrets, own.secrets)
	addStores(p.configs, own.configs)
}

func addStores(to, from map[string]*store) {
	for name, st := range from {
		if _, twice := to[name]; twice {
			st.unusable = true // their fields are merged
		}
		to[name] = st
	}
}

// read reads the services of one file, and what they are given as files. Whatever else stands in
// it is looked at for what Compose refuses.
func (l *loading) read(s *source) *project {
	out := &project{services: map[string]*service{}, secrets: s.stores("secrets"), configs: s.stores("configs")}
	for _, p := range entries(field(s.root, "services")) {
		if isTagged(p.Value, "!reset") {
			continue
		}
		if _, twice := out.services[p.Key.Value]; twice || p.Key.Tag != "!!str" {
			l.refuse(p.Key.At, "Docker Compose refuses the file: a service of this name stands above already, or its name is no text", "give each service a name of its own")
			continue
		}
		if len(out.services) >= maxServices {
			l.lose(p.Key.At, unknown(model.WhyLimit, "a project of fewer services"), "has too many services", "split it up")
			break
		}
		out.services[p.Key.Value] = s.service(p.Key, p.Value)
	}
	s.everything(s.root, 0, &budget{})
	return out
}

// budget bounds a walk over a tree in which nodes may stand in several places.
type budget struct{ steps int }

// everything expands all texts, for those that Compose refuses.
func (s *source) everything(n *tree.Node, depth int, b *budget) {
	if b.steps++; n == nil || depth > 50 || b.steps > 50_000 || s.e.refused != nil || isTagged(n, "!reset") {
		return
	}
	if n.IsScalar() && strings.Contains(n.Value, "$") {
		s.text(n, "")
	}
	for _, item := range n.Items {
		s.everything(item, depth+1, b)
	}
	seen := map[string]bool{}
	for _, p := range entries(n) {
		if isTagged(p.Value, "!reset") {
			continue
		}
		if seen[p.Key.Value] {
			s.e.refuse(p.Key.At, "Docker Compose refuses this: the name stands twice in one mapping")
		}
		seen[p.Key.Value] = true
		s.everything(p.Value, depth+1, b)
	}
}

// extended is a service with what it extends.
func (l *loading) extended(v *service, among map[string]*service, depth int) *service {
	if v.extends == nil || l.stopped {
		return v
	}
	n, s := v.extends, v.from
	var name, file string
	if n.IsMap() {
		name, _ = s.plain(n.Get("service"))
		text, ok := s.plain(n.Get("file"))
		if file = text; !ok && !n.Get("file").IsNull() || strings.Contains(text, "://") {
			return l.lonely(v, "the file that the service extends")
		}
	} else {
		name, _ = s.plain(n)
	}
	if depth > maxExtends {
		l.refuse(n.Span(), "Docker Compose refuses this: a service extends itself", "take extends away from one of them")
		return v
	}
	if name == "" {
		return l.lonely(v, "the service that this one extends")
	}
	resets := s.resets
	if file != "" {
		other, ok := l.open(s.path(file), path.Dir(s.path(file)), s.e.env, n.Span())
		if !ok {
			return l.lonely(v, "the file that the service extends")
		}
		among = l.read(other).services
	}
	base, ok := among[name]
	if !ok {
		l.refuse(n.Span(), "Docker Compose refuses this: the service that is extended does not exist", "name a service of that file")
		return v
	}
	base = l.extended(base, among, depth+1)
	renamed := *base
	renamed.name, renamed.extends = v.name, nil
	if kept, ok := renamed.without(resets); ok {
		v = v.over(kept)
	}
	out := *v
	out.extends = nil
	return &out
}

// lonely is a service of which it is not known what it extends: what it sets itself counts.
func (l *loading) lonely(v *service, needs string) *service {
	out := *v
	out.extends, out.wild = nil, unsupported(needs)
	return &out
}

// include adds what a file includes; its own definitions are laid over.
func (l *loading) include(own *project, s *source, within []string) {
	n := field(s.root, "include")
	if n.IsNull() {
		return
	}
	if !n.IsList() || len(within) > maxIncludes {
		l.refuse(n.Span(), "Docker Compose refuses this: expected a list of files to include, none of them twice within itself", "correct the list")
		return
	}
	for _, item := range n.Items {
		l.includeOne(own, s, item, within)
	}
}

func (l *loading) includeOne(own *project, s *source, item *tree.Node, within []string) {
	paths, ok := item, true
	if item.IsMap() {
		paths = item.Get("path")
	}
	var names []string
	for _, n := range paths.Each() {
		text, known := s.plain(n)
		if ok = ok && known && text != "" && !isRemote(text); ok {
			names = append(names, s.path(text))
		}
	}
	dir, dirOK := s.plain(item.Get("project_directory"))
	if !ok || len(names) == 0 || !dirOK && !item.Get("project_directory").IsNull() {
		l.lose(item.Span(), unsupported("every compose file that is included, in the repository"), "what is included here is not in the repository, so what it deploys is not known", "include files of the repository by their paths")
		return
	}
	if slices.Contains(within, names[0]) {
		l.refuse(item.Span(), "Docker Compose refuses this: a file includes itself", "take it off the list")
		return
	}
	if dir == "" {
		dir = path.Dir(names[0])
	} else {
		dir = s.path(dir)
	}
	env, ok := l.includeEnv(s, item.Get("env_file"), dir)
	if !ok {
		return
	}
	imported := l.project(names, dir, env, item.Span(), within)
	for name, v := range imported.services {
		base, ok := v.without(s.resets)
		if v, mine := own.services[name]; mine && ok {
			own.services[name] = v.over(base)
		} else if !mine {
			own.services[name] = imported.services[name]
		}
	}
	importStores(own.secrets, imported.secrets)
	importStores(own.configs, imported.configs)
}

func importStores(to, from map[string]*store) {
	for name, st := range from {
		if to[name] == nil {
			to[name] = st
		}
	}
}

// includeEnv is what the variables of an included file are: what is set already wins over its files.
func (l *loading) includeEnv(s *source, n *tree.Node, dir string) (model.Env, bool) {
	var names []string
	for _, f := range n.Each() {
		text, ok := s.plain(f)
		if !ok {
			l.lose(f.Span(), unsupported("the env_file of what is included"), "the path of an env_file is not known, expected one in the repository", "write the path out")
			return model.Env{}, false
		}
		if text != "/dev/null" {
			names = append(names, s.path(text))
		}
	}
	if n.IsNull() {
		names = l.defaultEnv(dir)
	}
	return l.withFiles(s.e.env, names, n.Span()), true
}

// isRemote reports whether a name is for one of Compose's loaders of remote files.
func isRemote(name string) bool {
	return strings.Contains(name, "://") || strings.HasPrefix(name, "git@") || strings.HasPrefix(name, "github.com/") || strings.Contains(name, ".git#")
}
