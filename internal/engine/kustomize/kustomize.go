// Package kustomize puts the overlays of kustomize together, as `kustomize build` would,
// from the files of one repository, and says where each text of the outcome came from.
package kustomize

import (
	"context"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// Step is one `kustomize build`, or `kubectl apply -k`.
type Step struct {
	Files repo.Files
	At    pos.Span // of the command line, or of the step in keyfit.yaml
	Dir   string   // the directory of the kustomization, relative to the repository's root

	// Edits are the `kustomize edit` commands that ran before, in their order.
	Edits []Edit
	// LoadRestrictionsNone is --load-restrictor LoadRestrictionsNone: files may lie
	// outside the directory of the kustomization that names them.
	LoadRestrictionsNone bool
	// EnableHelm is --enable-helm. The charts are not inflated either way; without it
	// kustomize itself would refuse.
	EnableHelm bool
}

// Edit is one `kustomize edit …`.
type Edit struct {
	At   pos.Span
	Dir  string        // in which it ran, relative to the repository's root
	Args []model.Value // behind the tool's name, "edit" first
}

// Result is what a build puts out.
type Result struct {
	// Documents hold the objects in the order in which kustomize prints them.
	Documents []origin.Document
	Problems  []model.Problem
	// Doubt is set when objects may be missing from Documents, or may be other than they
	// say: an unknown value that says why. Objects that are known not to be complete are
	// left out rather than put into Documents.
	Doubt *model.Value
}

// Build puts the overlay together. The error is keyfit's own; mistakes of the user's are
// problems.
func Build(ctx context.Context, step Step) (Result, error) {
	return build(ctx, step)
}
