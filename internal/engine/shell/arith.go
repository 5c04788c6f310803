package shell

import (
	"math"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"mvdan.cc/sh/v3/syntax"
)

// number is the result of an arithmetic expression.
type number struct {
	n     int64
	known bool
	unk   *unknown
	trail model.Trail
}

func exact(n int64) number { return number{n: n, known: true} }

// sym is the number as text.
func (v number) sym() sym {
	if v.known {
		return textVia(strconv.FormatInt(v.n, 10), v.trail)
	}
	u := v.unk
	if u == nil {
		u = &unknown{why: model.WhyUnsupported, needs: "the result of an arithmetic expression"}
	}
	return sym{{unk: u, trail: v.trail}}
}

func (sh *shell) arithStatus(st *state, at syntax.Node, x syntax.ArithmExpr) {
	v := sh.arith(st, x)
	broken := sh.broken
	sh.broken, sh.doubt = false, false
	if broken {
		st.status = exited(1)
		return
	}
	st.status = status{}
	if v.known {
		st.status = truth(triOf(v.n != 0))
	}
}

// arith evaluates an expression. What it assigns, it assigns in st.
func (sh *shell) arith(st *state, x syntax.ArithmExpr) number {
	sh.nest++
	defer func() { sh.nest-- }()
	if sh.nest > maxNest {
		sh.m.halt(sh.src.span(x), "expressions stand too deeply within each other")
		return number{}
	}
	switch x := x.(type) {
	case *syntax.Word:
		return sh.arithWord(st, x)
	case *syntax.ParenArithm:
		return sh.arith(st, x.X)
	case *syntax.UnaryArithm:
		return sh.arithUnary(st, x)
	case *syntax.BinaryArithm:
		return sh.arithBinary(st, x)
	}
	return number{}
}

// arithWord reads a number or a name, or the text of an expansion as such.
func (sh *shell) arithWord(st *state, w *syntax.Word) number {
	if sh.holed(sh.src.within(w)) {
		sh.doubt = true // what is pasted may be no number
	}
	if len(w.Parts) == 1 {
		if lit, ok := w.Parts[0].(*syntax.Lit); ok && syntax.ValidName(lit.Value) {
			return sh.arithName(st, lit.Value, nil, 0)
		}
		if p, ok := w.Parts[0].(*syntax.ParamExp); ok && !p.Dollar.IsValid() && p.Param != nil {
			return sh.arithName(st, p.Param.Value, p.Index, 0)
		}
	}
	return sh.arithText(st, sh.word(st, w), 0)
}

// arithName is a variable's number: its text read as an expression.
func (sh *shell) arithName(st *state, name string, index syntax.ArithmExpr, depth int) number {
	if sh.holed(name) {
		p := sh.holeIn(name, "the result of an arithmetic expression")[0]
		return number{unk: p.unk, trail: p.trail}
	}
	vs := sh.variants(st, name, index)
	var out number
	for i, v := range vs {
		if st.opts.nounset && v.set == no {
			return number{unk: &unknown{why: model.WhyUnsupported, needs: "a variable that is not set (set -u)"}}
		}
		if v.set == maybe {
			return number{unk: unknownFrom(v.val)[0].unk, trail: v.val.trail()}
		}
		n := sh.arithText(st, v.val, depth+1)
		if i > 0 && (n.known != out.known || n.n != out.n) {
			return number{unk: &unknown{why: model.WhyAmbiguous, needs: "which way the script goes"}, trail: out.trail}
		}
		out = n
	}
	return out
}

func (sh *shell) arithText(st *state, s sym, depth int) number {
	t, ok := s.known()
	if !ok {
		return number{unk: unknownFrom(s)[0].unk, trail: s.trail()}
	}
	t = strings.TrimSpace(t)
	if t == "" {
		return number{known: true, trail: s.trail()}
	}
	if n, ok := parseNumber(t); ok {
		return number{n: n, known: true, trail: s.trail()}
	}
	if depth > 20 || !sh.bash || len(t) > 1000 || tooDeep(t) || strings.ContainsAny(t, "$`'\"[\\") {
		sh.doubt = true
		if mayAssign(t) {
			st.goWild(&unknown{why: model.WhyUnsupported, needs: "what an arithmetic expression assigns"})
		}
		return number{trail: s.trail()}
	}
	if mayAssign(t) { // it has no place of its own in the script
		here, outer := sh.here(), sh.src
		src := *outer
		src.file, src.text = "", t
		src.fixed, src.index, src.positions, src.origins = here, nil, nil, nil
		sh.src = &src
		defer func() { sh.src = outer }()
	}
	x, err := syntax.NewParser().Arithmetic(strings.NewReader(t))
	if err != nil || x == nil || int(x.End().Offset()) < len(t) { // the parser stops where it is content
		sh.broken = true
		return number{trail: s.trail()}
	}
	if w, ok := x.(*syntax.Word); ok && !syntax.ValidName(w.Lit()) {
		sh.broken = true
		return number{trail: s.trail()}
	}
	if depth > 0 {
		sh.nest += 20
		defer func() { sh.nest -= 20 }()
	}
	v := sh.arith(st, x)
	v.trail = mergeTrails([]model.Trail{s.trail(), v.trail})
	return v
}

