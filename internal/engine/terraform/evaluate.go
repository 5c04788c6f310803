package terraform

import (
	"cmp"
	"context"
	"maps"
	"path"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	library "github.com/keyfit/keyfit/internal/engine/terraform/function"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// evaluator is one evaluation of a root module.
type evaluator struct {
	ctx  context.Context
	in   Step
	root string // the directory of the root module

	configs  map[string]*config
	indexes  map[string]*pos.Index
	refs     map[hcl.Expression][]hcl.Traversal
	manifest map[string]string
	library  map[string]function.Function
	problems []model.Problem

	handed    cty.Value // the inputs of terragrunt.hcl; NilVal for none
	handedAt  pos.Span
	beside    string // the directory of terragrunt.hcl, when the module is another
	generated bool   // terragrunt.hcl makes files that may declare more

	here              pos.Span // what is being evaluated
	order             int      // of marks
	steps, totalSteps int
	text              int // bytes of texts that were made
	depth             int
	fault             bool // the last expression made a library panic
	made, madeModules int
	lost              *model.Value // why more may be delivered than what is found
}

// Evaluate evaluates a root module. Mistakes of the user's are problems of the result; an
// error says that ctx ended.
func Evaluate(ctx context.Context, s Step) (r Result, err error) {
	e := &evaluator{
		ctx: ctx, in: s, root: path.Clean(cmp.Or(s.Dir, ".")), configs: map[string]*config{}, indexes: map[string]*pos.Index{},
		refs: map[hcl.Expression][]hcl.Traversal{},
	}
	defer func() {
		if thrown := recover(); thrown != nil {
			c, ok := thrown.(cancelled)
			if !ok {
				e.problem(s.At, "the configuration cannot be evaluated, which is a fault of keyfit", "report it, with the configuration")
				r = Result{Problems: model.SortProblems(e.problems), Doubt: doubtOf("a configuration that can be evaluated")}
				return
			}
			err = c.err
		}
	}()
	return e.run(), nil
}

func doubtOf(needs string) *model.Value {
	v := model.UnknownBecause(model.WhyUnsupported, needs, model.Trail{})
	return &v
}

func (e *evaluator) run() Result {
	if err := e.ctx.Err(); err != nil {
		panic(cancelled{err})
	}
	r := Result{Doubt: e.in.Doubt}
	if e.in.Tool == "terragrunt" {
		e.handedAt = pos.Span{File: path.Join(e.root, gruntName)}
		inputs, doubt := e.terragrunt()
		if e.handed = inputs; doubt != nil {
			r.Doubt, e.in.Doubt = doubt, doubt
		}
	}
	config := e.load(e.root)
	if config == nil {
		e.problem(e.in.At, strict.Path(e.root)+" holds no configuration, expected a directory with .tf files", "correct the directory")
		r.Problems = model.SortProblems(e.problems)
		r.Doubt = cmp.Or(r.Doubt, doubtOf("the configuration in "+strict.Path(e.root)))
		return r
	}
	config.broken = config.broken || e.generated
	root := e.newModule(config)
	root.given = e.inputs(config)
	r.Instances = root.walk(nil)
	r.Lost = e.lost
	sortInstances(r.Instances)
	for _, name := range sortedKeys(config.outputs) {
		r.Outputs = append(r.Outputs, Output{Name: name, At: config.outputs[name].at, Value: root.output(name)})
	}
	e.withDoubt(&r)
	d := consumers(r.Instances, e.in.Files, e.root)
	r.Consumers, r.Documents, r.Charts, r.Stored = d.Consumers, d.Documents, d.Charts, d.Stored
	r.Problems = model.SortProblems(append(e.problems, d.Problems...))
	return r
}

// withDoubt makes everything unknown when something that cannot be read may change it.
// What there is to deploy is then only likely.
func (e *evaluator) withDoubt(r *Result) {
	if e.in.Doubt == nil {
		return
	}
	why := *e.in.Doubt
	why.State = model.Unknown
	m := e.newMark(why)
	for i := range r.Instances {
		r.Instances[i].Body = doubted(r.Instances[i].Body, m)
	}
	for i := range r.Outputs {
		r.Outputs[i].Value = doubted(r.Outputs[i].Value, m)
	}
}

// walk evaluates everything that a module and those that it calls deliver.
func (m *module) walk(all []Instance) []Instance {
	m.validate()
	if m.config.broken {
		m.e.miss(model.UnknownBecause(model.WhyUnsupported, "a configuration in \""+m.config.dir+"\" that can be read", model.Trail{}))
	}
	for _, key := range m.config.keys() {
		if x := m.resource(key); x != nil {
			all = append(all, x.all...)
		}
	}
	for _, name := range sortedKeys(m.config.calls) {
		k := m.called(name)
		if k == nil {
			continue
		}
		if k.lost != nil {
			m.e.miss(k.lost.value)
		}
		for _, child := range k.all {
			all = child.walk(all)
		}
	}
	return all
}

// miss remembers the first reason why more may be delivered than what is found.
func (e *evaluator) miss(why model.Value) {
	if e.lost == nil {
		e.lost = &why
	}
}

// guarded evaluates one expression. What takes too long is unknown, and so is what makes
// the libraries of the language fail.
func (e *evaluator) guarded(expr hcl.Expression, ctx *hcl.EvalContext) (v cty.Value, diags hcl.Diagnostics) {
	e.steps, e.fault = 0, false
	if _, again := expr.(*fixedJSON); !again && !native(expr) && ctx != nil {
		defer func(old []model.Problem) {
			if e.fault {
				e.fault, e.problems = false, old
				v, diags = e.unmarked(expr, ctx)
			}
		}(e.problems)
	}
	defer func() {
		switch thrown := recover().(type) {
		case nil:
		case cancelled:
			panic(thrown)
		case stopped:
			at := e.span(expr.Range())
			e.problem(at, "the expression exceeds a limit, expected "+thrown.needs, "")
			v, diags = e.limited(thrown.needs), nil
		default:
			at := e.span(expr.Range())
			e.fault = true
			e.problem(at, "the expression cannot be evaluated, which is a fault of keyfit", "report it, with the expression")
			v, diags = e.unknown(model.WhyUnsupported, "an expression that can be evaluated", at), nil
		}
	}()
	e.step()
	return expr.Value(ctx)
}

// unmarked evaluates an expression of the JSON syntax without marks, which it cannot bear
// in the keys of an object, and then says that all of it comes from all that it reads.
func (e *evaluator) unmarked(expr hcl.Expression, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	all := cty.ValueMarks{}
	bare := &hcl.EvalContext{Variables: map[string]cty.Value{}, Functions: ctx.Functions}
	for name, v := range ctx.Variables {
		plain, set := v.UnmarkDeep()
		bare.Variables[name] = plain
		maps.Copy(all, set)
	}
	v, diags := e.guarded(&fixedJSON{expr}, bare)
	e.fault = false
	return remark(v, func(set cty.ValueMarks, leaf bool) cty.ValueMarks {
		if leaf {
			return all
		}
		return set
	}), diags
}

// fixedJSON keeps an expression from being evaluated without marks twice.
type fixedJSON struct{ hcl.Expression }

func (e *evaluator) limited(needs string) cty.Value { return cty.DynamicVal.Mark(e.limit(needs)) }

// references lists what an expression refers to, once for each expression.
func (e *evaluator) references(expr hcl.Expression) []hcl.Traversal {
	if refs, ok := e.refs[expr]; ok {
		return refs
	}
	refs := expr.Variables()
	e.refs[expr] = refs
	return refs
}

// native reports whether an expression is of the native syntax, which was rewritten.
func native(expr hcl.Expression) bool {
	_, ok := expr.(hclsyntax.Expression)
	return ok
}

// functionContext is what functions see of the repository.
func (e *evaluator) functionContext() library.Context {
	return library.Context{
		Files: e.in.Files, Dir: e.root,
		Content: func(file string) any {
			hop := model.Hop{At: pos.Span{File: file}, Kind: model.KindFile, What: "file " + file, Literal: true}
			return e.newMark(model.Value{State: model.Known, Trail: model.Trail{}.Append(hop)})
		},
		Template: e.prepared,
		Because: func(set cty.ValueMarks) cty.ValueMarks {
			return e.causes(cty.True.WithMarks(set))
		},
	}
}

// prepared lets a template that a function renders remember its places.
func (e *evaluator) prepared(expr hcl.Expression, file string) hcl.Expression {
	tree, ok := expr.(hclsyntax.Expression)
	if !ok {
		return expr
	}
	if file != "" && e.indexes[file] == nil {
		if data, err := e.in.Files.Read(file); err == nil {
			e.indexes[file] = pos.NewIndex(data)
		}
	}
	r := &rewriter{e: e, file: file, index: e.index(file)}
	return r.expr(tree, "template", file != "")
}
