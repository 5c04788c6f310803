package expression

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

var seed = flag.Uint64("seed", 1, "seed of the generated expressions")

func readContexts(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/contexts.json")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// row is a line of testdata/table.txt: an expression, what it gives, and why the official
// evaluator gives something else, when it does.
type row struct{ expr, want, differs string }

func readTable(t testing.TB) []row {
	t.Helper()
	data, err := os.ReadFile("testdata/table.txt")
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, "\t")
		var r row
		if err := json.Unmarshal([]byte(fields[0]), &r.expr); err != nil || len(fields) < 2 || len(fields) > 3 {
			t.Fatalf("testdata/table.txt:%d: expected an expression in quotes, its result, and perhaps why it differs, with tabs between", i+1)
		}
		if r.want = fields[1]; len(fields) == 3 {
			r.differs = fields[2]
		}
		rows = append(rows, r)
	}
	return rows
}

func TestTable(t *testing.T) {
	rows := readTable(t)
	contexts := contextsOf(t, string(readContexts(t)))
	for _, r := range rows {
		if got := told(evaluated(r.expr, contexts)); got != r.want {
			t.Errorf("%s\ngives    %s\nexpected %s", r.expr, got, r.want)
		}
	}
	if len(rows) < 300 {
		t.Errorf("the table has only %d rows", len(rows))
	}
}

// TestTableAgainstOfficialEvaluator holds the table itself to the truth. A row that differs
// says why.
func TestTableAgainstOfficialEvaluator(t *testing.T) {
	rows, contexts := readTable(t), readContexts(t)
	questions := make([]question, len(rows))
	for i, r := range rows {
		questions[i] = question{Expr: r.expr, Contexts: contexts}
	}
	values, differ := contextsOf(t, string(contexts)), 0
	for i, reply := range ask(t, questions) {
		switch r := rows[i]; {
		case r.differs != "":
			differ++
			if reply.String() == r.want {
				t.Errorf("%s does not differ any more", r.expr)
			}
		case reply.String() != r.want:
			t.Errorf("%s\nis       %s for the official evaluator\nexpected %s", r.expr, reply, r.want)
		case reply.Error == "":
			if text, ok := pastedText(evaluated(r.expr, values)); text != reply.Text || !ok {
				t.Errorf("%s is pasted as %q (known: %v), expected %q", r.expr, text, ok, reply.Text)
			}
		}
	}
	t.Logf("%d expressions, %d of them with a known difference", len(rows), differ)
}

// TestGenerated compares expressions of which all is known.
func TestGenerated(t *testing.T) {
	const count = 4000
	g := generator{rand.New(rand.NewPCG(*seed, 1))}
	contexts := readContexts(t)
	questions := make([]question, count)
	for i := range questions {
		questions[i] = question{Expr: g.expression(), Contexts: contexts}
	}
	values, failures, unknown := contextsOf(t, string(contexts)), 0, 0
	for i, reply := range ask(t, questions) {
		v := evaluated(questions[i].Expr, values)
		switch {
		case reply.Error != "":
			if failures++; v.Fault() == nil && known(v) && !isLazy(questions[i].Expr) {
				t.Errorf("seed %d: %s\ngives    %s\nexpected an error: %s", *seed, questions[i].Expr, told(v), reply.Error)
			}
		case !known(v) && v.Fault() == nil:
			unknown++
		case told(v) != reply.String():
			t.Errorf("seed %d: %s\ngives    %s (%v)\nexpected %s", *seed, questions[i].Expr, told(v), v.Fault(), reply)
		default:
			if text, ok := pastedText(v); text != reply.Text || !ok {
				t.Errorf("seed %d: %s is pasted as %q (known: %v), expected %q", *seed, questions[i].Expr, text, ok, reply.Text)
			}
		}
	}
	t.Logf("%d expressions, %d that fail, %d that are unknown although all of their contexts are known", count, failures, unknown)
	if unknown > count/50 {
		t.Errorf("%d of %d expressions are unknown", unknown, count)
	}
}

// isLazy reports whether the expression calls something that does not evaluate all of its
// arguments in the runner, but does in the official evaluator; or fromJSON, of which one
// reader of the runner takes more than JSON.
func isLazy(expr string) bool {
	for _, name := range []string{"format(", "case(", "join(", "fromJSON("} {
		if strings.Contains(expr, name) {
			return true
		}
	}
	return false
}

// TestGeneratedUnknown makes parts of the contexts unknown, and then tries values for them:
// whatever is still called known has to be right for all of them.
func TestGeneratedUnknown(t *testing.T) {
	const count, tries = 2500, 3
	g := generator{rand.New(rand.NewPCG(*seed, 2))}
	contexts := contextsOf(t, string(readContexts(t)))
	var questions []question
	var symbolic []Value
	for range count {
		expr := g.any(1 + g.IntN(3))
		e, err := Parse(expr, nil)
		if err != nil {
			t.Fatalf("%s: %v", expr, err)
		}
		doubts := g.doubts(expr)
		c := contextFrom(apply(contexts, doubts, nil), false)
		c.Status = nil
		v := e.Eval(c)
		for try := range tries {
			all := apply(contexts, doubts, g.Rand)
			failed := g.IntN(2) == 0
			checkCovers(t, expr, doubts, v, e.Eval(contextFrom(all, failed)))
			if try == 0 {
				symbolic = append(symbolic, v)
				questions = append(questions, question{Expr: expr, Contexts: rawOf(all), Failed: failed})
			}
		}
	}
	decided := 0
	for i, reply := range ask(t, questions) {
		if v := symbolic[i]; known(v) {
			decided++
			if reply.Error == "" && told(v) != reply.String() {
				t.Errorf("seed %d: %s\nis known as %s\nbut is      %s with %s", *seed, questions[i].Expr, told(v), reply, questions[i].Contexts)
			}
		}
	}
	t.Logf("%d expressions with %d values each, %d%% known all the same", count, tries, 100*decided/len(questions))
	if decided == 0 || decided == len(questions) {
		t.Error("the test decides nothing")
	}
}

// rawOf writes contexts for the official evaluator.
func rawOf(v Value) json.RawMessage {
	var r run
	out := r.toJSON(v)
	if out.Kind() != KindString {
		return json.RawMessage(strconv.Quote("unknown"))
	}
	return json.RawMessage(out.text.Text.Reveal())
}

func checkCovers(t *testing.T, expr string, doubts []doubt, v, concrete Value) {
	t.Helper()
	if why := covers(v, concrete); why != "" {
		t.Errorf("seed %d: %s with %v\ngives %s (may be %b)\nwhich does not cover %s (%v): %s", *seed, expr, doubts, told(v), v.possible(), told(concrete), concrete.Fault(), why)
	}
}
