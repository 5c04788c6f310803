package shell

import (
	"regexp"
	"strings"
)

// posixRegex reads a basic or extended expression of the C library as one of Go's. It
// reports false for what the two may understand differently.
func posixRegex(s string, extended, fold bool) (*regexp.Regexp, bool) {
	if len(s) > 1000 || !isASCII(s) {
		return nil, false
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '[':
			end := bracketEnd(s, i)
			if end < 0 {
				return nil, false
			}
			b.WriteString(strings.ReplaceAll(s[i:end+1], `\`, `\\`))
			i = end
		case c == '\\':
			if i+1 >= len(s) {
				return nil, false
			}
			i++
			t, ok := escapedRegex(s[i], extended)
			if !ok {
				return nil, false
			}
			b.WriteString(t)
		case !extended && strings.IndexByte("+?|(){}", c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '*' && (i == 0 || !extended && (s[i-1] == '(' || s[i-1] == '^')):
			return nil, false
		case !extended && c == '^' && i > 0, !extended && c == '$' && i < len(s)-1:
			if c == '^' && strings.HasSuffix(s[:i], `\(`) || c == '$' && strings.HasPrefix(s[i+1:], `\)`) || strings.Contains(s, `\|`) {
				return nil, false
			}
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			return nil, false
		default:
			b.WriteByte(c)
		}
	}
	expr := b.String()
	if fold {
		re, err := regexp.Compile("(?i:" + expr + ")")
		if err != nil {
			return nil, false
		}
		re.Longest()
		return re, true
	}
	re, err := regexp.CompilePOSIX(expr)
	return re, err == nil
}

func escapedRegex(c byte, extended bool) (string, bool) {
	switch {
	case !extended && strings.IndexByte("(){}+?|", c) >= 0:
		return string(c), true
	case strings.IndexByte(`.*[]^$\/+?|(){}-"'#=:,;@%&!~ `, c) >= 0:
		return regexp.QuoteMeta(string(c)), true
	case c == 's':
		return "[[:space:]]", true
	case c == 'S':
		return "[^[:space:]]", true
	case c == 'w':
		return "[[:alnum:]_]", true
	case c == 't':
		return "\t", true
	}
	return "", false
}

// bracketEnd finds the end of […].
func bracketEnd(s string, i int) int {
	j := i + 1
	if j < len(s) && s[j] == '^' {
		j++
	}
	if j < len(s) && s[j] == ']' {
		return -1
	}
	for j < len(s) {
		switch {
		case strings.HasPrefix(s[j:], "[:"):
			end := strings.Index(s[j:], ":]")
			if end < 0 {
				return -1
			}
			j += end + 2
		case s[j] == ']':
			return j
		case s[j] == '[':
			return -1
		default:
			j++
		}
	}
	return -1
}

// grepTool is grep with its common options.
func grepTool(t *toolRun) bool {
	g := grepOptions{extended: t.name == "egrep", fixed: t.name == "fgrep", limit: -1}
	files, ok := g.read(t)
	if !ok || len(files) > 1 && !g.noName {
		return false
	}
	match, ok := g.matcher()
	if !ok {
		return false
	}
	in, _ := t.input(files)
	if t.status.ok == no {
		t.status = exited(2)
	}
	lines, ok := splitLines(in)
	if !ok {
		if !g.quiet && !g.count {
			t.out = unknownFrom(in)
		} else if g.count {
			t.out = cat(unknownFrom(in), text("\n"))
		}
		t.status = status{}
		return true
	}
	g.run(t, lines, match)
	return true
}

type grepOptions struct {
	extended, fixed, fold, invert, quiet, count, only, whole, word, noName bool
	limit                                                                  int
	patterns                                                               []string
}

func (g *grepOptions) read(t *toolRun) ([]sym, bool) {
	var rest []sym
	for i := 0; i < len(t.args); i++ {
		s, ok := t.args[i].known()
		if !ok || len(s) < 2 || s[0] != '-' {
			rest = append(rest, t.args[i])
			continue
		}
		if s == "--" {
			rest = append(rest, t.args[i+1:]...)
			break
		}
		if s == "-e" && i+1 < len(t.args) || s == "-m" && i+1 < len(t.args) {
			v, ok := t.args[i+1].known()
			i++
			if !ok || !g.valued(s, v) {
				return nil, false
			}
			continue
		}
		if !g.letters(s) {
			return nil, false
		}
	}
	if len(g.patterns) == 0 {
		if len(rest) == 0 {
			return nil, false
		}
		p, ok := rest[0].known()
		if !ok {
			return nil, false
		}
		g.patterns, rest = []string{p}, rest[1:]
	}
	return rest, true
}

func (g *grepOptions) valued(flag, v string) bool {
	if flag == "-e" {
		g.patterns = append(g.patterns, v)
		return true
	}
	n, ok := parseNumber(v)
	g.limit = int(n)
	return ok
}

func (g *grepOptions) letters(s string) bool {
	switch s {
	case "--quiet", "--silent":
		s = "-q"
	case "--invert-match":
		s = "-v"
	case "--ignore-case":
		s = "-i"
	case "--extended-regexp":
		s = "-E"
	case "--fixed-strings":
		s = "-F"
	case "--only-matching":
		s = "-o"
	case "--color=never", "--color=auto":
		return true
	}
	if strings.HasPrefix(s, "-m") && len(s) > 2 {
		return g.valued("-m", s[2:])
	}
	for _, c := range s[1:] {
		switch c {
		case 'E':
			g.extended = true
		case 'F':
			g.fixed = true
		case 'i':
			g.fold = true
		case 'v':
			g.invert = true
		case 'q':
			g.quiet = true
		case 'c':
			g.count = true
		case 'o':
			g.only = true
		case 'x':
			g.whole = true
		case 'w':
			g.word = true
		case 'h':
			g.noName = true
		case 's':
		default:
			return false
		}
	}
	return true
}

// matcher gives the place of the first match in a line, nil for none.
func (g *grepOptions) matcher() (func(string) []int, bool) {
	if g.word || len(g.patterns) != 1 {
		return nil, false
	}
	p := g.patterns[0]
	if strings.Contains(p, "\n") {
		return nil, false
	}
	if g.fixed {
		p = regexp.QuoteMeta(p)
		re, err := regexp.Compile(p)
		if g.fold {
			re, err = regexp.Compile("(?i)" + p)
		}
		if err != nil {
			return nil, false
		}
		return g.finder(re), true
	}
	if inner := strings.ReplaceAll(strings.TrimPrefix(p, "^"), "[^", ""); g.only && strings.Contains(inner, "^") {
		return nil, false
	}
	re, ok := posixRegex(p, g.extended, g.fold)
	if !ok {
		return nil, false
	}
	return g.finder(re), true
}

func (g *grepOptions) finder(re *regexp.Regexp) func(string) []int {
	if !g.whole {
		return re.FindStringIndex
	}
	whole, err := regexp.Compile("^(?:" + re.String() + ")$")
	if err != nil {
		return func(string) []int { return nil }
	}
	whole.Longest()
	return whole.FindStringIndex
}

func (g *grepOptions) run(t *toolRun, lines []sym, match func(string) []int) {
	n := 0
	for _, l := range lines {
		s, line := chomp(l)
		at := match(s)
		if (at != nil) == g.invert || g.limit >= 0 && n >= g.limit {
			continue
		}
		n++
		switch {
		case g.quiet || g.count:
		case g.only && !g.invert:
			for at != nil && at[0] < at[1] {
				t.print(line.slice(at[0], at[1]))
				s, line = s[at[1]:], line.slice(at[1], len(s))
				if at = match(s); strings.HasPrefix(g.patterns[0], "^") {
					at = nil
				}
			}
		default:
			t.print(line)
		}
	}
	if g.count {
		t.print(derived(exact(int64(n)).shown(), lines...))
	}
	switch {
	case n == 0 && t.status.ok == yes:
		t.status = exited(1)
	case n > 0 && g.quiet:
		t.status = exited(0)
	}
}

func (v number) shown() string { s, _ := v.sym().known(); return s }
