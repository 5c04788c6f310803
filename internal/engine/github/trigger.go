package github

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// trigger is what starts a workflow.
type trigger struct {
	events   []string // in order
	dispatch []input  // of workflow_dispatch
	call     []input  // of workflow_call
	secrets  []strict.At[string]
	required map[string]bool // of the secrets
	outputs  []output
	branches []string // literal names and patterns of push; nil: any
	ignored  []string
	tags     []string
	onlyTags bool // push is for tags alone
}

// input is one input of a workflow or an action.
type input struct {
	name     string
	at       pos.Span
	kind     string // string, boolean, number, choice, environment
	fallback *yaml.Node
	options  []string
	required bool
}

// output is one output of a workflow that is called, or of an action.
type output struct {
	name  string
	at    pos.Span
	value *yaml.Node
}

func (t trigger) has(event string) bool { return slices.Contains(t.events, event) }

// only is the event that starts the workflow, when there is but one.
func (t trigger) only() string {
	if len(t.events) == 1 {
		return t.events[0]
	}
	return ""
}

func (w *workflow) readTrigger(n *yaml.Node) trigger {
	t := trigger{required: map[string]bool{}}
	if text, ok := literal(n); ok {
		t.events = []string{text}
	}
	for _, item := range w.items(n) {
		if text, ok := literal(item); ok {
			t.events = append(t.events, text)
		}
	}
	for _, p := range w.pairs(n) {
		t.events = append(t.events, p.Key.Value)
		switch p.Key.Value {
		case "workflow_dispatch":
			t.dispatch = w.readInputs(find(p.Value, "inputs"))
		case "workflow_call":
			t.call = w.readInputs(find(p.Value, "inputs"))
			t.outputs = readOutputs(w.document, find(p.Value, "outputs"))
			w.readSecrets(&t, find(p.Value, "secrets"))
		case "push":
			t.branches, t.ignored = w.words(find(p.Value, "branches")), w.words(find(p.Value, "branches-ignore"))
			t.tags = w.words(find(p.Value, "tags"))
			t.onlyTags = len(t.tags) > 0 && len(t.branches)+len(t.ignored) == 0
		}
	}
	return t
}

func (w *workflow) readSecrets(t *trigger, n *yaml.Node) {
	for _, p := range w.pairs(n) {
		t.secrets = append(t.secrets, strict.At[string]{Value: p.Key.Value, Span: w.span(p.Key)})
		if text, _ := literal(find(p.Value, "required")); text == "true" {
			t.required[strings.ToLower(p.Key.Value)] = true
		}
	}
}

func (w *workflow) readInputs(n *yaml.Node) []input { return readInputs(w.document, n) }

func readInputs(d *document, n *yaml.Node) []input {
	var out []input
	for _, p := range d.pairs(n) {
		in := input{name: p.Key.Value, at: d.span(p.Key), kind: "string", fallback: find(p.Value, "default")}
		if kind, ok := literal(find(p.Value, "type")); ok {
			in.kind = kind
		}
		text, _ := literal(find(p.Value, "required"))
		in.required = text == "true"
		for _, option := range d.items(find(p.Value, "options")) {
			if text, ok := literal(option); ok {
				in.options = append(in.options, text)
			}
		}
		out = append(out, in)
	}
	return out
}

func readOutputs(d *document, n *yaml.Node) []output {
	var out []output
	for _, p := range d.pairs(n) {
		out = append(out, output{name: p.Key.Value, at: d.span(p.Key), value: find(p.Value, "value")})
	}
	return out
}

// words are the texts of a list, or of one scalar in its place.
func (w *workflow) words(n *yaml.Node) []string {
	if text, ok := literal(n); ok {
		return []string{text}
	}
	var out []string
	for _, item := range w.items(n) {
		if text, ok := literal(item); ok {
			out = append(out, text)
		}
	}
	return out
}

// find is the node that path leads to; nil when there is none.
func find(n *yaml.Node, path ...string) *yaml.Node {
	if n == nil {
		return nil
	}
	p, ok := strict.Find(n, path...)
	if !ok {
		return nil
	}
	return target(p.Value)
}

func findInput(list []input, name string) (input, bool) {
	for _, in := range list {
		if strings.EqualFold(in.name, name) {
			return in, true
		}
	}
	return input{}, false
}

func inputNames(list []input) []string {
	var out []string
	for _, in := range list {
		out = append(out, in.name)
	}
	return out
}
