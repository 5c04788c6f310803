package shell

import (
	"regexp"
	"strconv"
	"strings"
)

// sedCommand is one command of a sed script: s, d, p or q with an address.
type sedCommand struct {
	from, to sedAddress
	ranged   bool
	invert   bool
	verb     byte
	re       *regexp.Regexp
	with     []sedPart
	global   bool
	print    bool
	nth      int
	empty    bool // the expression can match nothing; it is anchored then
}

type sedAddress struct {
	line int // 0: none; -1: the last
	re   *regexp.Regexp
}

// sedPart is a piece of a replacement: text, or a group of the match.
type sedPart struct {
	text  string
	group int // -1: none
}

// sedTool is sed with s, d, p and q.
func sedTool(t *toolRun) bool {
	var scripts []string
	var files []sym
	quiet, extended, inPlace := false, false, false
	for i := 0; i < len(t.args); i++ {
		s, ok := t.args[i].known()
		switch {
		case ok && (s == "-e" || s == "--expression") && i+1 < len(t.args):
			i++
			script, ok := t.args[i].known()
			if !ok {
				return false
			}
			scripts = append(scripts, script)
		case ok && (s == "-n" || s == "--quiet" || s == "--silent"):
			quiet = true
		case ok && (s == "-E" || s == "-r" || s == "--regexp-extended"):
			extended = true
		case ok && (s == "-ne" || s == "-nE" || s == "-nr"):
			return false
		case ok && (strings.HasPrefix(s, "-i") || strings.HasPrefix(s, "--in-place")):
			inPlace = true
		case ok && len(s) > 1 && s[0] == '-' && s != "--":
			return false
		case ok && s == "--":
		case len(scripts) == 0:
			if !ok {
				return false
			}
			scripts = append(scripts, s)
		default:
			files = append(files, t.args[i])
		}
	}
	program, ok := parseSed(strings.Join(scripts, "\n"), extended)
	if !ok {
		return false
	}
	if inPlace {
		return t.sedInPlace(program, quiet, files)
	}
	lines, ok := t.lines(files)
	if !ok {
		t.status = status{}
		return true
	}
	t.sedRun(program, quiet, lines)
	return true
}

func (t *toolRun) sedInPlace(program []sedCommand, quiet bool, files []sym) bool {
	for _, f := range files {
		key, ok := t.sh.fileKey(t.st, f)
		if !ok {
			return false
		}
		lines, ok := t.lines([]sym{f})
		if t.status.ok == no {
			return true
		}
		if !ok {
			t.st.files[key] = &file{text: t.out}
			t.out = nil
			continue
		}
		t.sedRun(program, quiet, lines)
		t.st.files[key] = &file{text: t.out, exec: t.sh.isExecutable(t.st, key)}
		t.out = nil
	}
	return true
}

func (t *toolRun) sedRun(program []sedCommand, quiet bool, lines []sym) {
	inRange := make([]bool, len(program))
	for n, l := range lines {
		s, line := chomp(l)
		newline := l.size() > len(s)
		deleted, quit := false, false
		for i := range program {
			c := &program[i]
			if !c.selects(&inRange[i], n+1, len(lines), shownText(line)) {
				continue
			}
			switch c.verb {
			case 'd':
				deleted = true
			case 'p':
				t.sedOut(line, newline)
			case 'q':
				quit = true
			case 's':
				changed, next := c.substitute(line, t.args)
				line = next
				if changed && c.print {
					t.sedOut(line, newline)
				}
			}
			if deleted || quit {
				break
			}
		}
		if !deleted && !quiet {
			t.sedOut(line, newline)
		}
		if quit {
			return
		}
	}
}

// sedOut prints a line. One that had no newline gets it only when more follows.
func (t *toolRun) sedOut(line sym, newline bool) {
	if n := len(t.out); n > 0 && t.out[n-1].text != "\n" {
		t.out = append(t.out, piece{text: "\n"})
	}
	t.out = append(t.out, line...)
	if newline {
		t.out = append(t.out, piece{text: "\n"})
	}
}

func (c *sedCommand) selects(in *bool, n, last int, s string) bool {
	if !c.ranged {
		return c.from.matches(n, last, s) != c.invert
	}
	if *in {
		if c.to.re == nil && c.to.line > 0 && n >= c.to.line || c.to.matches(n, last, s) {
			*in = false
		}
		return !c.invert
	}
	if c.from.matches(n, last, s) {
		*in = c.to.re != nil || c.to.line < 0 && n < last || c.to.line > n
		return !c.invert
	}
	return c.invert
}

func (a sedAddress) matches(n, last int, s string) bool {
	switch {
	case a.re != nil:
		return a.re.MatchString(s)
	case a.line == -1:
		return n == last
	}
	return a.line == 0 || a.line == n
}

func (c *sedCommand) substitute(line sym, args []sym) (bool, sym) {
	s, _ := line.known()
	all := c.re.FindAllStringSubmatchIndex(s, -1)
	if c.empty && len(all) > 1 {
		all = all[:1]
	}
	from, to := 0, len(all)
	if c.nth > 0 {
		from = c.nth - 1
	}
	if !c.global {
		to = min(to, from+1)
	}
	if from >= to {
		return false, line
	}
	var out sym
	at := 0
	for _, m := range all[from:to] {
		out = append(out, line.sliceOrNil(at, m[0])...)
		for _, p := range c.with {
			switch {
			case p.group < 0:
				out = append(out, piece{text: p.text, trail: trailOf(args...)})
			case 2*p.group+1 < len(m) && m[2*p.group] >= 0:
				out = append(out, line.sliceOrNil(m[2*p.group], m[2*p.group+1])...)
			}
		}
		at = m[1]
	}
	out = append(out, line.sliceOrNil(at, len(s))...)
	if len(out) == 0 {
		return true, line.slice(0, 0)
	}
	return true, cat(out)
}

