package shell

import (
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/order"
)

// headTool is head and tail.
func headTool(t *toolRun) bool {
	count := "10"
	var files []sym
	for i := 0; i < len(t.args); i++ {
		s, ok := t.args[i].known()
		switch {
		case ok && s == "-n" && i+1 < len(t.args):
			i++
			count, ok = t.args[i].known()
			if !ok {
				return false
			}
		case ok && strings.HasPrefix(s, "-n"):
			count = s[2:]
		case ok && len(s) > 1 && s[0] == '-' && s[1] >= '0' && s[1] <= '9':
			count = s[1:]
		case ok && len(s) > 1 && s[0] == '-' && strings.HasPrefix(s, "-c"):
			return t.headBytes(i)
		case ok && strings.HasPrefix(s, "-"):
			return false
		default:
			files = append(files, t.args[i])
		}
	}
	n, err := strconv.Atoi(strings.TrimPrefix(count, "+"))
	if err != nil || len(files) > 1 {
		return false
	}
	lines, ok := t.lines(files)
	if !ok {
		t.status = status{}
		return true
	}
	from, to := 0, len(lines)
	switch {
	case t.name == "head" && n < 0:
		to = max(0, len(lines)+n)
	case t.name == "head":
		to = min(n, to)
	case strings.HasPrefix(count, "+"):
		from = min(max(n-1, 0), to)
	default:
		from = max(0, to-max(n, -n))
	}
	for _, l := range lines[from:to] {
		t.out = append(t.out, l...)
	}
	return true
}

// headBytes is head -c N on standard input.
func (t *toolRun) headBytes(i int) bool {
	s, _ := t.args[i].known()
	count := strings.TrimPrefix(s, "-c")
	if count == "" && i+1 < len(t.args) {
		count, _ = t.args[i+1].known()
		i++
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || i+1 != len(t.args) {
		return false
	}
	in := t.stdin()
	k, ok := in.known()
	if !ok {
		return t.unclear(in)
	}
	n = min(n, len(k))
	t.out = in.slice(0, n)
	if t.name == "tail" {
		t.out = in.slice(len(k)-n, len(k))
	}
	return true
}

// sortTool is sort and uniq, where the order does not depend on the locale.
func sortTool(t *toolRun) bool {
	files, flags := t.operands("")
	if strings.Trim(flags, "urn") != "" || t.name == "uniq" && flags != "" {
		return false
	}
	lines, ok := t.lines(files)
	if !ok {
		t.status = status{}
		return true
	}
	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i], _ = chomp(l)
	}
	if t.name == "sort" {
		if !t.sorted(lines, texts, flags) {
			return t.unclear(unsupported(localeNeeds, lines...))
		}
	}
	for i, l := range lines {
		s, line := chomp(l)
		if i > 0 && (t.name == "uniq" || strings.Contains(flags, "u")) {
			if before, _ := chomp(lines[i-1]); before == s {
				continue
			}
		}
		t.print(line)
	}
	return true
}

func (t *toolRun) sorted(lines []sym, texts []string, flags string) bool {
	numeric := strings.Contains(flags, "n")
	for _, s := range texts {
		if numeric {
			if n, err := strconv.Atoi(s); err != nil || strconv.Itoa(n) != s {
				return false
			}
		}
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(texts)))
	if !numeric && !orderIsCertain(distinct) {
		return false
	}
	order.By(lines, func(a, b sym) int {
		x, _ := chomp(a)
		y, _ := chomp(b)
		if numeric {
			i, _ := strconv.Atoi(x)
			j, _ := strconv.Atoi(y)
			return i - j
		}
		return strings.Compare(x, y)
	})
	if strings.Contains(flags, "r") {
		slices.Reverse(lines)
	}
	return true
}

func wcTool(t *toolRun) bool {
	files, flags := t.operands("")
	if len(flags) != 1 || len(files) > 1 {
		return false
	}
	in, _ := t.input(files)
	s, ok := in.known()
	if !ok {
		return t.unclear(in)
	}
	n := 0
	switch flags {
	case "l":
		n = strings.Count(s, "\n")
	case "c":
		n = len(s)
	case "w":
		if !isASCII(s) {
			return false
		}
		n = len(strings.Fields(s))
	case "m":
		if !isASCII(s) {
			return false
		}
		n = len(s)
	default:
		return false
	}
	out := strconv.Itoa(n)
	if len(files) == 1 {
		if t.status.ok == no {
			return true
		}
		name, _ := files[0].known()
		out += " " + name
	}
	t.print(derived(out, in))
	return true
}

// lineTool is rev, tac and paste -s.
func lineTool(t *toolRun) bool {
	delim, files := "\t", []sym(nil)
	switch t.name {
	case "rev", "tac":
		var flags string
		if files, flags = t.operands(""); flags != "" {
			return false
		}
	case "paste":
		if d, ok := t.option("-d", "--delimiters"); ok {
			delim = d
		} else if d, ok := t.option("-sd", ""); ok {
			delim = d
		}
		if !t.has("-s") && !slices.ContainsFunc(t.args, func(s sym) bool { return strings.HasPrefix(shownText(s), "-sd") }) || len(delim) != 1 || delim == "\\" {
			return false
		}
	default:
		return false
	}
	lines, ok := t.lines(files)
	if !ok {
		t.status = status{}
		return true
	}
	switch t.name {
	case "tac":
		if n := len(lines); n > 1 && !strings.HasSuffix(shownText(lines[n-1]), "\n") {
			return false
		}
		slices.Reverse(lines)
		for _, l := range lines {
			t.out = append(t.out, l...)
		}
	case "rev":
		for _, l := range lines {
			s, line := chomp(l)
			if !isASCII(s) {
				return t.unclear(unsupported(localeNeeds, line))
			}
			b := []byte(s)
			slices.Reverse(b)
			t.out = append(t.out, derived(string(b), line)...)
			if l.size() > len(b) {
				t.out = append(t.out, piece{text: "\n"})
			}
		}
	case "paste":
		for i, l := range lines {
			if i > 0 {
				t.out = append(t.out, piece{text: delim})
			}
			_, line := chomp(l)
			t.out = append(t.out, line...)
		}
		t.out = append(t.out, piece{text: "\n"})
	}
	return true
}

func seqTool(t *toolRun) bool {
	words, ok := t.words()
	if !ok || len(words) < 1 || len(words) > 3 {
		return false
	}
	var n []int
	for _, w := range words {
		v, err := strconv.Atoi(w)
		if err != nil || strconv.Itoa(v) != w {
			return false
		}
		n = append(n, v)
	}
	first, step, last := 1, 1, n[len(n)-1]
	if len(n) > 1 {
		first = n[0]
	}
	if len(n) > 2 {
		step = n[1]
	}
	if step == 0 || (last-first)/step > 100_000 {
		return false
	}
	var b strings.Builder
	for i := first; step > 0 && i <= last || step < 0 && i >= last; i += step {
		b.WriteString(strconv.Itoa(i) + "\n")
	}
	t.out = derived(b.String(), t.args...)
	return true
}
