package batch

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/session"
)

// failure is what is not followed, and where it stands.
type failure struct {
	what  string
	chars []session.Char
}

// expander replaces %NAME% in one line: the first thing that is done with it, before any
// special character is looked at.
type expander struct {
	f    *follower
	st   *state
	in   []session.Char
	out  []session.Char
	fail *failure
}

// expand gives a line with its variables replaced. The values are those before the line, or
// before the block that the line stands in.
func (f *follower) expand(st *state, line []session.Char) ([]session.Char, *failure) {
	e := expander{f: f, st: st, in: line}
	for i := 0; i < len(line) && e.fail == nil; {
		if line[i].Rune != '%' {
			e.out = append(e.out, line[i])
			i++
			continue
		}
		i = e.percent(i)
	}
	return e.out, e.fail
}

func (e *expander) at(i int) rune {
	if i >= len(e.in) {
		return 0
	}
	return e.in[i].Rune
}

// percent replaces what begins with the % at i, and says where to go on.
func (e *expander) percent(i int) int {
	switch c := e.at(i + 1); {
	case c == '%':
		e.out = append(e.out, e.in[i])
		return i + 2
	case c == '*':
		e.add(e.f.allArguments(e.st), i)
		return i + 2
	case c >= '0' && c <= '9':
		e.add(e.f.argument(e.st, int(c-'0')), i)
		return i + 2
	case c == '~':
		return e.parameter(i)
	}
	end := i + 1
	for end < len(e.in) && e.in[end].Rune != '%' && (e.in[end].Rune != ':' || e.at(end+1) == '%') {
		if e.in[end].Rune == session.Mark {
			e.fail = &failure{"a variable whose name is not known", e.in[i : end+1]}
			return end
		}
		end++
	}
	if end >= len(e.in) { // a % without another one is dropped
		return i + 1
	}
	name, _ := session.Plain(e.in[i+1 : end])
	if e.in[end].Rune == '%' {
		e.add(e.f.lookup(e.st, name), i)
		return end + 1
	}
	return e.modified(i, end, name)
}

// add puts a text in place of what begins at i.
func (e *expander) add(t session.Text, i int) {
	e.out = e.f.src.Append(e.out, t, e.f.src.Add(t), e.in[i])
}

// parameter replaces %~1, %~dp0 and the like: by `call /?`, an argument without its quotes,
// or parts of the path that it is.
func (e *expander) parameter(i int) int {
	end := i + 2
	for strings.ContainsRune("fdpnxsatz", e.at(end)|0x20) && e.at(end) != 0 {
		end++
	}
	c := e.at(end)
	modifiers, _ := session.Plain(e.in[i+2 : min(end, len(e.in))])
	if c < '0' || c > '9' {
		e.fail = &failure{"this use of %~", e.in[i:min(end+1, len(e.in))]}
		return end
	}
	switch strings.ToLower(modifiers) {
	case "":
		e.add(unquoted(e.f.argument(e.st, int(c-'0'))), i)
	case "dp":
		if c != '0' || e.f.dir == nil {
			e.add(session.Unknown(model.WhyInput, "where the script lies", model.Trail{}), i)
			break
		}
		e.add(*e.f.dir, i)
	default:
		e.add(session.Unknown(model.WhyInput, "where the script lies", model.Trail{}), i)
	}
	return end + 1
}

// unquoted is a text without the quotation marks around it.
func unquoted(t session.Text) session.Text {
	text, ok := t.Known()
	if !ok {
		return t
	}
	if strings.HasPrefix(text, `"`) {
		return session.Derived(strings.TrimSuffix(text[1:], `"`), t)
	}
	return t
}

