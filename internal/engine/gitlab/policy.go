package gitlab

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
)

// policy decides `only:` and `except:`, what there was before rules.
func (c *conditions) policy(only, except *node, byDefault bool) (truth, *model.Value) {
	t, why := isTrue, (*model.Value)(nil)
	switch {
	case only != nil:
		t, why = c.clauses(only, true)
	case byDefault:
		t, why = c.ofRefs([]string{"branches", "tags"})
	}
	if except != nil {
		u, reason := c.clauses(except, false)
		if u == perhaps && t == isTrue {
			why = reason
		}
		t = t.and(u.not())
	}
	return t, why
}

// clauses decides the parts of one policy: of `only` all have to hold, of `except` one is
// enough.
func (c *conditions) clauses(n *node, all bool) (truth, *model.Value) {
	if n.kind != mapping {
		return c.ofRefs(n.words())
	}
	result, why := truthOf(all), (*model.Value)(nil)
	add := func(t truth, reason *model.Value) {
		if t == perhaps {
			why = reason
		}
		if all {
			result = result.and(t)
		} else {
			result = result.or(t)
		}
	}
	if refs := n.get("refs"); refs != nil {
		add(c.ofRefs(refs.words()))
	}
	if vars := n.get("variables"); vars != nil {
		any, reason := isFalse, (*model.Value)(nil)
		for _, item := range vars.flat(maxNested) {
			t, r := c.condition(item)
			if any = any.or(t); t == perhaps {
				reason = r
			}
		}
		add(any, reason)
	}
	if changes := n.get("changes"); changes != nil {
		add(c.changes(changes))
	}
	if kubernetes := n.get("kubernetes"); kubernetes != nil {
		v := unset("whether a cluster is connected to the project")
		add(perhaps, &v)
	}
	return result, why
}

// sourceNames are the words for what starts a pipeline.
var sourceNames = map[string]string{
	"pushes": "push", "web": "web", "schedules": "schedule", "api": "api", "triggers": "trigger", "pipelines": "pipeline",
	"chat": "chat", "external": "external", "merge_requests": mergeRequest, "external_pull_requests": "external_pull_request_event",
}

// ofRefs reports whether one of the patterns stands for the branch, the tag or the source.
func (c *conditions) ofRefs(patterns []string) (truth, *model.Value) {
	result, why := isFalse, (*model.Value)(nil)
	for _, pattern := range patterns {
		t, reason := c.ofRef(pattern)
		if t == perhaps {
			why = reason
		}
		result = result.or(t)
	}
	return result, why
}

func (c *conditions) ofRef(pattern string) (truth, *model.Value) {
	path, held := "", isTrue
	if !strings.HasPrefix(pattern, "/") {
		pattern, path, _ = strings.Cut(pattern, "@")
	}
	var why *model.Value
	if path != "" {
		held, why = is(c.vars("CI_PROJECT_PATH"), func(s string) bool { return s == path })
	}
	t, reason := c.ofPattern(pattern)
	if t == perhaps {
		why = reason
	}
	return held.and(t), why
}

func (c *conditions) ofPattern(pattern string) (truth, *model.Value) {
	set := func(name string) (truth, *model.Value) { return is(c.vars(name), func(string) bool { return true }) }
	switch {
	case pattern == "branches":
		return set("CI_COMMIT_BRANCH")
	case pattern == "tags":
		return set("CI_COMMIT_TAG")
	case sourceNames[pattern] != "":
		return is(c.vars("CI_PIPELINE_SOURCE"), func(s string) bool { return s == sourceNames[pattern] })
	case regexpLike().MatchString(pattern):
		o := patternOutcome(pattern)
		if o.re == nil {
			return perhaps, nil
		}
		return is(c.vars("CI_COMMIT_REF_NAME"), func(s string) bool { return o.re.MatchString(s) })
	}
	return is(c.vars("CI_COMMIT_REF_NAME"), func(s string) bool { return s == pattern })
}

// is decides a question about a text of which not everything may be known.
func is(v model.Value, holds func(text string) bool) (truth, *model.Value) {
	switch {
	case v.State == model.Known:
		return truthOf(holds(v.Text.Reveal())), nil
	case v.State == model.Absent:
		return isFalse, nil
	case v.Why == model.WhyAmbiguous && len(v.Alternatives) > 0:
		low, high := isTrue, isFalse
		for _, a := range v.Alternatives {
			t, _ := is(a, holds)
			low, high = min(low, t), max(high, t)
		}
		if low == high {
			return low, nil
		}
	}
	return perhaps, &v
}

// branchName is a pattern of `only:` that names one branch.
var branchName = lazy.Regexp(`^[A-Za-z0-9][A-Za-z0-9._/-]*$`)

// branchOf is the branch that a policy or a rule demands: with ok, it holds for no other.
// base is the default branch, empty when it is not known.
func branchOf(n *node, base string) (string, bool) {
	switch {
	case n == nil:
		return "", false
	case n.kind == mapping && n.has("if"):
		e, err := parseExpression(n.get("if").word())
		if err != nil {
			return "", false
		}
		return e.branch(base)
	case n.kind == mapping:
		return branchOf(n.get("refs"), base)
	}
	words := n.words()
	if len(words) != 1 || !branchName().MatchString(words[0]) || sourceNames[words[0]] != "" || slices.Contains([]string{"branches", "tags"}, words[0]) {
		return "", false
	}
	return words[0], true
}

// branch is the branch that an expression demands.
func (e *expr) branch(base string) (string, bool) {
	switch e.op {
	case "&&":
		if b, ok := e.left.branch(base); ok {
			return b, true
		}
		return e.right.branch(base)
	case "||":
		a, ok := e.left.branch(base)
		b, also := e.right.branch(base)
		return a, ok && also && a == b
	case "==":
		l, r := e.left, e.right
		if !l.isRefName() {
			l, r = r, l
		}
		name := r.text
		if r.op == "$" && name == "CI_DEFAULT_BRANCH" {
			name = base
		} else if r.op != "text" {
			return "", false
		}
		return name, l.isRefName() && branchName().MatchString(name)
	}
	return "", false
}

// isRefName reports whether an expression is the variable that holds the branch.
func (e *expr) isRefName() bool {
	return e.op == "$" && (e.text == "CI_COMMIT_BRANCH" || e.text == "CI_COMMIT_REF_NAME")
}
