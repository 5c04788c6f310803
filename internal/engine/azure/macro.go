package azure

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
)

// entry is a variable of a job.
type entry struct {
	name   string
	raw    tree.Text // as it was set; before each step others are put into it
	hop    model.Hop
	before *entry // what it replaced
	rival  *rival // what a group sets instead, or may set
	marked answer // whether it was set as a secret
	fixed  bool   // it is read-only

	value  model.Value // as the current step finds it
	secret answer
}

// given is a variable whose value stands.
func given(name string, v model.Value, secret answer) entry {
	return entry{name: name, value: v, secret: secret, marked: secret}
}

// agent is a job that runs: its variables, by their names in lower case.
type agent struct {
	*run
	job    *job
	vars   map[string]entry
	groups []string               // groups of the library that it has
	baked  map[string][]tree.Text // what steps render, by "step.manifestsbundle"
	vault  *model.Value           // set when a key vault set all of its secrets
	label  string
	quiet  bool
	number int
	pool   string
	server bool // expressions are evaluated before an agent has the job
	naming bool // the variables only name things: what the file says counts
}

var macroName = lazy.Regexp(`^[A-Za-z_][A-Za-z0-9_.-]*(?: [A-Za-z0-9_.-]+)*$`)

// commands are programs that $(name) calls in scripts.
func commands() []string {
	return []string{
		"pwd", "date", "whoami", "hostname", "uname", "nproc", "ls", "id", "tty", "mktemp", "arch", "env", "uptime", "logname", "groups", "dirname",
		"basename", "cat", "uuidgen", "users", "jobs", "times", "locale", "git", "jq", "sed", "awk", "curl", "az", "kubectl", "node", "python",
	}
}

// replaced is a text with its variables put in, and whether a secret is among them. The
// names in own are not looked up: $(name) calls them in a script.
func (a *agent) replaced(t tree.Text, own func(name string) bool) (tree.Text, answer) {
	var quotes *quoting
	return replaceMacros(t, func(name string, at int, site pos.Span, literal tree.Text) (tree.Text, answer, bool) {
		if !macroName().MatchString(name) || own != nil && own(name) {
			return tree.Text{}, no, false
		}
		e, ok := a.lookup(name, site, literal)
		if !ok {
			return tree.Text{}, no, false
		}
		if own != nil && e.value.InRepo == "." {
			if quotes == nil {
				quotes = quotingOf(t.String())
			}
			if quotes.expands(at) { // the same text, of which the script engine knows what it names
				return tree.Pasted(rootVariable, site), no, true
			}
		}
		return tree.Of(e.value, site), e.secret, true
	})
}

// rootVariable is how a script names the checkout.
const rootVariable = "${BUILD_SOURCESDIRECTORY}"

// quoting tells where in a script the shell expands variables.
type quoting struct {
	single []bool
	lost   bool // a here-document that is quoted
}

var quotedDocument = lazy.Regexp("<<-?\\s*[\"'\\\\]")

func quotingOf(script string) *quoting {
	q := &quoting{single: make([]bool, len(script)+1), lost: quotedDocument().MatchString(script)}
	inSingle, inDouble, inComment := false, false, false
	for i := 0; i < len(script); i++ {
		q.single[i] = inSingle
		switch c := script[i]; {
		case c == '\n' && inComment:
			inComment = false
		case inComment:
		case c == '\\' && !inSingle:
			i++
			q.single[min(i, len(script))] = inSingle
		case c == '\'' && !inDouble:
			inSingle = !inSingle
		case c == '"' && !inSingle:
			inDouble = !inDouble
		case c == '#' && !inSingle && !inDouble && (i == 0 || strings.IndexByte(" \t\n;", script[i-1]) >= 0):
			inComment = true
		}
	}
	return q
}

func (q *quoting) expands(at int) bool { return !q.lost && at < len(q.single) && !q.single[at] }

