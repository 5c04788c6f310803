// Package azure reads azure-pipelines.yml and follows the jobs that deploy.
//
// A pipeline is read in two steps. First its templates are put together: everything between
// ${{ and }}, with parameters and the variables of the file. Then jobs run, each on an agent
// of its own, with variables of the root, the stage and the job, of which the innermost wins,
// and with what steps set by ##vso[task.setvariable]. Before a task starts, $(NAME) is
// replaced in its inputs and in its `env:`; what is no variable stays as it is. Scripts find
// every variable that is no secret in their environment, in upper case, and it wins over the
// step's own `env:` (the agent adds it last). A variable that a secret went into is a secret.
//
// Assumptions:
//   - A job that is asked for runs: its condition keeps it from being followed only when it is
//     certainly false. Jobs before it have succeeded.
//   - A group of variables may set any variable that is defined in front of it, or further out:
//     what keyfit.yaml binds is what it sets, or what keyfit's own step finds in a job with the
//     same groups and definitions. The name of an environment is what the file says.
//   - A parameter that nobody gives may be any of its values, unless the run is none that somebody
//     starts by hand.
//   - Scripts run on Linux, unless the image or the name of the pool says Windows.
//   - Tasks that are not known set no variable that the file sets. What commands print sets
//     none, unless the text of the script says so.
//   - A deployment job finds the repository, also where it does not check it out.
//   - $(name) in a script of the shell is a variable, unless the name is that of a well-known
//     command or of a function of the script.
//   - A value that is not known is one word, as everywhere in texts that are put together.
package azure

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// Name is the file that most pipelines stand in.
const Name = "azure-pipelines.yml"

// The limits of one run.
const (
	maxWork      = 60_000 // nodes that are expanded
	maxItems     = 2_000  // of one list
	maxTemplates = 100    // files (pipelines/process/templates: at most 100)
	maxDepth     = 20     // templates within templates, and jobs that wait for each other
	maxCells     = 256    // of one matrix
	maxPrinted   = 1 << 20
)

// Finds lists the pipeline files of a repository whose root is dir: those in the root, and
// those in the directories that are usual.
func Finds(files repo.Files, dir string) []string {
	var out []string
	for _, sub := range []string{"", ".azure-pipelines", ".azuredevops", "azure-pipelines", ".pipelines", "pipelines", ".ado"} {
		infos, err := files.List(path.Join(dir, sub))
		if err != nil {
			continue
		}
		for _, info := range infos {
			if ext := path.Ext(info.Name); info.Dir || ext != ".yml" && ext != ".yaml" {
				continue
			}
			if sub != "" || strings.HasPrefix(info.Name, "azure-pipeline") || strings.HasPrefix(info.Name, ".azure-pipeline") {
				out = append(out, path.Join(dir, sub, info.Name))
			}
		}
	}
	return out
}

// reader reads one pipeline.
type reader struct {
	files     repo.Files
	in        pipeline.Step
	host      pipeline.Host
	out       pipeline.Result
	work      int
	full      bool
	chains    int // conditions so far
	templates int
	loaded    map[string]*tree.Node
	told      map[model.Problem]bool
}

func newReader(files repo.Files, in pipeline.Step, host pipeline.Host) *reader {
	if in.File.Value == "" {
		in.File.Value = Name
	}
	return &reader{files: files, in: in, host: host, loaded: map[string]*tree.Node{}, told: map[model.Problem]bool{}}
}

// fail tells of a mistake, once: a template may be put in many times.
func (r *reader) fail(at pos.Span, fix, format string, args ...any) {
	p := model.Problem{At: at, Message: fmt.Sprintf(format, args...), Fix: fix}
	if !r.told[p] {
		r.told[p] = true
		r.out.Problems = append(r.out.Problems, p)
	}
}

func (r *reader) doubt(v model.Value) {
	if r.out.Doubt == nil {
		r.out.Doubt = &v
	}
}

func (r *reader) hop(at pos.Span, what string) model.Hop {
	return model.Hop{At: at, Kind: model.KindAzure, What: what}
}

func (r *reader) step(at pos.Span) bool {
	if r.work++; r.work <= maxWork {
		return true
	}
	if !r.full {
		r.full = true
		r.fail(at, "split the pipeline up", "the pipeline expands to more than can be followed")
		r.doubt(model.UnknownBecause(model.WhyLimit, "a smaller pipeline", model.Trail{}))
	}
	return false
}

// load reads a file once.
func (r *reader) load(name string) *tree.Node {
	if n, ok := r.loaded[name]; ok {
		return n
	}
	n, problems := tree.Load(r.files, name)
	r.out.Problems = append(r.out.Problems, problems...)
	r.loaded[name] = n
	return n
}

// Run follows the jobs that in names, or else all that deploy to its environment.
func Run(ctx context.Context, in pipeline.Step, host pipeline.Host) (pipeline.Result, error) {
	r := newReader(in.Files, in, host)
	p := r.plan()
	if p == nil {
		r.doubt(model.UnknownBecause(model.WhyMissingFile, "the pipeline "+strict.Path(r.in.File.Value), model.Trail{}))
		return r.done(), nil
	}
	run := &run{reader: r, plan: p, outputs: map[*job]map[string]model.Value{}, busy: map[*job]bool{}, context: ctx}
	run.findOwn()
	for _, j := range run.choose() {
		if err := run.job(ctx, j, false); err != nil {
			return pipeline.Result{}, err
		}
	}
	if run.failed != nil {
		return pipeline.Result{}, run.failed
	}
	return r.done(), nil
}

func (r *reader) done() pipeline.Result {
	r.out.Problems = model.SortProblems(r.out.Problems)
	return r.out
}
