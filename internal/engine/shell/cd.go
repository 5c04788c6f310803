package shell

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

func (sh *shell) pwd(st *state, inv invocation) {
	st.status = exited(0)
	if len(inv.args.list) > 1 && !inv.args.list[1].is("-L") && !inv.args.list[1].is("-P") {
		st.status = status{}
	}
	sh.write(st, 1, cat(sh.dirText(st), text("\n")))
}

func (sh *shell) cd(st *state, inv invocation) {
	rest := inv.args.from(1)
	for len(rest.list) > 0 {
		if t, ok := rest.list[0].known(); !ok || t != "-P" && t != "-L" && t != "-e" && t != "--" {
			break
		}
		rest = rest.from(1)
	}
	if !rest.sure() || len(rest.list) > 1 {
		sh.lose(st, rest.tailUnknown())
		return
	}
	target := sh.home(st, "~")
	if len(rest.list) == 1 {
		target = rest.list[0]
	}
	if target.is("-") {
		target = chooseVariants(sh.variants(st, "OLDPWD", nil))
		sh.write(st, 1, cat(target, text("\n")))
	}
	if c := st.get("CDPATH"); c.isSet() != no && !c.scalarText().isEmpty() {
		sh.lose(st, &unknown{why: model.WhyUnsupported, needs: "where CDPATH leads"})
		return
	}
	if target.isEmpty() {
		st.status = exited(0)
		return
	}
	sh.goTo(st, inv, target)
}

// goTo changes the directory. Into one that is not known to exist, the script is taken
// to get.
func (sh *shell) goTo(st *state, inv invocation, target sym) {
	key, ok := sh.fileKey(st, target)
	if !ok || strings.HasPrefix(key, "\x00") {
		sh.lose(st, unknownFrom(target)[0].unk)
		return
	}
	state := sh.statKey(st, key)
	if state == fileMissing && !st.made[key] || state == fileThere {
		if st.ran && state == fileMissing {
			sh.lose(st, &unknown{why: model.WhyCommandOutput, needs: "whether a command has made a directory"})
			return
		}
		sh.m.problem(inv.at, "the directory "+shown(target)+" does not exist in the repository", "add it, or correct the path")
		sh.complain(st, "cd")
		st.status = exited(1)
		return
	}
	sh.enterDir(st, key)
	st.status = exited(0)
	if state == fileUnknown {
		st.status = status{}
	}
}

func (sh *shell) enterDir(st *state, key string) {
	old := sh.dirText(st)
	st.dir, st.lost = path.Clean(key), nil
	before := st.get("OLDPWD")
	next := &cell{val: old, attrs: attrs{exported: true}}
	if before != nil && len(before.alts) == 0 {
		next.trail = before.trail
	}
	st.put("OLDPWD", next)
	sh.setPwd(st)
	if c := st.vars["PWD"]; c != nil {
		copied := *c
		copied.attrs.exported = true
		st.vars["PWD"] = &copied
	}
}

// lose is a change to a directory that is not known.
func (sh *shell) lose(st *state, u *unknown) {
	if u.file != "" {
		u = &unknown{why: u.why, needs: u.needs}
	}
	sh.enterDir(st, st.dir)
	st.lost = u
	sh.setPwd(st)
	st.status = status{}
}

// directoryStack is pushd and popd.
func (sh *shell) directoryStack(st *state, inv invocation) {
	name, _ := inv.name()
	if name == "pushd" && len(inv.args.list) == 2 && inv.args.sure() {
		st.stack = append(st.stack[:len(st.stack):len(st.stack)], sh.dirText(st))
		sh.goTo(st, inv, inv.args.list[1])
		sh.write(st, 1, unsupported("what pushd prints"))
		return
	}
	if name == "popd" && len(inv.args.list) == 1 && len(st.stack) > 0 {
		top := st.stack[len(st.stack)-1]
		st.stack = st.stack[:len(st.stack)-1]
		sh.goTo(st, inv, top)
		sh.write(st, 1, unsupported("what popd prints"))
		return
	}
	sh.lose(st, &unknown{why: model.WhyUnsupported, needs: "where " + name + " leads"})
}
