package powershell

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/session"
	"github.com/keyfit/keyfit/internal/strict"
)

// spec says which parameters a command has.
type spec struct {
	positional []string // in their order
	values     string   // the others that take a value
	switches   string
	rest       bool // further words go to the first parameter
}

// common are the parameters that every command has.
var common = spec{values: "erroraction ea warningaction wa informationaction progressaction", switches: "verbose debug"}

// specs are those of the commands that are followed.
var specs = map[string]spec{
	"write-host":     {positional: []string{"object"}, values: "separator foregroundcolor backgroundcolor", switches: "nonewline", rest: true},
	"write-output":   {positional: []string{"inputobject"}, switches: "noenumerate", rest: true},
	"out-file":       {positional: []string{"filepath", "encoding"}, values: "literalpath inputobject width", switches: "append force noclobber nonewline"},
	"add-content":    {positional: []string{"path", "value"}, values: "literalpath encoding", switches: "force nonewline passthru"},
	"set-content":    {positional: []string{"path", "value"}, values: "literalpath encoding", switches: "force nonewline passthru"},
	"tee-object":     {positional: []string{"filepath"}, values: "inputobject literalpath encoding", switches: "append"},
	"get-content":    {positional: []string{"path"}, values: "literalpath encoding", switches: "raw force"},
	"set-location":   {positional: []string{"path"}, values: "literalpath", switches: "passthru"},
	"push-location":  {positional: []string{"path"}, values: "literalpath", switches: "passthru"},
	"pop-location":   {},
	"set-item":       {positional: []string{"path", "value"}, values: "literalpath", switches: "force"},
	"new-item":       {positional: []string{"path"}, values: "name itemtype type value", switches: "force"},
	"remove-item":    {positional: []string{"path"}, values: "literalpath", switches: "force recurse"},
	"clear-item":     {positional: []string{"path"}, values: "literalpath", switches: "force"},
	"test-path":      {positional: []string{"path"}, values: "literalpath pathtype"},
	"out-null":       {values: "inputobject"},
	"join-path":      {positional: []string{"path", "childpath"}},
	"set-variable":   {positional: []string{"name", "value"}, values: "scope", switches: "force"},
	"import-module":  {positional: []string{"name"}, values: "minimumversion requiredversion maximumversion scope", switches: "force global disablenamechecking"},
	"set-strictmode": {values: "version", switches: "off"},
}

// call is a command with the values of its parameters.
type call struct {
	element
	values map[string]value
	in     stream
}

func (c call) has(name string) bool { _, ok := c.values[name]; return ok }

// path is the parameter of that name, or the one that is taken literally.
func (c call) path(name string) (value, bool) {
	if v, ok := c.values["literalpath"]; ok {
		return v, true
	}
	v, ok := c.values[name]
	return v, ok
}

// cmdlet follows a command that comes with PowerShell.
func (f *follower) cmdlet(st *state, e element, c resolved, in stream) value {
	args, sure := f.bindWords(st, e.words[1:])
	s, known := specs[c.name]
	if sure && known {
		if values, ok := s.match(args); ok {
			if v, ok := f.perform(st, c.name, call{element: e, values: values, in: in}); ok {
				return v
			}
		}
	}
	return f.unfollowed(st, e, c)
}

// match gives the parameters their values, by about_Parameter_Binding.
func (s spec) match(args []argument) (map[string]value, bool) {
	out := map[string]value{}
	var positional []value
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a.name == "" {
			positional = append(positional, *a.value)
			continue
		}
		name, isSwitch, ok := s.find(a.name)
		switch {
		case !ok:
			return nil, false
		case isSwitch && a.value == nil:
			out[name] = truth(true)
		case a.value != nil && !isSwitch:
			out[name] = *a.value
		case a.value == nil && i+1 < len(args) && args[i+1].name == "":
			i++
			out[name] = *args[i].value
		default:
			return nil, false
		}
	}
	return out, s.place(out, positional)
}

// place gives the words without a name to the parameters that were not named, in order.
func (s spec) place(out map[string]value, positional []value) bool {
	for _, name := range s.positional {
		if _, ok := out[name]; ok || len(positional) == 0 {
			continue
		}
		if s.rest && len(positional) > 1 {
			out[name], positional = listOf(positional), nil
			break
		}
		out[name], positional = positional[0], positional[1:]
	}
	return len(positional) == 0
}

// find gives the parameter that a name, or the beginning of one, means.
func (s spec) find(written string) (name string, isSwitch, ok bool) {
	found := 0
	look := func(names string, asSwitch bool) bool {
		for n := range strings.FieldsSeq(names) {
			if n == written {
				name, isSwitch, ok = n, asSwitch, true
				return true
			}
			if strings.HasPrefix(n, written) {
				name, isSwitch, found = n, asSwitch, found+1
			}
		}
		return false
	}
	if look(strings.Join(s.positional, " "), false) || look(s.values, false) || look(s.switches, true) || look(common.values, false) || look(common.switches, true) {
		return name, isSwitch, true
	}
	return name, isSwitch, found == 1
}

// perform does what a command does; ok is false when it is not followed after all.
func (f *follower) perform(st *state, name string, c call) (v value, ok bool) {
	switch name {
	case "write-host":
		return f.writeHost(st, c)
	case "write-output":
		return f.output(c), true
	case "out-null":
		return null(), true
	case "set-strictmode":
		return null(), true
	case "out-file", "tee-object":
		return f.outFile(st, name, c)
	case "add-content", "set-content":
		return f.content1(st, name, c)
	case "get-content":
		return f.getContent(st, c), true
	case "set-location", "push-location", "pop-location":
		return null(), f.location(st, name, c)
	case "set-item", "new-item", "remove-item", "clear-item":
		return f.item(st, name, c)
	case "test-path":
		return f.testPath(st, c), true
	case "join-path":
		return f.joinPath(c), true
	case "set-variable":
		return null(), f.setVariable(st, c)
	case "import-module":
		return null(), f.isTameModule(c)
	}
	return value{}, false
}

