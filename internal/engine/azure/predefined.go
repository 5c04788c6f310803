package azure

import (
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

var camelWord = lazy.Regexp(`[A-Z]?[a-z]+|[A-Z]+`)

// shown repeats the name of a variable for people, but nothing that may be a key. Names like
// apiKey are usual here: words of three letters or more, each with a capital letter.
func shown(name string) string {
	words := camelWord().FindAllString(name, -1)
	short := func(w string) bool {
		return len(w) < 3 && !slices.Contains([]string{"my", "is", "id", "to", "db", "ip", "vm", "qa", "kv", "rg", "sp", "ui", "by", "of"}, strings.ToLower(w))
	}
	if strings.Join(words, "") == name && len(words) < 6 && !slices.ContainsFunc(words, short) && strict.IsName(strings.Join(words, "-")) {
		return strconv.Quote(name)
	}
	return strict.Name(name)
}

// directories are variables whose value is the checkout on the agent
// (pipelines/build/variables).
func directories() []string {
	return []string{"build.sourcesdirectory", "system.defaultworkingdirectory", "build.repository.localpath"}
}

// ofWholeRun lists variables that are the same in every job of a run.
func ofWholeRun() []string {
	return []string{
		"build.buildid", "build.buildnumber", "build.builduri", "build.definitionname", "build.definitionversion", "build.queuedby", "build.queuedbyid",
		"build.reason", "build.repository.id", "build.repository.name", "build.repository.provider", "build.repository.uri", "build.requestedfor",
		"build.requestedforemail", "build.requestedforid", "build.sourcebranch", "build.sourcebranchname", "build.sourceversion",
		"build.sourceversionauthor", "build.sourceversionmessage", "build.containerid", "build.cronschedule.displayname", "system.collectionid", "system.collectionuri",
		"system.definitionid", "system.definitionname", "system.hosttype", "system.teamproject", "system.teamprojectid", "system.teamfoundationcollectionuri",
		"system.pullrequest.pullrequestid", "system.pullrequest.pullrequestnumber", "system.pullrequest.sourcebranch", "system.pullrequest.targetbranch",
		"system.pullrequest.isfork", "system.pullrequest.targetbranchname", "system.pullrequest.sourcerepositoryuri", "system.pullrequest.sourcecommitid",
	}
}

// prefixes of variables that the system alone sets.
func prefixes() []string {
	return []string{"agent.", "build.", "system.", "pipeline.", "environment.", "strategy.", "release.", "resources.", "checks.", "common.", "task.", "tf_build"}
}

// isPredefined reports whether a name belongs to the system.
func isPredefined(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(prefixes(), func(p string) bool { return strings.HasPrefix(name, p) })
}

// predefined is a variable that the system sets; ok is false for any other name.
func (r *reader) predefined(name string, at pos.Span) (model.Value, bool) {
	lower := strings.ToLower(name)
	if !isPredefined(lower) {
		return model.Value{}, false
	}
	known := func(text string) (model.Value, bool) {
		return model.KnownText(text, model.Hop{At: r.in.At, Kind: model.KindAzure, What: "variable " + name + " of Azure Pipelines"}), true
	}
	ref, short := r.ref()
	switch {
	case lower == "tf_build":
		return known("True")
	case lower == "build.sourcebranch" && ref != "":
		return known(ref)
	case lower == "build.sourcebranchname" && ref != "":
		return known(short)
	case lower == "build.reason" && r.in.Event != "":
		return known(r.in.Event)
	case slices.Contains(directories(), lower):
		v := r.ofRun("the directory "+shown(name), at)
		v.InRepo = "."
		return v, true
	}
	if r.in.Run.Inside && slices.Contains(ofWholeRun(), lower) {
		if v := r.in.Run.Env.Get(environmentName(name)); v.State == model.Known {
			return v, true
		}
	}
	return r.ofRun("the variable "+shown(name), at), true
}

// ref is the branch or tag that is deployed, in the form of git, and its last part.
func (r *reader) ref() (full, short string) {
	switch {
	case r.in.Tag != "" && r.in.Branch == "":
		full = "refs/tags/" + strings.TrimPrefix(r.in.Tag, "refs/tags/")
	case r.in.Branch != "":
		full = r.in.Branch
		if !strings.HasPrefix(full, "refs/") {
			full = "refs/heads/" + full
		}
	}
	return full, full[strings.LastIndexByte(full, '/')+1:]
}

func (r *reader) ofRun(what string, at pos.Span) model.Value {
	return model.UnknownBecause(model.WhyInput, what+", which the run of the pipeline knows", model.Trail{}.Append(r.hop(at, what)))
}

// environmentName is the name that a variable has in the environment of a task.
func environmentName(name string) string {
	return strings.ToUpper(strings.NewReplacer(".", "_", " ", "_").Replace(name))
}

// inEnvironment lists the variables of the system that scripts find.
func inEnvironment() []string {
	return append([]string{
		"TF_BUILD", "Agent.BuildDirectory", "Agent.HomeDirectory", "Agent.Id", "Agent.JobName", "Agent.JobStatus", "Agent.MachineName", "Agent.Name", "Agent.OS",
		"Agent.OSArchitecture", "Agent.TempDirectory", "Agent.ToolsDirectory", "Agent.WorkFolder", "Build.ArtifactStagingDirectory", "Build.BinariesDirectory",
		"Build.StagingDirectory", "Common.TestResultsDirectory", "Environment.Id", "Environment.Name", "Environment.ResourceId", "Environment.ResourceName",
		"Pipeline.Workspace", "System.JobAttempt", "System.JobDisplayName", "System.JobId", "System.JobName", "System.PhaseName",
		"System.PlanId", "System.StageName", "System.StageAttempt", "System.StageDisplayName", "System.TimelineId",
	}, ofWholeRun()...)
}
