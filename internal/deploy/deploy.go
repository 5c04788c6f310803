// Package deploy reads the command lines of deploy tools: what `helm upgrade -f … --set …`
// or `docker run -e …` delivers, and to whom. Each file beside this one knows one tool.
//
// An adapter runs nothing. It gets a command as the shell engine recorded it and says
// which consumers receive which variables, which further command lines are run within
// it, and what the engine of another language would have to look at.
package deploy

import (
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// Delivery is what one command delivers.
type Delivery struct {
	// Consumers receive variables directly from this command.
	Consumers []model.Consumer
	// Inner are command lines that the tool runs itself, such as the recipe of a make
	// target or the script of `npm run`.
	Inner []Inner
	// Charts, and the lists after it, are for the engines of other languages.
	Charts    []Chart
	Manifests []Manifests
	Modules   []Module
	Composes  []Compose
	Store     []Stored
	Problems  []model.Problem
	// Passes says that the command's own environment does not matter: the tool only
	// tells others what to run, so the command itself is no consumer.
	Passes bool
	// Own lists the variables of the command's own environment that the tool reads as its
	// credentials; it does so even where the command Passes.
	Own []string
	// Partial says that the targets keep variables from before that the command does not
	// name. What it names, it replaces.
	Partial bool
	// Sources are the environments of secret stores that the command reads from.
	Sources []Source
	// Printed says that the command only prints what it would deliver, as helm template
	// does: it arrives when the next command of a pipe applies it. See [Piped].
	Printed bool
	// Tool is the command's name, as it was called, and Files are those that it sees. [Read]
	// sets both.
	Tool  string
	Files repo.Files
	// Cluster is what the command says of the Kubernetes cluster that it works on: its
	// context, its configuration, its address. Empty: the one that was chosen before.
	Cluster []model.Value
	// Deletes are Kubernetes objects that the command takes away.
	Deletes []Deleted
	// Perhaps is set when the command may not be run as it is read, for its reason. Whoever
	// knows of that sets it.
	Perhaps *model.Value
	// Selections hold for later commands of the same tool.
	Selections []Selection
	// Edits change a file that a later command reads.
	Edits []Edit
}

// Selection is a choice that a tool remembers, such as `terraform workspace select`.
type Selection struct {
	At   pos.Span
	Tool string      // "terraform", "tofu", "kubectl"
	Kind string      // "workspace", "context", "namespace"
	Dir  string      // where it holds; empty: everywhere
	Name model.Value // what is chosen
}

// Edit is a change to a file, in the words of the tool that makes it, such as
// `kustomize edit set image …`.
type Edit struct {
	At   pos.Span
	Tool string
	Dir  string
	Args []model.Value // behind the tool's name
}

// Inner is a command line that a tool runs.
type Inner struct {
	Line  string        // shell text; empty when Args is set
	Args  []model.Value // a command as words, run without a shell
	Sh    bool          // Line is for sh, not bash
	Dir   string        // relative to the repository's root
	Env   model.Env     // what it finds
	At    pos.Span      // where Line stands
	Flags []string      // shell options that the tool starts it with, such as "-e"
	// Open counts the words of Args that are certainly there as listed, as in
	// [model.Command]; 0 when there are exactly those listed.
	Open int
	// Dotenv are the files that the tool loads into Env first, in this order.
	Dotenv []DotenvArg
	// Parts are the pieces that Line is put together from, in order, when some of them were
	// not written there but come from a variable of the tool.
	Parts []model.Value
	// Stdin is what the command finds piped in, as in [model.Command].
	Stdin model.Value
	// Host is where the line runs, when that is another machine.
	Host string
}

// DotenvArg is one .env file that a tool loads before it runs a command.
type DotenvArg struct {
	File     model.Value // relative to the command's directory
	Override bool        // the file wins over what is set already
	Optional bool        // the tool goes on when there is no such file
	Dialect  string      // who reads it: "node", "node-expand", "dotenvx", "bash", "op"
	// Refs begins every text that the tool replaces by one from a service, such as
	// "op://"; empty when it replaces none.
	Refs string
}

// Source is an environment of a secret store, as the command names it.
type Source struct {
	At      pos.Span
	Tool    string      // "doppler", "infisical", …
	Name    model.Value // the environment, config, profile or service
	Default bool        // the command names none, so that the tool takes its own default
}

// Chart is a Helm chart with everything that decides its values, in the order of the
// command line.
type Chart struct {
	At          pos.Span
	Chart       model.Value // path or reference
	Version     string
	Release     model.Value
	Namespace   model.Value
	Values      []ValuesArg
	ReuseValues bool // values of the running release apply as well: unknown here
	// Occasion says what is done: one of the Chart constants. Empty means that the release is
	// installed, or upgraded when it is there already.
	Occasion    string
	Offline     bool // no cluster is asked
	KubeVersion string
	APIVersions []string
	Env         model.Env
	Dir         string
	Repo        model.Value // --repo; absent when not given
	// Doubt is set when arguments that cannot be read may change everything here. What is
	// said of the chart is then only likely, and no value that comes of it is known.
	Doubt *model.Value
}

// What a chart is rendered for.
const (
	ChartInstall = "install"
	ChartUpgrade = "upgrade"
)

// ValuesArg is one -f, --set, --set-string, --set-file, --set-json or --set-literal. Of a
// Text that is known only in part, Parts holds what is known, so that "key=" followed by an
// unknown decides about that key alone; one without Parts may set anything.
type ValuesArg struct {
	Flag string // "values", "set", "set-string", "set-file", "set-json", "set-literal"
	Text model.Value
	// Encrypted says that the file is decrypted on the way, as by helm secrets.
	Encrypted bool
	// Inline says that Text is YAML itself, and not the name of a file of it.
	Inline bool
}

// Manifests are Kubernetes files or a kustomization that a command applies.
type Manifests struct {
	At        pos.Span
	Paths     []model.Value // files or directories; "-" is Stdin
	Kustomize bool
	Recursive bool
	// Unrestricted says that a kustomization may name files outside of its directory, and
	// Inflate that it may hold charts.
	Unrestricted, Inflate bool
	Namespace             model.Value
	Stdin                 model.Value
	Dir                   string
	Env                   model.Env
	Doubt                 *model.Value // as of a Chart
}

// Module is a Terraform root module with its variables.
type Module struct {
	At        pos.Span
	Dir       string
	Workspace model.Value
	Args      []ValuesArg // Flag "var" or "var-file", in order
	Env       model.Env   // TF_VAR_… among it
	Tool      string      // "terraform", "tofu", "terragrunt"
	Command   string      // "plan", "apply", "destroy", …
	Out       model.Value // the file that a plan is saved in; absent when there is none
	Plan      model.Value // the saved plan that is applied: its variables are those of that plan
	All       bool        // terragrunt: every module below Dir
	Partial   bool        // only some of the module is applied, as with -target
	Doubt     *model.Value
}

// Compose is a set of compose files.
type Compose struct {
	At       pos.Span
	Files    []model.Value // in order; none: the default names
	EnvFiles []model.Value // --env-file, for interpolation
	Profiles []string
	Project  model.Value
	Dir      string
	Env      model.Env
	Services []string // none: all
	Stack    bool     // docker stack deploy
	Command  string   // "up", "run", "config", …
	// ProjectDir is --project-directory; absent when not given.
	ProjectDir model.Value
	Vars       model.Env    // of `run -e`, which win over what the service has
	Alone      bool         // what the services depend on is not started
	Doubt      *model.Value // as of a Chart
}

// Stored is a text that a command puts into a store, from which something else reads it.
type Stored struct {
	At    pos.Span
	Store string // "aws-ssm", "aws-secretsmanager", "kubernetes-secret", "kubernetes-configmap", …
	Name  model.Value
	Key   string // within the entry; may be empty
	Value model.Value
	// Namespace is that of a Kubernetes object; the zero value says nothing.
	Namespace model.Value
	// Create says that the command refuses a Kubernetes object that is there already.
	Create bool
}

// Deleted is one Kubernetes object that a command takes away.
type Deleted struct {
	Kind      string // as manifests spell it
	Name      model.Value
	Namespace model.Value
}

// Adapter reads the commands of one tool.
type Adapter struct {
	// Names are the commands that it reads, without a directory.
	Names []string
	// Read says what the command delivers; ok is false for a use of the tool that
	// delivers nothing, such as `helm list`.
	Read func(Call) (d Delivery, ok bool)
}

// Call is one command to read, with the files it may look at.
type Call struct {
	model.Command
	Files repo.Files
}

// Read finds the adapter of a command and asks it.
func Read(call Call) (Delivery, bool) {
	name, ok := call.name()
	if !ok {
		return Delivery{}, false
	}
	for _, a := range adapters() {
		for _, n := range a.Names {
			if n == name {
				d, ok := a.Read(call)
				d.Tool, d.Files = call.Args[0].Text.Reveal(), call.Files
				return d, ok
			}
		}
	}
	return Delivery{}, false
}
