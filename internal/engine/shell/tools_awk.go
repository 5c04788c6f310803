package shell

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
)

// awkForm is the simple kind of program: a condition and a print.
var awkForm = lazy.Regexp(`^\s*(?:NR\s*==\s*(\d+)|/((?:[^/\\]|\\.)*)/|\$(\d+)\s*==\s*"([^"\\]*)")?\s*\{\s*print(?:\s+|\s*\(\s*)?(\$\d+|\$NF|)\s*\)?\s*;?\s*\}\s*$`)

// awkTool is awk '{print $n}' with -F and a simple condition.
func awkTool(t *toolRun) bool {
	sep, hasSep := "", false
	args := t.args
	for len(args) > 0 {
		s, ok := args[0].known()
		if !ok || !strings.HasPrefix(s, "-F") {
			break
		}
		hasSep = true
		if sep = s[2:]; sep == "" && len(args) > 1 {
			sep, ok = args[1].known()
			args = args[1:]
		}
		if !ok {
			return false
		}
		args = args[1:]
	}
	if sep == `\t` {
		sep = "\t"
	}
	if len(args) == 0 || hasSep && (len(sep) != 1 || strings.Contains(`.*[]^$+?|(){}\ t`, sep)) {
		return false
	}
	prog, ok := args[0].known()
	m := awkForm().FindStringSubmatch(prog)
	if !ok || m == nil {
		return false
	}
	a := awkProgram{sep: sep, field: m[5]}
	if !a.condition(m) {
		return false
	}
	lines, ok := t.lines(args[1:])
	if !ok {
		t.status = status{}
		return true
	}
	for i, l := range lines {
		s, line := chomp(l)
		if !isASCII(s) && sep == "" {
			return t.unclear(unsupported(localeNeeds, line))
		}
		if a.selects(i+1, s) {
			t.print(a.pick(s, line))
		}
	}
	return true
}

type awkProgram struct {
	sep   string
	field string // "", "$1", "$NF"
	line  int
	re    *regexp.Regexp
	test  int // -1: none
	equal string
}

func (a *awkProgram) condition(m []string) bool {
	a.test = -1
	switch {
	case m[1] != "":
		a.line, _ = strconv.Atoi(m[1])
	case m[2] != "":
		re, ok := posixRegex(m[2], true, false)
		a.re = re
		return ok && !strings.Contains(m[2], "{")
	case m[3] != "":
		a.test, _ = strconv.Atoi(m[3])
		a.equal = m[4]
		if _, err := strconv.ParseFloat(strings.TrimSpace(a.equal), 64); err == nil {
			return false // a comparison of numbers
		}
	}
	return true
}

func (a *awkProgram) selects(n int, s string) bool {
	switch {
	case a.line > 0:
		return n == a.line
	case a.re != nil:
		return a.re.MatchString(s)
	case a.test >= 0:
		sp := a.span(s, a.test)
		return s[sp[0]:sp[1]] == a.equal
	}
	return true
}

func (a *awkProgram) pick(s string, line sym) sym {
	if a.field == "" || a.field == "$0" {
		return line
	}
	n := -1
	if a.field != "$NF" {
		n, _ = strconv.Atoi(a.field[1:])
	}
	sp := a.span(s, n)
	return line.slice(sp[0], sp[1])
}

// span is the place of field n; -1 is the last one, 0 the whole line.
func (a *awkProgram) span(s string, n int) [2]int {
	if n == 0 {
		return [2]int{0, len(s)}
	}
	var all [][2]int
	if a.sep != "" {
		if s != "" {
			all = splitAt(s, a.sep)
		}
	} else {
		all = blankFields(s)
	}
	if n == -1 {
		n = len(all)
		if n == 0 {
			return [2]int{0, len(s)}
		}
	}
	if n > len(all) {
		return [2]int{0, 0}
	}
	return all[n-1]
}

func blankFields(s string) [][2]int {
	var out [][2]int
	start := -1
	for i := 0; i <= len(s); i++ {
		blank := i == len(s) || s[i] == ' ' || s[i] == '\t'
		switch {
		case blank && start >= 0:
			out = append(out, [2]int{start, i})
			start = -1
		case !blank && start < 0:
			start = i
		}
	}
	return out
}
