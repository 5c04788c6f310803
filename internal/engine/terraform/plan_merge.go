package terraform

import (
	"fmt"

	"github.com/keyfit/keyfit/internal/model"
)

// Merge gives what a plan delivers the journeys of the configuration that it was made from.
// The values are those of the plan. Where both know a value and agree, it has the journey
// through the configuration; where they differ, a problem says so.
//
// sameInputs says that the configuration was evaluated with the workspace and the variables
// of the plan (see [PlanArgs]). Then the configuration also tells what the plan leaves open:
// terraform shows a text as unknown when any part of it is.
func Merge(planned, configuration Result, sameInputs bool) Result {
	type key struct{ kind, workload, container string }
	of := func(c model.Consumer) key { return key{c.Kind, c.Workload, c.Container} }
	beside := map[key]*model.Consumer{}
	for i, c := range configuration.Consumers {
		beside[of(c)] = &configuration.Consumers[i]
	}
	m := merging{same: sameInputs && configuration.Doubt == nil}
	out := planned
	out.Consumers = nil
	seen := map[key]bool{}
	for _, c := range planned.Consumers {
		seen[of(c)] = true
		if other := beside[of(c)]; other != nil {
			c = m.consumer(c, *other)
		}
		out.Consumers = append(out.Consumers, c)
	}
	if m.same && m.differ == 0 {
		out.Consumers = opened(out.Consumers, configuration.Consumers, func(c model.Consumer) bool { return seen[of(c)] })
	}
	out.Problems = model.SortProblems(append(out.Problems, m.problems...))
	return out
}

// opened replaces consumers of which the plan does not even know the containers by those
// that the configuration tells.
func opened(planned, configuration []model.Consumer, seen func(model.Consumer) bool) []model.Consumer {
	var out []model.Consumer
	for _, c := range planned {
		var instead []model.Consumer
		if c.Container == "" && c.Env.Len() == 0 && c.Env.Rest().State == model.Unknown {
			for _, other := range configuration {
				if other.Kind == c.Kind && other.Workload == c.Workload && other.Container != "" && !seen(other) {
					instead = append(instead, other)
				}
			}
		}
		if len(instead) == 0 {
			instead = []model.Consumer{c}
		}
		out = append(out, instead...)
	}
	return out
}

type merging struct {
	same     bool
	differ   int
	problems []model.Problem
}

func (m *merging) consumer(c, beside model.Consumer) model.Consumer {
	c.At = beside.At
	vars := map[string]model.Value{}
	for name, v := range c.Env.All() {
		vars[name] = v
		if beside.Env.Has(name) {
			vars[name] = m.value(c, name, v, beside.Env.Get(name))
		}
	}
	open := c.Env.Rest().State == model.Unknown
	for name, v := range beside.Env.All() {
		if _, ok := vars[name]; ok || !open {
			continue
		}
		if !m.same && v.State != model.Unknown {
			rest := c.Env.Rest()
			v = model.UnknownBecause(rest.Why, rest.Needs, v.Trail)
		}
		vars[name] = v
	}
	env := model.NewEnv(vars)
	if open {
		rest := c.Env.Rest()
		if m.same && rest.Needs == planReference {
			rest = beside.Env.Rest()
		}
		if rest.State == model.Unknown {
			env = env.WithRest(rest)
		}
	}
	c.Env = env
	return c
}

// value joins what both say of one variable.
func (m *merging) value(c model.Consumer, name string, plan, beside model.Value) model.Value {
	switch {
	case plan.State == model.Known && beside.State == model.Known && plan.Text.Equal(beside.Text):
		return beside
	case plan.State == model.Known && beside.State == model.Known:
		m.differ++
		m.problems = append(m.problems, model.Problem{
			At:      plan.Trail.At(),
			Message: fmt.Sprintf("the plan gives %s of %s another value than the configuration beside it", shownName(name), shownName(c.Workload)),
			Fix:     "make the plan anew, or give the step the workspace and the variables of the plan",
		})
		return plan
	case plan.State == model.Unknown && m.same && beside.State == model.Known:
		return beside
	case plan.State == model.Unknown && beside.State == model.Unknown && !beside.Trail.IsEmpty():
		return beside
	}
	return plan
}
