package pipeline

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// Own is the step of a pipeline that keyfit itself runs in: which variables of its process carry
// what the CI system keeps.
type Own struct {
	// Carries says, by the variable, what it carries by its name in keyfit.yaml: "credentials.ID",
	// "secrets.NAME". A variable that the pipeline sets to anything else carries nothing: "".
	Carries map[string]string
}

// Input names the variable of keyfit's process that carries a value from outside.
func (o Own) Input(name string) (variable string, ok bool) {
	for _, variable := range slices.Sorted(maps.Keys(o.Carries)) {
		if what := o.Carries[variable]; what != "" && what == name {
			return variable, true
		}
	}
	return "", false
}

// Sets reports whether the pipeline sets a variable in keyfit's own step.
func (o Own) Sets(variable string) bool {
	_, set := o.Carries[variable]
	return set
}

// Agreed keeps what holds for all of them: any of these may be keyfit's own step. ok is false when
// there is none.
func Agreed(all []Own) (own Own, ok bool) {
	if len(all) == 0 {
		return Own{}, false
	}
	out := maps.Clone(all[0].Carries)
	for _, other := range all[1:] {
		for variable, what := range other.Carries {
			if before, set := out[variable]; !set || before != what {
				out[variable] = ""
			}
		}
		for variable := range out {
			if !other.Sets(variable) {
				out[variable] = ""
			}
		}
	}
	return Own{Carries: out}, true
}

// Safe is a [Host] that knows the credentials of a CI system that has no variables for them.
type Safe interface {
	// Credential gives one by its name in keyfit.yaml, for a variable that receives it: what is
	// said of one that is not known names that variable.
	Credential(name, variable string) model.Value
}

// KeyHolder is a [Host] that can tell which variables of keyfit's own process are keys, or belong to
// one: those that keyfit.yaml declares, and those whose name says so.
type KeyHolder interface{ KeyNames() []string }

// speaks finds keyfit as a command, a step or a part of a path.
var speaks = lazy.Regexp(`(?i)(?:^|[^A-Za-z0-9.])keyfit(?:$|[^A-Za-z0-9.-])`)

// installs finds where keyfit comes from: what installs it does not run it.
var installs = lazy.Regexp(`[^\s"']*(?:github\.com/keyfit/|keyfit@)[^\s"']*`)

// OwnScript is the text of a script in which keyfit may run, with the texts of the files of the
// repository that it names.
type OwnScript struct{ texts []string }

// ReadOwn reads a script, up to where it calls keyfit, and the files that it names there.
func ReadOwn(files repo.Files, dir, text string) OwnScript {
	text = installs().ReplaceAllString(cut(text), "")
	if found := speaks().FindAllStringIndex(text, -1); found != nil {
		text = text[:found[len(found)-1][1]]
	}
	s := OwnScript{texts: []string{text}}
	seen := map[string]bool{}
	for i := 0; i < len(s.texts) && len(s.texts) <= maxScripts; i++ {
		for _, word := range fileWord().FindAllString(s.texts[i], maxNames) {
			word = cmp.Or(fileOf[word], word)
			for _, name := range []string{path.Join(dir, word), path.Clean(word)} {
				if seen[name] || len(seen) > 20*maxScripts || strings.HasPrefix(word, "/") || strings.HasPrefix(name, "../") {
					continue
				}
				seen[name] = true
				if !slices.Contains(executed, path.Ext(name)) {
					continue
				}
				info, err := files.Stat(name)
				if err != nil || info.Dir || info.Size > maxScriptBytes {
					continue
				}
				if data, err := files.Read(name); err == nil && repo.IsText(data) && len(s.texts) <= maxScripts {
					s.texts = append(s.texts, installs().ReplaceAllString(string(data), ""))
				}
			}
		}
	}
	return s
}

// executed are the endings of files that are run, and not only read.
var executed = []string{"", ".sh", ".bash", ".zsh", ".ksh", ".py", ".rb", ".js", ".mjs", ".ts", ".pl", ".ps1", ".bat", ".cmd", ".mk"}

// fileOf are the files that a tool runs commands of.
var fileOf = map[string]string{"make": "Makefile", "gmake": "Makefile", "just": "justfile", "task": "Taskfile", "rake": "Rakefile"}

func cut(text string) string { return text[:min(len(text), maxScriptBytes)] }

// RunsKeyfit reports whether the script, or a file that it names, speaks of keyfit.
func (s OwnScript) RunsKeyfit() bool {
	return slices.ContainsFunc(s.texts, func(text string) bool { return speaks().MatchString(withoutComments(text)) })
}

// evaluates finds commands that may set any variable.
var evaluates = lazy.Regexp(`(?m)(?:^|[\s;&|(])(?:\.|source|eval|export\s+\$)(?:\s|$)`)

// MaySet reports whether something in the script may give a variable another text before keyfit
// starts.
func (s OwnScript) MaySet(variable string) bool {
	return slices.ContainsFunc(s.texts, func(text string) bool {
		text = withoutComments(text)
		return evaluates().MatchString(text) || mentionsBare(text, variable)
	})
}

// Mentions reports whether a word stands in the script, or in a file that it names.
func (s OwnScript) Mentions(word string) bool {
	return slices.ContainsFunc(s.texts, func(text string) bool { return strings.Contains(text, word) })
}

// mentionsBare reports whether a name stands in a text otherwise than behind a dollar sign.
func mentionsBare(text, name string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], name)
		if i < 0 {
			return false
		}
		i += at
		before, behind := text[:i], text[i+len(name):]
		at = i + len(name)
		if isNameEnd(before) || isNameStart(behind) || strings.HasSuffix(before, "$") || strings.HasSuffix(before, "${") && !strings.HasPrefix(behind, "=") && !strings.HasPrefix(behind, ":=") {
			continue
		}
		return true
	}
}

func isNameEnd(s string) bool   { return s != "" && isNameByte(s[len(s)-1]) }
func isNameStart(s string) bool { return s != "" && isNameByte(s[0]) }

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// withoutComments leaves out the lines that are comments.
func withoutComments(text string) string {
	if !strings.Contains(text, "#") {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// OnlyRunsKeyfit reports whether a script does nothing but run keyfit, and what installs it: it
// delivers nothing.
func OnlyRunsKeyfit(script string) bool {
	found := false
	for line := range strings.SplitSeq(strings.NewReplacer("\\\n", " ", "&&", "\n", "||", "\n", ";", "\n").Replace(cut(script)), "\n") {
		words := strings.Fields(strings.Trim(strings.TrimSpace(line), `"'`))
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		switch name := strings.Trim(words[0], `"'`); {
		case model.IsSelf(name):
			found = true
		case slices.Contains([]string{"set", "echo", "if", "then", "fi", "mkdir", "true", ":", "cd"}, name):
			found = found || slices.ContainsFunc(words, func(w string) bool { return model.IsSelf(strings.Trim(w, `"'`)) })
		case name == "go" && strings.Contains(line, "keyfit") && len(words) > 1 && words[1] == "install":
		default:
			return false
		}
	}
	return found
}
