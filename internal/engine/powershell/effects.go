package powershell

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// effects is what statements may do that are not followed step by step.
type effects struct {
	wild  bool            // anything
	env   map[string]bool // variables of the environment that they may set
	vars  map[string]bool // variables of PowerShell, in lower case
	dir   bool            // they may change the directory
	files bool            // they may write to files, and to channels
	jumps bool            // they may leave a loop or a function
	outer map[string]bool // those of vars that belong to the script, and not to a function
	calls map[string]bool // functions that were looked into
	depth int
}

func newEffects() *effects {
	return &effects{env: map[string]bool{}, vars: map[string]bool{}, outer: map[string]bool{}, calls: map[string]bool{}}
}

// assigns notes an assignment to a variable.
func (e *effects) assigns(v variable) {
	switch v.scope {
	case "env":
		e.env[v.name] = true
	case "using":
		e.wild = true
	case "global", "script":
		e.outer[strings.ToLower(v.name)] = true
		fallthrough
	default:
		e.vars[strings.ToLower(v.name)] = true
	}
}

// effectsOf says what some statements may do.
func (f *follower) effectsOf(st *state, body []stmt) *effects {
	e := newEffects()
	f.scanAll(st, e, body)
	return e
}

func (f *follower) scanAll(st *state, e *effects, body []stmt) {
	for _, s := range body {
		f.scan(st, e, s)
	}
}

// scan notes what a statement may do.
func (f *follower) scan(st *state, e *effects, s stmt) {
	e.depth++
	defer func() { e.depth-- }()
	if e.depth > maxDepth {
		e.wild = true
		return
	}
	switch s := s.(type) {
	case nil:
	case assignment:
		f.scanTarget(st, e, s.target)
		f.scan(st, e, s.value)
	case pipeline:
		for _, elem := range s.elems {
			f.scanElement(st, e, elem)
		}
	case chain:
		f.scan(st, e, s.x)
		f.scan(st, e, s.y)
	case ifStmt:
		for _, c := range s.clauses {
			f.scan(st, e, c.cond)
			f.scanAll(st, e, c.body)
		}
		f.scanAll(st, e, s.rest)
	case loop:
		if v, ok := s.variable.(variable); ok {
			e.assigns(v)
		}
		f.scanAll(st, e, s.over)
		for _, body := range s.bodies {
			f.scanAll(st, e, body)
		}
	case tryStmt:
		f.scanAll(st, e, s.body)
		for _, body := range s.catches {
			f.scanAll(st, e, body)
		}
		f.scanAll(st, e, s.finally)
	case jump:
		e.jumps = e.jumps || s.kind != "exit" && s.kind != "throw"
		f.scan(st, e, s.value)
	case function:
		e.wild = true // a name of a command that may mean something else from then on
	default:
		e.wild = true
	}
}

func (f *follower) scanTarget(st *state, e *effects, target expr) {
	switch t := target.(type) {
	case variable:
		e.assigns(t)
	case cast:
		f.scanTarget(st, e, t.x)
	case list:
		for _, item := range t.items {
			f.scanTarget(st, e, item)
		}
	case member:
		f.scanTarget(st, e, t.of)
	case index:
		f.scanTarget(st, e, t.of)
		f.scanExpr(st, e, t.at)
		if v, ok := t.of.(variable); ok && strings.EqualFold(v.name, "psdefaultparametervalues") {
			e.wild = true
		}
	default:
		e.wild = true
	}
}

// scanExpr notes what an expression may do.
func (f *follower) scanExpr(st *state, e *effects, x expr) {
	switch x := x.(type) {
	case stringExpr:
		for _, p := range x.parts {
			if p.inner != nil {
				f.scanExpr(st, e, p.inner)
			}
		}
	case list:
		for _, item := range x.items {
			f.scanExpr(st, e, item)
		}
	case group:
		f.scanAll(st, e, x.body)
	case cast:
		f.scanExpr(st, e, x.x)
	case unary:
		if x.op == "++" || x.op == "--" {
			f.scanTarget(st, e, x.x)
		}
		f.scanExpr(st, e, x.x)
	case binary:
		f.scanExpr(st, e, x.x)
		f.scanExpr(st, e, x.y)
	case index:
		f.scanExpr(st, e, x.of)
		f.scanExpr(st, e, x.at)
	case hash:
		f.scanAll(st, e, x.values)
	case closure:
		f.scanAll(st, e, x.body.stmts)
	case member:
		f.scanExpr(st, e, x.of)
		for _, a := range x.args {
			f.scanExpr(st, e, a)
		}
		f.scanMember(e, x)
	}
}

// scanMember notes what a method may do: one that runs a script may do anything.
func (f *follower) scanMember(e *effects, x member) {
	t, isType := x.of.(typeExpr)
	switch {
	case !x.call:
	case isType && strings.HasSuffix(t.name, "environment"):
		e.scanEnvironment(x)
	case isType && strings.HasSuffix(t.name, "file") && !strings.HasPrefix(x.name, "read") && !strings.HasPrefix(x.name, "exists"):
		e.files = true
	case strings.HasPrefix(x.name, "invoke"), isType && t.name == "scriptblock":
		e.wild = true
	case isType && strings.HasSuffix(t.name, "directory") && x.name == "setcurrentdirectory":
		e.dir = true
	}
	if v, ok := x.of.(variable); ok && v.scope != "env" && x.call { // such as $list.Add(…)
		e.vars[strings.ToLower(v.name)] = true
	}
}

