package shell

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// setCommand is set with options, positional parameters or both.
func (sh *shell) setCommand(st *state, inv invocation) {
	st.status = exited(0)
	args := inv.args.from(1)
	if len(args.list) == 0 && args.sure() {
		sh.write(st, 1, unsupported("what set prints"))
		return
	}
	var flags []string
	for len(args.list) > 0 && args.unsure != 0 {
		t, ok := args.list[0].known()
		if !ok {
			break
		}
		if t == "--" || t == "-" {
			sh.flags(st, flags)
			sh.setArgs(st, inv, args.from(1))
			return
		}
		if len(t) < 2 || t[0] != '-' && t[0] != '+' {
			break
		}
		flags = append(flags, t)
		args = args.from(1)
		if strings.HasSuffix(t, "o") && len(args.list) > 0 {
			if name, ok := args.list[0].known(); ok {
				flags = append(flags, name)
				args = args.from(1)
			}
		}
	}
	sh.flags(st, flags)
	if len(args.list) > 0 || !args.sure() {
		sh.setArgs(st, inv, args)
	}
}

func (sh *shell) setArgs(st *state, inv invocation, args fields) {
	inv.args = fields{list: append([]sym{text("set")}, args.list...), unsure: args.unsure, tail: args.tail}
	inv.words = nil
	if inv.args.unsure >= 0 {
		inv.args.unsure++
	}
	st.args = sh.arguments(inv, "set")
	if len(st.locals) == 0 { // bash does not note it in a function
		st.argsSet = yes
	}
}

// flags applies option words such as -e, +x, -euo and pipefail.
func (sh *shell) flags(st *state, words []string) {
	for i := 0; i < len(words); i++ {
		w := words[i]
		if len(w) < 2 || w[0] != '-' && w[0] != '+' {
			continue
		}
		on := w[0] == '-'
		for _, c := range w[1:] {
			if c == 'o' {
				if i+1 < len(words) {
					i++
					sh.option(st, words[i], on)
				}
				continue
			}
			sh.option(st, optionName(c), on)
		}
	}
}

func optionName(c rune) string {
	switch c {
	case 'e':
		return "errexit"
	case 'u':
		return "nounset"
	case 'a':
		return "allexport"
	case 'f':
		return "noglob"
	case 'n':
		return "noexec"
	case 'k':
		return "keyword"
	case 'E':
		return "errtrace"
	case 'C':
		return "noclobber"
	}
	return ""
}

func (sh *shell) option(st *state, name string, on bool) {
	switch name {
	case "errexit":
		st.opts.errexit = on
	case "errtrace":
		st.opts.errtrace = on && sh.bash
	case "nounset":
		st.opts.nounset = on
	case "allexport":
		st.opts.allexport, st.opts.mayExport = on, false
	case "noglob":
		st.opts.noglob = on
	case "pipefail":
		st.opts.pipefail = on
		if !sh.bash {
			sh.m.problem(sh.here(), "not every sh has the option pipefail; dash 0.5.12 ends the script here", useBash)
			sh.mayEnd(st, 2)
		}
	case "posix", "noexec", "keyword", "noclobber":
		if on {
			sh.m.problem(sh.here(), "keyfit does not follow the shell option "+name, "leave the option out; values after this are unknown")
			st.goWild(&unknown{why: model.WhyUnsupported, needs: "what the option " + name + " changes"})
		}
	}
}

// shopt is bash's own set of options.
func (sh *shell) shopt(st *state, inv invocation) {
	st.status = exited(0)
	words, ok := inv.args.from(1).known()
	if !ok {
		sh.giveUp(st, inv.node, "shopt with something unknown")
		return
	}
	on, query := true, false
	for _, w := range words {
		switch w {
		case "-s":
			on = true
		case "-u":
			on = false
		case "-q", "-p", "-o":
			query = true
		default:
			sh.shellOption(st, w, on)
		}
	}
	if query {
		st.status = status{}
		sh.write(st, 1, unsupported("what shopt prints"))
	}
}

func (sh *shell) shellOption(st *state, name string, on bool) {
	switch name {
	case "nullglob":
		st.opts.nullglob = on
	case "dotglob":
		st.opts.dotglob = on
	case "globstar":
		st.opts.globstar = on
	case "extglob":
		st.opts.extglob = on
	case "nocaseglob":
		st.opts.nocase = on
	case "failglob":
		st.opts.failglob = on
	case "nocasematch":
		st.opts.nocaseMatch = on
	case "inherit_errexit":
		st.opts.inheritErrexit = on
	case "lastpipe":
		st.opts.lastpipe = on
	case "expand_aliases":
		st.opts.aliases = on
	}
}

