package batch

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/session"
	"github.com/keyfit/keyfit/internal/strict"
)

// simple follows one command.
func (f *follower) simple(st *state, s simple, in *input) {
	if r, ok := inputOf(s.redirs); ok {
		in = &input{text: f.fileInput(st, r), printer: -1}
	}
	name, tail := f.nameOf(s)
	if out := f.dispatch(st, s, name, tail, in); !st.dead {
		st.Print(out)
	}
}

func inputOf(redirs []redirection) (redirection, bool) {
	for _, r := range redirs {
		if r.input {
			return r, true
		}
	}
	return redirection{}, false
}

func (f *follower) fileInput(st *state, r redirection) session.Text {
	if r.merge {
		return session.Unknown(model.WhyInput, "what is read there", model.Trail{})
	}
	at, ok := f.pathOf(st, f.src.Text(r.target))
	if !ok {
		return session.Blurred("the text of a file", f.src.Text(r.target))
	}
	return fileText(f.content(st, at))
}

// fileText is the text of a file of which the lines may end either way where it is checked out.
func fileText(t session.Text) session.Text {
	if text, ok := t.Known(); ok && strings.Contains(text, "\n") {
		return session.Unknown(model.WhyUnsupported, "how the lines of the file end where it is checked out", t.Value().Trail)
	}
	return t
}

// nameOf takes the name of a command off its front: it ends at a delimiter that is not
// quoted.
func (f *follower) nameOf(s simple) (name, tail []char) {
	chars := s.chars
	for len(chars) > 0 && !chars[0].plain && isDelimiter(chars[0].Rune) {
		chars = chars[1:]
	}
	for i, c := range chars {
		if !c.plain && isDelimiter(c.Rune) {
			return chars[:i], chars[i:]
		}
	}
	return chars, nil
}

// text is what some characters stand for.
func (f *follower) text(chars []char) session.Text { return f.src.Text(bare(chars)) }

func bare(chars []char) []session.Char {
	out := make([]session.Char, len(chars))
	for i, c := range chars {
		out[i] = c.Char
	}
	return out
}

func plainText(chars []char) (string, bool) { return session.Plain(bare(chars)) }

// builtins are the commands of cmd itself; see `help`.
const builtins = " assoc call cd chdir cls color copy date del dir dpath echo endlocal erase exit for ftype goto if md mkdir mklink move " +
	"path pause popd prompt pushd rd rem ren rename rmdir set setlocal shift start time title type ver verify vol "

func isBuiltin(name string) bool { return name != "" && strings.Contains(builtins, " "+name+" ") }

// dispatch does what a command does, and gives what it prints.
func (f *follower) dispatch(st *state, s simple, name, tail []char, in *input) session.Text {
	written, known := plainText(name)
	lower := strings.ToLower(written)
	if known {
		if b, rest, ok := splitBuiltin(lower, name, tail); ok {
			return f.builtin(st, s, b, rest)
		}
		if word := leadingLetters(lower); word != lower && isBuiltin(word) && !strings.ContainsAny(lower[len(word):len(word)+1], `_-"0123456789`) && !strings.Contains(lower, ".exe") {
			f.giveUp(st, bare(name), "the command "+word+" written like this")
			return session.Text{}
		}
	}
	return f.program(st, s, name, tail, in)
}

func leadingLetters(s string) string {
	i := strings.IndexFunc(s, func(c rune) bool { return c < 'a' || c > 'z' })
	if i < 0 {
		return s
	}
	return s[:i]
}

// splitBuiltin finds a command of cmd itself at the front of a name: echo. and cd.. are such.
func splitBuiltin(lower string, name, tail []char) (string, []char, bool) {
	if isBuiltin(lower) {
		return lower, tail, true
	}
	word := leadingLetters(lower)
	if len(word) == len(lower) {
		return "", nil, false
	}
	all := append(append([]char{}, name[len(word):]...), tail...)
	switch next := lower[len(word)]; word {
	case "echo":
		if strings.IndexByte(`.:/\[]+(`, next) >= 0 {
			return word, all, true
		}
	case "cd", "chdir":
		if next == '.' || next == '\\' || next == '/' {
			return word, all, true
		}
	case "set":
		if next == '"' || strings.HasPrefix(lower[3:], "/a") || strings.HasPrefix(lower[3:], "/p") {
			return word, all, true
		}
	}
	return "", nil, false
}

