package terraform

import (
	"maps"
	"sync"
)

// A shape says where resources of a type keep environments. Everything that terraform
// delivers is found by the tables of shapes; a new resource is a few lines there.
//
// Paths are names with dots between them. Lists on the way are gone through: the path
// environment.variables leads through the blocks of environment.
type shape struct {
	kind string // of the consumers
	name string // paths to the name of the workload; the first that is known counts
	// each is the path to the containers, empty when the resource itself is the consumer;
	// within one of them, container leads to its name.
	each, container string
	vars            []vars
	shared          []vars // paths that start at the resource and hold for every container
	rest            string // what it takes to know the other variables; empty when there are none
	// joins says that several resources give one consumer its variables.
	joins bool
	// store is the kind of store that the resource puts a text into; the consumer is then
	// the entry itself.
	store string
}

// vars is one place of variables.
type vars struct {
	form  varsForm
	path  string
	name  string // of pairs: paths within an entry
	value string
	// sort is the path to what tells a plain text from a reference, with the words for
	// either in plain and secret.
	sort   string
	secret map[string]string // word of sort: kind of store
	store  string            // of references
	prop   string            // of references: the path to the property
	vers   string            // of references: the path to the version
	only   map[string]string // entries count only where these paths have these texts
}

type varsForm uint8

const (
	mapForm    varsForm = iota // names to texts
	mapRefForm                 // names to references
	mapOfForm                  // names to objects that hold the text
	pairsForm                  // a list of entries with a name and a text
	refsForm                   // a list of entries with a name and a reference
	linesForm                  // a list of NAME=value
	openForm                   // what is there sets variables that cannot be named
	jsonForm                   // a text in JSON: its members
	textForm                   // one text, whose name is a path of the resource
	appForm                    // a list of entries with a reference into the secrets of the resource
	connForm                   // connection strings of Azure
)

// texts is a map of names to texts.
func texts(path string) vars { return vars{form: mapForm, path: path} }

// refs is a map of names to references into a store.
func refs(path, store string) vars { return vars{form: mapRefForm, path: path, store: store} }

// objects is a map of names to objects, of which value is the text.
func objects(path, value string) vars { return vars{form: mapOfForm, path: path, value: value} }

// pairs is a list of entries with a name and a text. An empty path is the resource itself.
func pairs(path, name, value string) vars {
	return vars{form: pairsForm, path: path, name: name, value: value}
}

// sorted is a list of entries of which sort tells what the value is.
func sorted(path, name, value, sort string, secret map[string]string) vars {
	return vars{form: pairsForm, path: path, name: name, value: value, sort: sort, secret: secret}
}

// where is v for the entries alone that have the text at a path.
func (v vars) where(path, text string) vars {
	v.only = map[string]string{path: text}
	return v
}

// pointers is a list of entries with a name and a reference into a store.
func pointers(path, name, value, store string) vars {
	return vars{form: refsForm, path: path, name: name, value: value, store: store}
}

// part names the property and the version of references.
func (v vars) part(prop, version string) vars {
	v.prop, v.vers = prop, version
	return v
}

// lines is a list of NAME=value.
func lines(path string) vars { return vars{form: linesForm, path: path} }

// open says that whatever is at path sets variables that cannot be named.
func open(path string) vars { return vars{form: openForm, path: path} }

// entry is a resource that puts one text into a store.
func entry(store, name, value string) shape {
	return shape{kind: kindStored, store: store, vars: []vars{{form: textForm, name: name, value: value}}}
}

// sheet is a resource that puts an object into a store.
func sheet(store, name, value string) shape {
	return shape{kind: kindStored, store: store, name: "", vars: []vars{{form: jsonForm, name: name, path: value}}}
}

// Kinds of consumers. Where a command line delivers to the same place, the word is the same.
const (
	kindStored        = "secret" // an entry of a store, of a CI or of a platform
	kindLambda        = "lambda"
	kindECS           = "ecs"
	kindBatch         = "batch"
	kindAppRunner     = "app-runner"
	kindBeanstalk     = "elastic-beanstalk"
	kindCodeBuild     = "codebuild"
	kindAmplify       = "amplify"
	kindCloudRun      = "cloud-run"
	kindFunction      = "function"
	kindAppEngine     = "app-engine"
	kindAppService    = "app-service"
	kindContainerApp  = "container-app"
	kindInstance      = "container-instance"
	kindContainer     = "container"
	kindSwarm         = "swarm"
	kindHeroku        = "heroku"
	kindVercel        = "vercel"
	kindNetlify       = "netlify"
	kindWorker        = "worker"
	kindPages         = "pages"
	kindFly           = "fly"
	kindRailway       = "railway"
	kindRender        = "render"
	kindAppPlatform   = "app-platform"
	kindScaleway      = "scaleway"
	kindNomad         = "nomad"
	kindServerlessJob = "job"
)

// shapes are all tables in one.
var shapes = sync.OnceValue(func() map[string]shape {
	out := map[string]shape{}
	for _, table := range []map[string]shape{awsShapes(), googleShapes(), azureShapes(), platformShapes(), storeShapes()} {
		maps.Copy(out, table)
	}
	return out
})

// shapeOf is the shape of a type of resource.
func shapeOf(name string) (shape, bool) {
	s, ok := shapes()[name]
	return s, ok
}
