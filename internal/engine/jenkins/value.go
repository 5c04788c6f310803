package jenkins

import (
	"strconv"

	"github.com/keyfit/keyfit/internal/model"
)

// kind is what a value of Groovy is.
type kind uint8

const (
	kindUnknown kind = iota // why says why
	kindNull
	kindText
	kindNumber // text is how it is written
	kindBool
	kindList    // ref is its place on the heap
	kindMap     // likewise
	kindClosure // fn
	kindObject  // object: env, params, …
)

// value is what an expression yields, as far as it is known. The zero value is unknown.
type value struct {
	kind    kind
	text    text
	gstring bool // of a text: Groovy holds it as a GString, which is never equal to a key
	ref     int
	fn      *function
	object  object
	why     model.Value // of an unknown
	secret  bool        // of an unknown
}

// object is something of Jenkins that Groovy can ask.
type object struct {
	name   string  // one of the object constants
	about  string  // which one: the name of a library's variable, of an image, …
	script *script // of a loaded file
	args   text    // of an image: how it is run
}

const (
	objectEnv     = "env"
	objectParams  = "params"
	objectBuild   = "currentBuild"
	objectSteps   = "steps" // the script itself, and what it calls
	objectScm     = "scm"
	objectDocker  = "docker"
	objectImage   = "image"
	objectScript  = "script"
	objectLibrary = "library" // a variable that nothing here declares
	objectClass   = "class"   // a class of Java, or of a library
)

// function is a closure, or a function of a file.
type function struct {
	name     string
	params   []param
	implicit bool // no parameters are written: it is one
	body     []*node
	scope    *scope
	home     *script
	node     *node
}

// script is one file that runs: the Jenkinsfile, or one that it loads.
type script struct {
	src       *source
	root      *node
	functions map[string][]*function
}

// scope holds the variables of a block, by the cell that each is kept in.
type scope struct {
	up   *scope
	vars map[string]int
	home *script // of the outermost scope of a file
}

func newScope(up *scope) *scope { return &scope{up: up, vars: map[string]int{}} }

func (s *scope) find(name string) (int, bool) {
	for ; s != nil; s = s.up {
		if cell, ok := s.vars[name]; ok {
			return cell, true
		}
	}
	return 0, false
}

func nullValue() value { return value{kind: kindNull} }

func textValue(t text) value { return value{kind: kindText, text: t} }

// numberValue and boolValue are computed at n.
func numberValue(i int64, n *node, from ...text) value {
	return value{kind: kindNumber, text: derived(strconv.FormatInt(i, 10), n, from...)}
}

func boolValue(b bool, n *node, from ...text) value {
	return value{kind: kindBool, text: derived(strconv.FormatBool(b), n, from...)}
}

// unknownValue is a value of which nothing is known but why.
func unknownValue(why model.Value) value {
	if why.State != model.Unknown {
		why = model.UnknownBecause(model.WhyUnsupported, "a simpler expression", why.Trail)
	}
	return value{kind: kindUnknown, why: why}
}

// fromModel is the value of a variable: absent is null.
func fromModel(v model.Value, n *node, isSecret bool) value {
	switch v.State {
	case model.Absent:
		return nullValue()
	case model.Unknown:
		out := unknownValue(v)
		out.secret = isSecret
		return out
	}
	return textValue(valueText(v, n).marked(isSecret))
}

// words gives how a text, a number or a condition reads, when all of it is known.
func (v value) words() (string, bool) {
	if !isWords(v) {
		return "", false
	}
	return v.text.known()
}

// number gives a whole number that is known.
func (v value) number() (int64, bool) {
	if v.kind != kindNumber {
		return 0, false
	}
	s, ok := v.words()
	if !ok {
		return 0, false
	}
	i, err := strconv.ParseInt(s, 10, 64)
	return i, err == nil
}

// decided is yes, no, or neither.
type decided uint8

const (
	undecided decided = iota
	no
	yes
)

func decide(b bool) decided {
	if b {
		return yes
	}
	return no
}

func (d decided) not() decided {
	switch d {
	case yes:
		return no
	case no:
		return yes
	}
	return undecided
}

func (d decided) and(e decided) decided {
	if d == no || e == no {
		return no
	}
	return min(d, e)
}

func (d decided) or(e decided) decided {
	if d == yes || e == yes {
		return yes
	}
	if d == undecided || e == undecided {
		return undecided
	}
	return no
}
