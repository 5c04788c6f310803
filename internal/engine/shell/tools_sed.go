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
	unsure   bool // it may be that nothing is changed at all
}

type sedAddress struct {
	line int // 0: none; -1: the last
	re   *regexp.Regexp
}

// sedPart is a piece of a replacement: text, a group of the match, or a text that is not known.
type sedPart struct {
	text  string
	group int // -1: none
	hole  sym
}

// sedTool is sed with s, d, p and q.
func sedTool(t *toolRun) bool {
	var script sedScript
	var files []sym
	quiet, extended, inPlace := false, false, false
	for i := 0; i < len(t.args); i++ {
		s, ok := t.args[i].known()
		switch {
		case ok && (s == "-e" || s == "--expression") && i+1 < len(t.args):
			i++
			script.add(t.args[i])
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
		case !script.given:
			script.add(t.args[i])
		default:
			files = append(files, t.args[i])
		}
	}
	program, ok := script.parse(extended)
	if !ok {
		return false
	}
	if script.mayFail && t.status.ok == yes {
		t.status = status{}
	}
	if inPlace && script.mayFail && (!t.st.opts.errexit || t.sh.noErr > 0) {
		if quiet {
			return false
		}
		for i := range program { // where sed fails, the file stays as it is
			program[i].unsure = true
		}
	}
	if inPlace {
		return t.sedInPlace(program, quiet, files)
	}
	in, _ := t.input(files)
	t.sedText(program, quiet, in)
	return true
}

// sedText prints what the program makes of a text.
func (t *toolRun) sedText(program []sedCommand, quiet bool, in sym) {
	lines, loose, ok := holedLines(in)
	if ok && (&sedRun{t: t, program: program, quiet: quiet, loose: loose}).all(lines) {
		return
	}
	t.out, t.status = unknownFrom(append(t.args, in)...), status{}
	if !in.isKnown() {
		t.out = unknownFrom(in)
	}
}

func (t *toolRun) sedInPlace(program []sedCommand, quiet bool, files []sym) bool {
	for _, f := range files {
		key, ok := t.sh.fileKey(t.st, f)
		if !ok {
			return false
		}
		in, _ := t.input([]sym{f})
		if t.status.ok == no {
			return true
		}
		t.sedText(program, quiet, in)
		t.st.files[key] = &file{text: t.out, exec: t.sh.isExecutable(t.st, key)}
		t.out = nil
	}
	return true
}

// sedRun is one run of a program over the lines of a text.
type sedRun struct {
	t       *toolRun
	program []sedCommand
	quiet   bool
	loose   bool // what is not known of the text may be several lines
	inRange []bool
	open    bool // what was printed last had no newline
}

// all runs the program; false when it cannot be told what it does.
func (r *sedRun) all(lines []sym) bool {
	r.inRange = make([]bool, len(r.program))
	for n, l := range lines {
		line, newline := chompHoled(l)
		at := sedPlace{n: n + 1, last: len(lines), loose: r.loose, torn: r.loose && !line.isKnown()}
		line, deleted, quit, ok := r.commands(line, newline, at)
		if !ok {
			return false
		}
		if !deleted && !r.quiet {
			r.print(line, newline)
		}
		if quit {
			return true
		}
	}
	return true
}

// commands runs the program on one line.
func (r *sedRun) commands(line sym, newline bool, at sedPlace) (_ sym, deleted, quit, ok bool) {
	for i := range r.program {
		c := &r.program[i]
		switch c.selects(&r.inRange[i], at, line) {
		case no:
			continue
		case maybe:
			return nil, false, false, false
		}
		if c.unsure && (c.verb != 's' || c.print) {
			return nil, false, false, false
		}
		switch c.verb {
		case 'd':
			return line, true, false, true
		case 'q':
			return line, false, true, true
		case 'p':
			if at.torn {
				return nil, false, false, false
			}
			r.print(line, newline)
		case 's':
			changed, next, ok := c.change(line, at, r.t.args)
			if !ok {
				return nil, false, false, false
			}
			line = next
			if changed && c.print {
				r.print(line, newline)
			}
		}
	}
	return line, false, false, true
}

// change substitutes in a line.
func (c *sedCommand) change(line sym, at sedPlace, args []sym) (changed bool, out sym, ok bool) {
	if line.isKnown() {
		changed, out = c.substitute(line, args)
		return changed, out, true
	}
	if c.print || c.nth > 0 {
		return false, nil, false
	}
	return false, c.around(line, at.loose, args), true
}

// print prints a line. One that had no newline gets it only when more follows.
func (r *sedRun) print(line sym, newline bool) {
	if r.open {
		r.t.out = append(r.t.out, piece{text: "\n"})
	}
	r.t.out = append(r.t.out, line...)
	if newline {
		r.t.out = append(r.t.out, piece{text: "\n"})
	}
	r.open = !newline
}

func (c *sedCommand) selects(in *bool, at sedPlace, line sym) tri {
	if !c.ranged {
		return c.from.matches(at, line).inverted(c.invert)
	}
	if *in {
		ends := c.to.matches(at, line)
		if c.to.re == nil && c.to.line > 0 && at.n >= c.to.line {
			ends = yes
		}
		if ends == maybe || at.loose && c.to.re == nil {
			return maybe
		}
		*in = ends == no
		return yes.inverted(c.invert)
	}
	begins := c.from.matches(at, line)
	if begins != yes {
		return begins.inverted(c.invert)
	}
	if at.loose && c.to.re == nil {
		return maybe
	}
	*in = c.to.re != nil || c.to.line < 0 && at.n < at.last || c.to.line > at.n
	return yes.inverted(c.invert)
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
		out = append(out, c.replacement(line, m, args)...)
		at = m[1]
	}
	out = append(out, line.sliceOrNil(at, len(s))...)
	if len(out) == 0 {
		return true, line.slice(0, 0)
	}
	return true, cat(out)
}

// replacement is what takes the place of one match.
func (c *sedCommand) replacement(line sym, m []int, args []sym) sym {
	var out sym
	for _, p := range c.with {
		switch {
		case p.hole != nil:
			out = append(out, p.hole...)
		case p.group < 0:
			out = append(out, piece{text: p.text, trail: trailOf(args...)})
		case 2*p.group+1 < len(m) && m[2*p.group] >= 0:
			out = append(out, line.sliceOrNil(m[2*p.group], m[2*p.group+1])...)
		}
	}
	if c.unsure {
		return oneOfTwo(out, line.slice(m[0], m[1]))
	}
	return out
}

func (s sym) sliceOrNil(i, j int) sym {
	if i >= j {
		return nil
	}
	return s.slice(i, j)
}
