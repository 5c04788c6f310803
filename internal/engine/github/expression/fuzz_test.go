package expression

import (
	"errors"
	"math/rand/v2"
	"testing"
)

// FuzzEval evaluates any text with contexts of which parts are unknown, and then with values
// for these: what is known has to be what the whole evaluation gives, and nothing panics.
func FuzzEval(f *testing.F) {
	for _, r := range readTable(f) {
		f.Add(r.expr, uint64(1))
	}
	g := generator{rand.New(rand.NewPCG(1, 3))}
	for range 200 {
		f.Add(g.expression(), g.Uint64())
	}
	contexts := contextsOf(f, string(readContexts(f)))
	f.Fuzz(func(t *testing.T, text string, choice uint64) {
		e, err := Parse(text, benchPlace)
		if err != nil {
			var mistake *Error
			if !errors.As(err, &mistake) || mistake.Offset < 0 || mistake.Offset > len(text) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		g := generator{rand.New(rand.NewPCG(choice, 4))}
		doubts := g.doubts(text)
		c := contextFrom(apply(contexts, doubts, nil), false)
		c.Status = nil
		v := e.Eval(c)
		_, _, _, _ = v.Model(), e.Uses(), e.Paths(), e.Calls()
		for range 3 {
			checkCovers(t, text, doubts, v, e.Eval(contextFrom(apply(contexts, doubts, g.Rand), g.IntN(2) == 0)))
		}
	})
}

// FuzzTemplate reads any text as a template and as a condition.
func FuzzTemplate(f *testing.F) {
	for _, w := range workflows {
		for _, l := range w.lines {
			f.Add(l.text)
		}
	}
	contexts := contextsOf(f, string(readContexts(f)))
	f.Fuzz(func(t *testing.T, text string) {
		c := contextFrom(contexts, false)
		if e, err := ParseCondition(text, benchPlace); err == nil {
			e.Eval(c).Truth()
		}
		tpl, err := ParseTemplate(text, benchPlace)
		if err != nil {
			return
		}
		checkPieces(t, text, tpl)
		v := tpl.Evaluate(c)
		if len(tpl.Expressions()) == 0 && v.Fault() == nil {
			if got, ok := pastedText(v); ok && got != text {
				t.Errorf("%q without expressions becomes %q", text, got)
			}
		}
	})
}
