package terraform

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

func (x *trial) add(name, text string) {
	x.files = append(x.files, txtar.File{Name: name, Data: []byte(text)})
}

// with is the trial with an output for each expression that is not left out.
func (x trial) with(expressions []string, without map[int]bool) trial {
	var out strings.Builder
	for i, e := range expressions {
		if !without[i] {
			fmt.Fprintf(&out, "output \"e%d\" { value = %s }", i, e)
		}
		out.WriteByte('\n')
	}
	x.files = slices.Clone(x.files)
	x.add("outputs.tf", out.String())
	return x
}

// TestGeneratedExpressions evaluates expressions at random, over values of which some are
// unknown. What is known here is what the tool gives, and what the tool refuses is not
// known here.
func TestGeneratedExpressions(t *testing.T) {
	tools := references(t)
	batches := 4
	if n, err := strconv.Atoi(os.Getenv("KEYFIT_GENERATED")); err == nil {
		batches = n
	}
	total, failed := &comparison{}, 0
	for seed := range uint64(batches) {
		tool := tools[seed%uint64(len(tools))]
		x, expressions := generated(seed, 100)
		s, real, refused := settle(t, tool, x, expressions)
		if s == nil {
			continue
		}
		failed += len(refused)
		whole := x.with(expressions, nil)
		r := evaluate(t, whole.step(t, tool.name))
		c := judge(t, *s, r, real, expressions, refused)
		total.known, total.unknown, total.only = total.known+c.known, total.unknown+c.unknown, total.only+c.only
	}
	t.Logf("%d expressions, of which the tool refuses %d: %d values known, %d unknown in the tool too, %d only here",
		batches*100, failed, total.known, total.unknown, total.only)
	if total.known < batches*50 {
		t.Errorf("only %d values are known: the generator is broken", total.known)
	}
	if total.only*50 > total.known {
		t.Errorf("%d values are unknown only here, of %d that the tool knows", total.only, total.known+total.only)
	}
}

// settle plans the module, leaving out what the tool refuses. It says so of several
// expressions at once, but not of all.
func settle(t *testing.T, tool reference, x trial, expressions []string) (*stage, truth, map[int]bool) {
	t.Helper()
	refused := map[int]bool{}
	for range 12 {
		s := newStage(t, tool, x.with(expressions, refused))
		real, err := s.plan()
		if err == nil {
			return &s, real, refused
		}
		before := len(refused)
		maps.Copy(refused, complaints(err))
		if len(refused) == before {
			t.Errorf("%s: the tool refuses the module:\n%v", x.name, err)
			return nil, nil, nil
		}
	}
	t.Errorf("%s: the tool refuses more and more", x.name)
	return nil, nil, nil
}

// judge compares the outputs with those of the tool, one by one. What is known here before
// the tool knows it, and what is found wrong here before, is compared once more when the
// plan is carried out.
func judge(t *testing.T, s stage, r Result, real truth, expressions []string, refused map[int]bool) *comparison {
	t.Helper()
	problems := map[int]string{}
	for _, p := range r.Problems {
		if p.At.File == "outputs.tf" {
			problems[p.At.Start.Line-1] = p.Message
		} else {
			t.Errorf("%s: %s: %s", s.x.name, p.At, p.Message)
		}
	}
	var kept []Output
	soon := false
	for _, o := range r.Outputs {
		i := numberOf(t, "output."+o.Name)
		v, _ := o.Value.UnmarkDeep()
		switch {
		case !refused[i]:
			kept = append(kept, o)
			soon = soon || problems[i] != ""
		case leavesKnown(v):
			t.Errorf("%s: %s refuses, and here it is %s\n%s", s.x.name, s.tool.name, printed(v), expressions[i])
		}
	}
	r.Outputs = kept
	c := against(r, real)
	failing := map[int]bool{}
	if soon || len(c.of(early)) > 0 {
		failing = lasting(s, r, c)
	}
	for i, message := range problems {
		if !refused[i] && !failing[i] {
			t.Errorf("%s: %s accepts, and here is a problem: %s\n%s", s.x.name, s.tool.name, message, expressions[i])
		}
	}
	for _, d := range c.found {
		i := numberOf(t, d.path)
		switch {
		case d.what == hidden && failing[i]:
		case d.what == hidden:
			t.Logf("unknown only here: %s %s\n%s", d.path, d.text, expressions[i])
		default:
			t.Errorf("%s, %s: %s %s\n%s", s.x.name, s.tool.name, d.path, d.text, expressions[i])
		}
	}
	return c
}

// numberOf finds the expression whose output a path is of.
func numberOf(t testing.TB, path string) int {
	t.Helper()
	m := regexp.MustCompile(`^output\.e(\d+)`).FindStringSubmatch(path)
	if m == nil {
		t.Fatalf("%s is not one of the expressions", path)
	}
	i, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// lasting carries the plan out, and compares what was known too early with what there is
// then. It gives the expressions that fail only then, so that nothing comes of them.
func lasting(s stage, r Result, c *comparison) map[int]bool {
	s.t.Helper()
	failing := map[int]bool{}
	if _, err := s.run("apply", "-input=false", "-no-color", "-lock=false", filepath.Join(s.data, "plan")); err != nil {
		failing = complaints(err)
	}
	// An output that the plan knew is not evaluated again before the next plan.
	if _, err := s.run("plan", "-input=false", "-no-color", "-lock=false"); err != nil {
		maps.Copy(failing, complaints(err))
	}
	text, err := s.run("show", "-json")
	if err != nil {
		s.t.Fatal(err)
	}
	r.Outputs = slices.DeleteFunc(slices.Clone(r.Outputs), func(o Output) bool { return failing[numberOf(s.t, "output."+o.Name)] })
	applied := against(r, readState(s.t, text))
	found := slices.DeleteFunc(c.found, func(d difference) bool { return d.what == early })
	for _, d := range applied.found {
		if d.what == wrong && !failing[numberOf(s.t, d.path)] {
			found = append(found, d)
		}
	}
	c.found = found
	return failing
}

// complaints are the expressions that the tool complains of.
func complaints(err error) map[int]bool {
	out := map[int]bool{}
	for _, m := range regexp.MustCompile(`outputs\.tf line (\d+)`).FindAllStringSubmatch(err.Error(), -1) {
		if line, err := strconv.Atoi(m[1]); err == nil {
			out[line-1] = true
		}
	}
	return out
}
