package shell

import (
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// testExpr evaluates [[ … ]].
func (sh *shell) testExpr(st *state, x syntax.TestExpr) tri {
	sh.nest++
	defer func() { sh.nest-- }()
	if sh.nest > maxNest {
		sh.m.halt(sh.src.span(x), "conditions stand too deeply within each other")
		return maybe
	}
	switch x := x.(type) {
	case *syntax.Word:
		return lengthTest(sh.word(st, x)).not()
	case *syntax.ParenTest:
		return sh.testExpr(st, x.X)
	case *syntax.UnaryTest:
		if x.Op == syntax.TsNot {
			return sh.testExpr(st, x.X).not()
		}
		w, ok := x.X.(*syntax.Word)
		if !ok {
			return maybe
		}
		return sh.unaryTest(st, x.Op.String(), sh.word(st, w))
	case *syntax.BinaryTest:
		return sh.binaryTestExpr(st, x)
	}
	return maybe
}

func (sh *shell) binaryTestExpr(st *state, x *syntax.BinaryTest) tri {
	switch x.Op {
	case syntax.AndTest:
		a := sh.testExpr(st, x.X)
		if a == no {
			return no
		}
		return a.and(sh.testExpr(st, x.Y))
	case syntax.OrTest:
		a := sh.testExpr(st, x.X)
		if a == yes {
			return yes
		}
		return a.or(sh.testExpr(st, x.Y))
	}
	left, ok1 := x.X.(*syntax.Word)
	right, ok2 := x.Y.(*syntax.Word)
	if !ok1 || !ok2 {
		return maybe
	}
	a := sh.word(st, left)
	switch x.Op {
	case syntax.TsMatch, syntax.TsMatchShort:
		return sh.match(st, a, sh.pattern(st, right), true)
	case syntax.TsNoMatch:
		return sh.match(st, a, sh.pattern(st, right), true).not()
	case syntax.TsReMatch:
		return sh.regexTest(st, x, a, sh.pattern(st, right))
	}
	op := x.Op.String()
	b := sh.word(st, right)
	if strings.HasPrefix(op, "-") && len(op) == 3 && op != "-nt" && op != "-ot" && op != "-ef" {
		t := compareNumbers(op, sh.arithText(st, a, 0), sh.arithText(st, b, 0))
		sh.broken, sh.doubt = false, false
		return t
	}
	return sh.binaryTest(st, a, op, b)
}

// lengthTest is -z.
func lengthTest(s sym) tri {
	switch {
	case s.isEmpty():
		return yes
	case s.nonEmpty():
		return no
	}
	all, ok := s.variants()
	if !ok || len(all) < 2 {
		return maybe
	}
	out := lengthTest(all[0])
	for _, a := range all[1:] {
		out = out.agree(lengthTest(a))
	}
	return out
}

func (sh *shell) unaryTest(st *state, op string, s sym) tri {
	switch op {
	case "-z":
		return lengthTest(s)
	case "-n":
		return lengthTest(s).not()
	case "-v":
		if !sh.bash {
			return maybe
		}
		return sh.isVarSet(st, s)
	case "-e", "-a", "-f", "-d", "-r", "-w", "-x", "-s", "-L", "-h":
		return sh.fileTest(st, op, s)
	case "-p", "-S", "-b", "-c":
		if state := sh.stat(st, s); state == fileMissing || state == fileThere || state == fileDir {
			return no
		}
	}
	return maybe
}

func (sh *shell) isVarSet(st *state, s sym) tri {
	name, ok := s.known()
	if !ok || !isName(name) {
		return maybe
	}
	out := tri(0)
	for i, v := range sh.variants(st, name, nil) {
		if i == 0 {
			out = v.set
		} else {
			out = out.agree(v.set)
		}
	}
	return out
}

func (sh *shell) fileTest(st *state, op string, s sym) tri {
	if s.isEmpty() {
		return no
	}
	all, ok := s.variants()
	if ok && len(all) > 1 {
		out := sh.fileTest(st, op, all[0])
		for _, a := range all[1:] {
			out = out.agree(sh.fileTest(st, op, a))
		}
		return out
	}
	if t, ok := s.known(); ok && strings.HasPrefix(t, "/dev/") {
		return maybe
	}
	state := sh.stat(st, s)
	switch {
	case state == fileMissing:
		return no
	case state == fileUnknown:
		return maybe
	}
	key, _ := sh.fileKey(st, s)
	switch op {
	case "-e", "-a", "-r", "-w":
		return yes
	case "-f":
		return triOf(state == fileThere)
	case "-d":
		return triOf(state == fileDir)
	case "-s":
		if state == fileDir {
			return yes
		}
		content, there := sh.content(st, key)
		if there != fileThere {
			return maybe
		}
		return lengthTest(content).not()
	case "-x":
		if state == fileDir || sh.isExecutable(st, key) {
			return yes
		}
		return no
	}
	return maybe
}

func (sh *shell) binaryTest(st *state, a sym, op string, b sym) tri {
	if !sh.bash && op == "==" {
		return maybe // an error in dash, but not in every sh
	}
	switch op {
	case "=", "==":
		return sh.match(st, a, b.with(quoted), false)
	case "!=":
		return sh.match(st, a, b.with(quoted), false).not()
	case "-eq", "-ne", "-lt", "-le", "-gt", "-ge":
		return compareNumbers(op, plainNumber(a), plainNumber(b))
	case "<", ">":
		x, ok1 := a.known()
		y, ok2 := b.known()
		if !ok1 || !ok2 || !sameInEveryLocale(x) || !sameInEveryLocale(y) {
			return maybe
		}
		if op == "<" {
			return triOf(x < y)
		}
		return triOf(x > y)
	}
	return maybe
}

// sameInEveryLocale reports whether texts of this kind sort alike everywhere.
func sameInEveryLocale(s string) bool {
	lower, digits := true, true
	for i := range len(s) {
		lower = lower && s[i] >= 'a' && s[i] <= 'z'
		digits = digits && s[i] >= '0' && s[i] <= '9'
	}
	return lower || digits
}

// plainNumber is what [ takes for a number: no names, no expressions.
func plainNumber(s sym) number {
	t, ok := s.known()
	if !ok {
		return number{}
	}
	t = strings.TrimSpace(t)
	digits := strings.TrimLeft(strings.TrimLeft(t, "-+"), "0")
	n, ok := parseNumber(signed(t, digits))
	if !ok || strings.ContainsAny(t, "xX#") {
		return number{}
	}
	return exact(n)
}

// signed writes a number without leading zeros: they do not make it octal here.
func signed(t, digits string) string {
	if digits == "" && strings.Contains(t, "0") {
		digits = "0"
	}
	if strings.HasPrefix(t, "-") {
		return "-" + digits
	}
	return digits
}

func compareNumbers(op string, a, b number) tri {
	if !a.known || !b.known {
		return maybe
	}
	switch op {
	case "-eq":
		return triOf(a.n == b.n)
	case "-ne":
		return triOf(a.n != b.n)
	case "-lt":
		return triOf(a.n < b.n)
	case "-le":
		return triOf(a.n <= b.n)
	case "-gt":
		return triOf(a.n > b.n)
	case "-ge":
		return triOf(a.n >= b.n)
	}
	return maybe
}

// regexTest is =~. Only what Go's expressions and POSIX' mean alike is decided.
func (sh *shell) regexTest(st *state, at syntax.Node, s, pat sym) tri {
	strange := func() tri {
		sh.update(st, at, "BASH_REMATCH", func(*cell) *cell {
			return &cell{shaky: true, val: sym{{unk: &unknown{why: unknownFrom(s, pat)[0].unk.why, needs: "what a regular expression matches", multi: true}}}}
		})
		return maybe
	}
	var b strings.Builder
	for _, p := range pat {
		switch {
		case p.unk != nil:
			return strange()
		case p.mode == quoted:
			b.WriteString(regexp.QuoteMeta(p.text))
		default:
			b.WriteString(p.text)
		}
	}
	t, ok := s.known()
	if !ok || st.opts.nocaseMatch || !isASCII(t) || !portableRegex(b.String()) {
		return strange()
	}
	re, ok := wholeTextRegex(b.String())
	if !ok {
		return strange()
	}
	m := re.FindStringSubmatchIndex(t)
	next := &cell{shape: indexed}
	for i := 0; i+1 < len(m); i += 2 {
		var v sym
		if m[i] >= 0 {
			v = s.slice(m[i], m[i+1])
		}
		next.elems = append(next.elems, elem{index: i / 2, val: v})
	}
	if len(m) > 2 && strings.ContainsAny(b.String(), "*+?{|") && strings.Count(b.String(), "(") > 1 {
		// Which of several ways the groups match may differ between libraries.
		if strings.Contains(b.String(), "|") || strings.Contains(b.String(), ")*") || strings.Contains(b.String(), ")+") {
			strange()
			return triOf(m != nil)
		}
	}
	sh.update(st, at, "BASH_REMATCH", func(*cell) *cell { return next })
	return triOf(m != nil)
}

// wholeTextRegex reads an extended expression in which ^ and $ mean the whole text.
func wholeTextRegex(expr string) (*regexp.Regexp, bool) {
	if _, err := regexp.CompilePOSIX(expr); err != nil {
		return nil, false
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, false
	}
	re.Longest()
	return re, true
}

// portableRegex leaves out what regexp/syntax reads differently from a C library.
func portableRegex(s string) bool {
	if len(s) > 500 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			if i+1 >= len(s) || strings.IndexByte(`.*+?()[]{}|^$\/-`, s[i+1]) < 0 {
				return false
			}
			i++
		}
		if s[i] == '[' {
			end := strings.IndexByte(s[i+1:], ']')
			if end <= 0 || strings.Contains(s[i:i+1+end], "\\") || strings.Contains(s[i:i+1+end], "[.") || strings.Contains(s[i:i+1+end], "[=") {
				return false
			}
		}
	}
	for _, odd := range []string{"(?", "*?", "+?", "??", "}?", "**", "++", "?+", "*+"} {
		if strings.Contains(s, odd) {
			return false
		}
	}
	return true
}
