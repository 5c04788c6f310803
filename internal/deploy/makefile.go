package deploy

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// makefile is a makefile of the plain kind: variables, rules with names, recipes. With
// anything else the reading is in doubt.
type makefile struct {
	*reading
	dir       string
	given     string // the targets of the command line
	first     string // the default target
	vars      map[string]*makeVar
	rules     map[string]*rule
	done      map[string]bool
	lines     []stretch // of variables and rules, for a second look when the command line is known
	exportAll bool
}

// makeVar is one variable: text that is expanded when it is used, or a value of the
// command line.
type makeVar struct {
	text     string
	now      *word // what a text that was expanded at once gave
	value    model.Value
	at       pos.Span
	defined  bool // by the makefile; false for a name that is only exported
	command  bool // by the command line, or by the environment
	exported bool
	hidden   bool // unexported
}

type rule struct {
	needs  []string
	recipe []stretch
}

type stretch struct {
	text string
	at   pos.Span
}

// load reads the makefile; it is false when there is none.
func (m *makefile) load(l line) bool {
	for _, w := range l.each("-C", "--directory") {
		dir, ok := w.known()
		if !ok {
			m.doubt(*w.unknown(), "the directory of make is not known, expected one in the repository", "")
			return true
		}
		m.dir = path.Join(m.dir, dir)
	}
	names := []string{"GNUmakefile", "makefile", "Makefile"}
	if w, ok := l.last("-f", "--file", "--makefile"); ok {
		given, known := w.known()
		if !known || len(l.each("-f", "--file", "--makefile")) > 1 {
			m.unsupported("a makefile that is not known, or several")
			return true
		}
		names = []string{given}
	}
	here := *m.reading
	here.call.Dir = m.dir
	for _, n := range names {
		if data, file, err := here.file(n); err == nil {
			m.read(string(data), file)
			return true
		}
	}
	return false
}

// read splits the text into lines, joined at a backslash, and tells recipes apart.
func (m *makefile) read(text, file string) {
	index := pos.NewIndex([]byte(text))
	var current []*rule
	for at := 0; at < len(text); {
		start := at
		end := lineEnd(text, at)
		at = end + 1
		raw := text[start:end]
		s := stretch{text: raw, at: index.Span(file, start, end)}
		switch {
		case strings.HasPrefix(raw, "\t") && current != nil:
			for _, t := range current {
				t.recipe = append(t.recipe, s)
			}
		case strings.TrimSpace(raw) == "" || strings.HasPrefix(strings.TrimSpace(raw), "#"):
		case strings.Contains(raw, `\#`) || strings.Contains(raw, "\r"):
			m.unsupported("a makefile with an escaped # or a carriage return")
			return
		default:
			s.text = strings.TrimLeft(uncommented(unfolded(raw)), " \t")
			current = m.statement(s)
		}
	}
}

// lineEnd finds the end of a line that a backslash may continue.
func lineEnd(text string, at int) int {
	for {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return len(text)
		}
		if at += i; at == 0 || text[at-1] != '\\' {
			return at
		}
		at++
		if at >= len(text) {
			return len(text)
		}
	}
}

// unfolded joins lines at their backslashes, with one blank in between.
func unfolded(text string) string {
	pieces := strings.Split(text, "\\\n")
	for i := range pieces {
		if i > 0 {
			pieces[i] = strings.TrimLeft(pieces[i], " \t")
		}
		if i < len(pieces)-1 {
			pieces[i] = strings.TrimRight(pieces[i], " \t")
		}
	}
	return strings.Join(pieces, " ")
}

func uncommented(line string) string {
	before, _, _ := strings.Cut(line, "#")
	return before
}

// statement reads a rule's head, whose recipe follows, or keeps a variable for later.
func (m *makefile) statement(s stretch) []*rule {
	word := s.text
	if i := strings.IndexAny(word, " \t("); i >= 0 {
		word = word[:i]
	}
	switch word {
	case "include", "-include", "sinclude", "ifeq", "ifneq", "ifdef", "ifndef", "else", "endif", "define", "endef", "override", "undefine", "vpath", "load", "private":
		m.unsupported("a makefile with " + word)
		return nil
	case "export", "unexport":
		m.lines = append(m.lines, s)
		return nil
	}
	if _, _, _, ok := assignment(s.text); ok {
		m.lines = append(m.lines, s)
		return nil
	}
	heads, needs, ok := strings.Cut(s.text, ":")
	if !ok || strings.ContainsAny(s.text, "$%|;") || strings.ContainsRune(needs, ':') || strings.Contains(needs, "=") {
		m.unsupported("a rule beyond plain names")
		return nil
	}
	return m.rule(strings.Fields(heads), strings.Fields(needs))
}