// mayAssign reports whether a text, read as an expression, may change a variable.
func mayAssign(t string) bool {
	return strings.ContainsAny(t, "=$`") || strings.Contains(t, "++") || strings.Contains(t, "--")
}

// parseNumber reads 10, -10, 0x1f, 017 and 2#101.
func parseNumber(t string) (int64, bool) {
	neg := false
	switch {
	case strings.HasPrefix(t, "-"):
		neg, t = true, t[1:]
	case strings.HasPrefix(t, "+"):
		t = t[1:]
	}
	base, digits := 10, t
	if b, d, ok := strings.Cut(t, "#"); ok {
		n, err := strconv.Atoi(b)
		if err != nil || n < 2 || n > 36 || d == "" {
			return 0, false
		}
		base, digits = n, d
	} else if len(t) > 2 && (t[:2] == "0x" || t[:2] == "0X") {
		base, digits = 16, t[2:]
	} else if len(t) > 1 && t[0] == '0' {
		base, digits = 8, t[1:]
	}
	if digits == "" || digits[0] == '-' || digits[0] == '+' || strings.Contains(digits, "_") {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, base, 64)
	if err != nil {
		return 0, false
	}
	if neg {
		n = -n
	}
	return n, true
}

func (sh *shell) arithUnary(st *state, x *syntax.UnaryArithm) number {
	if x.Op == syntax.Inc || x.Op == syntax.Dec {
		if !sh.bash {
			return sh.strangeArith(st, x.X, x.Post)
		}
		old := sh.arith(st, x.X)
		next := old
		if x.Op == syntax.Inc {
			next.n++
		} else {
			next.n--
		}
		sh.arithAssign(st, x.X, next)
		if x.Post {
			return old
		}
		return next
	}
	v := sh.arith(st, x.X)
	switch x.Op {
	case syntax.Not:
		v.n = boolNumber(v.n == 0)
	case syntax.BitNegation:
		v.n = ^v.n
	case syntax.Minus:
		v.n = -v.n
	}
	return v
}

