package terraform

import (
	"encoding/json"
	"path"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// children are the instances of a module that one call makes.
type children struct {
	expansion
	all        []*module // nil entries never occur
	lost       *mark     // set when the module's files are not there
	busy, done bool
}

// called gives the instances of a module call, once; nil while they are being made, which
// is a cycle.
func (m *module) called(name string) *children {
	c := m.config.calls[name]
	k := m.children[name]
	if k == nil {
		k = &children{}
		m.children[name] = k
	}
	if k.done {
		return k
	}
	if k.busy || m.e.depth >= maxDepth {
		return nil
	}
	k.busy = true
	m.e.depth++
	defer func() { m.e.depth-- }()
	m.make(c, k)
	k.busy, k.done = false, true
	return k
}

func (m *module) make(c *call, k *children) {
	config, dir, rel, lost := m.locate(c)
	if config == nil {
		k.lost = lost
		return
	}
	_ = dir
	k.expansion = m.expand(c.count, c.forEach, c.enabled, c.at)
	for _, name := range sortedKeys(c.args) {
		if config.variables[name] == nil && !config.broken {
			m.e.problem(m.e.span(c.args[name].NameRange), "module \""+c.name+"\" has no variable \""+name+"\", expected one that it declares", "correct the name, or declare the variable")
		}
	}
	for _, one := range k.members() {
		if m.e.madeModules++; m.e.madeModules > maxModules {
			m.e.problem(c.at, "the configuration has more than 5000 instances of modules, which is the limit", "")
			break
		}
		k.all = append(k.all, m.child(c, config, rel, one, k.unknown))
	}
}

// child is one instance of a called module, with its arguments as what its variables are
// given.
func (m *module) child(c *call, config *config, rel string, one occurrence, unknown *mark) *module {
	child := m.e.newModule(config)
	child.parent, child.call, child.path = m, c, rel
	child.address = m.address + "module." + c.name + one.key + "."
	child.names = append(append([]string{}, m.names...), c.name)
	child.doubt = m.doubt
	if unknown != nil {
		child.doubt = unknown
	}
	child.argue = func(name string) []given {
		a := c.args[name]
		if a == nil {
			return nil
		}
		at := m.e.span(a.Range)
		v, _ := m.value(a.Expr, one.names)
		hop := model.Hop{At: at, Kind: model.KindTerraform, What: "module." + c.name + " " + name}
		return []given{{m.e.pass(v, hop), at}}
	}
	return child
}

// locate finds the files of a called module: beside the caller's, or where an earlier init
// put them within the repository.
func (m *module) locate(c *call) (config *config, dir, rel string, lost *mark) {
	source := ""
	if c.source != nil {
		v, _ := m.value(c.source, nil)
		if s := valueOf(v); s.State == model.Known {
			source = s.Text.Reveal()
		}
	}
	miss := func(needs, message, fix string) *mark {
		m.e.problem(c.at, message, fix)
		t := model.Trail{}.Append(model.Hop{At: c.at, Kind: model.KindTerraform, What: "module." + c.name})
		return m.e.newMark(model.UnknownBecause(model.WhyMissingFile, needs, t))
	}
	switch {
	case source == "":
		return nil, "", "", miss("the source of module \""+c.name+"\"", "the source of module \""+c.name+"\" is not known, expected a path or an address", "write the source out")
	case len(m.names) >= maxModuleNest:
		return nil, "", "", miss("modules that nest less deep", "modules nest more than 32 deep, which is the limit", "look for a module that calls itself")
	case strings.HasPrefix(source, "./") || strings.HasPrefix(source, "../") || source == "." || source == "..":
		dir, rel = path.Join(m.config.dir, source), path.Join(m.path, source)
	default:
		rel = m.e.installed(append(append([]string{}, m.names...), c.name))
		if rel == "" {
			return nil, "", "", miss("the files of module \""+c.name+"\"", "the files of module \""+c.name+"\" are not in the repository, expected a local path or what init has downloaded", "run terraform init first")
		}
		dir = path.Join(m.e.root, rel)
	}
	if config = m.e.load(dir); config == nil {
		return nil, "", "", miss("the files of module \""+c.name+"\"", "module \""+c.name+"\" has no files in \""+dir+"\", expected a directory with configuration", "correct the source")
	}
	return config, dir, rel, nil
}

// installed gives where init has put a module, relative to the root module; empty when it
// has not.
func (e *evaluator) installed(names []string) string {
	if e.manifest == nil {
		e.manifest = e.readManifest()
	}
	return e.manifest[strings.Join(names, ".")]
}

func (e *evaluator) readManifest() map[string]string {
	out := map[string]string{}
	name := path.Join(e.root, ".terraform/modules/modules.json")
	data, err := e.in.Files.Read(name)
	if err != nil {
		return out
	}
	var manifest struct {
		Modules []struct{ Key, Dir string }
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		e.problem(pos.Span{File: name}, "the list of modules is no JSON, expected what init writes", "run terraform init again")
		return out
	}
	for _, m := range manifest.Modules {
		if m.Key != "" {
			out[m.Key] = path.Clean(strings.ReplaceAll(m.Dir, "\\", "/"))
		}
	}
	return out
}

// moduleValue is a module call as expressions read it; outputs lists which outputs they
// read, nil for all.
func (m *module) moduleValue(name string, outputs map[string]bool) cty.Value {
	c := m.config.calls[name]
	if c == nil {
		return m.undeclared("module", name)
	}
	k := m.called(name)
	switch {
	case k == nil:
		m.e.problem(c.at, "\"module."+name+"\" depends on itself, expected definitions without a cycle", "take one of the references out")
		return m.e.unknown(model.WhyUnsupported, "\"module."+name+"\" without a cycle", c.at)
	case k.lost != nil:
		return cty.DynamicVal.Mark(k.lost)
	case k.unknown != nil:
		return cty.DynamicVal.Mark(k.unknown)
	case len(k.all) < len(k.members()):
		return cty.DynamicVal.Mark(m.e.limit("fewer modules"))
	}
	var vals []cty.Value
	for _, child := range k.all {
		vals = append(vals, child.outputs(outputs))
	}
	return k.shaped(vals)
}

// outputs is an object with the outputs that are read. One that reads some of them must not
// take it for all.
func (m *module) outputs(wanted map[string]bool) cty.Value {
	out := map[string]cty.Value{}
	for _, name := range sortedKeys(m.config.outputs) {
		if wanted == nil || wanted[name] {
			out[name] = m.output(name)
		}
	}
	for name := range wanted {
		if _, ok := out[name]; !ok && m.config.broken {
			out[name] = m.undeclared("output", name)
		}
	}
	return cty.ObjectVal(out)
}
