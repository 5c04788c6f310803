package shell

import (
	"encoding/base64"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

func base64Tool(t *toolRun) bool {
	wrap, decode := 76, false
	var files []sym
	for i := 0; i < len(t.args); i++ {
		s, ok := t.args[i].known()
		switch {
		case ok && (s == "-d" || s == "-D" || s == "--decode"):
			decode = true
		case ok && (s == "-w0" || s == "--wrap=0"):
			wrap = 0
		case ok && (s == "-w" || s == "--wrap") && i+1 < len(t.args):
			i++
			n, ok := t.args[i].known()
			v, err := strconv.Atoi(n)
			if !ok || err != nil || v < 0 {
				return false
			}
			wrap = v
		case ok && len(s) > 1 && s[0] == '-':
			return false
		default:
			files = append(files, t.args[i])
		}
	}
	in, _ := t.input(files)
	s, ok := in.known()
	if !ok {
		return t.unclear(in)
	}
	if decode {
		data, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(s, "\n", ""))
		if err != nil {
			return false
		}
		t.out = derived(string(data), in)
		return true
	}
	t.out = derived(wrapped64(base64.StdEncoding.EncodeToString([]byte(s)), wrap), in)
	return true
}

func wrapped64(s string, width int) string {
	if width == 0 || s == "" {
		return s
	}
	var b strings.Builder
	for len(s) > width {
		b.WriteString(s[:width] + "\n")
		s = s[width:]
	}
	b.WriteString(s + "\n")
	return b.String()
}

// envsubstTool puts exported variables in place of $NAME and ${NAME}.
func envsubstTool(t *toolRun) bool {
	only := map[string]bool{}
	if len(t.args) > 1 {
		return false
	}
	if len(t.args) == 1 {
		list, ok := t.args[0].known()
		if !ok || strings.HasPrefix(list, "-") {
			return false
		}
		for at := 0; at < len(list); at++ {
			if name, _, n := reference(list[at:]); n > 0 {
				only[name] = true
				at += n - 1
			}
		}
	}
	in := t.stdin()
	s, ok := in.known()
	if !ok {
		return t.unclear(in)
	}
	at := 0
	for i := 0; i < len(s); i++ {
		name, n := "", 0
		if s[i] == '$' {
			name, _, n = reference(s[i:])
		}
		if n == 0 || len(t.args) == 1 && !only[name] {
			continue
		}
		t.out = append(t.out, in.sliceOrNil(at, i)...)
		v, _ := t.st.get(name).envText()
		t.out = append(t.out, v...)
		i += n - 1
		at = i + 1
	}
	t.out = append(t.out, in.sliceOrNil(at, len(s))...)
	return true
}

// reference reads $NAME or ${NAME} at the beginning of s, and gives its length.
func reference(s string) (name string, braced bool, n int) {
	if len(s) < 2 || s[0] != '$' {
		return "", false, 0
	}
	i := 1
	if s[1] == '{' {
		braced, i = true, 2
	}
	start := i
	for i < len(s) && (s[i] == '_' || s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z' || i > start && s[i] >= '0' && s[i] <= '9') {
		i++
	}
	if i == start {
		return "", false, 0
	}
	name = s[start:i]
	if !braced {
		return name, false, i
	}
	if i < len(s) && s[i] == '}' {
		return name, true, i + 1
	}
	return "", false, 0
}

// envText is the text that a child process finds under the name; empty when nothing.
func (c *cell) envText() (sym, bool) {
	var out []sym
	found := false
	for _, p := range c.plain() {
		if p == nil || p.unset || !p.attrs.exported || p.shape != scalar {
			out = append(out, nil)
			continue
		}
		found = true
		out = append(out, p.val)
	}
	return choose(out...), found
}

