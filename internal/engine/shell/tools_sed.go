package shell

import (
	"regexp"
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
