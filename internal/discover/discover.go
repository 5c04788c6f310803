// Package discover tells environments and their deploy paths from the files of a repository
// that has no keyfit.yaml. Whatever it found, and whatever it left out and why, is in its
// notes.
//
// A pipeline says what happens, so the jobs that deploy to an environment are its deploy
// path, and nothing else is added. For an environment that no pipeline names there are the
// conventions, in this order: values files of charts, overlays of kustomize, files of
// variables of Terraform, and .env files, which come last so that no other step finds what
// they set.
//
// Two spellings of one stage (prod and production) are one environment when no kind of file
// uses both of them; otherwise they are two. The pipelines' spelling is kept, or else that
// of the first kind in the order above.
//
// Services of a monorepo share the environments: one has the steps of all services in the
// order of their names. A service that makes a Kubernetes object which another one makes
// too is left out, since each would receive what the other one set.
package discover

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// Default is the environment of a repository that names none.
const Default = "default"

// The limits of what is taken from one repository.
const (
	maxEnvironments = 100
	maxSteps        = 200 // of one environment
	maxNotes        = 200
)

// Found is a configuration as it could have been written, and what led to it.
type Found struct {
	Config *config.File
	Notes  []string // one line each, for people
}

// Environments discovers from the directory start, slash-separated and relative to the
// repository's root: what lies in it and below. There is always at least one environment;
// when nothing names one, it is one that holds just what keyfit's own process holds.
func Environments(files repo.Files, start string) Found {
	d := &discovery{
		files: files, dir: path.Clean(start),
		found: Found{Config: &config.File{Version: 1, Environments: map[string]*config.Environment{}}},
	}
	d.walk()
	d.pipelines()
	d.dotenv()
	d.charts()
	d.overlays()
	d.terraform()
	d.build()
	d.others()
	if d.unsaid > 0 {
		d.found.Notes = append(d.found.Notes, fmt.Sprintf("%d further notes are left out", d.unsaid))
	}
	return d.found
}

type discovery struct {
	files repo.Files
	dir   string
	dirs  []string              // in the order of the walk, relative to dir
	in    map[string]*directory // by their path relative to dir

	sources []source
	loose   []source          // jobs that deploy, to nobody knows where
	common  bool              // there is a file .env
	loaders map[string]string // which script loads a .env file
	found   Found
	unsaid  int
}

// kind is which files tell of an environment, the strongest first.
type kind uint8

const (
	ofPipelines kind = iota
	ofCharts
	ofOverlays
	ofTerraform
	ofDotenv
)

// source is one way in which files tell of an environment.
type source struct {
	kind        kind
	environment string // as it is spelled there
	unit        string // the service that it belongs to
	step        config.Step
	from        string // for notes
	objects     func() []string
}

func (d *discovery) note(format string, args ...any) {
	if len(d.found.Notes) >= maxNotes {
		d.unsaid++
		return
	}
	text := strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return '?' // a file may be called like that
		}
		return c
	}, fmt.Sprintf(format, args...))
	d.found.Notes = append(d.found.Notes, text)
}

// at is a path with its place.
func (d *discovery) at(name string) strict.At[string] {
	return strict.At[string]{Value: name, Span: d.span(name)}
}

func (d *discovery) span(name string) pos.Span { return pos.Span{File: path.Join(d.dir, name)} }

// build makes the environments.
func (d *discovery) build() {
	d.spellings()
	byName := map[string][]source{}
	for _, s := range d.sources {
		byName[s.environment] = append(byName[s.environment], s)
	}
	names := slices.Sorted(maps.Keys(byName))
	if len(names) > maxEnvironments {
		d.note("only the first %d of %d environments were taken; write keyfit.yaml to choose", maxEnvironments, len(names))
		names = names[:maxEnvironments]
	}
	for _, name := range names {
		d.environment(name, byName[name])
	}
	if len(names) == 0 {
		d.fallback()
		return
	}
	for _, s := range d.loose {
		d.note("%s deploys, but nothing says to which environment, so it is left out; add it to one in keyfit.yaml", s.from)
	}
}

// environment makes one environment out of its sources.
func (d *discovery) environment(name string, all []source) {
	chosen := d.taken(name, all)
	if len(chosen) > maxSteps {
		d.note("environment %q: only the first %d of %d steps were taken", name, maxSteps, len(chosen))
		chosen = chosen[:maxSteps]
	}
	env := &config.Environment{}
	var from []string
	for _, s := range chosen {
		env.Deploy = append(env.Deploy, s.step)
		env.At = s.step.At
		from = append(from, s.from)
	}
	d.found.Config.Environments[name] = env
	d.note("environment %q from %s", name, strings.Join(slices.Compact(from), "; "))
}

// taken are the sources of an environment that become steps: the pipelines' jobs, or
// without any what the conventions tell.
func (d *discovery) taken(name string, all []source) []source {
	var jobs, rest []source
	for _, s := range all {
		if s.kind == ofPipelines {
			jobs = append(jobs, s)
		} else {
			rest = append(rest, s)
		}
	}
	if len(jobs) == 0 {
		return d.apart(name, all)
	}
	if systems := systemsOf(jobs); len(systems) > 1 {
		d.note("environment %q: pipelines of %d CI systems deploy to it, and all of their jobs are taken; remove those that are no longer used", name, len(systems))
	}
	if len(rest) > 0 {
		d.note("environment %q: the pipeline says how it is deployed, so %s is no step of its own", name, listed(fromOf(rest)))
	}
	return jobs
}

// systemsOf lists the CI systems of jobs.
func systemsOf(jobs []source) map[string]bool {
	out := map[string]bool{}
	for _, s := range jobs {
		p, _ := s.step.Pipeline()
		out[p.System] = true
	}
	return out
}

func fromOf(sources []source) []string {
	var out []string
	for _, s := range sources {
		out = append(out, s.from)
	}
	return out
}

// listed names a few of many.
func listed(names []string) string {
	const few = 3
	if len(names) <= few {
		return strings.Join(names, "; ")
	}
	return fmt.Sprintf("%s; and %d more", strings.Join(names[:few], "; "), len(names)-few)
}

// fallback is the one environment of a repository that names none.
func (d *discovery) fallback() {
	env := &config.Environment{}
	d.found.Config.Environments[Default] = env
	switch {
	case len(d.loose) > 0:
		var from []string
		for _, s := range d.loose[:min(len(d.loose), maxSteps)] {
			env.Deploy, env.At = append(env.Deploy, s.step), s.step.At
			from = append(from, s.from)
		}
		d.note("environment %q from %s: nothing says what it is called", Default, strings.Join(from, "; "))
	case d.common:
		s := d.layers([]string{common})
		env.Deploy, env.At = []config.Step{s.step}, s.step.At
		d.note("environment %q from %s", Default, s.from)
	default:
		d.note("neither a pipeline nor a .env file nor another convention names an environment: %q holds what this process holds", Default)
	}
}