func (e *effects) scanEnvironment(x member) {
	switch x.name {
	case "setenvironmentvariable":
		if name, ok := literal(firstOf(x.args)); ok {
			e.env[name] = true
			return
		}
		e.wild = true
	case "set_currentdirectory":
		e.dir = true
	}
}

func firstOf(args []expr) expr {
	if len(args) == 0 {
		return nil
	}
	return args[0]
}

// scanElement notes what a command may do.
func (f *follower) scanElement(st *state, e *effects, elem element) {
	if elem.x != nil {
		f.scanExpr(st, e, elem.x)
	}
	if len(elem.redirs) > 0 && slices.ContainsFunc(elem.redirs, func(r redirection) bool { return !isNull(r.target) && !r.merge }) {
		e.files = true
	}
	for _, w := range elem.words {
		f.scanExpr(st, e, w.x)
	}
	if len(elem.words) == 0 {
		return
	}
	name, ok := literal(elem.words[0].x)
	if !ok || elem.op == "." {
		if c, isClosure := elem.words[0].x.(closure); !isClosure || elem.op == "" {
			e.wild = true
		} else {
			f.scanAll(st, e, c.body.stmts)
		}
		return
	}
	f.scanCommand(st, e, name, elem)
}

func (f *follower) scanCommand(st *state, e *effects, name string, elem element) {
	c := f.resolve(st, name)
	switch c.kind {
	case native, harmless, delivers:
		e.scanOut(elem)
	case scriptFunction:
		if e.calls[c.name] {
			return
		}
		e.calls[c.name] = true
		f.scanAll(st, e, st.funcs[c.name].stmts)
	case writesFiles:
		e.files = true
		e.scanDrive(elem)
	case changesDir:
		e.dir = true
	case setsVariables:
		e.scanVariables(elem)
	default:
		e.wild = true
	}
}

// scanOut notes the parameters that any command may have for a variable or a file.
func (e *effects) scanOut(elem element) {
	for i, w := range elem.words {
		name := strings.ToLower(strings.TrimSuffix(w.param, ":"))
		switch {
		case strings.HasSuffix(name, "variable") || name == "-ov" || name == "-ev" || name == "-pv" || name == "-wv" || name == "-iv":
			value := w.x
			if value == nil && i+1 < len(elem.words) {
				value = elem.words[i+1].x
			}
			text, ok := literal(value)
			e.wild = e.wild || !ok
			e.vars[strings.ToLower(strings.TrimPrefix(text, "+"))] = true
		case strings.HasPrefix(name, "-outf"):
			e.files = true
		}
	}
}

// scanDrive notes the variables of the environment that a command sets through the drive of
// their provider.
func (e *effects) scanDrive(elem element) {
	for _, w := range elem.words[1:] {
		text, ok := literal(w.x)
		lower := strings.ToLower(text)
		switch {
		case w.x == nil:
		case !ok:
			if !startsPlainly(w.x) {
				e.wild = true
			}
		case strings.HasPrefix(lower, "env:"):
			name := strings.TrimLeft(text[len("env:"):], `\/`)
			if name == "" || strings.ContainsAny(name, "*?[") {
				e.wild = true
			}
			e.env[name] = true
		case strings.HasPrefix(lower, "variable:"), strings.HasPrefix(lower, "function:"), strings.HasPrefix(lower, "alias:"),
			strings.Contains(lower, "::"):
			e.wild = true
		}
	}
}

// startsPlainly reports whether a word certainly leads to no drive but that of files: it is
// what is written there, or it begins with a plain text or with a variable that holds paths.
func startsPlainly(x expr) bool {
	switch x := x.(type) {
	case stringExpr:
		if len(x.parts) == 0 {
			return true
		}
		if v, ok := x.parts[0].inner.(variable); ok {
			return startsPlainly(v)
		}
		for _, c := range x.parts[0].chars {
			switch c.Rune {
			case '/', '\\', '.', '=', ' ', '"', '\'':
				return true
			case ':':
				return false
			}
		}
		return x.parts[0].inner == nil && len(x.parts) == 1
	case variable:
		return x.scope == "env" || isAutomatic(strings.ToLower(x.name))
	case closure, hash, number:
		return true
	}
	return false
}

func (e *effects) scanVariables(elem element) {
	for _, w := range elem.words[1:] {
		if w.x == nil {
			continue
		}
		text, ok := literal(w.x)
		if !ok {
			e.wild = true
			return
		}
		e.vars[strings.ToLower(text)] = true
	}
}

// blur makes unknown what some statements may have changed.
func (f *follower) blur(st *state, e *effects, at extent) {
	v := model.UnknownBecause(model.WhyUnsupported, undecided, model.Trail{})
	if e.wild {
		f.giveUp(st, at, "this statement")
		return
	}
	for _, name := range sortedNames(e.env) {
		old := st.Lookup(name)
		st.Set(name, model.UnknownBecause(v.Why, v.Needs, old.Trail))
	}
	for _, name := range sortedNames(e.vars) {
		st.setVar(name, opaque(unknownText(v)))
	}
	if e.dir {
		st.Lose(v)
		st.stack = nil
	}
	if e.files {
		st.WildChannels(v)
		f.wildFiles(st, v)
	}
}
