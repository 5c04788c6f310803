package github

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// pairs delivers inputs of NAME=value lines, those for one workload together.
func (r *stepRun) pairs(list []pairs, with []assignment) {
	var out []model.Consumer
	for _, p := range list {
		v, given := input1(with, p.input)
		if !given || !r.chosen {
			continue
		}
		workload := r.workload(p.workload, with)
		i := slices.IndexFunc(out, func(c model.Consumer) bool { return c.Kind == p.kind && c.Workload == workload })
		if i < 0 {
			env := model.Env{}.WithRest(model.UnknownBecause(model.WhyRemoteState, "what the workload had before", model.Trail{}))
			i, out = len(out), append(out, model.Consumer{Kind: p.kind, Workload: workload, At: r.step.at, Env: env})
		}
		switch {
		case p.json:
			out[i].Env = r.jsonPairs(out[i].Env, v)
		case p.names:
			out[i].Env = r.named(out[i].Env, v)
		default:
			out[i].Env = r.linePairs(out[i].Env, v, p)
		}
	}
	for _, c := range out {
		r.deliver(c)
	}
}

// workload is the name of what receives the variables: the first line of an input.
func (r *stepRun) workload(name string, with []assignment) string {
	if fixed, ok := strings.CutPrefix(name, "="); ok {
		return fixed
	}
	if v, ok := input1(with, name); ok {
		if first := lines(v); len(first) > 0 && first[0].State == model.Known {
			return first[0].Text.Reveal()
		}
	}
	return r.label()
}

// named delivers variables of the step by their names.
func (r *stepRun) named(env model.Env, list model.Value) model.Env {
	all := r.environment()
	for _, line := range lines(list) {
		if line.State != model.Known {
			env = env.WithRest(line)
			continue
		}
		name := line.Text.Reveal()
		env = env.With(name, all.Get(name).Via(r.hop("passed on by "+called(r.name))))
	}
	return env
}

func (r *stepRun) linePairs(env model.Env, v model.Value, p pairs) model.Env {
	t := stitch(v)
	if t.all != nil {
		return env.WithRest(*t.all)
	}
	for at, next := 0, 0; at < len(t.text); at = next {
		var line string
		line, next = t.line(at)
		name, raw, ok := strings.Cut(line, "=")
		from := at + len(name) + 1
		switch name = strings.TrimSpace(name); {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(name, "#") && p.commas:
		case !ok || hasMark(name):
			env = env.WithRest(model.UnknownBecause(model.WhyUnsupported, "a line of NAME=value", v.Trail))
		default:
			env = env.With(name, r.pair(p, t.slice(trimmed(t.text, from, at+len(line))), raw))
		}
	}
	return env
}

// trimmed takes the blanks off both ends of a stretch.
func trimmed(text string, from, to int) (int, int) {
	s := text[from:to]
	from += len(s) - len(strings.TrimLeft(s, " \t\r"))
	return from, max(from, from+len(strings.TrimSpace(s)))
}

// pair is one value of a list. What the action would take apart, or look up, is not known.
func (r *stepRun) pair(p pairs, v model.Value, raw string) model.Value {
	switch {
	case p.refs:
		return model.UnknownBecause(model.WhyRemoteState, "the entry that it refers to", v.Trail)
	case p.commas && strings.ContainsAny(raw, `,\"'`), strings.Contains(raw, `"`):
		return model.UnknownBecause(model.WhyUnsupported, "how the action reads quotes, commas and backslashes", v.Trail)
	case p.lookup && v.State == model.Known:
		return r.environment().Get(v.Text.Reveal()).Via(r.hop("passed on by " + called(r.name)))
	}
	return v
}

// jsonPairs reads a list of {name, value}.
func (r *stepRun) jsonPairs(env model.Env, v model.Value) model.Env {
	if v.State != model.Known {
		return env.WithRest(v)
	}
	var n yaml.Node
	if err := unmarshal([]byte(v.Text.Reveal()), &n); err != nil || len(n.Content) == 0 || n.Content[0].Kind != yaml.SequenceNode {
		r.problem(r.step.at, "write it as [{\"name\": …, \"value\": …}]", "an input of step %s is not a list of names and values in JSON", strict.Name(r.name))
		return env
	}
	for _, item := range n.Content[0].Content {
		name, value := find(item, "name"), find(item, "value")
		if name == nil || value == nil || value.Kind != yaml.ScalarNode {
			continue
		}
		env = env.With(name.Value, model.Value{State: model.Known, Text: secretText(value.Value), Trail: v.Trail})
	}
	return env
}