// quiet are the commands that print nothing on standard output.
var quiet = set(`write-verbose write-debug write-error write-information write-progress start-sleep set-executionpolicy set-psrepository
	remove-item copy-item move-item rename-item set-item clear-item set-content add-content clear-content out-file set-location
	compress-archive expand-archive export-csv export-clixml install-module stop-process stop-service start-service restart-service
	set-psdebug set-itemproperty unblock-file set-acl new-variable set-variable remove-variable clear-variable clear-host`)

// unfollowed is a command of which only is known what it may do.
func (f *follower) unfollowed(st *state, e element, c resolved) value {
	for _, w := range e.words[1:] {
		if b, ok := w.x.(closure); ok {
			f.block(st, b, w.extent)
		}
	}
	before := newEffects()
	f.scanCommand(st, before, c.name, e)
	f.writesNamed(st, e, before)
	if before.wild {
		f.giveUp(st, e.extent, "this use of the command "+strict.Name(c.name))
		return unsupported("what the command " + strict.Name(c.name) + " gives")
	}
	f.blur(st, before, e.extent)
	why := model.UnknownBecause(model.WhyCommandOutput, "what the command "+strict.Name(c.name)+" gives", model.Trail{})
	switch {
	case c.kind == delivers:
		f.rec.Problem(f.span(e.extent), "keyfit does not follow what the command "+strict.Name(c.name)+" of PowerShell starts or delivers", advice)
		f.rec.Doubt(why)
	case quiet[c.name]:
		return null()
	case c.name == "write-warning":
		st.Print(session.Of(why))
		return null()
	}
	return opaque(session.Of(why))
}

// writesNamed notes the files that a command names which writes files: nobody can tell what
// is in them now.
func (f *follower) writesNamed(st *state, e element, may *effects) {
	if !may.files {
		return
	}
	v := model.UnknownBecause(model.WhyCommandOutput, "what a command writes to a file", model.Trail{})
	all := true
	for _, w := range e.words[1:] {
		text, ok := literal(w.x)
		if w.x == nil {
			continue
		}
		at, found := f.pathOf(st, session.Literal(text))
		if !ok || !found {
			all = all && ok
			continue
		}
		st.SetFile(at, v)
	}
	may.files = !all
}

func (f *follower) writeHost(st *state, c call) (value, bool) {
	end := "\n"
	if c.has("nonewline") {
		end = ""
	}
	v := c.values["object"]
	if c.in.piped && !c.has("object") {
		v = c.in.value
		if v.kind == listKind {
			return value{}, false
		}
	}
	separator := " "
	if s, ok := c.values["separator"]; ok {
		if separator, ok = s.scalar(); !ok {
			return value{}, false
		}
	}
	f.write(st, v.string(separator), end, c.extent)
	return null(), true
}

// output is what Write-Output hands on.
func (f *follower) output(c call) value {
	v, ok := c.values["inputobject"]
	if !ok && c.in.piped {
		return c.in.value
	}
	if v.kind == listKind {
		var items []value
		for _, item := range v.items {
			if item.kind == listKind {
				items = append(items, item.items...)
				continue
			}
			items = append(items, item)
		}
		return listOf(items)
	}
	if !ok {
		return null()
	}
	return v
}

func (f *follower) outFile(st *state, name string, c call) (value, bool) {
	target, ok := c.path("filepath")
	if !ok || c.has("noclobber") || c.has("width") {
		return value{}, false
	}
	w := writing{target: target, append: c.has("append"), utf16: true, at: c.extent}
	if !c.encoded(&w) {
		return value{}, false
	}
	v := c.in.value
	if given, ok := c.values["inputobject"]; ok {
		v = given
	} else if !c.in.piped {
		v = null()
	}
	f.fill(&w, v)
	if c.has("nonewline") {
		if v.kind == listKind {
			return value{}, false
		}
		w.lines = false
	}
	f.write1(st, w)
	if name == "tee-object" {
		return v, true
	}
	return null(), true
}

// encoded takes over the parameter for the encoding.
func (c call) encoded(w *writing) bool {
	v, ok := c.values["encoding"]
	if !ok {
		return true
	}
	text, known := v.scalar()
	w.encoding = strings.ToLower(text)
	if !known || text == "" {
		w.encoding = "unknown"
	}
	return true
}

// content1 is Add-Content and Set-Content.
func (f *follower) content1(st *state, name string, c call) (value, bool) {
	target, ok := c.path("path")
	v, given := c.values["value"]
	if !given {
		v = c.in.value
	}
	if !ok || !given && !c.in.piped || c.has("passthru") {
		return value{}, false
	}
	if text, known := target.text.Known(); known && isDrive(text) {
		return f.item(st, "set-item", c)
	}
	w := writing{target: target, append: name == "add-content", at: c.extent}
	c.encoded(&w)
	f.fill(&w, v)
	if v.kind == nullKind {
		return value{}, false
	}
	if c.has("nonewline") {
		if v.kind == listKind {
			return value{}, false
		}
		w.lines = false
	}
	f.write1(st, w)
	return null(), true
}
