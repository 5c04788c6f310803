package powershell

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/session"
	"github.com/keyfit/keyfit/internal/strict"
)

// getContent is the text of a file, or its lines.
func (f *follower) getContent(st *state, c call) value {
	target, _ := c.path("path")
	if text, known := target.text.Known(); known && isDrive(text) {
		return f.driveValue(st, text)
	}
	if c.has("encoding") {
		return opaque(session.Blurred("a file in UTF-8", target.string(" ")))
	}
	if c.has("raw") {
		return f.readFile(st, target)
	}
	at, ok := f.pathOf(st, target.text)
	if target.kind != textKind || !ok {
		return opaque(session.Blurred("the text of a file", target.string(" ")))
	}
	t := f.content(st, at)
	text, known := t.Lines()
	if !known || !isASCII(text) && !f.core || strings.ContainsAny(text, "\x00\ufffd\ufeff") {
		return opaque(session.Blurred("the text of a file", t))
	}
	return linesOf(text, t)
}

func linesOf(text string, from session.Text) value {
	var items []value
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if strings.Contains(line, "\r") || len(items) > 2000 {
			return opaque(session.Blurred("the lines of a file", from))
		}
		items = append(items, textOf(session.Derived(line, from)))
	}
	switch len(items) {
	case 0:
		return null()
	case 1:
		return items[0]
	}
	return listOf(items)
}

// location is Set-Location and its kin.
func (f *follower) location(st *state, name string, c call) bool {
	if c.has("passthru") {
		return false
	}
	here := place{dir: st.Dir, lost: st.Lost}
	if name == "pop-location" {
		if len(st.stack) == 0 {
			return st.wild == nil
		}
		top := st.stack[len(st.stack)-1]
		st.stack = st.stack[:len(st.stack)-1]
		st.Dir, st.Lost = top.dir, top.lost
		return true
	}
	if name == "push-location" {
		st.stack = append(st.stack[:len(st.stack):len(st.stack)], here)
	}
	target, ok := c.path("path")
	if !ok {
		return name == "push-location"
	}
	f.enterDir(st, target, c.extent)
	return true
}

// enterDir changes the directory. Into one that the repository does not have, the script is
// taken to get, because something made it.
func (f *follower) enterDir(st *state, target value, at extent) {
	dir, ok := f.pathOf(st, target.text)
	if target.kind != textKind && target.kind != unknownKind || !ok {
		v := session.Blurred("the directory that is changed to", target.string(" ")).Value()
		st.Lose(v)
		return
	}
	if info, err := f.step.Files.Stat(dir); (err != nil || !info.Dir) && f.rec.Count() == 0 {
		if _, made := st.Files[dir]; !made {
			f.rec.Problem(f.span(at), "the directory "+strict.Path(dir)+" does not exist in the repository", "add it, or correct the path")
		}
	}
	st.Dir, st.Lost = dir, nil
}

// isDrive reports whether a path leads to another drive than that of files.
func isDrive(p string) bool {
	drive, _, ok := strings.Cut(p, ":")
	return ok && len(drive) > 1 && !strings.ContainsAny(drive, `/\.`)
}

