package helm

import (
	"context"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
)

// Result is what a chart renders to.
type Result struct {
	// Documents are the rendered templates and the files of crds/, ordered by name. A text
	// that stands for one that is not known has sources that say so.
	Documents []origin.Document
	Problems  []model.Problem
	// Doubt is set when nothing of it is certain, for its reason. All bytes of the documents
	// are unknown then.
	Doubt *model.Value
	// Fails is set when Helm itself would stop with an error, and deploy nothing.
	Fails bool
	// Stats counts how the origins were found.
	Stats Stats
}

// Stats counts documents by how their origins were found.
type Stats struct {
	Marked int // the render that carries origins gave what the plain one gave
	Forked int // it had to guess at a decision, so that there is no plain text to compare with
	Coarse int // only the template is known as an origin
}

// Render gives the manifests of a chart as Helm v3.22.0 would, with the origin of every
// byte. The error is that of the context.
//
// Every template is rendered twice: by the template package, and by our own walk over the
// same parsed templates, which knows the origin of each value. The second counts if it gives
// the same text; else the template itself is all that is known as an origin.
//
// Where a value is not known, our walk takes both sides of each condition on it. What only
// one side writes is marked as not known, save for what names it: the keys of maps, kind and
// name of an object, and the name of an entry in a list. So a reader finds a variable that
// may be there under its name, with a value that is not known. Text that can be left out
// without a change to what is around it is marked as such, see [origin.Piece]. Where names themselves, or
// how many there are, depend on such a value, the whole document is marked.
//
// Four things are taken for granted:
//   - a text that is not known stays within the YAML scalar that it is written into: it
//     breaks no line and opens no map;
//   - one that goes through "tpl" holds no actions;
//   - the cluster is of the Kubernetes version that the helm takes for granted, if no other
//     is given, and has the APIs that this helm knows; whether it has others is not known;
//   - without a namespace it is "default".
//
// When "required" or "fail" stop Helm, or a template has an error, nothing is deployed. A
// problem says so, and the rest is rendered all the same, for what can be learned from it.
func Render(ctx context.Context, step Step) (Result, error) {
	loaded, problems := Load(step)
	if loaded == nil {
		return Result{Problems: problems, Fails: true}, ctx.Err()
	}
	result := renderLoaded(ctx, step, loaded).result
	result.Problems = model.SortProblems(append(problems, result.Problems...))
	return result, ctx.Err()
}
