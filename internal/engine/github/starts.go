package github

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/secret"
)

// starts lists the ways in which a workflow may be started, as far as they may decide about
// its jobs.
func starts(w *workflow) []pipeline.Step {
	var out []pipeline.Step
	add := func(s pipeline.Step) {
		if len(out) < maxVariants {
			out = append(out, s)
		}
	}
	for _, event := range w.on.events {
		switch event {
		case "workflow_dispatch":
			continue
		case "push":
			for _, branch := range w.likelyBranches() {
				add(pipeline.Step{Event: event, Branch: branch})
			}
			if len(w.on.tags) > 0 {
				add(pipeline.Step{Event: event, Tag: strings.NewReplacer("**", "1", "*", "1").Replace(w.on.tags[0])})
			}
		default:
			add(pipeline.Step{Event: event})
		}
	}
	if w.on.has("workflow_dispatch") {
		for _, inputs := range combinations(w.on.dispatch) {
			for _, branch := range w.namedBranches() {
				add(pipeline.Step{Event: "workflow_dispatch", Inputs: inputs, Branch: branch})
			}
		}
	}
	return out
}

var (
	headRef   = lazy.Regexp(`refs/heads/([A-Za-z0-9][A-Za-z0-9._/-]*)`)
	shortName = lazy.Regexp(`ref_name\s*==\s*'([A-Za-z0-9][A-Za-z0-9._/-]*)'|'([A-Za-z0-9][A-Za-z0-9._/-]*)'\s*==\s*github\.ref_name`)
)

// namedBranches are those that expressions of the file compare with; one that is not known
// when there are none.
func (w *workflow) namedBranches() []string {
	var out []string
	for _, m := range append(headRef().FindAllStringSubmatch(w.text, 20), shortName().FindAllStringSubmatch(w.text, 20)...) {
		name := strings.Join(m[1:], "")
		if name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		return []string{""}
	}
	return out
}

// likelyBranches are those of which a push starts the workflow.
func (w *workflow) likelyBranches() []string {
	if w.on.onlyTags {
		return nil
	}
	var out []string
	patterns := false
	for _, b := range w.on.branches {
		if strings.ContainsAny(b, "*?[!+") {
			patterns = true
			continue
		}
		out = append(out, b)
	}
	if len(w.on.branches) == 0 || patterns {
		for _, b := range w.namedBranches() {
			if !slices.Contains(out, b) && !slices.Contains(w.on.ignored, b) {
				out = append(out, b)
			}
		}
	}
	return out
}

// combinations lists the inputs that a run may be started with: every option of a choice,
// and the default of anything else.
func combinations(declared []input) []map[string]model.Value {
	out := []map[string]model.Value{{}}
	for _, in := range declared {
		options := in.options
		if in.kind == "boolean" {
			options = []string{"true", "false"}
		}
		if fallback, ok := literal(in.fallback); ok && len(options) > 0 {
			options = append([]string{fallback}, slices.DeleteFunc(slices.Clone(options), func(o string) bool { return o == fallback })...)
		}
		if len(options) == 0 || len(out)*len(options) > maxVariants {
			continue
		}
		var next []map[string]model.Value
		for _, option := range options {
			for _, have := range out {
				more := map[string]model.Value{in.name: {State: model.Known, Text: secret.New(option)}}
				for name, v := range have {
					more[name] = v
				}
				next = append(next, more)
			}
		}
		out = next
	}
	return out
}
