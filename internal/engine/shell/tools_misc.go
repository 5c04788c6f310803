package shell

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

func base64Tool(t *toolRun) bool {
	wrap, decode := 76, false
	var files []sym
	for i := 0; i < len(t.args); i++ {
		s, ok := t.args[i].known()
		switch {
		case ok && (s == "-d" || s == "-D" || s == "--decode"):
			decode = true
		case ok && (s == "-w0" || s == "--wrap=0"):
			wrap = 0
		case ok && (s == "-w" || s == "--wrap") && i+1 < len(t.args):
			i++
			n, ok := t.args[i].known()
			v, err := strconv.Atoi(n)
			if !ok || err != nil || v < 0 {
				return false
			}
			wrap = v
		case ok && len(s) > 1 && s[0] == '-':
			return false
		default:
			files = append(files, t.args[i])
		}
	}
	in, _ := t.input(files)
	s, ok := in.known()
	if !ok {
		return t.unclear(in)
	}
	if decode {
		data, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(s, "\n", ""))
		if err != nil {
			return false
		}
		t.out = derived(string(data), in)
		return true
	}
	t.out = derived(wrapped64(base64.StdEncoding.EncodeToString([]byte(s)), wrap), in)
	return true
}

func wrapped64(s string, width int) string {
	if width == 0 || s == "" {
		return s
	}
	var b strings.Builder
	for len(s) > width {
		b.WriteString(s[:width] + "\n")
		s = s[width:]
	}
	b.WriteString(s + "\n")
	return b.String()
}

// envsubstTool puts exported variables in place of $NAME and ${NAME}.
func envsubstTool(t *toolRun) bool {
	only := map[string]bool{}
	if len(t.args) > 1 {
		return false
	}
	if len(t.args) == 1 {
		list, ok := t.args[0].known()
		if !ok || strings.HasPrefix(list, "-") {
			return false
		}
		for at := 0; at < len(list); at++ {
			if name, _, n := reference(list[at:]); n > 0 {
				only[name] = true
				at += n - 1
			}
		}
	}
	in := t.stdin()
	s, ok := in.known()
	if !ok {
		return t.unclear(in)
	}
	at := 0
	for i := 0; i < len(s); i++ {
		name, n := "", 0
		if s[i] == '$' {
			name, _, n = reference(s[i:])
		}
		if n == 0 || len(t.args) == 1 && !only[name] {
			continue
		}
		t.out = append(t.out, in.sliceOrNil(at, i)...)
		v, _ := t.st.get(name).envText()
		t.out = append(t.out, v...)
		i += n - 1
		at = i + 1
	}
	t.out = append(t.out, in.sliceOrNil(at, len(s))...)
	return true
}

// reference reads $NAME or ${NAME} at the beginning of s, and gives its length.
func reference(s string) (name string, braced bool, n int) {
	if len(s) < 2 || s[0] != '$' {
		return "", false, 0
	}
	i := 1
	if s[1] == '{' {
		braced, i = true, 2
	}
	start := i
	for i < len(s) && (s[i] == '_' || s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z' || i > start && s[i] >= '0' && s[i] <= '9') {
		i++
	}
	if i == start {
		return "", false, 0
	}
	name = s[start:i]
	if !braced {
		return name, false, i
	}
	if i < len(s) && s[i] == '}' {
		return name, true, i + 1
	}
	return "", false, 0
}

// envText is the text that a child process finds under the name; empty when nothing.
func (c *cell) envText() (sym, bool) {
	var out []sym
	found := false
	for _, p := range c.plain() {
		if p == nil || p.unset || !p.attrs.exported || p.shape != scalar {
			out = append(out, nil)
			continue
		}
		found = true
		out = append(out, p.val)
	}
	return choose(out...), found
}

func printenvTool(t *toolRun) bool {
	words, ok := t.words()
	if !ok || len(words) != 1 || strings.HasPrefix(words[0], "-") {
		return false
	}
	c := t.st.get(words[0])
	if len(c.plain()) > 1 || c.isSet() == maybe {
		v, _ := c.envText()
		return t.unclear(cat(v, mystery(model.WhyAmbiguous, "whether "+words[0]+" is set")))
	}
	v, found := c.envText()
	if !found {
		t.status = exited(1)
		return true
	}
	t.out = cat(v, text("\n"))
	return true
}

func exprTool(t *toolRun) bool {
	words, ok := t.words()
	if !ok || len(words) != 3 {
		return false
	}
	a, err1 := strconv.ParseInt(words[0], 10, 32)
	b, err2 := strconv.ParseInt(words[2], 10, 32)
	if err1 != nil || err2 != nil {
		return false
	}
	var n int64
	switch words[1] {
	case "+":
		n = a + b
	case "-":
		n = a - b
	case "*":
		n = a * b
	case "/", "%":
		if b == 0 {
			return false
		}
		if n = a / b; words[1] == "%" {
			n = a % b
		}
	default:
		return false
	}
	t.print(derived(strconv.FormatInt(n, 10), t.args...))
	t.status = truth(triOf(n != 0))
	return true
}
