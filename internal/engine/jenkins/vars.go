package jenkins

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// layer is what one block sets for everything within it. A layer wins over those around
// it, and over what `env.X =` sets.
type layer struct {
	vars []binding
	open *model.Value // it may set anything else as well
}

// binding is one variable that a block sets.
type binding struct {
	name    string
	value   model.Value
	secret  bool
	prepend bool // NAME+X: in front of what NAME holds, with a colon between
}

// apply is what a variable holds within the block. Jenkins unsets what is set to nothing.
func (b binding) apply(old model.Value) model.Value {
	v := b.value
	if b.prepend && old.State != model.Absent {
		parts := []model.Value{v, model.KnownText(":", v.Trail.Last()), old}
		return over(join(parts, v.Trail.Last()), old)
	}
	if v.State == model.Known && v.Text.IsEmpty() {
		return model.Value{State: model.Absent}
	}
	return over(v, old)
}

// maxLosers bounds how many definitions are told that lost: a loop may set one variable
// any number of times.
const maxLosers = 32

// over is [model.Value.Over], of which only the strongest losers are kept.
func over(v, old model.Value) model.Value {
	if len(old.Losers) >= maxLosers {
		old.Losers = old.Losers[:maxLosers-1]
	}
	if old.State == model.Unknown && old.Trail.IsEmpty() { // one of several, of no place
		old = model.Value{State: model.Absent, Losers: old.Losers}
	}
	return v.Over(old)
}

// unopposed is a value of a name that nothing set before by that name: what may have set any name is
// no definition that lost.
func unopposed(v, rest model.Value) model.Value {
	v.Losers = slices.DeleteFunc(slices.Clone(v.Losers), func(d model.Definition) bool { return d.Value.Same(rest) })
	return v
}

// needsWorkspace is what it would take to know where Jenkins puts the checkout.
const needsWorkspace = "the directory that the agent puts the checkout into"

// variables is the environment as Jenkins keeps it: names have no case.
type variables struct {
	vars map[string]model.Value
	fold map[string]string
	rest model.Value
}

func newVariables(e model.Env) *variables {
	v := &variables{vars: make(map[string]model.Value, e.Len()+16), fold: make(map[string]string, e.Len()+16), rest: e.Rest()}
	for name, value := range e.All() {
		v.vars[name] = value
		v.fold[strings.ToLower(name)] = name
	}
	return v
}

func (v *variables) set(b binding) {
	folded := strings.ToLower(b.name)
	name, ok := v.fold[folded]
	if !ok {
		name = b.name
	}
	old, ok := v.vars[name]
	if !ok {
		old = v.rest
	}
	value := b.apply(old)
	if !ok {
		value = unopposed(value, old)
	}
	v.vars[name] = value
	v.fold[folded] = name
}

func (v *variables) env() model.Env {
	if v.rest.State == model.Absent {
		for name, value := range v.vars {
			if value.State == model.Absent {
				delete(v.vars, name)
			}
		}
		return model.NewEnv(v.vars)
	}
	return model.NewEnv(v.vars).WithRest(v.rest)
}

// env is the environment of a script that is started here.
func (m *machine) env() model.Env {
	v := newVariables(m.st.vars)
	for _, l := range m.at.layers {
		if l.open != nil && v.rest.State == model.Absent {
			v.rest = *l.open
		}
		for _, b := range l.vars {
			v.set(b)
		}
	}
	if box := m.at.box; box != nil {
		for _, b := range box.vars {
			if _, set := v.fold[strings.ToLower(b.name)]; !set {
				v.set(b)
			}
		}
		if v.rest.State == model.Absent {
			v.rest = box.rest
		}
	}
	return v.env()
}

// getVar is env.NAME as it is here, and whether it is a credential.
func (m *machine) getVar(name string) (v model.Value, isSecret bool) {
	v, isSecret = m.getBase(name), m.secrets[strings.ToLower(name)]
	for _, l := range m.at.layers {
		if l.open != nil && v.State == model.Absent {
			v = *l.open
		}
		for _, b := range l.vars {
			if strings.EqualFold(b.name, name) {
				v, isSecret = b.apply(v), b.secret
			}
		}
	}
	return v, isSecret
}

