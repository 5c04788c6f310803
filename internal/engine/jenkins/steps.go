package jenkins

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// run runs a step, by its name.
func (m *machine) run(c *invocation) value {
	if m.describing > 0 || slices.Contains(described, c.name) || bindings[c.name] != nil && c.body() == nil {
		if c.name != "input" && c.name != "checkout" || m.describing > 1 {
			return m.describe(c)
		}
	}
	m.unfold(c)
	m.risks++
	if v, ok := m.block1(c); ok {
		return v
	}
	if v, ok := m.leaf(c); ok {
		return v
	}
	if w, ok := wrappers[c.name]; ok {
		return m.within(m.unknownVars(c.node, model.WhyInput, w.needs, c.name, w.names...), func() value { return m.body(c) })
	}
	if slices.Contains(harmless, c.name) {
		if c.body() != nil {
			return m.body(c)
		}
		return m.unsupported(c.node, "what the step gives back")
	}
	if m.deploys(c) {
		return m.unsupported(c.node, "what the step gives back")
	}
	return m.foreign(c, c.name)
}

// describe keeps what a call describes, as a map.
func (m *machine) describe(c *invocation) value {
	entries := append([]entry{{key: symbolKey, value: textValue(derived(c.name, c.node))}}, c.named...)
	if c.whole != nil {
		entries = append(entries, m.content(*c.whole).entries...)
	} else if len(c.args) > 0 && c.body() == nil {
		entries = append(entries, entry{key: "", value: c.args[0]})
	}
	ref := m.id()
	m.st.heap[ref] = &heaped{entries: entries, open: c.open}
	return value{kind: kindMap, ref: ref}
}

// body runs the block of a step.
func (m *machine) body(c *invocation) value { return m.bodyWith(c) }

func (m *machine) bodyWith(c *invocation, args ...value) value {
	if c.within != nil {
		return c.within()
	}
	if f := c.body(); f != nil {
		return m.invoke(f, args, c.node)
	}
	return nullValue()
}

// block1 runs the steps whose block is special.
func (m *machine) block1(c *invocation) (value, bool) {
	switch c.name {
	case "pipeline":
		return m.pipeline(c), true
	case "node":
		return m.inside(func(at *place) { at.dir, at.lost = ".", false }, func() value { return m.body(c) }), true
	case "stage":
		return m.scriptedStage(c), true
	case "withEnv":
		return m.withEnv(c), true
	case "withCredentials":
		return m.withCredentials(c), true
	case "dir":
		return m.dir(c), true
	case "ws":
		return m.inside(func(at *place) { at.dir = "." }, func() value { return m.body(c) }), true
	case "parallel":
		m.parallelStep(c)
		return nullValue(), true
	case "catchError", "warnError":
		return m.mayFail(c), true
	case "waitUntil":
		return m.mayFail(c), true
	case "podTemplate":
		outer := m.at
		m.pod(c.node, c.scope)
		v := m.body(c)
		m.at = outer
		return v, true
	case "container":
		name, _ := c.either("name", 0).words()
		box := m.podContainer(name, c.node)
		return m.inside(func(at *place) { at.box = box }, func() value { return m.body(c) }), true
	case "withDockerContainer":
		box := m.box(c.get("args"), c.node)
		return m.inside(func(at *place) { at.box = box }, func() value { return m.body(c) }), true
	case "withAWS":
		return m.within(m.awsLayer(c), func() value { return m.body(c) }), true
	case "withVault":
		return m.within(m.vaultLayer(c), func() value { return m.body(c) }), true
	case "withAzureKeyvault":
		return m.within(m.azureLayer(c), func() value { return m.body(c) }), true
	case "configFileProvider":
		return m.within(m.configLayer(c), func() value { return m.body(c) }), true
	case "wrap":
		return m.within(m.wrapLayer(c), func() value { return m.body(c) }), true
	}
	return value{}, false
}

