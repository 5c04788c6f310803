package gitlab

import (
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// maxIncludes is how many files may be included in all, as in GitLab.
const maxIncludes = 150

// loader reads a pipeline with all that it includes.
type loader struct {
	files    repo.Files
	vars     scope // what stands in paths and rules of includes
	merge    *merger
	problems []model.Problem
	includes int
	open     []string
	// partial is set when something is included that is not in the repository.
	partial *model.Value
	lost    map[string]bool // jobs that extend something that is not here
	parsed  map[string]document
	keyfit  bool // a component of keyfit's own is included
}

func newLoader(files repo.Files, vars scope) *loader {
	return &loader{files: files, vars: vars, merge: &merger{left: maxMerged}, parsed: map[string]document{}}
}

func (l *loader) report(at pos.Span, message, fix string) {
	l.problems = append(l.problems, model.Problem{At: at, Message: message, Fix: fix})
}

// lacks notes that a part of the pipeline is not here.
func (l *loader) lacks(at pos.Span, what string) {
	if l.partial == nil {
		v := model.UnknownBecause(model.WhyMissingFile, needsIncluded, model.Trail{}.Append(model.Hop{At: at, Kind: model.KindGitLab, What: what}))
		l.partial = &v
	}
}

// config is the whole configuration that begins in the file name: with what it includes,
// extends and refers to.
func (l *loader) config(name string, inputs map[string]*node) *node {
	root := l.load(name, inputs, pos.Span{File: name})
	if root == nil {
		return nil
	}
	return l.complete(root)
}

// complete follows `extends` and !reference in a configuration.
func (l *loader) complete(root *node) *node {
	l.lost = map[string]bool{}
	e := &extender{root: root, done: map[string]*node{}, merge: l.merge, report: l.report, partial: l.partial != nil, lost: l.lost}
	root = e.extend()
	r := &resolver{root: root, done: map[*node]*node{}, open: map[*node]bool{}, left: maxNodes, partial: l.partial != nil, report: l.report}
	out := r.resolve(root)
	if l.merge.left <= 0 || r.left < 0 {
		l.report(root.at(), "unfolds to too much", "repeat less through `extends` and !reference")
		l.lacks(root.at(), "a pipeline that is too large")
	}
	return out
}

// load reads one file with all that it includes. Nil when there is nothing to read.
func (l *loader) load(name string, inputs map[string]*node, by pos.Span) *node {
	if slices.Contains(l.open, name) {
		l.report(by, "includes itself, by way of other files", "remove one `include`")
		return nil
	}
	d, ok := l.document(name, by)
	if !ok {
		return nil
	}
	if d.body == nil || d.body.kind != mapping {
		l.report(pos.Span{File: name}, "holds no jobs, expected a mapping of names to jobs", "")
		return nil
	}
	l.open = append(l.open, name)
	defer func() { l.open = l.open[:len(l.open)-1] }()
	return l.expand(l.inputsOf(d.header, inputs).fill(d.body))
}

func (l *loader) document(name string, by pos.Span) (document, bool) {
	if d, ok := l.parsed[name]; ok {
		return d, d.body != nil
	}
	data, err := l.files.Read(name)
	if err != nil {
		message := "includes " + strict.Path(name) + ", which cannot be read"
		if errors.Is(err, repo.ErrMissing) {
			message = "includes " + strict.Path(name) + ", which is not there"
		}
		if by.Start.Line == 0 {
			message = "cannot be read, expected a pipeline of GitLab"
		}
		l.report(by, message, "correct the path, or commit the file")
		l.lacks(by, "include")
		return document{}, false
	}
	d, problems := parse(name, data)
	l.problems = append(l.problems, problems...)
	if d.body == nil && len(problems) > 0 {
		l.lacks(pos.Span{File: name}, "include")
	}
	l.parsed[name] = d
	return d, d.body != nil || len(problems) == 0
}

// expand merges what a body includes, and lays the body over it.
func (l *loader) expand(body *node) *node {
	if !body.has("include") {
		return body
	}
	var under *node
	for _, entry := range entries(body.get("include")) {
		for _, included := range l.include(entry) {
			if under == nil {
				under = included
				continue
			}
			under = l.merge.deep(under, included)
		}
	}
	own := body.without("include")
	if under == nil {
		return own
	}
	return l.merge.deep(under, own)
}

func entries(n *node) []*node {
	switch {
	case n == nil:
		return nil
	case n.kind == list:
		return n.flat(1)
	}
	return []*node{n}
}

// include gives the bodies that one entry of `include` stands for.
func (l *loader) include(n *node) []*node {
	entry := n
	if n.kind == scalar {
		key := "local"
		if strings.Contains(n.text, "://") {
			key = "remote"
		}
		entry = newMapping(n)
		entry.set(key, n, n)
	}
	if entry.kind != mapping {
		l.report(n.at(), "expected a file to include", "write `- local: path` or the path alone")
		return nil
	}
	decided, why := l.admitted(entry)
	if decided == isFalse {
		return nil
	}
	var out []*node
	switch {
	case entry.has("local"):
		out = l.local(entry)
	case entry.has("component"):
		out = l.component(entry)
	default:
		l.foreign(entry)
	}
	if decided == perhaps {
		v := model.UnknownBecause(model.WhyAmbiguous, "whether this file is included", model.Trail{})
		if why != nil {
			v = model.UnknownBecause(why.Why, why.Needs, why.Trail)
		}
		l.lacks(entry.at(), "include with rules that are not decided")
		for i := range out {
			out[i] = doubtful(out[i], v)
		}
	}
	return out
}

// admitted decides the rules of an include.
func (l *loader) admitted(entry *node) (truth, *model.Value) {
	rules := entry.get("rules")
	if rules == nil {
		return isTrue, nil
	}
	c := &conditions{vars: l.vars, files: l.files, report: l.report}
	matched, left := c.matches(rules)
	var why *model.Value
	for _, m := range matched {
		if m.why != nil {
			why = m.why
		}
		if m.rule.get("when").word() == "never" {
			left = left.or(perhaps)
			if m.certain {
				return isFalse, nil
			}
			continue
		}
		if m.certain {
			return isTrue, nil
		}
	}
	admits := slices.ContainsFunc(matched, func(m match) bool { return m.rule.get("when").word() != "never" })
	switch {
	case !admits:
		return isFalse, nil
	case left == isFalse:
		return isTrue, nil
	}
	return perhaps, why
}

// doubtful makes every variable of a body unknown: it counts only if the file is included.
func doubtful(body *node, v model.Value) *node {
	out := newMapping(body)
	for _, key := range body.keys {
		value := body.fields[key]
		switch {
		case key == "variables":
			value = unknownLeaves(value, v, 2)
		case value.get("variables") != nil:
			job := newMapping(value)
			for _, k := range value.keys {
				field := value.fields[k]
				if k == "variables" {
					field = unknownLeaves(field, v, 2)
				}
				job.set(k, value.names[k], field)
			}
			value = job
		}
		out.set(key, body.names[key], value)
	}
	return out
}

func unknownLeaves(n *node, v model.Value, depth int) *node {
	switch {
	case n.kind == scalar:
		out := *n
		out.value = &v
		return &out
	case n.kind == mapping && depth > 0:
		out := newMapping(n)
		for _, key := range n.keys {
			value := n.fields[key]
			if key != "expand" && key != "description" {
				value = unknownLeaves(value, v, depth-1)
			}
			out.set(key, n.names[key], value)
		}
		return out
	}
	return n
}

// local reads the files of the repository that an entry names, wildcards included.
func (l *loader) local(entry *node) []*node {
	n := entry.get("local")
	name, ok := l.path(n)
	if !ok {
		return nil
	}
	names := []string{strings.TrimLeft(name, "/")}
	if strings.Contains(name, "*") {
		names = l.matching(strings.TrimLeft(name, "/"))
		if len(names) == 0 {
			l.report(n.at(), "includes files by a pattern that no file matches", "correct the pattern")
		}
	}
	var out []*node
	for _, file := range names {
		if body := l.file(file, entry, n.at()); body != nil {
			out = append(out, body)
		}
	}
	return out
}

func (l *loader) file(name string, entry *node, at pos.Span) *node {
	if l.includes++; l.includes > maxIncludes {
		if l.includes == maxIncludes+1 {
			l.report(at, "is one of more than 150 included files, the limit of GitLab", "include fewer files")
			l.lacks(at, "include")
		}
		return nil
	}
	if ext := path.Ext(name); ext != ".yml" && ext != ".yaml" {
		l.report(at, "includes a file that is not called .yml or .yaml", "rename the file")
		return nil
	}
	given := map[string]*node{}
	if inputs := entry.get("inputs"); inputs != nil && inputs.kind == mapping {
		for _, key := range inputs.keys {
			given[key] = inputs.fields[key]
		}
	}
	return l.load(path.Clean(name), given, at)
}

// path is the text of a path with the variables in it expanded.
func (l *loader) path(n *node) (string, bool) {
	if !n.isText() {
		l.report(n.at(), "includes a file whose name is not known", "write the name of the file")
		l.lacks(n.at(), "include")
		return "", false
	}
	v := expandNow(n.scalarValue("include"), l.vars)
	if v.State != model.Known {
		l.report(n.at(), "includes a file whose name depends on a variable that is not known", "bind the variable under `inputs`, or write the name of the file")
		l.lacks(n.at(), "include")
		return "", false
	}
	return v.Text.Reveal(), true
}

// ownComponent is the address of a component of the project itself.
var ownComponent = lazy.Regexp(`^\$\{?CI_SERVER_(?:FQDN|HOST)\}?/\$\{?CI_PROJECT_PATH\}?/([A-Za-z0-9_-]+)@\$\{?CI_COMMIT_(?:SHA|REF_NAME)\}?$`)

// keyfitComponent is the address of a component of keyfit's own, or of a mirror of it: what it
// adds is a job that looks at the keys, and no variable.
var keyfitComponent = lazy.Regexp(`^[^\s@]+/keyfit/keyfit(?:-merge-request)?@[^\s@]+$`)

func (l *loader) component(entry *node) []*node {
	n := entry.get("component")
	m := ownComponent().FindStringSubmatch(n.word())
	if m == nil && keyfitComponent().MatchString(n.word()) {
		l.keyfit = true
		return nil
	}
	if m == nil {
		l.foreign(entry)
		return nil
	}
	for _, name := range []string{"templates/" + m[1] + ".yml", "templates/" + m[1] + "/template.yml"} {
		if _, err := l.files.Stat(name); err == nil {
			if body := l.file(name, entry, n.at()); body != nil {
				return []*node{body}
			}
			return nil
		}
	}
	l.report(n.at(), "includes a component that is not under templates/", "correct the name of the component")
	return nil
}

// harmless are templates of GitLab that scan or decide when pipelines run: they set no
// variable that a deploy script looks at.
var harmless = lazy.Regexp(`^(?:Security/|Workflows/|Jobs/(?:SAST|Secret-Detection|Dependency-Scanning|Container-Scanning|Code-Quality|License-Scanning|Code-Intelligence|Browser-Performance|Load-Performance|API-|DAST|Coverage-Fuzzing))`)

// foreign notes an include of what is not in the repository.
func (l *loader) foreign(entry *node) {
	what := "an entry that is not understood"
	for _, key := range []string{"project", "remote", "template", "component", "artifact"} {
		if entry.has(key) {
			what = key
			break
		}
	}
	if what == "template" && harmless().MatchString(entry.get("template").word()) {
		return
	}
	l.report(entry.at(), "includes from outside of the repository ("+what+"), which is not followed", "what it may set counts as unknown; bind such variables under `inputs`")
	l.lacks(entry.at(), "include "+what)
}
