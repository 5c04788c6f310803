// Package terraform says what a Terraform or OpenTofu configuration delivers, without
// running either and without downloading anything.
//
// The language is that of hcl/v2 and go-cty. [Evaluate] reads a root module with its
// variable files, evaluates it with the modules that it calls, and gives every instance
// of a resource with what it would receive. Each value carries its journey as cty marks.
// What only a provider, a state or a backend could tell is unknown, and unknown flows
// through expressions exactly as cty has it. State files are never read.
//
// The reference is OpenTofu, pinned by the project's script, and terraform where it is
// installed.
package terraform

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// Step is one root module as a command line deploys it.
type Step struct {
	Files repo.Files
	At    pos.Span // of the command or of the configuration's step
	Dir   string   // the root module, relative to the repository's root
	// Workspace is what was selected; absent when nothing was, so that TF_WORKSPACE and
	// then "default" hold.
	Workspace model.Value
	Args      []Arg     // -var and -var-file, in the order of the command line
	Env       model.Env // TF_VAR_… and TF_WORKSPACE among it
	Tool      string    // "terraform", "tofu" or "terragrunt"
	// Written gives a file of variables that the deploy itself has written, with the origins
	// of its pieces; nil when it writes none. Pieces that are not known stand within a line.
	Written func(name string) (origin.Text, bool)
	// Doubt is set when something that cannot be read may change everything here: then
	// nothing is known.
	Doubt *model.Value
}

// Arg is one -var or -var-file. Of a Text that is known only in part, Parts holds what is
// known, so that "name=" followed by an unknown decides about that variable alone; one
// without Parts may set anything.
type Arg struct {
	// Flag is "var" or "var-file", or "expression": as "var", with an expression of the
	// language behind the "=" whatever the type of the variable.
	Flag string
	Text model.Value
}

// Result is what a root module delivers.
type Result struct {
	// Instances are the resources and data sources of all modules, in the order of their
	// addresses.
	Instances []Instance
	// Outputs are those of the root module, in the order of their names.
	Outputs []Output

	Consumers []model.Consumer
	Documents []origin.Document // Kubernetes objects that resources hold
	Charts    []Chart           // Helm releases
	Stored    []Stored          // what is put into secret stores
	Problems  []model.Problem
	// Lost says why more may be delivered than this, such as by a module whose files are not
	// there; nil when nothing says so.
	Lost *model.Value
	// Doubt says that nothing here is certain, and why; nil when there is no such doubt.
	Doubt *model.Value
}

// Output is one output of the root module.
type Output struct {
	Name  string
	At    pos.Span
	Value cty.Value
}
