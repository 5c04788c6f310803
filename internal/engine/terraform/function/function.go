// Package function is the function library of the Terraform language, over cty values.
//
// [All] gives every function of OpenTofu 1.12, which are those of Terraform 1.11 and three
// more. What the libraries of the language offer is taken from there; here is what
// Terraform adds or does otherwise.
//
// Marks flow as finely as cty allows: an element that a function only moves keeps its own
// marks, and a text that is made of several carries the marks of all. [Sensitive] and
// [Ephemeral] spread as in Terraform, which can ask for them. A structure that is encoded
// as a text stays readable behind it, see [Structure].
//
// What cannot be known here, such as the time or a file that is not read, is an unknown
// value that carries a [Reason]. So is whatever would grow over a limit: an error would
// let `try` choose something else.
package function

import (
	"maps"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// Context is what the functions see beside their arguments. All hooks may be nil.
type Context struct {
	// Tool is "terraform" or something else, which stands for OpenTofu.
	Tool string
	// Files are the repository. Without it, every file is unknown.
	Files repo.Files
	// Dir is the directory in which the tool runs, relative to the repository's root:
	// that is the root module, also for what modules call.
	Dir string
	// Root is the absolute path of the repository, and Home of the user's directory. Where
	// they are empty, what depends on them is unknown.
	Root, Home string
	// Content gives the mark of the text that a file holds; nil for none.
	Content func(file string) any
	// Doubt says that a file or directory may be another than Files shows, and gives the
	// mark for what is unknown therefore.
	Doubt func(file string) (mark any, doubt bool)
	// Template prepares the expression of a template: that of a file, or, when file is
	// empty, of a text.
	Template func(expr hcl.Expression, file string) hcl.Expression
	// Because turns the marks of what only decided into those that the result gets.
	Because func(cty.ValueMarks) cty.ValueMarks
}

// Mark is a mark that Terraform itself gives values.
type Mark string

// The marks of Terraform.
const (
	Sensitive Mark = "sensitive"
	Ephemeral Mark = "ephemeral"
)

// Reason is the mark of a value that is unknown for a reason of its own.
type Reason struct {
	Why   model.Reason
	Needs string
}

const terraform = "terraform"

// All gives the functions by name, each also under the name core::NAME.
func All(c Context) map[string]function.Function {
	all := map[string]function.Function{}
	maps.Copy(all, library())
	maps.Copy(all, c.collections())
	maps.Copy(all, conversions())
	maps.Copy(all, texts())
	maps.Copy(all, encodings())
	maps.Copy(all, hashes())
	maps.Copy(all, addresses())
	maps.Copy(all, times())
	maps.Copy(all, structures())
	maps.Copy(all, c.files())
	maps.Copy(all, c.templates(func() map[string]function.Function { return all }))
	for name, f := range all {
		all[name] = guard(name, f)
	}
	maps.Copy(all, attempts())
	if c.Tool == terraform {
		for _, name := range []string{"base64gunzip", "cidrcontains", "urldecode"} {
			delete(all, name)
		}
	}
	for name, f := range maps.Clone(all) {
		all["core::"+name] = f
	}
	return all
}

// because gives the result v the marks of a value that only decided about it.
func (c Context) because(v cty.Value, marks cty.ValueMarks) cty.Value {
	if len(marks) == 0 {
		return v
	}
	if c.Because == nil {
		return v.WithMarks(marks)
	}
	secrets, others := secrecy(marks)
	return v.WithMarks(secrets, c.Because(others))
}

func unknown(t cty.Type, why model.Reason, needs string) cty.Value {
	return cty.UnknownVal(t).Mark(Reason{Why: why, Needs: needs})
}