func printenvTool(t *toolRun) bool {
	words, ok := t.words()
	if !ok || len(words) != 1 || strings.HasPrefix(words[0], "-") {
		return false
	}
	c := t.st.get(words[0])
	if len(c.plain()) > 1 || c.isSet() == maybe {
		v, _ := c.envText()
		return t.unclear(cat(v, mystery(model.WhyAmbiguous, "whether "+words[0]+" is set")))
	}
	v, found := c.envText()
	if !found {
		t.status = exited(1)
		return true
	}
	t.out = cat(v, text("\n"))
	return true
}

func exprTool(t *toolRun) bool {
	words, ok := t.words()
	if !ok || len(words) != 3 {
		return false
	}
	a, err1 := strconv.ParseInt(words[0], 10, 32)
	b, err2 := strconv.ParseInt(words[2], 10, 32)
	if err1 != nil || err2 != nil {
		return false
	}
	var n int64
	switch words[1] {
	case "+":
		n = a + b
	case "-":
		n = a - b
	case "*":
		n = a * b
	case "/", "%":
		if b == 0 {
			return false
		}
		if n = a / b; words[1] == "%" {
			n = a % b
		}
	default:
		return false
	}
	t.print(derived(strconv.FormatInt(n, 10), t.args...))
	t.status = truth(triOf(n != 0))
	return true
}

// teeTool writes standard input to files and passes it on.
func teeTool(t *toolRun) bool {
	files, flags := t.operands("")
	if strings.Trim(flags, "a") != "" {
		return false
	}
	in := t.stdin()
	for _, f := range files {
		if n, ok := f.known(); ok && strings.HasPrefix(n, "/dev/") {
			continue
		}
		key, ok := t.sh.fileKey(t.st, f)
		if !ok {
			continue
		}
		content := in
		if strings.Contains(flags, "a") {
			if old, state := t.sh.read(t.st, f); state != fileMissing {
				content = cat(old, in)
			}
		}
		t.st.files[key] = &file{text: t.sh.limited(content)}
	}
	t.out = in
	return true
}

func mktempTool(t *toolRun) bool {
	dir := false
	for _, a := range t.args {
		s, ok := a.known()
		if !ok || strings.HasPrefix(s, "-") && s != "-d" && s != "-t" && s != "-q" && s != "-p" {
			return false
		}
		dir = dir || s == "-d"
	}
	path := t.sh.ownFile(t.st, nil, "the name of a temporary file")
	if dir {
		key := path[0].unk.file
		delete(t.st.files, key)
		t.st.make(key)
	}
	t.out = cat(path, text("\n"))
	return true
}

func (st *state) make(key string) {
	if st.made == nil {
		st.made = map[string]bool{}
	}
	st.made[key] = true
}

// realpathTool is realpath and readlink -f within the repository.
func realpathTool(t *toolRun) bool {
	var paths []sym
	resolve := t.name == "realpath"
	for _, a := range t.args {
		switch s, ok := a.known(); {
		case ok && (s == "-f" || s == "-e" || s == "-m"):
			resolve = true
		case ok && s == "--":
		case ok && len(s) > 1 && s[0] == '-':
			return false
		default:
			paths = append(paths, a)
		}
	}
	if !resolve || len(paths) != 1 {
		return false
	}
	key, ok := t.sh.fileKey(t.st, paths[0])
	if !ok || outside(key) {
		return false
	}
	if state := t.sh.statKey(t.st, key); state != fileThere && state != fileDir {
		return false
	}
	if _, written := t.st.files[key]; written || t.st.made[key] {
		return false
	}
	real, err := filepath.EvalSymlinks(filepath.Join(filepath.FromSlash(t.sh.m.step.Files.Tree().Dir()), filepath.FromSlash(key)))
	if err != nil {
		return false
	}
	t.print(derived(filepath.ToSlash(real), paths[0]))
	return true
}

