package gitlab

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
)

// truth is what is known of a condition.
type truth uint8

const (
	isFalse truth = iota
	perhaps
	isTrue
)

func truthOf(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

// and, or and not are those of three values.
func (t truth) and(u truth) truth { return min(t, u) }
func (t truth) or(u truth) truth  { return max(t, u) }
func (t truth) not() truth        { return isTrue - t }

// expr is one expression of `rules:if` or of `only:variables`.
type expr struct {
	op          string // "==", "!=", "=~", "!~", "&&", "||", "!", "$", "text", "pattern", "null", "true", "false"
	text        string
	left, right *expr
}

var errExpression = errors.New("is no expression that GitLab understands")

// maxTokens is GitLab's own limit for one expression.
const maxTokens = 100

// lexemes are the tokens of an expression, in the order in which GitLab tries them.
var lexemes = []struct {
	op string
	re func() *regexp.Regexp
}{
	{"(", lazy.Regexp(`^\(`)},
	{")", lazy.Regexp(`^\)`)},
	{"$", lazy.Regexp(`^\$(\w+)`)},
	{"text", lazy.Regexp(`^(?:"(.*?)"|'(.*?)')`)},
	{"pattern", lazy.Regexp(`^/(?:\\/|[^/])*?[^\\/]/[ismU]*`)},
	{"null", lazy.Regexp(`^null`)},
	{"true", lazy.Regexp(`^true`)},
	{"false", lazy.Regexp(`^false`)},
	{"==", lazy.Regexp(`^==`)},
	{"=~", lazy.Regexp(`^=~`)},
	{"!=", lazy.Regexp(`^!=`)},
	{"!~", lazy.Regexp(`^!~`)},
	{"&&", lazy.Regexp(`^&&`)},
	{"||", lazy.Regexp(`^\|\|`)},
	{"!", lazy.Regexp(`^!`)},
}

// precedence of the operators: the smaller one binds tighter.
var precedence = map[string]int{"!": 1, "==": 10, "!=": 10, "=~": 10, "!~": 10, "&&": 11, "||": 12}

func tokens(s string) ([]expr, error) {
	var out []expr
	for s = strings.TrimLeft(s, " \t\r\n\f\v"); s != ""; s = strings.TrimLeft(s, " \t\r\n\f\v") {
		if len(out) >= maxTokens {
			return nil, errExpression
		}
		found := false
		for _, l := range lexemes {
			m := l.re().FindStringSubmatch(s)
			if m == nil {
				continue
			}
			out = append(out, expr{op: l.op, text: m[0]})
			if len(m) > 1 {
				out[len(out)-1].text = strings.Join(m[1:], "")
			}
			s, found = s[len(m[0]):], true
			break
		}
		if !found {
			return nil, errExpression
		}
	}
	return out, nil
}

// parseExpression reads an expression by the shunting yard, as GitLab does.
func parseExpression(s string) (*expr, error) {
	list, err := tokens(s)
	if err != nil {
		return nil, err
	}
	var operators []expr
	var operands []*expr
	apply := func() bool {
		op := operators[len(operators)-1]
		operators = operators[:len(operators)-1]
		need := 2
		if op.op == "!" {
			need = 1
		}
		if op.op == "(" || len(operands) < need {
			return false
		}
		e := &expr{op: op.op, right: operands[len(operands)-1]}
		if need == 2 {
			e.left = operands[len(operands)-2]
		}
		operands = append(operands[:len(operands)-need], e)
		return true
	}
	for _, t := range list {
		switch p := precedence[t.op]; {
		case t.op == "(" || t.op == "!":
			operators = append(operators, t)
		case t.op == ")":
			for len(operators) > 0 && operators[len(operators)-1].op != "(" {
				if !apply() {
					return nil, errExpression
				}
			}
			if len(operators) == 0 {
				return nil, errExpression
			}
			operators = operators[:len(operators)-1]
		case p > 0:
			for len(operators) > 0 && operators[len(operators)-1].op != "(" && p >= precedence[operators[len(operators)-1].op] {
				if !apply() {
					return nil, errExpression
				}
			}
			operators = append(operators, t)
		default:
			operands = append(operands, &t)
		}
	}
	for len(operators) > 0 {
		if !apply() {
			return nil, errExpression
		}
	}
	if len(operands) != 1 {
		return nil, errExpression
	}
	return operands[0], nil
}

// outcome is what an expression evaluates to.
type outcome struct {
	kind  resultKind
	text  string
	truth truth
	re    *regexp.Regexp
	why   *model.Value // of what is not known
}

type resultKind uint8

const (
	resNull resultKind = iota
	resText
	resTruth
	resPattern
	resUnknown // a text, or null
)

// present is whether GitLab takes the outcome for true: neither null, nor false, nor blank.
func (o outcome) present() truth {
	switch o.kind {
	case resText:
		return truthOf(strings.TrimSpace(o.text) != "")
	case resTruth:
		return o.truth
	case resPattern:
		return isTrue
	case resUnknown:
		return perhaps
	}
	return isFalse
}

// counts is whether Ruby takes it for true: everything but null and false.
func (o outcome) counts() truth {
	switch o.kind {
	case resTruth:
		return o.truth
	case resUnknown:
		return perhaps
	}
	return truthOf(o.kind != resNull)
}

// scope gives the value of a variable to expressions.
type scope func(name string) model.Value

// maxWays is how many combinations of candidates an expression is tried with.
const maxWays = 256

// decide evaluates an expression. When it cannot be decided, why is a value that it would
// take to know.
func (e *expr) decide(vars scope) (truth, *model.Value) {
	ways := []map[string]model.Value{{}}
	for _, name := range e.variables() {
		v := vars(name)
		candidates := []model.Value{v}
		if v.Why == model.WhyAmbiguous && len(v.Alternatives) > 0 && len(ways)*len(v.Alternatives) <= maxWays {
			candidates = v.Alternatives
		}
		var next []map[string]model.Value
		for _, way := range ways {
			for _, c := range candidates {
				extended := map[string]model.Value{name: c}
				for n, v := range way {
					extended[n] = v
				}
				next = append(next, extended)
			}
		}
		ways = next
	}
	low, high := isTrue, isFalse
	var why *model.Value
	for _, way := range ways {
		o := e.evaluate(func(name string) model.Value { return way[name] })
		t := o.present()
		low, high = min(low, t), max(high, t)
		if o.why != nil {
			why = o.why
		}
	}
	if low == high {
		return low, why
	}
	if why == nil {
		why = e.undecided(vars)
	}
	return perhaps, why
}

func (e *expr) undecided(vars scope) *model.Value {
	for _, name := range e.variables() {
		if v := vars(name); v.State == model.Unknown {
			return &v
		}
	}
	return nil
}

// variables are the names in an expression.
func (e *expr) variables() []string {
	if e == nil {
		return nil
	}
	if e.op == "$" {
		return []string{e.text}
	}
	out := append(e.left.variables(), e.right.variables()...)
	slices.Sort(out)
	return slices.Compact(out)
}

func (e *expr) evaluate(vars scope) outcome {
	switch e.op {
	case "$":
		return valueOutcome(vars(e.text))
	case "text":
		return outcome{kind: resText, text: e.text}
	case "pattern":
		return patternOutcome(e.text)
	case "true", "false":
		return outcome{kind: resTruth, truth: truthOf(e.op == "true")}
	case "!":
		o := e.right.evaluate(vars)
		return outcome{kind: resTruth, truth: o.present().not(), why: o.why}
	case "&&", "||":
		return e.junction(e.left.evaluate(vars), e.right.evaluate(vars))
	case "==", "!=":
		return negated(equal(e.left.evaluate(vars), e.right.evaluate(vars)), e.op == "!=")
	case "=~", "!~":
		return negated(matches(e.left.evaluate(vars), e.right.evaluate(vars)), e.op == "!~")
	}
	return outcome{}
}

func valueOutcome(v model.Value) outcome {
	switch v.State {
	case model.Known:
		return outcome{kind: resText, text: v.Text.Reveal()}
	case model.Absent:
		return outcome{}
	}
	return outcome{kind: resUnknown, why: &v}
}

func negated(o outcome, not bool) outcome {
	if not {
		o.truth = o.truth.not()
	}
	return o
}

// junction is && or ||, which give one of their sides as it is, as in Ruby.
func (e *expr) junction(left, right outcome) outcome {
	counts := left.counts()
	if e.op == "||" {
		counts = counts.not()
	}
	switch counts {
	case isFalse:
		return left
	case isTrue:
		return right
	}
	why := left.why
	if why == nil {
		why = right.why
	}
	if left.kind != resTruth { // a text may be there and blank: then it counts, but is not present
		return outcome{kind: resTruth, truth: perhaps.and(junctionBound(e.op, right)), why: why}
	}
	if e.op == "||" {
		return outcome{kind: resTruth, truth: left.truth.or(right.present()), why: why}
	}
	return outcome{kind: resTruth, truth: left.truth.and(right.present()), why: why}
}

// junctionBound is the most that a junction of an unknown text with right can be.
func junctionBound(op string, right outcome) truth {
	if op == "&&" {
		return right.present()
	}
	return perhaps
}

func equal(a, b outcome) outcome {
	why := a.why
	if why == nil {
		why = b.why
	}
	switch {
	case a.kind == resUnknown || b.kind == resUnknown,
		a.kind == resTruth && a.truth == perhaps, b.kind == resTruth && b.truth == perhaps,
		a.kind == resPattern && b.kind == resPattern,
		(a.kind == resTruth) != (b.kind == resTruth): // true and "true": depends on the version
		return outcome{kind: resTruth, truth: perhaps, why: why}
	}
	return outcome{kind: resTruth, truth: truthOf(a.kind == b.kind && a.text == b.text && a.truth == b.truth)}
}

// matches is =~. A pattern may stand in a variable.
func matches(text, pattern outcome) outcome {
	undecided := outcome{kind: resTruth, truth: perhaps, why: text.why}
	if undecided.why == nil {
		undecided.why = pattern.why
	}
	switch {
	case pattern.kind == resNull, pattern.kind == resTruth && pattern.truth == isFalse:
		return outcome{kind: resTruth, truth: isFalse}
	case pattern.kind == resText && regexpLike().MatchString(pattern.text):
		pattern = patternOutcome(pattern.text)
	}
	if pattern.kind != resPattern || pattern.re == nil || text.kind == resUnknown || text.kind == resTruth || text.kind == resPattern {
		return undecided
	}
	if text.text == "" && pattern.re.MatchString("") {
		return undecided
	}
	return outcome{kind: resTruth, truth: truthOf(pattern.re.MatchString(text.text))}
}

var regexpLike = lazy.Regexp(`^/(.*)/([ismU]*)$`)

// patternOutcome compiles /pattern/flags. GitLab uses RE2, whose language is Go's.
func patternOutcome(s string) outcome {
	m := regexpLike().FindStringSubmatch(s)
	if m == nil {
		return outcome{kind: resPattern}
	}
	p := strings.ReplaceAll(m[1], `\/`, "/")
	if m[2] != "" {
		p = "(?" + m[2] + ")" + p
	}
	re, err := regexp.Compile(p)
	if err != nil {
		return outcome{kind: resPattern}
	}
	return outcome{kind: resPattern, re: re}
}
