package dotenv

import "slices"

// Dialect names who reads the file, and so the rules that its text is read by.
type Dialect string

// The dialects. Each is held against the real reader by test.
const (
	Godotenv    Dialect = "godotenv"      // github.com/joho/godotenv 1.5.1
	Node        Dialect = "node"          // dotenv from npm, 16 to 18
	NodeExpand  Dialect = "node-expand"   // dotenv with dotenv-expand 12 or 13, also as Vite calls them
	Next        Dialect = "next"          // @next/env, which has dotenv 16 and dotenv-expand 10 inside
	NodeEnvFile Dialect = "node-env-file" // node --env-file, of Node 20 and of Node 22 and later
	Compose     Dialect = "compose"       // env_file of Docker Compose: compose-go v2
	Docker      Dialect = "docker"        // docker run --env-file, and env_file with format: raw
	Python      Dialect = "python"        // python-dotenv
	Bash        Dialect = "bash"          // set -a; source FILE
)

// keepsFirst reports whether a program that loads several files by this reader, one call
// for each, ends up with the first definition of a name.
func (d Dialect) keepsFirst() bool {
	return slices.Contains([]Dialect{Godotenv, Node, NodeExpand, Python}, d)
}

// undecided are the dialects that are asked when nothing tells who loads a file. The
// first is the one whose places and trails are kept when all agree.
func undecided() []Dialect {
	return []Dialect{Godotenv, Node, NodeExpand, Compose, Python, Bash}
}

// Dialects lists all dialects, the default first.
func Dialects() []Dialect {
	return []Dialect{Godotenv, Node, NodeExpand, Next, NodeEnvFile, Compose, Docker, Python, Bash}
}

// ParseDialect gives the dialect of a word. The empty word is no dialect.
func ParseDialect(word string) (Dialect, bool) {
	d := Dialect(word)
	return d, slices.Contains(Dialects(), d)
}

// newlines is what a reader does to the ends of lines before it looks at the text.
type newlines uint8

const (
	keepLines newlines = iota // nothing
	unixLines                 // \r\n becomes \n
	anyLines                  // \r\n and \r become \n
	dropCR                    // every \r goes
)

// bareKey is what a name without an operator does.
type bareKey uint8

const (
	bareNothing  bareKey = iota // the lexer never gives one
	bareUnset                   // the name counts as defined and gets no value
	bareInherits                // the value comes from outside; without one the line does nothing
)

// rules are the switches of one dialect.
type rules struct {
	dialect  Dialect
	reader   string // the real reader, as messages name it
	newlines newlines
	cutBOM   bool // a byte order mark is no part of the text

	lex func(*lexer) // splits the text into tokens
	// values gives every token its value. Most dialects go through the tokens in order
	// (inOrder); the expanders from npm look at the whole list of files first.
	values func(*run)
	expand func(*expansion, token) string // text of one value, for inOrder

	bareKey      bareKey
	shared       bool // later files of a list see the variables of earlier ones
	outsideFirst bool // in an expansion the environment wins over the file
	replaces     bool // the file replaces what is already set
	node20       bool // node --env-file as Node 20 has it
	populated    bool // dotenv-expand finds the raw values of the file in the environment
}

// rulesOf gives the switches of a dialect; those of the default for an unknown word.
func rulesOf(d Dialect) rules {
	r := table(d)
	r.dialect = d
	if r.values == nil {
		r.values = inOrder
	}
	return r
}

func table(d Dialect) rules {
	switch d {
	case Node:
		return rules{reader: "dotenv", newlines: anyLines, lex: lexNode, expand: plainText}
	case NodeExpand:
		return rules{reader: "dotenv-expand", newlines: anyLines, lex: lexNode, values: nodeExpandValues}
	case Next:
		return rules{reader: "Next.js", newlines: anyLines, lex: lexNode, values: nextValues}
	case NodeEnvFile:
		return rules{reader: "node --env-file", newlines: dropCR, lex: lexNodeEnvFile, expand: plainText}
	case Compose:
		return rules{reader: "Docker Compose", cutBOM: true, lex: lexCompose, expand: composeText, shared: true, outsideFirst: true, bareKey: bareInherits, replaces: true}
	case Docker:
		return rules{reader: "docker --env-file", cutBOM: true, lex: lexDocker, expand: plainText, bareKey: bareInherits, replaces: true}
	case Python:
		return rules{reader: "python-dotenv", newlines: anyLines, lex: lexPython, expand: pythonText, bareKey: bareUnset}
	case Bash:
		return rules{reader: "bash", lex: lexBash, expand: bashText, shared: true, replaces: true}
	}
	return rules{reader: "godotenv", newlines: unixLines, lex: lexGodotenv, expand: godotenvText}
}

// setting is what decides which versions of a reader have to be asked.
type setting struct {
	bom      bool  // a file begins with a byte order mark
	several  bool  // there is more than one file
	loading  bool  // the file is loaded into an environment, not only parsed
	override *bool // as the user says
}

// versions gives the switches of a dialect, once for each way in which its versions, or
// its usual callers, differ. A value is known only if all of them give it.
func versions(d Dialect, in setting) []rules {
	all := []rules{rulesOf(d)}
	fork := func(change func(*rules)) {
		for _, r := range all {
			change(&r)
			all = append(all, r)
		}
	}
	switch d {
	case NodeEnvFile:
		fork(func(r *rules) { r.node20 = true })
	case NodeExpand:
		fork(func(r *rules) { r.populated = true })
	case Python:
		if in.bom { // cut since 1.2.2
			fork(func(r *rules) { r.cutBOM = true })
		}
		if in.several { // load_dotenv of one after the other, or their dotenv_values merged
			fork(func(r *rules) { r.shared = true })
		}
		if in.loading && (in.override == nil || !*in.override) { // load_dotenv, or dotenv_values under os.environ
			fork(func(r *rules) { r.outsideFirst = true })
		}
	}
	return all
}
