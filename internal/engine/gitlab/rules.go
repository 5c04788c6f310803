package gitlab

import (
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// conditions decide rules, for a pipeline of which not everything may be known.
type conditions struct {
	vars   scope
	files  repo.Files
	report func(at pos.Span, message, fix string)
}

// match is a rule that counts, or may count.
type match struct {
	rule *node
	// certain says that it is the one that counts; why is what it would take to know.
	certain bool
	why     *model.Value
}

// matches gives the rules that may be the first that holds. left is whether none of them
// may hold.
func (c *conditions) matches(rules *node) (out []match, left truth) {
	left = isTrue
	for _, rule := range rules.flat(maxNested) {
		if rule.kind != mapping {
			if rule.value == nil {
				c.report(rule.at(), "expected a rule with `if:`, `changes:`, `exists:` or `when:`", "write `- if: …`")
			}
			continue
		}
		t, why := c.rule(rule)
		if t == isFalse {
			continue
		}
		out = append(out, match{rule: rule, certain: t == isTrue && left == isTrue, why: why})
		if t == isTrue {
			return out, isFalse
		}
		left = perhaps
	}
	return out, left
}

// rule decides one rule: all of its clauses have to hold.
func (c *conditions) rule(rule *node) (truth, *model.Value) {
	t, why := isTrue, (*model.Value)(nil)
	if rule.has("if") {
		t, why = c.condition(rule.get("if"))
	}
	for _, clause := range []struct {
		name   string
		decide func(*node) (truth, *model.Value)
	}{{"changes", c.changes}, {"exists", c.exists}} {
		n := rule.get(clause.name)
		if n == nil || t == isFalse {
			continue
		}
		u, reason := clause.decide(n)
		if u == perhaps && t == isTrue {
			why = reason
		}
		t = t.and(u)
	}
	return t, why
}

// condition decides an expression.
func (c *conditions) condition(n *node) (truth, *model.Value) {
	if n == nil || n.kind != scalar {
		return perhaps, undecidable(n, "a condition that keyfit understands")
	}
	if n.value != nil {
		return perhaps, n.value
	}
	e, err := parseExpression(n.text)
	if err != nil {
		c.report(n.at(), "is no condition that GitLab understands", "compare variables with ==, !=, =~ or !~, and join with && or ||")
		return perhaps, undecidable(n, "a condition that keyfit understands")
	}
	return e.decide(c.vars)
}

func undecidable(n *node, needs string) *model.Value {
	v := model.UnknownBecause(model.WhyUnsupported, needs, model.Trail{}.Append(model.Hop{At: n.at(), Kind: model.KindGitLab, What: "condition"}))
	return &v
}

// changes cannot be decided from one state of the repository. A pipeline that no push
// started counts as one in which everything changed.
func (c *conditions) changes(n *node) (truth, *model.Value) {
	compared := n.kind == mapping && n.has("compare_to")
	if source := c.vars("CI_PIPELINE_SOURCE"); !compared && source.State == model.Known {
		if !slices.Contains([]string{"push", mergeRequest, "external_pull_request_event", "parent_pipeline"}, source.Text.Reveal()) {
			return isTrue, nil
		}
	}
	v := model.UnknownBecause(model.WhyInput, "which files the push changed", model.Trail{}.Append(model.Hop{At: n.at(), Kind: model.KindGitLab, What: "rules:changes"}))
	return perhaps, &v
}

// exists looks whether a file is in the repository.
func (c *conditions) exists(n *node) (truth, *model.Value) {
	if n.kind == mapping {
		if n.has("project") {
			return perhaps, undecidable(n, "the files of the other project")
		}
		n = n.get("paths")
	}
	held, why := isFalse, (*model.Value)(nil)
	for _, item := range n.flat(maxNested) {
		if !item.isText() {
			held, why = held.or(perhaps), undecidable(item, "the name of the file")
			continue
		}
		v := expandKnown(item.scalarValue("rules:exists"), c.vars)
		if v.State != model.Known {
			held, why = held.or(perhaps), &v
			continue
		}
		t := c.there(v.Text.Reveal())
		if t == perhaps {
			why = undecidable(item, "fewer files")
		}
		held = held.or(t)
	}
	return held, why
}

// there reports whether a file matches a glob.
func (c *conditions) there(glob string) truth {
	if !strings.ContainsAny(glob, "*?[{") {
		info, err := c.files.Stat(glob)
		if err != nil && !errors.Is(err, repo.ErrMissing) {
			return perhaps
		}
		return truthOf(err == nil && !info.Dir && path.Clean(glob) == glob)
	}
	if ext := strings.TrimPrefix(glob, "**/*"); strings.HasPrefix(ext, ".") && !strings.ContainsAny(ext, "/*?[{") {
		glob = "**/*" + ext
	}
	found := false
	all := walk(c.files, globRoot(glob), func(name string) bool {
		found = found || fnmatch(glob, name)
		return found
	})
	switch {
	case found:
		return isTrue
	case all:
		return isFalse
	}
	return perhaps
}

// globRoot is the directory that everything a glob matches lies in.
func globRoot(glob string) string {
	fixed := glob[:strings.IndexAny(glob, "*?[{")]
	if i := strings.LastIndexByte(fixed, '/'); i > 0 {
		return fixed[:i]
	}
	return "."
}

// expandKnown expands what is set, and leaves what is not.
func expandKnown(v model.Value, vars scope) model.Value {
	return each(v, func(v model.Value) model.Value {
		text := v.Text.Reveal()
		if !strings.ContainsAny(text, mayRefer) {
			return v
		}
		return put(v, split(text, reference2()), func(t token) (model.Value, bool) {
			got := vars(t.name)
			return got, got.State != model.Absent
		})
	})
}

// fnmatch matches as Ruby's File.fnmatch? does with paths, dots and {a,b}.
func fnmatch(glob, name string) bool {
	for _, one := range braces(glob, 6) {
		if segments(strings.Split(one, "/"), strings.Split(name, "/")) {
			return true
		}
	}
	return false
}

// braces unfolds {a,b}.
func braces(glob string, depth int) []string {
	open := strings.IndexByte(glob, '{')
	if open < 0 || depth == 0 {
		return []string{glob}
	}
	level, from := 0, open+1
	var parts []string
	for i := open; i < len(glob); i++ {
		switch {
		case glob[i] == '{':
			level++
		case glob[i] == ',' && level == 1:
			parts, from = append(parts, glob[from:i]), i+1
		case glob[i] == '}':
			if level--; level > 0 {
				continue
			}
			var out []string
			for _, p := range append(parts, glob[from:i]) {
				out = append(out, braces(glob[:open]+p+glob[i+1:], depth-1)...)
				if len(out) > 256 {
					return out
				}
			}
			return out
		}
	}
	return []string{glob}
}

// segments matches the parts of a path. `**` stands for any number of directories, but at
// the end for one name. Each part of the glob is tried at each part of the name once.
func segments(glob, name []string) bool {
	ends := make([]bool, len(name)+1) // where the parts so far may end
	ends[0] = true
	for i, g := range glob {
		next := make([]bool, len(name)+1)
		anywhere := g == "**" && i+1 < len(glob)
		one := strings.NewReplacer("**", "*", "[!", "[^").Replace(g)
		for at, reached := range ends {
			switch {
			case !reached:
			case anywhere:
				for to := at; to <= len(name); to++ {
					next[to] = true
				}
			case at < len(name):
				ok, err := path.Match(one, name[at])
				next[at+1] = next[at+1] || err == nil && ok
			}
			if reached && anywhere {
				break // all that lie behind are reached as well
			}
		}
		ends = next
	}
	return ends[len(name)]
}
