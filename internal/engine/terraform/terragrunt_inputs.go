package terraform

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/model"
)

// inputs takes those of terragrunt.hcl, which reach terraform as variables of the
// environment unless that sets them itself.
func (in *inputs) inputs() {
	v := in.e.handed
	if v == cty.NilVal {
		return
	}
	plain, _ := v.Unmark()
	if !plain.IsKnown() || plain.IsNull() || !plain.CanIterateElements() {
		in.anything(valueOf(cty.DynamicVal.WithMarks(v.Marks())), "")
		return
	}
	for it := plain.ElementIterator(); it.Next(); {
		k, el := it.Element()
		if variable := in.c.variables[k.AsString()]; variable != nil {
			hop := model.Hop{At: in.e.handedAt, Kind: model.KindTerraform, What: "inputs." + variable.name}
			in.add(variable.name, in.e.pass(in.e.handOver(variable, el), hop), in.e.handedAt)
		}
	}
}

// handOver is a value after its way through a variable of the environment: a text as it
// is, all else as JSON.
func (e *evaluator) handOver(variable *variable, v cty.Value) cty.Value {
	plain, _ := v.Unmark()
	t := plain.Type()
	switch {
	case !plain.IsKnown():
		return v
	case plain.IsNull(),
		variable.literal != t.IsPrimitiveType() && !(t == cty.Number || t == cty.Bool),
		!variable.literal && !t.IsPrimitiveType() && hasTemplate(plain):
		return e.unknown(model.WhyUnsupported, "an input of the type that \""+variable.name+"\" declares", e.handedAt)
	}
	return v
}

// hasTemplate reports whether a text within v would be read as a template when the JSON of
// v is read as an expression.
func hasTemplate(v cty.Value) bool {
	found := false
	_ = cty.Walk(v, func(_ cty.Path, el cty.Value) (bool, error) {
		el, _ = el.Unmark()
		if el.Type() == cty.String && el.IsKnown() && !el.IsNull() {
			found = found || strings.Contains(el.AsString(), "${") || strings.Contains(el.AsString(), "%{")
		}
		return !found, nil
	})
	return found
}
