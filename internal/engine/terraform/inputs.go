package terraform

import (
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
)

// given is one value that a variable of the root module is given from outside.
type given struct {
	val cty.Value
	at  pos.Span
}

// inputs collects what every variable of the root module is given, the strongest last:
// TF_VAR_…, terraform.tfvars, terraform.tfvars.json, *.auto.tfvars and *.auto.tfvars.json
// by their names, then -var and -var-file in their order.
func (e *evaluator) inputs(c *config) map[string][]given {
	in := &inputs{e: e, c: c, all: map[string][]given{}}
	in.inputs()
	in.environment()
	for _, name := range in.automatic() {
		in.file(name)
	}
	for _, arg := range e.in.Args {
		switch arg.Flag {
		case "var", "expression":
			in.argument(arg.Text, arg.Flag == "expression")
		case "var-file":
			in.argumentFile(arg.Text)
		}
	}
	return in.all
}

type inputs struct {
	e   *evaluator
	c   *config
	all map[string][]given
}

func (in *inputs) add(name string, v cty.Value, at pos.Span) {
	in.all[name] = append(in.all[name], given{v, at})
}

// anything is for what may give any variable any value.
func (in *inputs) anything(v model.Value, prefix string) {
	for _, name := range sortedKeys(in.c.variables) {
		if strings.HasPrefix(name, prefix) {
			in.add(name, in.e.unknownFrom(v), v.Trail.At())
		}
	}
}

func (in *inputs) environment() {
	for _, name := range sortedKeys(in.c.variables) {
		variable := in.c.variables[name]
		v := in.e.in.Env.Get("TF_VAR_" + name)
		if v.State != model.Absent {
			in.add(name, in.e.outside(variable, v, pos.Span{}), v.Trail.At())
		}
	}
}

// automatic lists the files that are read without being asked for.
func (in *inputs) automatic() []string {
	places := map[string]string{} // by name: one beside terragrunt.hcl wins
	for _, dir := range []string{in.c.dir, in.e.beside} {
		infos, err := in.e.in.Files.List(dir)
		if dir == "" || err != nil {
			continue
		}
		for _, info := range infos {
			if !info.Dir {
				places[info.Name] = path.Join(dir, info.Name)
			}
		}
	}
	var first, auto []string
	for _, name := range sortedKeys(places) {
		switch {
		case name == "terraform.tfvars" || name == "terraform.tfvars.json":
			first = append(first, places[name])
		case strings.HasSuffix(name, ".auto.tfvars") || strings.HasSuffix(name, ".auto.tfvars.json"):
			auto = append(auto, places[name])
		}
	}
	return append(first, auto...)
}

// file reads one file of variables.
func (in *inputs) file(name string) {
	text, written := in.written(name)
	data, err := []byte(text.Secret().Reveal()), error(nil)
	if !written {
		data, err = in.e.read(name)
	}
	if err != nil {
		in.anything(model.UnknownBecause(model.WhyMissingFile, "the file "+strict.Path(name), model.Trail{}), "")
		return
	}
	body, ok := in.e.parseValues(name, data)
	if body == nil {
		in.anything(model.UnknownBecause(model.WhyUnsupported, "a file "+strict.Path(name)+" that can be read", model.Trail{}), "")
		return
	}
	attrs, diags := body.JustAttributes()
	in.e.diagnose(diags)
	if !ok {
		in.anything(model.UnknownBecause(model.WhyUnsupported, "a file "+strict.Path(name)+" that can be read", model.Trail{}), "")
	}
	for _, attr := range sortedKeys(attrs) {
		a := attrs[attr]
		at := in.e.span(a.NameRange)
		if in.c.variables[attr] == nil {
			in.undeclared(attr, at, false)
			continue
		}
		in.add(attr, in.retraced(a, text), in.e.span(a.Range))
	}
	in.stray(text, attrs)
}

// written is a file of variables that the deploy has written itself.
func (in *inputs) written(name string) (origin.Text, bool) {
	if in.e.in.Written == nil {
		return origin.Text{}, false
	}
	text, ok := in.e.in.Written(name)
	if ok {
		in.e.indexes[name] = pos.NewIndex([]byte(text.Secret().Reveal()))
	}
	return text, ok
}

