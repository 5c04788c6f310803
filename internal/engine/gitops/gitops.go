// Package gitops reads what Argo CD and Flux are told to deploy: the manifests of kind
// Application, ApplicationSet, HelmRelease and Kustomization. It finds the chart, the
// overlay or the directory in the repository that each of them leads to, with the values
// and the changes that they add.
//
// It renders nothing: a [Lead] is for the engines of helm, kustomize and kube.
package gitops

import (
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// Input is what Read looks at.
type Input struct {
	Files repo.Files
	// Names are manifest files to read, relative to the repository's root, and Documents
	// are manifests that another engine put together. What one of them refers to (a
	// GitRepository, a ConfigMap) is looked for in all of them.
	Names     []string
	Documents []origin.Document
	// Self are the URLs that this repository is cloned from. Without any, every repository
	// whose path exists here is taken to be this one, and a hop of the lead says so.
	Self []string
	// Revisions are the branches and tags that the files are of. HEAD, main and master,
	// and no revision at all, always count.
	Revisions []string
}

// What a lead leads to.
const (
	KindHelm      = "helm"      // a chart
	KindKustomize = "kustomize" // a kustomization
	KindDirectory = "directory" // manifests as they are
)

// Lead is one chart, overlay or directory of this repository that an object deploys.
type Lead struct {
	At   pos.Span // of the object's name
	What string   // "Application/shop", for hops and messages
	Kind string   // one of the Kind constants
	Path string   // the directory, relative to the repository's root

	// Resources are the manifest files of a directory and the kustomizations within it,
	// relative to the repository's root, in the order in which they are read.
	Resources []string

	// Release is the name of a Helm release; absent for another kind. Namespace is where
	// objects go that name none, absent when nothing says so. ForceNamespace says that it
	// replaces the namespace of the others as well.
	Release, Namespace model.Value
	ForceNamespace     bool

	// Values are a chart's values in the order in which they are merged: each replaces
	// those before it, and entries of flag "set…" replace all "values".
	Values []Arg
	// ChartValues, unless it is nil, replace the values.yaml of the chart itself: paths
	// relative to the repository's root, merged in this order.
	ChartValues []model.Value

	// Overlay are the fields that are added to the kustomization at Path.
	Overlay []Field
	// Substitute is what replaces ${NAME} in everything that the lead puts out; nil when
	// nothing is replaced. See [Substitution.Apply].
	Substitute *Substitution

	// Hops belong into the trail of everything that comes of the lead.
	Hops []model.Hop
	// Doubt is set when something that cannot be followed may change everything here. What
	// is said is then only likely, and no value that comes of it is known.
	Doubt *model.Value
}

// Arg is one source of values for a chart.
type Arg struct {
	Flag string // "values", "set", "set-string", "set-file"
	// Text is the path of a file relative to the repository's root, or NAME=value. When it
	// is known only in part, or comes from several places, Parts holds its pieces.
	Text model.Value
	// Inline says that Text is YAML itself, and not the path of a file of it.
	Inline bool
}

// Field is one field of a kustomization with its value as YAML. Lists are put behind
// those that stand in the kustomization, mappings are merged into them, and anything else
// replaces what stands there.
type Field struct {
	Name string
	Text model.Value
}

// Read finds where the objects lead. Objects of other kinds are passed over, so that all
// manifests of a deploy can be given. What is not followed is a problem.
func Read(in Input) ([]Lead, []model.Problem) {
	r := newReader(in)
	for _, o := range r.objects {
		r.read(o)
	}
	return r.leads, model.SortProblems(r.problems)
}
