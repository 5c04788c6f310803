package circleci

import (
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// scope is what expressions see at one place.
type scope struct {
	lib    *library
	params map[string]*param
	matrix map[string]tree.Text
}

// param is a parameter with its argument.
type param struct {
	kind  string // string, boolean, integer, enum, executor, steps, env_var_name
	text  tree.Text
	node  *tree.Node // of an executor, or of steps: what was written,
	scope *scope     // and where
}

// bind gives the declared parameters their arguments, or their defaults.
func (r *reader) bind(declared, args *tree.Node, caller *scope) map[string]*param {
	out := map[string]*param{}
	if !declared.IsMap() {
		return out
	}
	for _, p := range declared.Pairs {
		name, kind := p.Key.Text(), p.Value.Get("type").Text()
		given, ok := args.Pair(name)
		from := caller
		if !ok {
			given, ok = p.Value.Pair("default")
			from = r.top()
		}
		one := &param{kind: kind, scope: from}
		switch cell, inCell := caller.matrix[name]; {
		case inCell:
			one.text = cell
		case !ok:
			at := firstValid(args.Span(), p.Key.Span())
			r.fail(at, "give it, or write a `default:`", "the parameter %s has no value", strict.Name(name))
			one.text = tree.Of(model.UnknownBecause(model.WhyInput, "the parameter "+name, model.Trail{}.Append(r.hop(at, "parameter "+strict.Name(name)))), at)
		case given.Value.IsScalar():
			one.text, one.node = r.argument(given.Value, from, kind, "parameter "+strict.Name(name)), given.Value
			r.inherit(one)
		default:
			one.node = given.Value
		}
		out[name] = one
	}
	return out
}

// inherit follows an argument that is itself nothing but a parameter of steps or executors.
func (r *reader) inherit(p *param) {
	inner, ok := onlyReference(p.node.Text())
	if !ok || p.kind != "steps" && p.kind != "executor" {
		return
	}
	if name, ok := strings.CutPrefix(inner, "parameters."); ok && p.scope.params[name] != nil {
		outer := p.scope.params[name]
		p.node, p.scope, p.text = outer.node, outer.scope, outer.text
	}
}

func (r *reader) argument(n *tree.Node, sc *scope, kind, what string) tree.Text {
	t := r.expand(n, sc, what)
	if kind == "boolean" && t.Known() {
		switch strings.ToLower(t.String()) {
		case "yes", "on", "true":
			return t.Map(func(string) string { return "true" })
		case "no", "off", "false":
			return t.Map(func(string) string { return "false" })
		}
	}
	return t
}

// expand gives the text of a scalar with its expressions replaced.
func (r *reader) expand(n *tree.Node, sc *scope, what string) tree.Text {
	if !r.step(n.Span()) {
		return tree.Of(model.UnknownBecause(model.WhyLimit, "a smaller configuration", model.Trail{}), n.Span())
	}
	t := tree.Literal(n, model.KindCircleCI, what)
	if !r.v21 || !strings.Contains(t.String(), "<<") {
		return t
	}
	s, at := t.String(), 0
	var out []tree.Text
	for at < len(s) {
		i := strings.Index(s[at:], "<<")
		if i < 0 {
			break
		}
		i += at
		if i > at && s[i-1] == '\\' { // how the file writes two angle brackets
			out = append(out, t.Slice(at, i-1), t.Slice(i, i+2))
			at = i + 2
			continue
		}
		end := strings.Index(s[i:], ">>")
		value, ok := tree.Text{}, false
		if end >= 0 {
			value, ok = r.reference(strings.TrimSpace(s[i+2:i+end]), sc, t.At(i, i+end+2))
		}
		if !ok {
			r.fail(t.At(i, i+2), `write \<< for the shell's own, or one of parameters, pipeline and matrix`, "an expression that CircleCI does not know begins with <<")
			out = append(out, t.Slice(at, i+2))
			at = i + 2
			continue
		}
		out = append(out, t.Slice(at, i), value)
		at = i + end + 2
	}
	return tree.Join(append(out, t.Slice(at, len(s)))...)
}

var reference = lazy.Regexp(`^<<\s*([A-Za-z][\w.-]*)\s*>>$`)

// onlyReference gives the name when a text is one reference and nothing else.
func onlyReference(text string) (string, bool) {
	m := reference().FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return "", false
	}
	return m[1], true
}