// replaceMacros replaces every $(NAME) that find knows, from left to right; what was put in
// is not looked through again (VarUtil.ExpandValues of the agent).
func replaceMacros(t tree.Text, find func(name string, at int, site pos.Span, literal tree.Text) (tree.Text, answer, bool)) (tree.Text, answer) {
	s, secret := t.String(), no
	if !strings.Contains(s, "$(") {
		return t, no
	}
	var out []tree.Text
	done := 0
	for at := 0; at < len(s); {
		i := strings.Index(s[at:], "$(")
		if i < 0 {
			break
		}
		i += at
		end := strings.IndexByte(s[i+2:], ')')
		if end < 0 {
			break
		}
		end += i + 2
		name := s[i+2 : end]
		at = i + 1
		var put tree.Text
		found := false
		if strings.ContainsRune(name, tree.Gap) {
			// Which variable it is, nobody knows.
			put, found = tree.Of(textValue(t.Slice(i, end+1)).why(), t.At(i, end+1)), true
			secret = secret.Or(maybe)
		} else if name != "" {
			var s answer
			if put, s, found = find(name, i, t.At(i, end+1), t.Slice(i, end+1)); found {
				secret = secret.Or(s)
			}
		}
		if found {
			out = append(out, t.Slice(done, i), put)
			done, at = end+1, end+1
		}
	}
	return tree.Join(append(out, t.Slice(done, len(s)))...), secret
}

// lookup finds a variable: one of the job, of the system, of a vault, or one that may be set
// outside of the file. ok is false when there certainly is none.
func (a *agent) lookup(name string, site pos.Span, literal tree.Text) (entry, bool) {
	lower := strings.ToLower(name)
	if e, ok := a.vars[lower]; ok {
		return e, e.value.State != model.Absent
	}
	if lower == "system.accesstoken" {
		return given(name, a.ofRun("the token of the job", site), yes), true
	}
	if v, ok := a.predefined(name, site); ok {
		return given(name, v, no), true
	}
	if slices.Contains([]string{"PATH", "HOME", "USER", "HOSTNAME", "LANG", "SHELL", "PWD", "TMPDIR"}, name) {
		return given(name, a.ofRun("the variable "+name+" of the agent", site), no), true
	}
	v := a.host.Input(name)
	if v.State == model.Known {
		return given(name, v.Via(a.hop(site, "variable "+shown(name)+" of "+a.library())), maybe), true
	}
	if a.vault != nil {
		return given(name, a.vaultSecret(name, *a.vault), yes), true
	}
	if own, ok := a.host.(*within); ok && own.withheld(name) != "" {
		return given(name, v.Via(a.hop(site, "variable "+shown(name)+" of "+a.library())), maybe), true
	}
	return given(name, a.perhapsSet(name, literal, site), maybe), true
}

// library says where variables come from that the file does not set.
func (a *agent) library() string {
	if len(a.groups) > 0 {
		return "a variable group"
	}
	return "the pipeline's settings"
}

// functionsOf finds the functions that a script of bash defines.
var functionForm = lazy.Regexp(`(?m)^\s*(?:function\s+)?([A-Za-z_][\w-]*)\s*\(\s*\)|^\s*function\s+([A-Za-z_][\w-]*)`)

func ownCommands(script string) func(string) bool {
	own := commands()
	for _, m := range functionForm().FindAllStringSubmatch(script, 500) {
		own = append(own, m[1]+m[2])
	}
	return func(name string) bool {
		first, _, _ := strings.Cut(name, " ")
		return slices.Contains(own, first) || strings.Contains(name, " ")
	}
}

// prepare sets the variables that the job starts with.
func (a *agent) prepare(levels []level) {
	a.server = true
	for i, l := range levels {
		for j, d := range l.list {
			if d.isGroup {
				a.groups = append(a.groups, d.name)
			} else {
				a.set(d, l, groupBehind(j, levels[i:]))
			}
		}
	}
	a.bound()
	a.expandAll()
	a.server = false
}

// level is one section of variables.
type level struct {
	of   string
	list []definition
}

