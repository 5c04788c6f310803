package powershell

import (
	"strings"

	"github.com/keyfit/keyfit/internal/session"
)

func (f *follower) binary(st *state, b binary) value {
	switch b.op {
	case "and", "or":
		return f.logical(st, b)
	case "??":
		return f.coalesce(st, b)
	}
	x, y := f.eval(st, b.x), f.eval(st, b.y)
	switch b.op {
	case "+":
		return f.add(x, y)
	case "f":
		return f.format(st, x, y)
	case "join":
		return f.joined(st, x, y)
	case "replace", "ireplace", "creplace":
		return replaced(x, y, b.op == "creplace")
	case "split", "isplit", "csplit":
		return split(x, y)
	}
	if answer, ok := compare(b.op, x, y); ok {
		return answer.value(x, y)
	}
	return blurred("what the operator -"+b.op+" gives", x, y)
}

// logical is -and and -or, of which the right side is only looked at when it matters.
func (f *follower) logical(st *state, b binary) value {
	x := f.eval(st, b.x)
	left := x.isTrue()
	if b.op == "and" && left == no || b.op == "or" && left == yes {
		return truth(b.op == "or")
	}
	way := st
	if left == maybe {
		way = st.clone()
	}
	mark := f.rec.Count()
	y := f.eval(way, b.y)
	if left == maybe {
		f.rec.Perhaps(mark)
		st.join(way, undecided)
	}
	if b.op == "and" {
		return left.and(y.isTrue()).value(x, y)
	}
	return left.or(y.isTrue()).value(x, y)
}

func (f *follower) coalesce(st *state, b binary) value {
	x := f.eval(st, b.x)
	switch x.kind {
	case nullKind:
		return f.eval(st, b.y)
	case unknownKind:
		way, mark := st.clone(), f.rec.Count()
		y := f.eval(way, b.y)
		f.rec.Perhaps(mark)
		st.join(way, undecided)
		return blurred("whether a value is null", x, y)
	}
	return x
}

// compare answers a comparison of about_Comparison_Operators that it knows.
func compare(op string, x, y value) (tri, bool) {
	cased := len(op) > 2 && op[0] == 'c' && op != "contains"
	plain := op
	if op != "in" && op != "is" && op != "isnot" && len(op) > 2 && (op[0] == 'i' || cased) {
		plain = op[1:]
	}
	if x.kind == listKind && plain != "contains" && plain != "notcontains" && plain != "in" && plain != "notin" {
		return maybe, false // it filters
	}
	switch plain {
	case "eq":
		return equal(x, y, cased), true
	case "ne":
		return equal(x, y, cased).not(), true
	case "like":
		return like(x, y, cased), true
	case "notlike":
		return like(x, y, cased).not(), true
	case "in":
		return isAmong(y, x, cased), true
	case "notin":
		return isAmong(y, x, cased).not(), true
	case "contains":
		return isAmong(x, y, cased), true
	case "notcontains":
		return isAmong(x, y, cased).not(), true
	}
	return maybe, false
}

func isAmong(all, one value, cased bool) tri {
	if all.kind == unknownKind {
		return maybe
	}
	items := all.items
	if all.kind != listKind {
		items = []value{all}
	}
	answer := no
	for _, item := range items {
		answer = answer.or(equal(item, one, cased))
	}
	return answer
}

// like compares with a pattern of which * is the only special character.
func like(x, y value, cased bool) tri {
	text, ok := x.scalar()
	if x.kind == nullKind {
		text, ok = "", true
	}
	pattern, known := y.scalar()
	if !ok || !known || !isPlain(text) || !isPlain(pattern) || strings.ContainsAny(pattern, "?[]`") {
		return maybe
	}
	if !cased {
		text, pattern = strings.ToLower(text), strings.ToLower(pattern)
	}
	pieces := strings.Split(pattern, "*")
	if len(pieces) == 1 {
		return triOf(text == pattern)
	}
	rest, ok := strings.CutPrefix(text, pieces[0])
	if !ok {
		return no
	}
	for _, piece := range pieces[1 : len(pieces)-1] {
		_, after, found := strings.Cut(rest, piece)
		if !found {
			return no
		}
		rest = after
	}
	return triOf(strings.HasSuffix(rest, pieces[len(pieces)-1]))
}