// driveName reads Env:NAME and Env:\NAME.
func driveName(p string) (string, bool) {
	drive, name, ok := strings.Cut(p, ":")
	name = strings.TrimLeft(name, `/\`)
	if !ok || !strings.EqualFold(drive, "env") || name == "" || strings.ContainsAny(name, `*?[/\`) {
		return "", false
	}
	return name, true
}

func (f *follower) driveValue(st *state, p string) value {
	if name, ok := driveName(p); ok {
		return fromEnv(st.State, name)
	}
	return unsupported("a value of another drive")
}

// item is Set-Item and its kin, by about_Environment_Provider.
func (f *follower) item(st *state, name string, c call) (value, bool) {
	target, ok := c.path("path")
	text, known := target.text.Known()
	if name == "new-item" && c.has("name") {
		item, ok := c.values["name"].scalar()
		text, known = strings.TrimRight(text, `/\`)+"/"+item, known && ok
		target = textOf(session.Literal(text))
	}
	if !ok || !known || target.kind != textKind {
		return value{}, false
	}
	if !isDrive(text) {
		return f.fileItem(st, name, target, c)
	}
	variable, ok := driveName(text)
	if !ok {
		return value{}, false
	}
	v, given := c.values["value"]
	switch {
	case name == "remove-item" || name == "clear-item":
		f.setEnv(st, variable, null(), c.extent)
	case !given:
		return value{}, false
	default:
		f.setEnv(st, variable, v, c.extent)
	}
	return null(), true
}

// fileItem makes or removes a file.
func (f *follower) fileItem(st *state, name string, target value, c call) (value, bool) {
	at, ok := f.pathOf(st, target.text)
	if !ok {
		return value{}, false
	}
	switch name {
	case "remove-item":
		st.SetFile(at, model.Value{State: model.Absent})
		return null(), true
	case "new-item":
		kind, _ := c.values["itemtype"].scalar()
		if t, ok := c.values["type"]; ok {
			kind, _ = t.scalar()
		}
		if strings.EqualFold(kind, "directory") {
			return unsupported("what New-Item gives"), true
		}
		if v, given := c.values["value"]; given {
			f.writeTo(st, target, v.string(" "), false, c.extent)
			return unsupported("what New-Item gives"), true
		}
		if _, err := f.step.Files.Stat(at); err != nil {
			st.SetFile(at, model.Value{State: model.Known})
			return unsupported("what New-Item gives"), true
		}
	}
	return value{}, false
}

// testPath asks whether a file, or a variable, is there. What is not in the repository may
// have been made.
func (f *follower) testPath(st *state, c call) value {
	target, _ := c.path("path")
	text, known := target.text.Known()
	if known && isDrive(text) {
		name, ok := driveName(text)
		if !ok {
			return unsupported("whether something is there")
		}
		v := st.Lookup(name)
		switch v.State {
		case model.Known:
			return truth(true)
		case model.Absent:
			return truth(false)
		}
		return opaque(session.Blurred("whether a variable is set", session.Of(v)))
	}
	if at, ok := f.pathOf(st, target.text); ok && target.kind == textKind {
		if _, err := f.step.Files.Stat(at); err == nil && f.untouched(st, at) && !c.has("pathtype") {
			return truth(true)
		}
	}
	return unsupported("whether a file is there")
}

// untouched reports whether the script has written neither the file nor anything around it.
func (f *follower) untouched(st *state, at string) bool {
	for name := range st.Files {
		if name == at || strings.HasPrefix(at, name+"/") || strings.HasPrefix(name, at+"/") {
			return false
		}
	}
	return f.rec.Halted() == nil && st.wild == nil
}

// joinPath puts a path together. Its text depends on the system, but not where it leads.
func (f *follower) joinPath(c call) value {
	p, child := c.values["path"], c.values["childpath"]
	name, ok := child.scalar()
	if p.kind != textKind && p.kind != unknownKind || !ok {
		return blurred("the path that is put together", p, child)
	}
	text, known := p.text.Known()
	if !known {
		return textOf(session.Cat(p.text, session.Literal("/"+strings.TrimLeft(name, `/\`))))
	}
	// With the separator of Windows it is another text.
	if f.system == unixSystem && !strings.Contains(text+name, `\`) {
		return textOf(session.Derived(path.Join(text, name), p.text, child.text))
	}
	return blurred("the separator of the system's paths", p, child)
}

func (f *follower) setVariable(st *state, c call) bool {
	name, ok := c.values["name"].scalar()
	if !ok || c.has("scope") {
		return false
	}
	f.assignVariable(st, variable{name: name}, c.values["value"], c.extent)
	return true
}

// isTameModule reports whether a module is one of those that only bring commands.
func (f *follower) isTameModule(c call) bool {
	name, ok := c.values["name"].scalar()
	name = strings.ToLower(name)
	return ok && (name == "az" || strings.HasPrefix(name, "az.") && !strings.ContainsAny(name, `/\`) || tameModules[name])
}

var tameModules = set(`powershellget packagemanagement sqlserver sqlps webadministration iisadministration powershell-yaml pester psake
	psscriptanalyzer posh-git microsoft.powershell.secretmanagement microsoft.powershell.utility microsoft.powershell.management
	bitstransfer dnsclient netsecurity`)
