package github

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// shellOf gives the program that runs the script, with its options.
func (r *stepRun) shellOf() (program string, flags []string, ok bool) {
	v := r.frame.shell
	if r.step.shell != nil {
		v = r.scope.text(r.step.shell, r.field(inStep), "shell")
	} else if r.dir != "" {
		v = model.Value{State: model.Absent}
	}
	switch {
	case v.State == model.Unknown:
		r.problem(r.step.at, "write the name of the shell out", "which shell runs the step is not known, so it is not followed")
		return "", nil, false
	case v.State == model.Absent || v.Text.IsEmpty():
		return r.defaultShell()
	}
	program, flags, ok = readShell(v.Text.Reveal())
	if !ok {
		r.problem(r.step.at, "write bash, sh, pwsh, powershell, cmd or python, or a command line with {0} in it", "the step names a shell that GitHub does not know, so it fails")
	}
	return program, flags, ok
}

func (r *stepRun) defaultShell() (string, []string, bool) {
	switch {
	case r.os == "Windows":
		return "pwsh", nil, true
	case r.inside:
		return "sh", []string{"-e"}, true
	}
	return "bash", []string{"-e"}, true
}

// readShell reads a value of `shell`.
func readShell(shell string) (program string, flags []string, ok bool) {
	program, args, _ := strings.Cut(shell, " ")
	if args = strings.TrimSpace(args); args == "" {
		switch strings.ToLower(program) {
		case "bash":
			return "bash", []string{"-e", "-o", "pipefail"}, true
		case "sh":
			return "sh", []string{"-e"}, true
		case "pwsh", "powershell", "cmd", "python":
			return strings.ToLower(program), nil, true
		}
		return "", nil, false
	}
	before, after, found := strings.Cut(args, "{0}")
	if !found {
		return "", nil, false
	}
	name := path.Base(program)
	if name != "bash" && name != "sh" || strings.TrimSpace(strings.Trim(strings.TrimSpace(after), `'"`)) != "" {
		return otherShell(name), nil, true
	}
	flags, ok = shellFlags(strings.Fields(strings.TrimRight(strings.TrimSpace(before), `'"`)))
	if !ok {
		return otherShell(name), nil, true
	}
	return name, flags, true
}

// otherShell names a program that is no shell which is followed.
func otherShell(name string) string {
	if name == "bash" || name == "sh" || !strict.IsName(name) {
		return "custom"
	}
	return name
}

// shellFlags keeps the options that change what a script does; ok is false when one of them
// is not an option of the shell.
func shellFlags(words []string) ([]string, bool) {
	var out []string
	for i := 0; i < len(words); i++ {
		switch w := words[i]; {
		case w == "--noprofile", w == "--norc", w == "--login", w == "--":
		case w == "-O" || w == "+O" || strings.HasPrefix(w, "--") || strings.ContainsAny(w, `"'$`):
			return nil, false
		case strings.HasPrefix(w, "-") || strings.HasPrefix(w, "+"):
			if letters := strings.ReplaceAll(w, "l", ""); len(letters) > 1 {
				out = append(out, letters)
			}
			if strings.HasSuffix(w, "o") && i+1 < len(words) {
				i++
				out = append(out, words[i])
			}
		default:
			return nil, false
		}
	}
	return out, true
}
