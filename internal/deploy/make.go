package deploy

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

func makeAdapter() Adapter { return Adapter{Names: []string{"make", "gmake"}, Read: readMake} }

// readMake reads `make TARGET… NAME=value…` with a makefile of the plain kind.
func readMake(call Call) (Delivery, bool) {
	r := wrapping(call, "make")
	l := r.line(grammar{
		values: []string{"-C", "--directory", "-f", "--file", "--makefile", "-j", "-l", "-o", "-W", "-I"},
		bools:  []string{"-s", "--silent", "--quiet", "-k", "--keep-going", "-B", "--always-make", "--no-print-directory", "-e", "--environment-overrides", "-n", "--dry-run", "-w", "-r", "-R"},
		short:  true,
	}, r.words())
	r.strict(l)
	if l.has("-n", "--dry-run") {
		return Delivery{}, false
	}
	m := &makefile{reading: r, vars: map[string]*makeVar{}, rules: map[string]*rule{}, done: map[string]bool{}, dir: call.Dir}
	if l.has("-e", "--environment-overrides", "-I") || call.Open > 0 {
		r.unsupported("-e, -I or words that are not known")
	}
	if !m.load(l) {
		return Delivery{}, false
	}
	if r.open == nil {
		m.arguments(l)
	}
	if r.open == nil && m.given == "" {
		m.given = m.first
	}
	for target := range strings.FieldsSeq(m.given) {
		m.target(target, 0)
	}
	if r.open != nil {
		r.d.Inner = nil
		return r.result()
	}
	return r.result()
}

// arguments takes NAME=value, which wins over the makefile, and the targets.
func (m *makefile) arguments(l line) {
	for _, w := range l.rest {
		name, value, ok := w.cut("=")
		if text, known := w.known(); !ok && known {
			m.given += text + " "
			continue
		}
		if op := strings.TrimRight(name, ":?+!"); !ok || op != name || !isName(name) {
			m.unsupported("an argument that is not known or no NAME=value")
			return
		}
		v := m.via(value.value(), "make "+name)
		if v.State == model.Known && strings.Contains(v.Text.Reveal(), "$") {
			m.unsupported("a $ within a variable given to it")
			return
		}
		m.vars[name] = &makeVar{value: v, command: true, exported: true}
	}
	m.secondPass()
}

// target runs what a target needs, and then its own recipe.
func (m *makefile) target(name string, depth int) {
	if m.done[name] || m.open != nil {
		return
	}
	if depth > maxNesting {
		m.unsupported("targets that are nested too deeply")
		return
	}
	m.done[name] = true
	t := m.rules[name]
	if t == nil {
		if _, err := m.call.Files.Stat(path.Join(m.dir, name)); err != nil {
			m.unsupported("a target that has no rule")
		}
		return
	}
	for _, p := range t.needs {
		m.target(p, depth+1)
	}
	if len(t.recipe) == 0 {
		return
	}
	env := m.env()
	for _, s := range t.recipe {
		m.recipeLine(name, t, s, env)
	}
}

func (m *makefile) recipeLine(target string, t *rule, s stretch, env model.Env) {
	text := strings.ReplaceAll(strings.TrimLeft(s.text, " \t@-+"), "\\\n\t", "\\\n")
	if strings.TrimSpace(text) == "" {
		return
	}
	w, ok := m.expand(text, recipeVars{target: target, needs: t.needs}, 0)
	if !ok {
		m.unsupported("a recipe beyond plain variables")
		return
	}
	line, known := w.known()
	if !known {
		m.doubt(*w.unknown(), "a recipe of the makefile holds a text that is not known, expected one that is known", "export the variable and write $$NAME in the recipe")
		return
	}
	m.d.Inner = append(m.d.Inner, Inner{Line: line, Parts: w.pieces(), Sh: true, Dir: m.dir, Env: env, Stdin: m.call.Stdin, At: s.at})
}

// env is what a recipe finds: the environment, with the variables of the makefile that
// are exported, or that were in the environment before.
func (m *makefile) env() model.Env {
	env, vars := m.call.Env, map[string]model.Value{}
	for name, v := range m.vars {
		before := env.Get(name)
		switch {
		case v.hidden:
			env = env.Without(name)
		case !v.defined && !v.command, !v.exported && !m.exportAll && before.State == model.Absent:
		case !v.exported && !m.exportAll && !env.Has(name):
			vars[name] = unknownLike(before)
		default:
			vars[name] = m.exportedValue(name, v).Over(before)
		}
	}
	own := m.remote(model.WhyUnsupported, "what make sets")
	names := []string{"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKE_TERMOUT", "MAKE_TERMERR", "MAKEOVERRIDES"}
	if m.exportAll {
		names = append(names, "CURDIR", "GNUMAKEFLAGS")
	}
	return laid(env, names, own).WithAll(vars)
}

func (m *makefile) exportedValue(name string, v *makeVar) model.Value {
	if v.command {
		return v.value
	}
	hop := model.Hop{At: v.at, Kind: model.KindFile, What: "make " + name}
	w, ok := m.variableText(name, recipeVars{}, 0)
	if !ok {
		return model.UnknownBecause(model.WhyUnsupported, "the variable "+name+" of the makefile", model.Trail{}.Append(hop))
	}
	value := w.value()
	hop.Literal = value.State == model.Known && value.Trail.IsEmpty()
	return value.Via(hop)
}
