// Package pipeline holds what the readers of CI pipelines have in common: which part of a
// pipeline is followed, the scripts in it, and what a script leaves behind.
//
// A reader knows the language of its CI system: which variables a job has, what an
// expression says, which script runs with what. It follows no script itself; it asks its
// [Host], and goes on with what the script left.
package pipeline

import (
	"context"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// Step says which part of a pipeline is followed, and what is known of its run.
type Step struct {
	Files       *repo.Overlay
	Environment string            // the environment that is resolved, as keyfit.yaml calls it
	File        strict.At[string] // relative to the repository's root
	// Job names the job, stage or step; empty: all that deploy to Environment.
	Job strict.At[string]
	// Group is what the job stands in where a name alone does not say it: the workflow of
	// CircleCI, the stage of Azure, the section of Bitbucket ("branches/main").
	Group strict.At[string]
	// Inputs are what the run is started with, by name: inputs, parameters, variables of
	// the pipeline.
	Inputs map[string]model.Value
	Matrix map[string]string // which cell of a matrix; empty: all of them
	// Variables are files with the variables of the project, as GitLab's API lists them.
	Variables []strict.At[string]
	Branch    string // the branch or tag that is deployed; empty: not known
	Tag       string
	Event     string  // what starts the run, in the words of the CI system; empty: not known
	Run       Runtime // of keyfit's own process, when it runs in the same pipeline
	At        pos.Span
}

// Runtime is the environment of keyfit's own process: what the runner of a CI system says
// about the run that it is part of.
type Runtime struct {
	Env model.Env
	// Inside reports whether keyfit runs in a job of the CI system that is read: then the
	// variables that the system predefines for a whole run are those of Env.
	Inside bool
	// Inputs are what the run was started with by hand, by name, as far as the CI system tells.
	Inputs map[string]string
	// Chosen are the environments of keyfit.yaml that this run is about.
	Chosen []string
}

// Script is one script of a pipeline, as the runner would start it.
type Script struct {
	// Text is the script. A rune of the private use area from [Hole] on stands for the
	// value of that number in Holes: what an expression of the CI system was replaced by.
	Text      string
	Holes     []model.Value
	At        pos.Span
	Positions func(start, end int) pos.Span // of a stretch of Text in bytes; nil: all of it stands at At

	Shell string   // "bash", "sh", or the name of another one: pwsh, cmd, python, …
	Flags []string // options that the shell starts with: "-e", "-o", "pipefail"
	Args  []model.Value
	Env   model.Env
	Dir   string // relative to the repository's root
	// Channels are variables that hold the path of a new file each, such as GITHUB_ENV. What
	// is in the files behind the script is in [After]. The text of the path is not known.
	Channels []string
	// Root are variables that hold the absolute path of the checkout, when its text is not
	// known, such as GITHUB_WORKSPACE. They are set in the script.
	Root    []string
	Capture bool     // whether After.Output is asked for
	Files   []string // paths of which After.Files is asked for, relative to the repository's root
	Label   string   // "job/step"
	// Job tells jobs apart that run on machines of their own: the scripts of one share the
	// files that they write, and those of another begin with the checkout.
	Job string
	// Quiet says that only what the script leaves counts: who receives something in it is
	// no consumer of this environment.
	Quiet bool
	// Perhaps, when set, says why it is not certain that the script is run.
	Perhaps *model.Value
}

// Hole is the first rune that stands for a value within the text of a script.
const Hole rune = 0xF0000

// MaxHoles is how many values the text of one script may hold.
const MaxHoles = 0xFFF0

// After is what a script leaves.
type After struct {
	// Env is the environment at the end of the session, for the next part of the same one.
	Env model.Env
	// Channels holds the text of each file that was asked for: absent when nothing was
	// written to it.
	Channels map[string]model.Value
	// Output is what it prints on standard output, with its Parts; unknown when nobody can tell.
	Output model.Value
	// Files holds the text of each file that was asked for and that the script wrote, with its
	// Parts; absent for one that it removed.
	Files map[string]model.Value
}

// Host follows scripts for a reader, and gives it what is outside of the repository.
type Host interface {
	// Follow follows a script, with all that the tools it calls deliver. The error is that of
	// ctx, or keyfit's own; what is wrong with the script is the host's to tell.
	Follow(ctx context.Context, s Script) (After, error)
	// Input gives a value from outside by its name in keyfit.yaml: "secrets.NAME",
	// "vars.NAME", "credentials.ID" or the plain name of a variable. One that is bound to
	// nothing is unknown, because it is a secret of the CI system.
	Input(name string) model.Value
}

// Result is what a reader understood, beside what its scripts delivered.
type Result struct {
	Consumers []model.Consumer // steps that are no scripts: actions with their variables
	Problems  []model.Problem
	// Doubt, when set, says why there may be more than was followed.
	Doubt *model.Value
}

// Job is a part of a pipeline that deploys, or may deploy, as a file of the pipeline
// declares it.
type Job struct {
	Group, Name string // as of [Step]
	At          pos.Span
	// Environment is the environment that it names; empty when it names none.
	Environment string
	// Inputs are what the run has to be started with, and Matrix which cell it is, to be the
	// one that goes to Environment.
	Inputs, Matrix map[string]string
	Branch         string   // a branch that leads to the job, when only some do
	Needs          []string // jobs whose results it takes
	// Deploys reports whether something says that it deploys: an environment that is named,
	// a deploy tool in a script, or an action that deploys.
	Deploys bool
	// Unsure says in a few words why it may not be as it is told here; empty when nothing
	// speaks against it.
	Unsure string
}