// programs are tools that are programs on Windows, so that a script goes on behind them.
var programs = set(`git docker docker-compose kubectl helm kustomize terraform tofu terragrunt pulumi node python python3 py dotnet go
	cargo aws gh glab curl tar ssh scp msbuild nuget java javac argocd flux oc packer vault consul sops age eksctl doctl flyctl podman
	jq yq sqlcmd msdeploy robocopy xcopy powershell pwsh cmd where whoami findstr find sort more taskkill tasklist net sc reg ping
	timeout certutil icacls attrib chcp hostname systeminfo schtasks wmic openssl bash wsl setx tree fc comp mode nslookup netstat
	ipconfig iisreset appcmd signtool vstest.console devenv cmake ninja cl link makensis 7z rustc rustup deno bun`)

// scripts are tools that are themselves scripts for cmd: without call in front, the script
// ends with them.
var scripts = set(`npm npx yarn pnpm yarnpkg az gcloud gsutil mvn mvnw gradle gradlew ng tsc serverless sls firebase vercel netlify heroku
	cdk sam ionic cordova expo lerna nx turbo grunt gulp bower webpack vite jest eslint prettier wrangler railway bundle gem rake
	composer sfdx newman conda sbt ant flutter dart code emsdk_env vcvarsall vcvars64 corepack`)

func set(names string) map[string]bool {
	out := map[string]bool{}
	for name := range strings.FieldsSeq(names) {
		out[name] = true
	}
	return out
}

// manner is what becomes of a script behind a command.
type manner uint8

const (
	goesOn   manner = iota // the command is a program
	mayEnd                 // nobody knows what it is
	ends                   // it is a script itself
	followed               // it is a script of the repository
)