// getopts takes the next option from the arguments.
func (sh *shell) getopts(st *state, inv invocation) {
	spec, name := "", ""
	var ok1, ok2 bool
	if len(inv.args.list) >= 3 && inv.args.sure() {
		spec, ok1 = inv.args.list[1].known()
		name, ok2 = inv.args.list[2].known()
	}
	if !ok1 || !ok2 || !isName(name) {
		sh.giveUp(st, inv.node, "getopts with something unknown")
		return
	}
	args := fields{list: st.args.list, unsure: st.args.unsure, tail: st.args.tail}
	if len(inv.args.list) > 3 {
		args = inv.args.from(3)
	}
	hop := model.Hop{At: inv.at, Kind: model.KindShell, What: "getopts " + name}
	g := getopt{sh: sh, st: st, inv: inv, spec: spec, args: args, hop: hop}
	g.next(name)
}

type getopt struct {
	sh   *shell
	st   *state
	inv  invocation
	spec string
	args fields
	hop  model.Hop
}

func (g getopt) set(name string, val sym) {
	h := g.hop
	h.What = "getopts " + name
	g.sh.assign(g.st, g.inv.node, name, val, h)
}

// next finds the option at OPTIND and at the letter within the word.
func (g getopt) next(name string) {
	ind := g.sh.arithName(g.st, "OPTIND", nil, 0)
	if !ind.known || g.st.optAt < 0 {
		g.strange(name)
		return
	}
	i := int(max(ind.n, 1))
	if g.args.unsure >= 0 && i-1 >= g.args.unsure {
		g.strange(name)
		return
	}
	if i-1 >= len(g.args.list) {
		g.end(name, i)
		return
	}
	word, ok := g.args.list[i-1].known()
	if !ok {
		g.strange(name)
		return
	}
	if g.st.optAt >= len(word) {
		g.st.optAt = 0
	}
	if g.st.optAt == 0 {
		if len(word) < 2 || word[0] != '-' {
			g.end(name, i)
			return
		}
		if word == "--" {
			g.end(name, i+1)
			return
		}
		g.st.optAt = 1
	}
	g.letter(name, word, i)
}

func (g getopt) letter(name, word string, i int) {
	c := word[g.st.optAt]
	g.st.optAt++
	rest := g.args.list[i-1].slice(g.st.optAt, len(word))
	if g.st.optAt >= len(word) {
		g.st.optAt = 0
		i++
	}
	g.st.status = exited(0)
	at := strings.IndexByte(strings.TrimPrefix(g.spec, ":"), c)
	spec := strings.TrimPrefix(g.spec, ":")
	silent := strings.HasPrefix(g.spec, ":")
	if at < 0 || c == ':' {
		g.bad(name, c, silent, "?")
	} else if at+1 < len(spec) && spec[at+1] == ':' {
		switch {
		case g.st.optAt > 0:
			g.set("OPTARG", rest)
			g.st.optAt = 0
			i++
		case g.args.unsure >= 0 && i-1 >= g.args.unsure:
			g.strange(name)
			return
		case i-1 < len(g.args.list):
			g.set("OPTARG", g.args.list[i-1])
			i++
		default:
			g.bad(name, c, silent, ":")
			g.index(i)
			return
		}
		g.set(name, text(string(c)))
	} else {
		g.sh.unset(g.st, g.inv.node, "OPTARG")
		g.set(name, text(string(c)))
	}
	g.index(i)
}

func (g getopt) bad(name string, c byte, silent bool, mark string) {
	if silent {
		g.set("OPTARG", text(string(c)))
		g.set(name, text(mark))
		return
	}
	g.sh.unset(g.st, g.inv.node, "OPTARG")
	g.set(name, text("?"))
}

func (g getopt) index(i int) {
	at := g.st.optAt
	g.set("OPTIND", exact(int64(i)).sym())
	g.st.optAt = at
}

func (g getopt) end(name string, i int) {
	g.st.optAt = 0
	g.set(name, text("?"))
	g.sh.unset(g.st, g.inv.node, "OPTARG")
	g.index(i)
	g.st.status = exited(1)
}

func (g getopt) strange(name string) {
	u := g.args.tailUnknown()
	for _, n := range []string{name, "OPTARG", "OPTIND"} {
		g.set(n, sym{{unk: u}})
	}
	g.st.optAt = -1
	g.st.status = status{}
}
