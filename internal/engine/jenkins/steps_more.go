package jenkins

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
)

// properties reads properties([parameters([…])]) of a scripted pipeline.
func (m *machine) properties(c *invocation) {
	m.describing++ // the calls are evaluated already; parameters are read from their text
	defer func() { m.describing-- }()
	c.node.walk(func(n *node) bool {
		if n.callee() != "parameters" {
			return true
		}
		list := n.position(0)
		if list == nil || list.kind != nodeList {
			return false
		}
		var calls []*node
		for _, a := range list.args {
			calls = append(calls, a.value)
		}
		m.setParameters(m.parametersOf(calls, c.scope))
		return false
	})
}

// input is what a person answers: nothing but yes, one value, or a map of several.
func (m *machine) input(c *invocation) value {
	m.describing++
	defer func() { m.describing-- }()
	var params []parameter
	if list := c.node.named("parameters"); list != nil && list.kind == nodeList {
		var calls []*node
		for _, a := range list.args {
			calls = append(calls, a.value)
		}
		params = m.parametersOf(calls, c.scope)
	}
	open := m.unsupported(c.node, "the answer to the input")
	switch {
	case c.get("submitterParameter").kind != kindNull || len(params) == 0:
		return open
	case len(params) == 1:
		return m.answer(params[0])
	}
	var entries []entry
	for _, p := range params {
		entries = append(entries, entry{key: p.name, value: m.answer(p)})
	}
	return m.dict(entries)
}

// loadStep runs another file, and gives what it returns.
func (m *machine) loadStep(c *invocation) value {
	name, ok := m.pathOf(c.either("path", 0))
	if !ok {
		why := m.unsupported(c.node, "the name of the file that is loaded").why
		m.loseVars(why)
		if m.at.loud {
			m.doubts(why)
		}
		return value{kind: kindObject, object: object{name: objectLibrary, about: "load"}}
	}
	s := m.load(name, m.span(c.node))
	if s == nil {
		return value{kind: kindObject, object: object{name: objectLibrary, about: "load"}}
	}
	sc := newScope(nil)
	sc.home = s
	return m.invoke(&function{body: s.root.kids, params: []param{}, scope: sc, home: s, node: s.root}, nil, c.node)
}

// pathOf is a path relative to the repository's root, of a value that is one.
func (m *machine) pathOf(v value) (string, bool) {
	t := v.text
	if t.isRoot() {
		rest, ok := t[1:].known()
		return path.Clean(strings.TrimPrefix(rest, "/")), ok
	}
	name, ok := t.known()
	if !ok || name == "" || m.at.lost || path.IsAbs(name) {
		return "", false
	}
	return path.Join(m.at.dir, name), true
}

// stage runs what stands in a stage, with what is known of the stage.
func (m *machine) stage(n *node, name string, run func() value) value {
	m.passed = append(m.passed, name)
	if m.finished() {
		return nullValue()
	}
	outer := m.at
	at := &m.at
	at.stages = append(outer.stages[:len(outer.stages):len(outer.stages)], name)
	hop := m.hop(n, "stage", "STAGE_NAME")
	l := layer{vars: []binding{{name: "STAGE_NAME", value: model.KnownText(name, hop)}}}
	at.layers = append(outer.layers[:len(outer.layers):len(outer.layers)], l)
	m.judge(n, name, outer)
	if at.loud && !outer.loud {
		at.perhaps = nil
	}
	mine := at.chosen && !outer.chosen
	v := run()
	m.at = outer
	if mine {
		m.took = true
	}
	return v
}

// judge tells whether a stage deploys to the environment that is resolved.
func (m *machine) judge(n *node, name string, outer place) {
	at := &m.at
	environment := m.plan.environmentOf(n, name)
	elsewhere := environment != "" && m.in.Environment != "" && !sameEnvironment(environment, m.in.Environment)
	if want := m.in.Job.Value; want != "" {
		switch {
		case outer.chosen:
			at.foreign = outer.foreign || elsewhere && m.plan.hasBeside(n, m.in.Environment)
			at.loud = !at.foreign
		case name == want && (m.in.Group.Value == "" || slices.Contains(outer.stages, m.in.Group.Value)):
			at.chosen, at.loud = true, true
		}
		return
	}
	at.foreign = outer.foreign || elsewhere
	switch {
	case at.foreign:
		at.loud = false
	case !m.plan.any(m.in.Environment):
		at.loud = true
	default:
		at.loud = outer.loud || m.plan.deploysAt(n, name)
	}
}

