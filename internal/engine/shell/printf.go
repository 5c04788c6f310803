package shell

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// printf is the builtin, with -v in bash.
func (sh *shell) printf(st *state, inv invocation) {
	args := inv.args.from(1)
	st.status = exited(0)
	name := ""
	if sh.bash && len(args.list) > 1 && args.list[0].is("-v") {
		n, ok := args.list[1].known()
		if !ok || !isName(n) {
			sh.giveUp(st, inv.node, "printf -v to something else than a plain name")
			return
		}
		name, args = n, args.from(2)
	}
	if len(args.list) > 0 && args.list[0].is("--") {
		args = args.from(1)
	}
	if !sh.bash && len(args.list) > 0 && args.list[0].is("-v") {
		sh.bashCommand(st, "printf -v", inv)
		return
	}
	out := sh.format(args)
	if name == "" {
		sh.write(st, 1, out)
		return
	}
	hop := model.Hop{At: inv.at, Kind: model.KindShell, What: "printf -v " + name, Literal: out.isLiteral()}
	sh.assign(st, inv.node, name, out, hop)
}

// format applies a format to the arguments, as often as there are any left.
func (sh *shell) format(args fields) sym {
	if len(args.list) == 0 || args.unsure == 0 {
		return unsupported("what printf prints", joinWords(args))
	}
	f, ok := args.list[0].known()
	if !ok {
		return unknownFrom(args.list[0])
	}
	if !args.sure() {
		return sym{{unk: args.tailUnknown(), trail: trailOf(args.list...)}}
	}
	p := printer{format: f, at: args.list[0], args: args.list[1:], sh: !sh.bash}
	for turn := 0; ; turn++ {
		before := len(p.args)
		if !p.once() {
			return unknownFrom(append(args.list, unsupported("a format of printf"))...)
		}
		if p.done || len(p.args) == 0 || len(p.args) == before {
			return cat(p.out)
		}
		if p.out.size() > sh.m.limits.Text {
			return mystery(model.WhyLimit, "a shorter text")
		}
	}
}

type printer struct {
	format string
	at     sym // the format itself, for its trail
	args   []sym
	out    sym
	done   bool
	sh     bool // of sh: which escapes there are differs
}

func (p *printer) lit(s string) {
	if s != "" {
		p.out = append(p.out, piece{text: s, trail: p.at.trail()})
	}
}

func (p *printer) next() sym {
	if len(p.args) == 0 {
		return nil
	}
	s := p.args[0]
	p.args = p.args[1:]
	return s
}

// once goes through the format one time.
func (p *printer) once() bool {
	f := p.format
	for i := 0; i < len(f); {
		switch {
		case f[i] == '\\' && i+1 < len(f):
			if p.sh && !commonEscape(f[i+1]) {
				return false
			}
			if f[i+1] == 'c' {
				p.done = true
				return true
			}
			t, n := escapeSequence(f[i+1:], true)
			if f[i+1] == 'c' || f[i+1] == '?' {
				n = 0
			}
			if n == 0 {
				p.lit(f[i : i+2])
				i += 2
				continue
			}
			p.lit(t)
			i += n + 1
		case f[i] == '\\':
			p.lit(f[i:])
			i++
		case f[i] == '%' && strings.HasPrefix(f[i:], "%%"):
			p.lit("%")
			i += 2
		case f[i] == '%':
			n, ok := p.directive(f[i:])
			if !ok {
				return false
			}
			i += n
			if p.done {
				return true
			}
		default:
			end := i
			for end < len(f) && f[end] != '\\' && f[end] != '%' {
				end++
			}
			p.lit(f[i:end])
			i = end
		}
	}
	return true
}

// directive reads one % and what stands behind it, and gives its length.
func (p *printer) directive(f string) (int, bool) {
	i := 1
	for i < len(f) && strings.IndexByte("-+ 0#", f[i]) >= 0 {
		i++
	}
	flags := f[1:i]
	start := i
	for i < len(f) && f[i] >= '0' && f[i] <= '9' {
		i++
	}
	width, _ := strconv.Atoi(f[start:i])
	prec := -1
	if i < len(f) && f[i] == '.' {
		start = i + 1
		for i++; i < len(f) && f[i] >= '0' && f[i] <= '9'; i++ {
		}
		prec, _ = strconv.Atoi(f[start:i])
	}
	if i >= len(f) || width > 10_000 || prec > 10_000 {
		return 0, false
	}
	s, ok := p.convert(f[i], flags, prec)
	if !ok {
		return 0, false
	}
	if width > 0 || prec >= 0 {
		if s, ok = pad(s, flags, width); !ok {
			return 0, false
		}
	}
	p.out = append(p.out, s...)
	return i + 1, true
}

func (p *printer) convert(verb byte, flags string, prec int) (sym, bool) {
	s := p.next()
	switch verb {
	case 's':
		if prec < 0 {
			return s, true
		}
		t, ok := s.known()
		if !ok || !isASCII(t) {
			return nil, false
		}
		return s.slice(0, min(prec, len(t))), true
	case 'b':
		t, ok := s.known()
		if !ok {
			return nil, false
		}
		if !strings.Contains(t, "\\") {
			return s, true
		}
		if p.sh && !commonEscapes(t) {
			return nil, false
		}
		out, stop := unescape(t, false)
		p.done = stop
		return derived(out, s), true
	case 'c':
		t, ok := s.known()
		if !ok || !isASCII(t) {
			return nil, false
		}
		return s.slice(0, min(1, len(t))), true
	case 'd', 'i', 'x', 'X', 'o', 'u':
		return number10(s, verb, flags, prec)
	}
	return nil, false
}

func number10(s sym, verb byte, flags string, prec int) (sym, bool) {
	t, ok := s.known()
	if !ok || prec >= 0 || strings.ContainsAny(flags, "+ #") {
		return nil, false
	}
	n, ok := parseNumber(t)
	if t == "" {
		n, ok = 0, true
	}
	if !ok || n < 0 && verb != 'd' && verb != 'i' {
		return nil, false
	}
	out := strconv.FormatInt(n, 10)
	switch verb {
	case 'x':
		out = strconv.FormatInt(n, 16)
	case 'X':
		out = strings.ToUpper(strconv.FormatInt(n, 16))
	case 'o':
		out = strconv.FormatInt(n, 8)
	}
	return derived(out, s), true
}

func pad(s sym, flags string, width int) (sym, bool) {
	t, ok := s.known()
	if !ok || !isASCII(t) {
		return nil, width == 0
	}
	missing := width - len(t)
	if missing <= 0 {
		return s, true
	}
	if strings.Contains(flags, "-") {
		return append(s, piece{text: strings.Repeat(" ", missing)}), true
	}
	fill := " "
	if strings.Contains(flags, "0") {
		if strings.HasPrefix(t, "-") {
			return nil, false
		}
		fill = "0"
	}
	return append(sym{{text: strings.Repeat(fill, missing)}}, s...), true
}

// commonEscape reports whether every shell that may be sh reads the escape alike.
func commonEscape(c byte) bool { return strings.IndexByte(`abfnrtv\01234567`, c) >= 0 }

func commonEscapes(t string) bool {
	for i := 0; i < len(t); i++ {
		if t[i] == '\\' {
			i++
			if i >= len(t) || !commonEscape(t[i]) || t[i] >= '0' && t[i] <= '7' {
				return false
			}
		}
	}
	return true
}
