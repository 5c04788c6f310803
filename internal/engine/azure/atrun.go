package azure

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
)

// atRun finds names for expressions of the run: conditions and $[ ].
type atRun struct{ *agent }

// at the roots of what is looked up stand nodes that only say so.
const (
	inVariables    = "\x00variables"
	inDependencies = "\x00dependencies"
	inStages       = "\x00stages"
)

func root(from string, at pos.Span) value {
	return value{kind: object, node: &node{kind: tree.Map, at: at, from: from}}
}

func (x atRun) look(name string, at pos.Span) (value, bool) {
	switch strings.ToLower(name) {
	case "variables":
		return root(inVariables, at), true
	case "dependencies":
		return root(inDependencies, at), true
	case "stagedependencies":
		return root(inStages, at), true
	case "pipeline", "resources", "environment", "strategy":
		return unknownValue(x.ofRun(strings.ToLower(name), at), at), true
	}
	return value{}, false
}

func (x atRun) index(of value, key string, at pos.Span) value {
	if of.kind != object || of.node == nil {
		return of
	}
	from := of.node.from
	switch {
	case from == inVariables:
		return x.variable(key, at)
	case from == inDependencies || from == inStages:
		return root(from+"\x00"+key, at)
	case strings.HasPrefix(from, inDependencies+"\x00") || strings.HasPrefix(from, inStages+"\x00"):
		return x.dependency(strings.Split(from, "\x00")[1:], key, at)
	}
	return member(of.node, key)
}

func (x atRun) variable(name string, at pos.Span) value {
	lower := strings.ToLower(name)
	if strings.EqualFold(name, "Agent.JobStatus") {
		return textValue(tree.Pasted("Succeeded", at))
	}
	e, ok := x.lookup(name, at, tree.Text{})
	if own, has := x.vars[lower]; has {
		e, ok = own, true
	}
	switch {
	case !ok || e.value.State == model.Absent:
		return value{kind: null}
	case x.server && strings.Contains(e.raw.String(), "$("):
		return unknownValue(x.ofRun("a variable that others are put into", at), at) // the server sees it without them
	}
	return textValue(tree.Of(e.value, at))
}

// dependency follows dependencies.JOB.outputs['step.NAME'], dependencies.JOB.result, the same
// of stages, and stageDependencies.STAGE.JOB.outputs['step.NAME'].
func (x atRun) dependency(path []string, key string, at pos.Span) value {
	full := append(path, key)
	kind, names := full[0], full[1:]
	last := names[len(names)-1]
	if strings.EqualFold(last, "result") {
		return textValue(tree.Pasted("Succeeded", at))
	}
	if len(names) >= 2 && strings.EqualFold(names[len(names)-2], "outputs") {
		return x.outputOf(kind, names[:len(names)-2], last, at)
	}
	if len(names) > 4 {
		return value{}
	}
	return root("\x00"+strings.Join(full, "\x00"), at)
}

func (x atRun) outputOf(kind string, names []string, key string, at pos.Span) value {
	unknown := unknownValue(x.ofRun("the output of a job", at), at)
	if kind == "stages" && len(names) == 2 {
		if j := x.find(names[0], names[1]); j != nil {
			return x.output(j, key, at)
		}
		return unknown
	}
	if kind != "dependencies" || len(names) != 1 {
		return unknown
	}
	if j := x.find(x.job.stage.name, names[0]); j != nil {
		return x.output(j, key, at)
	}
	// Conditions of stages see other stages, with the job in front of the step.
	if name, rest, ok := strings.Cut(key, "."); ok {
		if j := x.find(names[0], name); j != nil {
			return x.output(j, rest, at)
		}
	}
	return unknown
}

// find gives the job of a stage.
func (r *run) find(stage, name string) *job {
	for _, j := range r.plan.all() {
		if strings.EqualFold(j.stage.name, stage) && strings.EqualFold(j.name, name) {
			return j
		}
	}
	return nil
}

// status answers the functions that ask how earlier steps ended: the deploy that matters is
// the one that goes on.
func (x atRun) status(function string, _ pos.Span) (value, bool) {
	switch function {
	case "succeeded", "succeededorfailed", "always":
		return boolValue(true), true
	case "failed", "canceled":
		return boolValue(false), true
	}
	return value{}, false
}