// retraced reads a line of a file, and puts before its journey the way that its text took
// into the file. It is not known when any of that text is not.
func (in *inputs) retraced(a *hcl.Attribute, text origin.Text) cty.Value {
	e := in.e
	var before []model.Trail
	for _, s := range text.Sources(a.Expr.Range().Start.Byte, a.Expr.Range().End.Byte) {
		if s.State != model.Known {
			return e.unknownFrom(s.Via(model.Hop{At: e.span(a.Expr.Range()), Kind: model.KindTfvars, What: a.Name}))
		}
		before = append(before, s.Trail)
	}
	v := e.constant(a.Expr, a.Name)
	if len(before) == 0 {
		return v
	}
	return remark(v, func(set cty.ValueMarks, _ bool) cty.ValueMarks {
		out := cty.ValueMarks{}
		for k := range set {
			if m, ok := k.(*mark); ok {
				k = m.after(model.Join(before...))
			}
			out[k] = struct{}{}
		}
		return out
	})
}

// after is the mark with a longer way before it. The text then stands where that begins.
func (m *mark) after(before model.Trail) *mark {
	moved := *m
	for _, h := range m.value.Trail.Hops() {
		h.Literal = false
		before = before.Append(h)
	}
	moved.value.Trail = before
	return &moved
}

// stray looks for texts that are not known outside of the values of a file: they may name
// anything.
func (in *inputs) stray(text origin.Text, attrs hcl.Attributes) {
	for _, gap := range text.Gaps() {
		within := false
		for _, a := range attrs {
			within = within || gap.Start >= a.Expr.Range().Start.Byte && gap.End <= a.Expr.Range().End.Byte
		}
		if !within {
			if v, ok := text.Unknown(gap.Start, gap.End); ok {
				in.anything(v, "")
			}
		}
	}
}

func (in *inputs) undeclared(name string, at pos.Span, fatal bool) {
	if in.c.broken {
		return
	}
	shown := strict.Name(name)
	fix := "declare variable " + shown + ", or correct the name"
	if fatal {
		in.e.problem(at, "-var gives a value to "+shown+", which is not declared; expected a variable of the root module", fix)
		return
	}
	in.e.problem(at, shown+" is given a value but is not declared, so that nothing receives it", fix)
}

// parseValues reads a file of variables in either syntax.
func (e *evaluator) parseValues(name string, data []byte) (hcl.Body, bool) {
	return e.parseText(name, data, func(native *hclsyntax.Body) {
		r := &rewriter{e: e, file: name, index: e.index(name), kind: model.KindTfvars}
		for attr, a := range native.Attributes {
			a.Expr = r.expr(a.Expr, attr, true)
		}
	})
}

// constant evaluates a line of a file of variables, which may call and name nothing.
func (e *evaluator) constant(expr hcl.Expression, name string) cty.Value {
	v, diags := e.guarded(expr, nil)
	at := e.span(expr.Range())
	if diags.HasErrors() {
		e.diagnose(diags)
		return e.unknown(model.WhyUnsupported, "a plain value of \""+name+"\"", at)
	}
	return e.written(v, model.Hop{At: at, Kind: model.KindTfvars, What: name, Literal: true})
}

// written marks every leaf that has no mark yet as standing at the hop.
func (e *evaluator) written(v cty.Value, hop model.Hop) cty.Value {
	return remark(v, func(set cty.ValueMarks, leaf bool) cty.ValueMarks {
		if !leaf || len(set) > 0 {
			return set
		}
		return cty.NewValueMarks(e.newMark(model.Value{State: model.Known, Trail: model.Trail{}.Append(hop)}))
	})
}

