package shell

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"mvdan.cc/sh/v3/syntax"
)

// special gives the parameters that are no variables.
func (sh *shell) special(st *state, name string) ([]variant, bool) {
	one := func(s sym) ([]variant, bool) { return []variant{{val: s, set: yes}}, true }
	switch name {
	case "?":
		if !st.status.exact {
			return one(mystery(model.WhyExitStatus, "the exit status of a command"))
		}
		return one(text(strconv.Itoa(st.status.code)))
	case "#":
		if st.args.unsure >= 0 {
			return one(sym{{unk: st.args.tail}})
		}
		return one(text(strconv.Itoa(len(st.args.list))))
	case "0":
		return one(sh.name)
	case "$":
		return one(mystery(model.WhyTime, shellPid))
	case "!":
		return one(mystery(model.WhyTime, "a process id"))
	case "-":
		return one(unsupported("the shell's option letters"))
	case "_":
		return one(unsupported("the last argument of the command before"))
	}
	n, err := strconv.Atoi(name)
	if err != nil || name[0] < '0' || name[0] > '9' {
		return nil, false
	}
	if st.args.unsure >= 0 && n > st.args.unsure {
		return []variant{{val: sym{{unk: st.args.tail}}, set: maybe}}, true
	}
	if n < 1 || n > len(st.args.list) {
		return []variant{{set: no}}, true
	}
	return one(st.args.list[n-1])
}

// shellVariable gives the variables that the shell itself keeps changing.
func (sh *shell) shellVariable(st *state, name string) ([]variant, bool) {
	one := func(s sym) ([]variant, bool) { return []variant{{val: s, set: yes}}, true }
	switch name {
	case "RANDOM", "SRANDOM", "SECONDS", "EPOCHSECONDS", "EPOCHREALTIME", "BASHPID":
		if sh.any {
			return []variant{{val: mystery(model.WhyTime, "a value that changes with each run ($"+name+")"), set: maybe}}, true
		}
		if sh.bash {
			return one(mystery(model.WhyTime, "a value that changes with each run ($"+name+")"))
		}
	}
	if name == "LINENO" || name == "PPID" || name == "PS4" {
		return one(unsupported("the shell's own $" + name))
	}
	if c := st.vars[name]; !sh.bash && !sh.any || c != nil && (len(c.alts) > 0 || !c.unset) {
		return nil, false
	}
	switch name {
	case "UID", "EUID", "HOSTNAME", "HOSTTYPE", "MACHTYPE", "OSTYPE", "BASH_VERSION", "BASH_VERSINFO", "BASH",
		"SHELLOPTS", "BASHOPTS", "BASH_COMMAND", "BASH_SUBSHELL", "GROUPS", "DIRSTACK", "PIPESTATUS", "COLUMNS",
		"LINES", "SHELL", "TERM", "PATH", "BASH_ARGV", "BASH_ARGC", "BASH_ARGV0", "BASH_REMATCH", "PS1", "PS2", "HISTCMD",
		"BASH_EXECUTION_STRING", "BASH_LINENO", "COMP_WORDBREAKS", "OPTERR", "FUNCNEST":
		return []variant{{val: unsupported("the shell's own $" + name), set: maybe}}, true
	case "FUNCNAME", "BASH_SOURCE":
		if sh.any {
			return []variant{{val: sym{{unk: anyShell()}}, set: maybe}}, true
		}
		if name == "BASH_SOURCE" {
			return sh.bashSource()
		}
		if len(sh.frames) == 0 {
			return []variant{{set: no}}, true
		}
		return one(text(sh.frames[len(sh.frames)-1].name))
	}
	return nil, false
}

func (sh *shell) bashSource() ([]variant, bool) {
	if sh.src.name == "" {
		return []variant{{val: unsupported("which file is running"), set: maybe}}, true
	}
	return []variant{{val: text(sh.src.name), set: yes}}, true
}

// deref follows name references.
func (sh *shell) deref(st *state, name string, index syntax.ArithmExpr) (string, syntax.ArithmExpr, bool) {
	for range 10 {
		c := st.get(name)
		isRef := false
		for _, p := range c.plain() {
			isRef = isRef || p != nil && p.attrs.nameref
		}
		if !isRef {
			return name, index, true
		}
		if len(c.alts) > 0 {
			return name, index, false
		}
		next, ok := c.val.known()
		if !ok || index != nil && strings.Contains(next, "[") {
			return name, index, false
		}
		base, sub, has := strings.Cut(strings.TrimSuffix(next, "]"), "[")
		if !syntax.ValidName(base) {
			return name, index, false
		}
		name = base
		if has {
			index = &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{Value: sub}}}
		}
	}
	return name, index, false
}

// indirect is ${!name}: the parameter whose name is the value of name.
func (sh *shell) indirect(st *state, p *syntax.ParamExp, c site) sym {
	if cell := st.get(p.Param.Value); cell != nil && len(cell.alts) == 0 && cell.attrs.nameref {
		return modeOf(cell.val, c)
	}
	var out []sym
	vs := sh.variants(st, p.Param.Value, p.Index)
	for _, v := range vs {
		if v.set == no && syntax.ValidName(p.Param.Value) && sh.bash {
			if sh.unsetIndirect(st, p, len(vs) == 1); st.dead {
				return modeOf(nil, c)
			}
			continue
		}
		all, ok := v.val.variants()
		if !ok {
			all = []sym{v.val}
		}
		for _, target := range all {
			out = append(out, sh.indirectTo(st, p, target, c))
		}
	}
	if len(out) == 1 {
		return out[0]
	}
	for i := range out {
		out[i] = plainText(out[i])
	}
	return modeOf(choose(out...), c)
}

// unsetIndirect is ${!name} while name is not set: an error, at which set -e ends the
// shell.
func (sh *shell) unsetIndirect(st *state, p *syntax.ParamExp, certain bool) {
	if !certain {
		st = st.clone()
	}
	if !st.opts.errexit {
		sh.discard(st, p, "an indirect expansion of a name that is not set")
		return
	}
	sh.m.problem(sh.src.span(p), "an indirect expansion of a name that is not set: the shell ends", "set it before this place")
	sh.fail(st, 1)
}

func (sh *shell) indirectTo(st *state, p *syntax.ParamExp, target sym, c site) sym {
	t, ok := target.known()
	if !ok {
		u := *unknownFrom(target)[0].unk
		u.multi = true
		return modeOf(sym{{unk: &u, trail: target.trail()}}, c)
	}
	base, sub, has := strings.Cut(strings.TrimSuffix(t, "]"), "[")
	if base == "" || !syntax.ValidName(base) && strings.Trim(base, "0123456789") != "" && base != "@" && base != "*" {
		sh.discard(st, p, "an indirect expansion of something that is no name")
		return modeOf(unsupported("a name"), c)
	}
	var index syntax.ArithmExpr
	if has {
		index = &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{Value: sub}}}
	}
	q := *p
	q.Excl = false
	return sh.namedParam(st, &q, base, index, c)
}
