package terraform

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/keyfit/keyfit/internal/model"
)

// nomad is a job of Nomad, whose specification is a text of HCL.
func (d *delivering) nomad(r applied) {
	t := r.body.get("jobspec")
	text, known := t.text()
	n := nomadJob{d: d, r: r, from: t.val()}
	if !known || r.body.get("json").is("true") || r.body.get("json").isUnknown() || r.body.get("hcl1").there() {
		n.whole("a job specification of HCL that is known")
		return
	}
	if len(text) > maxSource || deepTokens([]byte(text), "job") {
		n.whole("a job specification that is smaller")
		return
	}
	f, diags := hclsyntax.ParseConfig([]byte(text), "job", hcl.InitialPos)
	body, ok := f.Body.(*hclsyntax.Body)
	if diags.HasErrors() || !ok {
		d.problem(r.place("jobspec").At, "check it with nomad job validate", "the jobspec of %s is not valid HCL, expected a job", r.Address)
		n.whole("a job specification of valid HCL")
		return
	}
	for _, job := range body.Blocks {
		if job.Type == "job" {
			n.tasks(job.Body, strings.Join(job.Labels, "."), 0)
		}
	}
}

type nomadJob struct {
	d    *delivering
	r    applied
	from model.Value
}

// whole is a job that nothing is known of.
func (n nomadJob) whole(needs string) {
	t := n.d.target(n.r, shape{kind: kindNomad}, nil)
	t.wild(model.UnknownBecause(model.WhyUnsupported, needs, n.from.Trail))
	t.done()
}

// tasks finds the tasks of a job, which may stand in groups.
func (n nomadJob) tasks(body *hclsyntax.Body, job string, depth int) {
	for _, b := range body.Blocks {
		switch {
		case b.Type == "task":
			n.task(b, job)
		case b.Type == "group" && depth == 0:
			n.tasks(b.Body, job, 1)
		case b.Type == "dynamic":
			n.whole("tasks that are written out")
		}
	}
}

func (n nomadJob) task(b *hclsyntax.Block, job string) {
	t := n.d.target(n.r, shape{kind: kindNomad, rest: model.ImageSets}, nil)
	t.consumer.Workload, t.consumer.Container = job, strings.Join(b.Labels, ".")
	for _, inner := range b.Body.Blocks {
		switch inner.Type {
		case "env":
			for name, a := range inner.Body.Attributes {
				t.set("jobspec", name, n.value(a.Expr))
			}
		case "dynamic":
			t.wild(model.UnknownBecause(model.WhyUnsupported, "an env that is written out", n.from.Trail))
		case "template":
			if a, ok := inner.Body.Attributes["env"]; ok {
				if v, diags := a.Expr.Value(nil); diags.HasErrors() || !v.IsKnown() || !v.RawEquals(cty.False) {
					t.wild(model.UnknownBecause(model.WhyRemoteState, "what the template of the task renders", n.from.Trail))
				}
			}
		case "vault", "consul":
			t.wild(model.UnknownBecause(model.WhyRemoteState, "what Nomad adds to a task with "+inner.Type, n.from.Trail))
		}
	}
	if a, ok := b.Body.Attributes["env"]; ok {
		n.attribute(t, a.Expr)
	}
	t.done()
}

// attribute is env = { … }.
func (n nomadJob) attribute(t *target, e hclsyntax.Expression) {
	v, diags := e.Value(nil)
	if diags.HasErrors() || !v.IsWhollyKnown() || v.IsNull() || !v.CanIterateElements() || v.Type().IsTupleType() {
		t.wild(model.UnknownBecause(model.WhyUnsupported, "an env of plain texts", n.from.Trail))
		return
	}
	for name, x := range v.AsValueMap() {
		t.set("jobspec", name, n.text(x))
	}
}

// value is the text of an expression. What the job's own variables and Nomad's runtime
// give is not known here.
func (n nomadJob) value(e hclsyntax.Expression) model.Value {
	v, diags := e.Value(nil)
	if diags.HasErrors() {
		return model.UnknownBecause(model.WhyUnsupported, "a text without variables of the job", n.from.Trail)
	}
	return n.text(v)
}

func (n nomadJob) text(v cty.Value) model.Value {
	s, err := convert.Convert(v, cty.String)
	if err != nil || !s.IsKnown() || s.IsNull() || strings.Contains(s.AsString(), "${") {
		return model.UnknownBecause(model.WhyUnsupported, "a text without variables of the job", n.from.Trail)
	}
	return within(n.from, s.AsString())
}
