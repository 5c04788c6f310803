package expression

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/model"
)

const (
	oracleScript = "../../../../testdata/expressions/oracle.mjs"
	oracleHome   = "../../../../.tools/expressions"
)

// question is an expression with its contexts, as JSON.
type question struct {
	Expr     string          `json:"expr"`
	Contexts json.RawMessage `json:"contexts,omitempty"`
	Failed   bool            `json:"failed"` // what ran before
}

// reply is what the official evaluator makes of a question.
type reply struct {
	Kind  string          `json:"kind"`
	Text  string          `json:"text"` // as it is pasted
	JSON  json.RawMessage `json:"json"`
	Error string          `json:"error"`
}

// ask puts the questions to the official evaluator. Where the tests run for everyone, a
// missing one fails them; on a desk they go on without it.
func ask(t testing.TB, questions []question) []reply {
	t.Helper()
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(oracleHome, "node_modules"))
	}
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("the official evaluator is missing: run scripts/install/expressions.sh")
	}
	if err != nil {
		t.Skip("not compared with the official evaluator, because it is missing: run scripts/install/expressions.sh")
	}
	var in bytes.Buffer
	for _, q := range questions {
		line, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(line, '\n'))
	}
	cmd := exec.Command(node, oracleScript, oracleHome)
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(questions) {
		t.Fatalf("%d questions have %d answers", len(questions), len(lines))
	}
	replies := make([]reply, len(lines))
	for i, line := range lines {
		if err := json.Unmarshal([]byte(line), &replies[i]); err != nil {
			t.Fatal(err)
		}
	}
	return replies
}

// String writes a reply as [told] writes a value.
func (r reply) String() string {
	if r.Error != "" {
		return "error"
	}
	return toldJSON(r.JSON)
}

func toldJSON(raw json.RawMessage) string {
	switch raw[0] {
	case 'n':
		return "null"
	case 't', 'f':
		return string(raw)
	case '"':
		var s string
		_ = json.Unmarshal(raw, &s)
		return strconv.Quote(s)
	case '[':
		var list []json.RawMessage
		_ = json.Unmarshal(raw, &list)
		texts := make([]string, len(list))
		for i, item := range list {
			texts[i] = toldJSON(item)
		}
		return "[" + strings.Join(texts, " ") + "]"
	case '{':
		var o struct {
			Object [][2]json.RawMessage `json:"object"`
			Number string               `json:"number"`
		}
		_ = json.Unmarshal(raw, &o)
		if o.Number != "" {
			return o.Number
		}
		texts := make([]string, len(o.Object))
		for i, pair := range o.Object {
			texts[i] = toldJSON(pair[0]) + ":" + toldJSON(pair[1])
		}
		return "{" + strings.Join(texts, " ") + "}"
	}
	f, _ := strconv.ParseFloat(string(raw), 64)
	return toldNumber(f)
}

func toldNumber(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		return "0"
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// told writes a value in one line, with its type. What is not known is "unknown", also
// within an array or object; what the runner fails at is "error".
func told(v Value) string {
	switch v.Kind() {
	case KindNull:
		return "null"
	case KindBool:
		return fmt.Sprint(v.flag)
	case KindNumber:
		return toldNumber(v.number)
	case KindString:
		return strconv.Quote(v.text.Text.Reveal())
	case KindArray:
		texts := make([]string, len(v.array.items))
		for i, item := range v.array.items {
			texts[i] = told(item)
		}
		return "[" + strings.Join(texts, " ") + "]"
	case KindObject:
		texts := make([]string, len(v.object.entries))
		for i, e := range v.object.entries {
			texts[i] = strconv.Quote(e.Name) + ":" + told(e.Value)
		}
		if v.object.more != nil {
			texts = append(texts, "unknown")
		}
		return "{" + strings.Join(texts, " ") + "}"
	}
	if v.Fault() != nil {
		return "error"
	}
	return "unknown"
}

// contextsOf reads contexts from JSON.
func contextsOf(t testing.TB, text string) Value {
	t.Helper()
	var r run
	v := r.fromJSON(String(text))
	if v.Kind() != KindObject {
		t.Fatal("the contexts are no object of JSON")
	}
	return v
}

// evaluated parses and evaluates an expression with these contexts. A mistake in its text
// is an error.
func evaluated(text string, contexts Value) Value {
	e, err := Parse(text, nil)
	if err != nil {
		return Value{fault: err}
	}
	return e.Eval(contextFrom(contexts, false))
}

func contextFrom(contexts Value, failed bool) Context {
	return Context{
		Lookup: func(name string) (Value, bool) {
			i, ok := contexts.object.find(name)
			if !ok {
				return Value{}, false
			}
			return contexts.object.entries[i].Value, true
		},
		Status: func(name string) Value {
			return Bool(name == "success" && !failed || name == "failure" && failed)
		},
	}
}

// known reports whether a value is surely what told writes: nothing in it is unknown.
func known(v Value) bool {
	return v.Fault() == nil && !strings.Contains(told(v), "unknown")
}

func pastedText(v Value) (string, bool) {
	m := v.Model()
	return m.Text.Reveal(), m.State == model.Known
}
