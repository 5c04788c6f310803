package shell

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// reader is the options of read.
type reader struct {
	raw     bool
	array   string
	delim   string
	strange bool // an option whose effect is not modelled
	fd      int
	names   []string
}

func (sh *shell) readCommand(st *state, inv invocation) {
	r, ok := readOptions(inv)
	if !ok {
		sh.giveUp(st, inv.node, "read into a name that is not known")
		return
	}
	if !sh.bash && hasBashOption(inv) {
		sh.m.problem(inv.at, "not every sh has this option of read", useBash)
		other := st.clone()
		other.status = exited(2)
		if !sh.any {
			*st = *other
			return
		}
		defer func() { replace(st, st.clone(), other) }()
	}
	line, rest, state := cutLine(st.io.input(r.fd), r.delim)
	if strings.Contains(shownText(line), "\\") && !r.raw {
		line = unsupported("what read makes of backslashes", line)
	}
	if r.strange {
		line, rest, state = unknownFrom(line, mystery(model.WhyUnsupported, "what read takes")), unknownFrom(rest, mystery(model.WhyInput, "what is left to read")), maybe
	}
	st.io.consume(r.fd, rest)
	st.status = truth(state)
	sh.giveOut(st, inv, r, line)
}

// cutLine takes the first line. found is no at the end of the input.
func cutLine(s sym, delim string) (line, rest sym, found tri) {
	at := 0
	for i, p := range s {
		if p.unk != nil {
			u := unknownFrom(s[i:])
			return cat(s[:i], u), u, maybe
		}
		if k := strings.Index(p.text, delim); k >= 0 && delim != "" {
			total := s.slice0(at + k)
			tail := p
			tail.text = p.text[k+1:]
			rest = append(sym{}, s[i+1:]...)
			if tail.text != "" {
				rest = append(sym{tail}, rest...)
			}
			return total, rest, yes
		}
		at += len(p.text)
	}
	return s, nil, no
}

// slice0 is the known text up to n, of a text that may be unknown behind it.
func (s sym) slice0(n int) sym {
	var out sym
	for _, p := range s {
		if n <= 0 || p.unk != nil {
			break
		}
		if len(p.text) > n {
			p.text = p.text[:n]
		}
		n -= len(p.text)
		out = append(out, p)
	}
	if out == nil && len(s) > 0 {
		out = sym{{trail: s[0].trail}}
	}
	return out
}

// hasBashOption reports whether read is given more than -r and -p, which are all that
// dash knows.
func hasBashOption(inv invocation) bool {
	for i, a := range inv.args.list {
		t, _ := a.known()
		if i > 0 && (len(t) < 2 || t[0] != '-' || t == "--") {
			return false
		}
		if i > 0 && strings.Trim(t[1:], "rp") != "" {
			return t[1] != 'p'
		}
	}
	return false
}

func readOptions(inv invocation) (reader, bool) {
	r := reader{delim: "\n"}
	words, ok := inv.args.from(1).known()
	if !ok {
		return r, false
	}
	i := 0
	for ; i < len(words) && len(words[i]) > 1 && words[i][0] == '-'; i++ {
		w := words[i]
		if w == "--" {
			i++
			break
		}
		for k := 1; k < len(w); k++ {
			arg := func() string {
				if k+1 < len(w) {
					v := w[k+1:]
					k = len(w)
					return v
				}
				i++
				if i < len(words) {
					return words[i]
				}
				return ""
			}
			switch w[k] {
			case 'r':
				r.raw = true
			case 's', 'e':
			case 'p', 'i':
				arg()
			case 'a':
				r.array = arg()
			case 'u':
				n, err := strconv.Atoi(arg())
				r.fd, r.strange = n, r.strange || err != nil
			case 'd':
				r.delim = arg()
				if len(r.delim) > 1 {
					r.delim = r.delim[:1]
				}
			default:
				arg()
				r.strange = true
			}
		}
	}
	if i < len(words) {
		r.names = words[i:]
	}
	for _, n := range r.names {
		if !isName(n) {
			return r, false
		}
	}
	return r, true
}

// giveOut splits a line over the names.
func (sh *shell) giveOut(st *state, inv invocation, r reader, line sym) {
	hop := func(name string) model.Hop {
		return model.Hop{At: inv.at, Kind: model.KindShell, What: "read " + name}
	}
	s := sh.splitter(st)
	switch {
	case r.array != "":
		sh.readArray(st, inv, r.array, line, hop(r.array))
	case len(r.names) == 0:
		sh.assign(st, inv.node, "REPLY", line, hop("REPLY"))
	default:
		parts := splitFor(s, line, len(r.names))
		for i, name := range r.names {
			var v sym
			if i < len(parts) {
				v = parts[i]
			}
			sh.assign(st, inv.node, name, v, hop(name))
		}
	}
}