// add is +: by about_Arithmetic_Operators the left side says what is added.
func (f *follower) add(x, y value) value {
	switch x.kind {
	case nullKind:
		return y
	case textKind:
		return textOf(session.Cat(x.text, y.string(" ")))
	case listKind:
		items := append(x.items[:len(x.items):len(x.items)], y)
		if y.kind == listKind {
			items = append(x.items[:len(x.items):len(x.items)], y.items...)
		}
		if y.kind != unknownKind && len(items) < 1000 {
			return listOf(items)
		}
	case unknownKind:
		if y.kind == textKind && len(x.text.Value().Alternatives) > 0 { // each is a string, or null
			return textOf(session.Cat(x.text, y.text))
		}
	}
	return blurred("the result of an addition", x, y)
}

// format is -f with nothing but {0}, {1}, … in the format, and strings and whole numbers.
func (f *follower) format(st *state, x, y value) value {
	pattern, ok := x.text.Known()
	if x.kind != textKind || !ok {
		return blurred("what -f gives", x, y)
	}
	items := []value{y}
	if y.kind == listKind {
		items = y.items
	}
	var out []session.Text
	for pattern != "" {
		i := strings.IndexAny(pattern, "{}")
		if i < 0 {
			out = append(out, session.Literal(pattern))
			break
		}
		out = append(out, session.Literal(pattern[:i]))
		if strings.HasPrefix(pattern[i:], "{{") || strings.HasPrefix(pattern[i:], "}}") {
			out = append(out, session.Literal(pattern[i:i+1]))
			pattern = pattern[i+2:]
			continue
		}
		if i+2 >= len(pattern) || pattern[i] != '{' || pattern[i+2] != '}' || pattern[i+1] < '0' || pattern[i+1] > '9' || int(pattern[i+1]-'0') >= len(items) {
			return blurred("what -f gives", append([]value{x}, items...)...)
		}
		item := items[pattern[i+1]-'0']
		if item.kind == listKind || item.kind == bytesKind {
			return blurred("what -f gives", append([]value{x}, items...)...)
		}
		out = append(out, item.string(" "))
		pattern = pattern[i+3:]
	}
	return textOf(withTrail(session.Cat(out...), x.text))
}

// withTrail gives a text that was put together by a pattern the pattern's trail, where it
// has one.
func withTrail(t, pattern session.Text) session.Text {
	if pattern.IsLiteral() {
		return t
	}
	if text, ok := t.Known(); ok {
		return session.Derived(text, pattern, t)
	}
	return session.Blurred(undecided, t, pattern)
}

func (f *follower) joined(st *state, x, y value) value {
	separator, ok := y.scalar()
	if x.kind == textKind || x.kind == numberKind {
		return textOf(x.text)
	}
	if x.kind != listKind || !ok {
		return blurred("what -join gives", x, y)
	}
	for _, item := range x.items {
		if item.kind == unknownKind || item.kind == listKind || item.kind == bytesKind {
			return blurred("what -join gives", x, y)
		}
	}
	return textOf(x.string(separator))
}

// replaced is -replace with a pattern and a text that have no special characters: the
// pattern is a regular expression, and its case does not count.
func replaced(x, y value, cased bool) value {
	items := []value{y, textOf(session.Text{})}
	if y.kind == listKind {
		items = y.items
	}
	if len(items) != 2 || x.kind != textKind {
		return blurred("what -replace gives", x, y)
	}
	text, ok := x.text.Known()
	pattern, ok1 := items[0].scalar()
	with, ok2 := items[1].scalar()
	if !ok || !ok1 || !ok2 || pattern == "" || strings.ContainsAny(pattern, `\^$|?*+()[]{}.#`) || strings.ContainsAny(with, "$") || !isPlain(pattern) || !isPlain(text) {
		return blurred("what -replace gives", x, y)
	}
	if cased {
		return textOf(session.Derived(strings.ReplaceAll(text, pattern, with), x.text, items[0].text, items[1].text))
	}
	var b strings.Builder
	lower, want := strings.ToLower(text), strings.ToLower(pattern)
	for {
		i := strings.Index(lower, want)
		if i < 0 {
			break
		}
		b.WriteString(text[:i] + with)
		text, lower = text[i+len(want):], lower[i+len(want):]
	}
	b.WriteString(text)
	return textOf(session.Derived(b.String(), x.text, items[0].text, items[1].text))
}

// split is -split by a text that has no special characters.
func split(x, y value) value {
	text, ok := x.scalar()
	by, known := y.scalar()
	if !ok || !known || by == "" || strings.ContainsAny(by, `\^$|?*+()[]{}.#`) || strings.ContainsFunc(by, isLetter) || !isPlain(by) {
		return blurred("what -split gives", x, y)
	}
	var items []value
	for piece := range strings.SplitSeq(text, by) {
		items = append(items, textOf(session.Derived(piece, x.text)))
	}
	return listOf(items)
}

func isLetter(c rune) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