// getBase is what Jenkins, the parameters and `env.X =` make of a variable.
func (m *machine) getBase(name string) model.Value {
	if m.st.vars.Has(name) {
		return m.st.vars.Get(name)
	}
	m.steps += 5 // this is slow
	for _, other := range m.st.vars.Names() {
		if strings.EqualFold(other, name) {
			return m.st.vars.Get(other)
		}
	}
	return m.st.vars.Rest()
}

// isSet reports whether something here sets a variable by its name.
func (m *machine) isSet(name string) bool {
	for _, l := range m.at.layers {
		if slices.ContainsFunc(l.vars, func(b binding) bool { return strings.EqualFold(b.name, name) }) {
			return true
		}
	}
	return slices.ContainsFunc(m.st.vars.Names(), func(other string) bool { return strings.EqualFold(other, name) })
}

// setVar sets a variable of the build, as `env.X =` does.
func (m *machine) setVar(name string, v model.Value) {
	m.steps += 5 // all of them are copied
	for _, other := range m.st.vars.Names() {
		if strings.EqualFold(other, name) {
			name = other
		}
	}
	if m.at.raced[strings.ToLower(name)] {
		unsure := model.UnknownBecause(model.WhyAmbiguous, "which of the branches that run side by side is faster", v.Trail)
		unsure.Alternatives = []model.Value{v}
		v = unsure
	}
	old := m.st.vars.Get(name)
	v = over(v, old)
	if !m.st.vars.Has(name) {
		v = unopposed(v, old)
	}
	m.st.change(m.st.vars.With(name, v))
}

// putEnv is `env.NAME = value`.
func (m *machine) putEnv(name string, known bool, key, v value, n *node) {
	if !known {
		m.loseVars(m.undecidedBy(key, n))
		return
	}
	t := m.asText(v, n)
	if t.isSecret() {
		m.secrets[strings.ToLower(name)] = true
	}
	m.setVar(name, t.bind(m.hop(n, "env", name)))
}

// hop is a stop of a value at n, under a name.
func (m *machine) hop(n *node, what, name string) model.Hop {
	if strict.IsName(name) {
		what += " " + name
	}
	return model.Hop{At: m.span(n), Kind: model.KindJenkins, What: what}
}

// within runs what stands in a block that sets variables.
func (m *machine) within(l layer, run func() value) value {
	return m.inside(func(at *place) { at.layers = append(at.layers[:len(at.layers):len(at.layers)], l) }, run)
}

// inside runs what stands in a block that changes something of the place.
func (m *machine) inside(change func(*place), run func() value) value {
	outer := m.at
	change(&m.at)
	v := run()
	m.at = outer
	return v
}

// predefined are the names that Jenkins and its machines set by themselves: whether the
// variable is one of the whole run, so that every stage finds the same.
var predefined = map[string]bool{
	"BUILD_NUMBER": true, "BUILD_ID": true, "BUILD_DISPLAY_NAME": true, "BUILD_TAG": true, "BUILD_URL": true, "JOB_NAME": true,
	"JOB_BASE_NAME": true, "JOB_URL": true, "JENKINS_URL": true, "HUDSON_URL": true, "JENKINS_HOME": true, "HUDSON_HOME": true,
	"RUN_DISPLAY_URL": true, "JOB_DISPLAY_URL": true, "RUN_ARTIFACTS_DISPLAY_URL": true, "RUN_CHANGES_DISPLAY_URL": true, "RUN_TESTS_DISPLAY_URL": true,
	"EXECUTOR_NUMBER": false, "NODE_NAME": false, "NODE_LABELS": false, "WORKSPACE_TMP": false, "JENKINS_SERVER_COOKIE": false,
	"JENKINS_NODE_COOKIE": false, "HUDSON_COOKIE": false, "HUDSON_SERVER_COOKIE": false, "JAVA_HOME": false,
	"PATH": false, "HOME": false, "USER": false, "LOGNAME": false, "SHELL": false, "LANG": false, "HOSTNAME": false, "TERM": false, "TMPDIR": false, "MAIL": false,
}

// ofBranch are the names that a multibranch project sets.
var ofBranch = []string{
	"BRANCH_NAME", "BRANCH_IS_PRIMARY", "TAG_NAME", "TAG_TIMESTAMP", "TAG_UNIXTIME", "TAG_DATE", "CHANGE_ID", "CHANGE_URL", "CHANGE_TITLE", "CHANGE_AUTHOR",
	"CHANGE_AUTHOR_DISPLAY_NAME", "CHANGE_AUTHOR_EMAIL", "CHANGE_TARGET", "CHANGE_BRANCH", "CHANGE_FORK",
}

