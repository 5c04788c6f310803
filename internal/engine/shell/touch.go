package shell

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// touch forgets the content of files that an external command is told to write.
func (sh *shell) touch(st *state, name string, inv invocation) {
	writes := slices.Contains(writers(), path.Base(name)) && !(len(inv.args.list) > 1 && inv.args.list[1].is("exec-env"))
	for i, a := range inv.args.list {
		t, ok := a.known()
		if !ok && i > 0 {
			flag, target := outputFlag(a)
			if writes || flag || isOutputFlagSym(inv.args.list[i-1]) && !namesFormat(path.Base(name)) {
				sh.rewritten(st, name, target)
			}
		}
		if !ok || i == 0 {
			continue
		}
		if t == "-i" || strings.HasPrefix(t, "-i.") || t == "decrypt" {
			writes = true
		}
		target := ""
		if out, value, found := strings.Cut(t, "="); found && isOutputFlag(out) || found && out == "of" {
			target = value
		} else if i > 0 && isOutputFlagSym(inv.args.list[i-1]) && !namesFormat(path.Base(name)) {
			target = t
		} else if writes && !strings.HasPrefix(t, "-") {
			target = t
		}
		if target == "" {
			continue
		}
		sh.rewritten(st, name, text(target))
	}
}

// rewritten forgets what a file holds that a command writes.
func (sh *shell) rewritten(st *state, command string, name sym) {
	if key, ok := sh.fileKey(st, name); ok && sh.statKey(st, key) != fileDir {
		st.files[key] = &file{text: mystery(model.WhyCommandOutput, "what "+command+" writes")}
	}
}

// outputFlag reads --output=path, of which the path is not known.
func outputFlag(s sym) (bool, sym) {
	flag, target, ok := cutAssign(s)
	if !ok {
		return false, s
	}
	return isOutputFlag(flag) || flag == "of", target
}

func isOutputFlag(flag string) bool {
	return slices.Contains([]string{"-o", "--output", "--out", "-out", "-O", "--output-file", "--output-document", "--file-out"}, flag)
}

func isOutputFlagSym(s sym) bool {
	t, ok := s.known()
	return ok && isOutputFlag(t)
}

// namesFormat reports whether -o chooses the form of what a command prints.
func namesFormat(command string) bool {
	return slices.Contains([]string{"kubectl", "oc", "helm", "kubeseal", "aws", "az", "docker", "kubectx", "argocd", "flux"}, command)
}

// writers are commands whose plain arguments are files that they write.
func writers() []string {
	return []string{"rsync", "scp", "install", "sponge", "dos2unix", "unix2dos", "perl", "ansible-vault", "truncate", "patch", "sops", "gpg", "split", "ed", "ex", "vim", "unzip", "gunzip"}
}
