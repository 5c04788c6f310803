package discover

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// maxPipelines bounds how many pipeline files are read.
const maxPipelines = 200

// system is a CI system: which files are its pipelines, which jobs in them deploy, and what
// the step of a configuration is that runs one.
type system struct {
	finds func(files repo.Files, dir string) []string
	jobs  func(files repo.Files, name string) ([]pipeline.Job, []model.Problem)
	step  func(file strict.At[string], job pipeline.Job) config.Step
	// below says that a file of this name makes its directory one with pipelines of its own.
	below func(file string) bool
}

// pipelines finds the jobs that deploy.
func (d *discovery) pipelines() {
	read := 0
	for _, s := range systems() {
		for _, file := range d.pipelineFiles(s) {
			if read++; read > maxPipelines {
				d.note("only the first %d pipelines were looked at", maxPipelines)
				return
			}
			d.pipeline(s, file)
		}
	}
}

// pipelineFiles lists the files of one system, relative to the repository's root: those of
// the directory itself, and of those below it that have pipelines of their own.
func (d *discovery) pipelineFiles(s system) []string {
	files := s.finds(d.files, d.dir)
	for _, dir := range d.dirs {
		if dir != "." && s.below != nil && slices.ContainsFunc(d.in[dir].files, s.below) {
			files = append(files, s.finds(d.files, path.Join(d.dir, dir))...)
		}
	}
	var out []string
	for _, file := range files {
		if file = path.Clean(file); !slices.Contains(out, file) {
			out = append(out, file)
		}
	}
	return out
}

// pipeline takes the jobs of one file that deploy.
func (d *discovery) pipeline(s system, file string) {
	jobs, problems := s.jobs(d.files, file)
	switch len(problems) {
	case 0:
	case 1:
		d.note("%s: %s", problems[0].At, problems[0].Message)
	default:
		d.note("%s: %s (and %d more mistakes in this file)", problems[0].At, problems[0].Message, len(problems)-1)
	}
	seen := map[string]bool{}
	for _, job := range jobs {
		if !job.Deploys && job.Environment == "" {
			continue
		}
		job.Matrix = withoutKeys(job.Matrix)
		found := source{kind: ofPipelines, step: s.step(strict.At[string]{Value: d.relative(file), Span: pos.Span{File: file}}, job), from: d.jobName(file, job)}
		found.step.At = job.At
		if job.Unsure != "" {
			d.note("%s: %s", found.from, job.Unsure)
		}
		name, told := environmentOf(job, file)
		key := fmt.Sprint(name, job.Group, "\x00", job.Name, job.Branch, job.Inputs, job.Matrix)
		if seen[key] {
			continue
		}
		seen[key] = true
		switch {
		case slices.ContainsFunc([]string{name, job.Group, job.Name, job.Branch}, strict.HoldsKey):
			d.note("%s: a name in it looks like a key and is not written down, so it is left out", found.from)
		case !writable(job):
			d.note("%s: an input or a cell of its matrix has a name or a text that is not written down, so it is left out", found.from)
		case isDynamic(job.Environment):
			d.note("%s: its environment has another name in every run, so it is left out", found.from)
		case name == "" && job.Unsure != "": // said already
		case name == "":
			d.loose = append(d.loose, found)
		case !isEnvironmentName(name):
			d.note("%s: what it calls its environment cannot be the name of one, so it is left out", found.from)
		default:
			if told != "" {
				d.note("%s: %s says that it deploys to %s", found.from, told, strict.Name(name))
			}
			found.environment = name
			d.sources = append(d.sources, found)
		}
	}
}

var inputForm = lazy.Regexp(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// forKeys finds names under which keys are kept.
var forKeys = lazy.Regexp(`(?i)key|token|secret|passw|credential`)

// withoutKeys is a cell of a matrix without what may be a key, if anything else tells it
// from the others.
func withoutKeys(cell map[string]string) map[string]string {
	out := map[string]string{}
	for name, text := range cell {
		if !forKeys().MatchString(name) && !mayBeKey(text) {
			out[name] = text
		}
	}
	if len(out) == 0 {
		return cell
	}
	return out
}

// writable reports whether what a job is started with can stand in a configuration: its
// names have the form of names, and no text of it may be a key.
func writable(job pipeline.Job) bool {
	for _, given := range []map[string]string{job.Inputs, job.Matrix} {
		for name, text := range given {
			if !inputForm().MatchString(name) || len(text) > 200 || forKeys().MatchString(name) || mayBeKey(text) {
				return false
			}
		}
	}
	return true
}

// mayBeKey reports whether a text holds a long run that mixes letters and digits.
func mayBeKey(text string) bool {
	for run := range strings.FieldsFuncSeq(text, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
		if len(run) >= 12 && strings.ContainsFunc(run, unicode.IsLetter) && strings.ContainsFunc(run, unicode.IsDigit) {
			return true
		}
	}
	return false
}

// environmentOf is where a job deploys to, and what says so when the job itself does not. The
// name of a file is asked only if it speaks of a deploy, as in deploy-to-production.yml, and
// of nothing that is unsure about the job.
func environmentOf(job pipeline.Job, file string) (name, told string) {
	if job.Environment != "" {
		return job.Environment, ""
	}
	file = path.Base(file)
	if job.Unsure != "" || !tree.DeployName(file) {
		file = ""
	}
	for _, by := range []struct{ text, what string }{
		{job.Name, "its name"}, {job.Group, "what it stands in"}, {file, "the name of its file"}, {job.Branch, "its branch"},
	} {
		if stage := stageIn(by.text); stage != "" {
			return stage, by.what
		}
	}
	return "", ""
}

// relative is a path of the repository as it is written from the start.
func (d *discovery) relative(file string) string {
	if d.dir == "." {
		return file
	}
	if rest, ok := strings.CutPrefix(file, d.dir+"/"); ok {
		return rest
	}
	return strings.Repeat("../", strings.Count(d.dir, "/")+1) + file
}

// jobName is a job for notes.
func (d *discovery) jobName(file string, job pipeline.Job) string {
	text := strict.Path(file)
	if file == d.relative(file) {
		text = file
	}
	if job.Group != "" {
		text += " " + shown(job.Group)
	}
	if job.Name != "" {
		text += " " + shown(job.Name)
	}
	for _, given := range []map[string]string{job.Inputs, job.Matrix} {
		for _, name := range slices.Sorted(maps.Keys(given)) {
			text += " " + name + "=" + strings.Trim(strict.Name(given[name]), `"`)
		}
	}
	return text
}

// shown repeats the name of a job in quotes, but not one that may be a key: each of its words
// has to be one.
func shown(name string) string {
	for word := range strings.FieldsFuncSeq(name, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsPunct(c) || unicode.IsSymbol(c) }) {
		if !strict.IsName(word) && strings.ContainsFunc(word, func(c rune) bool { return c < unicode.MaxASCII && unicode.IsLetter(c) }) {
			return strict.Name(name)
		}
	}
	if len(name) > 100 {
		return strict.Name(name)
	}
	return strconv.Quote(name)
}

// variables are the inputs or the cell of a job, as a step of a configuration has them.
func variables(given map[string]string, at pos.Span) config.Variables {
	var out config.Variables
	for _, name := range slices.Sorted(maps.Keys(given)) {
		out = append(out, config.Assignment{Path: strict.At[string]{Value: name, Span: at}, Text: strict.At[string]{Value: given[name], Span: at}})
	}
	return out
}