// ofCheckout are the names that the checkout of a declarative pipeline sets.
var ofCheckout = []string{
	"GIT_BRANCH", "GIT_LOCAL_BRANCH", "GIT_COMMIT", "GIT_URL", "GIT_PREVIOUS_COMMIT", "GIT_PREVIOUS_SUCCESSFUL_COMMIT", "GIT_AUTHOR_NAME",
	"GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "CHECKOUT_DIR",
}

// ofRun is a variable that only the run knows.
func ofRun(name, needs string) model.Value {
	hop := model.Hop{Kind: model.KindJenkins, What: name + " of Jenkins"}
	return model.UnknownBecause(model.WhyInput, needs, model.Trail{}.Append(hop))
}

// startVars are the variables that a build begins with.
func (m *machine) startVars() {
	vars := map[string]model.Value{"CI": model.KnownText("true", model.Hop{Kind: model.KindJenkins, What: "CI of Jenkins"})}
	for name, whole := range predefined {
		needs := "the run of the pipeline"
		if !whole {
			needs = "the machine that the pipeline runs on"
		}
		vars[name] = ofRun(name, needs)
		if v := m.in.Run.Env.Get(name); whole && m.in.Run.Inside && v.State == model.Known {
			vars[name] = v
		}
	}
	vars["WORKSPACE"] = ofRun("WORKSPACE", needsWorkspace)
	m.branchVars(vars)
	m.st.change(model.NewEnv(vars))
	for name, v := range m.in.Inputs {
		m.setVar(name, v)
	}
}

// branchVars says what is known of the branch or tag that is built.
func (m *machine) branchVars(vars map[string]model.Value) {
	given := m.in.Branch != "" || m.in.Tag != ""
	for _, name := range ofBranch {
		if v := m.in.Run.Env.Get(name); m.in.Run.Inside && v.State == model.Known {
			vars[name] = v
		} else if !given || name == "BRANCH_IS_PRIMARY" || m.in.Tag != "" && strings.HasPrefix(name, "TAG_") {
			vars[name] = ofRun(name, "the branch that is deployed: give it as `branch`")
		}
	}
	hop := model.Hop{At: m.in.At, Kind: model.KindInput, What: "the branch that is deployed"}
	switch {
	case m.in.Tag != "": // Jenkins builds a tag as a branch of its name
		vars["TAG_NAME"] = model.KnownText(m.in.Tag, hop)
		vars["BRANCH_NAME"] = model.KnownText(m.in.Tag, hop)
	case m.in.Branch != "":
		vars["BRANCH_NAME"] = model.KnownText(m.in.Branch, hop)
	}
}

// checkoutLayer is what the checkout of a declarative pipeline sets.
func (m *machine) checkoutLayer() layer {
	var l layer
	for _, name := range ofCheckout {
		v := ofRun(name, "the commit that is deployed")
		branch := m.getBase("BRANCH_NAME")
		switch known := m.in.Run.Env.Get(name); {
		case m.in.Run.Inside && known.State == model.Known:
			v = known
		case branch.State == model.Known && (name == "GIT_BRANCH" || name == "GIT_LOCAL_BRANCH"):
			remote := withText(branch, "origin/"+branch.Text.Reveal())
			v = model.Ambiguous("whether Jenkins names the remote with the branch", branch, remote)
			if name == "GIT_LOCAL_BRANCH" {
				v = model.Ambiguous("whether Jenkins checks out a local branch", branch, model.Value{State: model.Absent})
			}
		}
		l.vars = append(l.vars, binding{name: name, value: v})
	}
	return l
}

// anything is a layer of which nobody knows what it sets.
func anything(why model.Value) layer { return layer{open: &why} }

// unset are variables that a block sets to what nobody knows.
func (m *machine) unknownVars(n *node, why model.Reason, needs, what string, names ...string) layer {
	var l layer
	for _, name := range slices.Compact(slices.Clone(names)) {
		v := model.UnknownBecause(why, needs, model.Trail{}.Append(m.hop(n, what, name)))
		l.vars = append(l.vars, binding{name: name, value: v})
	}
	return l
}