// leaf runs the steps that have no block and are understood.
func (m *machine) leaf(c *invocation) (value, bool) {
	switch c.name {
	case "sh":
		return m.sh(c, "sh"), true
	case "bat":
		return m.sh(c, "cmd"), true
	case "pwsh", "powershell":
		return m.sh(c, c.name), true
	case "error":
		if m.at.perhaps == nil && m.tries == 0 {
			m.problem(m.span(c.node), "the pipeline ends here with an error, by what is known of its run", "give the branch or the inputs that it runs with")
		}
		m.thrown = true
		return nullValue(), true
	case "properties":
		m.properties(c)
		return nullValue(), true
	case "input":
		return m.input(c), true
	case "load":
		return m.loadStep(c), true
	case "writeFile", "readFile", "fileExists", "readJSON", "readYaml", "readProperties", "readTrusted", "writeJSON", "writeYaml", "pwd":
		return m.fileStep(c), true
	case "evaluate":
		m.loseVars(m.unsupported(c.node, "a pipeline without evaluate").why)
		return m.foreign(c, c.name), true
	case "isUnix", "tool", "libraryResource", "findFiles", "sha1", "sha256", "httpRequest", "getDatabaseConnection", "readCSV", "readManifest", "readMavenPom", "nodesByLabel", "resolveScm", "envVarsForTool", "library", "getContext":
		return m.unsupported(c.node, "what "+c.name+" gives back"), true
	}
	return value{}, false
}

// withEnv runs its block with the variables of a list of NAME=text.
func (m *machine) withEnv(c *invocation) value {
	list := c.either("overrides", 0)
	h := m.content(list)
	if list.kind == kindList && len(h.either) > 0 {
		return m.within(m.eitherLayer(h, c), func() value { return m.body(c) })
	}
	items, open := m.elements(list, c.node)
	return m.within(m.pairs(items, open, c), func() value { return m.body(c) })
}

func (m *machine) pairs(items []value, open *model.Value, c *invocation) layer {
	l := layer{open: open}
	for _, item := range items {
		b, why := m.pair(item, c)
		if why != nil {
			l.open = why
			continue
		}
		l.vars = append(l.vars, b)
	}
	return l
}

// eitherLayer is what one of several lists sets, when nobody knows which.
func (m *machine) eitherLayer(h *heaped, c *invocation) layer {
	var layers []layer
	var names []string
	for _, one := range h.either {
		l := m.pairs(one.items, one.open, c)
		layers = append(layers, l)
		for _, b := range l.vars {
			if !slices.Contains(names, b.name) {
				names = append(names, b.name)
			}
		}
	}
	out := layer{}
	for _, name := range names {
		before, isSecret := m.getVar(name)
		b := binding{name: name}
		var choices []model.Value
		for _, l := range layers {
			v := before
			for _, one := range l.vars {
				if strings.EqualFold(one.name, name) {
					v, isSecret = one.apply(v), isSecret || one.secret
				}
			}
			choices = append(choices, v)
		}
		b.value, b.secret = model.Ambiguous(h.open.Needs, choices...), isSecret
		out.vars = append(out.vars, b)
	}
	for _, l := range layers {
		if l.open != nil {
			out.open = l.open
		}
	}
	return out
}

// pair splits NAME=text.
func (m *machine) pair(item value, c *invocation) (binding, *model.Value) {
	t := m.asText(item, c.node)
	for i, p := range t {
		words, known := p.known()
		at := strings.IndexByte(words, '=')
		if known && at < 0 {
			continue
		}
		before, ok := t[:i].known()
		if !known || !ok {
			why, _ := t.cause()
			return binding{}, &why
		}
		name := before + words[:at]
		rest := text{}
		if at+1 < len(words) {
			rest = append(rest, p.cut(at+1, len(words)))
		}
		rest = append(rest, t[i+1:]...)
		if base, _, plus := strings.Cut(name, "+"); plus && base != "" {
			return binding{name: base, value: rest.bind(m.itemHop(p, c, base)), secret: rest.isSecret(), prepend: true}, nil
		}
		return binding{name: name, value: rest.bind(m.itemHop(p, c, name)), secret: rest.isSecret()}, nil
	}
	why := m.undecidedBy(item, c.node)
	return binding{}, &why
}

// itemHop is where an item of a list for withEnv is written.
func (m *machine) itemHop(p piece, c *invocation, name string) model.Hop {
	hop := m.hop(c.node, "withEnv", name)
	if p.src != nil && p.value == nil {
		hop.At = p.src.span(p.at, p.at+p.size)
	}
	return hop
}

func (m *machine) dir(c *invocation) value {
	v := c.either("path", 0)
	t := m.asText(v, c.node)
	to, known := t.known()
	known = known && v.kind != kindNull
	absolute := strings.HasPrefix(to, "/")
	if t.isRoot() {
		rest, ok := t[1:].known()
		to, known, absolute = strings.TrimPrefix(rest, "/"), ok, false
		return m.inside(func(at *place) { at.dir, at.lost = path.Clean(to), !known }, func() value { return m.body(c) })
	}
	return m.inside(func(at *place) {
		at.dir = path.Join(at.dir, to)
		at.lost = at.lost || !known || absolute || strings.HasPrefix(at.dir, "../") || at.dir == ".."
	}, func() value { return m.body(c) })
}