// fileTool changes the files of the overlay.
func fileTool(t *toolRun) bool {
	var names []sym
	flags := ""
	for i, a := range t.args {
		s, ok := a.known()
		if ok && len(s) > 1 && s[0] == '-' {
			flags += s
			continue
		}
		if i == 0 && t.name == "chmod" || len(names) == 0 && (t.name == "chmod" || t.name == "chown") && !t.has("\x00") && t.firstOperand(i) {
			continue
		}
		names = append(names, a)
	}
	switch t.name {
	case "mkdir":
		for _, n := range names {
			if key, ok := t.sh.fileKey(t.st, n); ok && !outside(key) {
				t.st.make(key)
			}
		}
	case "touch":
		for _, n := range names {
			t.touchFile(n)
		}
	case "chmod":
		t.chmod(names)
	case "rm":
		t.remove(names, strings.ContainsAny(flags, "rR"))
	case "cp", "mv", "ln":
		return t.copyFiles(names)
	}
	return true
}

// firstOperand reports whether the i-th argument is the first that is no option: the
// mode of chmod, the owner of chown.
func (t *toolRun) firstOperand(i int) bool {
	for _, a := range t.args[:i] {
		if !strings.HasPrefix(shownText(a), "-") {
			return false
		}
	}
	return true
}

func (t *toolRun) touchFile(name sym) {
	if key, ok := t.sh.fileKey(t.st, name); ok && t.sh.statKey(t.st, key) == fileMissing {
		t.st.files[key] = &file{}
	}
}

func (t *toolRun) chmod(names []sym) {
	mode := ""
	for _, a := range t.args {
		if s, _ := a.known(); !strings.HasPrefix(s, "-") {
			mode = s
			break
		}
	}
	for _, n := range names {
		key, ok := t.sh.fileKey(t.st, n)
		if !ok || t.sh.statKey(t.st, key) != fileThere || !strings.ContainsAny(mode, "x157") {
			continue
		}
		if f := t.st.files[key]; f != nil {
			copied := *f
			copied.exec = true
			t.st.files[key] = &copied
		}
	}
}

func (t *toolRun) remove(names []sym, recursive bool) {
	for _, n := range names {
		key, ok := t.sh.fileKey(t.st, n)
		if !ok {
			continue
		}
		delete(t.st.made, key)
		switch t.sh.statKey(t.st, key) {
		case fileDir:
			if recursive {
				t.removeTree(key, 0)
			}
		case fileMissing:
		default:
			t.st.files[key] = &file{gone: true}
		}
	}
}

func (t *toolRun) removeTree(key string, depth int) {
	names, ok := t.sh.names(t.st, key)
	if !ok || depth > 20 {
		return
	}
	for _, n := range names {
		k := path.Join(key, n)
		if t.sh.statKey(t.st, k) == fileDir {
			t.removeTree(k, depth+1)
		} else {
			t.st.files[k] = &file{gone: true}
		}
	}
}

// copyFiles is cp, mv and ln -s of files, one by one.
func (t *toolRun) copyFiles(names []sym) bool {
	if len(names) < 2 {
		return false
	}
	to := names[len(names)-1]
	for _, from := range names[:len(names)-1] {
		if !t.copyFile(from, to) {
			return false
		}
	}
	return true
}

func (t *toolRun) copyFile(from, to sym) bool {
	target, ok := t.sh.fileKey(t.st, to)
	if !ok {
		return false
	}
	if t.sh.statKey(t.st, target) == fileDir || strings.HasSuffix(shownText(to), "/") {
		target = path.Join(target, path.Base(shownText(from)))
	}
	source, ok := t.sh.fileKey(t.st, from)
	if !ok {
		t.st.files[target] = &file{text: unsupported("which file is copied here")}
		return true
	}
	switch t.sh.statKey(t.st, source) {
	case fileMissing:
		if t.name != "ln" {
			t.missing(from)
			return true
		}
		return false
	case fileDir:
		return false
	}
	content, _ := t.sh.content(t.st, source)
	if _, written := t.st.files[source]; !written && content.isKnown() {
		content = withPlaces(source, shownText(content))
	}
	t.st.files[target] = &file{text: content, exec: t.sh.isExecutable(t.st, source)}
	if t.name == "mv" {
		t.st.files[source] = &file{gone: true}
	}
	return true
}
