package jenkins

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// parameter is one parameter of a pipeline or of an input, as its definition says.
type parameter struct {
	name    string
	kind    string // the step that defines it: string, choice, …
	value   value
	choices []string
	at      *node
}

// parametersOf evaluates the definitions in a parameters {} block or list.
func (m *machine) parametersOf(calls []*node, sc *scope) []parameter {
	var out []parameter
	for _, n := range calls {
		if p, ok := m.parameterOf(n, sc); ok {
			out = append(out, p)
		}
	}
	return out
}

func (m *machine) parameterOf(n *node, sc *scope) (parameter, bool) {
	if n.kind != nodeCall {
		return parameter{}, false
	}
	kind := n.callee()
	c := m.invocation(n, kind, sc)
	m.unfold(c)
	if kind == "" || kind == "$class" {
		return parameter{}, false
	}
	name, ok := c.either("name", 0).words()
	if !ok || name == "" {
		return parameter{}, false
	}
	p := parameter{name: name, kind: kind, at: n}
	p.value, p.choices = m.defaultOf(c, kind)
	return p, true
}

// defaultOf is what a parameter is when nobody gives it.
func (m *machine) defaultOf(c *invocation, kind string) (value, []string) {
	given := c.get("defaultValue")
	switch kind {
	case "string", "text", "password", "credentials", "stringParam", "textParam", "nonStoredPassword":
		if kind == "nonStoredPassword" || kind == "password" && given.kind == kindNull {
			given = c.get("defaultValueAsSecret")
		}
		if given.kind == kindNull {
			given = c.arg(1)
		}
		if given.kind == kindNull {
			given = textValue(derived("", c.node))
		}
		return textValue(m.asText(given, c.node)), nil
	case "booleanParam":
		if given.kind == kindNull {
			given = boolValue(false, c.node)
		}
		if given.kind == kindText {
			s, ok := given.words()
			if ok {
				given = boolValue(strings.EqualFold(s, "true"), c.node, given.text)
			}
		}
		return given, nil
	case "choice", "choiceParam":
		return m.choices(c)
	}
	return unknownValue(model.UnknownBecause(model.WhyInput, "the parameter: give it under `inputs`", m.trail(c.node))), nil
}

// choices lists what a parameter may be; the first is its default.
func (m *machine) choices(c *invocation) (value, []string) {
	v := c.either("choices", 1)
	var items []value
	switch v.kind {
	case kindList:
		if h := m.content(v); h.open == nil {
			items = h.items
		}
	case kindText:
		s, ok := v.words()
		for _, line := range strings.Split(s, "\n") {
			if line = strings.TrimSpace(line); ok && line != "" {
				items = append(items, textValue(derived(line, c.node, v.text)))
			}
		}
	}
	if len(items) == 0 {
		return m.unsupported(c.node, "the choices of the parameter"), nil
	}
	var words []string
	for _, item := range items {
		s, _ := m.asText(item, c.node).known()
		words = append(words, s)
	}
	return textValue(m.asText(items[0], c.node)), words
}

// decideOn is what a parameter is in this run: what was given, the choice that is named as
// the environment, or what keyfit's own run was started with; else its default, where its
// definition does not list others.
func (m *machine) decideOn(p parameter) (v value, given bool) {
	if m.search != nil {
		if v, ok := m.search.parameter(p); ok {
			return m.typed(v, p), true
		}
	}
	for name, v := range m.in.Inputs {
		if strings.EqualFold(name, p.name) {
			return m.typed(v, p), true
		}
	}
	if i := m.ofEnvironment(p); i >= 0 {
		hop := model.Hop{At: m.in.At, Kind: model.KindInput, What: "the environment that is resolved"}
		return textValue(valueText(model.KnownText(p.choices[i], hop), p.at)), true
	}
	if v, ok := m.ofThisRun(p); ok {
		return m.typed(v, p), true
	}
	if v, ok := m.oneOf(p); ok {
		return v, false
	}
	return p.value, false
}

// ofThisRun is what the run that keyfit is part of was started with, when it is one of this pipeline:
// Jenkins sets its parameters as variables, too.
func (m *machine) ofThisRun(p parameter) (model.Value, bool) {
	v := m.in.Run.Env.Get(p.name)
	if m.search != nil || !m.in.Run.Inside || v.State != model.Known || p.isSecret() {
		return model.Value{}, false
	}
	if len(p.choices) > 0 && !slices.Contains(p.choices, v.Text.Reveal()) {
		return model.Value{}, false
	}
	return v, m.isOwn()
}