// branch is one of several parts that run side by side.
type branch struct {
	code  *node
	scope *scope
	run   func()
}

// parallelStep is parallel(name: { … }, …).
func (m *machine) parallelStep(c *invocation) {
	var branches []branch
	entries := c.named
	if c.open != nil {
		m.doubts(*c.open)
	}
	for _, e := range entries {
		if e.value.kind != kindClosure {
			continue
		}
		f := e.value.fn
		branches = append(branches, branch{code: &node{kind: nodeBlock, kids: f.body}, scope: f.scope, run: func() {
			m.inside(func(at *place) { at.stages = append(at.stages[:len(at.stages):len(at.stages)], e.key) }, func() value { return m.invoke(f, nil, c.node) })
		}})
	}
	m.parallel(branches)
}

// parallel runs branches side by side. What one sets and another reads depends on which of
// them is faster.
func (m *machine) parallel(branches []branch) {
	if len(branches) == 0 {
		return
	}
	why := model.UnknownBecause(model.WhyAmbiguous, "which of the branches that run side by side is faster", m.trail(branches[0].code))
	var all []writes
	for _, b := range branches {
		all = append(all, m.writes(b.code, b.scope))
	}
	start := m.st
	var ends []*state
	for i, b := range branches {
		m.st = m.copied(start)
		outer := m.at
		m.at.raced = map[string]bool{}
		for j, w := range all {
			if j != i {
				m.race(w, why)
			}
		}
		b.run()
		m.at = outer
		if m.halted {
			return
		}
		m.thrown = false
		ends = append(ends, m.st)
	}
	m.st = m.together(start, ends, all, why)
}

// race makes unknown what another branch sets.
func (m *machine) race(w writes, why model.Value) {
	for cell := range w.cells {
		m.st.cells[cell] = unknownValue(why)
	}
	for name := range w.vars {
		m.setVar(name, why)
		m.at.raced[strings.ToLower(name)] = true
	}
	if w.all && m.st.vars.Rest().State == model.Absent {
		m.st.vars = m.st.vars.WithRest(why)
	}
}

// together is the state behind branches: what one of them alone has set, and for the rest
// any of what they have.
func (m *machine) together(start *state, ends []*state, all []writes, why model.Value) *state {
	out := start.clone()
	for i, end := range ends {
		for cell, v := range end.cells {
			if _, old := start.cells[cell]; !old {
				out.cells[cell] = v
			}
		}
		for ref, h := range end.heap {
			if old := start.heap[ref]; old != h {
				if out.heap[ref] != old && old != nil {
					h = &heaped{open: &why}
				}
				out.heap[ref] = h
			}
		}
		for cell := range all[i].cells {
			v := end.cells[cell]
			if w := out.cells[cell]; !w.same(start.cells[cell]) {
				v = mixed(why, v, w)
			}
			out.cells[cell] = v
		}
		m.st = out
		for name := range all[i].vars {
			m.settle(start, end, name, why)
		}
		if rest := end.vars.Rest(); rest.State != model.Absent && out.vars.Rest().State == model.Absent {
			out.vars = out.vars.WithRest(rest)
		}
	}
	return out
}

// settle is a variable of the build behind branches of which one, or more, has set it.
func (m *machine) settle(start, end *state, name string, why model.Value) {
	before, now := start.vars.Get(name), end.vars.Get(name)
	if got := m.st.vars.Get(name); !got.Same(before) {
		now = model.Ambiguous(why.Needs, got, now)
	}
	m.st.vars = m.st.vars.With(name, now)
}