func boolNumber(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// arithAssign sets the variable on the left of an assignment.
func (sh *shell) arithAssign(st *state, left syntax.ArithmExpr, v number) {
	w, ok := left.(*syntax.Word)
	if !ok || len(w.Parts) != 1 {
		sh.giveUp(st, left, "an assignment to this in arithmetic")
		return
	}
	name, index := "", syntax.ArithmExpr(nil)
	switch p := w.Parts[0].(type) {
	case *syntax.Lit:
		name = p.Value
	case *syntax.ParamExp:
		if p.Param != nil && !p.Dollar.IsValid() {
			name, index = p.Param.Value, p.Index
		}
	}
	if !syntax.ValidName(name) || sh.holed(name) {
		sh.giveUp(st, left, "an assignment to this in arithmetic")
		return
	}
	hop := model.Hop{At: sh.src.span(left), Kind: sh.src.kind(), What: name + "="}
	sh.assignAt(st, left, name, index, v.sym(), hop)
}

func (sh *shell) arithBinary(st *state, x *syntax.BinaryArithm) number {
	switch x.Op {
	case syntax.Assgn:
		v := sh.arith(st, x.Y)
		sh.arithAssign(st, x.X, v)
		return v
	case syntax.TernQuest:
		return sh.arithTernary(st, x)
	case syntax.AndArit, syntax.OrArit:
		return sh.arithLogic(st, x)
	case syntax.Comma:
		if !sh.bash {
			sh.arith(st, x.X)
			sh.arith(st, x.Y)
			return sh.strangeArith(st, nil, true)
		}
		sh.arith(st, x.X)
		return sh.arith(st, x.Y)
	}
	if op, ok := assignOps()[x.Op]; ok {
		v := compute(op, sh.arith(st, x.X), sh.arith(st, x.Y))
		sh.arithAssign(st, x.X, v)
		return v
	}
	a, b := sh.arith(st, x.X), sh.arith(st, x.Y)
	if x.Op == syntax.Pow && !sh.bash {
		return sh.strangeArith(st, nil, true)
	}
	if (x.Op == syntax.Quo || x.Op == syntax.Rem) && a.known && b.known && b.n == 0 {
		sh.broken = true
	}
	return compute(x.Op, a, b)
}

func assignOps() map[syntax.BinAritOperator]syntax.BinAritOperator {
	return map[syntax.BinAritOperator]syntax.BinAritOperator{
		syntax.AddAssgn: syntax.Add, syntax.SubAssgn: syntax.Sub, syntax.MulAssgn: syntax.Mul,
		syntax.QuoAssgn: syntax.Quo, syntax.RemAssgn: syntax.Rem, syntax.AndAssgn: syntax.And,
		syntax.OrAssgn: syntax.Or, syntax.XorAssgn: syntax.Xor, syntax.ShlAssgn: syntax.Shl,
		syntax.ShrAssgn: syntax.Shr,
	}
}

func (sh *shell) arithTernary(st *state, x *syntax.BinaryArithm) number {
	cond := sh.arith(st, x.X)
	branches, ok := x.Y.(*syntax.BinaryArithm)
	if !ok {
		return number{}
	}
	if cond.known {
		if cond.n != 0 {
			return sh.arith(st, branches.X)
		}
		return sh.arith(st, branches.Y)
	}
	other, broken := st.clone(), sh.broken
	a, b := sh.arith(st, branches.X), sh.arith(other, branches.Y)
	st.join(other)
	sh.broken = broken
	if a.known && b.known && a.n == b.n {
		return a
	}
	return number{unk: cond.unk, trail: cond.trail}
}

func (sh *shell) arithLogic(st *state, x *syntax.BinaryArithm) number {
	a := sh.arith(st, x.X)
	decides := func(v number) bool { return v.known && (v.n != 0) == (x.Op == syntax.OrArit) }
	if decides(a) {
		return number{n: boolNumber(a.n != 0), known: true, trail: a.trail}
	}
	if a.known {
		b := sh.arith(st, x.Y)
		b.n = boolNumber(b.n != 0)
		return b
	}
	other, broken := st.clone(), sh.broken
	b := sh.arith(other, x.Y)
	st.join(other)
	sh.broken = broken
	if decides(b) {
		return exact(boolNumber(b.n != 0))
	}
	return number{unk: a.unk, trail: a.trail}
}

// compute applies an operator. Both sides have been evaluated.
func compute(op syntax.BinAritOperator, a, b number) number {
	out := number{trail: mergeTrails([]model.Trail{a.trail, b.trail})}
	if !a.known || !b.known {
		out.unk = a.unk
		if a.known {
			out.unk = b.unk
		}
		return out
	}
	out.n, out.known = operate(op, a.n, b.n)
	return out
}

func operate(op syntax.BinAritOperator, a, b int64) (int64, bool) {
	switch op {
	case syntax.Add:
		return a + b, true
	case syntax.Sub:
		return a - b, true
	case syntax.Mul:
		return a * b, true
	case syntax.Quo, syntax.Rem:
		if b == 0 || a == math.MinInt64 && b == -1 {
			return 0, false
		}
		if op == syntax.Quo {
			return a / b, true
		}
		return a % b, true
	case syntax.Pow:
		return power(a, b)
	case syntax.And:
		return a & b, true
	case syntax.Or:
		return a | b, true
	case syntax.Xor:
		return a ^ b, true
	case syntax.Shl:
		return a << (uint64(b) & 63), b >= 0 && b < 64
	case syntax.Shr:
		return a >> (uint64(b) & 63), b >= 0 && b < 64
	case syntax.Eql:
		return boolNumber(a == b), true
	case syntax.Neq:
		return boolNumber(a != b), true
	case syntax.Lss:
		return boolNumber(a < b), true
	case syntax.Gtr:
		return boolNumber(a > b), true
	case syntax.Leq:
		return boolNumber(a <= b), true
	case syntax.Geq:
		return boolNumber(a >= b), true
	}
	return 0, false
}

func power(a, b int64) (int64, bool) {
	if b < 0 || b > 10_000 {
		return 0, false
	}
	out := int64(1)
	for range b {
		out *= a
	}
	return out, true
}
