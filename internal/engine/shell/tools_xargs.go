package shell

import (
	"strconv"
	"strings"
)

// xargsTool reads words with xargs' own quoting and starts a command with them.
func xargsTool(t *toolRun) bool {
	x := xargs{most: 0}
	i, ok := x.options(t.args)
	if !ok {
		return false
	}
	in, ok := x.input(t)
	if !ok {
		return false
	}
	items, ok := x.split(in)
	if !ok {
		if in.isKnown() {
			return false
		}
		if i < len(t.args) {
			t.strangeCommand(i, in)
			return true
		}
		return t.unclear(in)
	}
	if x.skipEmpty && len(items) == 0 {
		return true
	}
	for _, batch := range x.batches(items) {
		t.start(x, t.args[min(i, len(t.args)):], batch)
	}
	return true
}

type xargs struct {
	most      int    // words per command; 0: all
	replace   string // -I
	delim     string // -d, or a NUL for -0
	byLine    bool
	skipEmpty bool
	file      sym // -a
	fromFile  bool
}

// input is what the words come from.
func (x *xargs) input(t *toolRun) (sym, bool) {
	if !x.fromFile {
		return t.stdin(), true
	}
	s, state := t.sh.read(t.st, x.file)
	return s, state == fileThere
}

func (x *xargs) options(args []sym) (int, bool) {
	i := 0
	for ; i < len(args); i++ {
		s, ok := args[i].known()
		if !ok || len(s) < 2 || s[0] != '-' {
			break
		}
		value := func() string {
			if len(s) > 2 {
				return s[2:]
			}
			i++
			if i < len(args) {
				v, _ := args[i].known()
				return v
			}
			return ""
		}
		switch {
		case s == "-0" || s == "--null":
			x.delim = "\x00"
		case s == "-r" || s == "--no-run-if-empty":
			x.skipEmpty = true
		case s == "-a" && i+1 < len(args):
			i++
			x.file, x.fromFile = args[i], true
		case s == "-t":
		case strings.HasPrefix(s, "-n"):
			n, err := strconv.Atoi(value())
			if err != nil || n < 1 {
				return 0, false
			}
			x.most = n
		case strings.HasPrefix(s, "-P"):
			value()
		case strings.HasPrefix(s, "-I"):
			x.replace, x.byLine = value(), true
		case strings.HasPrefix(s, "-d"):
			x.delim = ansiC(value())
		default:
			return 0, false
		}
	}
	return i, len(x.delim) <= 1
}

// split cuts the input into words.
func (x *xargs) split(in sym) ([]sym, bool) {
	s, ok := in.known()
	if !ok {
		return nil, false
	}
	if x.delim != "" {
		var out []sym
		for _, sp := range splitAt(s, x.delim) {
			if sp[0] == sp[1] && sp[1] == len(s) {
				continue
			}
			out = append(out, in.slice(sp[0], sp[1]))
		}
		return out, true
	}
	return x.quotedWords(s, in)
}

// quotedWords follows xargs' rules: quotes of both kinds and backslashes protect, and
// quotes do not reach over a newline.
func (x *xargs) quotedWords(s string, in sym) ([]sym, bool) {
	var out []sym
	var cur sym
	open := false
	flush := func() {
		if open {
			if len(cur) == 0 {
				cur = sym{{}}
			}
			out = append(out, cat(cur))
		}
		cur, open = nil, false
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\'' || c == '"':
			end := strings.IndexByte(s[i+1:], c)
			if end < 0 || strings.Contains(s[i+1:i+1+end], "\n") {
				return nil, false
			}
			cur = append(cur, in.sliceOrNil(i+1, i+1+end)...)
			open = true
			i += end + 1
		case c == '\\' && i+1 < len(s):
			i++
			cur, open = append(cur, in.slice(i, i+1)...), true
		case c == '\n' || !x.byLine && (c == ' ' || c == '\t'):
			flush()
		case x.byLine && !open && (c == ' ' || c == '\t'):
		case c == '\v' || c == '\f' || c == '\r':
			if c != '\r' {
				return nil, false
			}
			cur, open = append(cur, in.slice(i, i+1)...), true
		default:
			cur, open = append(cur, in.slice(i, i+1)...), true
		}
	}
	flush()
	return out, true
}

func (x *xargs) batches(items []sym) [][]sym {
	n := x.most
	if x.replace != "" {
		n = 1
	}
	if n == 0 {
		return [][]sym{items}
	}
	var out [][]sym
	for len(items) > 0 {
		k := min(n, len(items))
		out = append(out, items[:k])
		items = items[k:]
	}
	return out
}

// start runs the command once.
func (t *toolRun) start(x xargs, command, items []sym) {
	if !t.sh.m.tick(t.inv.at) {
		return
	}
	if len(command) == 0 {
		t.echo(items)
		return
	}
	var args []sym
	for _, c := range command {
		if s, ok := c.known(); x.replace != "" && ok && strings.Contains(s, x.replace) && len(items) == 1 {
			args = append(args, replaced(c, s, x.replace, items[0]))
			continue
		}
		args = append(args, c)
	}
	if x.replace == "" {
		args = append(args, items...)
	}
	if args[0].is("echo") {
		t.echo(args[1:])
		return
	}
	inv := t.inv
	inv.args, inv.words = fields{list: args, unsure: -1}, nil
	fds := t.st.io.fds
	t.st.io.set(0, target{kind: toNothing})
	t.sh.write(t.st, 1, t.out)
	t.out = nil
	t.sh.asProgram(t.st, inv)
	t.st.io.fds = fds
	if t.st.status.ok != yes {
		t.status = status{}
	}
}

func replaced(s sym, known, mark string, with sym) sym {
	var spans [][2]int
	for at := 0; ; {
		i := strings.Index(known[at:], mark)
		if i < 0 {
			break
		}
		spans = append(spans, [2]int{at + i, at + i + len(mark)})
		at += i + len(mark)
	}
	return splice(s, len(known), spans, with)
}

// echo prints like the echo that xargs starts. An option among the words is left alone.
func (t *toolRun) echo(items []sym) {
	out := joinWords(fields{list: items, unsure: -1})
	if len(items) > 0 && strings.HasPrefix(shownText(items[0]), "-") {
		out = unsupported("whether echo takes its first word for an option", out)
	}
	t.out = append(t.out, out...)
	t.out = append(t.out, piece{text: "\n"})
}

// strangeCommand notes a command that is started with words that are not known.
func (t *toolRun) strangeCommand(i int, in sym) {
	inv := t.inv
	inv.args = fields{list: append(append([]sym{}, t.args[i:]...), unknownFrom(in)), unsure: len(t.args[i:]), tail: unknownFrom(in)[0].unk.anyOf()}
	inv.words = nil
	t.sh.write(t.st, 1, t.out)
	t.out = nil
	t.sh.asProgram(t.st, inv)
	t.status = status{}
}