// mannerOf says what a command is by its name, and where the script lies that it is.
func (f *follower) mannerOf(st *state, name session.Text) (manner, string) {
	text, ok := name.Known()
	p, _, isPath := name.Path()
	if !isPath {
		return mayEnd, ""
	}
	text = strings.ToLower(text)
	base := path.Base(strings.ToLower(strings.ReplaceAll(p, `\`, "/")))
	if at, found := f.scriptAt(st, name); found {
		return followed, at
	}
	switch ext := path.Ext(base); {
	case ext == ".exe" || ext == ".com":
		return goesOn, ""
	case ext == ".bat" || ext == ".cmd":
		return ends, ""
	case ok && programs[text]:
		return goesOn, ""
	case ok && scripts[text]:
		return ends, ""
	}
	return mayEnd, ""
}

// scriptAt finds a script of the repository by the name of a command; cmd looks in the current
// directory first.
func (f *follower) scriptAt(st *state, name session.Text) (string, bool) {
	at, ok := f.pathOf(st, name)
	if !ok {
		return "", false
	}
	for _, ext := range []string{"", ".com", ".exe", ".bat", ".cmd"} {
		info, err := f.step.Files.Stat(at + ext)
		if err != nil || info.Dir {
			continue
		}
		found := path.Ext(strings.ToLower(at + ext))
		return at + ext, found == ".bat" || found == ".cmd"
	}
	return "", false
}

// program records a program with its arguments, or follows a script of the repository.
func (f *follower) program(st *state, s simple, name, tail []char, in *input) session.Text {
	command := unquoted(f.text(name))
	how, at := f.mannerOf(st, command)
	if how == followed {
		f.callScript(st, at, tail, bare(s.chars))
		f.leave(st, s, true, command)
		return session.Text{}
	}
	out := f.record(st, s, command, tail, in)
	if how != goesOn {
		f.leave(st, s, how == ends, command)
	}
	return out
}

// leave notes that the script ends, or may end, with a command.
func (f *follower) leave(st *state, s simple, certain bool, command session.Text) {
	if st.dead {
		return
	}
	if !certain {
		ended := st.clone() // as a script, it may have set variables
		ended.WildEnv(strangeScript())
		f.frame.ends = append(f.frame.ends, ended)
		f.perhapsFrom(f.frame)
		return
	}
	if f.more() {
		text, _ := command.Known()
		f.rec.Problem(f.span(bare(s.chars)), strict.Path(text)+" is a script for cmd itself, so nothing behind it is run", `write "call" in front of it, or is it meant to be the last command`)
	}
	f.perhapsFrom(f.frame) // of what stands in the same line
	st.leaving = true
}

func strangeScript() model.Value {
	return model.UnknownBecause(model.WhyUnsupported, "what a script sets that is not in the repository", model.Trail{})
}

// more reports whether there are further commands in the script.
func (f *follower) more() bool {
	for _, line := range f.lines[f.next:] {
		for _, c := range line {
			if !isBlank(c.Rune) && c.Rune != ')' {
				return true
			}
		}
	}
	return false
}

// record notes a program that is started.
func (f *follower) record(st *state, s simple, command session.Text, tail []char, in *input) session.Text {
	at := f.span(bare(s.chars))
	if len(tail) > 0 && !isBlank(tail[0].Rune) { // such as tool=x
		tail = nil
	}
	args, sure := f.arguments(tail, command)
	c := session.Command{At: at, Args: append([]session.Text{command}, args...)}
	if !sure || len(s.chars) > 0 && len(tail) == 0 && !isWhole(s, command) {
		c.Open = len(c.Args)
	}
	if in != nil {
		c.Stdin = &in.text
		if in.printer >= 0 {
			c.Printers = []int{in.printer}
		}
	}
	f.rec.Start(st.State, c)
	st.Ran(f.step.Files, c.Args)
	text, _ := command.Known()
	return printed(strict.Path(text))
}

// isWhole reports whether a command is nothing but its name.
func isWhole(s simple, command session.Text) bool {
	text, ok := plainText(s.chars)
	name, known := command.Known()
	return !ok || !known || strings.Trim(strings.TrimSpace(text), `"`) == name
}

// arguments splits the rest of a command line as programs do; see "Parsing C command-line
// arguments": at blanks, with quotes around what belongs together, and backslashes in front
// of quotes.
func (f *follower) arguments(tail []char, command session.Text) (args []session.Text, sure bool) {
	name, _ := command.Known()
	shim := !programs[strings.ToLower(name)] && path.Ext(strings.ToLower(name)) != ".exe"
	chars := bare(tail)
	for i := 0; ; {
		for i < len(chars) && isBlank(chars[i].Rune) {
			i++
		}
		if i == len(chars) {
			return args, true
		}
		word, next, ok := f.oneArgument(chars, i, shim)
		if !ok {
			return args, false
		}
		args = append(args, word)
		i = next
	}
}

// oneArgument reads the argument at i. It is not certain where a text of a variable that is
// not known stands outside of quotes, nor where runtimes differ.
func (f *follower) oneArgument(chars []session.Char, i int, shim bool) (word session.Text, next int, ok bool) {
	var out []session.Char
	quoted := false
	for ; i < len(chars) && (quoted || !isBlank(chars[i].Rune)); i++ {
		c := chars[i]
		switch {
		case c.Rune == '\\':
			n := i
			for n < len(chars) && chars[n].Rune == '\\' {
				n++
			}
			if n < len(chars) && chars[n].Rune == '"' {
				for range (n - i) / 2 {
					out = append(out, c)
				}
				if (n-i)%2 == 1 {
					out = append(out, chars[n])
					n++
				}
			} else {
				out = append(out, chars[i:n]...)
			}
			i = n - 1
		case c.Rune == '"':
			if quoted && i+1 < len(chars) && chars[i+1].Rune == '"' {
				return word, i, false // two in a row: runtimes differ
			}
			quoted = !quoted
		case c.Rune == session.Mark && !quoted && !f.src.Pasted(c):
			return word, i, false
		case shim && !quoted && strings.ContainsRune("&|<>^", c.Rune), shim && c.Rune == '%', shim && c.Rune == '!':
			return word, i, false // a script reads it once more
		default:
			out = append(out, c)
		}
	}
	return f.src.Text(out), i, true
}