// reference is what an expression between << and >> stands for.
func (r *reader) reference(expression string, sc *scope, at pos.Span) (tree.Text, bool) {
	if name, ok := strings.CutPrefix(expression, "parameters."); ok && sc.params[name] != nil {
		return sc.params[name].text, true
	}
	if name, ok := strings.CutPrefix(expression, "matrix."); ok {
		t, found := sc.matrix[name]
		return t, found
	}
	v, ok := r.evaluate(expression, sc, at)
	if !ok {
		return tree.Text{}, false
	}
	return v.string(at), true
}

// pipelineValue is one of the values that CircleCI has for a whole pipeline
// (reference/variables, "Pipeline values").
func (r *reader) pipelineValue(name string, at pos.Span) value {
	known := func(text, what string) value {
		if text == "" {
			return value{kind: null}
		}
		return value{kind: text_, text: tree.Of(model.KnownText(text, model.Hop{At: r.in.At, Kind: model.KindCircleCI, What: what}), at)}
	}
	decided := r.in.Branch != "" || r.in.Tag != ""
	switch {
	case name == "git.branch" && decided:
		return known(r.in.Branch, "the branch that is deployed")
	case name == "git.tag" && decided:
		return known(r.in.Tag, "the tag that is deployed")
	case name == "event.name" && r.in.Event != "":
		return known(r.in.Event, "the event that starts the pipeline")
	}
	if parameter, ok := strings.CutPrefix(name, "parameters."); ok {
		return r.pipelineParameter(parameter, at)
	}
	if variable, ok := builtin()["pipeline."+name]; ok {
		if v := r.ofRun(variable); v.State == model.Known {
			return value{kind: text_, text: tree.Of(v, at)}
		}
	}
	return unknownValue(r.unknownOfRun("the value "+strict.Name("pipeline."+name), at), at)
}

func (r *reader) pipelineParameter(name string, at pos.Span) value {
	declared, ok := r.root.Get("parameters").Pair(name)
	if !ok {
		r.fail(at, "declare it under `parameters:`", "there is no pipeline parameter %s", strict.Name(name))
		return unknownValue(r.unknownOfRun("the pipeline parameter "+strict.Name(name), at), at)
	}
	kind := declared.Value.Get("type").Text()
	hop := r.hop(declared.Key.Span(), "pipeline parameter "+strict.Name(name))
	if v, ok := r.in.Inputs[name]; ok {
		return typed(tree.Of(v.Via(hop), at), kind)
	}
	if v, ok := r.offered(name, declared); ok {
		return typed(tree.Of(v.Via(hop), at), kind)
	}
	fallback, ok := declared.Value.Pair("default")
	if !ok || !fallback.Value.IsScalar() {
		return unknownValue(model.UnknownBecause(model.WhyInput, "the pipeline parameter "+strict.Name(name), model.Trail{}.Append(hop)), at)
	}
	return typed(r.argument(fallback.Value, &scope{}, kind, hop.What), kind)
}

// offered is a parameter of the pipeline of which whoever starts it picks one of several values, and
// nobody said which.
func (r *reader) offered(name string, declared tree.Pair) (model.Value, bool) {
	if r.host == nil {
		return model.Value{}, false
	}
	hop := r.hop(declared.Key.Span(), "pipeline parameter "+strict.Name(name))
	hop.Literal = true
	var candidates []model.Value
	switch declared.Value.Get("type").Text() {
	case "enum":
		for _, one := range declared.Value.Get("enum").Each() {
			if len(candidates) < pipeline.MaxChoices {
				candidates = append(candidates, model.KnownText(one.Text(), hop))
			}
		}
	case "boolean":
		candidates = []model.Value{model.KnownText("true", hop), model.KnownText("false", hop)}
	}
	if len(candidates) < 2 {
		return model.Value{}, false
	}
	return pipeline.Picked(name, r.in.Environment, "what the pipeline is started with: give "+strict.Name(name)+" under `parameters`", candidates), true
}

func (r *reader) unknownOfRun(what string, at pos.Span) model.Value {
	return model.UnknownBecause(model.WhyInput, what+", which the run of the pipeline knows", model.Trail{}.Append(r.hop(at, what)))
}