func (sh *shell) readArray(st *state, inv invocation, name string, line sym, hop model.Hop) {
	s := sh.splitter(st)
	s.split(line.with(expanded))
	if s.unsure >= 0 {
		sh.blurArray(st, inv.node, name)
		return
	}
	next := &cell{shape: indexed, trail: model.Trail{}.Append(hop)}
	for i, v := range s.list {
		next.elems = append(next.elems, elem{index: i, val: v.with(quoted).via(hop)})
	}
	sh.update(st, inv.node, name, func(*cell) *cell { return next })
}

// splitFor cuts a line into at most n parts, the last of which takes the rest.
func splitFor(s *splitter, line sym, n int) []sym {
	if all, ok := line.variants(); ok && len(all) > 1 {
		return chooseParts(s, all, n)
	}
	t, ok := line.known()
	if !ok || s.strange {
		return repeatUnknown(unknownFrom(line), n)
	}
	if s.ifs == "" {
		return []sym{line}
	}
	white := func(c byte) bool { return strings.IndexByte(" \t\n", c) >= 0 && strings.IndexByte(s.ifs, c) >= 0 }
	delim := func(c byte) bool { return strings.IndexByte(s.ifs, c) >= 0 }
	from, to := 0, len(t)
	for from < to && white(t[from]) {
		from++
	}
	for to > from && white(t[to-1]) {
		to--
	}
	var out []sym
	for len(out) < n-1 && from < to {
		end := from
		for end < to && !delim(t[end]) {
			end++
		}
		out = append(out, line.slice(from, end))
		from = end
		for from < to && white(t[from]) {
			from++
		}
		if from < to && delim(t[from]) && !white(t[from]) {
			from++
			for from < to && white(t[from]) {
				from++
			}
		}
	}
	if from >= to {
		return out
	}
	last := line.slice(from, to)
	if delim(t[to-1]) { // a delimiter at the very end is dropped in some cases only
		last = unsupported("what read leaves of a delimiter at the end", last)
	}
	return append(out, last)
}

func chooseParts(s *splitter, all []sym, n int) []sym {
	table := make([][]sym, n)
	for _, one := range all {
		parts := splitFor(s, one, n)
		for i := range n {
			var v sym
			if i < len(parts) {
				v = parts[i]
			}
			table[i] = append(table[i], v)
		}
	}
	out := make([]sym, n)
	for i, t := range table {
		out[i] = choose(t...)
	}
	return out
}

func repeatUnknown(s sym, n int) []sym {
	out := make([]sym, n)
	for i := range out {
		out[i] = s
	}
	return out
}

// mapfile reads all lines into an array.
func (sh *shell) mapfile(st *state, inv invocation) {
	words, ok := inv.args.from(1).known()
	if !ok {
		sh.giveUp(st, inv.node, "mapfile into a name that is not known")
		return
	}
	name, trim, strange := "MAPFILE", false, false
	for i := 0; i < len(words); i++ {
		switch w := words[i]; {
		case w == "-t":
			trim = true
		case strings.HasPrefix(w, "-"):
			strange = true
			i++
		default:
			name = w
		}
	}
	in := st.io.input(0)
	st.io.consume(0, nil)
	st.status = exited(0)
	lines, ok := splitLines(in)
	if !ok || strange || !isName(name) {
		sh.blurArray(st, inv.node, name)
		return
	}
	hop := model.Hop{At: inv.at, Kind: model.KindShell, What: "mapfile " + name}
	next := &cell{shape: indexed, trail: model.Trail{}.Append(hop)}
	for i, l := range lines {
		if t, _ := l.known(); trim && strings.HasSuffix(t, "\n") {
			l = l.slice(0, len(t)-1)
		}
		next.elems = append(next.elems, elem{index: i, val: l.via(hop)})
	}
	sh.update(st, inv.node, name, func(*cell) *cell { return next })
}

// splitLines cuts a known text behind each newline.
func splitLines(s sym) ([]sym, bool) {
	if !s.isKnown() {
		return nil, false
	}
	var out []sym
	var cur sym
	for _, p := range s {
		for _, part := range strings.SplitAfter(p.text, "\n") {
			if part == "" {
				continue
			}
			q := p
			q.text = part
			cur = append(cur, q)
			if strings.HasSuffix(part, "\n") {
				out, cur = append(out, cur), nil
			}
		}
	}
	if len(cur) > 0 {
		out = append(out, cur)
	}
	return out, true
}

func (sh *shell) letCommand(st *state, inv invocation) {
	for _, s := range inv.args.list[1:] {
		v := sh.arithText(st, s, 0)
		st.status = status{}
		if v.known {
			st.status = truth(triOf(v.n != 0))
		}
		if t, ok := s.known(); !ok || strings.ContainsAny(t, "=+-") {
			sh.giveUp(st, inv.node, "let with an assignment that is not written out")
		}
	}
}