// mayFail runs a block of which any part may fail without an end of the run.
func (m *machine) mayFail(c *invocation) value {
	before := m.copied(m.st)
	m.tries++
	v := m.body(c)
	m.tries--
	why := model.UnknownBecause(model.WhyExitStatus, "whether what stands here succeeds", m.trail(c.node))
	if m.halted {
		return v
	}
	m.thrown = false
	m.st = joinTwo(why, before, m.st)
	return v
}

// scriptedStage is stage('name') { … }, and stage 'name' without a block, as it once was.
func (m *machine) scriptedStage(c *invocation) value {
	name, ok := c.either("name", 0).words()
	if !ok {
		name = "a stage"
	}
	if c.body() == nil {
		return nullValue()
	}
	return m.stage(c.node, name, func() value { return m.body(c) })
}

// foreign is a step that keyfit does not know: of a shared library, or of a plugin.
func (m *machine) foreign(c *invocation, name string) value {
	if v, ok := m.ownLibrary(c, name); ok {
		return v
	}
	if isOwnStep(name) {
		return m.ownStep(c)
	}
	what := "a step"
	if looksLikeName(name) && len(name) <= 60 && !strings.ContainsAny(name, "0123456789") {
		what = "the step " + strconv.Quote(name)
	}
	why := model.UnknownBecause(model.WhyUnsupported, "what "+what+" sets, which is not of this repository", m.trail(c.node))
	if m.at.loud {
		m.consume(c.node, name, m.env())
		m.doubts(model.UnknownBecause(model.WhyUnsupported, what+" of Jenkins, which is not followed", m.trail(c.node)))
		m.unread(c, what, name)
	}
	if c.body() != nil || c.within != nil {
		m.within(anything(why), func() value { return m.body(c) })
	} else {
		for _, v := range m.handed(c) {
			m.maybe(v, why)
		}
	}
	m.mayChange(why)
	for _, v := range c.args {
		if v.kind == kindList || v.kind == kindMap {
			m.st.heap[v.ref] = &heaped{open: &why}
		}
	}
	return unknownValue(why)
}

// mayChange is what a step that nobody knows may do to the variables of the build: set any anew, as
// `env.X =` does. What Jenkins itself sets is left alone.
func (m *machine) mayChange(why model.Value) {
	vars := m.st.vars
	for name, v := range m.st.vars.All() {
		what := v.Trail.Last().What
		if v.State == model.Known && (strings.HasPrefix(what, "env ") || strings.HasPrefix(what, "parameter ")) {
			changed := either(why, v, why)
			changed.Trail, changed.Losers = v.Trail, v.Losers
			vars = vars.With(name, changed)
		}
	}
	if vars.Rest().State == model.Absent {
		vars = vars.WithRest(why)
	}
	m.st.change(vars)
}

// unread tells once of a step that is not in the repository.
func (m *machine) unread(c *invocation, what, name string) {
	if key := "step " + name; !m.told[key] {
		m.told[key] = true
		m.problem(m.span(c.node), what+" is not in this repository: what it delivers is not known, and it may set any variable that no block around it sets",
			"write under `deploy` in keyfit.yaml what it does, or keep it in vars/ of this repository")
	}
}

// ownStep is keyfit's step of a shared library: it looks at the keys, and sets and delivers nothing.
func (m *machine) ownStep(c *invocation) value {
	m.saw("keyfit")
	if m.at.loud {
		m.consume(c.node, "keyfit", m.env())
		m.consumers[len(m.consumers)-1].Self = true
	}
	if c.body() != nil || c.within != nil {
		return m.body(c)
	}
	return nullValue()
}

// ownLibrary follows vars/NAME.groovy: the repository is the library itself.
func (m *machine) ownLibrary(c *invocation, name string) (value, bool) {
	file := "vars/" + name + ".groovy"
	method := "call"
	if about, rest, ok := strings.Cut(name, "."); ok {
		file, method = "vars/"+about+".groovy", rest
	}
	if !looksLikeName(name) {
		return value{}, false
	}
	if _, err := m.in.Files.Stat(file); err != nil {
		return value{}, false
	}
	s := m.load(file, m.span(c.node))
	if s == nil {
		return value{}, false
	}
	f := m.function(s, method, m.handed(c))
	if f == nil {
		return value{}, false
	}
	return m.invoke(f, m.handed(c), c.node), true
}

func looksLikeName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return !isNamePart(r) && r != '.' })
}
