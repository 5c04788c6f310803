package deploy

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// recipeVars are the automatic variables of one recipe.
type recipeVars struct {
	target string
	needs  []string
}

// expand replaces $(NAME), ${NAME}, $$, $@, $< and $^. It is not ok for anything else.
func (m *makefile) expand(text string, auto recipeVars, depth int) (word, bool) {
	var out word
	if depth > maxNesting {
		return out, false
	}
	for {
		i := strings.IndexByte(text, '$')
		if i < 0 || i+1 == len(text) {
			if i >= 0 {
				return out, false
			}
			out.addPlain(text)
			return out, true
		}
		out.addPlain(text[:i])
		text = text[i+1:]
		c := text[0]
		switch {
		case c == '$':
			out.addPlain("$")
			text = text[1:]
		case c == '@' && auto.target != "":
			out.addPlain(auto.target)
			text = text[1:]
		case c == '<' && len(auto.needs) > 0:
			out.addPlain(auto.needs[0])
			text = text[1:]
		case c == '(' || c == '{':
			end := strings.IndexByte(text, map[byte]byte{'(': ')', '{': '}'}[c])
			if end < 0 || !isName(text[1:end]) {
				return out, false
			}
			w, ok := m.variableText(text[1:end], auto, depth)
			if !ok {
				return out, false
			}
			for _, p := range w.parts {
				out.add(p.value)
			}
			text = text[end+1:]
		default:
			return out, false
		}
	}
}

func (w *word) addPlain(text string) {
	if text != "" {
		w.add(plain(text).value())
	}
}

// variableText is the text of a variable: of the command line, the makefile, or the
// environment, whose $ make expands as well.
func (m *makefile) variableText(name string, auto recipeVars, depth int) (word, bool) {
	v, ok := m.lookup(name)
	if !ok {
		if builtinMake(name) {
			return word{}, false
		}
		return word{}, true
	}
	if v.command {
		return wordOf(v.value), true
	}
	if v.now != nil {
		return *v.now, true
	}
	return m.expand(v.text, auto, depth+1)
}

func (m *makefile) lookup(name string) (*makeVar, bool) {
	if v := m.vars[name]; v != nil && (v.defined || v.command) {
		return v, true
	}
	env := m.call.Env.Get(name)
	if env.State == model.Absent {
		return nil, false
	}
	if env.State == model.Known && strings.Contains(env.Text.Reveal(), "$") {
		env = model.UnknownBecause(model.WhyUnsupported, "a text without $, which make expands", env.Trail)
	}
	env.Parts = nil
	return &makeVar{value: env, command: true}, true
}

// builtinMake reports whether make itself gives the variable a value.
func builtinMake(name string) bool {
	return strings.HasPrefix(name, "MAKE") || strings.Contains(" CURDIR SHELL MFLAGS SUFFIXES AR ARFLAGS AS CC CO COFLAGS CPP CTANGLE CWEAVE CXX "+
		"F77 F77FLAGS FC GET LD LEX LINT M2C OBJC OUTPUT_OPTION PC RM TANGLE TEX TEXI2DVI WEAVE YACC GNUMAKEFLAGS ", " "+name+" ")
}
