package shell

import (
	"path"
	"path/filepath"
	"strings"
)

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
		if strings.HasPrefix(key, channelPrefix) {
			content = in.placed(t.sh.place(key))
		}
		if strings.Contains(flags, "a") {
			if old, state := t.sh.read(t.st, f); state != fileMissing {
				content = cat(old, content)
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
	if t.sh.m.step.Elsewhere {
		key, err := t.sh.m.step.Files.Clean(real)
		t.print(t.sh.m.rootPath(key))
		return err == nil
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
