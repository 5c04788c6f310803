package pipeline

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// Lister is a [Host] that can tell which plain names keyfit.yaml binds.
type Lister interface{ Names() []string }

// The limits of looking for names.
const (
	maxNames       = 500
	maxScripts     = 30
	maxScriptBytes = 256 << 10
)

var (
	referred = lazy.Regexp(`\$\{?[!#]?([A-Za-z_][A-Za-z0-9_]*)`)
	assigned = lazy.Regexp(`(?:^|[\s;(&|])([A-Za-z_][A-Za-z0-9_]*)(?:\+?=|\[)|\b(?:for|read(?:\s+-[a-z]+)*)\s+([A-Za-z_][A-Za-z0-9_]*)`)
	fileWord = lazy.Regexp(`[A-Za-z0-9_./-]+`)
)

// Names lists, in order, the variables that the texts of a job, and the scripts of the
// repository that they name, read before they set them anywhere. It is for systems in
// which any plain name may be a variable of the project: a name is not more than a guess,
// and what is known of it the host says.
func Names(files repo.Files, texts []string) []string {
	s := &namesIn{files: files, seen: map[string]bool{}, read: map[string]bool{}, set: map[string]bool{}}
	for _, text := range texts {
		s.look(text)
	}
	for i := 0; i < len(s.scripts) && i < maxScripts; i++ {
		if data, err := files.Read(s.scripts[i]); err == nil && len(data) <= maxScriptBytes && repo.IsText(data) {
			s.look(string(data))
		}
	}
	var out []string
	for name := range s.read {
		if !s.set[name] && !ofTheShell(name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out[:min(len(out), maxNames)]
}

type namesIn struct {
	files     repo.Files
	scripts   []string
	seen      map[string]bool
	read, set map[string]bool
}

func (s *namesIn) look(text string) {
	if len(text) > maxScriptBytes {
		text = text[:maxScriptBytes]
	}
	for _, m := range referred().FindAllStringSubmatch(text, -1) {
		if len(s.read) < 4*maxNames {
			s.read[m[1]] = true
		}
	}
	for _, m := range assigned().FindAllStringSubmatch(text, -1) {
		s.set[m[1]+m[2]] = true
	}
	for _, word := range fileWord().FindAllString(text, -1) {
		s.script(word)
	}
}

// script remembers a word that is the path of a script of the repository.
func (s *namesIn) script(word string) {
	if !strings.Contains(word, "/") && !strings.HasSuffix(word, ".sh") || strings.HasPrefix(word, "/") || len(s.scripts) >= maxScripts {
		return
	}
	name := path.Clean(word)
	if s.seen[name] || len(s.seen) > 20*maxScripts || !slices.Contains([]string{"", ".sh", ".bash"}, path.Ext(name)) {
		return
	}
	s.seen[name] = true
	if info, err := s.files.Stat(name); err == nil && !info.Dir && info.Size <= maxScriptBytes {
		s.scripts = append(s.scripts, name)
	}
}

// Forget leaves out what is not known of variables that nobody refers to: beside a rest that
// is unknown it tells nothing.
func Forget(vars map[string]model.Value, referred []string) {
	for name, v := range vars {
		if v.State != model.Known && !slices.Contains(referred, name) && !slices.Contains(StartsShell(), name) {
			delete(vars, name)
		}
	}
}

// StartsShell are variables that change how every shell starts, and how it finds files.
// Where any name may be a variable of the project, these are taken not to be.
func StartsShell() []string {
	return []string{"BASH_ENV", "CDPATH", "GLOBIGNORE"}
}

// ofTheShell reports whether a name belongs to the shell or to the machine.
func ofTheShell(name string) bool {
	return slices.Contains([]string{
		"_", "BASH", "COLUMNS", "DIRSTACK", "EUID", "FUNCNAME", "GROUPS", "HOME", "HOSTNAME", "HOSTTYPE", "IFS", "LANG", "LINENO", "LINES",
		"LOGNAME", "MACHTYPE", "OLDPWD", "OPTARG", "OPTIND", "OSTYPE", "PATH", "PIPESTATUS", "PPID", "PS1", "PS4", "PWD", "RANDOM", "REPLY",
		"SECONDS", "SHELL", "SHELLOPTS", "SHLVL", "TERM", "TMPDIR", "UID", "USER",
	}, name) || strings.HasPrefix(name, "BASH_")
}