func (p parameter) isSecret() bool { return p.kind == "password" || p.kind == "credentials" }

// oneOf is a parameter of which nobody said which of several values it has in this run.
func (m *machine) oneOf(p parameter) (value, bool) {
	choices := p.choices
	if p.value.kind == kindBool {
		choices = []string{"true", "false"}
	}
	if len(choices) < 2 {
		return value{}, false
	}
	hop := m.hop(p.at, "parameter", p.name)
	hop.Literal = true
	var candidates []model.Value
	for _, c := range choices {
		candidates = append(candidates, model.KnownText(c, hop))
	}
	v := model.Ambiguous("what the run is started with: give "+strict.Name(p.name)+" under `parameters`", candidates...)
	if v.State == model.Known {
		return value{}, false
	}
	v.Trail = model.Trail{}.Append(m.hop(p.at, "parameter", p.name))
	if p.value.kind == kindBool {
		return unknownValue(v), true
	}
	return textValue(valueText(v, p.at)), true
}

// ofEnvironment gives the choice that is named as the environment; negative for none.
func (m *machine) ofEnvironment(p parameter) int {
	if !isEnvironmentName(p.name) || m.in.Environment == "" {
		return -1
	}
	if i := slices.Index(p.choices, m.in.Environment); i >= 0 {
		return i
	}
	return slices.IndexFunc(p.choices, func(c string) bool { return sameEnvironment(c, m.in.Environment) })
}

// typed is a given value as a parameter of its kind.
func (m *machine) typed(v model.Value, p parameter) value {
	out := fromModel(v, p.at, false)
	if p.kind == "booleanParam" && out.kind == kindText {
		s, _ := out.words()
		return boolValue(strings.EqualFold(s, "true"), p.at, out.text)
	}
	return out
}

// setParameters makes the parameters of the pipeline known to Groovy and to scripts.
func (m *machine) setParameters(params []parameter) {
	m.declares = true
	for _, p := range params {
		v, _ := m.decideOn(p)
		hop := m.hop(p.at, "parameter", p.name)
		t := m.asText(v, p.at).marked(p.kind == "password")
		whole := t.bind(hop)
		if p.kind == "password" {
			m.secrets[strings.ToLower(p.name)] = true
		}
		switch v.kind {
		case kindText:
			m.params[p.name] = textValue(valueText(whole, p.at).marked(p.kind == "password"))
		case kindUnknown:
			m.params[p.name] = value{kind: kindUnknown, why: whole, secret: p.kind == "password"}
		default:
			v.text = valueText(whole, p.at)
			m.params[p.name] = v
		}
		m.setVar(p.name, expanded(whole))
	}
}

// expanded is a parameter as a variable: Jenkins replaces what is written $NAME in it.
func expanded(v model.Value) model.Value {
	s := v.Text.Reveal()
	at := strings.IndexByte(s, '$')
	if v.State != model.Known || at < 0 || at == len(s)-1 {
		return v
	}
	return model.UnknownBecause(model.WhyUnsupported, "a parameter without a dollar sign, which Jenkins may replace", v.Trail)
}

// isEnvironmentName reports whether a parameter or variable of this name says where the
// deploy goes.
func isEnvironmentName(name string) bool {
	folded := strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(name))
	return slices.Contains([]string{
		"env", "environment", "deployenv", "deployenvironment", "targetenv", "targetenvironment", "target", "deploytarget", "deployto", "stage",
		"envname", "environmentname", "appenv", "tier", "destination", "deploymentenvironment", "deploymentenv",
	}, folded)
}

// inputLayer is what an input {} block sets.
func (m *machine) inputLayer(n *node, sc *scope) layer {
	var l layer
	for _, k := range n.body().kids {
		switch k.callee() {
		case "parameters":
			if k.body() == nil {
				continue
			}
			for _, p := range m.parametersOf(k.body().kids, sc) {
				v := m.answer(p)
				l.vars = append(l.vars, binding{name: p.name, value: m.asText(v, p.at).bind(m.hop(p.at, "input", p.name))})
			}
		case "submitterParameter":
			if name, ok := m.eval(k.position(0), sc).words(); ok {
				l.vars = append(l.vars, m.unknownVars(k, model.WhyInput, "who answers the input", "input", name).vars...)
			}
		}
	}
	return l
}

// answer is what a person answers to an input: nobody knows, but for the environment.
func (m *machine) answer(p parameter) value {
	if v, given := m.decideOn(p); given {
		return v
	}
	return unknownValue(model.UnknownBecause(model.WhyInput, "the answer to the input: give it under `inputs`", m.trail(p.at)))
}
