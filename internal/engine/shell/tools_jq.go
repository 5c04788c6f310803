package shell

import (
	"encoding/json"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/itchyny/gojq"

	"github.com/keyfit/keyfit/internal/lazy"
)

// jqPath is a filter that only walks along a path, with a plain default: in these the
// order of keys does not matter.
var jqPath = lazy.Regexp(`^\s*(?:\.(?:[A-Za-z_][A-Za-z0-9_]*)?|\."[^"\\(]+"|\[(?:\d+|"[^"\\(]+")\]|\s*\|\s*)+\??\s*(?://\s*(?:"[^"\\]*"|empty)\s*)?$`)

// jqAway are words of filters whose result does not depend on the input alone.
var jqAway = lazy.Regexp(`\b(env|now|input|inputs|debug|input_filename|input_line_number|localtime|mktime|strftime|strptime|strflocaltime|gmtime|date|todate|getpath|limit|range|repeat|recurse|until|while|include|import|halt|halt_error|splits|test|match|capture|scan|sub|gsub|ascii|implode|tojson|tostring|floor|sqrt|pow|log|infinite|nan|ltrimstr|getpath|error|def|reduce|foreach|label|\$__loc__|\$ENV|keys_unsorted|@sh|@uri|@html|@csv|@tsv)\b`)

// jqTool runs simple filters on known JSON.
func jqTool(t *toolRun) bool {
	j := jqOptions{indent: true}
	files, ok := j.read(t)
	if !ok || jqAway().MatchString(j.filter) || strings.Contains(j.filter, "$ENV") {
		return false
	}
	query, err := gojq.Parse(j.filter)
	if err != nil {
		return false
	}
	code, err := gojq.Compile(query, gojq.WithVariables(j.names))
	if err != nil {
		return false
	}
	var inputs []any
	from := t.args
	if j.null {
		inputs = []any{nil}
	} else {
		in, _ := t.input(files)
		if t.status.ok == no {
			return true
		}
		s, ok := in.known()
		if !ok {
			return t.unclear(in)
		}
		if inputs, ok = decodeAll(s, jqPath().MatchString(j.filter)); !ok {
			return false
		}
		from = append(slices.Clone(from), in)
	}
	return t.jqRun(j, code, inputs, from)
}

func (t *toolRun) jqRun(j jqOptions, code *gojq.Code, inputs []any, from []sym) bool {
	var b strings.Builder
	last := any(nil)
	for _, in := range inputs {
		results := code.RunWithContext(t.sh.m.ctx, in, j.values...)
		for n := 0; ; n++ {
			v, more := results.Next()
			if !more {
				break
			}
			if _, failed := v.(error); failed || n > 10_000 {
				return false
			}
			s, ok := j.show(v)
			if !ok {
				return false
			}
			b.WriteString(s)
			last = v
		}
	}
	t.out = derived(b.String(), from...)
	if j.exit && (last == nil || last == false) {
		t.status = failed()
	}
	return true
}

type jqOptions struct {
	raw, join, compact, null, exit, indent bool
	filter                                 string
	names                                  []string
	values                                 []any
}

func (j *jqOptions) read(t *toolRun) (files []sym, ok bool) {
	seen := false
	for i := 0; i < len(t.args); i++ {
		s, ok := t.args[i].known()
		switch {
		case !ok && !seen:
			return nil, false
		case ok && (s == "--arg" || s == "--argjson") && i+2 < len(t.args):
			name, ok1 := t.args[i+1].known()
			value, ok2 := t.args[i+2].known()
			i += 2
			if !ok1 || !ok2 || !j.bind(s, name, value) {
				return nil, false
			}
		case ok && len(s) > 1 && s[0] == '-':
			if !j.option(s) {
				return nil, false
			}
		case !seen:
			j.filter, seen = s, true
		default:
			files = append(files, t.args[i])
		}
	}
	if j.filter == "" {
		j.filter = "."
	}
	return files, seen
}

func (j *jqOptions) bind(kind, name, value string) bool {
	j.names = append(j.names, "$"+name)
	if kind == "--arg" {
		j.values = append(j.values, value)
		return true
	}
	all, ok := decodeAll(value, false)
	if !ok || len(all) != 1 {
		return false
	}
	j.values = append(j.values, all[0])
	return true
}

func (j *jqOptions) option(s string) bool {
	switch s {
	case "--raw-output":
		s = "-r"
	case "--compact-output":
		s = "-c"
	case "--null-input":
		s = "-n"
	case "--exit-status":
		s = "-e"
	}
	for _, c := range s[1:] {
		switch c {
		case 'r':
			j.raw = true
		case 'j':
			j.raw, j.join = true, true
		case 'c':
			j.compact = true
		case 'n':
			j.null = true
		case 'e':
			j.exit = true
		case 'M':
		default:
			return false
		}
	}
	return true
}

// show prints a result as jq does. Of objects with several keys jq keeps an order that
// is not known here.
func (j *jqOptions) show(v any) (string, bool) {
	end := "\n"
	if j.join {
		end = ""
	}
	if s, ok := v.(string); ok && j.raw {
		return s + end, true
	}
	if !plainJSON(v) {
		return "", false
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if !j.compact {
		enc.SetIndent("", "  ")
	}
	if enc.Encode(v) != nil {
		return "", false
	}
	return strings.TrimSuffix(b.String(), "\n") + end, true
}

// plainJSON reports whether a result is printed the same by every jq.
func plainJSON(v any) bool {
	switch v := v.(type) {
	case nil, bool, int:
		return true
	case float64:
		return v == math.Trunc(v) && math.Abs(v) < 1e15
	case string:
		return isASCII(v) && !strings.ContainsAny(v, "\x7f")
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !plainJSON(e) })
	case map[string]any:
		for k, e := range v {
			if !plainJSON(e) || !isASCII(k) {
				return false
			}
		}
		return len(v) <= 1
	}
	return false
}

// decodeAll reads JSON texts. Unless any order will do, keys must be sorted already,
// because jq keeps their order and gojq sorts them.
func decodeAll(s string, anyOrder bool) ([]any, bool) {
	if len(s) > 1<<20 || !anyOrder && !keysSorted(s) {
		return nil, false
	}
	dec := json.NewDecoder(strings.NewReader(s))
	var out []any
	for {
		var v any
		err := dec.Decode(&v)
		if err == io.EOF {
			return out, true
		}
		if err != nil {
			return nil, false
		}
		out = append(out, v)
	}
}

// keysSorted walks through the tokens and looks at the keys of every object.
func keysSorted(s string) bool {
	dec := json.NewDecoder(strings.NewReader(s))
	type level struct {
		object, value bool
		last          string
		any           bool
	}
	var stack []level
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			return true
		}
		if err != nil {
			return false
		}
		if d, ok := tok.(json.Delim); ok && (d == '}' || d == ']') {
			stack = stack[:len(stack)-1]
			continue
		}
		if n := len(stack); n > 0 && stack[n-1].object {
			top := &stack[n-1]
			if !top.value {
				key, _ := tok.(string)
				if top.any && key <= top.last {
					return false
				}
				top.last, top.any, top.value = key, true, true
				continue
			}
			top.value = false
		}
		if d, ok := tok.(json.Delim); ok {
			stack = append(stack, level{object: d == '{'})
		}
	}
}
