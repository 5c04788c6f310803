package shell

import (
	"slices"
	"strconv"
	"strings"
)

func catTool(t *toolRun) bool {
	files, flags := t.operands("")
	if strings.Trim(flags, "u") != "" {
		return false
	}
	t.out, _ = t.input(files)
	return true
}

// operands parts the arguments into files and option letters. Letters in takes have a
// value of their own, which is skipped.
func (t *toolRun) operands(takes string) (files []sym, flags string) {
	for i := 0; i < len(t.args); i++ {
		s, ok := t.args[i].known()
		switch {
		case !ok || len(s) < 2 || s[0] != '-':
			files = append(files, t.args[i])
		case s == "--":
			return append(files, t.args[i+1:]...), flags
		case strings.HasPrefix(s, "--"):
			flags += "?"
		default:
			flags += s[1:]
			if len(s) == 2 && strings.Contains(takes, s[1:]) {
				i++
			}
		}
	}
	return files, flags
}

// option gives the value of an option such as -d, -dX or --delimiter=X.
func (t *toolRun) option(letter, long string) (string, bool) {
	for i, a := range t.args {
		s, ok := a.known()
		if !ok {
			continue
		}
		if s == letter && i+1 < len(t.args) || long != "" && s == long && i+1 < len(t.args) {
			v, ok := t.args[i+1].known()
			return v, ok
		}
		if long != "" {
			if v, found := strings.CutPrefix(s, long+"="); found {
				return v, true
			}
		}
		if v, found := strings.CutPrefix(s, letter); found && v != "" && !strings.HasPrefix(s, "--") {
			return v, true
		}
	}
	return "", false
}

func (t *toolRun) has(flag string) bool {
	return slices.ContainsFunc(t.args, func(s sym) bool { return s.is(flag) })
}

// nameTool is dirname and basename.
func nameTool(t *toolRun) bool {
	args := t.args
	if len(args) > 0 && args[0].is("--") {
		args = args[1:]
	}
	if len(args) == 0 || len(args) > 2 || t.name == "dirname" && len(args) > 1 || strings.HasPrefix(shownText(args[0]), "-") {
		return false
	}
	if args[0][0:].isEmpty() {
		t.print(text(map[string]string{"dirname": ".", "basename": ""}[t.name]))
		return true
	}
	suffix := ""
	if len(args) == 2 {
		s, ok := args[1].known()
		if !ok {
			return false
		}
		suffix = s
	}
	if own := args[0].begun(); own.isPlace() {
		t.print(placeName(t.name, suffix, own))
		return true
	}
	t.print(mapKnown(args[0], func(p string, s sym) sym {
		if t.name == "dirname" {
			return derived(dirname(p), s)
		}
		return basename(p, suffix, s)
	}))
	return true
}

// placeName is dirname or basename of a path of which only the end is known.
func placeName(tool, suffix string, s sym) sym {
	rest, ok := s[1:].known()
	rest = strings.TrimRight(rest, "/")
	switch {
	case !ok || !strings.HasPrefix(rest, "/"):
		return unknownFrom(s)
	case tool == "basename":
		return basename(rest, suffix, s[1:])
	}
	return cat(s[:1], derived(strings.TrimSuffix(dirname(rest), "/"), s[1:]))
}

// basename is the last element of a path, which is the text of s, without a suffix.
func basename(p, suffix string, s sym) sym {
	p = strings.TrimRight(p, "/")
	if p == "" {
		return derived("/", s)
	}
	from := strings.LastIndexByte(p, '/') + 1
	to := len(p)
	if suffix != "" && strings.HasSuffix(p, suffix) && to-len(suffix) > from {
		to -= len(suffix)
	}
	return s.slice(from, to)
}

// dirname is everything before the last element of a path.
func dirname(p string) string {
	p = strings.TrimRight(p, "/")
	if p == "" {
		return "/"
	}
	i := strings.LastIndexByte(p, '/')
	if i < 0 {
		return "."
	}
	p = strings.TrimRight(p[:i], "/")
	if p == "" {
		return "/"
	}
	return p
}

// cutTool is cut -d X -f LIST and cut -c LIST.
func cutTool(t *toolRun) bool {
	delim, hasDelim := t.option("-d", "--delimiter")
	if !hasDelim {
		delim = "\t"
	}
	fieldList, byField := t.option("-f", "--fields")
	chars, byChar := t.option("-c", "--characters")
	if !byChar {
		chars, byChar = t.option("-b", "--bytes")
	}
	files, flags := t.operands("dfcb")
	if byField == byChar || len(delim) != 1 || strings.Contains(flags, "?") && !hasLong(t.args, "--delimiter=", "--fields=", "--characters=") {
		return false
	}
	spec := fieldList
	if byChar {
		spec = chars
	}
	ranges, ok := parseRanges(spec)
	if !ok {
		return false
	}
	lines, ok := t.lines(files)
	if !ok {
		t.status = status{}
		return true
	}
	for _, l := range lines {
		s, line := chomp(l)
		switch {
		case byChar && !isASCII(s):
			t.print(unsupported(localeNeeds, line))
		case byChar:
			t.print(pick(line, eachByte(s), ranges, ""))
		case strings.Contains(s, delim):
			t.print(pick(line, splitAt(s, delim), ranges, delim))
		case !strings.Contains(flags, "s"):
			t.print(line)
		}
	}
	return true
}

func hasLong(args []sym, prefixes ...string) bool {
	for _, a := range args {
		s, _ := a.known()
		if strings.HasPrefix(s, "--") && !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) }) {
			return false
		}
	}
	return true
}

// parseRanges reads 1,3-5,7-.
func parseRanges(spec string) ([][2]int, bool) {
	var out [][2]int
	for _, part := range strings.Split(spec, ",") {
		from, to, isRange := strings.Cut(part, "-")
		a, err1 := strconv.Atoi(from)
		if from == "" && isRange {
			a, err1 = 1, nil
		}
		b, err2 := a, error(nil)
		if isRange {
			b, err2 = strconv.Atoi(to)
			if to == "" {
				b, err2 = 1<<30, nil
			}
		}
		if err1 != nil || err2 != nil || a < 1 {
			return nil, false
		}
		out = append(out, [2]int{a, b})
	}
	return out, len(out) > 0
}

func eachByte(s string) [][2]int {
	var out [][2]int
	for i := range len(s) {
		out = append(out, [2]int{i, i + 1})
	}
	return out
}

func splitAt(s, delim string) [][2]int {
	var out [][2]int
	at := 0
	for {
		i := strings.Index(s[at:], delim)
		if i < 0 {
			return append(out, [2]int{at, len(s)})
		}
		out = append(out, [2]int{at, at + i})
		at += i + len(delim)
	}
}

// pick joins the chosen stretches of a line.
func pick(line sym, spans, ranges [][2]int, delim string) sym {
	var out sym
	first := true
	for i, sp := range spans {
		if !slices.ContainsFunc(ranges, func(r [2]int) bool { return i+1 >= r[0] && i+1 <= r[1] }) {
			continue
		}
		if !first {
			out = append(out, piece{text: delim})
		}
		first = false
		out = append(out, line.slice(sp[0], sp[1])...)
	}
	return out
}
