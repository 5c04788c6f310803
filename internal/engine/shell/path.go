package shell

import (
	"slices"
	"strings"
)

// found is where a command is.
type found struct {
	key   string // a file of the repository; empty when it is a program of the machine
	doubt bool   // which of several it is, or whether there is one, is not known
}

// onPath looks a name up in the directories of PATH that lie in the repository. A
// command must be executable, a file that is sourced need not be.
func (sh *shell) onPath(st *state, name string, command bool) found {
	all := st.get("PATH").plain()
	out := sh.onOnePath(st, all[0], name, command)
	for _, c := range all[1:] {
		if other := sh.onOnePath(st, c, name, command); other != out {
			out.doubt = true
		}
	}
	return out
}

func (sh *shell) onOnePath(st *state, c *cell, name string, command bool) found {
	if c == nil {
		return found{}
	}
	sure, whole := true, c.scalarText()
	for _, d := range dirsOf(whole) {
		if !d.isKnown() && !d.isPlace() {
			sure = false
			continue
		}
		if key, ok := sh.inDir(st, d, name, command); ok {
			return found{key: key, doubt: !sure}
		}
	}
	return found{doubt: c.origin == nil && !sh.hasUsualDirs(whole)}
}

// dirsOf cuts a list of directories at its colons.
func dirsOf(list sym) []sym {
	out := []sym{nil}
	for _, p := range list {
		last := &out[len(out)-1]
		if p.unk != nil {
			*last = append(*last, p)
			continue
		}
		for i, t := range strings.Split(p.text, ":") {
			if i > 0 {
				out = append(out, nil)
				last = &out[len(out)-1]
			}
			if t != "" {
				*last = append(*last, piece{text: t})
			}
		}
	}
	return out
}

func (p piece) isPlace() bool { return p.unk != nil && p.unk.place() }

// inDir looks into one directory, when it lies in the repository.
func (sh *shell) inDir(st *state, dir sym, name string, command bool) (string, bool) {
	if len(dir) == 0 {
		dir = text(".")
	}
	key, ok := sh.fileKey(st, cat(dir, text("/"+name)))
	if !ok || outside(key) || sh.statKey(st, key) != fileThere {
		return "", false
	}
	return key, !command || sh.isExecutable(st, key)
}

// hasUsualDirs reports whether the programs of the machine are found through a PATH that
// the script has set.
func (sh *shell) hasUsualDirs(s sym) bool {
	t, ok := s.known()
	if !ok {
		return true
	}
	outer := sh.m.step.Env.Get("PATH").Text.Reveal()
	if outer != "" && strings.Contains(t, outer) {
		return true
	}
	return slices.ContainsFunc(strings.Split(t, ":"), isSystemPath)
}