// argument reads the text of one -var.
func (in *inputs) argument(v model.Value, expression bool) {
	pieces := v.Parts
	if v.State == model.Known {
		pieces = []model.Value{{State: model.Known, Text: v.Text, Trail: v.Trail}}
	}
	name, rest, ok := cutName(pieces)
	if !ok {
		if v.State == model.Known {
			in.e.problem(v.Trail.At(), "-var has no \"=\", expected name=value", "write -var 'name=value'")
			return
		}
		in.anything(v, name)
		return
	}
	variable := in.c.variables[name]
	if variable == nil {
		in.undeclared(name, v.Trail.At(), true)
		return
	}
	value := joined(rest)
	value.Trail = v.Trail
	if value.State == model.Unknown && len(rest) == 1 && !rest[0].Trail.IsEmpty() {
		value.Trail = rest[0].Trail
	}
	value.Losers, value.DecidedBy = v.Losers, v.DecidedBy
	if expression {
		typed := *variable
		typed.literal, variable = false, &typed
	}
	in.add(name, in.e.outside(variable, value, in.e.in.At), v.Trail.At())
}

// cutName takes the name and "=" from the front of the pieces. When the name is not known
// wholly, name is how it begins.
func cutName(pieces []model.Value) (name string, rest []model.Value, ok bool) {
	for i, p := range pieces {
		if p.State != model.Known {
			return name, nil, false
		}
		before, after, found := strings.Cut(p.Text.Reveal(), "=")
		name += before
		if found {
			p.Text = secret.New(after)
			p.Parts = nil
			rest = pieces[i+1:]
			if after != "" || len(rest) == 0 {
				rest = append([]model.Value{p}, rest...)
			}
			return name, rest, true
		}
	}
	return name, nil, false
}

// joined is a text from its pieces.
func joined(pieces []model.Value) model.Value {
	if len(pieces) == 1 {
		return pieces[0]
	}
	out := model.Value{State: model.Known, Parts: pieces}
	text := ""
	for _, p := range pieces {
		text += p.Text.Reveal()
		if p.State != model.Known && out.State == model.Known {
			out.State, out.Why, out.Needs, out.Alternatives, out.Ref = model.Unknown, p.Why, p.Needs, nil, p.Ref
		}
	}
	if out.State == model.Known {
		out.Text = secret.New(text)
	}
	return out
}

// valuesFile is the place of a file of -var-file.
func (e *evaluator) valuesFile(name string) string {
	if file, ok := strings.CutPrefix(name, anchored); ok {
		return file
	}
	if path.IsAbs(name) {
		return name
	}
	if e.beside != "" { // what stands there is copied over the module
		if beside := path.Join(e.beside, name); e.exists(beside) {
			return beside
		}
	}
	return path.Join(e.root, name)
}

func (e *evaluator) exists(name string) bool {
	_, err := e.in.Files.Stat(name)
	return err == nil
}

func known(text string) model.Value {
	return model.Value{State: model.Known, Text: secret.New(text)}
}

func (in *inputs) argumentFile(v model.Value) {
	if v.State != model.Known {
		in.anything(v, "")
		return
	}
	name := v.Text.Reveal()
	in.file(in.e.valuesFile(name))
}

// outside takes a text from the command line or the environment: as it is for a variable
// of a primitive type, as an expression for any other.
func (e *evaluator) outside(variable *variable, v model.Value, at pos.Span) cty.Value {
	if v.State != model.Known {
		return e.unknownFrom(v)
	}
	m := e.newMark(v)
	if variable.literal {
		return cty.StringVal(v.Text.Reveal()).Mark(m)
	}
	src := []byte(v.Text.Reveal())
	if len(src) > maxText || deepTokens(src, "") {
		e.problem(v.Trail.At(), "the value of \""+variable.name+"\" is too large or nests too deep", "")
		return e.unknown(model.WhyLimit, "a smaller value of \""+variable.name+"\"", at)
	}
	expr, diags := hclsyntax.ParseExpression(src, "", hcl.InitialPos)
	if !diags.HasErrors() {
		val, more := e.guarded(expr, nil)
		if !more.HasErrors() {
			return remark(val, func(set cty.ValueMarks, leaf bool) cty.ValueMarks {
				if leaf {
					return cty.NewValueMarks(m)
				}
				return set
			})
		}
	}
	e.problem(v.Trail.At(), "the value of \""+variable.name+"\" is no expression, expected one of its type",
		"a variable that is no text takes an expression, such as '[\"a\"]' or '{a = \"b\"}'")
	return e.unknown(model.WhyUnsupported, "an expression as the value of \""+variable.name+"\"", at)
}
