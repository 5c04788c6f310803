package terraform

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/engine/terraform/function"
)

// structured gives what a text of JSON or YAML was encoded from, with the journey of each
// leaf, even when the text is not known because some leaf is not. ok is false for a text
// that was not encoded by an expression, or was changed since.
func structured(v cty.Value) (raw cty.Value, ok bool) {
	r, ok := function.Structure(v)
	if !ok {
		return cty.NilVal, false
	}
	return r.Value, true
}