func (m *makefile) rule(heads, needs []string) []*rule {
	var out []*rule
	for _, h := range heads {
		if strings.HasPrefix(h, ".") && !strings.Contains(h, "/") {
			if h == ".EXPORT_ALL_VARIABLES" {
				m.exportAll = true
			} else if !slices.Contains([]string{".PHONY", ".DEFAULT_GOAL", ".SILENT", ".NOTPARALLEL", ".DELETE_ON_ERROR"}, h) {
				m.unsupported("the target " + flagName(h))
			}
			continue
		}
		if m.first == "" {
			m.first = h
		}
		t := m.rules[h]
		if t == nil {
			t = &rule{}
			m.rules[h] = t
		} else if len(t.recipe) > 0 {
			m.unsupported("a target with several rules")
		}
		t.needs = append(t.needs, needs...)
		out = append(out, t)
	}
	if out == nil {
		out = []*rule{} // a recipe behind .PHONY belongs to nothing
	}
	return out
}

// assignment cuts NAME op value.
func assignment(line string) (name, op, value string, ok bool) {
	i := strings.IndexByte(line, '=')
	if i < 0 {
		return "", "", "", false
	}
	start := i
	for start > 0 && strings.IndexByte(":?+!", line[start-1]) >= 0 {
		start--
	}
	name = strings.TrimSpace(line[:start])
	return name, line[start : i+1], strings.TrimLeft(line[i+1:], " \t"), isName(name)
}

// secondPass reads the variables, when those of the command line are known.
func (m *makefile) secondPass() {
	for _, s := range m.lines {
		if m.open != nil {
			return
		}
		m.variable(s)
	}
}

func (m *makefile) variable(s stretch) {
	text, export := s.text, false
	if rest, ok := strings.CutPrefix(text, "export"); ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t') {
		text, export = strings.TrimLeft(rest, " \t"), true
	} else if rest, ok := strings.CutPrefix(text, "unexport"); ok {
		for name := range strings.FieldsSeq(rest) {
			m.named(name, s).hidden = true
		}
		return
	}
	name, op, value, ok := assignment(text)
	if !ok {
		m.export(text, s)
		return
	}
	m.assign(name, op, value, s)
	if export {
		m.named(name, s).exported = true
	}
}

func (m *makefile) export(text string, s stretch) {
	if text == "" {
		m.exportAll = true
	}
	for name := range strings.FieldsSeq(text) {
		if !isName(name) {
			m.unsupported("an export of more than names")
			return
		}
		if m.vars[name] == nil && m.call.Env.Get(name).State != model.Absent {
			continue // it is exported already
		}
		m.named(name, s).exported = true
	}
}

// named is a variable of the makefile; it is made when there is none.
func (m *makefile) named(name string, s stretch) *makeVar {
	v := m.vars[name]
	if v == nil {
		v = &makeVar{at: s.at}
		m.vars[name] = v
	}
	return v
}

func (m *makefile) assign(name, op, value string, s stretch) {
	before := m.vars[name]
	defined := before != nil && (before.defined || before.command)
	_, inherited := m.lookup(name)
	switch {
	case name == "SHELL" || name == "MAKEFLAGS" || strings.HasPrefix(name, ".") || op == "!=" || op == ":::=":
		m.unsupported("the variable " + flagName(name) + " in this form")
	case defined && before.command:
	case op == "?=" && inherited:
	case op == "+=" && inherited && !defined:
		m.unsupported("+= to a variable of the environment")
	case op == "+=" && defined && before.now == nil:
		before.text += " " + value
	case op == "+=" && defined:
		m.atOnce(name, value, s, before)
	case op == ":=" || op == "::=":
		m.atOnce(name, value, s, nil)
	default:
		m.set(name, value, s)
	}
}

// atOnce expands a text now, and puts it behind that of before.
func (m *makefile) atOnce(name, value string, s stretch, before *makeVar) {
	w, ok := m.expand(value, recipeVars{}, 0)
	if before != nil {
		w = joined([]word{*before.now, w})
	}
	v := m.set(name, noText, s)
	if ok {
		v.now = &w
	}
}

// noText is expanded to nothing that is known.
const noText = "$(?)"

// set defines a variable anew; whether it is exported stays.
func (m *makefile) set(name, text string, s stretch) *makeVar {
	v := &makeVar{text: text, at: s.at, defined: true}
	if before := m.vars[name]; before != nil {
		v.exported, v.hidden = before.exported, before.hidden
	}
	m.vars[name] = v
	return v
}
