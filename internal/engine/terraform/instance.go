package terraform

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/pos"
)

// Instance is one instance of a resource or data source.
type Instance struct {
	// Address is as terraform writes it: module.api["a"].aws_x.y[0]. An instance "[?]"
	// stands for any number of them, since count or for_each is not known; nothing that it
	// says of itself is known then.
	Address    string
	Managed    bool   // a resource; false for a data source
	Type, Name string // "aws_lambda_function", "api"
	Module     string // "module.api[0]"; empty for the root module
	ModuleDir  string // of the module's files, relative to the repository's root
	At         pos.Span
	// Provider is the provider's local name with its alias, as `provider = aws.eu` says
	// it; empty when nothing does.
	Provider string
	// Body is an object with an attribute for every argument that is written, null ones
	// included. Nested blocks are always tuples of such objects, as in HCL; in a .tf.json
	// file a block may also be one object, or a tuple of them. Attributes that the
	// lifecycle ignores are unknown. Provisioners stand in a tuple under "provisioner",
	// each with its "type".
	Body cty.Value
	// Places says where each top-level argument and block type stands.
	Places map[string]pos.Span
}

// Attr gives one argument of the instance; a null value when it is not written.
func (i Instance) Attr(name string) cty.Value { return attrOf(i.Body, name) }

func attrOf(body cty.Value, name string) cty.Value {
	t := body.Type()
	switch {
	case t == cty.DynamicPseudoType || !body.IsKnown():
		_, marks := body.Unmark()
		return cty.DynamicVal.WithMarks(marks)
	case !t.IsObjectType() || body.IsNull() || !t.HasAttribute(name):
		return cty.NullVal(cty.DynamicPseudoType)
	}
	return body.GetAttr(name)
}