// set takes over a variable of the file, with the group that may set it too.
func (a *agent) set(d definition, l level, behind *definition) {
	lower := strings.ToLower(d.name)
	v, _ := one(l.list, d.name)
	e := entry{name: d.name, raw: a.runtime(v.string(d.at), d.at), hop: a.hop(d.at, "variable "+shown(d.name)+" of "+l.of), marked: no, fixed: d.fixed}
	if old, ok := a.vars[lower]; ok && old.hop != e.hop {
		e.before = &old
	} else if ok {
		e.before = old.before
	}
	if behind != nil && !a.naming {
		e.rival = a.rivalOf(d.name, *behind)
	}
	a.expand(&e, lower)
	a.vars[lower] = e
}

// expandAll puts variables into each other anew, as the agent does before every step
// (Variables.RecalculateExpanded): those that need each other stay as they are.
func (a *agent) expandAll() {
	fresh := make(map[string]entry, len(a.vars))
	for lower, e := range a.vars {
		if e.raw.String() != "" || e.hop.Kind != "" {
			a.expand(&e, lower)
		}
		fresh[lower] = e
	}
	a.vars = fresh
}

func (a *agent) expand(e *entry, lower string) {
	text, secret, ok := a.nested(e.raw, []string{lower})
	if !ok {
		text, secret = e.raw, no
	}
	e.value, e.secret = text.Value(e.hop), secret.Or(e.marked)
	if e.before != nil {
		before := *e.before
		if before.raw.String() != "" {
			a.expand(&before, lower)
		}
		e.value = e.value.Over(before.value)
	}
	if e.rival != nil {
		e.value, e.secret = e.rival.over(e.value), e.secret.Or(e.rival.secret)
	}
}

func (a *agent) nested(t tree.Text, stack []string) (tree.Text, answer, bool) {
	if len(stack) > 50 {
		return t, no, false
	}
	fine := true
	out, secret := replaceMacros(t, func(name string, _ int, site pos.Span, literal tree.Text) (tree.Text, answer, bool) {
		lower := strings.ToLower(name)
		inner, own := a.vars[lower]
		if own && slices.Contains(stack, lower) {
			fine = false
			return tree.Text{}, no, false
		}
		if own && strings.Contains(inner.raw.String(), "$(") {
			text, secret, ok := a.nested(inner.raw, append(stack[:len(stack):len(stack)], lower))
			fine = fine && ok
			return text, secret.Or(inner.marked), true
		}
		if !macroName().MatchString(name) {
			return tree.Text{}, no, false
		}
		e, ok := a.lookup(name, site, literal)
		if !ok {
			return tree.Text{}, no, false
		}
		return tree.Of(e.value, site), e.secret, true
	})
	return out, secret, fine
}

var runtimeForm = lazy.Regexp(`^\s*\$\[([^\x00]*)\]\s*$`)

// runtime evaluates a variable that is an expression of the run.
func (a *agent) runtime(t tree.Text, at pos.Span) tree.Text {
	m := runtimeForm().FindStringSubmatch(t.String())
	if m == nil {
		return t
	}
	if !t.Known() {
		return tree.Of(textValue(t).why(), at)
	}
	v, ok := evaluate(m[1], atRun{a}, at)
	if !ok {
		a.fail(at, "see the expressions of Azure Pipelines", "expected an expression that can be read")
		return tree.Of(model.UnknownBecause(model.WhyUnsupported, "an expression that can be read", model.Trail{}.Append(a.hop(at, "expression"))), at)
	}
	return v.string(at)
}

// bound adds the variables that keyfit.yaml binds: they are set by a group, or in the user
// interface, and nobody knows whether as secrets.
func (a *agent) bound() {
	l, ok := a.host.(interface{ Names() []string })
	if !ok {
		return
	}
	for _, name := range l.Names() {
		lower := strings.ToLower(name)
		if _, own := a.vars[lower]; own || !macroName().MatchString(name) || isPredefined(lower) || strings.HasPrefix(lower, "secrets.") || strings.HasPrefix(lower, "vars.") || strings.HasPrefix(lower, "credentials.") {
			continue
		}
		at := a.job.at
		a.vars[lower] = given(name, a.host.Input(name).Via(a.hop(at, "variable "+shown(name)+" of "+a.library())), maybe)
	}
}
