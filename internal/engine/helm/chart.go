// Package helm predicts what Helm v3.22.0 makes of a chart: which values reach its templates
// (see [Load]) and what the templates render. Nothing is run and no cluster is asked; every
// value keeps its origin, and what only a cluster or a secret could tell is unknown.
package helm

import (
	"helm.sh/helm/v3/pkg/chart"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// Step is one chart with everything that decides its values: a `helm upgrade`, `install`
// or `template`, or a helm step of the configuration.
type Step struct {
	Files repo.Files
	At    pos.Span // the command or the step that asks for the chart
	Dir   string   // where the command runs: relative names in Values are relative to it
	Chart string   // path of the chart's directory or .tgz, relative to the repository's root

	// Release and Namespace are known, or unknown with their reason. An absent namespace is
	// Helm's "default", unless the cluster's client is set up for another one.
	Release   model.Value
	Namespace model.Value

	// Values are in the order of the command line. Helm's own order (all files first, then
	// --set-json, --set, --set-string, --set-file, --set-literal, each kind by itself) is
	// made by Load.
	Values []Arg

	KubeVersion string   // --kube-version; empty: Helm's default
	APIVersions []string // --api-versions
	Occasion    Occasion // what .Release tells of the release
	// Offline says that no cluster is asked, as `helm template` does: what "lookup" gives is
	// nothing for certain, and there are no more APIs than Helm knows by itself.
	Offline bool
	// ReuseValues says that the values of the running release apply beneath those given here.
	ReuseValues bool
	// AgeKey holds the age identities that encrypted files of values open with, when known.
	AgeKey model.Value
	// SkipSchema is --skip-schema-validation.
	SkipSchema bool
	// Doubt is set when arguments that cannot be read may change everything here.
	Doubt *model.Value
}

// Occasion is what a chart is rendered for.
type Occasion uint8

// The occasions.
const (
	InstallOrUpgrade Occasion = iota // whichever it is: that depends on what the cluster holds
	Install                          // helm install, helm template
	Upgrade                          // helm upgrade without --install
)

// Arg is one -f or --set of the command line. Of a Text that is known only in part, Parts
// holds the pieces, and "key=" followed by an unknown piece decides about that key alone;
// one without Parts may set anything.
type Arg struct {
	Flag string // "values", "set", "set-string", "set-file", "set-json", "set-literal"
	Text model.Value
	// Encrypted says that the file is decrypted on the way, as by helm secrets.
	Encrypted bool
	// Inline says that Text is YAML itself, and not the name of a file of it.
	Inline bool
}

// Chart is a chart after Helm's processing: aliases have replaced the names, disabled
// dependencies are gone.
type Chart struct {
	Name string // alias included
	// Path is Helm's full path, such as "shop/charts/db": templates are called
	// Path + "/" + File.Name.
	Path string
	// ValuesPath leads from Loaded.Values and Loaded.Origins to the values of this chart:
	// empty for the root, "db" for a dependency, and so on.
	ValuesPath []string
	// Metadata is what .Chart gives; Helm adds IsRoot to it.
	Metadata  chart.Metadata
	IsRoot    bool
	Library   bool // of type library: its templates define, and render nothing themselves
	Templates []File
	Files     []File // what .Files holds
	// Dependencies are the enabled ones, ordered by the name of their place in charts/ or in
	// Chart.yaml, whichever Helm goes by.
	Dependencies []*Chart
	// Dir is the directory in the repository, or the path of the archive.
	Dir string
	// Doubt is set when it is not known whether the chart is deployed at all, since its
	// condition or tag depends on a value that is not known.
	Doubt *model.Value
}

// File is a file of a chart.
type File struct {
	Name string // as Helm calls it: "templates/secret.yaml"
	Data []byte // without a byte order mark; must not be changed
	// Path is the file in the repository, for spans. Of a file in an archive it is the
	// archive, and Inner is the name in it: there are no lines to point to.
	Path  string
	Inner string
	// BOM is 3 when the file in the repository starts with a byte order mark that Data does
	// not hold, else 0: offsets in Data are that much less than in the file.
	BOM int
}
