package deploy

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

func sudoAdapter() Adapter { return Adapter{Names: []string{"sudo"}, Read: readSudo} }

func sudoGrammar() grammar {
	return grammar{
		values: []string{
			"-C", "--close-from", "-D", "--chdir", "-g", "--group", "-h", "--host", "-p", "--prompt", "-R", "--chroot", "-r", "--role",
			"-t", "--type", "-T", "--command-timeout", "-U", "--other-user", "-u", "--user",
		},
		bools: []string{
			"-A", "--askpass", "-b", "--background", "-B", "--bell", "-E", "--preserve-env", "-H", "--set-home", "-k", "--reset-timestamp",
			"-K", "--remove-timestamp", "-n", "--non-interactive", "-P", "--preserve-groups", "-S", "--stdin", "-N", "--no-update",
			"-e", "--edit", "-i", "--login", "-l", "--list", "-s", "--shell", "-v", "--validate", "-V", "--version",
		},
		stop: true, short: true,
	}
}

func readSudo(call Call) (Delivery, bool) {
	r := wrapping(call, "sudo")
	words := r.words()
	l, given, from := r.sudoWords(words)
	r.strict(l)
	if l.has("-e", "--edit", "-l", "--list", "-v", "--validate", "-V", "--version") || r.idle(l) {
		return Delivery{}, false
	}
	if l.has("-i", "--login", "-s", "--shell", "-R", "--chroot", "-D", "--chdir") {
		r.unsupported("another shell or directory")
	}
	env := sudoEnv(call.Env, l)
	for _, w := range given {
		name, value, _ := w.cut("=")
		env = env.With(name, r.via(value.value(), "sudo "+name).Over(call.Env.Get(name)))
	}
	return r.start(from, env, nil)
}

// sudoWords reads the flags and the variables, which may come in any order, up to the
// command.
func (r *reading) sudoWords(words []word) (all line, given []word, from int) {
	for {
		l := r.line(sudoGrammar(), words[from:])
		all.uses = append(all.uses, l.uses...)
		all.rest, all.strange = l.rest, l.strange
		from += l.from
		if len(l.rest) == 0 || l.strange != "" || from > 0 && words[from-1].is("--") {
			return all, given, from
		}
		w := words[from]
		name, _, ok := w.cut("=")
		if !ok && w.mayHold("=") != nil && (w.head() == "" || isName(w.head())) && r.open == nil {
			r.doubt(*w.unknown(), "a word is not known and may set a variable, expected the command that sudo runs", "write the command out")
		}
		if !ok || !isName(name) {
			return all, given, from
		}
		given = append(given, w)
		from++
	}
}

// sudoEnv is what sudo leaves of the environment. By default only what the machine's own
// policy lists; with -E all but what sudo sets anew or takes for dangerous.
func sudoEnv(env model.Env, l line) model.Env {
	keep := map[string]bool{}
	all := l.has("-E")
	for _, u := range l.uses {
		if u.flag != "--preserve-env" {
			continue
		}
		all = all || u.bare
		for _, w := range u.words {
			for name := range strings.SplitSeq(w.head(), ",") {
				keep[name] = w.unknown() == nil
			}
		}
	}
	const needs = "what the machine's sudoers keeps: hand it over with sudo --preserve-env=NAME"
	out := map[string]model.Value{}
	for name, v := range env.All() {
		kept := (all || keep[name]) && !sudoSets(name) && !(v.State == model.Known && strings.HasPrefix(v.Text.Reveal(), "()"))
		if !kept && v.State != model.Absent {
			v = model.UnknownBecause(model.WhyUnsupported, needs, v.Trail)
		}
		out[name] = v
	}
	return model.NewEnv(out).WithRest(model.UnknownBecause(model.WhyUnsupported, "what the machine's sudoers sets", model.Trail{}))
}

// sudoSets reports whether sudo sets the variable itself, or may remove or check it.
func sudoSets(name string) bool {
	for _, prefix := range []string{"LD_", "_RLD", "DYLD_", "SUDO_", "LC_", "KRB5", "PYTHON", "PERL", "RUBY", "BASH_FUNC_", "TERM"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return slices.Contains([]string{
		"PATH", "HOME", "MAIL", "SHELL", "LOGNAME", "USER", "USERNAME", "IFS", "CDPATH", "ENV", "BASH_ENV", "PS4", "GLOBIGNORE", "BASHOPTS",
		"SHELLOPTS", "LOCALDOMAIN", "RES_OPTIONS", "HOSTALIASES", "NLSPATH", "PATH_LOCALE", "SHLIB_PATH", "LIBPATH", "AUTHSTATE", "JAVA_TOOL_OPTIONS",
		"FPATH", "NULLCMD", "READNULLCMD", "ZDOTDIR", "TMPPREFIX", "COLORTERM", "LANG", "LANGUAGE", "LINGUAS", "TZ",
	}, name)
}

func isName(text string) bool {
	if text == "" || text[0] >= '0' && text[0] <= '9' {
		return false
	}
	return strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}