func (s sym) sliceOrNil(i, j int) sym {
	if i >= j {
		return nil
	}
	return s.slice(i, j)
}

// parseSed reads a script of commands separated by newlines and semicolons.
func parseSed(s string, extended bool) ([]sedCommand, bool) {
	var out []sedCommand
	for {
		s = strings.TrimLeft(s, " \t;\n")
		if s == "" {
			return out, true
		}
		var c sedCommand
		var ok bool
		if c.from, s, ok = sedAddr(s, extended); !ok {
			return nil, false
		}
		if strings.HasPrefix(s, ",") {
			c.ranged = true
			if c.to, s, ok = sedAddr(s[1:], extended); !ok || c.to == (sedAddress{}) {
				return nil, false
			}
		}
		s = strings.TrimLeft(s, " ")
		for strings.HasPrefix(s, "!") {
			c.invert, s = true, strings.TrimLeft(s[1:], " ")
		}
		if s == "" {
			return nil, false
		}
		c.verb, s = s[0], s[1:]
		switch c.verb {
		case 'd', 'p', 'q':
			s = strings.TrimLeft(s, " \t")
			if s != "" && s[0] != ';' && s[0] != '\n' {
				return nil, false
			}
		case 's':
			if s, ok = c.parseSubst(s, extended); !ok {
				return nil, false
			}
		default:
			return nil, false
		}
		out = append(out, c)
	}
}

func sedAddr(s string, extended bool) (sedAddress, string, bool) {
	switch {
	case s == "":
		return sedAddress{}, s, false
	case s[0] == '$':
		return sedAddress{line: -1}, s[1:], true
	case s[0] >= '0' && s[0] <= '9':
		i := 0
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		n, err := strconv.Atoi(s[:i])
		return sedAddress{line: n}, s[i:], err == nil && n > 0 && !strings.HasPrefix(s[i:], "~")
	case s[0] == '/':
		expr, rest, ok := sedPiece(s[1:], '/', true)
		if !ok || expr == "" {
			return sedAddress{}, s, false
		}
		re, ok := posixRegex(expr, extended, false)
		return sedAddress{re: re}, rest, ok && !strings.HasPrefix(rest, "I")
	}
	return sedAddress{}, s, true
}

// sedPiece reads up to the delimiter.
func sedPiece(s string, delim byte, isRegex bool) (string, string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == delim:
			if isRegex && strings.IndexByte(`.*[]^$+?|(){}&`, delim) >= 0 {
				return "", "", false
			}
			b.WriteByte(delim)
			i++
		case s[i] == '\\' && i+1 < len(s):
			b.WriteString(s[i : i+2])
			i++
		case isRegex && s[i] == '[':
			end := bracketEnd(s, i)
			if end < 0 {
				return "", "", false
			}
			b.WriteString(s[i : end+1])
			i = end
		case s[i] == delim:
			return b.String(), s[i+1:], true
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", false
}

func (c *sedCommand) parseSubst(s string, extended bool) (string, bool) {
	if s == "" || s[0] == '\\' || s[0] == '\n' || s[0] >= 0x80 {
		return s, false
	}
	delim := s[0]
	expr, rest, ok := sedPiece(s[1:], delim, true)
	if !ok || expr == "" {
		return s, false
	}
	with, rest, ok := sedPiece(rest, delim, false)
	if !ok {
		return s, false
	}
	fold := false
	i := 0
	for ; i < len(rest) && rest[i] != ';' && rest[i] != '\n'; i++ {
		switch f := rest[i]; {
		case f == 'g':
			c.global = true
		case f == 'p':
			c.print = true
		case f == 'i' || f == 'I':
			fold = true
		case f >= '1' && f <= '9' && c.nth == 0:
			c.nth = int(f - '0')
		case f == ' ' || f == '\t':
		default:
			return s, false
		}
	}
	if c.re, ok = posixRegex(expr, extended, fold); !ok {
		return s, false
	}
	if c.re.MatchString("") {
		c.empty = true
		if !strings.HasPrefix(expr, "^") && !strings.HasSuffix(expr, "$") || c.nth > 0 {
			return s, false
		}
	}
	if c.global && strings.HasPrefix(expr, "^") {
		c.global = false
	}
	c.with, ok = sedReplacement(with)
	return rest[i:], ok
}

func sedReplacement(s string) ([]sedPart, bool) {
	var out []sedPart
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			out = append(out, sedPart{text: b.String(), group: -1})
			b.Reset()
		}
	}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '&':
			flush()
			out = append(out, sedPart{group: 0})
		case s[i] == '\\' && i+1 < len(s):
			i++
			switch c := s[i]; {
			case c >= '0' && c <= '9':
				flush()
				out = append(out, sedPart{group: int(c - '0')})
			case c == 'n':
				b.WriteByte('\n')
			case c == 't':
				b.WriteByte('\t')
			case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
				return nil, false
			default:
				b.WriteByte(c)
			}
		default:
			b.WriteByte(s[i])
		}
	}
	flush()
	return out, true
}