// modified replaces %NAME:a=b% and %NAME:~0,3%; the colon is at colon.
func (e *expander) modified(i, colon int, name string) int {
	t := e.f.lookup(e.st, name)
	if t.IsEmpty() { // a variable that is not set: %NAME: goes, and the rest stays
		if rest, _ := session.Plain(e.in[colon:]); strings.Count(rest, "%") != 1 {
			e.fail = &failure{"a part of a variable that is not set", e.in[i : colon+1]}
		}
		return colon + 1
	}
	end := colon + 1
	for end < len(e.in) && e.in[end].Rune != '%' {
		end++
	}
	if end >= len(e.in) {
		e.fail = &failure{"a % that is not paired", e.in[i:end]}
		return end
	}
	modifier, known := session.Plain(e.in[colon+1 : end])
	text, ok := t.Known()
	result, certain := "", false
	if ok && known && isPlain(text) {
		result, certain = modify(text, modifier)
	}
	if !certain {
		e.add(session.Blurred("a part of a text", t), i)
		return end + 1
	}
	e.add(session.Derived(result, t), i)
	return end + 1
}

// modify is the part of a text that a modifier means, by `set /?`.
func modify(text, modifier string) (string, bool) {
	if rest, ok := strings.CutPrefix(modifier, "~"); ok {
		return substring(text, rest)
	}
	old, with, ok := strings.Cut(modifier, "=")
	if !ok || old == "" || strings.HasPrefix(old, "*") || !isPlain(modifier) {
		return "", false
	}
	var b strings.Builder
	lower, want := strings.ToLower(text), strings.ToLower(old)
	for {
		i := strings.Index(lower, want)
		if i < 0 {
			b.WriteString(text)
			return b.String(), true
		}
		b.WriteString(text[:i] + with)
		text, lower = text[i+len(want):], lower[i+len(want):]
	}
}

// substring is ~start or ~start,length; either may be negative, counted from the end.
func substring(text, modifier string) (string, bool) {
	from, length, both := strings.Cut(modifier, ",")
	start, err := strconv.Atoi(from)
	if err != nil || len(from) > 6 {
		return "", false
	}
	if start < 0 {
		start += len(text)
	}
	start = min(max(start, 0), len(text))
	end := len(text)
	if both {
		n, err := strconv.Atoi(length)
		if err != nil || len(length) > 6 {
			return "", false
		}
		if n < 0 {
			end += n
		} else {
			end = start + n
		}
	}
	return text[start:max(start, min(end, len(text)))], true
}

// isPlain reports whether a text is of printable ASCII.
func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// lookup is the value of %NAME%; a variable that is not set is empty.
func (f *follower) lookup(st *state, name string) session.Text {
	t := st.Get(name)
	if v := st.Lookup(name); v.State != model.Absent {
		return t
	}
	switch strings.ToLower(name) {
	case "errorlevel":
		return session.Unknown(model.WhyExitStatus, "whether a command succeeds", model.Trail{})
	case "cd":
		if st.Lost != nil {
			return session.Of(*st.Lost)
		}
		return session.Cat(session.Root(), session.Literal(`\`+strings.ReplaceAll(st.Dir, "/", `\`)))
	case "date", "time", "random":
		return session.Unknown(model.WhyTime, "when the script is run", model.Trail{})
	case "cmdcmdline", "cmdextversion", "highestnumanodenumber", "__cd__", "__appdir__", "=exitcode", "=exitcodeascii", "=c:", "=d:":
		return session.Unknown(model.WhyInput, "the machine on which the script runs", model.Trail{})
	}
	return session.Text{}
}

// argument is %0 to %9 as they are written, with their quotes.
func (f *follower) argument(st *state, n int) session.Text {
	switch {
	case st.shifted:
		return session.Unknown(model.WhyUnsupported, "a script without shift", model.Trail{})
	case n == 0:
		return session.Unknown(model.WhyInput, "how the script is called", model.Trail{})
	case n <= len(st.args):
		return st.args[n-1]
	case st.open:
		return session.Unknown(model.WhyUnsupported, "what the script is called with", model.Trail{})
	}
	return session.Text{}
}

func (f *follower) allArguments(st *state) session.Text {
	if st.shifted || st.open {
		return session.Unknown(model.WhyUnsupported, "what the script is called with", model.Trail{})
	}
	return st.tail
}