// awsLayer is what withAWS sets.
func (m *machine) awsLayer(c *invocation) layer {
	l := m.unknownVars(c.node, model.WhyCISecret, "the account of AWS that Jenkins knows", "withAWS", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
	id := c.get("credentials")
	if id.kind != kindNull && c.get("role").kind == kindNull && c.get("roleAccount").kind == kindNull {
		l = layer{vars: []binding{
			{name: "AWS_ACCESS_KEY_ID", value: m.shareOf(id, user, m.hop(c.node, "withAWS", "AWS_ACCESS_KEY_ID"), c.node), secret: true},
			{name: "AWS_SECRET_ACCESS_KEY", value: m.shareOf(id, password, m.hop(c.node, "withAWS", "AWS_SECRET_ACCESS_KEY"), c.node), secret: true},
		}}
	}
	if id.kind == kindNull && c.get("role").kind == kindNull && c.get("profile").kind == kindNull {
		l = layer{}
	}
	for argument, names := range map[string][]string{"region": {"AWS_REGION", "AWS_DEFAULT_REGION"}, "profile": {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}, "endpointUrl": {"AWS_ENDPOINT_URL"}} {
		if v := c.get(argument); v.kind != kindNull {
			for _, name := range names {
				l.vars = append(l.vars, binding{name: name, value: m.asText(v, c.node).bind(m.hop(c.node, "withAWS", name))})
			}
		}
	}
	return l
}

// maps gives the maps in a list.
func (m *machine) maps(v value, n *node) []*heaped {
	items, _ := m.elements(v, n)
	if v.kind == kindMap {
		items = []value{v}
	}
	var out []*heaped
	for _, item := range items {
		if item.kind == kindMap {
			out = append(out, m.content(item))
		}
	}
	return out
}

func textOf(h *heaped, key string) string {
	v, _ := h.find(key, false)
	s, _ := v.words()
	return s
}

// vaultLayer is what withVault sets: each entry of a secret under its own name.
func (m *machine) vaultLayer(c *invocation) layer {
	l := m.unknownVars(c.node, model.WhyRemoteState, "the configuration of Vault in Jenkins", "withVault", "VAULT_ADDR", "VAULT_TOKEN", "VAULT_NAMESPACE")
	list := c.get("vaultSecrets")
	if list.kind == kindNull {
		list = c.arg(0)
	}
	if h := m.content(list); list.kind != kindList || h.open != nil {
		why := m.undecidedBy(list, c.node)
		l.open = &why
	}
	for _, h := range m.maps(list, c.node) {
		values, _ := h.find("secretValues", false)
		for _, one := range m.maps(values, c.node) {
			key := textOf(one, "vaultKey")
			name := textOf(one, "envVar")
			if name == "" {
				name = key
			}
			if name == "" {
				continue
			}
			v := model.UnknownBecause(model.WhyRemoteState, "the entry of Vault", model.Trail{}.Append(m.hop(c.node, "withVault", name)))
			v.Ref = model.Ref{Store: "vault", Path: textOf(h, "path"), Property: key}
			l.vars = append(l.vars, binding{name: name, value: v, secret: true})
		}
	}
	return l
}

// azureLayer is what withAzureKeyvault sets.
func (m *machine) azureLayer(c *invocation) layer {
	var l layer
	list := c.get("azureKeyVaultSecrets")
	if list.kind == kindNull {
		list = c.arg(0)
	}
	vault, _ := c.get("keyVaultURLOverride").words()
	for _, h := range m.maps(list, c.node) {
		if name := textOf(h, "envVariable"); name != "" {
			v := model.UnknownBecause(model.WhyRemoteState, "the secret of the key vault", model.Trail{}.Append(m.hop(c.node, "withAzureKeyvault", name)))
			v.Ref = model.Ref{Store: "azure-keyvault", Name: vault, Path: textOf(h, "name")}
			l.vars = append(l.vars, binding{name: name, value: v, secret: true})
		}
	}
	return l
}

// configLayer is what configFileProvider sets: paths of files.
func (m *machine) configLayer(c *invocation) layer {
	var l layer
	for _, h := range m.maps(c.either("managedFiles", 0), c.node) {
		if name := textOf(h, "variable"); name != "" {
			l.vars = append(l.vars, m.unknownVars(c.node, model.WhyInput, "a file that Jenkins keeps", "configFile", name).vars...)
		}
	}
	return l
}

// wrapLayer is what wrap([$class: …]) sets.
func (m *machine) wrapLayer(c *invocation) layer {
	class, _ := c.get("$class").words()
	switch class[strings.LastIndexByte(class, '.')+1:] {
	case "AnsiColorBuildWrapper", "TimestamperBuildWrapper", "Xvfb", "MaskPasswordsBuildWrapper", "BuildTimeoutWrapper":
		return layer{}
	case "BuildUser":
		w := wrappers["withBuildUser"]
		return m.unknownVars(c.node, model.WhyInput, w.needs, "BuildUser", w.names...)
	}
	return anything(m.unsupported(c.node, "what the wrapper sets").why)
}

// deploys follows the steps that amount to a command line.
func (m *machine) deploys(c *invocation) bool {
	switch c.name {
	case "ansiblePlaybook":
		m.ansible(c)
	case "sshPublisher":
		m.sshPublisher(c)
	case "sshCommand":
		words := []model.Value{m.fixed(c, "ssh"), m.fixed(c, "host")}
		m.arguments(c, c.name, append(words, m.word(c, c.get("command")))...)
	case "kubernetesDeploy":
		m.kubernetesDeploy(c)
	case "build":
		m.buildStep(c)
	default:
		return false
	}
	return true
}

func (m *machine) word(c *invocation, v value) model.Value {
	return m.asText(v, c.node).bind(m.hop(c.node, c.name, ""))
}

func (m *machine) ansible(c *invocation) {
	words := []model.Value{m.fixed(c, "ansible-playbook"), m.word(c, c.get("playbook"))}
	for _, o := range []struct{ argument, flag string }{{"inventory", "-i"}, {"limit", "-l"}, {"tags", "-t"}, {"skippedTags", "--skip-tags"}} {
		if v := c.get(o.argument); v.kind != kindNull {
			words = append(words, m.fixed(c, o.flag), m.word(c, v))
		}
	}
	if v := c.get("extraVars"); v.kind == kindMap {
		for _, e := range m.content(v).entries {
			v := e.value
			if v.kind == kindMap { // [value: …, hidden: true]
				v, _ = m.content(v).find("value", false)
			}
			pair := append(text{note(e.key+"=", c.node)}, m.asText(v, c.node)...)
			words = append(words, m.fixed(c, "-e"), pair.bind(m.hop(c.node, "extraVars", e.key)))
		}
	}
	if extras, ok := c.get("extras").words(); ok {
		for _, word := range shellFields(extras) {
			words = append(words, m.fixed(c, word))
		}
	}
	m.arguments(c, c.name, words...)
}

// sshPublisher runs commands on other machines.
func (m *machine) sshPublisher(c *invocation) {
	for _, publisher := range m.maps(c.get("publishers"), c.node) {
		transfers, _ := publisher.find("transfers", false)
		for _, t := range m.maps(transfers, c.node) {
			if command, ok := t.find("execCommand", false); ok && command.kind != kindNull {
				host, _ := publisher.find("configName", false)
				m.arguments(c, c.name, m.fixed(c, "ssh"), m.word(c, host), m.word(c, command))
			}
		}
	}
}

// kubernetesDeploy applies manifests, in which it replaces $NAME by variables.
func (m *machine) kubernetesDeploy(c *invocation) {
	configs, ok := c.get("configs").words()
	if !ok {
		m.consume(c.node, c.name, m.env())
		return
	}
	apply := "kubectl apply -f -"
	if m.truth(c.get("enableConfigSubstitution")) == no && c.get("enableConfigSubstitution").kind == kindBool {
		m.command(text{note("cat "+strings.ReplaceAll(configs, ",", " ")+" | "+apply, c.node)}, c, c.name)
		return
	}
	var names []string
	for name := range m.env().All() {
		names = append(names, "$"+name)
	}
	m.command(text{note("cat "+strings.ReplaceAll(configs, ",", " ")+" | envsubst '"+strings.Join(names, " ")+"' | "+apply, c.node)}, c, c.name)
}

// buildStep starts another job: what it hands over are its parameters.
func (m *machine) buildStep(c *invocation) {
	var vars []binding
	for _, h := range m.maps(c.get("parameters"), c.node) {
		name := textOf(h, "name")
		v, _ := h.find("value", false)
		if name != "" {
			vars = append(vars, binding{name: name, value: m.asText(v, c.node).bind(m.hop(c.node, "parameter", name))})
		}
	}
	m.consume(c.node, "build", envOf(vars))
}

// maxRead bounds what is read of a file.
const maxRead = 1 << 20

// fileStep reads and writes files of the workspace.
func (m *machine) fileStep(c *invocation) value {
	switch c.name {
	case "pwd":
		return m.unsupported(c.node, needsWorkspace)
	case "writeFile":
		m.writeFile(c, c.either("text", 1))
		return nullValue()
	case "writeJSON", "writeYaml":
		m.writeFile(c, m.unsupported(c.node, "a file that is written as text"))
		return nullValue()
	case "fileExists":
		name, ok := m.pathOf(c.either("file", 0))
		if _, err := m.in.Files.Stat(name); ok && err == nil {
			return boolValue(true, c.node)
		}
		return unknownValue(model.UnknownBecause(model.WhyMissingFile, "whether the file is there in the run", m.trail(c.node)))
	}
	return m.readFile(c)
}

func (m *machine) readFile(c *invocation) value {
	content := c.get("text")
	if content.kind == kindNull {
		name := c.get("file")
		if name.kind == kindNull {
			name = c.get("path")
		}
		if name.kind == kindNull {
			name = c.arg(0)
		}
		content = m.contentOf(name, c)
	}
	switch c.name {
	case "readJSON", "readYaml", "readProperties":
		return m.structured(c, content)
	}
	return content
}

func (m *machine) contentOf(name value, c *invocation) value {
	if _, ok := m.pathOf(name); !ok {
		return m.unsupported(c.node, "the name of the file")
	}
	file, _ := m.pathOf(name)
	s := pipeline.Script{Shell: "sh", Label: m.label(c.name), At: m.span(c.node), Text: `cat "$1"`, Capture: true, Quiet: true}
	s.Args = []model.Value{m.fixed(c, path.Join(m.upFrom(), file))}
	after, ok := m.follow(s, c)
	if !ok {
		return m.unsupported(c.node, "the file")
	}
	return textValue(valueText(after.Output, c.node))
}

// upFrom leads from the directory of this place to the root of the checkout.
func (m *machine) upFrom() string {
	if m.at.dir == "." || m.at.dir == "" {
		return "."
	}
	return strings.Repeat("../", strings.Count(m.at.dir, "/")+1)
}

func (m *machine) writeFile(c *invocation, content value) {
	file, ok := m.pathOf(c.either("file", 0))
	if !ok {
		if m.at.loud {
			m.doubts(m.unsupported(c.node, "the name of the file that is written").why)
		}
		return
	}
	if encoding := c.get("encoding"); encoding.kind != kindNull {
		if s, _ := encoding.words(); !strings.EqualFold(s, "UTF-8") {
			content = m.unsupported(c.node, "a file in UTF-8")
		}
	}
	name := path.Join(m.upFrom(), file)
	s := pipeline.Script{Shell: "sh", Label: m.label(c.name), At: m.span(c.node), Text: `printf '%s' "$2" > "$1"`, Quiet: true}
	if dir := path.Dir(name); dir != "." {
		s.Text = `mkdir -p "$3"; ` + s.Text
	}
	words := m.asText(content, c.node).bind(m.hop(c.node, "writeFile", ""))
	s.Args = []model.Value{m.fixed(c, name), words, m.fixed(c, path.Dir(name))}
	m.follow(s, c)
}
